"""The one formatter of problems."""

from __future__ import annotations

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import line, sentence


def a_problem(**changes: object) -> Problem:
    facts = {
        "rule": "values/missing",
        "layer": "values",
        "severity": "error",
        "path": ("a", 0),
        "message": "missing",
    }
    return Problem(**{**facts, "fix": "give one", "place": Place("x.yaml", 4, 2), **changes})  # type: ignore[arg-type]


def test_a_line_says_where_what_and_what_to_do() -> None:
    assert line(a_problem()) == "x.yaml:4:2 a[0]: missing. give one. [values/missing]"


def test_a_warning_says_that_it_is_one() -> None:
    assert line(a_problem(severity="warning")).startswith("x.yaml:4:2 warning: a[0]: ")


def test_an_answer_that_is_good_has_no_warning() -> None:
    assert line(a_problem(severity="ok")).startswith("x.yaml:4:2 a[0]: ")


def test_a_question_keeps_its_mark() -> None:
    assert sentence("did you mean `a`?") == "Did you mean `a`?"
    assert sentence("did you mean `a`? It is one of b, c") == "Did you mean `a`? It is one of b, c."


def test_a_path_is_written_as_in_a_file() -> None:
    assert path_text(("labels", "kubernetes.io/os", 2, "x")) == 'labels["kubernetes.io/os"][2].x'


def test_a_shown_value_is_cut_and_harmless() -> None:
    assert shown("x" * 100) == f"`{'x' * 79}…`"
    assert shown("a\x1b[31m\u202eb\n") == r"`a\x1b[31m\u202eb\n`"
    assert shown("hf_" + "a" * 30) == "a Hugging Face token (not shown)"
    assert (shown(True), shown(None), shown({"a": 1}), shown([])) == ("`true`", "`null`", "a map", "`[]`")


def test_a_slip_of_the_pen_is_guessed_and_nothing_else() -> None:
    assert did_you_mean("maxmodellen", ["maxModelLen", "modelId"]) == "maxModelLen"
    assert did_you_mean("colour", ["maxModelLen", "modelId"]) is None
