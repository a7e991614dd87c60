"""Suggests a fix for a field that is in the wrong place of a Workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, Schema, get
from kaito_pack.facts.rules import get_rule
from kaito_pack.facts.tables import per_pack
from kaito_pack.kaito import crd
from kaito_pack.kaito.fields import GROUP
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.elsewhere import (
    SchemaField,
    by_name,
    fields_of,
    is_wrapper,
    place_of,
)
from kaito_pack.workspace.inference_sets import pod_template_path

WRONG = ("status",)  # no one writes it
Served = tuple[str, str]  # a kind, and one of its API versions


def with_place(problem: Problem, manifest: Manifest, kaito: str) -> Problem:
    """Return the problem of an unknown field with a fix that names the field's place, if it has one."""
    if not problem.rule.endswith("/unknown-field") or not problem.path:
        return problem
    api = str(manifest.get("apiVersion")).rpartition("/")[2]
    kind = str(manifest.get("kind"))
    if kind not in crd.FOLDERS or api not in crd.schemas(kaito, kind):
        return problem
    fix = _fix(problem, manifest, kaito, (kind, api))
    return problem if fix is None else problem._replace(fix=fix)


def _fix(problem: Problem, manifest: Manifest, kaito: str, served: Served) -> str | None:
    *above, name = problem.path
    parameters = get_rule("crd/unknown-field").parameters
    words: Mapping[str, str] = parameters["elsewhere"]
    value = get(manifest, problem.path)
    fields = _fields(kaito, *served)
    parent = tuple("[]" if isinstance(step, int) else step for step in above)
    siblings = [field.path[-1] for each in fields.values() for field in each if field.path[:-1] == parent]
    if is_wrapper(str(name), value, siblings, parameters["wrappers"]):
        return words["up"].format(field=name)
    place = place_of(problem.path, value, fields.get(str(name), ()), manifest)
    if place is not None:
        return words["move"].format(place=place)
    return _of_another_version((*parent, str(name)), kaito, served, words)


def _of_another_version(
    path: tuple[str, ...], kaito: str, served: Served, words: Mapping[str, str]
) -> str | None:
    """Return the fix for a field that exists at this path in another API version, or in a newer KAITO."""
    kind, api = served
    if any(field.path == path for field in _fields(kaito, kind, "v1beta1").get(path[-1], ())):
        return words["api"].format(api=f"{GROUP}/v1beta1")
    versions = list(crd.versions())
    for newer in versions[versions.index(kaito) + 1 :]:
        if any(field.path == path for field in _fields(newer, kind, api).get(path[-1], ())):
            return words["newer"].format(kaito=newer)
    return None


@per_pack
def _fields(kaito: str, kind: str, api: str) -> dict[str, list[SchemaField]]:
    """Return every field of a kind by name, including those of its metadata and its pod template."""
    template = pod_template_path({"apiVersion": f"{GROUP}/{api}", "kind": kind})
    fields = [
        field
        for field in fields_of(crd.schemas(kaito, kind).get(api, {}))
        if field.path[0] not in WRONG and field.path[: len(template)] != template
    ]
    for path, name in ((("metadata",), definitions.OBJECT_META), (template, definitions.POD_TEMPLATE)):
        known = definitions.definition(crd.versions()[kaito]["kubernetesApi"], name)

        def resolve(schema: Schema, known: definitions.Definitions = known) -> Schema:
            reference: Any = schema.get("$ref")
            return known.schemas.get(reference, schema)

        fields += fields_of({"$ref": known.root}, resolve, tuple(map(str, path)))
    fields.append(SchemaField(tuple(map(str, template)), "object"))
    return by_name(fields)
