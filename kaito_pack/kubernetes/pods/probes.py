"""The API server's checks of probes and lifecycle handlers, and the kubelet's of the ports they name.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, entries, mapping, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import likely, not_negative, one_of, port, required
from kaito_pack.kubernetes.decoding.decoding import Finding
from kaito_pack.kubernetes.decoding.findings import Reported

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
LIFECYCLE_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
ZERO_SLEEP = (1, 33)  # the first version in which a sleep may have 0 seconds


class Around(NamedTuple):
    """The context of a handler: its container's port names, the pod grace period in seconds, the version."""

    ports: frozenset[str]
    grace: int
    kubernetes: tuple[int, ...]


def check_probes(container: Fields, path: FieldPath, around: Around) -> Iterator[Reported]:
    """Yield the problems with the probes and the lifecycle of a container."""
    for kind in PROBES:
        if isinstance(container.get(kind), dict):
            yield from check_probe(mapping(container[kind]), kind, (*path, kind), around)
    lifecycle = mapping(container.get("lifecycle"))
    for kind in ("postStart", "preStop"):
        if isinstance(lifecycle.get(kind), dict):
            handler_path = (*path, "lifecycle", kind)
            yield from check_handler(mapping(lifecycle[kind]), LIFECYCLE_HANDLERS, handler_path, around)


@rule("kubernetes/success-threshold", "kubernetes/readiness-grace", "kubernetes/probe-grace", on="part")
def check_probe(probe: Fields, kind: str, path: FieldPath, around: Around) -> Iterator[Reported]:
    """Yield the problems with one probe."""
    yield from check_handler(probe, PROBE_HANDLERS, path, around)
    yield from not_negative(probe, NUMBERS, path)
    threshold = whole(probe.get("successThreshold"))
    # The API server replaces 0 by its default.
    if kind != "readinessProbe" and threshold is not None and threshold > 1:
        yield problem(
            "kubernetes/success-threshold", (*path, "successThreshold"), kind=kind, value=shown(threshold)
        )
    grace, grace_path = probe.get("terminationGracePeriodSeconds"), (*path, "terminationGracePeriodSeconds")
    if kind == "readinessProbe" and whole(grace) is not None:
        yield problem("kubernetes/readiness-grace", grace_path)
    elif (whole(grace) or 1) <= 0 or whole(grace) == 0:
        yield problem("kubernetes/probe-grace", grace_path, value=shown(grace))


@rule("kubernetes/handler-required", on="part")
@rule("kubernetes/handler-second", on="shared")
def check_handler(
    handler: Fields, kinds: tuple[str, ...], path: FieldPath, around: Around
) -> Iterator[Reported]:
    """Yield the problems with the action of a probe or a lifecycle event."""
    given = [kind for kind in kinds if handler.get(kind) is not None]
    if not given:
        yield problem("kubernetes/handler-required", path, choices=", ".join(kinds))
    for kind in given[1:]:
        yield problem("kubernetes/handler-second", (*path, kind), first=given[0], second=kind)
    for kind in given[:1]:
        action, action_path = mapping(handler[kind]), (*path, kind)
        if kind == "exec":
            yield from required(action, ["command"], action_path, "an exec handler")
        elif kind == "sleep":
            yield from check_sleep(action, action_path, around)
        else:
            yield from check_port(action, kind, action_path, around)
        if kind == "httpGet":
            yield from check_http(action, action_path)


@rule("kubernetes/header-name", on="part")
def check_http(action: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an HTTP request, except with its port."""
    yield from one_of(action, "scheme", ("HTTP", "HTTPS"), path)
    for index, (header, header_path) in enumerate(entries(action.get("httpHeaders"), (*path, "httpHeaders"))):
        name = header.get("name")
        if (name is None or isinstance(name, str)) and not names.is_header_name(text(name)):
            yield problem(
                "kubernetes/header-name", (*header_path, "name"), value=shown(text(name)), number=index + 1
            )


@rule("kubernetes/port-range", on="shared")
def check_port(action: Fields, kind: str, path: FieldPath, around: Around) -> Iterator[Reported]:
    """Yield the problems with the port that a handler calls."""
    value = action.get("port")
    port_path = (*path, "port")
    if kind == "grpc":
        if value is None:
            yield from required(action, ["port"], path, f"a handler {kind}")
        elif whole(value) is not None and not names.is_port_number(whole(value) or 0):
            yield problem("kubernetes/port-range", port_path, value=shown(value))
        return
    if value is None:
        yield from required(action, ["port"], path, f"a handler {kind}")
        return
    yield from port(value, port_path)
    if isinstance(value, str) and names.is_port_name(value) and value not in around.ports:
        yield Finding("probe-port", port_path, shown(value), likely(value, around.ports) or "")


@rule("kubernetes/sleep-seconds", on="part")
def check_sleep(action: Fields, path: FieldPath, around: Around) -> Iterator[Problem]:
    """Yield the problems with the seconds of a sleep."""
    seconds = whole(action.get("seconds", 0))
    least = 0 if around.kubernetes >= ZERO_SLEEP else 1
    if seconds is not None and not least <= seconds <= around.grace:
        yield problem(
            "kubernetes/sleep-seconds", (*path, "seconds"), value=shown(seconds), grace=around.grace
        )
