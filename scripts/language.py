"""`make lint`: finds unidiomatic words and patterns in texts; `language.json` lists them.

The keys of `language.json` are regular expressions, the values are the replacements. The check reads the
rows of `facts/`, descriptions of `schemas/`, help, messages, docstrings and comments of the code, comments of
templates, and the prose of the documentation. It prints the place of each finding, and exits with 1 if there
is any.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click

from kaito_pack.base.root import ROOT

LIST = Path(__file__).with_name("language.json")
LONGEST_SUMMARY = 60  # maximum characters of the first line of a command's help
CODE = ("kaito_pack", "scripts", "bench")
PROSE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "integrations")
TABLES = ("facts/rules", "facts/kaito", "schemas")
COMMENTED = ("templates", "values", "facts/engines", "integrations")
GENERATED = (
    "examples.json",
    "messages.json",
    "values.schema.json",
    "docs/reference/rules",
    "reference/commands",
    "/rendered/",
)
WORDY = re.compile(r'"(?:message|fix|meaning|words|description|title|reason|x-import)": "((?:[^"\\]|\\.)*)"')
FENCED = re.compile(r"^ *(`{3,}).*?^ *\1$", re.DOTALL | re.MULTILINE)


class Text(NamedTuple):
    """A text of a file and its first line."""

    file: Path
    line: int
    words: str


def main() -> None:
    """Print each finding as `file:line: words: instead`, and exit with 1 if there is any."""
    findings = [*findings_in(list(texts()), json.loads(LIST.read_text(encoding="utf-8"))), *summaries()]
    for finding in findings:
        print(finding, file=sys.stderr)
    sys.exit(1 if findings else 0)


def findings_in(given: list[Text], patterns: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each place in a text that matches a pattern."""
    anything = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.MULTILINE)
    for file, line, words in given:
        if not anything.search(words):
            continue
        for pattern, instead in patterns.items():
            for match in re.finditer(pattern, words, re.MULTILINE):
                place = line + words.count("\n", 0, match.start())
                shown = " ".join(match[0].split())
                yield f"{file.relative_to(ROOT)}:{place}: `{shown}`: instead: {instead}"


def texts() -> Iterator[Text]:
    """Yield every text for people."""
    for file in _files(CODE, ".py"):
        yield from _of_code(file)
    for file in _files(TABLES, ".json"):
        content = file.read_text(encoding="utf-8")
        for match in WORDY.finditer(content):
            yield Text(file, content.count("\n", 0, match.start()) + 1, match[1])
    for file in _files(PROSE, ".md"):
        content = FENCED.sub(lambda block: "\n" * block[0].count("\n"), file.read_text(encoding="utf-8"))
        yield Text(file, 1, content)
    for file in (*_files(COMMENTED, ".yaml"), *_files(COMMENTED, ".j2"), *_files(COMMENTED, ".sh")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if "#" in line:
                yield Text(file, number, line.partition("#")[2])


def summaries() -> Iterator[str]:
    """Yield a line for each command whose help does not start with a short phrase without a full stop."""
    from kaito_pack.cli.main import commands

    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        inner = command.commands.items() if isinstance(command, click.Group) else ()
        for words, each in ((name, command), *((f"{name} {below}", sub) for below, sub in inner)):
            summary = (each.help or "").strip().partition("\n")[0] if each is not None else ""
            if not summary or len(summary) > LONGEST_SUMMARY or summary.endswith("."):
                yield f"{words} --help: `{summary}`: instead: at most 60 characters, no full stop"


def _of_code(file: Path) -> Iterator[Text]:
    """Yield the comments, docstrings and messages of a module; a message has at least four words."""
    source = file.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(file, token.start[0], token.string)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(" ") >= 3:
            yield Text(file, node.lineno, node.value)


def _files(names: tuple[str, ...], suffix: str) -> Iterator[Path]:
    """Yield the files with that suffix at and below the named paths, without generated files."""
    for name in names:
        path = ROOT / name
        every = sorted(path.rglob(f"*{suffix}")) if path.is_dir() else [path] if name.endswith(suffix) else []
        yield from (file for file in every if not any(part in file.as_posix() for part in GENERATED))


if __name__ == "__main__":
    main()
