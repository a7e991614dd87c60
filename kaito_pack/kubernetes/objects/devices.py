"""The API server's checks of claims for devices (dynamic resource allocation).

Source: Kubernetes 1.35, pkg/apis/resource/validation and pkg/apis/resource/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, texts, unset, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import at_most, choice_hint, named, one_of, own_name, required

MODES = ("ExactCount", "All")
MOST_REQUESTS, MOST_CHOICES = 32, 8
EXACT = ("deviceClassName", "allocationMode", "count", "selectors", "tolerations")  # flat in v1beta1
CLASS = "deviceClassName"
ATTRIBUTES = ("matchAttribute", "distinctAttribute")


def check_device_claim(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a ResourceClaim."""
    yield from _check_devices(manifest, mapping(manifest.get("spec")), ("spec",))


def check_device_claim_template(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a ResourceClaimTemplate."""
    spec = mapping(mapping(manifest.get("spec")).get("spec"))
    yield from _check_devices(manifest, spec, ("spec", "spec"))


@rule("kubernetes/device-request-absent", on="part")
def _check_devices(manifest: Fields, spec: Fields, path: FieldPath) -> Iterator[Problem]:
    devices, devices_path = mapping(spec.get("devices")), (*path, "devices")
    is_flat = text(manifest.get("apiVersion")).endswith("/v1beta1")
    requests, requests_path = devices.get("requests"), (*devices_path, "requests")
    yield from at_most(sequence(requests), MOST_REQUESTS, requests_path)
    seen: set[str] = set()
    for request, request_path in entries(requests, requests_path):
        yield from own_name(request, request_path, "request", seen)
        yield from _check_request(request, request_path, is_flat)
    known = _names(sequence(requests))
    for constraint, place in entries(devices.get("constraints"), (*devices_path, "constraints")):
        yield from named(constraint, "matchAttribute", _is_attribute, place, empty=False)
        if not any(constraint.get(name) is not None for name in ATTRIBUTES):
            yield from required(constraint, ["matchAttribute"], place, "a constraint")
    for field in ("constraints", "config"):
        for part, part_path in entries(devices.get(field), (*devices_path, field)):
            for name, name_path in texts(part.get("requests"), (*part_path, "requests")):
                if name not in known:
                    hint = choice_hint(name, known) if known else "Add a request of that name"
                    yield problem("kubernetes/device-request-absent", name_path, value=shown(name), hint=hint)


def _is_attribute(name: str) -> bool:
    """Return whether the name of a device attribute includes its domain, as constraints require."""
    return "/" in name and names.is_qualified(name)


def _names(requests: Sequence[object]) -> list[str]:
    """Return the names by which constraints refer to requests and their alternatives."""
    known = []
    for request in map(mapping, requests):
        name = text(request.get("name"))
        choices = (text(mapping(each).get("name")) for each in sequence(request.get("firstAvailable")))
        known += [name, *(f"{name}/{choice}" for choice in choices)]
    return known


@rule("kubernetes/one-source", on="shared")
def _check_request(request: Fields, path: FieldPath, is_flat: bool) -> Iterator[Problem]:
    choices, choices_path = sequence(request.get("firstAvailable")), (*path, "firstAvailable")
    exact, exact_path = mapping(request.get("exactly")), (*path, "exactly")
    has_exact = request.get("exactly") is not None
    if is_flat:
        exact, exact_path = {field: request[field] for field in EXACT if field in request}, path
        has_exact = any(not unset(value) and value != [] for value in exact.values())
    if has_exact is bool(choices):
        fields = f"{CLASS if is_flat else 'exactly'}, firstAvailable"
        yield problem("kubernetes/one-source", path, what="a request for devices", choices=fields)
    elif has_exact:
        yield from _check_exact(exact, exact_path)
    yield from at_most(choices, MOST_CHOICES, choices_path)
    seen: set[str] = set()
    for choice, choice_path in entries(choices, choices_path):
        yield from own_name(choice, choice_path, "request", seen)
        yield from _check_exact(choice, choice_path)


@rule("kubernetes/device-count", on="part")
def _check_exact(exact: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the class and the number of devices of a request."""
    yield from required(exact, [CLASS], path, "a request for devices")
    yield from named(exact, CLASS, names.is_subdomain, path)
    yield from one_of(exact, "allocationMode", MODES, path)
    mode, count = text(exact.get("allocationMode")) or MODES[0], whole(exact.get("count"))
    if count and (count < 0 or mode == "All"):
        need = "no count" if mode == "All" else "a count above 0"
        yield problem("kubernetes/device-count", (*path, "count"), value=count, mode=mode, need=need)


CHECKS: dict[str, Callable[[Fields, str], Iterator[Problem]]] = {
    "ResourceClaim": check_device_claim,
    "ResourceClaimTemplate": check_device_claim_template,
}
