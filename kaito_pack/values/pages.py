"""The pages of the docs that describe values; `facts.rules.page` returns those of rules."""

from __future__ import annotations

import json
import re

from kaito_pack.base.root import ROOT
from kaito_pack.facts.tables import is_foreign, per_pack, read_json, table

LINK = "Documentation: `{}`"  # shown by an editor for a page without a URL
_SPECIAL = re.compile(r"([\\*_<>\[\]])")  # special characters in Markdown


@per_pack
def value_page(name: str) -> str:
    """Return where the docs describe a value, by the row "values" of `facts/docs.json`.

    This is a path in the repository, or a URL if the row of a user's pack gives one. Empty for a value that
    only a user's pack has.
    """
    top = name.partition(".")[0]
    return "" if is_foreign() and not _is_ours(top) else _page(top.lower())


def _is_ours(name: str) -> bool:
    schema = read_json(ROOT, "schemas/values.schema.json")
    return any(name in part.get("properties", {}) for part in (schema, *schema["$defs"].values()))


def _page(heading: str) -> str:
    return str(table("docs.json")["values"]["page"]).replace("{name}", heading)


def hover(description: str, page: str) -> str:
    """Return the hover text of a value for editors, in Markdown: its description and its page."""
    return _SPECIAL.sub(r"\\\1", description) + f"\n\n{LINK.format(page)}"


def linked(schema: str) -> str:
    """Return the text of the schema for editors, with links if a pack in use has the URL of the docs."""
    own = re.compile(LINK.format(r"[\w./-]+#(\w+)"))
    if "://" not in _page(""):
        return schema
    return own.sub(lambda page: json.dumps(f"[Documentation]({_page(page[1])})")[1:-1], schema)
