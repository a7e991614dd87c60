"""What the page shows of a state: the rules of the form, and that the manifest is render.py's."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.documents import read_text
from kaito_pack.form.web.state import read_state
from kaito_pack.form.web.view import Views
from kaito_pack.pack import Pack
from kaito_pack.values.layers import Layer
from kaito_pack.workspace.engines import hub_engines
from tests.conftest import Run
from tests.docs.pages import write_files
from tests.fake_hub import Repository, fake_hub
from tests.form.conftest import EXAMPLES, Post, by_name, rendered, rules_at, target
from tests.tiers import mostly_full

MISTRAL = {"modelId": "mistralai/Mistral-7B-Instruct-v0.3"}
LLAMA = {"modelId": "meta-llama/Llama-3.1-8B-Instruct"}
UNKNOWN = {"modelId": "acme/new", "engines": "vllm", "gated": "false"}
GGUF = {"modelId": "unsloth/Qwen3-4B-GGUF", "engines": "llamacpp"}
Opened = Callable[[str | bytes], dict[str, Any]]


# A model leads to its modes.


@pytest.mark.usefixtures("four_modes")
def test_an_empty_page_offers_all_modes_and_examples(view: Post) -> None:
    shown = view()
    assert [mode["name"] for mode in shown["modes"]] == ["huggingface", "premade", "preset", "vllm"]
    assert len(shown["examples"]) == 3
    for example in shown["examples"]:
        opened = view(**example["state"])
        assert opened["mode"] and opened["examples"] == []
    assert (shown["mode"], shown["manifest"], shown["problems"]) == (None, "", [])
    assert list(by_name(shown, "start")) == ["modelId"]


@pytest.mark.usefixtures("four_modes")
def test_a_model_that_is_known_is_served_at_once(view: Post) -> None:
    shown = view(start=LLAMA)
    assert shown["mode"] == "vllm"
    facts = {item["title"]: item["text"] for item in shown["model"]}
    assert facts["Context length"] == "131,072"
    assert list(by_name(shown, "start")) == ["modelId"], (
        "the catalogue knows its engines, and that it is gated"
    )


@pytest.mark.usefixtures("four_modes")
def test_of_an_unknown_model_the_engines_are_asked_and_whether_it_is_gated(view: Post) -> None:
    shown = view(start={"modelId": "acme/new"})
    assert list(by_name(shown, "start")) == ["modelId", "engines", "gated"]
    assert shown["mode"] is None
    assert [mode["name"] for mode in shown["modes"]] == ["premade", "preset"]


@pytest.mark.usefixtures("four_modes")
@pytest.mark.parametrize(
    ("engines", "modes"),
    [("vllm", ["vllm"]), ("llamacpp", ["huggingface"]), ("llamacpp\nvllm", ["huggingface", "vllm"])],
)
def test_the_engines_decide_the_modes(view: Post, engines: str, modes: list[str]) -> None:
    shown = view(start={"modelId": "acme/new", "engines": engines})
    assert [mode["name"] for mode in shown["modes"]] == [*modes, "premade", "preset"]
    assert shown["mode"] == modes[0]


@pytest.mark.usefixtures("four_modes")
def test_a_vllm_model_has_no_run_mode_and_no_cpu_but_the_notice(view: Post) -> None:
    shown = view(start=MISTRAL)
    asked = by_name(shown)
    assert "ggufRunMode" not in asked
    assert "computeType" not in asked
    assert "computeType: gpu" in shown["values"]
    assert shown["notice"] == (
        "This model will be deployed using vLLM on GPU."
        " Tensor parallelism will automatically match the GPU count."
    )
    gpus = asked["resources.gpu"]
    assert (gpus["minimum"], gpus["maximum"]) == (1, 8)
    assert gpus["note"] == "Tensor parallelism will be set to match GPU count"
    length = asked["maxModelLen"]
    assert (length["label"], length["placeholder"], length["isMore"]) == (
        "Max Model Length (optional)",
        "Default (from model config)",
        True,
    )


def test_the_tensor_parallel_size_is_the_one_that_is_rendered(view: Post) -> None:
    shown = view(start=MISTRAL, answers={"name": "m", "resources.gpu": "4"})
    arguments = next(yaml.safe_load_all(shown["manifest"]))["inference"]["template"]["spec"]["containers"][0][
        "args"
    ]
    assert arguments[arguments.index("--tensor-parallel-size") + 1] == "4"
    assert shown["parallel"] == {"question": "resources.gpu", "size": 4, "counts": [1, 2, 4, 8]}


def test_a_gated_model_needs_its_secret(view: Post) -> None:
    shown = view(start=LLAMA, answers={"name": "llama"})
    secret = by_name(shown)["hfTokenSecret"]
    assert (secret["isRequired"], secret["isMore"]) == (True, False)
    assert rules_at(shown, "answers/hfTokenSecret") == ["values/missing"]
    assert shown["manifest"] == ""
    assert view(start=LLAMA, answers={"name": "llama", "hfTokenSecret": "hf"})["manifest"]


def test_any_other_model_has_no_field_for_it_and_ignores_one_typed_before(view: Post) -> None:
    shown = view(start={**MISTRAL, "gated": "false"}, answers={"name": "m", "hfTokenSecret": "hf"})
    assert "hfTokenSecret" not in by_name(shown)
    assert "hfTokenSecret" not in shown["values"]
    assert shown["manifest"]


def test_a_gguf_model_has_run_modes_computes_and_a_file(view: Post) -> None:
    asked = by_name(view(start=GGUF, answers={"name": "q"}))
    assert [item["value"] for item in asked["ggufRunMode"]["choices"]] == ["direct", "build"]
    assert [item["value"] for item in asked["computeType"]["choices"]] == ["cpu", "gpu"]
    assert asked["ggufFile"]["isRequired"]
    assert "resources.gpu" not in asked
    assert "resources.gpu" in by_name(view(start=GGUF, answers={"computeType": "gpu"}))


def test_build_has_the_command_with_the_answers_in_it(view: Post) -> None:
    answers = {"ggufRunMode": "build", "ggufFile": "a b.gguf", "imageRef": "registry.example.com/q:1"}
    asked = by_name(view(start=GGUF, answers=answers))
    command = asked["ggufRunMode"]["choices"][1]["command"]
    assert "-t registry.example.com/q:1" in command
    assert "a b.gguf'" in command
    assert (asked["imageRef"]["isMore"], asked["imageRef"]["isRequired"]) == (False, True)


def test_premade_models_have_their_sizes_and_images(view: Post) -> None:
    models = by_name(view(mode="premade"))["premadeModel"]["choices"]
    assert {
        "value": "llama3.1:8b",
        "title": "llama3.1:8b",
        "detail": "4.58 GiB, ghcr.io/kaito-project/aikit/llama3.1:8b",
        "command": "",
    } in models


def test_the_page_says_what_kaito_is_and_that_all_is_text_generation(view: Post) -> None:
    head = view()["head"]
    assert head["provider"] == "Flexible inference with GGUF (llama.cpp) and vLLM support"
    assert "text generation" in head["source"]


def test_the_default_namespace_holds_without_being_written(view: Post) -> None:
    shown = view(mode="premade", answers={"name": "a", "premadeModel": "phi4:14b"})
    assert by_name(shown)["namespace"]["default"] == "kaito-workspace"
    assert "namespace:" not in shown["values"]
    assert "namespace: kaito-workspace" in shown["manifest"]


@pytest.mark.usefixtures("four_modes")
def test_a_model_s_values_are_exactly_these(view: Post) -> None:
    bare = view(start=MISTRAL, answers={"name": "m"})
    assert yaml.safe_load(bare["values"]) == {
        "name": "m",
        "modelSource": "vllm",
        **MISTRAL,
        "computeType": "gpu",
        "resources": {"gpu": 1},
    }
    answers = {"name": "m", "maxModelLen": "8192", "preferredNodes": "node-1\nnode-2"}
    full = yaml.safe_load(view(start=MISTRAL, answers=answers)["values"])
    assert (full["maxModelLen"], full["preferredNodes"]) == (8192, ["node-1", "node-2"])


# The memory of a GPU.


def test_the_memory_moves_with_gpus_length_and_target(view: Post) -> None:
    def memory(**answers: str) -> Any:
        output = {"name": "m", **{name.replace("_", "."): text for name, text in answers.items()}}
        return view(start=MISTRAL, answers=output, target={"gpuMemoryGiB": "24"})["memory"]

    item, two, short = memory(), memory(resources_gpu="2"), memory(maxModelLen="1024")
    assert item["parts"][0]["gib"] == pytest.approx(2 * two["parts"][0]["gib"])
    assert short["parts"][2]["gib"] < item["parts"][2]["gib"]
    assert item["usable"] == pytest.approx(0.9 * 24)
    assert item["fits"] is True
    assert (
        view(start=MISTRAL, answers={"name": "m"}, target={"gpuMemoryGiB": "12"})["memory"]["fits"] is False
    )


def test_the_memory_is_shown_before_there_is_a_manifest(view: Post) -> None:
    shown = view(start=LLAMA, target={"gpuMemoryGiB": "24"})
    assert shown["manifest"] == ""
    assert shown["memory"]["fits"] is False


def test_the_instance_type_gives_the_memory(view: Post) -> None:
    shown = view(start=MISTRAL, answers={"name": "m", "instanceType": "Standard_NC24ads_A100_v4"})
    assert shown["memory"]["total"] == 80
    assert view(start=MISTRAL)["memory"] == {"lacks": "memory"}
    assert view(start=GGUF)["memory"] is None


# Problems, beside fields and lines.


def test_a_problem_has_its_field_and_its_line(view: Post) -> None:
    shown = view(start=MISTRAL, answers={"name": "My Model"})
    (result,) = shown["problems"]
    assert (result["rule"], result["field"], result["isOpen"]) == ("values/not-a-name", "answers/name", False)
    assert shown["values"].splitlines()[result["line"] - 1] == "name: My Model"
    assert shown["manifest"] == ""


def test_what_is_not_answered_yet_is_no_mistake(view: Post) -> None:
    shown = view(mode="premade")
    assert {item["field"]: item["isOpen"] for item in shown["problems"]} == {
        "answers/name": True,
        "answers/premadeModel": True,
    }


def test_the_name_is_made_of_what_is_served_until_another_is_said(view: Post) -> None:
    shown = view(mode="premade", answers={"premadeModel": "phi4:14b"})
    assert by_name(shown)["name"]["default"] == "phi4-14b"
    assert "name: workspace-phi4-14b" in shown["manifest"]


def test_advice_is_no_warning(view: Post) -> None:
    shown = view(start=UNKNOWN)
    assert {item["severity"] for item in shown["problems"]} == {"advice"}
    assert shown["manifest"]


def test_a_problem_of_the_model_stands_where_the_page_asks_for_it(view: Post) -> None:
    assert rules_at(view(start={"modelId": "no-model", "engines": "vllm"}), "start/modelId") == [
        "values/not-a-model-id"
    ]


def test_a_choice_of_the_target_brings_its_problems(view: Post) -> None:
    output = {"start": MISTRAL, "answers": {"name": "m"}}
    assert view(**output, target={"nodeProvisioning": "byo"})["manifest"]
    shown = view(**output, target={"nodeProvisioning": "auto"})
    assert shown["manifest"] == ""
    assert any(item["severity"] == "error" for item in shown["problems"])
    assert by_name(shown)["instanceType"]["isMore"] is False


@pytest.mark.parametrize(
    ("target", "rule", "field"),
    [
        (
            {"kaitoVersion": "0.9", "nodeProvisioning": "auto"},
            "webhook/instance-type-required",
            "answers/instanceType",
        ),
        (
            {"kaitoVersion": "0.7", "nodeProvisioning": "byo"},
            "webhook/preferred-nodes-below-count",
            "answers/preferredNodes",
        ),
    ],
)
def test_what_a_cluster_misses_stands_beside_the_field_for_it(
    view: Post, target: dict[str, str], rule: str, field: str
) -> None:
    assert rule in rules_at(view(start=MISTRAL, target=target), field)


def test_a_problem_of_the_manifest_has_its_line_there(view: Post) -> None:
    shown = view(start=UNKNOWN, answers={"name": "m", "extraArgs": "--enable-prefix-caching"})
    result = next(item for item in shown["problems"] if item["rule"] == "advice/remote-code")
    assert shown["manifest"].splitlines()[result["manifestLine"] - 1].strip() == "- --trust-remote-code"


def test_a_problem_of_the_manifest_stands_beside_the_value_that_makes_it(view: Post) -> None:
    answers = {"name": "m", "preferredNodes": "node-1"}
    shown = view(start=MISTRAL, answers=answers, target={"kaitoVersion": "0.12"})
    assert rules_at(shown, "answers/preferredNodes") == ["advice/preferred-nodes-deprecated"]


@pytest.mark.parametrize(
    ("output", "rule"),
    [
        ({"gpuMemoryGiB": "much"}, "values/pack-file-wrong-type"),
        ({"gpuMemoryGiB": "-1"}, "values/pack-file-wrong-value"),
        ({"kaitoVersion": "0.99"}, "values/pack-file-not-a-choice"),
        ({"kubernetesVersion": "1.2"}, "values/pack-file-not-a-choice"),
        ({"cloud": "moon"}, "values/pack-file-not-a-choice"),
        ({"nodeProvisioning": "maybe"}, "values/pack-file-not-a-choice"),
    ],
)
def test_a_wrong_target_is_told_and_does_not_count(view: Post, output: dict[str, str], rule: str) -> None:
    shown = view(start=MISTRAL, answers={"name": "m"}, target=output)
    assert rules_at(shown, f"target/{next(iter(output))}") == [rule]
    assert shown["manifest"] == ""
    assert shown["parallel"]


def test_the_target_s_choices_are_the_pack_s(view: Post) -> None:
    asked = by_name(view(), "target")
    assert [item["value"] for item in asked["kaitoVersion"]["choices"]] == list(
        reversed(Pack().kaito_versions)
    )
    assert [item["value"] for item in asked["nodeProvisioning"]["choices"]] == ["auto", "byo"]
    assert (asked["nodeProvisioning"]["isRequired"], asked["cloud"]["isRequired"]) == (False, True)


# Files.


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_opened_example_gives_what_render_py_gives(view: Post, opened: Opened, example: Path) -> None:
    shown = view(**opened(example.read_text(encoding="utf-8"))["state"])
    assert shown["manifest"] == rendered(example)
    assert [item for item in shown["problems"] if item["severity"] == "error"] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_its_values_text_says_the_same_when_it_is_opened_again(
    view: Post, opened: Opened, example: Path
) -> None:
    once = view(**opened(example.read_text(encoding="utf-8"))["state"])
    assert view(**opened(once["values"])["state"])["values"] == once["values"]


@pytest.mark.parametrize("example", EXAMPLES[::5], ids=lambda file: file.stem)
def test_the_values_text_is_one_that_render_py_takes(
    view: Post, opened: Opened, run: Run, example: Path
) -> None:
    shown = view(**opened(example.read_text(encoding="utf-8"))["state"])
    assert run("-", stdin=shown["values"]).stdout == shown["manifest"]


KEPT = """\
name: kept
modelSource: vllm
modelId: mistralai/Mistral-7B-Instruct-v0.3
extraArgs: ['--hf-overrides={"a": 1, "b": 2}', --enable-prefix-caching]
podTemplate: {spec: {imagePullSecrets: [{name: registry}], priorityClassName: null}}
extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: notes}, data: {a: "1"}}]
"""


def test_what_no_question_asks_for_is_kept_and_what_is_edited_changes_alone(
    view: Post, opened: Opened
) -> None:
    state = opened(KEPT)["state"]
    values = yaml.safe_load(view(**state)["values"])
    for name, value in yaml.safe_load(KEPT).items():
        assert values[name] == value, name
    edited = yaml.safe_load(view(**{**state, "answers": {"name": "other"}})["values"])
    assert edited == {**values, "name": "other"}


def test_lines_of_a_list_are_items_with_all_that_is_in_them(view: Post) -> None:
    line = '--hf-overrides={"a": 1, "b": 2}'
    values = yaml.safe_load(view(start=MISTRAL, answers={"name": "m", "extraArgs": f"{line}\n-v"})["values"])
    assert values["extraArgs"] == [line, "-v"]


def test_an_answer_that_is_cleared_takes_the_file_s_away(view: Post, opened: Opened) -> None:
    state = opened(KEPT)["state"]
    assert "extraArgs" not in yaml.safe_load(view(**{**state, "answers": {"extraArgs": ""}})["values"])


def test_a_file_with_mistakes_opens_with_problems_beside_its_fields(view: Post, opened: Opened) -> None:
    text = "name: A\nmodelSource: vllm\nmodelId: a/b\nresources: {gpu: two}\nnonsense: 1\n"
    shown = view(**opened(text)["state"])
    assert rules_at(shown, "answers/name") == ["values/not-a-name"]
    assert rules_at(shown, "answers/resources.gpu") == ["values/wrong-type"]
    assert by_name(shown)["resources.gpu"]["value"] == "two"
    unknown = next(item for item in shown["problems"] if item["rule"] == "values/unknown-field")
    assert (unknown["field"], unknown["removable"]) == (None, "nonsense")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nonsense", "nonsense: 1"),
        ("resources.nonsense", "resources: {gpu: 2, nonsense: 1}"),
        ("podTemplate.nonsense", "podTemplate: {nonsense: 1}"),
    ],
)
def test_a_mistake_that_no_field_has_can_be_taken_out(
    view: Post, opened: Opened, name: str, text: str
) -> None:
    state = opened(f"name: a\nmodelSource: vllm\nmodelId: a/b\n{text}\n")["state"]
    assert [item["removable"] for item in view(**state)["problems"]] == [name]
    assert view(**{**state, "answers": {name: ""}})["manifest"]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("name: a\n\tmodelSource: vllm\n", "values/file-tab", 2),
        ("name: a\nname: b\nmodelSource: vllm\nmodelId: a/b\n", "values/written-twice", 2),
        ("name: a\nmodelSource: vllm\nmodelId: a/b\nreplicas: 010\n", "values/yaml-surprise", 4),
        ("name: a\nmodelSource: vlm\n", "values/unknown-mode", 2),
        ("name: a\n", "values/missing", 1),
        ("- a\n", "values/not-a-map", 1),
        ("", "values/file-empty", 1),
        ("name: a\nmodelSource: vllm\nmodelId: a/b\n---\nname: b\n", "values/several-documents", 5),
    ],
)
def test_a_file_that_would_have_to_be_guessed_is_told_line_by_line(
    opened: Opened, text: str, rule: str, line: int
) -> None:
    result = opened(text)
    assert "state" not in result
    assert rule in [item["rule"] for item in result["problems"]]
    assert line in [item["line"] for item in result["problems"]]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("modelSource: vllm\nextraArgs: [é]\n".encode("latin-1"), "values/file-not-utf-8"),
        ("modelSource: vllm\n".encode("utf-16"), "values/file-utf-16"),
        (bytes(range(256)), "values/file-not-utf-8"),
    ],
)
def test_a_file_that_is_no_utf_8_is_told_and_not_guessed(opened: Opened, content: bytes, rule: str) -> None:
    assert [item["rule"] for item in opened(content)["problems"]] == [rule]


def test_a_gguf_file_of_a_model_that_the_catalogue_has_for_vllm_keeps_its_mode(
    view: Post, opened: Opened
) -> None:
    text = f"name: a\nmodelSource: huggingface\nmodelId: {MISTRAL['modelId']}\nggufFile: a.gguf\n"
    assert view(**opened(text)["state"])["mode"] == "huggingface"


def test_layers_of_a_target_lie_under_what_is_said() -> None:
    text = "namespace: team-a\nhfTokenSecret: team-token\nreplicas: none\n"
    below = [Layer(read_text(text, "layer.yaml")[0], "layer")]
    views = Views(Pack(), target(Pack()), below)
    shown = views.view(read_state({"start": LLAMA, "answers": {"replicas": "2"}}))
    assert "namespace: team-a" in shown["manifest"] and "name: team-token" in shown["manifest"]
    (wrong,) = views.view(read_state({"start": LLAMA}))["problems"]
    assert (wrong["path"], wrong["line"], wrong["field"]) == ("replicas", 0, "answers/replicas")


# Harm.

HARM = [
    "{{7*7}}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "a\nb: c",
    "a: b",
    "---\nkind: Secret",
    "&a *a",
    "!!python/x y",
    "'\"",
    "#x",
    "a\u2028b",
    "${name}",
]


@pytest.mark.parametrize("harm", mostly_full(HARM))
@pytest.mark.parametrize("mode", ["vllm", "huggingface", "premade", "preset"])
def test_no_text_becomes_more_than_text(view: Post, run: Run, mode: str, harm: str) -> None:
    start = {"modelId": "a/b", "engines": "vllm\nllamacpp"} if mode in ("vllm", "huggingface") else {}
    texts = [
        item["name"]
        for item in view(start=start, mode=mode)["questions"]
        if item["kind"] in ("text", "list", "map")
    ]
    for name in texts:
        shown = view(start=start, mode=mode, answers={"name": "a", name: harm})
        values = read_text(shown["values"], "values.yaml")
        assert len(values) == 1
        held: Any = values[0].value
        for step in name.split("."):
            held = held.get(step) if isinstance(held, dict) else None
        kind = by_name(shown)[name]["kind"]
        if kind == "text" and held is not None:
            assert held == harm.strip()
        assert set(values[0].value) <= set(mode_schema(mode)) | {name.split(".")[0]}


def mode_schema(mode: str) -> set[str]:
    return set(Pack().mode(mode).schema["properties"])


def test_a_template_in_a_value_that_is_taken_comes_out_as_it_is(view: Post, run: Run) -> None:
    harm = "{{7*7}} <script>alert(1)</script>"
    shown = view(start=MISTRAL, answers={"name": "m", "extraArgs": harm})
    assert (
        harm
        in next(yaml.safe_load_all(shown["manifest"]))["inference"]["template"]["spec"]["containers"][0][
            "args"
        ]
    )
    assert run("-", stdin=shown["values"]).stdout == shown["manifest"]


def test_a_token_is_told_and_not_for_a_link(view: Post) -> None:
    shown = view(start=LLAMA, answers={"name": "m", "hfTokenSecret": "hf_" + "a" * 30})
    assert shown["isShareable"] is False
    assert rules_at(shown, "answers/hfTokenSecret") == ["values/literal-token"]
    assert view(start=LLAMA)["isShareable"] is True


words = st.text(max_size=12) | st.sampled_from(
    ["vllm", "premade", "a/b", "2", "true", "gpu", "build", "auto", "0.7"]
)
names = st.sampled_from(
    "modelId engines gated name namespace computeType resources.gpu ggufFile ggufRunMode imageRef"
    " premadeModel preset vllm maxModelLen labelSelector extraArgs kaitoVersion gpuMemoryGiB cloud".split()
)
texts = st.dictionaries(names, words, max_size=6)
data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | words, inner, max_size=3),
    max_leaves=6,
)
states = st.fixed_dictionaries(
    {
        "start": texts,
        "mode": st.none() | st.sampled_from([*Pack().mode_names, "x"]),
        "answers": texts,
        "target": texts,
        "kept": st.dictionaries(names | words, data, max_size=4).map(json.dumps),
    }
)
VIEWS = Views(Pack(), target(Pack()))


@given(states)
def test_any_state_has_a_view(state: dict[str, Any]) -> None:
    shown = VIEWS.view(read_state(state))
    assert bool(shown["manifest"]) is (
        bool(shown["mode"]) and not any(item["severity"] == "error" for item in shown["problems"])
    )


def test_the_form_can_lead_to_any_mode(view: Post) -> None:
    """A model that every engine runs leads to the modes of the Hub; the others need no model."""
    start = {"modelId": "acme/new", "engines": "\n".join(hub_engines())}
    shown = view(start=start)
    assert sorted(mode["name"] for mode in shown["modes"]) == list(Pack().mode_names)
    for mode in shown["modes"]:
        again = view(start=start, mode=mode["name"])
        assert again["mode"] == mode["name"]
        assert again["questions"]


# A mode of a team's own.


def test_a_mode_of_ones_own_works_without_any_python(tmp_path: Path) -> None:
    """The mode of docs/guides/add-a-mode.md, by the files of that page."""
    write_files("docs/guides/add-a-mode.md", tmp_path)
    pack = Pack([tmp_path / "my-pack"])
    try:
        views = Views(pack, target(pack))
        start = {"modelId": "acme/tiny-instruct", "engines": "acme"}
        assert views.view(read_state({"start": start}))["modes"][0]["name"] == "acme"
        state = views.opened((tmp_path / "my-pack/values/tiny.yaml").read_text(encoding="utf-8"))
        shown = views.view(state)
        asked = by_name(shown)["batchSize"]
        assert (asked["label"], asked["value"], asked["help"]) == (
            "Batch size (optional)",
            "16",
            "How many requests are answered together.",
        )
        arguments = next(yaml.safe_load_all(shown["manifest"]))["inference"]["template"]["spec"][
            "containers"
        ][0]["args"]
        assert arguments == ["--model", "acme/tiny-instruct", "--shards", "2", "--batch", "16"]
        typed = {"start": start, "mode": "acme"}
        answers = {"name": "tiny", "batchSize": "16", "resources.gpu": "2"}
        assert views.view(read_state({**typed, "answers": answers}))["manifest"] == shown["manifest"]
    finally:
        Pack()


# Words of people.


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co/mistralai/Mistral-7B-Instruct-v0.3",
        "http://hf.co/mistralai/Mistral-7B-Instruct-v0.3/tree/main?x=1",
    ],
)
def test_the_address_of_a_page_is_the_id_of_its_model(view: Post, address: str) -> None:
    shown = view(start={"modelId": address})
    assert "modelId: mistralai/Mistral-7B-Instruct-v0.3\n" in shown["values"]


def test_an_id_that_ends_in_gguf_chooses_the_mode_of_gguf_files(view: Post) -> None:
    assert view(start={"modelId": "acme/new-GGUF"})["mode"] == "huggingface"


def test_an_entry_without_an_equals_sign_is_kept_and_explained(view: Post) -> None:
    shown = view(start=MISTRAL, answers={"labelSelector": "gpu"})
    (report,) = [each for each in shown["problems"] if each["field"] == "answers/labelSelector"]
    assert (report["message"], report["fix"]) == ("`gpu` has no `=`.", "Write key=value.")
    assert by_name(shown, "questions")["labelSelector"]["value"] == "gpu"


def test_whether_it_is_gated_is_not_asked_of_an_openly_licensed_model(view: Post) -> None:
    shown = view(start={"modelId": "microsoft/Phi-4-mini-instruct"})
    assert list(by_name(shown, "start")) == ["modelId"]


def test_a_manifest_whose_model_does_not_fit_is_no_good_news(view: Post) -> None:
    shown = view(start=MISTRAL, target={"gpuMemoryGiB": "8", "nodeProvisioning": "byo"})
    assert shown["manifest"] and shown["memory"]["fits"] is False and shown["stops"] is True
    fitting = view(start=MISTRAL, target={"gpuMemoryGiB": "80", "nodeProvisioning": "byo"})
    assert fitting["manifest"] and fitting["stops"] is False


def test_advanced_values_have_headings_and_the_instance_type_is_by_the_memory(view: Post) -> None:
    questions = view(start=MISTRAL)["questions"]
    groups = [question["group"] for question in questions if question["isMore"]]
    assert len(list(groupby(groups))) == len(set(groups))
    assert {"Resources", "Scheduling", "Images", "Monitoring", "Rollout"} <= set(groups)
    assert by_name({"questions": questions}, "questions")["instanceType"]["isMore"] is False


def test_choices_are_words_not_identifiers(view: Post) -> None:
    engines = by_name(view(start={"modelId": "acme/new"}), "start")["engines"]
    assert [choice["title"] for choice in engines["choices"]] == ["llama.cpp (LocalAI)", "vLLM"]
    provisioning = by_name(view(), "target")["nodeProvisioning"]
    assert [choice["title"] for choice in provisioning["choices"]] == [
        "KAITO creates the nodes (auto)",
        "Existing nodes (byo)",
    ]


def test_the_hub_is_asked_only_when_a_person_asks(
    client: Any, view: Post, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with fake_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HOME", str(tmp_path))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        files = {"config.json": {"architectures": ["LlamaForCausalLM"], "num_attention_heads": 12}}
        hub.repositories["acme/new"] = Repository(files, gated=False)
        assert view(start={"modelId": "acme/new"})["askable"] == "acme/new"
        assert view(start=MISTRAL)["askable"] == "" and hub.requests == []
        answer = client.post("/hub", data=json.dumps("acme/new"), content_type="application/json")
        assert "kaito-pack models add acme/new" in answer.json["remarks"][-1]
        shown = view(start={"modelId": "acme/new"})
        assert shown["askable"] == "" and shown["mode"] is not None
        for body in ({}, 1, None, ["acme/new"]):
            refused = client.post("/hub", data=json.dumps(body), content_type="application/json")
            assert refused.status_code == 400


def test_a_large_premade_model_is_put_on_gpus_unless_a_person_says_otherwise(view: Post) -> None:
    large = {"name": "m", "premadeModel": "llama3.3:70b"}
    shown = view(mode="premade", answers=large, target={"nodeProvisioning": "auto"})
    assert by_name(shown)["computeType"]["default"] == "gpu"
    assert by_name(shown)["instanceType"]["default"] == "Standard_NC24ads_A100_v4"
    assert "computeType: gpu" in shown["values"]
    assert shown["problems"] == []
    shown = view(mode="premade", answers={**large, "computeType": "cpu"})
    assert "computeType: cpu" in shown["values"]
    assert by_name(shown)["instanceType"]["default"] == ""


# One question for how it scales.


def test_how_it_scales_is_one_question_that_brings_up_its_fields(view: Post) -> None:
    start = {"start": MISTRAL, "answers": {"name": "m", "workload": "queue"}}
    asked = by_name(view(**start))
    assert [choice["title"] for choice in asked["workload"]["choices"]] == [
        "Fixed",
        "By hand",
        "Autoscaled",
        "By the clock",
    ]
    assert (asked["workload"]["value"], asked["workload"]["group"]) == ("queue", "Scheduling")
    assert asked["autoscaling.maxReplicas"]["group"] == "Scheduling"
    assert asked["autoscaling.maxReplicas"]["isMore"], "it appears below the question, not above"
    assert "autoscaling.schedule.start" not in asked
    assert "replicas" not in asked

    answers = {"autoscaling.maxReplicas": "4", "autoscaling.prometheusAddress": "http://prometheus:9090"}
    start["answers"] |= answers
    shown = view(**start)
    assert shown["problems"] == []
    assert "waitingRequests: 10" in shown["values"]
    assert "kind: ScaledObject" in shown["manifest"]

    start["answers"]["autoscaling.waitingRequests"] = ""
    assert by_name(view(**start))["workload"]["value"] == "queue", "also while the field is empty"
    start["answers"]["workload"] = "fixed"
    assert "InferenceSet" not in view(**start)["values"]


def test_a_schedule_is_open_until_it_is_complete(view: Post) -> None:
    answers = {"name": "m", "workload": "clock"}
    shown = view(start=MISTRAL, answers=answers)
    assert shown["manifest"] == ""
    assert {item["field"] for item in shown["problems"] if item["isOpen"]} == {
        f"answers/autoscaling.{name}"
        for name in ("maxReplicas", "schedule.start", "schedule.end", "schedule.replicas")
    }
    answers |= {"autoscaling.maxReplicas": "2", "autoscaling.schedule.replicas": "2"}
    shown = view(start=MISTRAL, answers={**answers, "autoscaling.schedule.replicas": ""})
    assert {entry["rule"] for entry in shown["problems"]} == {"values/missing"}, (
        "that there is no schedule yet"
    )
    answers |= {"autoscaling.schedule.start": "0 8 * * 1-5", "autoscaling.schedule.end": "0 18 * * 1-5"}
    shown = view(start=MISTRAL, answers=answers)
    assert shown["problems"] == []
    assert "type: cron" in shown["manifest"]
    shown = view(start=MISTRAL, answers=answers, target={"kaitoVersion": "0.7"})
    assert by_name(shown)["workload"]["value"] == "clock"
    assert [item["rule"] for item in shown["problems"]] == ["crd/kind-too-new"]


def test_an_opened_file_shows_its_way_and_can_take_another(view: Post, opened: Opened) -> None:
    text = Path("values/vllm-autoscaled.yaml").read_text("utf-8")
    state = opened(text)["state"] if "state" in opened(text) else opened(text)
    shown = view(**state)
    assert by_name(shown)["workload"]["value"] == "queue"
    state["answers"] = {**state.get("answers", {}), "workload": "manual"}
    assert "autoscaling" not in view(**state)["values"]
