"""Problems as sentences: what is wrong, then what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem

LONGEST = 10_000  # characters per message
_SUBSTITUTED = r"\{\{|\}\}|\{(\w+)\}"
FIRST_WORDS = ("choose ", "delete ", "did ")  # first words of fixes that code composes


def line(problem: Problem) -> str:
    """Return `llama.yaml:4:1 modelSurce: unknown value. Did you mean …? [values/unknown-field]`."""
    parts = [str(problem.place) if problem.place else "?"]
    if problem.severity not in ("ok", "error"):
        parts.append(f"{problem.severity}:")
    if problem.ignored:
        parts.append("ignored:")
    if problem.path:
        parts.append(f"{path_text(problem.path)}:")
    what_to_do = f"Reason: {problem.ignored}" if problem.ignored else problem.fix
    parts += [sentence(problem.message), sentence(what_to_do), f"[{problem.rule}]"]
    return " ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """Return `text` with a full stop if it has no end mark; capitalize the first letter of a fix."""
    if not text:
        return ""
    text = text[0].upper() + text[1:] if text.startswith(FIRST_WORDS) else text
    # A dot may be part of a suggested name (`nvidia.com/gpu`); only a second sentence follows a space.
    is_question = text.startswith("Did you mean") and ". " not in text and "? " not in text
    end = "?" if is_question else "."
    return text if text.endswith((".", "?", "!")) else text + end


def either(words: Sequence[str]) -> str:
    """Return `a, b or c`, or the word itself if it is the only one."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def filled(text: str, facts: Mapping[str, object]) -> str:
    """Return a row's text with every `{name}` replaced by the fact of that name.

    Substitution is plain, so a row of a stranger's pack can neither access an attribute nor request a width.
    `{{` and `}}` are braces; a name without a fact is left unchanged. The result has at most LONGEST
    characters.
    """

    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        return match[0][0] if name is None else str(facts.get(name, match[0]))

    return re.sub(_SUBSTITUTED, replaced, text)[:LONGEST]
