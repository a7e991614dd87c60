"""Paths to fields of a document, and their form in messages."""

from __future__ import annotations

from kaito_pack.base.display import LONGEST_SHOWN, shown
from kaito_pack.base.secrets import looks_like_secret

FieldPath = tuple[str | int, ...]


def path_text(path: FieldPath) -> str:
    """Return `("a", "b.c", 0)` as `a["b.c"][0]`, the form that a person would write in the file."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif looks_like_secret(step):
            text += "[a secret (not shown)]"
        elif 0 < len(step) <= LONGEST_SHOWN and all(c.isalnum() or c in "_-$" for c in step):
            text += f".{step}" if text else step
        else:
            text += f'["{shown(step, quote=False)}"]'
    return text
