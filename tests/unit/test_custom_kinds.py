"""Custom resources: any kind with a schema in facts/crds/ is judged."""

from __future__ import annotations

import json

import pytest
import yaml

from kaito_pack.base.root import FACTS
from kaito_pack.kubernetes.objects.custom_kinds import check_custom
from tests.changing import DROP, with_value
from tests.conftest import ROOT

MONITOR = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PodMonitor",
    "metadata": {"name": "a", "namespace": "b", "labels": {"release": "x"}},
    "spec": {
        "selector": {"matchLabels": {"kaito.sh/workspace": "a"}},
        "podMetricsEndpoints": [{"targetPort": 8000, "path": "/metrics", "interval": "15s"}],
    },
}


def changed(*path, to):
    return with_value(MONITOR, path, to)


def rules(body):
    result = check_custom(body, "1.35")
    return None if result is None else [(item.rule, item.path) for item in result]


ENDPOINT = ("spec", "podMetricsEndpoints", 0)


def test_a_right_podmonitor_is_accepted() -> None:
    assert rules(MONITOR) == []


@pytest.mark.parametrize("port", [8000, "http"])
def test_a_target_port_is_a_number_or_a_name(port) -> None:
    assert rules(changed(*ENDPOINT, "targetPort", to=port)) == []


@pytest.mark.parametrize(
    ("body", "rule", "path"),
    [
        (changed(*ENDPOINT, "targetport", to=1), "crd/unknown-field", (*ENDPOINT, "targetport")),
        (changed(*ENDPOINT, "targetPort", to=1.5), "crd/wrong-type", (*ENDPOINT, "targetPort")),
        (changed(*ENDPOINT, "portNumber", to=0), "crd/out-of-range", (*ENDPOINT, "portNumber")),
        (changed(*ENDPOINT, "interval", to="15 s"), "crd/bad-text", (*ENDPOINT, "interval")),
        (changed(*ENDPOINT, "interval", to=15), "crd/wrong-type", (*ENDPOINT, "interval")),
        (changed(*ENDPOINT, "scheme", to="ftp"), "crd/unknown-value", (*ENDPOINT, "scheme")),
        (changed("spec", "selector", to=DROP), "crd/missing-field", ("spec", "selector")),
        (changed("spec", to=DROP), "crd/missing-field", ("spec",)),
        (changed("spec", to=[]), "crd/wrong-type", ("spec",)),
        (changed("metadata", "name", to="A"), "crd/bad-name", ("metadata", "name")),
        (changed("metadata", "labels", to={"a": 1}), "crd/wrong-type", ("metadata", "labels", "a")),
        (changed("metadata", to=DROP), "crd/missing-name", ("metadata",)),
    ],
)
def test_a_wrong_podmonitor_is_refused(body, rule: str, path) -> None:
    assert rules(body) == [(rule, path)]


@pytest.mark.parametrize(
    "api", ["monitoring.coreos.com/v2", "monitoring.coreos.org/v1", "v1", "../x/v1", 1, None]
)
def test_a_kind_without_a_schema_is_nobodys(api) -> None:
    assert rules(changed("apiVersion", to=api)) is None


@pytest.mark.parametrize("kind", ["../PodMonitor", "", "Pod/Monitor", None, [], "podmonitor"])
def test_a_hostile_kind_reaches_no_file(kind) -> None:
    assert rules({**MONITOR, "kind": kind}) is None


@pytest.mark.parametrize("file", sorted((FACTS / "crds").glob("*.json")), ids=lambda file: file.stem)
def test_a_schema_of_a_custom_kind_is_named_after_it(file) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    assert file.stem == f"{content['group']}_{content['kind']}"
    for version in content["versions"]:
        body = {"apiVersion": f"{content['group']}/{version}", "kind": content["kind"]}
        assert rules(body), "a body without a name is refused"


def test_the_rules_of_the_integration_are_an_object_that_the_operator_takes() -> None:
    text = (ROOT / "integrations" / "prometheus" / "prometheusrule.yaml").read_text(encoding="utf-8")
    body = yaml.safe_load(text)
    assert rules(body) == []
    body["spec"]["groups"].append({"name": body["spec"]["groups"][0]["name"]})
    assert [rule for rule, _ in rules(body)] == ["crd/bad-items"]


def test_validate_refuses_a_wrong_podmonitor(run, tmp_path) -> None:
    (tmp_path / "monitor.yaml").write_text(
        json.dumps(changed(*ENDPOINT, "prot", to="http")), encoding="utf-8"
    )
    done = run("validate", "monitor.yaml")
    assert done.returncode == 1
    assert "unknown field `prot` in a PodMonitor of monitoring.coreos.com/v1" in done.stderr + done.stdout
