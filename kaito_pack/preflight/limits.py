"""Applies the limit ranges of a namespace to containers: defaults, minima and maxima.

Source: Kubernetes 1.35, plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.pods.sums import Amounts, amounts_of, container_amounts, pod_amounts
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.capacity import amount_text
from kaito_pack.preflight.pods import Pods

CONTAINERS = ("initContainers", "containers")


class Range(NamedTuple):
    """One entry of a LimitRange: for containers or for pods as a whole."""

    name: str
    kind: str
    entry: Fields

    def amounts(self, field: str) -> Amounts:
        """Return `min`, `max`, `default` or `defaultRequest` as numbers."""
        return amounts_of(self.entry.get(field))


def read(cluster: ClusterReader, namespace: str) -> list[Range]:
    """Return the limits of a namespace; none if they may not be read."""
    ranges = []
    for body in cluster.objects("limitranges", namespace=namespace) or []:
        name = shown(mapping(body.get("metadata")).get("name"), quote=False)
        for entry, _ in entries(mapping(body.get("spec")).get("limits"), ()):
            ranges.append(Range(name, str(entry.get("type")), entry))
    return ranges


def with_defaults(spec: Fields, ranges: Sequence[Range]) -> dict[str, Any]:
    """Return the spec of a pod with the requests and limits that limit ranges fill in."""
    filled: dict[str, Any] = dict(spec)
    for field in CONTAINERS:
        if isinstance(spec.get(field), list):
            filled[field] = [_filled(container, ranges) for container, _ in entries(spec[field], ())]
    return filled


def _filled(container: Fields, ranges: Sequence[Range]) -> dict[str, Any]:
    resources = mapping(container.get("resources"))
    limits, requests = (dict(mapping(resources.get(field))) for field in ("limits", "requests"))
    for each in ranges:
        if each.kind == "Container":
            # A limit is also the request, before any default is filled in.
            requests = {**mapping(each.entry.get("defaultRequest")), **limits, **requests}
            limits = {**mapping(each.entry.get("default")), **limits}
            requests = {**limits, **requests}
    return {**container, "resources": {**resources, "limits": limits, "requests": requests}}


def check(pods: Sequence[Pods], ranges: Sequence[Range]) -> Iterator[Problem]:
    """Yield the containers and pods that the limit ranges of the namespace reject or restrict."""
    for each in pods:
        if each.spec is None:
            continue
        filled = with_defaults(each.spec, ranges)
        for limit in ranges:
            if limit.kind == "Container":
                for field in CONTAINERS:
                    written = entries(each.spec.get(field), (*each.path, field))
                    for (container, path), (after, _) in zip(
                        written, entries(filled.get(field), ()), strict=True
                    ):
                        yield from _check_default(container, path, limit)
                        yield from _check_bounds(*container_amounts(after), path, limit)
            elif limit.kind == "Pod":
                yield from _check_bounds(*pod_amounts(filled), each.path, limit)


@rule("preflight/limit-range-default", on="part")
@rule("preflight/limit-range", on="shared")
def _check_default(container: Fields, path: FieldPath, limit: Range) -> Iterator[Problem]:
    """Yield limits that a container gets by default."""
    resources = mapping(container.get("resources"))
    given, requests = amounts_of(resources.get("limits")), amounts_of(resources.get("requests"))
    for name, number in limit.amounts("default").items():
        if name in given:
            continue
        facts = {"name": limit.name, "resource": name, "path": path_text(path)}
        if requests.get(name, Fraction(0)) > number:
            asked, most = amount_text(name, requests[name]), amount_text(name, number)
            what = f"requests {asked} {name}, above the default limit of {most}"
            yield problem("preflight/limit-range", what=what, name=limit.name, path=path_text(path))
        else:
            yield problem("preflight/limit-range-default", value=amount_text(name, number), **facts)


@rule("preflight/limit-range", on="shared")
def _check_bounds(
    requests: Mapping[str, Fraction], limits: Mapping[str, Fraction], path: FieldPath, limit: Range
) -> Iterator[Problem]:
    for name, least in limit.amounts("min").items():
        if name not in requests or requests[name] < least:
            asked = amount_text(name, requests[name]) if name in requests else "no"
            what = f"requests {asked} {name}, below the minimum of {amount_text(name, least)}"
            yield _outside(what, path, limit)
    for name, most in limit.amounts("max").items():
        if name not in limits:
            what = f"sets no limit for {name}, and the maximum is {amount_text(name, most)}"
            yield _outside(what, path, limit)
        elif limits[name] > most:
            given = amount_text(name, limits[name])
            what = f"has a limit of {given} {name}, above the maximum of {amount_text(name, most)}"
            yield _outside(what, path, limit)


def _outside(what: str, path: FieldPath, limit: Range) -> Problem:
    return problem("preflight/limit-range", what=what, name=limit.name, path=path_text(path))
