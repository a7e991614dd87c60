"""The total requests of a pod, as the scheduler and quotas count them.

Source: Kubernetes 1.35, staging/src/k8s.io/component-helpers/resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from kaito_pack.base.trees import Fields, entries, mapping, quantities
from kaito_pack.kubernetes.decoding.amounts import amount

Amounts = Mapping[str, Fraction]


def amounts_of(value: object) -> dict[str, Fraction]:
    """Return a map of quantities as numbers, without invalid quantities."""
    numbers = ((name, amount(quantity)) for name, quantity in quantities(value))
    return {name: Fraction(number) for name, number in numbers if number is not None}


def container_amounts(container: Fields) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Return the requests and the limits of a container; a limit without a request is also the request."""
    resources = mapping(container.get("resources"))
    limits = amounts_of(resources.get("limits"))
    return {**limits, **amounts_of(resources.get("requests"))}, limits


def pod_amounts(spec: Fields) -> tuple[Amounts, Amounts]:
    """Return the requests and the limits of a pod: the maximum of its containers at any time."""
    return _most(spec, 0, amounts_of(spec.get("overhead"))), _most(spec, 1, {})


def _most(spec: Fields, index: int, overhead: Amounts) -> Amounts:
    """Return the requests (`index` 0) or limits (1) of the containers of a pod."""
    running: dict[str, Fraction] = {}  # sidecars, which start in order and keep running
    peak: dict[str, Fraction] = {}
    for container, _ in entries(spec.get("initContainers"), ()):
        amounts = container_amounts(container)[index]
        _raise(peak, _sum(running, amounts))
        if container.get("restartPolicy") == "Always":
            running = _sum(running, amounts)
    for container, _ in entries(spec.get("containers"), ()):
        running = _sum(running, container_amounts(container)[index])
    _raise(peak, running)
    return _sum(peak, overhead)


def _sum(first: Amounts, second: Amounts) -> dict[str, Fraction]:
    return {
        name: first.get(name, Fraction(0)) + second.get(name, Fraction(0)) for name in {**first, **second}
    }


def _raise(peak: dict[str, Fraction], amounts: Amounts) -> None:
    for name, number in amounts.items():
        peak[name] = max(peak.get(name, Fraction(0)), number)
