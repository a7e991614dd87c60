"""The name by which the program was called, as the next command can use it."""

from __future__ import annotations

import os
import sys

MODULE = "__main__.py"


def program() -> str:
    """Return `kaito-pack` if the shell finds it, else a path that runs from the working folder.

    So `./render.py`, `.venv/bin/kaito-pack` and `python -m kaito_pack` each name themselves.
    """
    called = sys.argv[0]
    folder, name = os.path.split(called)
    if name == MODULE:
        return "python -m kaito_pack"
    if not name:
        return "kaito-pack"
    if folder and folder in os.environ.get("PATH", "").split(os.pathsep):
        return name
    if folder:
        return _from_here(called)
    # `python3 render.py`: a name without a folder is a file here, which no shell looks for.
    return os.path.join(".", name) if os.access(name, os.X_OK) else name


def _from_here(path: str) -> str:
    """Return a path that is absolute and in the working folder as a path relative to it."""
    try:
        working_folder = os.getcwd()
    except OSError:  # the folder was removed
        return path
    prefix = os.path.join(working_folder, "")
    if not path.startswith(prefix):
        return path
    relative = path.removeprefix(prefix)
    return relative if os.sep in relative else os.path.join(".", relative)


def completion_variable() -> str:
    """Return the variable by which a shell asks for completions, such as `_KAITO_PACK_COMPLETE`."""
    name = os.path.basename(sys.argv[0])
    words = "kaito_pack" if name in ("", MODULE) else name
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in words)
    return f"_{plain.upper()}_COMPLETE"
