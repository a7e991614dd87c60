"""A draft: its options, its defaults, what is missing, and what is wrong with one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import PackError, Problem, ProblemsError
from kaito_pack.facts.rules import problem
from kaito_pack.form.checking import question_for, refused
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.figures import budget_text, facts_of, fit_of_draft
from kaito_pack.form.flags import Flag, flags
from kaito_pack.form.model_choice import About, about
from kaito_pack.form.start import Start
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run import judging as checks
from kaito_pack.values import layers
from kaito_pack.values.overrides import layers_of

pytestmark = pytest.mark.usefixtures("four_modes")

PACK = Pack()
CATALOGUE = checks.catalogue(())
MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def ground(**target: Any) -> Ground:
    return Ground(PACK, Target("0.12", "1.37", **target), CATALOGUE)


def draft(mode: str, answers: dict[str, Any], on: Ground | None = None, **options: Any) -> Draft:
    return Draft(on or ground(), PACK.mode(mode), answers, **options)


def messages(result: list[Problem]) -> list[str]:
    return [item.rule for item in result]


def flag(option: str) -> Flag:
    return next(item for item in flags(PACK) if item.option == option)


def foreign(folder: Path, properties: dict[str, Any]) -> Pack:
    """A pack with one mode more that has these values."""
    (folder / "templates" / "own").mkdir(parents=True)
    (folder / "schemas" / "values").mkdir(parents=True)
    (folder / "templates" / "own" / "mode.yaml").write_text("title: Own\ndescription: Mine.\nengine: own\n")
    schema = {"$ref": "common.schema.json", "properties": {"modelSource": {"const": "own"}, **properties}}
    (folder / "schemas" / "values" / "own.schema.json").write_text(json.dumps(schema))
    return Pack([folder])


NUMBER = {"type": "integer", "description": "A number."}


def test_an_option_has_the_last_name_of_its_value() -> None:
    options = {item.option: item.field.name for item in flags(PACK)}
    assert options["--gpu"] == "resources.gpu"
    assert options["--model-id"] == "modelId"
    assert options["--hf-token-secret"] == "hfTokenSecret"
    assert not {"--model-source", "--pod-template", "--extra-objects", "--provider"} & set(options)


def test_values_of_one_last_name_go_by_their_whole_path(tmp_path: Path) -> None:
    server = {"type": "object", "properties": {"memory": NUMBER}}
    options = {item.option for item in flags(foreign(tmp_path, {"server": server}))}
    assert {"--server-memory", "--resources-memory"} < options
    assert "--memory" not in options


def test_an_option_of_the_command_keeps_its_name(tmp_path: Path) -> None:
    result = {item.option: item.field.name for item in flags(foreign(tmp_path, {"port": NUMBER}), ["--port"])}
    assert result["--values-port"] == "port"
    assert "--port" not in result


def test_names_that_cannot_be_told_apart_are_the_packs_fault(tmp_path: Path) -> None:
    pack = foreign(tmp_path, {"batchSize": NUMBER, "batch-size": NUMBER, "values-batch-size": NUMBER})
    with pytest.raises(PackError, match="its option --values-batch-size exists"):
        flags(pack)


def test_a_text_is_read_as_the_mode_takes_it_and_named_by_its_option() -> None:
    layer = flag("--gpu").layer(PACK.mode("vllm"), "2")
    assert layer.document.value == {"resources": {"gpu": 2}}
    assert str(layer.document.place(("resources", "gpu"))) == "--gpu:"
    assert flag("--gpu").layer(PACK.mode("vllm"), "").document.value == {"resources": {"gpu": ""}}


def test_a_number_is_read_as_one(tmp_path: Path) -> None:
    pack = foreign(tmp_path, {"temperature": {"type": "number"}})
    result = next(item for item in flags(pack) if item.option == "--temperature")
    for text, value in (("0.5", 0.5), ("2", 2), ("warm", "warm"), ("true", "true")):
        assert result.layer(pack.mode("own"), text).document.value == {"temperature": value}


@pytest.mark.parametrize(
    ("mode", "answers", "file", "name"),
    [
        ("vllm", {"modelId": "org/Some_Model-1.0"}, None, "some-model-1-0"),
        ("vllm", {"modelId": "org/01-Model"}, None, "model"),
        ("vllm", {"modelId": "org/" + "a" * 41 + "-b"}, None, "a" * 41),
        ("vllm", {"modelId": "org/123"}, None, None),
        ("vllm", {}, None, None),
        ("vllm", {"modelId": "org/model"}, "values/own.yaml", "own"),
        ("vllm", {"modelId": "org/model"}, "values/Not A Name.yaml", "model"),
        ("premade", {"premadeModel": "llama3.2:1b"}, None, "llama3-2-1b"),
    ],
)
def test_a_name_comes_from_the_file_else_from_what_is_served(
    mode: str, answers: dict[str, Any], file: str | None, name: str | None
) -> None:
    assert draft(mode, answers, file=file).default_name() == name


def test_what_is_missing_is_required_and_has_no_default() -> None:
    def missing(*args: Any, **options: Any) -> list[str]:
        return [item.name for item in draft(*args, **options).missing()]

    assert missing("vllm", {}) == ["modelId", "name"]
    assert missing("vllm", {"modelId": "a/b"}) == []
    assert missing("vllm", {"modelId": "a/b"}, known=About(("vllm",), True)) == ["hfTokenSecret"]
    answers = {"modelId": "a/b", "ggufFile": "a.gguf", "ggufRunMode": "build"}
    assert missing("huggingface", answers) == ["imageRef"]


def errors(owner: Draft, path: tuple[str, ...], value: object) -> list[str]:
    question = owner.question(path)
    assert question is not None
    return messages(refused(owner, question)(value))


def test_an_answer_is_judged_by_schema_and_cluster_before_the_rest_is_there() -> None:
    empty = draft("vllm", {})
    assert errors(empty, ("modelId",), "no id") == ["values/not-a-model-id"]
    assert errors(empty, ("modelId",), None) == ["values/missing"]
    assert errors(empty, ("modelId",), "a/b") == []
    assert errors(empty, ("name",), "UP") == ["values/not-a-name"]
    assert errors(empty, ("modelId",), "hf_" + "a" * 20) == ["values/literal-token"]
    some = draft("vllm", {"modelId": MISTRAL})
    assert errors(some, ("resources", "gpu"), 3) == ["model/attention-heads"]
    assert errors(some, ("resources", "gpu"), 4) == []
    assert errors(some, ("maxModelLen",), 99999) == ["model/max-model-len"]


def test_what_was_wrong_before_is_not_the_fault_of_an_answer() -> None:
    old = Ground(PACK, Target("0.8", "1.31", "byo"), CATALOGUE)
    preset = draft("preset", {"preset": "phi-4-mini-instruct", "name": "a"}, old)
    assert errors(preset, ("labelSelector",), {"apps": "phi"}) == []


def test_a_problem_leads_to_the_question_that_mends_it() -> None:
    some = draft("vllm", {"modelId": MISTRAL, "name": "a"}, ground(provisioning="auto"))
    for path, name in (
        (("resources", "gpu"), "resources.gpu"),
        (("resource", "instanceType"), "instanceType"),
        (("preferredNodes", 0), "preferredNodes"),
    ):
        result = question_for(problem("values/missing", path, fix=""), some.questions())
        assert result is not None
        assert result.name == name
    assert question_for(problem("values/missing", ("podTemplate",), fix=""), some.questions()) is None


def test_an_unknown_model_is_said_not_to_be_judged() -> None:
    [sized] = facts_of(draft("vllm", {"modelId": "acme/Lynx-8B"}), ("resources", "gpu"))
    [unknown] = facts_of(draft("vllm", {"modelId": "acme/lynx"}), ("resources", "gpu"))
    assert "not in any catalogue" in unknown
    assert sized == f"{unknown} According to its name, it has about 15 GiB of weights."
    assert list(facts_of(draft("vllm", {}), ("resources", "gpu"))) == []


def test_a_known_model_tells_its_limits_at_the_right_question() -> None:
    some = draft("vllm", {"modelId": MISTRAL}, known=about(MISTRAL, CATALOGUE))
    assert list(facts_of(some, ("resources", "gpu"))) == [
        "GPU counts that divide its 32 attention heads and 8 KV heads: 1, 2, 4, 8"
    ]
    assert list(facts_of(some, ("maxModelLen",))) == ["The model's limit: 32768 tokens"]
    assert list(facts_of(some, ("name",))) == []
    assert list(facts_of(draft("huggingface", {}, known=some.known), ("resources", "gpu"))) == []


def test_the_memory_budget_moves_with_gpus_length_and_instance_type() -> None:
    answers = {"modelId": MISTRAL, "resources": {"gpu": 1}}
    owner = about(MISTRAL, CATALOGUE)
    some = draft("vllm", answers, ground(gpu_memory_gib=16), known=owner)
    fit = fit_of_draft(some)
    assert fit is not None
    assert not fit.budget.fits
    assert "missing: 6.36 GiB" in budget_text(some)
    assert "left: 7.49 GiB" in budget_text(some.answered(("resources", "gpu"), 4))
    assert "KV cache, 512 tokens: 0.06 GiB" in budget_text(some.answered(("maxModelLen",), 512))
    assert "GPU memory: 80.00 GiB" in budget_text(
        draft("vllm", answers | {"instanceType": "Standard_NC24ads_A100_v4"}, known=owner)
    )
    assert budget_text(draft("vllm", answers, known=owner)) == ""


@pytest.mark.parametrize(
    ("start", "modes"),
    [
        (Start(mode="premade"), ["premade"]),
        (Start([(flag("--premade-model"), "x")]), ["premade"]),
        (Start([(flag("--model-id"), "microsoft/Phi-4-mini-instruct")]), ["vllm"]),
        (Start([(flag("--model-id"), "a/b")]), ["huggingface", "vllm"]),
        (Start([(flag("--model-id"), "a/b")], engines=("llamacpp",)), ["huggingface"]),
        (Start([(flag("--model-id"), "a/b"), (flag("--gguf-file"), "x")]), ["huggingface"]),
        (Start([(flag("--premade-model"), "x"), (flag("--gguf-file"), "x")]), []),
        (Start(further=layers_of("--set", "modelSource=preset", False)), ["preset"]),
    ],
)
def test_the_mode_follows_from_what_is_given(start: Start, modes: list[str]) -> None:
    assert start.modes(ground()) == modes


def test_a_mode_that_is_none_is_told_with_its_option() -> None:
    with pytest.raises(ProblemsError) as caught:
        Start(mode="vlm").modes(ground())
    (result,) = caught.value.problems
    assert (result.rule, str(result.place)) == ("values/unknown-mode", "--mode:")


def test_problems_of_options_name_them_and_what_is_missing_is_none() -> None:
    given = [(flag("--gpu"), "9"), (flag("--gguf-file"), "x"), (flag("--model-id"), "no id")]
    start = Start(given, "vllm", further=layers_of("--set", "replicas=0", False))
    result = start.problems(start.draft(ground(), PACK.mode("vllm")))
    assert {(item.rule, str(item.place)) for item in result} == {
        ("values/gpu-count", "--gpu:"),
        ("values/other-mode", "--gguf-file:"),
        ("values/not-a-model-id", "--model-id:"),
        ("values/out-of-range", "--set replicas=0:"),
    }
    nothing = Start(mode="vllm")
    assert nothing.problems(nothing.draft(ground(), PACK.mode("vllm"))) == []


def test_what_has_no_option_comes_by_settings_and_is_kept() -> None:
    further = layers_of("--set", "podTemplate.spec.hostNetwork=true", False)
    start = Start([(flag("--model-id"), "a/b")], "vllm", further=further)
    document = start.draft(ground(), PACK.mode("vllm")).document()
    assert document["podTemplate"] == {"spec": {"hostNetwork": True}}
    assert layers.merge(further) == {"podTemplate": document["podTemplate"]}
