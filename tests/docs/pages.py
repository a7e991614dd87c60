"""Reads a documentation page: its fenced blocks, what stands before each, and which output belongs to which.

The convention stands in CONTRIBUTING.md, section "Documentation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT

SHELL = ("sh", "bash", "console")
SHOWN = ("text", "yaml", "json", "diff", "jinja")
CLUSTER = "cluster"  # the one of tests/docs/cluster.py
MARK = re.compile(r"<!--\s*(needs|not run|first):\s*(.*?)\s*-->", re.DOTALL)
NAME = re.compile(r"`([^`\s]+\.\w+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: where, which language, its text, its marks, and the file that it is, if it is one."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    shows: Block | None = None  # the block whose output this is

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def needs(self) -> frozenset[str]:
        """What must be there: CLUSTER, or the names of tools."""
        return frozenset(self.marks.get("needs", "").split())

    @property
    def runs(self) -> bool:
        return self.language in SHELL and "not run" not in self.marks


def pages() -> dict[str, str]:
    """Every page that people read, by its path in the repository."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    files += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "integrations").rglob("README.md"))
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def write_files(page: str, folder: Path) -> list[Block]:
    """Write the files that a page shows into `folder`; the blocks that they stand in."""
    files = [block for block in blocks(page, (ROOT / page).read_text(encoding="utf-8")) if block.file]
    for block in files:
        write(block, folder)
    return files


def blocks(page: str, text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    result: list[Block] = []
    before: list[str] = []  # since the last block
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        fence = re.match(r"(\s*)(`{3,})(.*)$", line)
        if fence is None:
            before.append(line)
            continue
        indent, ticks, language = fence.groups()
        inside = []
        for _, inner in lines:
            if inner.strip() == ticks:
                break
            inside.append(inner.removeprefix(indent))
        lead = "\n".join(before).strip()
        result.append(
            Block(
                page,
                number,
                language.strip(),
                "\n".join(inside) + "\n",
                dict(MARK.findall(_last_paragraphs(lead))),
                _named(lead),
                result[-1] if result and not lead and language in SHOWN and result[-1].runs else None,
            )
        )
        before = []
    return result


def _last_paragraphs(lead: str) -> str:
    """The comments at the end of what stands before a block."""
    rest: list[str] = []
    for paragraph in reversed(re.split(r"\n\s*\n", lead)):
        if not paragraph.lstrip().startswith("<!--"):
            break
        rest.append(paragraph)
    return "\n".join(reversed(rest))


def _named(lead: str) -> str | None:
    """The path that stands alone on the last line before a block."""
    name = NAME.fullmatch(lead.rpartition("\n")[2])
    return name[1] if name else None


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^(\s*)(`{3,}).*?^\s*\2$", "", text, flags=re.DOTALL | re.MULTILINE)


def write(block: Block, folder: Path) -> None:
    """Write a block that is a file into the working folder, unless the repository has that file."""
    assert block.file is not None
    if (ROOT / block.file).exists():
        known = (ROOT / block.file).read_text(encoding="utf-8")
        assert known == block.text, f"{block.place} is not what {block.file} says"
        return
    path = folder / block.file
    assert path.resolve().is_relative_to(folder), f"{block.place} would write into the repository"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
