#!/usr/bin/env python3
"""The front door of the KAITO template pack; the commands live in kaito_pack/cli/."""

import os
import sys

VENV = os.path.join(os.path.dirname(os.path.realpath(__file__)), ".venv")


def hand_over() -> None:
    """Start again with the Python of .venv, if `make venv` has prepared it and this is another one."""
    python = os.path.join(VENV, "bin", "python")
    if os.path.realpath(sys.prefix) != os.path.realpath(VENV) and os.access(python, os.X_OK):
        os.execv(python, [python, *sys.argv])


if sys.prefix == sys.base_prefix:  # with an environment of the user's own, only if a package is missing there
    hand_over()
try:
    from kaito_pack.cli import main
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("kaito_pack"):
        raise
    hand_over()
    print(f"{sys.argv[0]}: Python package {missing.name!r} is missing. Run `make venv`", file=sys.stderr)
    sys.exit(2)

main()
