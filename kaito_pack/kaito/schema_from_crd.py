"""Generates `facts/kaito/<minor>.json` from a CustomResourceDefinition of KAITO.

This is the file for Workspaces. Other kinds have their own folder: `facts/kaito/inferencesets/<minor>.json`.

    python -m kaito_pack.kaito.schema_from_crd workspaces-v0.12.0.yaml [--minor 0.12] [--out facts/kaito]

The file contains the OpenAPI schema of each served version by name, without descriptions.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kaito_pack.base.trees import Manifest

FOLDER = "facts/kaito"  # the folder of the schemas in the pack
USAGE = f"usage: python -m kaito_pack.kaito.schema_from_crd CRD.yaml [--minor 0.12] [--out {FOLDER}]"
CEL = "x-kubernetes-validations"


def structures(crd: Manifest) -> dict[str, Any]:
    """Return the schema of each served version of a CRD by version name, without descriptions."""
    return {
        version["name"]: structure(version["schema"]["openAPIV3Schema"])
        for version in crd["spec"]["versions"]
        if version["served"]
    }


def structure(schema: Any) -> Any:
    """Return a schema without the keywords for people: description, title, example, externalDocs."""
    if isinstance(schema, list):
        return [structure(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {}
    for key, part in schema.items():
        if key == "properties" and isinstance(part, dict):
            parts[key] = {field: structure(value) for field, value in part.items()}
        elif key in ("default", "enum"):
            parts[key] = part
        elif key not in ("description", "title", "example", "externalDocs"):
            parts[key] = structure(part)
    return parts


def minor_of(file_name: str) -> str | None:
    """Return the KAITO minor in a file name: `workspaces-v0.12.0.yaml` gives "0.12", or None."""
    import re

    version = re.search(r"v?([0-9]+\.[0-9]+)(?:\.[0-9]+)?", file_name)
    return version[1] if version else None


def folder_of(plural: str) -> str:
    """Return the folder of a kind's schemas, below that of Workspaces; "" for Workspaces."""
    return "" if plural == "workspaces" else plural


def unchecked(schema: Any) -> bool:
    """Return whether a schema has CEL rules, which this pack does not evaluate."""
    if isinstance(schema, list):
        return any(map(unchecked, schema))
    return isinstance(schema, dict) and (CEL in schema or any(map(unchecked, schema.values())))


def main(arguments: Sequence[str]) -> str:
    """Write the schema file and return the line to print. Raises SystemExit with the reason for a failure."""
    import json

    import yaml

    words = list(arguments)
    options = {"--minor": "", "--out": FOLDER}
    for option in options:
        if option in words[:-1]:
            position = words.index(option)
            options[option] = words.pop(position + 1)
            words.pop(position)
    if len(words) != 1 or words[0].startswith("-"):
        raise SystemExit(USAGE)
    minor = options["--minor"] or minor_of(Path(words[0]).name)
    if not minor:
        raise SystemExit(f"{words[0]}: no KAITO version in the file name. Pass --minor\n{USAGE}")
    try:
        crd = yaml.safe_load(Path(words[0]).read_text(encoding="utf-8"))
        versions, folder = structures(crd), folder_of(crd["spec"]["names"]["plural"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as wrong:
        raise SystemExit(f"{words[0]}: not a CustomResourceDefinition that can be read: {wrong!r}") from None
    file = Path(options["--out"]) / folder / f"{minor}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    warning = f"; it has {CEL}, which the pack does not evaluate" if unchecked(versions) else ""
    return f"{file}: {', '.join(versions)}{warning}"


if __name__ == "__main__":
    print(main(sys.argv[1:]))
