"""Every problem leads to the page of its rule, and every value to its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaito_pack.cli.results import ResultCase
from kaito_pack.facts import tables
from kaito_pack.facts.rules import all_rules, page
from kaito_pack.pack import Pack
from kaito_pack.values.fields import fields
from kaito_pack.values.pages import linked, value_page
from tests.conftest import ROOT
from tests.unit.formats.cases import Cases, problem, shown

OWN = {"values/acme-name": {"message": "bad", "fix": "Change it", "meaning": "A rule of a pack."}}
SITE = {
    "rules": {"page": "https://docs.example.com/rules/{layer}.html#{name}"},
    "values": {"page": "https://docs.example.com/values.html#{name}"},
}
SCHEMA = (ROOT / "schemas" / "values.schema.json").read_text(encoding="utf-8")


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Path]:
    """A pack in use that has a rule of its own, and an address for the pages of ours."""
    (tmp_path / "facts" / "rules").mkdir(parents=True)
    (tmp_path / "facts" / "rules" / "values.json").write_text(json.dumps(OWN), encoding="utf-8")
    (tmp_path / "facts" / "docs.json").write_text(json.dumps(SITE), encoding="utf-8")
    tables.use([tmp_path])
    yield tmp_path
    tables.use([])


def test_every_rule_has_a_heading_on_the_page_of_its_layer() -> None:
    for name in all_rules():
        path, _, anchor = page(name).partition("#")
        headings = re.findall(r"^## (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert headings.count(anchor) == 1, name


def test_a_former_name_leads_to_the_page_of_the_rule() -> None:
    renamed = next(rule for rule in all_rules().values() if rule.formerly)
    assert page(renamed.formerly[0]) == page(renamed.name)


def test_the_address_is_that_of_the_pack_in_use(pack: Path) -> None:
    assert page("values/missing") == "https://docs.example.com/rules/values.html#missing"
    text = shown("markdown", Cases((ResultCase("a.yaml", "a", [problem()]),)))
    assert "[`values/missing`](https://docs.example.com/rules/values.html#missing) |" in text
    assert "Rules:" not in text


def test_a_rule_of_a_pack_and_a_name_without_a_row_have_no_page(pack: Path) -> None:
    assert page("values/acme-name") == page("drift/differs") == ""


def test_every_value_has_a_heading_on_its_page_and_an_editor_shows_the_page() -> None:
    for name in fields(Pack()):
        path, _, anchor = value_page(name).partition("#")
        headings = re.findall(r"^## (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert list(map(str.lower, headings)).count(anchor) == 1, name
        assert f"`{path}#{anchor}`" in SCHEMA
    assert linked(SCHEMA) == SCHEMA


def test_an_editor_links_to_the_address_of_the_pack_in_use(pack: Path) -> None:
    assert value_page("resources.gpu") == "https://docs.example.com/values.html#resources"
    assert value_page("acmeValue") == ""
    schema = json.loads(linked(SCHEMA))
    shown = schema["properties"]["name"]["markdownDescription"]
    assert shown.endswith("\n\n[Documentation](https://docs.example.com/values.html#name)")
    assert "docs/reference/values.md" not in json.dumps(schema)
