"""The command line of a container in the form that rules need."""

from __future__ import annotations

from kaito_pack.base.trees import Fields, sequence


def words(container: Fields) -> list[str]:
    """Return the words of `command` and `args`; a shell script is split at spaces."""
    listed = [*sequence(container.get("command")), *sequence(container.get("args"))]
    return [word for each in listed if isinstance(each, str) for word in each.split()]


def flag(words: list[str], name: str) -> str | None:
    """Return the value of a flag, `--name value` or `--name=value`, the last if repeated; None without it."""
    value = None
    for index, word in enumerate(words):
        if word == name and index + 1 < len(words):
            value = words[index + 1]
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
    return value
