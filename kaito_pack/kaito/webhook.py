"""Checks a decoded Workspace as KAITO's admission webhook does.

The modules imported here contain the checks. The rows of the rules (`facts/rules/webhook.json`) have the
versions, words and figures, and their order is the order of the problems.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.kaito import (  # noqa: F401 - they register their checks
    metadata,
    update,
    webhook_inference,
    webhook_instance_types,
    webhook_presets,
    webhook_resource,
    webhook_settings,
    webhook_tuning,
)
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.ruling import judge
from kaito_pack.kaito.target import Surroundings


def check(manifest: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield the webhook's rejections of a Workspace: a create, or an update if `surroundings.old` is set.

    Problems have paths but no places; all are of layer "webhook". Source: KAITO v0.6.2 to v0.12.0.
    """
    old = None if surroundings.old is None else Workspace(surroundings.old)
    yield from judge("webhook", Workspace(manifest), surroundings, old)
