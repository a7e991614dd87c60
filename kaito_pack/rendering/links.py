"""Checks the links that a mode's templates maintain and a user's additions may break.

The tensor parallel size equals the GPU limit. The server listens on the mode's port, and probes use it. The
paths that the engine needs are mounted. No argument is given twice. The mode's `mode.yaml` lists these
arguments, the port and the mounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, ModeFacts, entries, get, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.fields import CONTAINERS
from kaito_pack.kaito.pod_gpus import gpu_limits
from kaito_pack.models.images import vllm_of
from kaito_pack.models.parallel import gpu_need
from kaito_pack.models.server_checks import table_for
from kaito_pack.models.vllm_arguments import argument_path
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.values.checking import Values
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace.command_line import Command, options, read_commands
from kaito_pack.workspace.inference_sets import is_inference_set, path_in_set, workspace_of
from kaito_pack.workspace.served_model import served_model
from kaito_pack.workspace.servers import checked_servers

WHOLE_GPU = "nvidia.com/gpu"
HOST_MOUNTS = {"/dev/shm": "hostIPC"}  # a field of the pod that provides the path without a volume
MODEL = "model"  # in every mode, the container that serves the model


@rule("values/mount-missing", on="part")
def check_links(values: Values, workspace: RenderedManifest) -> Iterator[Problem]:
    """Yield a problem for each link of the mode's templates that the user's additions have broken."""
    is_set = is_inference_set(workspace.body)
    for each in _links(values, workspace_of(workspace.body)):
        is_of_manifest = each.place is None and is_set
        yield each._replace(path=path_in_set(each.path)) if is_of_manifest else each


def _links(values: Values, workspace: Manifest) -> Iterator[Problem]:
    containers = get(workspace, CONTAINERS)
    if not isinstance(containers, list) or not containers:
        return
    index = next((number for number, item in enumerate(containers) if get(item, ("name",)) == MODEL), 0)
    path, container = (*CONTAINERS, index), containers[index]
    if not isinstance(container, Mapping):
        return
    yield from _gpu_link(container, path, values.mode.facts)
    yield from _port_link(container, path, values.mode.facts)
    yield from _probe_links(container, path, values.mode.facts)
    spec = mapping(get(workspace, CONTAINERS[:-1]))
    for mount in values.mode.facts.get("mounts", ()):
        if spec.get(HOST_MOUNTS.get(mount, "")) is True:
            continue
        mounts = container.get("volumeMounts")
        there = [item for item in mounts if isinstance(item, Mapping)] if isinstance(mounts, list) else []
        if not any(item.get("mountPath") == mount and item.get("readOnly") is not True for item in there):
            yield problem("values/mount-missing", (*path, "volumeMounts"), mount=mount, mode=values.mode.name)
    yield from _argument_links(container, values)


@rule("values/gpu-count-differs", on="part")
def _gpu_link(container: Fields, path: FieldPath, facts: ModeFacts) -> Iterator[Problem]:
    names = facts.get("gpuCountArguments", ())
    resource, limit = next(iter(gpu_limits(container)), (WHOLE_GPU, None))
    for argument, size in _gpu_counts(container, names, facts) if names else ():
        if size != str(limit):
            where = (*path, "resources", "limits", resource)
            words = {"argument": argument, "size": shown(size), "limit": shown(limit)}
            yield problem("values/gpu-count-differs", where, **words)


def _gpu_counts(container: Fields, names: Sequence[str], facts: ModeFacts) -> Iterator[tuple[str, str]]:
    """Yield the GPU counts that a container's servers use, each with the arguments that determine it.

    For vLLM, a count is the product of its parallel sizes; for another engine, each argument is a count.
    """
    servers = checked_servers(container)
    for server in servers:
        given, _ = table_for(vllm_of(str(container.get("image")))).read(server.arguments)
        need = gpu_need(given, server.arguments)
        if need is not None:
            is_product = " x " in need.terms
            what = f"the product of the parallel sizes ({need.terms})" if is_product else names[0]
            yield what, str(need.gpus)
    if servers:
        return
    sizes = [value for command in read_commands(container) for value in _values(command, names, facts)[-1:]]
    if not sizes and served_model(container).model_id:
        sizes = ["1"]  # the server's default
    yield from ((names[0], size) for size in sizes)


@rule("values/server-port-differs", on="part")
def _port_link(container: Fields, path: FieldPath, facts: ModeFacts) -> Iterator[Problem]:
    names = facts.get("portArguments", ())
    for command in read_commands(container):
        for value in _values(command, names, facts)[-1:]:
            number = value.rpartition(":")[2]  # a port, or an address that ends in one
            if number.isdigit() and number != str(facts.get("port")):
                where = argument_path(container, path, names)
                yield problem("values/server-port-differs", where, asked=number, port=facts.get("port"))


def _values(command: Command, names: Sequence[str], facts: ModeFacts) -> list[str]:
    """Return the values that a command gives to the argument of these names, in any spelling, in order."""
    return [
        value
        for flag, value in options(command)
        if value is not None and any(_is_same(flag, name, facts) for name in names)
    ]


@rule("values/probe-port-differs", on="part")
def _probe_links(container: Fields, path: FieldPath, facts: ModeFacts) -> Iterator[Problem]:
    port = facts.get("port")
    ports = (port_entry for port_entry, _ in entries(container.get("ports"), ()))
    named = {text(port_entry.get("name")): port_entry.get("containerPort") for port_entry in ports}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for handler in ("httpGet", "tcpSocket", "grpc"):
            asked = get(container, (probe, handler, "port"))
            number = named.get(asked, asked) if isinstance(asked, str) else asked
            if asked is not None and port is not None and number != port:
                where = (*path, probe, handler, "port")
                yield problem("values/probe-port-differs", where, asked=shown(asked), port=port)


@rule("values/extra-argument-lost", "values/extra-argument-twice", on="part")
def _argument_links(container: Fields, values: Values) -> Iterator[Problem]:
    """Yield the user's arguments that the template already writes, or that are missing from the result."""
    arguments = named_values(values.mode.facts)["arguments"]
    extra = values.filled.get(arguments) or []
    args = container.get("args")
    args = list(args) if isinstance(args, list) else []
    written = [_flag(other) for other in args[: len(args) - len(extra)] if str(other).startswith("-")]
    for index, argument in enumerate(extra):
        path: FieldPath = (arguments, index)
        if argument not in args:
            yield problem("values/extra-argument-lost", path, values.place(path), argument=shown(argument))
        elif argument.startswith("-"):
            flag = _flag(argument)
            twin = next((other for other in written if _is_same(flag, other, values.mode.facts)), None)
            if twin is not None:
                yield problem("values/extra-argument-twice", path, values.place(path), argument=shown(twin))


def _flag(argument: object) -> str:
    """Return `--max_model_len=5` as `--max-model-len`: servers accept underscores for dashes."""
    return str(argument).partition("=")[0].replace("_", "-")


def _is_same(flag: str, name: str, facts: ModeFacts) -> bool:
    """Return whether `flag` is the server's argument `name`, or an alias, negation or abbreviation of it."""
    synonyms = facts.get("gpuCountArguments", ())
    if flag in synonyms and name in synonyms:
        return True
    flag, name = (spelling.replace("--no-", "--", 1) for spelling in (flag, name))
    is_beginning = bool(facts.get("abbreviates")) and len(flag) > 2 and flag.startswith("--")
    return flag == name or (is_beginning and name.startswith(flag))
