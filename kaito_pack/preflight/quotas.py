"""Checks that the resource quotas of a namespace have room for the objects of manifests.

Source: Kubernetes 1.35, pkg/quota/v1/evaluator/core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from kaito_pack.base.display import shown
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, entries, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kubernetes.pods.sums import Amounts, amounts_of, container_amounts, pod_amounts
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.capacity import JUDGED, amount_text
from kaito_pack.preflight.limits import CONTAINERS, Range, with_defaults
from kaito_pack.preflight.pods import Pods, replicas_of
from kaito_pack.workspace.inference_sets import is_inference_set

COUNTED_BY_NAME = frozenset(
    "services configmaps secrets persistentvolumeclaims pods replicationcontrollers".split()
)


def check(
    bodies: Sequence[Manifest],
    pods: Sequence[Pods],
    ranges: Sequence[Range],
    cluster: ClusterReader,
    namespace: str,
    stored: Manifest | None,
) -> Iterator[Problem]:
    """Yield what each quota of the namespace does not allow; `stored` is the Workspace to update."""
    new = [_growth(each, stored) if index == 0 else each for index, each in enumerate(pods)]
    for quota in cluster.objects("resourcequotas", namespace=namespace) or []:
        status, spec = mapping(quota.get("status")), mapping(quota.get("spec"))
        hard = amounts_of(status.get("hard") or spec.get("hard"))
        name = shown(mapping(quota.get("metadata")).get("name"), quote=False)
        wanted = {} if stored else _objects(bodies)
        for each in new:
            filled = with_defaults(each.spec or {}, ranges)
            if applies(spec, filled):
                yield from _unset(name, hard, each, filled)
                wanted = _added(wanted, _counted(filled if each.spec is not None else None, each.replicas))
        yield from _short(name, hard, amounts_of(status.get("used")), wanted)


def _growth(pods: Pods, stored: Manifest | None) -> Pods:
    """Return the additional pods of a Workspace."""
    running = replicas_of(stored) if stored else 0
    return pods._replace(replicas=max(pods.replicas - running, 0))


def applies(quota: Fields, spec: Fields) -> bool:
    """Return whether a quota counts a pod; a quota with unknown scopes counts none."""
    requests, limits = pod_amounts(spec)
    is_best_effort = not any(name in {**requests, **limits} for name in ("cpu", "memory"))
    is_ending = spec.get("activeDeadlineSeconds") is not None
    known = {
        "BestEffort": is_best_effort,
        "NotBestEffort": not is_best_effort,
        "Terminating": is_ending,
        "NotTerminating": not is_ending,
    }
    selected = sequence(mapping(quota.get("scopeSelector")).get("matchExpressions"))
    scopes = [*sequence(quota.get("scopes")), *(text(mapping(each).get("scopeName")) for each in selected)]
    return all(known.get(scope, False) for scope in scopes if isinstance(scope, str))


@rule("preflight/quota-unset", on="part")
def _unset(name: str, hard: Amounts, pods: Pods, filled: Fields) -> Iterator[Problem]:
    """Yield the containers that lack an amount that the quota counts; the API server rejects their pods."""
    for key in hard:
        of_what, _, resource = key.rpartition(".")
        if (resource or key) not in JUDGED or of_what not in ("", "requests", "limits"):
            continue
        for field in CONTAINERS:
            for container, path in entries(filled.get(field), (*pods.path, field)):
                requests, limits = container_amounts(container)
                if resource not in (limits if of_what == "limits" else requests):
                    whole_path = (*path, "resources", of_what or "requests", resource)
                    facts = {"name": name, "key": key, "title": pods.title}
                    yield problem("preflight/quota-unset", path=path_text(whole_path), **facts)


def _counted(spec: Fields | None, count: int) -> dict[str, Fraction]:
    """Return the amounts that `count` pods add to each key of a quota."""
    counted = {"pods": Fraction(count), "count/pods": Fraction(count)}
    requests, limits = pod_amounts(spec or {})
    for resource, number in requests.items():
        for key in (resource, f"requests.{resource}") if resource in JUDGED else (f"requests.{resource}",):
            counted[key] = number * count
    return counted | {f"limits.{resource}": number * count for resource, number in limits.items()}


def _objects(bodies: Sequence[Manifest]) -> dict[str, Fraction]:
    """Return the object counts of the manifests, including the objects that KAITO creates for a Workspace."""
    counted: dict[str, Fraction] = {}
    for body in bodies:
        group = text(body.get("apiVersion")).rpartition("/")[0]
        plural = text(body.get("kind")).lower() + "s"
        keys = [f"count/{plural}" + (f".{group}" if group else "")]
        keys += [plural] if plural in COUNTED_BY_NAME and not group else []
        keys += _created_by_kaito(body)
        for key in keys:
            counted[key] = counted.get(key, Fraction(0)) + 1
        if plural == "persistentvolumeclaims":
            requests = mapping(mapping(mapping(body.get("spec")).get("resources")).get("requests"))
            storage = amounts_of(requests).get("storage", Fraction(0))
            counted["requests.storage"] = counted.get("requests.storage", Fraction(0)) + storage
    return counted


def _created_by_kaito(body: Manifest) -> list[str]:
    """Return the keys of the objects that KAITO creates: two Services and a StatefulSet per Workspace."""
    keys = ["count/statefulsets.apps", "services", "services", "count/services", "count/services"]
    if is_inference_set(body):
        return [*keys, "count/workspaces.kaito.sh"] * replicas_of(body)
    return keys if is_workspace(body) else []


def _added(first: Mapping[str, Fraction], second: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {key: first.get(key, Fraction(0)) + second.get(key, Fraction(0)) for key in {**first, **second}}


@rule("preflight/quota-short", "preflight/quota-enough", on="part")
def _short(name: str, hard: Amounts, used: Amounts, wanted: Mapping[str, Fraction]) -> Iterator[Problem]:
    """Yield each amount of a quota that would be exceeded."""
    is_enough = True
    for key, most in hard.items():
        free, needed = most - used.get(key, Fraction(0)), wanted.get(key, Fraction(0))
        if needed > 0 and needed > free:
            is_enough = False
            facts = {"hard": amount_text(key, most), "free": amount_text(key, max(free, Fraction(0)))}
            yield problem(
                "preflight/quota-short", name=name, key=key, wanted=amount_text(key, needed), **facts
            )
    if is_enough and hard.keys() & wanted.keys():
        yield problem("preflight/quota-enough", name=name)
