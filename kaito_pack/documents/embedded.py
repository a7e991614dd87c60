"""Reads YAML inside a text of a manifest, such as a ConfigMap, as PyYAML does, within limits.

The time of PyYAML's scanner grows with the square of the number of nested brackets, and merge keys of aliases
can double a map with every line. No person writes YAML beyond these limits.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kaito_pack.base.trees import DEEPEST
from kaito_pack.documents.readings import pattern

if TYPE_CHECKING:
    from yaml import SafeLoader

LONGEST_EMBEDDED = 50_000  # characters of the longest text that is parsed
LONGEST_PLAIN = 2000  # characters: too few for 100 levels with one key per line
PLAIN = r"(?: *[A-Za-z][A-Za-z0-9_-]*:(?: [A-Za-z0-9][A-Za-z0-9_./-]*)?\n)*"
MOST_MERGED = 10_000  # entries that merge keys (`<<`) may add to the maps of a text


def loader(text: str) -> SafeLoader:
    """Return PyYAML's loader for `text`. It raises YAMLError if nesting or merging exceeds the limits.

    It uses the parser in Python because libyaml's crashes on deeply nested text. Most texts are plain and
    short enough for libyaml, which takes a tenth of the time.
    """
    bounded: SafeLoader = (_plain_loader_class() if is_plain(text) else _loader_class())(text)
    return bounded


def is_plain(text: str) -> bool:
    """Return whether both parsers read a text alike: only plain keys and values, too few for deep nesting."""
    return len(text) <= LONGEST_PLAIN and pattern(PLAIN).fullmatch(text) is not None


@cache
def _plain_loader_class() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def _loader_class() -> Any:
    import yaml

    class BoundedLoader(yaml.SafeLoader):
        merged = 0

        def fetch_flow_collection_start(self, token: Any) -> None:
            self._refuse_depth(self.flow_level)
            super().fetch_flow_collection_start(token)

        def add_indent(self, column: int) -> bool:
            self._refuse_depth(len(self.indents))
            added: bool = super().add_indent(column)
            return added

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            before = len(node.value)
            super().flatten_mapping(node)
            self.merged += max(0, len(node.value) - before)
            if self.merged > MOST_MERGED:
                raise yaml.YAMLError(f"merge keys add more than {MOST_MERGED} entries")

        def _refuse_depth(self, depth: int) -> None:
            if depth >= DEEPEST:
                raise yaml.YAMLError(f"nested deeper than {DEEPEST} levels")

    return BoundedLoader
