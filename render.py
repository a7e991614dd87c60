#!/usr/bin/env python3
"""The front door of the KAITO template pack; the commands live in kaito_pack/cli/."""

import sys

try:
    from kaito_pack.cli import main
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("kaito_pack"):
        raise
    print(f"render.py: Python package {missing.name!r} is missing: run `make venv`", file=sys.stderr)
    sys.exit(2)

main()
