"""The behavior of KAITO's controller with an admitted Workspace: what never runs, and what surprises."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule
from kaito_pack.kaito import controller_instance_types, selectors
from kaito_pack.kaito.commands import flag, words
from kaito_pack.kaito.fields import SELECTOR, TEMPLATE, Workspace, digits, int64, string_map
from kaito_pack.kaito.images import LONGEST_NAME, is_image_reference
from kaito_pack.kaito.ruling import Case, judge
from kaito_pack.kaito.target import Surroundings
from kaito_pack.kubernetes.decoding import names
from kaito_pack.workspace.inference_sets import CREATED_BY
from kaito_pack.workspace.labels import WORKSPACE_LABEL

MODULES = (controller_instance_types,)  # with further checks of this layer


def _matches_any_workspace(workspace: Workspace) -> bool:
    """Return whether the labels that the controller uses are not specific to this Workspace."""
    return all(selectors.is_well_known(key) for key in workspace.match_labels)


@rule("controller/no-node-created", "controller/nodes-shared")
def no_node_created(case: Case) -> Iterator[Problem]:
    """Report a selector whose existing nodes cover the count, so that KAITO creates none."""
    if not case.own_nodes and case.workspace.has_resource and _matches_any_workspace(case.workspace):
        yield case.problem(*SELECTOR, labels=_labels_shown(case.workspace), name=_name(case))


def _name(case: Case) -> str:
    return shown(case.workspace.name, quote=False)


def _labels_shown(workspace: Workspace) -> str:
    labels = ", ".join(shown(f"{key}: {value}") for key, value in workspace.match_labels.items())
    return labels or "an empty selector"


@rule("controller/selector-shared")
def selector_shared(case: Case) -> Iterator[Problem]:
    """Report two Workspaces with the same selector, which count each other's nodes."""
    if case.own_nodes or not case.workspace.match_labels or _matches_any_workspace(case.workspace):
        return
    for manifest in case.surroundings.workspaces_labelled(case.workspace.match_labels):
        other = Workspace(mapping(manifest))
        if not other.is_same_as(case.workspace) and other.match_labels == case.workspace.match_labels:
            yield case.problem(*SELECTOR, other=shown(other.name))


@rule("controller/selector-not-a-label")
def selector_not_a_label(case: Case) -> Iterator[Problem]:
    """Report invalid labels in matchLabels, which the webhook does not check."""
    for key, value in case.workspace.match_labels.items():
        if not (names.is_qualified(key) and names.is_label_value(value)):
            facts = {"key": shown(key, quote=False), "value": shown(value, quote=False)}
            yield case.problem(*SELECTOR, "matchLabels", key, **facts)


@rule("controller/selector-of-every-node")
def selector_of_every_node(case: Case) -> Iterator[Problem]:
    """Report a selector without matchLabels, which matches every node."""
    workspace = case.workspace
    ignored = any(True for _ in selectors.expressions(workspace.selector))
    if workspace.has_resource and not workspace.match_labels and not ignored:
        yield case.problem(*SELECTOR)


@rule("controller/expressions-ignored")
def expressions_ignored(case: Case) -> Iterator[Problem]:
    """Report matchExpressions, which KAITO accepts but ignores."""
    for index, _, _ in selectors.expressions(case.workspace.selector):
        yield case.problem(*SELECTOR, "matchExpressions", index)


@rule("controller/name-without-pods")
def name_without_pods(case: Case) -> Iterator[Problem]:
    """Report a name from which the StatefulSet cannot make a valid pod label."""
    length, rule = len(case.workspace.name), case.rule.parameters
    if rule["longest"] < length <= rule["longestStatefulSet"]:
        yield case.problem("metadata", "name", length=length, longest=rule["longest"])


@rule("controller/name-without-statefulset")
def name_without_statefulset(case: Case) -> Iterator[Problem]:
    """Report a name that is too long for the headless Service."""
    length, longest = len(case.workspace.name), case.rule.parameters["longest"]
    if length > longest:
        yield case.problem("metadata", "name", length=length, longest=longest)


@rule("controller/name-leading-digit")
def name_leading_digit(case: Case) -> Iterator[Problem]:
    """Report a name that starts with a digit, which is not valid for a Service."""
    name = case.workspace.name
    if name[:1].isascii() and name[:1].isdigit():
        yield case.problem("metadata", "name", name=shown(name))


@rule("controller/resource-never-reconciled")
def resource_never_reconciled(case: Case) -> Iterator[Problem]:
    """Report a missing `resource`, which makes every reconciliation fail."""
    if not case.workspace.has_resource:
        yield case.problem("resource")


@rule("controller/count-above-limit")
def count_above_limit(case: Case) -> Iterator[Problem]:
    """Report more nodes than the controller of 0.11 accepts."""
    limit = case.rule.parameters["limit"]
    if case.workspace.count > limit:
        yield case.problem("resource", "count", count=case.workspace.count, limit=limit)


@rule("controller/count-acts-as-one")
def count_acts_as_one(case: Case) -> Iterator[Problem]:
    """Report a count of 0 or less, which KAITO treats as 1."""
    if case.workspace.count < 1 and not _is_refused(case):
        yield case.problem("resource", "count", count=case.workspace.count)


@rule("controller/count-negative")
def count_negative(case: Case) -> Iterator[Problem]:
    """Report a negative count, which a Deployment cannot have."""
    if case.workspace.count < 0:
        yield case.problem("resource", "count", count=case.workspace.count)


def _is_refused(case: Case) -> bool:
    return case.workspace.count < 0 and get_rule("controller/count-negative").holds_for(case.kaito)


@rule("controller/deployment-hostname")
def deployment_hostname(case: Case) -> Iterator[Problem]:
    """Report an invalid hostname in a Deployment; a StatefulSet overwrites it."""
    for field in ("hostname", "subdomain"):
        name = text(case.workspace.pod_spec.get(field))
        if name and not names.is_dns_label(name):
            yield case.problem(*TEMPLATE, "spec", field, field=field, value=shown(name))


@rule("controller/affinity-overwritten")
def affinity_overwritten(case: Case) -> Iterator[Problem]:
    """Report an affinity, which the controller overwrites."""
    if mapping(case.workspace.pod_spec.get("affinity")):
        yield case.problem(*TEMPLATE, "spec", "affinity")


@rule("controller/image-name")
def image_name(case: Case) -> Iterator[Problem]:
    """Report an image that no node can pull; another rule reports spaces."""
    for path, container in case.workspace.all_containers():
        image = text(container.get("image")).strip()
        # Rare forms (an IPv6 registry, another digest) are not reported.
        if (
            image
            and len(image) < LONGEST_NAME
            and not set("[@") & set(image)
            and not is_image_reference(image)
        ):
            yield case.problem(*path, "image", image=shown(image))


@rule("controller/label-overwritten")
def label_overwritten(case: Case) -> Iterator[Problem]:
    """Report a label of KAITO's that the controller overwrites."""
    labels = mapping(mapping(case.workspace.template.get("metadata")).get("labels"))
    if WORKSPACE_LABEL in labels and labels[WORKSPACE_LABEL] != case.workspace.name:
        path = (*TEMPLATE, "metadata", "labels", WORKSPACE_LABEL)
        yield case.problem(*path, value=shown(labels[WORKSPACE_LABEL]), name=shown(case.workspace.name))


@rule("controller/port-not-reached")
def port_not_reached(case: Case) -> Iterator[Problem]:
    """Report a port that KAITO's own Service does not reach."""
    reached = case.rule.parameters["port"]
    if not case.workspace.has_template or _has_service(case):
        return
    ports = list(_ports(case.workspace))
    if ports and all(port != reached for _, port in ports):
        path, port = ports[0]
        key, name = list(_pod_labels(case.workspace).items())[-1]
        selector = f"{key}: {shown(name, quote=False)}"
        yield case.problem(*path, port=port, reached=reached, selector=selector)


def _ports(workspace: Workspace) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the ports that the containers declare, or listen on by `--port`, with their paths."""
    for path, container in workspace.containers():
        declared = list(sequence(container.get("ports")))
        for index, each in enumerate(declared):
            number = int64(mapping(each).get("containerPort"))
            if number is not None:
                yield (*path, "ports", index, "containerPort"), number
        flag_port = digits(flag(words(container), "--port"))
        if flag_port is not None:
            yield (*path, "args"), flag_port


def _pod_labels(workspace: Workspace) -> dict[str, str]:
    """Return the labels that KAITO sets on the pods: the Workspace's and its InferenceSet's."""
    labels = {WORKSPACE_LABEL: workspace.name}
    if name := string_map(workspace.metadata.get("labels")).get(CREATED_BY):
        labels[CREATED_BY] = name
    return labels


def _has_service(case: Case) -> bool:
    """Return whether a Service of the run selects the Workspace's pods."""
    labels = string_map(mapping(case.workspace.template.get("metadata")).get("labels"))
    labels |= _pod_labels(case.workspace)
    workspace = case.workspace
    services = case.surroundings.services_that_may_select(workspace.name, workspace.namespace)
    return any(_selects(mapping(service), labels, workspace) for service in services)


def _selects(service: Fields, labels: dict[str, str], workspace: Workspace) -> bool:
    selector = mapping(mapping(service.get("spec")).get("selector"))
    is_same_namespace = Workspace(service).namespace == workspace.namespace
    return (
        is_same_namespace
        and bool(selector)
        and all(labels.get(key) == value for key, value in selector.items())
    )


def check(manifest: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield errors for what the controller fails on, and warnings for what it does differently than written.

    This covers only KAITO; another check covers what it writes back. Observed with KAITO v0.6.2 to v0.12.0.
    """
    old = None if surroundings.old is None else Workspace(surroundings.old)
    yield from judge("controller", Workspace(manifest), surroundings, old)
