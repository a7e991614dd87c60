"""YAML inside a text of a manifest: read as PyYAML reads it, within limits."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.trees import DEEPEST
from kaito_pack.documents.embedded import LONGEST_EMBEDDED, MOST_MERGED, is_plain, loader
from tests import work

DOUBLING = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "vllm:\n  max-model-len: 0x10\n  b: [1, {c: d}]\n",
        "base: &base {a: 1}\nuse: {<<: *base, b: 2}\n",
        "a: &a [*a]",
        "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
    ],
)
def test_what_people_write_is_read_as_pyyaml_reads_it(text: str) -> None:
    assert repr(loader(text).get_single_data()) == repr(yaml.safe_load(text))


LINES = st.builds(
    "{}{}:{}\n".format,
    st.integers(0, 6).map(" ".__mul__),
    st.sampled_from(["vllm", "a", "b", "max-model-len", "null", "Yes"]),
    st.sampled_from(["", " 4096", " 0x10", " 1.5e3", " 2024-01-01", " true", " off", " a/b.c", " null"]),
)


@given(st.lists(LINES, max_size=12).map("".join))
def test_plain_texts_are_read_alike_by_both_parsers(text: str) -> None:
    def reading(loader_class: Any) -> str:
        try:
            return repr(loader_class(text).get_single_data())
        except (yaml.YAMLError, ValueError):
            return "not YAML"

    assert is_plain(text)
    assert reading(loader) == reading(yaml.SafeLoader)


@pytest.mark.parametrize(
    "text", ["a: &a 1\n", "a: [1]\n", "- a: 1\n", "a: b: c\n", "a: 1", f"a: {'b' * 2000}\n"]
)
def test_other_texts_are_not_plain(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "{a: " * 500 + "}" * 500,
        "- " * 300 + "a",
        "? " * 300 + "a",
        DOUBLING,
    ],
)
def test_what_is_nested_or_merged_beyond_the_limits_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match=r"nested deeper|merge keys add"):
        loader(text).get_single_data()


def test_merge_keys_stop_at_the_limit() -> None:
    few = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(100)) + "}\n"
    assert loader(few + "b: {<<: *a}").get_single_data()["b"]["k99"] == 1
    with pytest.raises(yaml.YAMLError):
        loader(few + "b: {<<: [" + ", ".join(["*a"] * (MOST_MERGED // 100 + 1)) + "]}").get_single_data()


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[a, "])
def test_nesting_takes_no_more_work_if_it_is_deeper(opening: str) -> None:
    def reading(size: int) -> int:
        def read() -> None:
            with pytest.raises(yaml.YAMLError):
                loader(opening * size).get_single_data()

        return work.steps(read)

    most = LONGEST_EMBEDDED // len(opening)
    assert reading(most) <= 1.1 * reading(most // 10) + 20_000
