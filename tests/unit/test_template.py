"""The pod template is judged as KAITO's webhook decodes it, and by the cluster's Kubernetes."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.base.problems import Problem
from kaito_pack.kaito import crd
from kaito_pack.kaito.template import check_template
from kaito_pack.kubernetes.objects.kinds import check_builtin

FACTS = os.environ.get("KAITO_FACTS")


def workspace(**container: Any) -> dict[str, Any]:
    return {"inference": {"template": {"spec": {"containers": [{"name": "model", **container}]}}}}


def rule_names(manifest: dict[str, Any], kaito: str = "0.12", kubernetes: str = "1.35") -> list[str]:
    return [problem.rule for problem in check_template(manifest, kaito, kubernetes)]


@pytest.mark.parametrize(
    ("container", "rule"),
    [
        ({"imag": "a"}, "webhook/unknown-field"),
        ({"env": [{"name": "A", "value": 1}]}, "webhook/wrong-type"),
        ({"resources": {"limits": {"memory": "3GB"}}}, "webhook/bad-quantity"),
        ({"ports": [{"containerPort": 2**40}]}, "webhook/out-of-range"),
        ({"IMAGE": "a"}, "controller/letter-case"),
    ],
)
def test_what_the_webhook_cannot_decode_is_found(container: dict[str, Any], rule: str) -> None:
    (problem,) = check_template(workspace(**container), "0.12", "1.35")
    assert problem.rule == rule
    assert problem.path[:5] == ("inference", "template", "spec", "containers", 0)


def test_a_field_that_kaito_is_too_old_for_is_told_as_such() -> None:
    manifest = {"inference": {"template": {"spec": {"hostnameOverride": "a"}}}}
    assert rule_names(manifest, "0.7") == ["webhook/field-too-new"]
    assert rule_names(manifest, "0.8") == []


def test_a_field_that_the_cluster_is_too_old_for_is_dropped_there() -> None:
    manifest = {"inference": {"template": {"spec": {"hostnameOverride": "a"}}}}
    assert rule_names(manifest, "0.8", "1.30") == ["kubernetes/field-too-new"]
    assert rule_names(manifest, "0.7", "1.30") == ["webhook/field-too-new"]


def test_volume_sources_are_volumes_without_a_name() -> None:
    def source(value: Any) -> list[str]:
        return rule_names({"tuning": {"input": {"volumeSource": value}, "output": {}}})

    assert source({"emptyDir": {}}) == []
    assert source({"emptyDirs": {}}) == ["webhook/unknown-field"]
    assert source({"name": "a"}) == ["webhook/unknown-field"]


@pytest.mark.parametrize(
    "inference", [None, 1, "a", [], {}, {"template": None}, {"adapters": [1, {"source": 2}]}]
)
def test_other_shapes_raise_nothing(inference: Any) -> None:
    assert rule_names({"inference": inference, "tuning": inference}) == []


def service(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def builtin(manifest: dict[str, Any], kubernetes: str = "1.35") -> list[str] | None:
    result = check_builtin(manifest, kubernetes)
    return None if result is None else [problem.rule for problem in result]


@pytest.mark.parametrize(
    ("manifest", "rule_names_expected"),
    [
        (service(ports=[{"port": 80, "targetPort": "http"}]), []),
        (service(ports=[{"Port": 80}]), ["kubernetes/unknown-field", "kubernetes/missing-field"]),
        (service(ports=[{"targetPort": 80}]), ["kubernetes/missing-field"]),
        (service(selector={"a": 1}), ["kubernetes/wrong-type"]),
        ({**service(), "metadata": {"name": "1web"}}, ["kubernetes/bad-name"]),
        ({**service(), "metadata": {}}, ["kubernetes/missing-name"]),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": True}},
            ["kubernetes/wrong-type"],
        ),
    ],
)
def test_a_builtin_kind_is_judged_by_its_api(
    manifest: dict[str, Any], rule_names_expected: list[str]
) -> None:
    assert builtin(manifest) == rule_names_expected


def test_a_network_policy_without_pod_selector_is_filled_in() -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {},
    }
    assert builtin(policy) == []


@pytest.mark.parametrize(
    "manifest", [{}, {"apiVersion": 1, "kind": []}, {"apiVersion": "a/b/c", "kind": "X"}]
)
def test_a_kind_that_nobody_knows_is_left_alone(manifest: dict[str, Any]) -> None:
    assert builtin(manifest) is None


class Loader(yaml.SafeLoader):
    """Reads booleans as kubectl does, and dates as text."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if not pair[0].endswith(":timestamp")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))
Loader.add_constructor(
    "tag:yaml.org,2002:bool", lambda loader, node: node.value.lower() in ("y", "yes", "true", "on")
)


@cache
def recorded(name: str) -> Any:
    return json.loads((Path(str(FACTS)) / "verdicts" / name).read_text(encoding="utf-8"))


def case(name: str) -> Any:
    path = Path(str(FACTS)) / "verdicts" / "cases" / name
    file = path / "new.yaml" if path.is_dir() else path.with_name(path.name + ".yaml")
    return yaml.load(file.read_text(encoding="utf-8"), Loader)


def by_crd(manifest: Any, kaito: str) -> list[Problem]:
    return list(crd.check(manifest, kaito))


@pytest.mark.recorded
@pytest.mark.parametrize("kaito", crd.versions())
def test_crd_and_decoding_refuse_exactly_what_the_recorded_ones_do(kaito: str) -> None:
    for name, versions in recorded("admission.json").items():
        if name.startswith("_"):
            continue
        manifest = case(name)
        ours_crd = by_crd(manifest, kaito)
        ours_webhook = [p for p in check_template(manifest, kaito, "1.35") if p.layer == "webhook"]
        for verdict in versions[kaito].values():
            by_their_crd = any(error.startswith("crd:") for error in verdict["errors"])
            by_their_webhook = any("decoding request failed" in error for error in verdict["errors"])
            assert bool(ours_crd) == by_their_crd, name
            assert bool(ours_webhook or (ours_crd and by_their_webhook)) == by_their_webhook, name


@pytest.mark.recorded
def test_the_api_server_alone_agrees_with_the_crd_layer() -> None:
    judged = 0
    for name, verdicts in recorded("apiserver.json").items():
        if not name.startswith("_") and "workspace" in verdicts:
            judged += 1
            assert (not by_crd(case(name), "0.12")) == verdicts["workspace"]["ok"], name
    assert judged > 100
