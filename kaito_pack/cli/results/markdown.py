"""Escapes user text as Markdown for a comment on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import Problem
from kaito_pack.facts.rules import page

LONGEST_COMMENT = 60_000  # characters; GitHub allows 65,536, and a workflow may add a line

# GitHub links people and issues after it reads the escapes, so a zero-width space breaks them up.
ESCAPES = {"&": "&amp;", "@": "&#64;&#8203;", "#": "&#35;&#8203;"}
ESCAPES |= {character: f"\\{character}" for character in "\\|`<>*_[]~$"}
TABLE = str.maketrans(ESCAPES)


def cell(text: str) -> str:
    """Return text that stays in its table cell and mentions no one."""
    return _printable(text).translate(TABLE)


def code(text: str) -> str:
    """Return text in enough backquotes, with escaped bars, which would otherwise end the table cell."""
    text = _printable(text)
    runs = [len(run) for run in re.findall("`+", text)]
    fence, blank = "`" * (max(runs, default=0) + 1), " " if runs else ""
    safe = text.replace("|", "\\|")
    return f"{fence}{blank}{safe}{blank}{fence}"


def rule_link(problem: Problem) -> str:
    """Return the name of a problem's rule, as a link if the docs have a URL."""
    name, address = code(problem.rule), page(problem.rule)
    return f"[{name}]({address})" if "://" in address else name


def rule_pages(problems: Iterable[Problem]) -> list[str]:
    """Return a line with the paths of the rules' pages, because a comment cannot link to repository paths."""
    reported = (problem for problem in problems if problem.severity != "ok")
    addresses = {page(problem.rule).partition("#")[0] for problem in reported}
    paths = sorted(address for address in addresses if address and "://" not in address)
    return ["", f"Rules: {', '.join(map(code, paths))}"] if paths else []


def _printable(text: str) -> str:
    return escaped(text.replace("\n", " "))


def are_too_long(parts: Sequence[str]) -> bool:
    """Return whether `parts`, separated by newlines, exceed the size of a comment."""
    return sum(len(part) + 1 for part in parts) > LONGEST_COMMENT


def fitting(parts: Sequence[str]) -> list[str]:
    """Return the first of `parts` that fit into a comment, and a line with the number of the others."""
    taken = 0
    for number, part in enumerate(parts):
        taken += len(part) + 1
        if taken > LONGEST_COMMENT:
            left = (
                f"{len(parts) - number} more do not fit into a comment. Use `-o text` or `-o json` to see all"
            )
            return [*parts[:number], "", f"{left}."]
    return list(parts)
