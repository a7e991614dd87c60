"""YAML inside a text of a manifest: read as PyYAML reads it, within limits."""

from __future__ import annotations

import pytest
import yaml

from kaito_pack.base.trees import DEEPEST
from kaito_pack.documents.embedded import LONGEST_EMBEDDED, MOST_MERGED, loader
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
