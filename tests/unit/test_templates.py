"""The Jinja environment: every `{{ }}` is one YAML value, and a template reaches nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.problems import PackError
from kaito_pack.documents import read_text
from kaito_pack.rendering.templates import Environment, render
from tests.tiers import often


def rendered(folder: Path, source: str, **context: Any) -> str:
    (folder / "mode").mkdir(exist_ok=True)
    (folder / "mode" / "t.yaml.j2").write_text(source, encoding="utf-8")
    return render(Environment([folder]), "mode/t.yaml.j2", context)


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "1e3",
        "a: b",
        "x\ny",
        "---",
        "{a: b}",
        "- a",
        "'",
        '"',
        "#",
        "",
        " a ",
        "010",
        "2024-01-01",
        "=",
        "~",
    ],
)
def test_text_stays_text(tmp_path: Path, value: str) -> None:
    assert yaml.safe_load(rendered(tmp_path, "a: {{ v }}\nb: 1\n", v=value)) == {"a": value, "b": 1}


def test_numbers_and_booleans_stay_what_they_are(tmp_path: Path) -> None:
    text = rendered(tmp_path, "a: {{ i }}\nb: {{ t }}\nc: {{ i | string }}\n", i=8, t=True)
    assert text == 'a: 8\nb: true\nc: "8"\n'


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@often(300)
@given(value=anything, key=anything)
def test_no_text_escapes_its_place(tmp_path_factory: pytest.TempPathFactory, value: str, key: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    source = "before: 1\nmap:\n  {{ k }}: {{ v }}\nlist:\n  - {{ v }}\n  - {{ 'x-' ~ v }}\nafter: 2\n"
    text = rendered(folder, source, k=key, v=value)
    expected = {"before": 1, "map": {key: value}, "list": [value, f"x-{value}"], "after": 2}
    assert list(yaml.safe_load_all(text)) == [expected]
    assert [document.value for document in read_text(text, "t")] == [expected]


def test_a_misspelt_name_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"templates/mode/t\.yaml\.j2:2: 'nmae' is undefined"):
        rendered(tmp_path, "a: 1\nb: {{ nmae }}\n", name="x")


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"templates/mode/t\.yaml\.j2:2: "):
        rendered(tmp_path, "a: 1\n{% if %}\n")


@pytest.mark.parametrize(
    "source",
    [
        "{{ v.__class__ }}",
        "{{ v['__class__'] }}",
        "{{ v.upper() }}",
        "{{ m.items() }}",
        "{{ m.values }}",
        "{{ v | attr('__class__') }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 1000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ range(100000000) | list }}",
        "{{ cycler('a') }}",
        "{{ lipsum() }}",
        "{{ self.__init__ }}",
        "{% import 'os' as os %}{{ os }}",
        "{{ namespace(a=1).a }}",
    ],
)
def test_what_is_no_plain_data_is_out_of_reach(tmp_path: Path, source: str) -> None:
    with pytest.raises(PackError):
        rendered(tmp_path, source, v="x", m={"a": 1})


def test_a_mapping_is_read_by_its_keys_alone(tmp_path: Path) -> None:
    assert rendered(tmp_path, "{{ m.items }}\n", m={"items": "own"}) == "own\n"


def test_a_template_that_emits_nothing_gives_no_manifest(tmp_path: Path) -> None:
    assert rendered(tmp_path, "{# nothing #}\n{% if v %}\na: 1\n{% endif %}\n", v=False) == ""
