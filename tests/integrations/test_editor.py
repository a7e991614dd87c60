"""Editors: what the language server of VS Code, Neovim and Helix shows in a values file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.pack import Pack
from tests.conftest import ROOT, TINY
from tests.integrations.language_server import LanguageServer

PACK = Pack()
SETTINGS = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))
MODELINE = "# yaml-language-server: $schema=../schemas/values.schema.json\n"
FILES = [
    file
    for pattern in (
        "values/*.yaml",
        "values/targets/*.yaml",
        "values/catalogue/*.yaml",
        "templates/*/mode.yaml",
        "facts/engines/*.yaml",
    )
    for file in sorted(ROOT.glob(pattern))
]
MISTAKES = [
    (f"{TINY}ggufFile: a.gguf\n", "ggufFile", "`ggufFile` is a value of modelSource huggingface"),
    (f"{TINY}maxModelLenn: 1\n", "maxModelLenn", "Property maxModelLenn is not allowed."),
    (f"{TINY}maxModelLen: long\n", "long", 'Incorrect type. Expected "integer".'),
    (f"{TINY}resources: {{gpu: 9}}\n", "9", "Value is above the maximum of 8."),
    (f"{TINY}resources: {{cpu: 4z}}\n", "4z", "Requests are Kubernetes quantities above zero"),
    (f"{TINY}namespace: A_B\n", "A_B", "Namespaces are DNS-1123 labels."),
    (f"{TINY}computeType: cpu\n", "cpu", "Mode vllm always uses GPUs."),
    (f"{TINY}podTemplate: {{spec: {{affinity: {{}}}}}}\n", "affinity", "KAITO's controller replaces"),
    ("name: a\nmodelSource: vllm\nmodelId: a/b-GGUF\n", "a/b-GGUF", "Mode vllm serves only fp16 and bf16"),
    ("name: a\nmodelSource: vlm\n", "vlm", "Value is not accepted."),
    ("name: a\nmodelSource: vllm\n", "n", 'Missing property "modelId".'),
    ("name: a\n", "n", 'Missing property "modelSource".'),
    ("name: a\nmodelSource: preset\npreset: b\nimageRef: c:1\n", "imageRef", "A preset brings its own"),
    (
        f"{TINY}monitoring: {{labels: {{app.kubernetes.io/name: a}}}}\n",
        "app.kubernetes.io/name",
        "The pack sets its own labels",
    ),
]


@pytest.fixture(scope="module")
def start(tool: Callable[[str], str]) -> Iterator[Callable[..., LanguageServer]]:
    """Starts a language server in the repository, which is stopped at the end."""
    started = []

    def start_server(schemas: dict[str, Any] | None = None) -> LanguageServer:
        command = [tool("node"), tool("../node/node_modules/.bin/yaml-language-server")]
        started.append(LanguageServer(command, ROOT, schemas))
        return started[-1]

    yield start_server
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(start: Callable[..., LanguageServer]) -> LanguageServer:
    """A server that knows no schema but by the line at the head of a file."""
    return start()


class Edited:
    """A values file in an editor, under the line that names its schema; `|` in its text is the cursor."""

    count = 0

    def __init__(self, server: LanguageServer, head: str, text: str) -> None:
        # A file of its own each time: what is said of an older text is never taken for this one's.
        Edited.count += 1
        self.file = ROOT / "values" / f"edited-{Edited.count}.yaml"
        before, _, after = (head + text).partition("|")
        self._server = server
        self._text = before + after
        self._cursor = before.count("\n"), len(before.rpartition("\n")[2])
        server.show(self.file, self._text)

    def mistakes(self) -> list[tuple[str, str]]:
        """What is underlined, and what is said of it."""
        result = self._server.diagnostics(self.file)
        return [(self._shown(**entry["range"]), entry["message"]) for entry in result]

    def offered(self) -> dict[str, dict[str, Any]]:
        """What is offered at the cursor: {label: item}; a label that comes twice fails."""
        items = self._server.completion(self.file, *self._cursor)
        labels = [item["label"] for item in items]
        assert len(labels) == len(set(labels)), labels
        return dict(zip(labels, items, strict=True))

    def shown(self) -> str:
        """What is shown over the cursor."""
        return self._server.hover(self.file, *self._cursor)

    def _shown(self, start: dict[str, int], end: dict[str, int]) -> str:
        assert start["line"] == end["line"]
        return self._text.split("\n")[start["line"]][start["character"] : end["character"]]


Edit = Callable[[str], Edited]


@pytest.fixture(scope="module")
def edit(server: LanguageServer) -> Edit:
    """Open a text as a values file, under the line that the examples begin with."""
    return lambda text: Edited(server, MODELINE, text)


@pytest.fixture(scope="module")
def mistaken(edit: Edit) -> dict[str, Edited]:
    """All mistakes, opened together, as the server waits a while before it judges."""
    return {text: edit(text) for text, *_ in MISTAKES}


@pytest.fixture(scope="module")
def opened(server: LanguageServer) -> LanguageServer:
    """The server with every example open."""
    for file in FILES:
        server.show(file)
    return server


def fields(mode: str) -> set[str]:
    known = PACK.mode(mode).schema["properties"]
    return {name for name, part in known.items() if "not" not in part}


def test_an_empty_file_is_offered_the_mode_and_what_every_mode_has(edit: Edit) -> None:
    offered = edit("|").offered()
    everywhere = set.intersection(*map(fields, PACK.mode_names))
    assert {"name", "modelSource"} <= set(offered)
    assert {label for label in offered if " " not in label} <= everywhere


def test_after_model_source_the_modes_are_offered_with_what_they_are(edit: Edit) -> None:
    offered = edit("modelSource: |").offered()
    assert {name: item["documentation"]["value"] for name, item in offered.items()} == {
        name: PACK.mode(name).facts["description"] for name in PACK.mode_names
    }


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_mode_is_offered_its_own_values_and_no_others(edit: Edit, mode: str) -> None:
    offered = edit(f"name: tiny\nmodelSource: {mode}\n|").offered()
    labels = {label for label in offered if " " not in label}  # a title is an offer of all that is required
    assert labels == fields(mode) - {"name", "modelSource"}
    for name in labels:
        assert offered[name]["insertText"].startswith(f"{name}:")


def test_the_choices_of_a_value_are_offered(edit: Edit) -> None:
    premade = PACK.mode("premade").schema["properties"]["premadeModel"]["enum"]
    assert list(edit("name: tiny\nmodelSource: premade\npremadeModel: |").offered()) == premade
    assert list(edit(f"{TINY}computeType: |").offered()) == ["gpu"]


def test_over_a_value_stand_its_title_meaning_and_example_once(edit: Edit) -> None:
    part = PACK.mode("vllm").schema["properties"]["maxModelLen"]
    shown = edit(f"{TINY}max|ModelLen: 4096\n").shown()
    assert shown.startswith(f"#### {part['title']}\n")
    assert shown.count(part["description"]) == 1
    assert shown.count(str(part["examples"][0])) == 1


def test_over_a_value_stands_where_the_docs_describe_it(edit: Edit) -> None:
    assert "docs/reference/values.md#maxmodellen" in edit(f"{TINY}max|ModelLen: 4096\n").shown()
    assert "docs/reference/values.md#resources" in edit(f"{TINY}resources: {{g|pu: 2}}\n").shown()
    assert "workspace-<name>" in edit("na|me: tiny\nmodelSource: vllm\n").shown().replace("\\", "")


def test_over_the_mode_each_mode_is_described_once(edit: Edit) -> None:
    shown = edit("name: tiny\nmodel|Source: vllm\nmodelId: acme/tiny\n").shown()
    for name in PACK.mode_names:
        assert shown.count(f"`{name}`: {PACK.mode(name).facts['description']}") == 1
    assert "Example" not in shown


@pytest.mark.parametrize(("text", "underlined", "output"), MISTAKES, ids=lambda text: text.splitlines()[-1])
def test_a_mistake_is_underlined_and_told_once(
    mistaken: dict[str, Edited], text: str, underlined: str, output: str
) -> None:
    ((where, message),) = mistaken[text].mistakes()
    assert where == underlined
    assert message.startswith(output)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_example_has_a_mistake(opened: LanguageServer, file: Path) -> None:
    assert opened.diagnostics(file) == []


def test_the_settings_of_vs_code_name_a_schema_for_each_file(start: Callable[..., LanguageServer]) -> None:
    server = start(SETTINGS["yaml.schemas"])
    for file in FILES:
        text = file.read_text(encoding="utf-8").replace("yaml-language-server", "no-line-for-editors", 1)
        server.show(file, f"{text}nobodys: word\n")
    for file in FILES:
        output = [entry["message"] for entry in server.diagnostics(file)]
        assert output == ["Property nobodys is not allowed."], file
