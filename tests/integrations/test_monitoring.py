"""Prometheus and Grafana, by the real promtool and a real Prometheus that scrapes what vLLM exposed."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from kaito_pack.pack import Pack
from kaito_pack.status.metrics import key_metrics, selector
from scripts import monitoring
from tests.conftest import ROOT

PACK = Pack()
PROMETHEUS = ROOT / "integrations" / "prometheus"
DASHBOARD = json.loads((ROOT / "integrations" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = {"$namespace": ".+", "$workspace": ".+", "$__rate_interval": "5m"}
LOCALAI = {"api_call_bucket", "api_call_count", "api_call_sum", "localai_tokens_total"}
RECORDED = ("metrics-0.12.0-1.txt", "metrics-0.12.0-2.txt")


def expressions(panel: dict[str, Any]) -> list[str]:
    """The queries of a panel as Grafana sends them, all namespaces and workspaces chosen."""
    outcome = []
    for target in panel["targets"]:
        expression = target["expr"]
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)
        outcome.append(expression)
    return outcome


def engine_row(engine: str) -> list[dict[str, Any]]:
    """The panels in the dashboard's row of an engine."""
    title, row, outcome = monitoring.engines(PACK)[engine][0], "", []
    for panel in DASHBOARD["panels"]:
        row = panel["title"] if panel["type"] == "row" else row
        if panel["type"] != "row" and row == title:
            outcome.append(panel)
    return outcome


def metric_names(expression: str) -> set[str]:
    return set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?=\{)", expression))


def rules(file: str) -> list[dict[str, Any]]:
    whole = yaml.safe_load((PROMETHEUS / file).read_text(encoding="utf-8"))
    return [rule for group in whole["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def recorded(facts: Path) -> list[str]:
    """What vLLM exposed, at two moments."""
    return [(facts / "vllm" / name).read_text(encoding="utf-8") for name in RECORDED]


@pytest.mark.parametrize("file", sorted(PROMETHEUS.glob("*-rules.yaml")), ids=lambda file: file.name)
def test_promtool_accepts_the_rules(tool, file: Path) -> None:
    checked = promtool(tool, "check", "rules", file)
    assert "SUCCESS" in checked


@pytest.mark.parametrize("file", sorted((PROMETHEUS / "tests").glob("*.yaml")), ids=lambda file: file.name)
def test_the_alerts_fire_when_they_should(tool, file: Path) -> None:
    assert "SUCCESS" in promtool(tool, "test", "rules", file)


def test_every_alert_has_a_unit_test() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (PROMETHEUS / "tests").glob("*.yaml"))
    names = [rule["alert"] for rule in rules("alerting-rules.yaml")]
    assert names and [name for name in names if f"alertname: {name}\n        exp_alerts" not in text] == []


def test_every_series_that_an_alert_reads_is_recorded() -> None:
    known = {rule["record"] for rule in rules("recording-rules.yaml")}
    read = {
        name
        for rule in rules("alerting-rules.yaml")
        for name in re.findall(r"workspace:[a-z0-9_]+", rule["expr"])
    }
    assert read and read - known == set()


def test_promtool_accepts_the_scrape_config(tool, tmp_path: Path) -> None:
    promtool(tool, "check", "config", scrape_config(tmp_path, []))


def test_the_scrape_config_asks_where_the_modes_answer() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"][0]
    endpoints = [PACK.mode(name).facts["metrics"] for name in PACK.mode_names]
    (ports,) = [
        rule["regex"]
        for rule in config["relabel_configs"]
        if rule["source_labels"] == ["__meta_kubernetes_pod_container_port_number"]
    ]
    assert set(ports.split("|")) == {str(endpoint["port"]) for endpoint in endpoints}
    assert {endpoint["path"] for endpoint in endpoints} == {config["metrics_path"]}


def test_promtool_parses_every_expression_of_the_dashboard_and_of_the_modes(tool, tmp_path: Path) -> None:
    outcome = [expression for panel in PANELS for expression in expressions(panel)]
    for mode in map(PACK.mode, PACK.mode_names):
        for by in ("workspace", "pod", "service"):
            matchers = selector("team-a", by, 'odd"name')
            outcome += [metric.expression(matchers) for metric in key_metrics(PACK, mode)]
    group = {"name": "all", "rules": [{"record": f"r{n}", "expr": text} for n, text in enumerate(outcome)]}
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [group]}), encoding="utf-8")
    assert f"{len(outcome)} rules found" in promtool(tool, "check", "rules", file)


def test_every_vllm_metric_exists_with_the_labels_that_are_asked_for(recorded: list[str]) -> None:
    lines = recorded[1].splitlines()
    names = {line.partition("{")[0] for line in lines}
    metrics = monitoring.engines(PACK)["vllm"][1]
    for metric in metrics:
        assert metric_names(metric.promql) and metric_names(metric.promql) <= names, metric.id
        for matcher in re.findall(r'\w+="[^"]*"', metric.promql):
            series = [line for line in lines if line.partition("{")[0] in metric_names(metric.promql)]
            assert any(matcher in line for line in series), matcher
        types = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE")}
        assert types[metric.name] == metric.type


def test_an_alias_is_a_name_that_does_not_exist_and_stands_for_one_that_does(recorded: list[str]) -> None:
    aliases = {alias: metric for metric in monitoring.engines(PACK)["vllm"][1] for alias in metric.aliases}
    assert set(aliases) == {"vllm:gpu_cache_usage_perc", "vllm:avg_generation_throughput_toks_per_s"}
    for alias, metric in aliases.items():
        assert alias not in recorded[1]
        assert metric.name in recorded[1]


def test_llamacpp_asks_for_nothing_that_localai_does_not_have() -> None:
    names = set().union(*(metric_names(metric.promql) for metric in monitoring.engines(PACK)["llamacpp"][1]))
    assert names and names <= LOCALAI


def test_the_dashboard_shows_every_key_metric_of_every_engine() -> None:
    for engine, (_, metrics) in monitoring.engines(PACK).items():
        asked = [target["expr"] for panel in engine_row(engine) for target in panel["targets"]]
        wanted = [metric.expression(monitoring.CHOSEN, "$__rate_interval") for metric in metrics]
        assert sorted(asked) == sorted(wanted)


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) == 23


@pytest.fixture(scope="module")
def prometheus(tool, recorded: list[str], tmp_path_factory) -> Iterator[str]:
    """The address of a Prometheus that scrapes one vLLM pod by the pack's scrape config and rules."""
    scrapes = 0

    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal scrapes
            scrapes += 1
            body = recorded[0 if scrapes <= 2 else 1].encode()
            self.send_response(200 if self.path == "/metrics" else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    folder = tmp_path_factory.mktemp("prometheus")
    exporter = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    config = scrape_config(folder, [f"127.0.0.1:{exporter.server_port}"])
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [
                tool("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            yield address
        finally:
            server.terminate()
            server.wait(60)
            exporter.shutdown()
            exporter.server_close()


def test_each_vllm_panel_has_data_from_what_vllm_exposed(prometheus: str) -> None:
    panels = engine_row("vllm")
    wanted = {query: panel["title"] for panel in panels for query in expressions(panel)}
    assert len(panels) > 9
    missing = {query: wanted[query] for query in without_data(prometheus, list(wanted))}
    assert missing == {}


def test_the_queries_give_what_the_two_moments_differ_by(prometheus: str) -> None:
    metrics = {metric.id: metric for metric in monitoring.engines(PACK)["vllm"][1]}
    matchers = selector("kaito-workspace", "workspace", "workspace-llama")

    def value(*names: str) -> float:
        query = " / ".join(f"({metrics[name].expression(matchers)})" for name in names)
        assert without_data(prometheus, [query]) == []
        (series,) = ask(prometheus, query)
        assert series["metric"] == {"namespace": "kaito-workspace", "workspace": "workspace-llama"}
        return float(series["value"][1])

    second = metrics["requests_running"].expression(matchers) + " == 6"
    assert without_data(prometheus, [second]) == []
    assert value("kv_cache_usage") == 0.8
    assert value("prefix_cache_hit_rate") == pytest.approx(0.4)
    assert value("error_rate") == 0
    assert 0.1 < value("time_to_first_token_p50") < 0.5
    assert 0.01 < value("inter_token_latency_p50") < 0.05
    assert 2 < value("request_latency_p95") <= 2.5
    assert value("generation_throughput", "request_rate") == pytest.approx(120)


def test_the_rules_record_what_vllm_exposed(prometheus: str) -> None:
    names = [monitoring.record(metric) for metric in monitoring.engines(PACK)["vllm"][1]]
    series = [f'{name}{{engine="vllm",workspace="workspace-llama"}}' for name in names]
    assert without_data(prometheus, ["workspace:scrape_up == 1", *series]) == []


def promtool(tool, *arguments: object) -> str:
    """What promtool says; an AssertionError with its words where it refuses."""
    done = subprocess.run(
        [tool("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scrape_config(folder: Path, targets: list[str]) -> Path:
    """The pack's config with one pod in the place of discovery: Debian's Prometheus knows no Kubernetes."""
    copytree(PROMETHEUS, folder, dirs_exist_ok=True)
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    models = config["scrape_configs"][0]
    assert models.pop("kubernetes_sd_configs") == [{"role": "pod"}]
    labels = {
        "__meta_kubernetes_namespace": "kaito-workspace",
        "__meta_kubernetes_pod_name": "workspace-llama-0",
        "__meta_kubernetes_pod_container_name": "model",
        "__meta_kubernetes_pod_container_port_number": "8000",
        "__meta_kubernetes_pod_controller_kind": "StatefulSet",
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_label_kaito_sh_workspace": "workspace-llama",
        "__meta_kubernetes_pod_labelpresent_kaito_sh_workspace": "true",
    }
    models["static_configs"] = [{"targets": targets, "labels": labels}]
    config["scrape_configs"] = [models]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def ask(address: str, query: str) -> list[dict[str, Any]]:
    """The series that a query gives now, those that are not a number left out."""
    with urlopen(f"http://{address}/api/v1/query?{urlencode({'query': query})}", timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return [series for series in result if series["value"][1] != "NaN"]


def without_data(address: str, queries: list[str], rounds: int = 400) -> list[str]:
    """The queries that have given nothing after so many rounds, a fifth of a second apart."""
    for _ in range(rounds):
        if not queries:
            break
        with suppress(URLError, OSError, KeyError):  # it starts
            queries = [query for query in queries if not ask(address, query)]
        time.sleep(0.2)
    return queries
