"""A Workspace is judged by its CRD as the API server judges it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.root import FACTS, ROOT
from kaito_pack.kaito import crd, schema_from_crd
from kaito_pack.kubernetes.decoding import structural
from tests.changing import with_value

WORKSPACE: dict[str, Any] = {
    "apiVersion": "kaito.sh/v1beta1",
    "kind": "Workspace",
    "metadata": {"name": "mistral", "namespace": "models"},
    "resource": {"count": 1, "labelSelector": {"matchLabels": {"pool": "gpu"}}},
    "inference": {"preset": {"name": "phi-4"}},
}


def changed(path: str, value: Any) -> Any:
    return with_value(WORKSPACE, path.split("."), value)


def problems(path: str, value: Any, kaito: str = "0.12") -> list[Problem]:
    return list(crd.check(changed(path, value), kaito))


def rule_names(path: str, value: Any, kaito: str = "0.12") -> list[str]:
    return [problem.rule for problem in problems(path, value, kaito)]


@pytest.mark.parametrize("kaito", crd.versions())
def test_a_plain_workspace_is_fine_for_every_version(kaito: str) -> None:
    assert list(crd.check(WORKSPACE, kaito)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resource.count", None),
        ("resource.count", 2.0),
        ("resource.count", -5),
        ("inference", None),
        ("tuning", None),
        ("inference.template", {"anything": [1, {"goes": None}]}),
        ("resource.labelSelector.matchLabels", {"a": None}),
        ("inference.preset.accessMode", None),
        ("metadata.generateName", "m-"),
        ("metadata.creationTimestamp", None),
        ("status", {"workerNodes": 5}),
        ("status", None),
    ],
)
def test_what_the_api_server_takes_is_fine(path: str, value: Any) -> None:
    assert problems(path, value) == []


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("replicas", 1, "crd/unknown-field"),
        ("resource.instancetype", "a", "crd/unknown-field"),
        ("metadata.lables", {}, "crd/unknown-field"),
        ("status.phase", "Ready", "crd/unknown-field"),
        ("inference.preset.surprise", None, "crd/unknown-field"),
        ("resource.count", "1", "crd/wrong-type"),
        ("resource.count", True, "crd/wrong-type"),
        ("resource.count", 1.25, "crd/wrong-type"),
        ("resource.count", 2**63, "crd/wrong-type"),
        ("resource.preferredNodes", [None], "crd/wrong-type"),
        ("resource.preferredNodes", "node", "crd/wrong-type"),
        ("metadata.labels", {"a": 1}, "crd/wrong-type"),
        ("metadata", "name", "crd/wrong-type"),
        ("resource.labelSelector", None, "crd/missing-field"),
        ("resource", {}, "crd/missing-field"),
        ("inference.preset.accessMode", "Private", "crd/unknown-value"),
        ("resource.partition", {"mode": "mig", "count": 0}, "crd/out-of-range"),
        ("metadata.creationTimestamp", "yesterday", "crd/bad-time"),
        ("metadata.name", None, "crd/missing-name"),
        ("metadata", None, "crd/missing-name"),
        ("metadata.name", "Mistral", "crd/bad-name"),
        ("metadata.name", "a" * 254, "crd/bad-name"),
        ("metadata.namespace", "a.b", "crd/bad-namespace"),
        ("metadata.labels", {"a/b/c": "d"}, "crd/bad-label"),
        ("metadata.labels", {"a": "-"}, "crd/bad-label"),
        ("metadata.annotations", {"a b": "c"}, "crd/bad-annotation"),
        ("metadata.annotations", {"a": "b" * 262144}, "crd/bad-annotation"),
        ("metadata.ownerReferences", [{"apiVersion": "v1", "kind": "Pod", "name": "a"}], "crd/bad-owner"),
        ("apiVersion", "kaito.sh/v1", "crd/unknown-version"),
        ("apiVersion", "v1", "crd/wrong-kind"),
        ("kind", ["Workspace"], "crd/wrong-kind"),
    ],
)
def test_what_the_api_server_refuses_is_found(path: str, value: Any, rule: str) -> None:
    assert rule_names(path, value) == [rule]


def test_a_misspelt_field_comes_with_the_right_one() -> None:
    (problem,) = problems("inference.presets", {})
    assert problem.path == ("inference", "presets")
    assert problem.fix == "did you mean preset"


def test_the_default_of_an_instance_type_changes_nothing() -> None:
    assert rule_names("resource.instanceType", None, "0.7") == []


def test_a_partition_needs_kaito_0_12() -> None:
    assert rule_names("resource.partition", {"mode": "mig"}, "0.11") == ["crd/unknown-field"]
    assert rule_names("resource.partition", {"mode": "mig"}, "0.12") == []


def test_an_unknown_kaito_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"0\.5 is not supported.*0\.6 to"):
        list(crd.check(WORKSPACE, "0.5"))


def test_a_schema_keeps_structure_and_drops_words() -> None:
    field = {"description": "words", "type": "object", "properties": {"description": {"type": "string"}}}
    assert schema_from_crd.structure(field) == {
        "type": "object",
        "properties": {"description": {"type": "string"}},
    }


def test_the_minor_is_read_from_the_file_name() -> None:
    assert schema_from_crd.minor_of("workspaces-v0.13.2.yaml") == "0.13"
    assert schema_from_crd.minor_of("crd.yaml") is None


def test_a_new_schema_is_written_to_the_folder_that_is_read() -> None:
    assert Path(schema_from_crd.FOLDER) == (FACTS / "kaito").relative_to(ROOT)


def test_what_is_no_crd_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "workspaces-v0.13.0.yaml"
    file.write_text("kind: Pod")
    with pytest.raises(SystemExit, match="not a CustomResourceDefinition"):
        schema_from_crd.main([str(file)])


@pytest.mark.parametrize("kaito", crd.versions())
def test_our_schemas_have_the_structure_of_the_real_crds(kaito: str, tmp_path: Path, facts: Path) -> None:
    release = crd.versions()[kaito]["release"]
    real = facts / "crds" / f"workspaces-v{release}.yaml"
    schema_from_crd.main([str(real), "--out", str(tmp_path)])
    ours = FACTS / "kaito" / f"{kaito}.json"
    assert (tmp_path / ours.name).read_text(encoding="utf-8") == ours.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "kaito", [kaito for kaito in crd.versions() if (FACTS / f"kaito/inferencesets/{kaito}.json").exists()]
)
def test_the_schemas_of_inference_sets_have_the_structure_of_the_real_crds(
    kaito: str, tmp_path: Path, facts: Path
) -> None:
    release = crd.versions()[kaito]["release"]
    schema_from_crd.main([str(facts / "crds" / f"inferencesets-v{release}.yaml"), "--out", str(tmp_path)])
    ours = FACTS / "kaito" / "inferencesets" / f"{kaito}.json"
    written = tmp_path / "inferencesets" / ours.name
    assert written.read_text(encoding="utf-8") == ours.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "kinds"), [(2**31 - 1, []), (2**31, ["range"]), (-(2**31) - 1, ["range"])]
)
def test_a_number_is_limited_by_its_format(number: int, kinds: list[str]) -> None:
    findings: list[Any] = []
    structural.compiled({"type": "integer", "format": "int32"})(number, None, findings)
    assert [finding.kind for finding in findings] == kinds
