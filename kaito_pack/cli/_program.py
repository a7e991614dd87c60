"""The name of the program as it was called, for commands that messages suggest."""

from __future__ import annotations

import os
import sys

MODULE = "__main__.py"


def program() -> str:
    """Return `kaito-pack` if the shell finds it, else a path that runs from the working folder.

    `./render.py`, `.venv/bin/kaito-pack` and `python -m kaito_pack` stay as they are.
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
    # `python3 render.py`: a file in the working folder, which a shell does not find by its bare name.
    return os.path.join(".", name) if os.access(name, os.X_OK) else name


def _from_here(path: str) -> str:
    """Return an absolute path below the working folder as a relative path."""
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
    """Return the variable that requests shell completions, such as `_KAITO_PACK_COMPLETE`."""
    name = os.path.basename(sys.argv[0])
    words = "kaito_pack" if name in ("", MODULE) else name
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in words)
    return f"_{plain.upper()}_COMPLETE"
