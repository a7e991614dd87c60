"""Every command of README, docs/ and integrations/ is run, and the output that a page shows is compared.

How a page marks its blocks stands in CONTRIBUTING.md, section "Documentation".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kaito_pack import status
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from scripts import doc_sections
from tests import golden
from tests.conftest import ROOT
from tests.docs import shell
from tests.docs.pages import CLUSTER, SHELL, Block, blocks, pages, prose, write
from tests.integrations.command_lines import PROGRAMS, check, lines_of

PACK = Pack()
PAGES = pages()
BLOCKS = {page: blocks(page, text) for page, text in PAGES.items()}
ALL = [block for result in BLOCKS.values() for block in result]
MOST_NOT_RUN = 1 / 4  # of the shell blocks
BAD_ON_PURPOSE = "docs/reference/rules/"  # shows what is refused


@pytest.mark.parametrize(
    "page", [page for page, result in BLOCKS.items() if any(item.runs for item in result)]
)
def test_the_commands_of_a_page_do_what_it_shows(
    page: str, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    work = shell.checkout(tmp_path)
    for name in {need for block in BLOCKS[page] for need in block.needs} - {CLUSTER}:
        (tmp_path / "bin" / name).symlink_to(tool(name))
    for block in BLOCKS[page]:
        if block.file:
            write(block, work)
        elif block.runs:
            _run(block, work)


def _run(block: Block, work: Path) -> None:
    done = shell.run(block, work)
    for item in done:
        assert item.code == item.stated, f"{block.place}: {item.command}\n{item.printed}"
    shown = shell.shown_output(block, BLOCKS[block.page])
    printed = "".join(item.printed for item in done)
    if shown is not None and not shell.agrees(shown, printed):
        difference = difflib.unified_diff(
            shown.splitlines(), printed.splitlines(), "shown", "printed", lineterm=""
        )
        pytest.fail(f"{block.place}:\n" + "\n".join(difference))


def test_what_is_not_run_has_a_reason_and_is_little() -> None:
    left_out = {block.place: block.marks["not run"] for block in ALL if "not run" in block.marks}
    assert len(left_out) <= MOST_NOT_RUN * sum(block.language in SHELL for block in ALL), left_out
    for place, reason in left_out.items():
        assert len(reason.split()) >= 3, f"{place} does not say why it is not run"


def test_marks_are_spelt_right_and_stand_before_commands() -> None:
    for page, text in PAGES.items():
        comments = re.findall(r"(?<!`)<!--\s*(?!\s|generated)[a-z ]+:", text)
        used = sum(len(block.marks) for block in BLOCKS[page])
        assert used == len(comments), f"{page}: {comments}"
    for block in ALL:
        assert not block.marks or block.language in SHELL, block.place


def test_commands_stand_in_fenced_blocks_with_a_language() -> None:
    for block in ALL:
        assert re.fullmatch(r"\w+", block.language), f"{block.place} {block.language!r}"
    for page, text in PAGES.items():
        indented = re.findall(r"\n\n((?: {4}|\t)\S.*)", prose(text))
        assert not [line for line in indented if not re.match(r"\s*(?:[-*]|\d+\.) ", line)], page


YAML = [
    item
    for item in ALL
    if item.language == "yaml" and not item.shows and not item.page.startswith(BAD_ON_PURPOSE)
]


@pytest.mark.parametrize("block", YAML, ids=[block.place for block in YAML])
def test_yaml_that_a_page_shows_is_right(block: Block, tmp_path: Path) -> None:
    first = next(yaml.safe_load_all(block.text), None)
    if isinstance(first, dict) and first.get("modelSource") in PACK.mode_names:
        (tmp_path / "shown.yaml").write_text(block.text, encoding="utf-8")
        (outcome,) = Pipeline(PACK, Target(PACK.kaito_version(), "1.37")).run([str(tmp_path / "shown.yaml")])
        assert outcome.is_good, outcome.problems


def test_every_mode_has_a_page() -> None:
    assert {Path(page).stem for page in PAGES if page.startswith("docs/reference/modes/")} == set(
        PACK.mode_names
    )


def test_generated_parts_of_pages_are_up_to_date() -> None:
    generated = list(doc_sections.outputs(PACK))
    assert len(generated) >= len(PACK.mode_names)
    for page, text in generated:
        golden.check(page, text)


def _command_lines() -> list[tuple[str, list[str]]]:
    """Every command line of ours: in shell blocks, run or not, and between backquotes."""
    result = []
    for page, text in PAGES.items():
        inline = [item for item in re.findall(r"`([^`\n]+)`", prose(text)) if " " in item]
        ours = [item for item in inline if item.split()[0].rpartition("/")[2] in PROGRAMS]
        blocks_of_page = [item.text for item in BLOCKS[page] if item.language in SHELL]
        for script in (*ours, *blocks_of_page):
            result += [(page, words) for words in lines_of(script)]
    return result


@pytest.mark.parametrize(("page", "words"), _command_lines())
def test_options_of_command_lines_exist(page: str, words: list[str]) -> None:
    check([word for word in words if word != "…"] or ["render"])


def test_make_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page, text in PAGES.items():
        named = set(re.findall(r"`make ([a-z-]+)", text))
        assert named <= targets, f"{page}: {named - targets}"


def test_the_page_of_status_has_every_phase() -> None:
    listed = re.findall(
        r"^\| (\w+) \|", PAGES["docs/reference/status.md"].partition("## How it is")[0], re.MULTILINE
    )
    assert listed == ["phase", *status.PHASES]


def _heading_anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs both make them."""
    headings = re.findall(r"^#+ (.*)$", prose(text), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading).strip()) for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(PAGES[page])):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            assert anchor in _heading_anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"
