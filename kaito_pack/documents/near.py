"""Suggests an existing file for a path that does not exist."""

from __future__ import annotations

import os

from kaito_pack.base.display import did_you_mean

SUFFIXES = (".yaml", ".yml", ".json")
MOST = 1000  # maximum number of names compared per folder


def near_file(path: str) -> str | None:
    """Return the YAML or JSON file in the same folder whose name is most similar to a nonexistent path.

    None if no name is close, or the folder cannot be read.
    """
    folder, name = os.path.split(path)
    try:
        names = [each for each in sorted(os.listdir(folder or "."))[:MOST] if each.endswith(SUFFIXES)]
    except (OSError, ValueError):
        return None
    stems = {os.path.splitext(each)[0]: each for each in reversed(names)}
    stem = os.path.splitext(name)[0] if name.endswith(SUFFIXES) else name
    near = did_you_mean(name, names) or did_you_mean(stem, stems)
    return os.path.join(folder, stems.get(near, near)) if near else None
