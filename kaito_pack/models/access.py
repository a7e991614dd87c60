"""Checks access to gated models: a server needs a Hugging Face token to download one.

Only the names of variables and Secrets are read, never a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import (
    Fields,
    Manifest,
    ModeFacts,
    ValuesMap,
    entries,
    get,
    mapping,
    sequence,
    text,
)
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.model import Model
from kaito_pack.models.storage import (
    POD,
    environment,
    is_offline,
    may_hold_files,
    token_storage,
    weights_storage,
)
from kaito_pack.models.vllm_arguments import server_command
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.command_line import Command, has_option
from kaito_pack.workspace.engines import checks_models

GATED = "model/gated"
MAY_BE_GATED = "model/may-be-gated"
GATED_PRESET = "model/gated-preset"
PRESET_OPTIONS: FieldPath = ("inference", "preset", "presetOptions")
LOCAL_WEIGHTS = "kaito.sh/use-local-weights"


@rule(GATED, MAY_BE_GATED, on="part")
def check_access(manifest: Manifest, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield a problem if vLLM in the pod template of a Workspace downloads a gated model without a token."""
    view = read_workspace(manifest)
    if not checks_models(view.engine) or view.container is None or view.is_tuning or not view.model_id:
        return
    server = mapping(get(manifest, view.container))
    name = gated_rule(view.model_id, catalogue.find(view.model_id))
    if name and not has_access(manifest, server, server_command(server, view.model_id)):
        yield problem(name, view.container, model=shown(view.model_id))


@rule(GATED_PRESET, on="part")
def check_preset_access(
    manifest: Manifest, preset: str, catalogue: Catalogue, kaito: str, path: FieldPath
) -> Iterator[Problem]:
    """Yield a problem at `path` if KAITO downloads a gated preset without an access Secret."""
    model = catalogue.find_preset(preset)
    if model is None or not model.gated or not get_rule(GATED_PRESET).holds_for(kaito):
        return
    secret = text(mapping(get(manifest, PRESET_OPTIONS)).get("modelAccessSecret"))
    annotations = mapping(get(manifest, ("metadata", "annotations")))
    if not secret and annotations.get(LOCAL_WEIGHTS) != "true":
        yield problem(GATED_PRESET, path, preset=shown(preset))


def gated_rule(model_id: str, model: Model | None) -> str | None:
    """Return the rule for a model that is or may be gated; None if it is not gated or this is unknown."""
    if model is not None and model.gated is not None:
        return GATED if model.gated else None
    parameters = get_rule(MAY_BE_GATED).parameters
    by_name = any(re.search(pattern, model_id.lower()) for pattern in parameters["names"])
    by_license = model is not None and model.license in parameters["licenses"]
    return MAY_BE_GATED if by_name or by_license else None


def values_give_access(values: ValuesMap, mode: ModeFacts) -> bool:
    """Return whether values other than the token's Secret give the server the files of a gated model.

    The answer is that of `has_access` for the rendered Workspace, without rendering it.
    """
    names = named_values(mode)
    command = tuple(word for word in sequence(values.get(names["arguments"])) if isinstance(word, str))
    return bool(
        get(values, (names["cache"], "claim"))
        or values.get(names["endpoint"])
        or _is_given_access({"env": values.get(names["environment"])}, command)
    )


def has_access(manifest: Manifest, server: Fields, command: Command) -> bool:
    """Return whether the server has a token or another source of files: a mirror, a volume, offline mode."""
    pod = mapping(get(manifest, POD))
    return bool(
        _is_given_access(server, command)
        or server.get("envFrom")
        or may_hold_files(weights_storage(manifest, server, command))
        or may_hold_files(token_storage(manifest, server))
        or list(entries(pod.get("initContainers"), ()))
    )


def _is_given_access(server: Fields, command: Command) -> bool:
    """Return whether a variable or argument sets a token or a mirror, or disables access to the Hub."""
    parameters, known = get_rule(GATED).parameters, environment(server)
    return (
        any(name in known for name in parameters["variables"])
        or has_option(command, *parameters["options"])
        or is_offline(server)
    )
