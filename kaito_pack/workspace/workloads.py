"""The kinds of KAITO that serve a model, from `facts/kaito/workloads.json`: name, API version, pod label.

A row:

    "InferenceSet": {
      "name": "${name}",                            (its name, derived from the values)
      "apiVersions": {"0.11-": "kaito.sh/v1beta1"}, (by KAITO version)
      "podLabel": "inferenceset.kaito.sh/created-by" (the label with its name that KAITO sets on its pods)
    }
"""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.trees import ValuesMap, text
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import Row, per_pack, table

TABLE = "kaito/workloads.json"
WORKLOAD = "workload"  # the value that selects the kind


@per_pack
def workloads() -> Mapping[str, Row]:
    """Return the kinds that serve a model, the default one first."""
    return table(TABLE)


def api_version(kind: str, kaito: str | None) -> str:
    """Return the apiVersion of a kind in a KAITO minor, the newest KAITO by default."""
    versions: Mapping[str, str] = workloads()[kind]["apiVersions"]
    if kaito is None:
        return list(versions.values())[-1]
    return next(version for span, version in versions.items() if in_range(kaito, span))


def differs(kind: str, kaito: str, other: str) -> bool:
    """Return whether two KAITO minors have a kind in different API versions."""
    return api_version(kind, kaito) != api_version(kind, other)


def served_object(values: ValuesMap, kaito: str | None = None) -> dict[str, str]:
    """Return the kind, name, apiVersion and podLabel of the object that the value `workload` selects."""
    kind = text(values.get(WORKLOAD))
    kind = kind if kind in workloads() else next(iter(workloads()))
    row = workloads()[kind]
    return {
        "kind": kind,
        "name": row["name"].replace("${name}", text(values.get("name"))),
        "apiVersion": api_version(kind, kaito),
        "podLabel": row["podLabel"],
    }
