"""The commands of `x-form`: the one that builds an AIKit image, for messages, the form and the wizard."""

from __future__ import annotations

import shlex

import pytest

from kaito_pack.values.commands import command_of
from tests.strategies import PACK

MODE = next(
    PACK.mode(name) for name in PACK.mode_names if "ggufRunMode" in PACK.mode(name).schema["properties"]
)
GIVEN = {"modelId": "unsloth/Qwen3-4B-GGUF", "ggufFile": "Qwen3-4B-Q4_K_M.gguf", "imageRef": "r.io/q:1"}


def words(**changes: str) -> list[str]:
    """The words of the command as a shell reads them."""
    return shlex.split(
        command_of(MODE.schema["properties"]["ggufRunMode"], "build", {**GIVEN, **changes}), posix=True
    )


def test_a_file_at_the_top_is_named_by_its_repository() -> None:
    assert "--build-arg=model=huggingface://unsloth/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf" in words()
    assert words()[:5] == ["docker", "buildx", "build", "-t", "r.io/q:1"]


@pytest.mark.parametrize(
    ("file", "address"),
    [
        ("Q4/model.gguf", "resolve/main/Q4/model.gguf"),
        ("a folder/m.gguf", "resolve/main/a%20folder/m.gguf"),
    ],
)
def test_a_file_in_a_folder_is_named_by_its_address(file: str, address: str) -> None:
    model = f"--build-arg=model=https://huggingface.co/unsloth/Qwen3-4B-GGUF/{address}"
    assert model in words(ggufFile=file)


def test_only_an_image_for_a_gpu_has_the_runtime_cuda() -> None:
    assert "--build-arg=runtime=cuda" in words(computeType="gpu")
    assert "--build-arg=runtime=cuda" not in words()
    assert "--build-arg=runtime=cuda" not in words(computeType="cpu")


def test_what_is_not_known_is_in_capitals() -> None:
    command = command_of(MODE.schema["properties"]["ggufRunMode"], "build", {})
    assert "-t IMAGEREF --push --build-arg=model=huggingface://MODELID/GGUFFILE https" in command


def test_a_value_is_one_word_of_the_shell() -> None:
    assert words(imageRef="x; rm -rf /")[4] == "x; rm -rf /"
    assert "--build-arg=model=huggingface://unsloth/Qwen3-4B-GGUF/$(id).gguf" in words(ggufFile="$(id).gguf")
