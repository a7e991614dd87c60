"""Reads facts from the words of a model id: `org/Qwen3-8B-AWQ` has the words qwen3, 8b and awq."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.tables import Row, per_pack, table

# `1.58bit` keeps its dot; `v0.3.gguf` loses its second dot.
SEPARATOR = r"[-_/\s]+|\.(?![0-9])|(?<![0-9])\."
SIZE = r"(?<=-)([0-9]+(?:\.[0-9]+)?)(m|b|t)(?=-)"
EXPERTS = r"(?<=-)([0-9]+)x([0-9]+(?:\.[0-9]+)?)b(?=-)"
BILLIONS = {"m": 0.001, "b": 1.0, "t": 1000.0}
# The URL of a model, of one of its files or of a revision.
ADDRESS = r"(?a)^https?://(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)(?:[/?#].*)?$"
SHARED = 0.8  # experts share attention: Mixtral 8x7B has 46.7 billion parameters, 8x22B 141


def hub_id(text: str) -> str:
    """Return the model id in the URL of a page on the Hub; any other text is returned unchanged."""
    stripped = text.strip()
    address = re.match(ADDRESS, stripped) if stripped.startswith("http") else None
    return address[1] if address else stripped


def words_of(model_id: str) -> str:
    """Return the words of the repository's name in lower case, each between dashes: `-qwen3-8b-awq-`."""
    name = model_id.rpartition("/")[2].lower()
    return f"-{re.sub(SEPARATOR, '-', name).strip('-')}-"


def has_words(words: str, pattern: str) -> bool:
    """Return whether whole words in `words`, the result of `words_of`, match a row's pattern."""
    return re.search(rf"-(?:{pattern})-", words) is not None


class NamedRow(NamedTuple):
    """A row of a table of `facts/models/`, and functions that look for its words in an id's."""

    key: str
    row: Row
    has_words: Callable[[str], object]
    has_others: Callable[[str], object]


def _search(pattern: str) -> Callable[[str], object]:
    """Return what `has_words` does for a row's pattern. Most are plain words, which need no compiling."""
    if pattern.replace("|", "").replace("-", "").isalnum():
        plain = [f"-{word}-" for word in pattern.split("|")]
        return lambda words: any(word in words for word in plain)
    return re.compile(f"-(?:{pattern})-").search


def _nowhere(words: str) -> bool:
    return False


@per_pack
def named_rows(name: str) -> tuple[NamedRow, ...]:
    """Return the rows of the table `facts/models/<name>.json`, in order.

    Raises PackError for a row of a pack without words, or with words that are not a regular expression.
    """
    rows = []
    for key, row in table(f"models/{name}.json").items():
        try:
            has_words, has_others = _search(row["words"]), _search(row["but"]) if "but" in row else _nowhere
        except (AttributeError, KeyError, TypeError, re.error) as error:
            raise PackError(f"facts/models/{name}.json: {key}: words or but is not valid: {error}") from None
        rows.append(NamedRow(key, row, has_words, has_others))
    return tuple(rows)


def matching_rows(name: str, model_id: str) -> Iterator[tuple[str, Row]]:
    """Return the rows of the table `facts/models/<name>.json` that match the id, in order.

    A row matches an id that has its `words` and none of those in `but`, or has one of its `owners`.
    """
    words, owner = words_of(model_id), model_id.partition("/")[0].lower()
    for each in named_rows(name):
        is_named = each.has_words(words) and not each.has_others(words)
        if is_named or owner in each.row.get("owners", ()):
            yield each.key, each.row


def billions_of(model_id: str) -> float | None:
    """Return the billions of parameters in the id: 70 for 70B, 44.8 for 8x7B; None if there are none."""
    words = words_of(model_id)
    if experts := re.search(EXPERTS, words):
        return round(int(experts[1]) * float(experts[2]) * SHARED, 1)
    size = re.search(SIZE, words)  # a second number is a length, such as 1M, or the number of training tokens
    return float(size[1]) * BILLIONS[size[2]] if size else None
