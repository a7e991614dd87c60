"""Writing YAML: every parser reads back the very value, and a person likes to read it."""

from __future__ import annotations

from math import inf, nan

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.documents import read_text
from kaito_pack.documents.scalars import to_yaml, yaml_scalar
from tests.tiers import often

PLAIN = "llama meta-llama/Llama-3.1-8B -m --model kaito.sh/v1beta1 repo/name:tag "
PLAIN += "https://h:80/p#x 1.2.3 16Gi 500m a\\b "
PLAIN += "vllm.entrypoints nope yesterday é 😀 a'b a\"b x=y -a_b $(VAR) "
PLAIN += "(a) <a> ^ ; 0.1.1-rc1 v1 null. 8Gi/2 /dev/shm +x .x"
QUOTED = "y Y n yes NO on off true Null null ~ 1 -1 +1 010 089 0o7 0O7 0x1F 0b1 1_000 1:30 "
QUOTED += "12:30:45 .5 5. 1e3 1E3 .inf .nan "
QUOTED += "2024-01-01 2024-01-01T00:00:00Z = << --- ... - ? : -? - @a `a &a *a !a %a #a "
QUOTED += "{a [a a, ,a a] a} |a >a 'a \"a a: -1:30 "
QUOTED += "9223372036854775808 1e1000 p?q=1 ---a 0x_1"


@pytest.mark.parametrize("text", [*PLAIN.split(), "two words", "a:b", "a#b", "it's", "- a"[2:]])
def test_text_that_all_read_alike_is_plain(text: str) -> None:
    assert yaml_scalar(text) == text
    assert_reads_back(text)


@pytest.mark.parametrize(
    "text", [*QUOTED.split(), "", " a", "a ", "a: b", "a #b", "- a", "? a", "a\tb", "--- a", "\u00a0"]
)
def test_text_that_some_parser_misreads_is_quoted(text: str) -> None:
    assert yaml_scalar(text).startswith('"')
    assert_reads_back(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a"b\\: ', '"a\\"b\\\\: "'),
        ("a\nb\t\r\b\f", '"a\\nb\\t\\r\\b\\f"'),
        ("\0\x1b\x7f\x85", '"\\u0000\\u001b\\u007f\\u0085"'),
        ("\u2028\u2029\ufeff\u202e", '"\\u2028\\u2029\\ufeff\\u202e"'),
        ("😀: ", '"😀: "'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, written: str) -> None:
    assert yaml_scalar(text) == written
    assert_reads_back(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-8, "-8"),
        (1.5, "1.5"),
        (1.0, "1.0"),
        (1e16, "1.0e+16"),
        (1e-07, "1.0e-07"),
        (2.5e300, "2.5e+300"),
        (2**63 - 1, "9223372036854775807"),
        ("", '""'),
    ],
)
def test_other_scalars_have_one_spelling(value: object, written: str) -> None:
    assert yaml_scalar(value) == written
    assert_reads_back(value)


@pytest.mark.parametrize("value", ["\ud800", "a\udfff", inf, -inf, nan, 2**63, -(2**63) - 1])
def test_what_nobody_reads_back_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        yaml_scalar(value)


@pytest.mark.parametrize("value", [b"a", {}, [], object()])
def test_what_is_no_scalar_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        yaml_scalar(value)


def test_a_key_that_is_no_text_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        to_yaml({1: "a"})


def test_data_is_written_as_a_careful_person_would() -> None:
    value = {
        "kind": "Workspace",
        "metadata": {"labels": {"app.kubernetes.io/name": "x"}, "annotations": {}},
        "count": 1,
        "args": ["-m", "1", {"name": "a", "ports": [8000]}, [], [["b"], {"c": None}]],
        "script": "set -e\n\n  run: it\n",
        "note": "a\nb",
        "odd": "a \nb\n",
    }
    assert to_yaml(value) == (
        "kind: Workspace\n"
        "metadata:\n"
        "  labels:\n"
        "    app.kubernetes.io/name: x\n"
        "  annotations: {}\n"
        "count: 1\n"
        "args:\n"
        "  - -m\n"
        '  - "1"\n'
        "  - name: a\n"
        "    ports:\n"
        "      - 8000\n"
        "  - []\n"
        "  - - - b\n"
        "    - c: null\n"
        "script: |\n"
        "  set -e\n"
        "\n"
        "    run: it\n"
        "note: |-\n"
        "  a\n"
        "  b\n"
        'odd: "a \\nb\\n"\n'
    )
    assert_block_reads_back(value)


def test_a_block_can_be_indented() -> None:
    assert to_yaml({"a": ["x"], "b": "1\n2"}, indent=4) == "    a:\n      - x\n    b: |-\n      1\n      2\n"
    assert to_yaml("x", indent=2) == "  x\n"


@pytest.mark.parametrize(
    "value",
    [
        "a\n",
        "a\nb",
        [],
        {},
        ["a\nb\n", "# c\nd"],
        {"k" * 2000: {"a": [1]}, "b": {"j" * 2000: "x"}},
        [[[]], [{}]],
        {"": ""},
        {"a": "\tb\nc"},
        {"a": "b\n---\nc\n"},
        {"a": ["x\n\n", " x\ny", "\nx"]},
        {"<<": {"y": "n", "=": 1, "~": 2}},
    ],
)
def test_blocks_of_all_shapes_read_back(value: object) -> None:
    assert_block_reads_back(value)


def is_whole_beyond_digits(value: float) -> bool:
    """Whether kubectl shows the shortest digits of it as an integer, which is another one."""
    return 2**53 <= abs(value) < 2**63


TEXT = st.text() | st.text("yno01:-#.,~ \n\t'\"{}[]|>\\<=eE_x/", max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
SCALARS |= st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda value: not is_whole_beyond_digits(value)
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@often(600)
@given(SCALARS)
def test_any_scalar_reads_back(value: object) -> None:
    assert_reads_back(value)


@often(600)
@given(DATA)
def test_any_data_reads_back(value: object) -> None:
    assert_block_reads_back(value)


def assert_reads_back(value: object) -> None:
    """In a block, in a list and a map on one line, and as a key."""
    text = yaml_scalar(value)
    assert "\n" not in text
    check(f"a: {text}\nb:\n  - {text}\n", {"a": value, "b": [value]})
    check(f"{{a: {text}, b: [{text}, {text} ]}}\n", {"a": value, "b": [value, value]})
    if isinstance(value, str) and len(text) < 1000:
        check(f"{text}: 1\n", {value: 1})


def assert_block_reads_back(value: object) -> None:
    text = to_yaml(value)
    assert text.endswith("\n")
    assert not any(line.endswith(" ") for line in text.split("\n"))
    check(text, value)
    check("a:\n" + to_yaml({"b": value}, indent=3), {"a": {"b": value}})


def check(text: str, value: object) -> None:
    assert same(yaml.safe_load(text), value)
    if value is not None:
        (document,) = read_text(text, "f")
        assert same(document.value, value)
        assert (document.surprises, document.duplicates, document.odd_keys) == ([], [], [])


def same(item: object, other: object) -> bool:
    """Equal, with booleans, numbers and text kept apart (`1 == True` and `1.0 == 1` in Python)."""
    if isinstance(item, dict) and isinstance(other, dict):
        return list(item) == list(other) and all(same(item[key], other[key]) for key in item)
    if isinstance(item, list) and isinstance(other, list):
        return len(item) == len(other) and all(map(same, item, other))
    return item == other and isinstance(item, bool) == isinstance(other, bool)
