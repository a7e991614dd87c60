"""The check of words finds what `scripts/language.json` lists, and nothing in plain sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.language import LIST, Text, findings_in
from tests.conftest import ROOT

PATTERNS = json.loads(LIST.read_text(encoding="utf-8"))
TRANSLATED = (
    "nobody reads it",
    "somebody else's file",
    "it is told on stderr",
    "what stands in the file",
    "a process of its own.",
    "it belongs into the target",
    "the server ends at start",
    "the Workspace is made again",
    "nodes are brought along",
    "it is of the wrong type",
    "which is there already",
    "like the present one",
    "leave --prune away",
    "split at blanks",
    "a volume is an empty folder, too.",
    "None where it is absent",
    "Sorted. Where the file is empty, it is skipped",
    "it is no name",
    "Of a model in the catalogue, it is known",
    "the pack's fault",
    "3 GPUs do not suit, and vLLM exits at startup",
    "it is in no catalogue",
    "its memory is not judged",
    "the update was refused",
    "letter case counts",
    "one line a problem",
    "KAITO treats it otherwise",
    "it is none of the choices",
    "vLLM speaks HTTPS",
    "it fails again and again",
    "the file lies in a folder",
    "the template, read backwards",
    "what a question mends",
    "a file of no concern",
    "a rule that is ignored without need",
)
PLAIN = (
    "no one reads it, and there is no file",
    "too many values, too deep",
    "its own process; the place where a value is",
    "the message leaves out what is known; a blank line",
    "stands for the hash",
    "Where the values are: in the file",
)


def findings(words: str) -> list[str]:
    return list(findings_in([Text(ROOT / "README.md", 7, words)], PATTERNS))


@pytest.mark.parametrize("words", TRANSLATED)
def test_a_translated_phrase_is_found(words: str) -> None:
    assert findings(words), words


@pytest.mark.parametrize("words", PLAIN)
def test_a_plain_phrase_is_not(words: str) -> None:
    assert findings(words) == []


def test_every_pattern_has_a_phrase_that_it_finds() -> None:
    for pattern in PATTERNS:
        alone = {pattern: PATTERNS[pattern]}
        text = [Text(Path(ROOT, "README.md"), 1, words) for words in TRANSLATED]
        assert list(findings_in(text, alone)), pattern


def test_the_place_is_the_line_of_the_words() -> None:
    (finding,) = findings("first\nsecond\nnobody reads it")
    assert finding.startswith("README.md:9: `nobody`: instead: no one")
