"""The one formatter of problems: text for people. Nothing here prints."""

from __future__ import annotations

from kaito_pack.problems import Problem, path_text


def line(found: Problem) -> str:
    """`llama.yaml:4:1 modelSurce: unknown value. Did you mean `modelSource`? [values/unknown-field]`"""
    parts = [str(found.place) if found.place else "?"]
    if not found.is_error:
        parts.append("warning:")
    if found.path:
        parts.append(f"{path_text(found.path)}:")
    parts += [sentence(found.message), sentence(found.fix), f"[{found.rule}]"]
    return " ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """`text` with a full stop where it has no end of its own; a fix begins with a capital letter."""
    if not text:
        return ""
    text = text[0].upper() + text[1:] if text.startswith(("did ", "choose ")) else text
    return text if text.endswith((".", "?", "!")) else f"{text}."
