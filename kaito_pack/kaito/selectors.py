"""`resource.labelSelector`, as the webhook and the controller read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaito_pack.base.trees import Fields, mapping, sequence, text
from kaito_pack.kaito.fields import string_map

# Labels that a cloud or the kubelet sets on all or many nodes, so they do not select one Workspace.
WELL_KNOWN_PREFIXES = (
    "kubernetes.io/",
    "beta.kubernetes.io/",
    "node.kubernetes.io/",
    "node-role.kubernetes.io/",
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
    "topology.disk.csi.azure.com/",
    "topology.ebs.csi.aws.com/",
    "kubernetes.azure.com/",
    "eks.amazonaws.com/",
    "karpenter.sh/",
    "karpenter.azure.com/",
    "karpenter.k8s.aws/",
)
WELL_KNOWN_KEYS = ("agentpool", "storageprofile", "storagetier")


def expressions(selector: Fields) -> Iterator[tuple[int, str, list[Any]]]:
    """Yield the index, operator and values of each of `matchExpressions`."""
    for index, each in enumerate(sequence(selector.get("matchExpressions"))):
        expression = mapping(each)
        yield index, text(expression.get("operator")), list(sequence(expression.get("values")))


def converts(operator: str, values: list[Any]) -> bool:
    """Return whether one expression is equivalent to a label: operator In with exactly one value.

    This is Kubernetes' own conversion of a selector to a map, which the webhook of KAITO 0.6 to 0.12 uses.
    """
    return operator == "In" and len(values) == 1


def as_map(selector: Fields) -> dict[str, str] | None:
    """Return the selector as labels, with expressions laid over them; None if the conversion fails."""
    labels = string_map(selector.get("matchLabels"))
    for index, operator, values in expressions(selector):
        if not converts(operator, values):
            return None
        key = text(mapping(sequence(selector.get("matchExpressions"))[index]).get("key"))
        labels[key] = text(values[0])
    return labels


def is_well_known(key: str) -> bool:
    """Return whether a node label of that key is not specific to one Workspace (`kubernetes.io/os` …).

    The hostname label is also well known, but selects one node.
    """
    return key != "kubernetes.io/hostname" and (key in WELL_KNOWN_KEYS or key.startswith(WELL_KNOWN_PREFIXES))
