"""The context of templates: values, facts of their mode and of the object that serves the model, hashes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kaito_pack.base.trees import ValuesMap, mapping
from kaito_pack.facts.tables import table
from kaito_pack.values.checking import Values
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace.engines import engine
from kaito_pack.workspace.workloads import WORKLOAD, served_object

# Variables of a template besides values and facts of the mode; only the rollout job uses them.
NO_HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": None, "jobHash": None})
# A placeholder for the hashes, which are computed after rendering.
HASH = "00000000"
HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": HASH, "jobHash": "000"})
# Variables of a template besides values; `pack check` treats these names as defined.
GIVEN = frozenset(("mode", "object", "engine", *NO_HASHES))
# The value behind each field of `object`, for the line of a problem.
SOURCES = MappingProxyType({"name": "name", "kind": WORKLOAD, "apiVersion": WORKLOAD})


def is_hashed(values: Values) -> bool:
    """Return whether manifests contain hashes of rendered content (`hashed` of `facts/values.json`)."""
    row: Mapping[str, str] = table("values.json")["hashed"]
    return any(values.filled.get(name) == choice for name, choice in row.items())


def context_of(
    values: Values, hashed: Mapping[str, str | None] = NO_HASHES, kaito: str | None = None
) -> dict[str, Any]:
    """Return the context of templates: values, facts of the mode, hashes, and the facts of `completed`."""
    return completed({**values.filled, "mode": values.mode.facts, **hashed}, kaito)


def completed(context: ValuesMap, kaito: str | None = None) -> dict[str, Any]:
    """Return a context of values and `mode` with the facts that follow from them.

    `object` is the Workspace or InferenceSet (its kind, name, apiVersion and podLabel) in the API version of
    that KAITO minor, the newest by default. `engine` has the facts of the mode's engine if it scales by them.
    """
    facts = mapping(context.get("mode"))
    scales = bool(mapping(context.get(named_values(facts)["scaling"])).get("waitingRequests"))
    return {
        **NO_HASHES,
        "object": served_object(context, kaito),
        "engine": engine(facts.get("engine")) if scales else {},
        **context,
    }
