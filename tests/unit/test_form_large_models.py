"""What a form proposes for a GGUF model that is too large for a CPU."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.documents import Document
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.figures import facts_of
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.target import Target
from kaito_pack.models.gguf import images
from kaito_pack.pack import Pack
from kaito_pack.run import judging as checks
from kaito_pack.values.layers import Layer

PACK = Pack()
CATALOGUE = checks.catalogue(())
LARGE = {"premadeModel": "llama3.3:70b"}
FILE = {"modelId": "unsloth/Llama-3.3-70B-Instruct-GGUF", "ggufFile": "Llama-3.3-70B-Instruct-Q4_K_M.gguf"}
COMPUTE, GPUS, MACHINE = ("computeType",), ("resources", "gpu"), ("instanceType",)


def draft(mode: str, answers: dict[str, Any], **target: Any) -> Draft:
    return Draft(Ground(PACK, Target("0.12", "1.37", **target), CATALOGUE), PACK.mode(mode), answers)


def default(owner: Draft, path: tuple[str, ...]) -> Any:
    question = owner.question(path)
    return question and question.answer


@pytest.mark.parametrize(("mode", "answers"), [("premade", LARGE), ("huggingface", FILE)])
def test_a_large_model_is_proposed_for_gpus(mode: str, answers: dict[str, Any]) -> None:
    large = draft(mode, answers)
    asked = large.question(COMPUTE)
    assert asked is not None
    assert (asked.value, asked.default) == (None, "gpu"), "it is still a question"
    assert default(large, GPUS) == 1
    assert large.named().document()["computeType"] == "gpu"
    assert "instanceType" not in large.named().answers, "existing nodes have none"


@pytest.mark.parametrize("name", images())
def test_only_models_that_are_large_are(name: str) -> None:
    proposed = default(draft("premade", {"premadeModel": name}), COMPUTE)
    assert proposed == ("gpu" if images()[name]["weightsGiB"] > 16 else "cpu")


def test_who_chooses_the_cpu_gets_it() -> None:
    answers = {**LARGE, "computeType": "cpu"}
    assert draft("premade", answers, provisioning="auto").named().answers == {
        **answers,
        "name": "llama3-3-70b",
    }


@pytest.mark.parametrize(
    ("cloud", "name", "gpus"), [("azure", "Standard_NC24ads_A100_v4", 1), ("aws", "g5.12xlarge", 4)]
)
def test_where_kaito_creates_nodes_an_instance_type_that_holds_it_is_proposed(
    cloud: str, name: str, gpus: int
) -> None:
    large = draft("premade", LARGE, provisioning="auto", cloud=cloud)
    assert (default(large, MACHINE), default(large, GPUS)) == (name, gpus)
    document = large.named().document()
    assert (document["instanceType"], document["resources"]) == (name, {"gpu": gpus})
    instance = instance_types.find(cloud, name)
    assert instance is not None and instance.gpu_memory_gib * gpus > images()["llama3.3:70b"]["weightsGiB"]


def test_what_the_target_has_is_not_overwritten() -> None:
    below = [Layer(Document("target.yaml", 1, {"computeType": "cpu"}), "target.yaml")]
    owner = Draft(Ground(PACK, Target("0.12", "1.37"), CATALOGUE, below), PACK.mode("premade"), LARGE)
    assert "computeType" not in owner.named().answers


def test_the_gpu_count_and_the_instance_type_that_are_chosen_stay() -> None:
    two = draft("premade", {**LARGE, "resources": {"gpu": 2}}, provisioning="auto")
    result = instance_types.find("azure", default(two, MACHINE))
    assert result is not None and result.gpus >= 2
    mine = {**LARGE, "instanceType": "Standard_NC48ads_A100_v4"}
    assert default(draft("premade", mine, provisioning="auto"), GPUS) == 1


def test_the_instance_types_that_hold_it_are_named_beside_the_question() -> None:
    (text,) = facts_of(draft("premade", LARGE), MACHINE)
    assert text.startswith("Instance types that hold the model: Standard_NC24ads_A100_v4, ")
    (text,) = facts_of(draft("premade", LARGE, cloud="aws"), MACHINE)
    assert "g5.12xlarge (4 GPUs)" in text
    assert list(facts_of(draft("premade", {"premadeModel": "phi4:14b"}), MACHINE)) == []


def test_the_memory_that_a_model_needs_is_beside_the_compute_type() -> None:
    for name, needed in (("llama3.3:70b", "44.1"), ("phi4:14b", "9.8")):
        (text,) = facts_of(draft("premade", {"premadeModel": name}), COMPUTE)
        assert text == f"The model needs about {needed} GiB of memory"
    assert list(facts_of(draft("premade", {}), COMPUTE)) == []
