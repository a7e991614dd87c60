"""What templates see: values, the facts of their mode and of the object that serves the model, and hashes."""

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

# What a template sees besides the values and the mode's facts; filled for the rollout job only.
NO_HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": None, "jobHash": None})
# The placeholder of the hashes, which are known after everything is rendered.
HASH = "00000000"
HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": HASH, "jobHash": "000"})
# What a template sees besides values; `pack check` takes these names as known.
GIVEN = frozenset(("mode", "object", "engine", *NO_HASHES))
# The value that a field of `object` comes from, for the line of a problem.
SOURCES = MappingProxyType({"name": "name", "kind": WORKLOAD, "apiVersion": WORKLOAD})


def is_hashed(values: Values) -> bool:
    """Return whether manifests contain hashes of what is rendered (`hashed` of `facts/values.json`)."""
    row: Mapping[str, str] = table("values.json")["hashed"]
    return any(values.filled.get(name) == choice for name, choice in row.items())


def context_of(
    values: Values, hashed: Mapping[str, str | None] = NO_HASHES, kaito: str | None = None
) -> dict[str, Any]:
    """Return what templates see: the values, the facts of the mode, the hashes, and `completed`'s facts."""
    return completed({**values.filled, "mode": values.mode.facts, **hashed}, kaito)


def completed(context: ValuesMap, kaito: str | None = None) -> dict[str, Any]:
    """Return a context of values and `mode` with what follows from them.

    `object` is the Workspace or InferenceSet (its kind, name, apiVersion and podLabel) in the API version of
    that KAITO minor, the newest by default; `engine` has the facts of the mode's engine if it scales by them.
    """
    facts = mapping(context.get("mode"))
    scales = bool(mapping(context.get(named_values(facts)["scaling"])).get("waitingRequests"))
    return {
        **NO_HASHES,
        "object": served_object(context, kaito),
        "engine": engine(facts.get("engine")) if scales else {},
        **context,
    }
