"""From right values to manifests: each template of the mode rendered once and parsed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from kaito_pack.documents import Document, read_text
from kaito_pack.pack import Pack
from kaito_pack.problems import PackError, Path, ProblemsError
from kaito_pack.values import Values

# What a template sees besides the values and the mode's facts; filled for the rollout job alone.
NO_HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": None, "jobHash": None})
EXTRA = "extraObjects"  # in place of the template, for an object that the user has added


class Manifest(NamedTuple):
    """One rendered manifest: its text, to the byte, and what it reads as."""

    template: str
    text: str
    document: Document
    # Where in the values a part of the manifest was written as it stands: manifest path -> values path.
    origins: Mapping[Path, Path] = MappingProxyType({})

    @property
    def body(self) -> Mapping[str, Any]:
        """The manifest as plain data."""
        body: Mapping[str, Any] = self.document.value
        return body


class Templates(Protocol):
    """Where the texts of templates come from."""

    def texts(self, templates: Sequence[str], context: Mapping[str, Any]) -> list[str]:
        """The text of each template, `""` where it emits no manifest; PackError where one is at fault."""


class OwnTemplates:
    """Templates rendered in this process, each compiled once."""

    def __init__(self, folders: Sequence[FilePath]) -> None:
        from kaito_pack.templates import Environment, render  # Jinja2, which a foreign pack's child imports

        self._environment, self._render = Environment(folders, is_cached=True), render

    def texts(self, templates: Sequence[str], context: Mapping[str, Any]) -> list[str]:
        """The text of each template; see `Templates`."""
        return [self._render(self._environment, template, context) for template in templates]


class Renderer:
    """Renders values by the templates of one pack; templates are compiled once."""

    def __init__(self, pack: Pack) -> None:
        self._templates: Templates
        if pack.is_foreign:
            from kaito_pack.render_child import ForeignTemplates  # our own templates need no child

            self._templates = ForeignTemplates(pack.template_folders)
        else:
            self._templates = OwnTemplates(pack.template_folders)

    def render(self, values: Values) -> list[Manifest]:
        """The manifests of `values`, the Workspace first, with the user's additions.

        Raises PackError where a template is at fault, ProblemsError where an addition does not fit.
        """
        manifests = self._render(values, {})
        if values.filled.get("rollout") == "job":
            # Hashed is what comes out in the end, additions included; so it is known after a first time.
            return self._render(values, hashes(manifests))
        return manifests

    def _render(self, values: Values, hashed: Mapping[str, str]) -> list[Manifest]:
        context = context_of(values, hashed)
        manifests = self.render_filled(values.mode.templates, context)
        if values.filled.get("podTemplate") or values.filled.get("extraObjects"):
            from kaito_pack.extending import extended  # most values add nothing

            return extended(manifests, values)
        return manifests

    def render_filled(self, templates: Sequence[str], context: Mapping[str, Any]) -> list[Manifest]:
        """The same for a context given in full; without hashes, unless it holds them."""
        context = {**NO_HASHES, **context}
        manifests = []
        for template, text in zip(templates, self._templates.texts(templates, context), strict=True):
            if text:
                manifests.append(Manifest(template, text, _parsed(text, template)))
        return manifests


def context_of(values: Values, hashed: Mapping[str, str | None] = NO_HASHES) -> dict[str, Any]:
    """What templates see: the values, the facts of the mode, and the hashes."""
    return {**values.filled, "mode": values.mode.facts, **hashed}


def hashes(manifests: Sequence[Manifest]) -> dict[str, str]:
    """`templateHash`, which changes with the Workspace's pod spec alone, and `jobHash`, with the pack's Job.

    A Job cannot be changed, so its name holds both.
    """
    inference = manifests[0].body.get("inference") or {}
    spec = (inference.get("template") or {}).get("spec")
    own = [manifest.body for manifest in manifests if manifest.template != EXTRA]
    jobs = [body.get("spec") for body in own if body.get("kind") == "Job"]
    return {"templateHash": _digest(spec)[:8], "jobHash": _digest(jobs)[:3]}


def _digest(value: Any) -> str:
    import json
    from hashlib import sha256  # only for the values that want the rollout job

    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _parsed(text: str, template: str) -> Document:
    try:
        documents = read_text(text, f"templates/{template}")
    except ProblemsError as error:
        found = error.problems[0]
        raise PackError(f"templates/{template}: its output is not YAML: {found.message}") from None
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise PackError(f"templates/{template}: its output is not one manifest")
    if documents[0].duplicates or documents[0].odd_keys:
        raise PackError(f"templates/{template}: its output has a key twice, or one that is not text")
    documents[0].root = None  # where its lines stand nobody asks, and it is most of what a file keeps, 20 KiB
    return documents[0]


def as_yaml(manifests: Sequence[Manifest]) -> str:
    """One YAML stream."""
    return "---\n".join(manifest.text for manifest in manifests)


def as_json(bodies: Sequence[Mapping[str, Any]]) -> str:
    """One JSON object: the manifest itself, or a List of several, as kubectl prints them."""
    import json  # most runs print YAML

    whole = bodies[0] if len(bodies) == 1 else {"apiVersion": "v1", "kind": "List", "items": bodies}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
