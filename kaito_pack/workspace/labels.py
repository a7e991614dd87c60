"""Labels and annotations of KAITO and the pack that several packages use."""

from __future__ import annotations

RUNTIME_ANNOTATION = "kaito.sh/runtime"  # selects the server of a preset
WORKSPACE_LABEL = "kaito.sh/workspace"  # KAITO's label on the pods of a Workspace
MODE_LABEL = "kubefoundry.io/model-source"  # the pack's label on a Workspace: the mode that rendered it
