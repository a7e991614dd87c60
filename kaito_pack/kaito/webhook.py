"""What KAITO's admission webhook rejects in a Workspace once it has decoded it.

The checks are in the modules imported here; versions, words and figures are in the rules' rows
(`facts/rules/webhook.json`), whose order is that of the problems.
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
    """Yield what the webhook rejects about a Workspace: a create, or an update if `surroundings.old` is set.

    Problems have paths and no places; all are of layer "webhook". Read in KAITO v0.6.2 to v0.12.0.
    """
    old = None if surroundings.old is None else Workspace(surroundings.old)
    yield from judge("webhook", Workspace(manifest), surroundings, old)
