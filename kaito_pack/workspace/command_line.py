"""Reads the command and args of a container as plain commands, shell scripts included.

    commands = read_commands(container)            # [("vllm", "serve", "org/model", "--port", "8000")]
    last_option(commands[0], "--max-model-len")    # the value that the server uses, or None

All code that needs command lines uses this module: for the model and engine of a Workspace, and for vLLM's
arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from kaito_pack.workspace.shell import Variables, script_commands

Command = tuple[str, ...]

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
DEEPEST = 4  # maximum depth of nested shells
RECENT = 64  # commands whose options are cached: the rules on a Workspace read them a hundred times


def read_commands(container: object) -> list[Command]:
    """Return the simple commands that a container starts, in order, each as its words.

    Join `command` and `args` as the kubelet does, fill `$(NAME)` from the container's literal `env` values,
    and split the script of a `sh -c "…"` into its commands. A variable whose value is not in the manifest
    stays in the text. Never raises; skips words that are not text.
    """
    if not isinstance(container, Mapping):
        return []
    known = literal_environment(container)
    words = [expanded(word, known) for key in ("command", "args") for word in _texts(container.get(key))]
    return [command for command in _commands(words, known, DEEPEST) if command]


def last_option(command: Sequence[str], *names: str) -> str | None:
    """Return the last value given as `--name VALUE` or `--name=VALUE`; None if there is none.

    Like vLLM (v0.12.0, utils/argparse_utils.py), it accepts `_` for `-` in an option's name, and the last of
    several values takes precedence.
    """
    values = [value for name, value in options(command) if name in names and value is not None]
    return values[-1] if values else None


def has_option(command: Sequence[str], *names: str) -> bool:
    """Return whether one of the options is given, with or without a value."""
    return any(name in names for name, _ in options(command))


def options(command: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Return each option of a command with the value that follows it, or None if another option follows."""
    return iter(_options(tuple(command)))


@lru_cache(RECENT)
def _options(command: Command) -> tuple[tuple[str, str | None], ...]:
    return tuple(_each_option(command))


def _each_option(command: Command) -> Iterator[tuple[str, str | None]]:
    for position, word in enumerate(command):
        if not _is_option(word):
            continue
        name, equals, value = word.partition("=")
        name = "--" + name[2:].replace("_", "-") if name.startswith("--") else name
        following = command[position + 1] if position + 1 < len(command) else None
        if equals:
            yield name, value
        else:
            yield name, None if following is None or _is_option(following) else following


def program(word: str) -> str:
    """Return the name of a program without its folder, such as `bash` for `/usr/bin/bash`."""
    return word.rsplit("/", 1)[-1]


def literal_environment(container: Mapping[str, object]) -> Variables:
    """Return the variables of `env` whose values are in the manifest, with references among them resolved."""
    known: dict[str, str] = {}
    entries = container.get("env")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            value = entry.get("value")
            if isinstance(value, str):
                known[entry["name"]] = expanded(value, known)
            else:
                known.pop(entry["name"], None)
    return known


def expanded(text: str, known: Variables) -> str:
    """Return `text` with `$(NAME)` filled and `$$` unescaped, as the kubelet does; keep unknown names."""
    if "$" not in text:
        return text
    parts, position = [], 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        end = text.find(")", dollar)
        if text.startswith("$$", dollar):
            # Only `$$(` escapes a reference; a shell's own `$$` is left unchanged.
            parts.append("$")
            position = dollar + 2
        elif text.startswith("$(", dollar) and end > 0:
            parts.append(known.get(text[dollar + 2 : end], text[dollar : end + 1]))
            position = end + 1
        else:
            parts.append("$")
            position = dollar + 1
    return "".join([*parts, text[position:]])


def _texts(words: object) -> list[str]:
    if not isinstance(words, list):
        return []
    return [str(word) for word in words if isinstance(word, str | int | float) and not isinstance(word, bool)]


def _commands(words: list[str], known: Variables, deepest: int) -> Iterator[Command]:
    script = _script_at(words) if deepest else None
    if script is None:
        yield tuple(words)
        return
    positional = words[script + 2 :]  # `sh -c SCRIPT NAME ARG…`: "$@" begins with ARG
    for command in script_commands(words[script], known):
        inner = [part for word in command for part in (positional if word in {"$@", "$*"} else [word])]
        yield from _commands(inner, known, deepest - 1)


def _script_at(words: Sequence[str]) -> int | None:
    """Return the index of a shell's script in `words`; None if they start no shell."""
    shell = next((i for i, word in enumerate(words) if program(word) in SHELLS), -1)
    if shell < 0 and not (words and _takes_script(words[0])):
        return None  # `args: [-c, SCRIPT]` is also read: the image's entry point is then a shell
    for position in range(shell + 1, len(words) - 1):
        if _takes_script(words[position]):
            return position + 1
        if not words[position].startswith(("-", "+")) and not words[position - 1].endswith("o"):
            return None  # a separate word, not the `pipefail` of `-euo pipefail`
    return None


def _takes_script(word: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and word.endswith("c") and word[1:].isalpha()


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit() and word[1] != "."
