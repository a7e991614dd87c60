"""The location of the pack's own folders: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_INSIDE = Path(__file__).resolve().parent.parent / "_root"
ROOT = _INSIDE if _INSIDE.is_dir() else _INSIDE.parent.parent
FACTS = ROOT / "facts"
SCHEMAS = ROOT / "schemas"
VALUES = ROOT / "values"
CATALOGUE_FILE = "catalogue.yaml"  # the default file of `models add` and `models check`
