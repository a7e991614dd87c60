"""Detects values files of one run that render the same object, so that the later overwrites the earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.run.judgement import Judgement
from kaito_pack.values.checking import Values


def report_twins(judgements: Sequence[Judgement]) -> None:
    """Report each pair of files that render the same object."""
    first: dict[tuple[str, str, str], Judgement] = {}
    for judgement in judgements:
        if judgement.values is None or not judgement.objects:
            continue
        body = judgement.manifests[0].body
        metadata: Mapping[str, str] = body["metadata"]
        twin = first.setdefault((body["kind"], metadata["namespace"], metadata["name"]), judgement)
        if twin.values is not None and twin is not judgement:
            judgement.own.append(_same_workspace(judgement.values, twin.values, body))
            twin.own.append(_same_workspace(twin.values, judgement.values, body))


@rule("values/same-workspace", on="part")
def _same_workspace(values: Values, other: Values, body: Manifest) -> Problem:
    path: FieldPath = ("name",)
    metadata = body["metadata"]
    facts = {"kind": body["kind"], "namespace": metadata["namespace"], "name": metadata["name"]}
    return problem("values/same-workspace", path, values.place(path), other=str(other.place(path)), **facts)
