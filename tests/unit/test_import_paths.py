"""Paths of `import:` sections: what each step takes out of a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import ABSENT
from kaito_pack.importing.captures import _literals, _texts_between
from kaito_pack.importing.paths import look_up, parse
from kaito_pack.pack import Pack
from kaito_pack.pack.json_schema import part_at

MANIFEST = {
    "secrets": [{"name": "a"}, {"name": "b"}],
    "ref": {"name": "hub", "key": "HF_TOKEN"},
    "adapters": [{"source": {"name": "sql", "image": "i"}}, {"source": {"name": "chat"}, "strength": "1"}],
    "half": [{"name": "a"}, {}],
    "text": "vllm:\n  max-model-len: 8\n",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("secrets[each].name", ["a", "b"]),
        ("half[each].name", ABSENT),
        ("ref[each].name", ABSENT),
        ("ref[key=HF_TOKEN].name", "hub"),
        ("ref[key=token].name", ABSENT),
        ("secrets[name=b]", {"name": "b"}),
        (
            "adapters[each]{name=source.name, image=source.image, strength=strength}",
            [{"name": "sql", "image": "i"}, {"name": "chat", "strength": "1"}],
        ),
        ("ref{token=name}", {"token": "hub"}),
        ("text.vllm", {"max-model-len": 8}),
        ("secrets[2].name[absent]", True),
    ],
)
def test_a_path_leads_to_its_part(path: str, value: Any) -> None:
    assert look_up(MANIFEST, parse(path)) == value


def test_what_is_no_path_is_named() -> None:
    with pytest.raises(PackError, match="is not a path"):
        parse("secrets{name}]")


PATTERN = "<hfEndpoint>/<modelId>/resolve/main/<ggufFile>"
PARTS = [part_at(Pack().mode("huggingface").schema, [name]) for name in ("hfEndpoint", "modelId", "ggufFile")]


@pytest.mark.parametrize(
    "endpoint", ["https://huggingface.co", "http://mirror:8080/hf", "https://m.example/a/b"]
)
def test_a_text_is_split_where_every_value_is_accepted(endpoint: str) -> None:
    texts = [endpoint, "org/name", "folder/file.gguf"]
    text = f"{texts[0]}/{texts[1]}/resolve/main/{texts[2]}"
    assert _texts_between(_literals(PATTERN), text, PARTS) == texts


def test_a_text_that_no_values_make_up_gives_none() -> None:
    assert _texts_between(_literals(PATTERN), "https://m.example/x.gguf", PARTS) == []
    assert _texts_between(_literals(PATTERN), "/" * 100_000, PARTS) == []
