"""JUnit XML: valid, whatever the words, and with what GitLab, Jenkins and Azure DevOps look for."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.cli.results import Differing, Preflight, Rendering, ResultCase
from kaito_pack.run.judgement import Judgement
from tests.unit.formats.cases import HOSTILE, HOSTILE_CASE, Cases, problem, shown

BAD = ResultCase("x.yaml", "Workspace a", [problem(), problem("warning"), problem(rule="values/other")])


def parsed(*cases: ResultCase, is_strict: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(shown("junit", Cases(cases, is_strict)).encode())


def test_a_file_is_a_suite_and_counts_are_right() -> None:
    root = parsed(
        BAD,
        ResultCase("y.yaml", "y"),
        ResultCase("y.yaml", "z", unread="gone"),
        ResultCase("y.yaml", "s", (), True),
    )
    assert root.tag == "testsuites" and root.attrib["tests"] == "4"
    counts = [{name: suite.attrib[name] for name in ("failures", "errors", "skipped")} for suite in root]
    assert [suite.attrib["name"] for suite in root] == ["x.yaml", "y.yaml"]
    assert counts == [
        {"failures": "1", "errors": "0", "skipped": "0"},
        {"failures": "0", "errors": "1", "skipped": "1"},
    ]
    for suite in root:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[name]) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))


def test_all_errors_of_a_case_are_in_its_one_failure() -> None:
    (failure,) = parsed(BAD).iter("failure")
    assert failure.attrib == {"message": "missing. (and 1 more)", "type": "values/missing"}
    assert [line.rpartition("[")[2] for line in str(failure.text).splitlines()] == [
        "values/missing]",
        "docs/reference/rules/values.md#missing",
        "values/other]",
    ]


def test_a_warning_is_output_and_fails_if_warnings_do() -> None:
    warned = ResultCase("x.yaml", "x", [problem("warning")])
    (output,) = parsed(warned).iter("system-out")
    assert "warning: a[0]: missing" in str(output.text)
    assert not list(parsed(warned).iter("failure")) and list(parsed(warned, is_strict=True).iter("failure"))


def test_a_case_is_known_by_suite_and_name() -> None:
    root = parsed(ResultCase("x.yaml", "a"), ResultCase("x.yaml", "a"), ResultCase("y.yaml", "a"))
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["a", "a (2)", "a"]


def test_a_reason_is_in_the_text_that_gitlab_shows() -> None:
    (error,) = parsed(ResultCase("x.yaml", "x", unread="x.yaml: cannot be read")).iter("error")
    assert error.text == error.attrib["message"] == "x.yaml: cannot be read"


def test_what_xml_forbids_is_escaped() -> None:
    (case,) = parsed(HOSTILE_CASE).iter("testcase")
    assert r"\x1b[31m\x7f\x85\u202e\n::error::|`</failure>]]>&" in case.attrib["name"]
    (failure,) = case
    assert failure.tag == "failure" and "]]>&" in str(failure.text)


@given(st.text())
def test_any_text_is_well_formed(text: str) -> None:
    hostile = problem(message=text, fix=text, path=(text,))
    skipped = ResultCase(text, text, [hostile], is_skipped=True)
    root = parsed(ResultCase(text, text, [hostile]), skipped, ResultCase(text, text, unread=text))
    assert len(list(root.iter("testcase"))) == 3


@pytest.mark.parametrize("severity", ["ok", "warning", "error"])
def test_an_answer_of_a_cluster_is_a_case(severity: str) -> None:
    answer = problem(severity, "preflight/gpu-short", place=None)
    root = ElementTree.fromstring(shown("junit", Preflight([("a.yaml", answer)])))
    (case,) = root.iter("testcase")
    assert case.attrib["name"] == "gpu-short" and case.attrib["classname"] == "a.yaml"
    assert [part.tag for part in case] == ["failure" if severity == "error" else "system-out"]


def test_a_file_that_differs_is_a_failure() -> None:
    result = Rendering({"": [Judgement("v.yaml")]}, [Differing([(HOSTILE, "differs")], [])])
    suites = list(ElementTree.fromstring(shown("junit", result)))
    assert [suite.attrib["failures"] for suite in suites] == ["0", "1"]
