"""The vLLM server of a Workspace or a values file: model, image, GPUs and length.

`kaito_pack.workspace` finds the container that runs vLLM and its command. This module reads the arguments
for memory and length as vLLM 0.12.0's parser does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest, ModeFacts, ValuesMap, get, mapping
from kaito_pack.models.memory import UTILIZATION
from kaito_pack.models.vllm_arguments import (
    AUTOMATIC,
    MAX_MODEL_LEN,
    OTHER_LIMIT,
    PIPELINE_PARALLEL,
    TENSOR_PARALLEL,
    allows_longer,
    argument_path,
    batched_tokens,
    gpu_limit,
    human_readable_int,
    memory_argument,
    server_command,
    utilization,
    whole,
)
from kaito_pack.values.meanings import NO_MODE, named_values
from kaito_pack.workspace import WorkspaceView, read_workspace
from kaito_pack.workspace.command_line import Command, has_option, last_option
from kaito_pack.workspace.engines import checks_models


class Serving(NamedTuple):
    """One vLLM server, as far as it can be read; None means unknown.

    `tensor_parallel_size` is 1 if it is not given, `max_model_len` None if the model's own limit applies,
    `batched_tokens` None for vLLM's default. `fits_itself`: vLLM picks the length that fits. `plain_memory`
    is False if an argument, `memory_argument`, makes the memory formula wrong; `plain_limit` is False if one
    makes the catalogue's limit of tokens wrong. `paths` has the path of each field.
    """

    model_id: str | None
    image: str | None
    tensor_parallel_size: int | None = 1
    pipeline_parallel_size: int = 1
    gpu_count: int | None = None
    max_model_len: int | None = None
    fits_itself: bool = False
    utilization: float = UTILIZATION
    batched_tokens: int | None = None
    plain_memory: bool = True
    memory_argument: str | None = None
    plain_limit: bool = True
    paths: Mapping[str, FieldPath] = MappingProxyType({})

    def path(self, name: str) -> FieldPath:
        """Return the path of that field; if it is absent, the path of the server."""
        return self.paths.get(name, self.paths.get("server", ()))


class ServedWorkspace:
    """A Workspace and its server for the rules, read once at the first access."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    @cached_property
    def view(self) -> WorkspaceView:
        """What the Workspace asks for, whatever its engine."""
        return read_workspace(self.manifest)

    @cached_property
    def serving(self) -> Serving | None:
        """The vLLM server in the pod template; None for a preset, tuning or another engine."""
        return _serving(self.manifest, self.view)


def serving_of_workspace(manifest: Manifest) -> Serving | None:
    """Return the vLLM server in a Workspace's pod template; None for a preset, tuning or another engine."""
    return ServedWorkspace(manifest).serving


def _serving(manifest: Manifest, view: WorkspaceView) -> Serving | None:
    if not checks_models(view.engine) or view.container is None or view.is_tuning:
        return None
    container = mapping(get(manifest, view.container))
    command = server_command(container, view.model_id)
    gpu, gpu_path = gpu_limit(container, view.container)
    paths = {"server": view.container, "image": (*view.container, "image"), "gpu_count": gpu_path}
    names = {"tensor_parallel_size": TENSOR_PARALLEL, "max_model_len": MAX_MODEL_LEN}
    for key, flags in names.items():
        if has_option(command, *flags):
            paths[key] = argument_path(container, view.container, flags)
    plain_limit = not has_option(command, *OTHER_LIMIT) and not allows_longer(container)
    return serving_of_command(
        command,
        model_id=view.model_id,
        image=view.image,
        gpu_count=gpu,
        plain_limit=plain_limit,
        paths=paths,
    )


def serving_of_command(
    command: Command,
    *,
    model_id: str | None,
    image: str | None,
    gpu_count: int | None,
    plain_limit: bool,
    paths: Mapping[str, FieldPath],
) -> Serving:
    """Return the Serving of a command that starts vLLM."""
    size, length = last_option(command, *TENSOR_PARALLEL), last_option(command, *MAX_MODEL_LEN)
    if not has_option(command, *TENSOR_PARALLEL, "--config"):
        size = "1"
    automatic = length is not None and length.strip().lower() in AUTOMATIC
    tokens = human_readable_int(length) if length is not None else None
    unread = has_option(command, *MAX_MODEL_LEN) and tokens is None and not automatic
    return Serving(
        model_id=model_id,
        image=image,
        tensor_parallel_size=whole(size),
        pipeline_parallel_size=whole(last_option(command, *PIPELINE_PARALLEL)) or 1,
        gpu_count=gpu_count,
        max_model_len=tokens,
        fits_itself=automatic,
        utilization=utilization(command),
        batched_tokens=batched_tokens(command),
        plain_memory=not unread and memory_argument(command) is None,
        memory_argument=memory_argument(command),
        plain_limit=plain_limit,
        paths=paths,
    )


def serving_of_values(values: ValuesMap, image: str | None, mode: ModeFacts = NO_MODE) -> Serving:
    """Return the vLLM server of values of a mode with engine vllm; `image` is the rendered image.

    The tensor parallel size is `resources.gpu` divided by the pipeline stages.
    """
    names = named_values(mode)
    resources, extra = values.get(names["resources"]), values.get(names["arguments"])
    gpu = resources.get("gpu") if isinstance(resources, Mapping) else None
    command = tuple(word for word in extra if isinstance(word, str)) if isinstance(extra, list) else ()
    model_id, length = values.get(names["model"]), values.get(names["length"])
    count = 1 if gpu is None else whole(gpu)
    stages = whole(values.get(names["stages"], 1)) or 1
    is_read = length is None or whole(length) is not None
    return Serving(
        model_id=model_id if isinstance(model_id, str) else None,
        image=image,
        tensor_parallel_size=None if count is None or count % stages else count // stages,
        pipeline_parallel_size=stages,
        gpu_count=count,
        max_model_len=whole(length),
        utilization=utilization(command),
        batched_tokens=batched_tokens(command),
        plain_memory=is_read and memory_argument(command) is None,
        memory_argument=memory_argument(command),
        plain_limit=not has_option(command, *OTHER_LIMIT),
        paths=values_paths(values, gpu is not None, names),
    )


def values_paths(values: ValuesMap, has_gpu: bool, names: Mapping[str, str]) -> dict[str, FieldPath]:
    """Return the paths of the fields of a Serving in values; a missing one is reported at the model."""
    paths: dict[str, FieldPath] = {"server": (names["model"],), "model_id": (names["model"],)}
    if values.get(names["image"]):
        paths["image"] = (names["image"],)
    if values.get(names["length"]) is not None:
        paths["max_model_len"] = (names["length"],)
    if has_gpu:
        paths["tensor_parallel_size"] = paths["gpu_count"] = ("resources", "gpu")
    return paths
