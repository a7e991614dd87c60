"""`--set path=value`: Helm's paths, YAML's types."""

from __future__ import annotations

import os

import pytest

from kaito_pack.base.problems import UsageError
from kaito_pack.documents import Document
from kaito_pack.values import layers
from kaito_pack.values.layers import Layer
from kaito_pack.values.overrides import layers_of


def given(expression: str, as_text: bool = False) -> dict:
    return layers.merge(layers_of("--set", expression, as_text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("2", 2),
        ("-2", -2),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000),
        ("2.0", 2),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("a=b", "a=b"),
        (r"a\,b", "a,b"),
        (r"a\\b", r"a\b"),
        ("16Gi", "16Gi"),
        ("{}", []),
        ("{1,a,true}", [1, "a", True]),
        (r"{a\,b,c}", ["a,b", "c"]),
        ("{a,,b}", ["a", None, "b"]),
    ],
)
def test_a_value_is_typed_as_yaml_1_2_core(text: str, value: object) -> None:
    result = given(f"x={text}")["x"]
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize("text", ["2", "true", "null", "1e3", ".inf", "9" * 30])
def test_with_set_string_everything_is_text(text: str) -> None:
    assert given(f"x={text}", as_text=True) == {"x": text}


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 30, "9" * 5000, "0x" + "f" * 20])
def test_a_number_that_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has no JSON form"):
        given(f"x={text}")


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a.b.c=1", {"a": {"b": {"c": 1}}}),
        (r"labelSelector.kubernetes\.io/os=linux", {"labelSelector": {"kubernetes.io/os": "linux"}}),
        ("a=1,b=2,a=3", {"a": 3, "b": 2}),
        ("a.b=1,a.c=2", {"a": {"b": 1, "c": 2}}),
        ("a[0]=x,a[1]=y", {"a": ["x", "y"]}),
        ("a[0].b=1,a[0].c=2", {"a": [{"b": 1, "c": 2}]}),
        (r"a\[0]=x", {"a[0]": "x"}),
    ],
)
def test_a_path_is_helms(expression: str, values: dict) -> None:
    assert given(expression) == values


def test_an_index_changes_one_item_of_the_list_below() -> None:
    below = layers_of("--set", "nodes={a,b,c}", False)
    assert layers.merge([*below, *layers_of("--set", "nodes[1]=x", False)]) == {"nodes": ["a", "x", "c"]}


def test_an_index_that_leaves_a_gap_is_refused() -> None:
    with pytest.raises(UsageError, match="is out of range"):
        given("nodes[3]=x")


@pytest.mark.parametrize(
    "expression", ["", "=", "a", "a.=1", ".a=1", "a[=1", "a[x]=1", "a[-1]=1", "a[99999]=1"]
)
def test_what_is_no_setting_is_refused_by_its_own_words(expression: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        given(expression)


def test_a_setting_is_its_own_place() -> None:
    (layer,) = layers_of("--set", "a.b=1", False)
    assert isinstance(layer, Layer)
    assert str(layers.place([layer], ("a", "b"))) == "--set a.b=1:"


def test_an_equals_sign_in_a_key_is_escaped() -> None:
    assert given(r"a\=b=c=d") == {"a=b": "c=d"}


def test_a_gap_names_the_setting_and_the_file() -> None:
    below = Layer(Document("llama.yaml", 1, {"nodes": ["a"]}))
    over = layers_of("--set-string", "nodes[2]=c", True)
    with pytest.raises(UsageError, match=r"--set-string nodes\[2\]=c: .* has 1 item in llama.yaml"):
        layers.merge([below, *over])


@pytest.mark.parametrize("expression", ["a=hf_abcdefghijklmn", "hf_abcdefghijklmn=1", "hf_abcdefghijklmn"])
def test_a_token_is_not_repeated(expression: str) -> None:
    try:
        title = layers_of("--set", expression, False)[0].document.file
    except UsageError as error:
        title = str(error)
    assert "hf_" not in title


def test_a_setting_is_utf_8_whatever_the_locale() -> None:
    assert given(os.fsdecode("a=ü".encode())) == {"a": "ü"}
    with pytest.raises(UsageError, match="is not UTF-8"):
        given(os.fsdecode(b"a=\xff"))
