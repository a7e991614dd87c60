"""The catalogue of models, its files, and the table of images."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.base.root import ROOT
from kaito_pack.models.catalogue import FOLDER, Catalogue, check_catalogue, version, vllm_table
from kaito_pack.models.model import Model, model_of
from kaito_pack.pack import files as pack_files

HEAD = "apiVersion: pack.kubefoundry.io/v1\nkind: Catalogue\n"
FIGURES = {
    "license": "license",
    "weightsGiB": "weights_gib",
    "maxTokens": "max_tokens",
    "layers": "layers",
    "attentionHeads": "attention_heads",
    "kvHeads": "kv_heads",
    "hiddenSize": "hidden_size",
    "quantMethod": "quantization",
    "quantBits": "quantization_bits",
    "kvLoraRank": "kv_lora_rank",
    "qkRopeHeadDim": "qk_rope_head_dim",
}


@pytest.fixture(scope="module")
def from_facts(facts: Path) -> Callable[[str], Any]:
    """Reads a recorded JSON file by its name."""
    return lambda name: json.loads((facts / name).read_text(encoding="utf-8"))


def written(folder: Path, text: str) -> Path:
    file = folder / "team.yaml"
    file.write_text(text, encoding="utf-8")
    return file


# The files of these repositories hold the weights twice or more; vLLM loads one copy of this size.
LOADED = {"openai/gpt-oss-20b": 12.8, "openai/gpt-oss-120b": 60.8}


def test_every_figure_is_that_of_the_facts(from_facts: Callable[[str], Any]) -> None:
    recorded = from_facts("models.json")
    catalogue = Catalogue.open()

    assert sorted(model.model_id for model in catalogue.models) == sorted(m["modelId"] for m in recorded)
    for entry in recorded:
        model = catalogue.find(entry["modelId"])
        assert model is not None
        assert {key: getattr(model, name) for key, name in FIGURES.items()} == {
            **{key: entry.get(key) for key in FIGURES},
            "weightsGiB": LOADED.get(entry["modelId"], entry["weightsGiB"]),
        }
        assert list(model.architectures) == entry["architectures"]
        assert model.head_size == entry.get("headDim", entry["hiddenSize"] / entry["attentionHeads"])


def test_the_gated_models_are_those_of_the_facts(from_facts: Callable[[str], Any]) -> None:
    gated = [model.model_id for model in Catalogue.open().models if model.gated]

    assert [model_id.split("/")[1].lower() for model_id in gated] == from_facts("presets.json")["gated"]


# The facts took kaito-base:0.5.0 for vLLM 0.26.0; it holds 0.25.1, whose registry lacks these four.
NOT_IN_0_25_1 = {
    "Cosmos3EdgeForConditionalGeneration",
    "InklingForCausalLM",
    "InklingForConditionalGeneration",
    "LongcatFlashNgramForCausalLM",
}


# The facts end them at 0.22.1; the registry in the wheel of 0.25.1 has them all.
IN_0_25_1 = {
    "FuyuForCausalLM",
    "Olmo2ForCausalLM",
    "OlmoForCausalLM",
    "PersimmonForCausalLM",
    "TeleChatForCausalLM",
}


def corrected(recorded: dict[str, Any]) -> dict[str, Any]:
    """The recorded facts with 0.25.1 for 0.26.0."""
    right = {"0.26.0": "0.25.1"}
    return {
        "kaitoBase": {right.get(vllm, vllm): tags for vllm, tags in recorded["kaitoBase"].items()},
        "architectures": {
            name: [right.get(vllm, vllm) for vllm in versions] + ["0.25.1"] * (name in IN_0_25_1)
            for name, versions in recorded["architectures"].items()
            if name not in NOT_IN_0_25_1
        },
    }


def test_the_table_of_images_and_architectures_is_that_of_the_facts(
    from_facts: Callable[[str], Any],
) -> None:
    recorded = corrected(from_facts("vllm/architectures.json"))
    versions = list(recorded["kaitoBase"])
    table = vllm_table()

    assert dict(table["kaitoBase"]) == {tag: v for v, tags in recorded["kaitoBase"].items() for tag in tags}
    assert {
        name: [v for v in versions if version(first) <= version(v) <= version(last)]
        for name, (first, last) in table["architectures"].items()
    } == recorded["architectures"]


def test_image_0_1_1_does_not_know_the_architecture_of_21_models() -> None:
    catalogue = Catalogue.open()
    unknown = [
        model
        for model in catalogue.models
        if not any(catalogue.image_knows("kaito-base:0.1.1", name) for name in model.architectures)
    ]

    assert len(catalogue.models) == 60
    assert len(unknown) == 21
    assert all(catalogue.first_image_with(model.architectures[0]) for model in unknown)


def test_every_model_of_the_pack_has_the_figures_of_a_memory_budget() -> None:
    assert [model.model_id for model in Catalogue.open().models if not model.has_memory_figures] == []


def test_looking_a_model_up_does_not_import_the_slow_libraries() -> None:
    program = (
        "import sys; from kaito_pack.models import checks, catalogue;"
        "found = list(checks.check_values({'modelId': 'microsoft/phi-4', 'resources': {'gpu': 3}},"
        "catalogue.Catalogue.open(), 'kaito-base:0.1.1', 80.0));"
        "sys.exit(len(found) != 1 or 'jsonschema' in sys.modules or 'kubernetes_validate' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_packs_own_catalogue_fits_its_schema() -> None:
    assert list(check_catalogue(pack_files.read(FOLDER / "models.yaml"))) == []


def test_a_model_is_found_in_any_letter_case() -> None:
    model = Catalogue.open().find("MICROSOFT/phi-4-MINI-instruct")

    assert model is not None
    assert model.model_id == "microsoft/Phi-4-mini-instruct"


def test_an_unknown_model_is_none() -> None:
    assert Catalogue.open().find("acme/tiny-instruct") is None


@pytest.mark.parametrize(
    ("image", "knows"),
    [
        ("mcr.microsoft.com/aks/kaito/kaito-base:0.1.1", False),
        ("mcr.microsoft.com/aks/kaito/kaito-base:0.5.0", True),
        ("registry.example:5000/mirror/kaito-base:0.5.0@sha256:abc", True),
        ("kaito-base:9.9.9", None),
        ("kaito-base", None),
        ("vllm/vllm-openai:v0.12.0", False),
        ("vllm/vllm-openai:v0.25.1-cu130", True),
        ("vllm/vllm-openai:v0.13.0", False),
        ("vllm/vllm-openai:v0.26.0", None),
        ("vllm/vllm-openai:v0.9.2", None),
        ("vllm/vllm-openai:latest", None),
        ("", None),
    ],
)
def test_an_image_is_known_by_name_and_tag(image: str, knows: bool | None) -> None:
    assert Catalogue.open().image_knows(image, "Gemma4ForConditionalGeneration") is knows


def test_an_image_that_dropped_an_architecture_does_not_know_it() -> None:
    catalogue = Catalogue.open()

    assert catalogue.image_knows("kaito-base:0.4.0", "BambaForCausalLM") is True
    assert catalogue.image_knows("kaito-base:0.5.0", "BambaForCausalLM") is False


def test_the_first_image_is_the_oldest_that_knows_the_architecture() -> None:
    assert Catalogue.open().first_image_with("LlamaForCausalLM") == "0.0.8"
    assert Catalogue.open().first_image_with("NobodysForCausalLM") is None


def test_a_teams_file_adds_models_and_replaces_whole_entries(tmp_path: Path) -> None:
    text = (
        HEAD
        + "models:\n- modelId: Microsoft/Phi-4\n  maxTokens: 5\n- {modelId: acme/tiny, engines: [llamacpp]}\n"
    )
    catalogue = Catalogue.open([written(tmp_path, text)])

    assert catalogue.find("microsoft/phi-4") == Model("Microsoft/Phi-4", engines=("vllm",), max_tokens=5)
    assert catalogue.find("acme/tiny") == Model("acme/tiny", engines=("llamacpp",))
    assert len(catalogue.models) == 61


@pytest.mark.parametrize(
    ("text", "rule", "path"),
    [
        (HEAD, "values/pack-file-missing-field", ()),
        (HEAD + "models: []\nmodells: []", "values/pack-file-unknown-field", ("modells",)),
        (HEAD + "models: {}", "values/pack-file-wrong-type", ("models",)),
        (
            HEAD + "models: [{modelId: a/b, engines: [ollama]}]",
            "values/pack-file-not-a-choice",
            ("models", 0, "engines", 0),
        ),
        (HEAD + "models: [{modelId: nothing}]", "values/pack-file-wrong-value", ("models", 0, "modelId")),
        (HEAD + 'models: [{modelId: "a/b\\n"}]', "values/pack-file-wrong-value", ("models", 0, "modelId")),
        (
            HEAD + "models: [{modelId: a/b, layers: 0}]",
            "values/pack-file-wrong-value",
            ("models", 0, "layers"),
        ),
        (HEAD + "models: [{modelId: a/b, kvLoraRank: 5}]", "values/pack-file-missing-field", ("models", 0)),
        (
            HEAD + "models: [{modelId: a/b}, {modelId: A/B}]",
            "values/pack-file-duplicate-model",
            ("models", 1, "modelId"),
        ),
        ("just text", "values/pack-file-wrong-type", ()),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, rule: str, path: tuple[str | int, ...]) -> None:
    with pytest.raises(ProblemsError) as refused:
        Catalogue.open([written(tmp_path, text)])

    assert [(problem.rule, problem.path) for problem in refused.value.problems] == [(rule, path)]
    assert refused.value.problems[0].place is not None


def test_a_misspelt_field_is_told_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as refused:
        Catalogue.open([written(tmp_path, HEAD + "models: [{modelId: a/b, maxTokes: 5}]")])

    [problem] = refused.value.problems
    assert problem.fix == "Did you mean maxTokens"
    assert str(problem.place).endswith("team.yaml:3:25")


@pytest.mark.parametrize(
    "text", ["a: [", "\x00", "a: !!python/name:os.system", "", "[" * 100000, HEAD + "models: []\n---\na: b"]
)
def test_a_file_that_is_not_one_yaml_document_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProblemsError):
        Catalogue.open([written(tmp_path, text)])


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as refused:
        Catalogue.open([written(tmp_path, HEAD + "models: []\nmodels: []\n")])

    assert [problem.rule for problem in refused.value.problems] == ["values/written-twice"]
    assert str(refused.value.problems[0].place).endswith("team.yaml:4:1")


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Catalogue.open([tmp_path / "none.yaml"])


def test_the_size_of_a_head_follows_from_the_hidden_size() -> None:
    assert model_of({"modelId": "a/b", "hiddenSize": 4096, "attentionHeads": 32}).head_size == 128
    assert (
        model_of({"modelId": "a/b", "hiddenSize": 4096, "attentionHeads": 32, "headSize": 64}).head_size == 64
    )
