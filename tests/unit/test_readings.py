"""How unquoted scalars are read: by kubectl, and whether all parsers agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.documents.readings import as_json, go_value, is_surprising, key_text
from tests.tiers import often

# As `kubectl label --local -o json` answered (1.32).
KUBECTL = {
    "y": True,
    "Y": True,
    "n": False,
    "yes": True,
    "YeS": "YeS",
    "On": True,
    "oFF": "oFF",
    "tRue": "tRue",
    "TRUE": True,
    "~": None,
    "": None,
    "NULL": None,
    "nULL": "nULL",
    "0": 0,
    "-0": 0,
    "+7": 7,
    "010": 8,
    "+08": 8,
    "089": 89,
    "08_9": 89,
    "00": 0,
    "0o7": 7,
    "0O7": 7,
    "0o8": "0o8",
    "-0o7": -7,
    "0x1f": 31,
    "0X1F": 31,
    "+0x1F": 31,
    "0x": "0x",
    "0x_1": 1,
    "0_x1": 1,
    "0b11": 3,
    "0B1": 1,
    "-0b11": -3,
    "0b12": "0b12",
    "0b-1": -1,
    "1_000": 1000,
    "1__0": 10,
    "1_": 1,
    "_1": "_1",
    "+_1": 1,
    "-_": "-_",
    "1,000": "1,000",
    ".5": 0.5,
    "+.5": 0.5,
    "-.5": -0.5,
    "5.": 5,
    ".5_0": 0.5,
    ".5_": ".5_",
    ".5__0": ".5__0",
    "._5": "._5",
    "1_0.5": 10.5,
    "08.5": 8.5,
    "1.0": 1,
    "1.10": 1.1,
    "-0.0": 0,
    "1e3": 1000,
    "+1e3": 1000,
    "1.5e3": 1500,
    "1.e3": 1000,
    "1e-3": 0.001,
    "1_e3": 1000,
    ".e3": ".e3",
    "1e": "1e",
    "1e16": 10**16,
    "1e20": 1e20,
    "1e400": "1e400",
    "1.2345678901234567e18": 1234567890123456800,
    "9223372036854775807": 2**63 - 1,
    "9223372036854775808": 2.0**63,
    "18446744073709551616": 2.0**64,
    "-9223372036854775809": -(2.0**63),
    "0xfffffffffffffffff": "0xfffffffffffffffff",
    "0777777777777777777777777777777": 7.777777777777778e29,
    "1:30": "1:30",
    "2024-01-01": "2024-01-01",
    "1.2.3": "1.2.3",
    "0x1.8p3": "0x1.8p3",
    "--1": "--1",
    "+-1": "+-1",
    "0x-1": "0x-1",
    ".": ".",
    "-.": "-.",
    "+": "+",
    "+.nan": "+.nan",
    "=": "=",
    "<<": "<<",
    "<<x": "<<x",
}


@pytest.mark.parametrize("text", KUBECTL)
def test_a_scalar_is_read_as_kubectl_reads_it(text: str) -> None:
    value = as_json(go_value(text))
    assert (value, type(value)) == (KUBECTL[text], type(KUBECTL[text]))


@pytest.mark.parametrize(
    "text",
    [
        "y",
        "N",
        "yes",
        "no",
        "ON",
        "off",
        "010",
        "089",
        "0o7",
        "0b11",
        "1_000",
        "+0x1F",
        "1:30",
        "12:30:45",
        "190:20:30.15",
        "1e3",
        "1.5e3",
        "+.5",
        "5.e3",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "=",
        "<<",
        "9223372036854775808",
        "1e1000",
        "-0o7",
        "0X1F",
    ],
)
def test_a_scalar_that_parsers_read_differently_is_surprising(text: str) -> None:
    assert is_surprising(text, as_json(go_value(text)))


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "False",
        "TRUE",
        "~",
        "null",
        "0",
        "-1",
        "+1",
        "8000",
        "0x1F",
        "1.5",
        "1.0",
        "5.",
        ".5",
        "1.5e+3",
        "-0.0",
        "name",
        "1.2.3",
        "8Gi",
        "500m",
        "--port",
        "0.1.1",
        "_1",
        "no.",
        "<<x",
    ],
)
def test_a_scalar_that_all_read_alike_is_no_surprise(text: str) -> None:
    assert not is_surprising(text, as_json(go_value(text)))


@often(500)
@given(st.text("0123456789+-._:eExobTZynf", min_size=1, max_size=12))
def test_what_is_no_surprise_pyyaml_reads_alike(text: str) -> None:
    value = as_json(go_value(text))
    if is_surprising(text, value) or not is_scalar_for_pyyaml(text):
        return
    theirs = yaml.safe_load(text)
    assert theirs == value
    assert isinstance(theirs, str) == isinstance(value, str)


def is_scalar_for_pyyaml(text: str) -> bool:
    """Whether it is one plain scalar, not a list or a map."""
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    return isinstance(node, yaml.ScalarNode) and node.value == text


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("a", "a"),
        ("y", "true"),
        ("off", "false"),
        ("010", "8"),
        ("1.50", "1.5"),
        ("1.0", "1"),
        (".5", "0.5"),
        ("1e6", "1e+06"),
        ("100000.0", "100000"),
        ("1e30", "1e+30"),
        ("123456789.5", "1.2345679e+08"),
        ("0.00001", "1e-05"),
        ("1e300", ".inf"),
        ("~", None),
        ("9223372036854775808", None),
        ("1234567.5", "1.2345675e+06"),
        (".inf", ".inf"),
        (".nan", ".nan"),
    ],
)
def test_a_key_becomes_the_text_that_kubectl_makes_of_it(written: str, key: str | None) -> None:
    assert key_text(go_value(written)) == key


def test_every_recorded_scalar_is_read_as_kubectl_read_it(facts: Path) -> None:
    rows = json.loads((facts / "verdicts" / "yaml-scalars.json").read_text())
    wrong = []
    for row in rows:
        expected = json.loads(
            row["kubectl"], parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits)
        )
        is_error = isinstance(expected, str) and expected.startswith("ERROR")
        try:
            ours: object = read_text(f"v: {row['yaml']}\n", "f")[0].value["v"]
        except ProblemsError as error:
            ours = "ERROR" if is_error else error
        if ours != ("ERROR" if is_error else expected) or isinstance(ours, bool) != isinstance(
            expected, bool
        ):
            wrong.append((row["yaml"], expected, ours))
    assert rows
    assert wrong == []
