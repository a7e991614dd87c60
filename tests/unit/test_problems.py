"""Problems of a file are cut at a number that people read, with the others counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kaito_pack.base.display import MOST_GUESSES, did_you_mean, few_guesses
from kaito_pack.base.problems import MOST_PROBLEMS, Place, Problem, merged, shorten
from tests.conftest import Run

FORMATS = ("text", "json", "github", "markdown", "junit")
MORE = "more of the same kind"


def problems(number: int, rule: str = "values/missing") -> list[Problem]:
    """Return problems of one rule, a line each."""
    return [
        Problem(rule, "values", "error", ("a", index), "is wrong", "Mend it", Place("a.yaml", index + 1))
        for index in range(number)
    ]


def test_a_hundred_problems_stay_as_they_are() -> None:
    cut = problems(MOST_PROBLEMS)
    shorten([cut])
    assert cut == problems(MOST_PROBLEMS)


def test_the_others_are_counted_at_the_place_of_the_first_of_them() -> None:
    cut = problems(40_000)
    shorten([cut])
    assert cut[:-1] == problems(MOST_PROBLEMS)
    assert cut[-1].message == "and 39,900 more of the same kind"
    assert (cut[-1].rule, cut[-1].place) == ("values/missing", Place("a.yaml", MOST_PROBLEMS + 1))
    assert sum(each.number for each in cut) == 40_000


def test_the_first_of_each_rule_is_shown() -> None:
    cut = problems(500) + problems(3, "values/other")
    shorten([cut])
    shown = [each for each in cut if not each.others]
    assert len(shown) == MOST_PROBLEMS
    assert shown[-1].rule == "values/other"
    assert {each.rule: each.others for each in cut if each.others} == {
        "values/missing": 401,
        "values/other": 2,
    }


def test_the_lists_of_one_file_share_the_number_and_what_is_cut_twice_is_counted_once() -> None:
    lists = [problems(80), problems(80), problems(5, "values/other")]
    for cut in lists:
        shorten([cut])
    shorten(lists)
    shorten(lists)
    every = [each for cut in lists for each in cut]
    assert sum(not each.others for each in every) == MOST_PROBLEMS
    assert sum(each.number for each in every) == 165
    assert all(any(each.is_error for each in cut) for cut in lists)
    assert [each.others for each in merged(every) if each.others] == [61, 4]


def test_more_rules_than_are_shown_end_too() -> None:
    cut = [each for rule in range(3000) for each in problems(1, f"values/r{rule}")]
    shorten([cut])
    assert sum(not each.others for each in cut) == MOST_PROBLEMS


def test_guesses_come_to_an_end() -> None:
    with few_guesses():
        guesses = [did_you_mean(f"replica{number}", ["replicas"]) for number in range(MOST_GUESSES + 5)]
    assert guesses == ["replicas"] * MOST_GUESSES + [None] * 5
    assert did_you_mean("replica", ["replicas"]) == "replicas"


@pytest.mark.parametrize(("command", "form"), [*(("validate", form) for form in FORMATS), ("render", "yaml")])
def test_every_format_shows_a_hundred_and_counts_the_others(run: Run, command: str, form: str) -> None:
    values = {"name": "a", "modelSource": "vllm", "modelId": "a/b"}
    text = json.dumps(values | {f"unknwon{number}": 1 for number in range(1100)})
    done = run(command, "-", "-o", form, stdin=text)
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert printed.count("and 1,000 more of the same kind") == 1
    assert printed.count("`unknwon") <= MOST_PROBLEMS * 2  # in a heading as well
    assert len(printed) < MOST_PROBLEMS * 1000


@pytest.mark.parametrize("form", FORMATS)
def test_many_documents_share_the_hundred_of_their_file(run: Run, form: str) -> None:
    documents = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "x": 1, "y": 2}}
        for number in range(120)
    ]
    done = run("validate", "-", "-o", form, stdin="\n---\n".join(map(json.dumps, documents)))
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    if form == "json":
        rows = json.loads(done.stdout)
        assert {row["verdict"] for row in rows} == {"refused"}
        every = [each["message"] for row in rows for each in row["problems"]]
        assert sum(MORE not in message for message in every) == MOST_PROBLEMS
    elif form == "junit":
        assert printed.count("<failure") == 120
    else:
        assert printed.count("and 140 more of the same kind") == 1
    if form in ("text", "markdown"):
        assert "240 errors" in printed


def test_a_file_that_cannot_be_read_is_cut_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- !x a\n" * 1000, encoding="utf-8")
    done = run("render", "a.yaml", cwd=tmp_path)
    assert len(done.stderr.splitlines()) == MOST_PROBLEMS
