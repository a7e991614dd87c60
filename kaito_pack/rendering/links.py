"""The links that a mode's templates keep, checked again where a user's additions may have broken them.

The tensor parallel size is the GPU limit; probes ask the server's own port; what the engine mounts is
mounted. Which argument, port and mounts those are, the mode's `mode.yaml` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.kaito.fields import CONTAINERS
from kaito_pack.problems import Path, Problem, shown
from kaito_pack.rendering.manifests import Manifest
from kaito_pack.rules import problem
from kaito_pack.shapes import at
from kaito_pack.values.checking import Values
from kaito_pack.workspace.command_line import last_option, read_commands

MODEL = "model"  # the container of every mode that serves the model


def check_links(values: Values, workspace: Manifest) -> Iterator[Problem]:
    """What the mode's templates keep true, and the user's additions may have broken."""
    containers = at(workspace.body, CONTAINERS)
    if not isinstance(containers, list) or not containers:
        return
    index = next((number for number, one in enumerate(containers) if at(one, ("name",)) == MODEL), 0)
    path, container = (*CONTAINERS, index), containers[index]
    if not isinstance(container, Mapping):
        return
    yield from _gpu_link(container, path, values.mode.facts)
    yield from _probe_links(container, path, values.mode.facts)
    for mount in values.mode.facts.get("mounts", ()):
        mounts = container.get("volumeMounts")
        there = [at(one, ("mountPath",)) for one in mounts] if isinstance(mounts, list) else []
        if mount not in there:
            yield problem("values/mount-missing", (*path, "volumeMounts"), mount=mount, mode=values.mode.name)
    yield from _argument_links(container, values)


def _gpu_link(container: Mapping[str, Any], path: Path, facts: Mapping[str, Any]) -> Iterator[Problem]:
    names = facts.get("gpuCountArguments", ())
    limit = at(container, ("resources", "limits", "nvidia.com/gpu"))
    for command in read_commands(container):
        size = last_option(command, *names)
        if size is not None and size != str(limit):
            where = (*path, "resources", "limits", "nvidia.com/gpu")
            words = {"argument": names[0], "size": shown(size), "limit": shown(limit)}
            yield problem("values/gpu-count-differs", where, **words)


def _probe_links(container: Mapping[str, Any], path: Path, facts: Mapping[str, Any]) -> Iterator[Problem]:
    port = facts.get("port")
    named = {at(one, ("name",)): at(one, ("containerPort",)) for one in container.get("ports") or ()}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for handler in ("httpGet", "tcpSocket", "grpc"):
            asked = at(container, (probe, handler, "port"))
            if asked is not None and port is not None and named.get(asked, asked) != port:
                where = (*path, probe, handler, "port")
                yield problem("values/probe-port-differs", where, asked=shown(asked), port=port)


def _argument_links(container: Mapping[str, Any], values: Values) -> Iterator[Problem]:
    """An argument of the user's that the template writes already, or that is nowhere in the end."""
    extra = values.filled.get("extraArgs") or []
    args = container.get("args")
    args = list(args) if isinstance(args, list) else []
    written = [_flag(one) for one in args[: len(args) - len(extra)]]
    for index, argument in enumerate(extra):
        path: Path = ("extraArgs", index)
        if argument not in args:
            yield problem("values/extra-argument-lost", path, values.place(path), argument=shown(argument))
        elif argument.startswith("--") and _flag(argument) in written:
            yield problem(
                "values/extra-argument-twice", path, values.place(path), argument=shown(_flag(argument))
            )


def _flag(argument: object) -> str:
    """`--max_model_len=5` as `--max-model-len`: servers take an underscore for a dash."""
    return str(argument).partition("=")[0].replace("_", "-")
