"""Which line of a template emitted a line of output, however the template is written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kaito_pack.rendering.manifests import RenderedManifest, parsed
from kaito_pack.rendering.renderer import OwnTemplates
from kaito_pack.rendering.template_lines import template_line

VALUES: Any = SimpleNamespace(
    filled={"n": 3, "on": True, "text": "a: b", "items": ["x", "y"]}, mode=SimpleNamespace(facts={})
)

TRICKY = """{# a comment
   of two lines #}
{% set name = "m" ~ n %}
kind: T
{%- if on %}

inline: {% if on %}yes-it-is{% endif %}

{% endif %}
{% if not on %}
never: here
{% endif %}
{% for item in items %}
{{ item }}: {{ item ~
    n }}
{% endfor %}
part:
  {% filter indent(2, true) %}
  {% include "_partials/part.yaml.j2" %}
  {% endfilter %}
flow: {a: {{ n }}, b: {{ text }},
       c: {{ name }}}
raw: {% raw %}"{{ braces }}"{% endraw %}

last: {{ text }}
"""
PART = "one: {{ n }}\n{% if on -%}\n    two: {{ text }}\n{%- endif %}\n\nthree: {{ name }}\n"


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    folder = tmp_path / "templates"
    (folder / "_partials").mkdir(parents=True)
    (folder / "mode").mkdir()
    (folder / "mode" / "tricky.yaml.j2").write_text(TRICKY, encoding="utf-8")
    (folder / "_partials" / "part.yaml.j2").write_text(PART, encoding="utf-8")
    return SimpleNamespace(is_foreign=False, template_folders=(folder,))


@pytest.mark.parametrize(
    ("path", "file", "line"),
    [
        (("kind",), "mode/tricky.yaml.j2", "kind: T"),
        (("inline",), "mode/tricky.yaml.j2", "inline: {% if"),
        (("x",), "mode/tricky.yaml.j2", "{{ item }}: {{ item ~"),
        (("y",), "mode/tricky.yaml.j2", "{{ item }}: {{ item ~"),
        (("part", "one"), "_partials/part.yaml.j2", "one: {{ n }}"),
        (("part", "two"), "_partials/part.yaml.j2", "    two: {{ text }}"),
        (("part", "three"), "_partials/part.yaml.j2", "three: {{ name }}"),
        (("flow", "a"), "mode/tricky.yaml.j2", "flow: {a:"),
        (("flow", "b"), "mode/tricky.yaml.j2", "flow: {a:"),
        (("flow", "c"), "mode/tricky.yaml.j2", "       c: {{ name }}}"),
        (("raw",), "mode/tricky.yaml.j2", "raw: {% raw"),
        (("last",), "mode/tricky.yaml.j2", "last: {{ text }}"),
    ],
)
def test_the_line_that_emitted_a_part_is_found(pack: Any, path: tuple, file: str, line: str) -> None:
    (text,) = OwnTemplates(pack.template_folders).texts(["mode/tricky.yaml.j2"], VALUES.filled)
    manifest = RenderedManifest("mode/tricky.yaml.j2", text, parsed(text, "t"))
    result = template_line(VALUES, manifest, path, pack)
    assert result is not None
    assert result.template == file
    assert result.text.startswith(line)
