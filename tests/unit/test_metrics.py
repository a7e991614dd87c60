"""The metrics of a Workspace: whose they are, where they are, what picks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.pack.references import resolve
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.status.metrics import NoMetrics, key_metrics, metrics_of, selector
from kaito_pack.status.reach import engines_of
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.inference_sets import workspace_of
from kaito_pack.workspace.workloads import workloads
from tests.conftest import ROOT

PACK = Pack()
ENGINE_FILES = sorted((ROOT / "facts" / "engines").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "values" / "rendered").glob("*.yaml"))


def metrics(manifest, by="workspace", pack=PACK):
    engines = engines_of(PACK)
    view = read_workspace(manifest, engines.served_names, engines.suffixes)
    return metrics_of(manifest, view, pack, by)


def workspace(container, **metadata):
    template = {"spec": {"containers": [container]}}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "mine", "namespace": "team", **metadata},
        "resource": {"labelSelector": {"matchLabels": {"apps": "mine"}}},
        "inference": {"template": template},
    }


VLLM = {"name": "x", "image": "vllm/vllm-openai:v0.12.0", "args": ["--model", "acme/tiny"]}


def problems(schema: str, file: Path) -> list[str]:
    resolved = resolve(schema, PACK.schema_folders)
    body = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [error.message for error in Draft202012Validator(resolved).iter_errors(body)]


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_every_mode_yaml_satisfies_its_schema(mode: str) -> None:
    assert problems("mode.schema.json", ROOT / "templates" / mode / "mode.yaml") == []


@pytest.mark.parametrize("file", ENGINE_FILES, ids=lambda file: file.name)
def test_every_engine_file_satisfies_its_schema(file: Path) -> None:
    assert problems("engine.schema.json", file) == []


def test_a_mode_yaml_with_a_misspelt_fact_does_not_satisfy_it(tmp_path: Path) -> None:
    text = (ROOT / "templates" / PACK.mode_names[0] / "mode.yaml").read_text(encoding="utf-8")
    (tmp_path / "mode.yaml").write_text(text.replace("engine:", "engin:"), encoding="utf-8")
    assert len(problems("mode.schema.json", tmp_path / "mode.yaml")) == 2


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_ids_of_a_mode_are_its_own_and_name_one_recording_rule_each(mode: str) -> None:
    ids = [metric.id for metric in key_metrics(PACK, PACK.mode(mode))]
    assert ids and len(ids) == len(set(ids))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_metrics_of_an_example_are_reached_at_its_own_port_and_service(file: Path) -> None:
    manifests = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    body = next(manifest for manifest in manifests if manifest["kind"] in workloads())
    result = metrics(body).endpoint
    containers = workspace_of(body)["inference"].get("template", {}).get("spec", {}).get("containers", [])
    ports = [port["containerPort"] for container in containers for port in container.get("ports", [])]
    assert result.port in (ports or [5000])  # a preset's container is KAITO's own
    rendered = {
        manifest["metadata"]["name"]: manifest["spec"]["ports"][0]
        for manifest in manifests
        if manifest["kind"] == "Service"
    }
    if result.service == body["metadata"]["name"]:
        assert (result.service_port, result.port) == (80, 5000)  # KAITO's own Service
    else:
        assert rendered[result.service]["port"] == result.service_port


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_podmonitor_is_rendered_where_it_is_asked_for_and_nowhere_else(file: Path) -> None:
    values = yaml.safe_load((ROOT / "values" / file.name).read_text(encoding="utf-8"))
    kinds = [manifest["kind"] for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    assert ("PodMonitor" in kinds) == bool(values.get("monitoring", {}).get("podMonitor"))


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_podmonitor_selects_the_pods_at_the_port_that_answers(mode: str, tmp_path: Path) -> None:
    example = next(
        values
        for file in sorted((ROOT / "values").glob("*.yaml"))
        if (values := yaml.safe_load(file.read_text(encoding="utf-8"))).get("modelSource") == mode
    )
    monitoring = {"podMonitor": True, "labels": {"team": "no"}, "interval": "1m"}
    (tmp_path / "values.yaml").write_text(json.dumps({**example, "monitoring": monitoring}), encoding="utf-8")
    (outcome,) = Pipeline(PACK, Target("0.12", "1.35")).run([str(tmp_path / "values.yaml")])
    assert outcome.is_good, outcome.problems
    (monitor,) = [item.body for item in outcome.manifests if item.body["kind"] == "PodMonitor"]
    result = metrics(outcome.manifests[0].body).endpoint
    assert monitor["spec"]["selector"]["matchLabels"] == result.pod_selector
    assert monitor["metadata"]["labels"]["team"] == "no"
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["targetPort"], endpoint["path"]) == (result.port, result.path)
    assert endpoint["interval"] == "1m"


@pytest.mark.usefixtures("four_modes")
def test_a_foreign_workspace_gets_the_metrics_of_its_engine() -> None:
    result = metrics(workspace(VLLM))
    assert result.engine == "vllm"
    assert result.endpoint.url("team") == "http://mine-vllm.team.svc:8000/metrics"
    assert result.selector == 'namespace="team",workspace="mine"'


def test_a_server_on_another_port_is_asked_there() -> None:
    result = metrics(workspace({**VLLM, "args": ["--model", "acme/tiny", "--port=5000"]}))
    assert (result.endpoint.port, result.endpoint.service, result.endpoint.service_port) == (5000, "mine", 80)


def test_a_preset_is_asked_through_kaitos_own_service() -> None:
    manifest = workspace(VLLM)
    manifest["inference"] = {"preset": {"name": "phi-4-mini-instruct"}}
    assert metrics(manifest).endpoint.url("team") == "http://mine.team.svc:80/metrics"


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ({"kind": "Workspace", "inference": {}}, "without a name"),
        ({"metadata": {"name": "a"}, "tuning": {"preset": {"name": "phi-3"}}}, "tunes a model"),
        (workspace({"image": "example.com/own:1"}), "its engine is not one of"),
        (workspace(None), "its engine is not one of"),
    ],
)
def test_a_workspace_without_known_metrics_says_why(manifest, why: str) -> None:
    with pytest.raises(NoMetrics, match=why):
        metrics(manifest)


def test_a_selector_is_quoted_as_promql_reads_it() -> None:
    assert selector("a", "workspace", 'b"} or up{x="') == 'namespace="a",workspace="b\\"} or up{x=\\""'


def test_pods_are_told_by_the_names_of_a_statefulset_and_a_deployment() -> None:
    assert selector(None, "pod", "a") == 'pod=~"a-([0-9]+|[a-z0-9]{5,10}-[a-z0-9]{5})"'


def test_a_mode_of_a_users_own_pack_brings_its_own_list(tmp_path: Path) -> None:
    home = tmp_path / "templates" / "tgi"
    home.mkdir(parents=True)
    facts = yaml.safe_load((ROOT / "templates" / "vllm" / "mode.yaml").read_text(encoding="utf-8"))
    own = {
        "id": "queue",
        "name": "tgi_queue_size",
        "displayName": "Queue",
        "description": "Requests that wait.",
        "unit": "requests",
        "type": "gauge",
        "category": "load",
        "promql": "sum(tgi_queue_size{$selector})",
    }
    where = {key: facts["metrics"][key] for key in ("path", "port", "service")}
    mode = {**facts, "engine": "tgi", "metrics": {**where, "keyMetrics": [own]}}
    (home / "mode.yaml").write_text(yaml.safe_dump(mode), encoding="utf-8")
    (home / "workspace.yaml.j2").write_text("", encoding="utf-8")
    schema = json.loads((ROOT / "schemas" / "values" / "vllm.schema.json").read_text(encoding="utf-8"))
    (tmp_path / "schemas" / "values").mkdir(parents=True)
    (tmp_path / "schemas" / "values" / "tgi.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    assert problems("mode.schema.json", home / "mode.yaml") == []
    pack = Pack([tmp_path])
    (metric,) = key_metrics(pack, pack.mode("tgi"))
    assert metric.expression('workspace="a"') == 'sum(tgi_queue_size{workspace="a"})'
