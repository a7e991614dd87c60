"""Finds what prevents the vLLM servers of a pod from starting or from being reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, get, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models.argument_checks import check_arguments, is_on, position_of
from kaito_pack.models.argument_table import ArgumentTable, Given, argument_table, table_versions
from kaito_pack.models.images import lacks_program, vllm_of
from kaito_pack.models.parallel import GpuNeed, gpu_need, last_values
from kaito_pack.models.vllm_arguments import gpu_limit, written
from kaito_pack.workspace.command_line import program
from kaito_pack.workspace.engines import engine
from kaito_pack.workspace.servers import ServerCommand, checked_servers

CONTAINERS: FieldPath = ("inference", "template", "spec", "containers")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
NETWORK = ("httpGet", "tcpSocket", "grpc")
# The names of the loopback interface in /etc/hosts of pods and of common base images.
LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def check_servers(manifest: Manifest) -> Iterator[Problem]:
    """Yield the problems of the vLLM servers in a Workspace, with paths in the manifest."""
    containers = sequence(get(manifest, CONTAINERS))
    for index, container in enumerate(containers):
        if isinstance(container, Mapping):
            path = (*CONTAINERS, index)
            for server in checked_servers(container):
                if server.program in engine(server.engine).get("servers", ()):
                    yield from _check_server(server, container, path, is_alone=len(containers) == 1)


def _check_server(
    server: ServerCommand, container: Fields, path: FieldPath, is_alone: bool
) -> Iterator[Problem]:
    image = text(container.get("image"))
    vllm = vllm_of(image)
    yield from check_image(image, (*path, "image"))
    where = word_path(server, container, path)
    prefix = engine(server.engine).get("wrapperArguments", {}).get(server.program)
    arguments = server.arguments
    yield from check_arguments(arguments, vllm, lambda index: where(server.start + index), prefix)
    given, _ = table_for(vllm).read(arguments)
    yield from _check_program(server, image, where)
    yield from _check_reach(given, arguments, container, is_alone, lambda i: where(server.start + i))
    need = gpu_need(given, arguments)
    limit, limit_path = gpu_limit(container, path)
    if need is not None and limit is not None:
        yield from _check_gpus(need, limit, limit_path)


@rule("advice/image-not-judged", on="part")
def check_image(image: str, path: FieldPath) -> Iterator[Problem]:
    """Yield a notice for an unknown image, whose vLLM version cannot be taken into account."""
    if image and vllm_of(image) is None:
        yield problem("advice/image-not-judged", path, image=shown(image))


def table_for(vllm: str | None) -> ArgumentTable:
    """Return the table of that version, else the newest one, to read the names of arguments."""
    known = argument_table(vllm) if vllm else None
    newest = known or argument_table(table_versions()[-1])
    assert newest is not None, "a version in the list has a table"
    return newest


def word_path(server: ServerCommand, container: Fields, path: FieldPath) -> Callable[[int], FieldPath]:
    """Return a function from the index of a word of the command to its path or that of its script."""
    texts = written(container)

    def where(index: int) -> FieldPath:
        if len(texts) == len(server.words):
            return (*path, *texts[index][0]) if index < len(texts) else path
        word = server.words[index] if index < len(server.words) else ""
        holders = [place for place, item in texts if word and word in item]
        return (*path, *holders[-1]) if holders else path

    return where


@rule("advice/program-missing", on="part")
def _check_program(server: ServerCommand, image: str, where: Callable[[int], FieldPath]) -> Iterator[Problem]:
    words = server.words
    if words and server.start and lacks_program(image, program(words[0])):
        yield problem("advice/program-missing", where(0), program=shown(words[0]), image=shown(image))


@rule("model/server-unreachable", on="part")
def _check_reach(
    given: Sequence[Given],
    words: Sequence[str],
    container: Fields,
    is_alone: bool,
    where: Callable[[int], FieldPath],
) -> Iterator[Problem]:
    """Yield errors for arguments that make the server listen where probes and Services cannot reach it."""
    probes = [
        probe for name in PROBES for probe in mapping(container.get(name)).items() if probe[0] in NETWORK
    ]
    asks_http = any(kind == "httpGet" and mapping(ask).get("scheme") != "HTTPS" for kind, ask in probes)
    values = last_values(given, words)
    for name, reason in get_rule("model/server-unreachable").parameters["reasons"].items():
        matters = asks_http if reason.get("scheme") else bool(probes) or is_alone
        if not matters or not is_on(name, given) or not _applies(reason.get("value"), values.get(name, "")):
            continue
        because = reason["because"].format(value=shown(values.get(name, "")))
        yield problem(
            "model/server-unreachable",
            where(position_of(name, given)),
            argument=name,
            reason=because,
            fix=reason["fix"].format(argument=name),
        )


def _applies(kind: str | None, value: str) -> bool:
    """Return whether a value matches the kind of a reason: `loopback`, `any` text, or None for a switch."""
    if kind == "loopback":
        return _is_loopback(value)
    return kind is None or bool(value.strip())


def _is_loopback(host: str) -> bool:
    """Return whether a host is the pod's loopback interface, in any form that the resolver accepts."""
    host = host.strip().strip("[]").lower().rstrip(".").partition("%")[0]
    if host in LOOPBACK_NAMES or host.endswith(".localhost"):
        return True
    from ipaddress import IPv4Address, ip_address  # needed only for a server with a host
    from socket import inet_aton

    try:
        # inet_aton reads short forms of an IPv4 address, such as 127.1 and 0x7f000001.
        address = ip_address(host) if ":" in host else IPv4Address(inet_aton(host))
    except (ValueError, OSError):
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@rule("model/too-few-gpus", "advice/gpus-idle", on="part")
def _check_gpus(need: GpuNeed, limit: int, path: FieldPath) -> Iterator[Problem]:
    name = "model/too-few-gpus" if need.gpus > limit else "advice/gpus-idle"
    if need.gpus != limit:
        yield problem(name, path, needed=need.gpus, terms=need.terms, limit=limit)
