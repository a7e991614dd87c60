"""`kaito-pack metrics` as a user runs it."""

from __future__ import annotations

import json

import yaml

from tests.conftest import ROOT

VALUES = ROOT / "values" / "vllm-monitored.yaml"
RENDERED = ROOT / "values" / "rendered" / "vllm-monitored.yaml"


def test_values_and_the_workspace_that_they_render_to_have_the_same_metrics(run) -> None:
    by_values, by_manifest = run("metrics", VALUES, "-o", "json"), run("metrics", RENDERED, "-o", "json")
    assert by_values.returncode == by_manifest.returncode == 0
    assert by_values.stdout == by_manifest.stdout
    result = json.loads(by_values.stdout)
    assert result["endpoint"]["path"] == "/metrics"
    assert result["endpoint"]["service"] == {"name": "workspace-mistral-monitored-vllm", "port": 8000}
    words = ("name", "displayName", "description", "unit", "type", "category", "promql")
    assert all(metric[word] for metric in result["metrics"] for word in words)
    assert all("workspace-mistral-monitored" in metric["promql"] for metric in result["metrics"])


def test_stdin_holds_a_list_of_workspaces_as_kubectl_prints_it(run) -> None:
    items = [
        body
        for name in ("vllm-monitored", "premade-llama-cpu")
        for body in yaml.safe_load_all(
            (ROOT / "values" / "rendered" / f"{name}.yaml").read_text(encoding="utf-8")
        )
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    result = json.loads(run("metrics", "-", "-o", "json", stdin=text).stdout)
    assert [metrics["engine"] for metrics in result] == ["vllm", "llamacpp"]


def test_promql_is_one_expression_a_line_below_its_comment(run) -> None:
    lines = run("metrics", VALUES, "-o", "promql", "--window", "1m").stdout.splitlines()
    assert all(line.startswith("#") for line in lines[::2])
    assert not any(line.startswith("#") or "$" in line for line in lines[1::2])
    throughput = lines.index(next(line for line in lines if "avg_generation_throughput_toks_per_s" in line))
    assert "rate(vllm:generation_tokens_total{" in lines[throughput + 1]
    assert "[1m]" in lines[throughput + 1]


def test_the_table_says_where_the_metrics_are(run) -> None:
    text = run("metrics", VALUES).stdout
    assert "http://workspace-mistral-monitored-vllm.kaito-workspace.svc:8000/metrics" in text
    assert "kaito.sh/workspace=workspace-mistral-monitored, port 8000, path /metrics" in text


def test_series_can_be_told_by_the_service(run) -> None:
    text = run("metrics", VALUES, "-o", "promql", "--by", "service").stdout
    assert 'service="workspace-mistral-monitored-vllm"' in text


def test_what_has_no_metrics_is_told_and_the_rest_is_printed(run, tmp_path) -> None:
    tuning = {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "tune"},
        "tuning": {"preset": {"name": "phi-3-mini-4k-instruct"}, "method": "lora"},
    }
    (tmp_path / "tuning.yaml").write_text(json.dumps(tuning), encoding="utf-8")
    done = run("metrics", "tuning.yaml", VALUES, "-o", "json")
    assert done.returncode == 1
    assert "tuning.yaml: Workspace `tune` tunes a model and serves none" in done.stderr
    assert json.loads(done.stdout)["workspace"] == "workspace-mistral-monitored"


def test_wrong_values_are_told_as_render_tells_them(run) -> None:
    done = run("metrics", "-", stdin="name: a\nmodelSource: vlm\n")
    assert done.returncode == 1
    assert "Did you mean `vllm`" in done.stderr and done.stdout == ""


def test_a_file_without_a_workspace_and_a_missing_one_are_told_apart(run) -> None:
    other = run("metrics", "-", stdin="apiVersion: v1\nkind: Service\n")
    assert (other.returncode, other.stdout) == (1, "")
    assert "no Workspace found" in other.stderr
    assert run("metrics", "absent.yaml").returncode == 2


def test_a_window_that_is_no_range_is_a_wrong_command_line(run) -> None:
    for window in ("5", "m", "0m", "5 m", "-5m", "5m]", "٥m"):
        assert run("metrics", VALUES, f"--window={window}").returncode == 2
