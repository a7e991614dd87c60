"""The message of `make render` if VALUES is in none of the searched places.

Run as `python -m scripts.values_places VALUES FOLDER...`.
"""

from __future__ import annotations

import os
import sys

from kaito_pack.base.display import escaped
from kaito_pack.documents.near import near_file


def message(values: str, folders: list[str]) -> str:
    """Return a message with the searched places and the most likely file."""
    places = dict.fromkeys(
        os.path.realpath(os.path.join(folder, os.path.dirname(values))) for folder in folders
    )
    text = f"VALUES={values}: not found in {' or '.join(places)}."
    for folder in folders:
        if near := near_file(os.path.join(folder, values)):
            return f"{text} Did you mean VALUES={os.path.relpath(near, folder)}?"
    return text


if __name__ == "__main__":
    print(escaped(message(sys.argv[1], sys.argv[2:])), file=sys.stderr)
    sys.exit(2)
