"""Labels and annotations of KAITO that several rooms read."""

from __future__ import annotations

RUNTIME_ANNOTATION = "kaito.sh/runtime"  # chooses the server of a preset
WORKSPACE_LABEL = "kaito.sh/workspace"  # KAITO's label on the pods of a Workspace
MODE_LABEL = "kubefoundry.io/model-source"  # the pack's label on a Workspace: the mode that rendered it
