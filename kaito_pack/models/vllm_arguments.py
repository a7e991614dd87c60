"""Reads the arguments of a vLLM server for memory and length, as vLLM 0.12.0's parser does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields, mapping
from kaito_pack.models.memory import UTILIZATION
from kaito_pack.workspace.command_line import Command, last_option, options, read_commands

GPU = "nvidia.com/gpu"
MIG = "nvidia.com/mig-"
ALLOWS_LONGER = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"  # makes vLLM accept a length above the limit
SUFFIXES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
AUTOMATIC = ("-1", "auto")  # vLLM after 0.12: the longest length that fits

# argparse also accepts the shorter forms, because no other flag has that prefix.
TENSOR_PARALLEL = ("--tensor-parallel-size", "-tp", "--tensor-parallel")
PIPELINE_PARALLEL = ("--pipeline-parallel-size", "-pp", "--pipeline-parallel")
MAX_MODEL_LEN = ("--max-model-len", "--max-model")
UTILIZATION_FLAGS = ("--gpu-memory-utilization", "--gpu-memory-util")
# Arguments for which the memory formula, or the catalogue's limit of tokens, does not apply.
OTHER_MEMORY = (
    "--quantization", "-q", "--kv-cache-dtype", "--kv-cache-memory-bytes",
    "--cpu-offload-gb", "--num-gpu-blocks-override", "--hf-overrides", "--speculative-config", "--config",
    "--enable-expert-parallel", "--decode-context-parallel-size", "-dcp", "--dtype",
)  # fmt: skip
# Values of those arguments for which the formula still applies.
PLAIN_VALUES = ("1", "auto", "half", "float16", "bfloat16")
BATCHED_TOKENS = ("--max-num-batched-tokens",)
WHOLE_REQUEST = ("--no-enable-chunked-prefill", "--disable-hybrid-kv-cache-manager")
OTHER_LIMIT = ("--hf-overrides", "--rope-scaling", "--hf-config-path", "--config")
LARGEST = 10**18  # upper bound for numbers, far above any length or GPU count


def server_command(container: Fields, model_id: str | None) -> Command:
    """Return the container's serving command: the one with the model's name and the most options."""
    commands = read_commands(container)
    naming = [command for command in commands if names_model(command, model_id)]
    return max(naming or commands, key=lambda command: len(list(options(command))), default=())


def names_model(command: Sequence[str], model_id: str | None) -> bool:
    """Return whether the model's id is a word of the command, or the value of one of its options."""
    return model_id is not None and any(
        word == model_id or word.partition("=")[2] == model_id for word in command
    )


def argument_path(container: Fields, path: FieldPath, names: Sequence[str]) -> FieldPath:
    """Return the path of the value of the last of these flags; in a shell script, the path of the script."""
    place = path
    texts = written(container)
    for number, ((key, index), item) in enumerate(texts):
        name, equals, _ = item.partition("=")
        if name.replace("_", "-") in names:
            is_next = not equals and number + 1 < len(texts)
            place = (*path, *texts[number + is_next][0])
        elif " " in item and any(flag in item.replace("_", "-") for flag in names):
            place = (*path, key, index)
    return place


def written(container: Fields) -> list[tuple[tuple[str, int], str]]:
    """Return the texts of `command` and `args` as written, each with its key and index."""
    texts = []
    for key in ("command", "args"):
        items = container.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            texts.append(((key, index), item if isinstance(item, str) else ""))
    return texts


def gpu_limit(container: Fields, path: FieldPath) -> tuple[int | None, FieldPath]:
    """Return the GPUs or MIG slices that a container requests, and the path; None if not a whole number."""
    resources = container.get("resources")
    for key in ("limits", "requests"):
        amounts = resources.get(key) if isinstance(resources, Mapping) else None
        names = [str(name) for name in amounts] if isinstance(amounts, Mapping) else []
        slices = (name for name in names if name.startswith(MIG))
        name = GPU if GPU in names else next(slices, None)
        if name is not None:
            return whole(mapping(amounts).get(name)), (*path, "resources", key, name)
    return None, path


def allows_longer(container: Fields) -> bool:
    """Return whether the variable is set that makes vLLM accept a length above the model's limit."""
    env = container.get("env")
    return any(f"{ALLOWS_LONGER}=1" in item for _, item in written(container)) or any(
        isinstance(item, Mapping) and item.get("name") == ALLOWS_LONGER and item.get("value") not in ("0", "")
        for item in (env if isinstance(env, list) else ())
    )


def memory_argument(command: Sequence[str]) -> str | None:
    """Return the first argument that makes a GPU hold data that the memory formula does not include."""
    return next(
        (
            name
            for name, value in options(command)
            if name in OTHER_MEMORY and (value or "").lower() not in PLAIN_VALUES
        ),
        None,
    )


def batched_tokens(command: Sequence[str]) -> int | None:
    """Return the tokens of one batch, None for vLLM's default.

    The result is the largest possible number without chunked prefill, when a batch holds a whole request, and
    without the hybrid manager, when a layer with a window keeps all tokens.
    """
    if any(name in WHOLE_REQUEST for name, _ in options(command)):
        return LARGEST
    given = last_option(command, *BATCHED_TOKENS)
    return human_readable_int(given) if given is not None else None


def utilization(command: Sequence[str]) -> float:
    """Return the share of a GPU's memory that vLLM may use; vLLM's default if it is absent or unreadable."""
    try:
        share = float(last_option(command, *UTILIZATION_FLAGS) or UTILIZATION)
    except ValueError:
        return UTILIZATION
    return share if 0 < share <= 1 else UTILIZATION


def whole(value: object) -> int | None:
    """Return a whole number above 0, written as a number or as text; None for anything else."""
    if isinstance(value, str):
        text = value.strip().removeprefix("+").lstrip("0")
        is_number = text.isascii() and text.isdigit()
        value = (int(text) if len(text) < 20 else LARGEST) if is_number else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    return min(value, LARGEST)


def human_readable_int(text: str) -> int | None:
    """Return a length as vLLM reads it: `8192`, `8k` (8000), `8K` (8192), `25.6k`; None if it is invalid."""
    text = text.strip()
    factor = SUFFIXES.get(text[-1:])
    if factor is None:
        return whole(text)
    number, dot, decimals = text[:-1].partition(".")
    if not dot:
        count = whole(number)
        return None if count is None else min(count * factor, LARGEST)
    if (
        text[-1].isupper()
        or not (number + decimals).isascii()
        or not (number.isdigit() and decimals.isdigit())
    ):
        return None
    return whole(float(int(float(text[:-1]) * factor))) if len(text) < 20 else None
