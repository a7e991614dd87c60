"""The meanings of values: model, file, length and others. `facts/values.json` has the names.

A mode that uses another name for a value lists it in `meanings` of its mode.yaml. Four values have a fixed
meaning in the program, whatever the mode.
"""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import ABSENT, ModeFacts, ValuesMap, get, mapping
from kaito_pack.facts.tables import table

NO_MODE: ModeFacts = {}
MODE = "modelSource"
PROVIDER = "provider"  # the tool that deploys the model
POD_TEMPLATE = "podTemplate"  # merged into the pod template of the workload
EXTRA_OBJECTS = "extraObjects"  # rendered unchanged


def named_values(mode: ModeFacts = NO_MODE) -> Mapping[str, str]:
    """Return the names of values by their meanings: model, file, image, machine, length, stages …"""
    return {**table("values.json")["meanings"], **mapping(mode.get("meanings"))}


def decisive_path(path: FieldPath, given: ValuesMap, mode: ModeFacts) -> FieldPath:
    """Return the path of the given value that decides the value at `path`.

    This is the value itself or, if it has its default, the instance type, else the model.
    """
    names = named_values(mode)
    paths = (path, (names["instanceType"],), (names["model"],))
    return next((each for each in paths if get(given, each, ABSENT) is not ABSENT), path)


def is_extended(values: ValuesMap, mode: ModeFacts = NO_MODE) -> bool:
    """Return whether filled `values` change the server that the mode's templates render."""
    return bool(values.get(POD_TEMPLATE) or values.get(named_values(mode)["arguments"]))


def placeholders() -> Mapping[str, str]:
    """Return the placeholders for missing values in commands and messages."""
    words: Mapping[str, str] = table("values.json")["placeholders"]
    return words
