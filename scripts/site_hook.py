"""Extends mkdocs: pages from outside docs/, links out of docs/, and patterns in `nav`.

The integrations' READMEs, CHANGELOG and CONTRIBUTING become pages in their folders. A link to any other file
of the repository points to its page at `repo_url`; without `repo_url`, the file is copied to files/.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
DOCS = "docs/"
FRONT = {"README.md": "index.md"}  # the site has its own front page
LINK = re.compile(r"(?P<before>\]\()(?P<path>[^)\s#:]+)(?P<after>(?:#[^)\s]*)?\))")
FENCED = re.compile(r"(^ *(`{3,}).*?^ *\2$)", re.DOTALL | re.MULTILINE)


def on_config(config: Any) -> Any:
    """Replace each pattern in the navigation with the pages that it matches, such as those of modes."""
    config["nav"] = [entry for entries in map(_matched, config["nav"]) for entry in entries]
    return config


def _matched(entry: Any) -> list[Any]:
    """Return the entries of the navigation that one entry expands to."""
    if isinstance(entry, dict):
        return [
            {title: [page for below in part for page in _matched(below)] if isinstance(part, list) else part}
            for title, part in entry.items()
        ]
    if "*" in entry:
        pages = (page.relative_to(ROOT / DOCS).as_posix() for page in sorted((ROOT / DOCS).glob(entry)))
        return [page for page in pages if not page.endswith("/index.md")]
    return [entry]


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside docs/."""
    for path in added_pages():
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Point links to the pages of the site; code does not change."""
    page_file = page.file.src_uri
    source = page_file if page_file in added_pages() else DOCS + page_file

    def rewritten(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if not (ROOT / target).exists():
            return link[0]  # mkdocs reports it
        there = _on_site(target, config, files)
        if "://" not in there:
            there = posixpath.relpath(there, posixpath.dirname(page_file) or ".")
        return f"{link['before']}{there}{link['after']}"

    parts = FENCED.split(markdown)
    for index in range(0, len(parts), 3):
        parts[index] = LINK.sub(rewritten, parts[index])
        if index + 2 < len(parts):
            parts[index + 2] = ""  # only the fence, which the block already has
    return "".join(parts)


def added_pages() -> list[str]:
    """Return the pages from outside docs/, by their paths in the repository."""
    readmes = (ROOT / "integrations").rglob("README.md")
    return ["CHANGELOG.md", "CONTRIBUTING.md", *sorted(file.relative_to(ROOT).as_posix() for file in readmes)]


def _on_site(target: str, config: Any, files: Files) -> str:
    """Return the page or file of the site for a path of the repository, or a URL."""
    if target.startswith(DOCS):
        return target.removeprefix(DOCS)
    if target in FRONT:
        return FRONT[target]
    for page in (target, f"{target}/README.md"):
        if page in added_pages():
            return page
    if config.repo_url:
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{config.repo_url.rstrip('/')}/{kind}/{config.extra['branch']}/{target}"
    copy = f"files/{target}"
    if (ROOT / target).is_file() and files.get_file_from_path(copy) is None:
        files.append(File.generated(config, copy, abs_src_path=str(ROOT / target)))
    return copy
