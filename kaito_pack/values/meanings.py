"""Which value means what: the model, its file, its length. `facts/values.json` has the names.

A mode that calls one otherwise says so in `meanings` of its mode.yaml. Four values have a meaning in the
program itself, whatever the mode.
"""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import ABSENT, ModeFacts, ValuesMap, get, mapping
from kaito_pack.facts.tables import table

NO_MODE: ModeFacts = {}
MODE = "modelSource"
PROVIDER = "provider"  # what deploys the model
POD_TEMPLATE = "podTemplate"  # is merged into the pod template of the workload
EXTRA_OBJECTS = "extraObjects"  # are rendered as they are


def named_values(mode: ModeFacts = NO_MODE) -> Mapping[str, str]:
    """Return the names of values by their meanings: model, file, image, machine, length, stages …"""
    return {**table("values.json")["meanings"], **mapping(mode.get("meanings"))}


def decisive_path(path: FieldPath, given: ValuesMap, mode: ModeFacts) -> FieldPath:
    """Return the path of the given value behind the value at `path`.

    That is the value itself or, if it has its default, the instance type, else the model.
    """
    names = named_values(mode)
    paths = (path, (names["instanceType"],), (names["model"],))
    return next((each for each in paths if get(given, each, ABSENT) is not ABSENT), path)


def is_extended(values: ValuesMap, mode: ModeFacts = NO_MODE) -> bool:
    """Return whether filled `values` change what the mode's templates make of the server."""
    return bool(values.get(POD_TEMPLATE) or values.get(named_values(mode)["arguments"]))


def placeholders() -> Mapping[str, str]:
    """Return the words that stand for values that are not given, in commands and messages."""
    words: Mapping[str, str] = table("values.json")["placeholders"]
    return words
