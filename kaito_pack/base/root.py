"""Where the pack's own folders lie: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_INSIDE = Path(__file__).resolve().parent.parent / "_root"
ROOT = _INSIDE if _INSIDE.is_dir() else _INSIDE.parent.parent
FACTS = ROOT / "facts"
SCHEMAS = ROOT / "schemas"
VALUES = ROOT / "values"
CATALOGUE_FILE = "catalogue.yaml"  # what `models add` writes and `models check` reads by default
