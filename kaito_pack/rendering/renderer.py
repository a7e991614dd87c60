"""Renders valid values to manifests: renders and parses each template of the mode once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Context, get, text
from kaito_pack.pack import Pack
from kaito_pack.rendering.context import completed, context_of, is_hashed
from kaito_pack.rendering.manifests import IDENTITY, RenderedManifest, check_identity, parsed
from kaito_pack.values.checking import Values
from kaito_pack.values.meanings import EXTRA_OBJECTS, POD_TEMPLATE
from kaito_pack.workspace.inference_sets import pod_template_path
from kaito_pack.workspace.workloads import WORKLOAD, workloads

if TYPE_CHECKING:
    from kaito_pack.rendering.marking import Mark, Marking
    from kaito_pack.rendering.render_child import ForeignTemplates


class OwnTemplates:
    """Templates rendered in this process, each compiled once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        from kaito_pack.rendering.templates import (
            Environment,
            render,
        )

        self._environment, self._render = Environment(folders, is_cached=True), render
        self._folders = folders
        self._marking: Marking | None = None

    def texts(self, templates: Sequence[str], context: Context) -> list[str]:
        """Return the text of each template, `""` if it emits no manifest. Raises PackError for an error."""
        return [self._render(self._environment, template, context) for template in templates]

    def marked(self, template: str, context: Context) -> tuple[str, Mapping[int, Mark]]:
        """Return the text of a template with marks, and the meaning of each mark; see `marking`."""
        if self._marking is None:
            from kaito_pack.rendering.marking import Marking

            self._marking = Marking(self._folders, is_confined=False)
        return self._render(self._marking, template, context), self._marking.marks


class Renderer:
    """A renderer of values by the templates of one pack; templates are compiled once.

    `kaito` is the KAITO minor that determines the API versions of the manifests, the newest by default.
    """

    def __init__(self, pack: Pack, kaito: str | None = None) -> None:
        self.kaito = kaito
        self._pack = pack

    @cached_property
    def _templates(self) -> OwnTemplates | ForeignTemplates:
        """The templates of the pack. A run that checks only manifests never loads Jinja."""
        if self._pack.is_foreign:
            from kaito_pack.rendering.render_child import ForeignTemplates

            return ForeignTemplates(self._pack.template_folders)
        return OwnTemplates(self._pack.template_folders)

    def render(self, values: Values) -> list[RenderedManifest]:
        """Return the manifests of `values`, the Workspace first, with the user's additions.

        Raises PackError for an error in a template, ProblemsError if an addition does not fit.
        """
        manifests = self._render(values, {})
        if is_hashed(values):
            # The hashes cover the final manifests with additions, so a first rendering has to compute them.
            return self._render(values, hashes(manifests))
        return manifests

    def _render(self, values: Values, hashed: Mapping[str, str]) -> list[RenderedManifest]:
        context = context_of(values, hashed, self.kaito)
        manifests = self.render_filled(values.mode.templates, context)
        _check_identities(values, manifests)
        if values.filled.get(POD_TEMPLATE) or values.filled.get(EXTRA_OBJECTS):
            from kaito_pack.rendering.extending import extended

            return extended(manifests, values)
        return manifests

    def marked(self, template: str, context: Context) -> tuple[str, Mapping[int, Mark]]:
        """Return the text of one template with marks, and the meaning of each mark; raises PackError."""
        return self._templates.marked(template, completed(context, self.kaito))

    def render_filled(self, templates: Sequence[str], context: Context) -> list[RenderedManifest]:
        """Return the manifests of a complete context; without hashes, unless the context contains them."""
        context = completed(context, self.kaito)
        manifests = []
        for template, output in zip(templates, self._templates.texts(templates, context), strict=True):
            if output:
                manifests.append(RenderedManifest(template, output, parsed(output, template)))
        return manifests


def _check_identities(values: Values, manifests: Sequence[RenderedManifest]) -> None:
    """Raise PackError if the mode's first template, the Workspace's, emits nothing, or a name is missing."""
    first = next(iter(values.mode.templates), "")
    if first.startswith(f"{values.mode.name}/"):
        if not manifests or manifests[0].template != first:
            raise PackError(f"templates/{first}: the output is empty")
        check_identity(manifests[0], [*IDENTITY, ("metadata", "namespace")])
        _check_kind(manifests[0], text(values.filled.get(WORKLOAD)))
    for manifest in manifests:
        check_identity(manifest, IDENTITY)


def _check_kind(manifest: RenderedManifest, workload: str) -> None:
    """Raise PackError if a template renders another kind of workload than the values request."""
    kind = text(manifest.body.get("kind"))
    if {kind, workload} <= workloads().keys() and kind != workload:
        raise PackError(
            f"templates/{manifest.template}: renders a {kind}, but workload is {workload}."
            " Extend _partials/workload.yaml.j2, which renders both"
        )


def hashes(manifests: Sequence[RenderedManifest]) -> dict[str, str]:
    """Return `templateHash`, which changes only with the pod spec, and `jobHash`, with the pack's Job.

    A Job is immutable, so its name contains both.
    """
    body = manifests[0].body
    spec = get(body, (*pod_template_path(body), "spec"))
    own = [manifest.body for manifest in manifests if manifest.template != EXTRA_OBJECTS]
    jobs = [body.get("spec") for body in own if body.get("kind") == "Job"]
    return {"templateHash": _digest(spec)[:8], "jobHash": _digest(jobs)[:3]}


def _digest(value: Any) -> str:
    import json
    from hashlib import sha256

    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
