"""`plan`: every changed field with what KAITO will do."""

from __future__ import annotations

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from kaito_pack import values as checked
from kaito_pack.differences import differences
from kaito_pack.plan import LABELS, plan
from kaito_pack.rendering import Renderer
from kaito_pack.target import Target
from tests import strategies
from tests.conftest import Run
from tests.strategies import PACK

TINY = "name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\nresources: {gpu: 2}\nmaxModelLen: 4096\n"
TARGET = Target("0.12", "1.35", "byo")
RENDERER = Renderer(PACK)


def rendered(drawn: dict[str, Any]) -> list[Any]:
    return [one.body for one in RENDERER.render(checked.check([strategies.as_layer(drawn)], PACK))]


@pytest.fixture
def tree(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    assert run("in", "--out", "tree/").returncode == 0
    return tmp_path


def changed(run: Run, tree: Path, text: str, *options: str) -> list[dict[str, Any]]:
    (tree / "in" / "tiny.yaml").write_text(text, encoding="utf-8")
    done = run("plan", "in", "--out", "tree", "-o", "json", *options)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def labels(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {change["path"]: change["label"] for row in rows for change in row["changes"]}


def test_nothing_changes_where_nothing_changed(run: Run, tree: Path) -> None:
    assert run("plan", "in", "--out", "tree").stdout == "Nothing changes\n"


@pytest.mark.parametrize(
    ("change", "path", "label"),
    [
        (("maxModelLen: 4096", "maxModelLen: 8192"), "--max-model-len", "not-rolled-out"),
        (("maxModelLen: 4096", "replicas: 2"), "resource.count", "rejected"),
        (("maxModelLen: 4096", "labelSelector: {pool: a}"), "matchLabels", "rejected"),
        (("maxModelLen: 4096", "preferredNodes: [node-1]"), "resource.preferredNodes", "ignored"),
        (("name: tiny", "name: other"), "metadata.name", "recreate"),
        (("name: tiny", "name: tiny\nnamespace: team-a"), "metadata.namespace", "recreate"),
    ],
)
def test_each_field_has_the_label_of_what_kaito_does(
    run: Run, tree: Path, change: tuple[str, str], path: str, label: str
) -> None:
    found = labels(changed(run, tree, TINY.replace(*change)))
    assert next(found[one] for one in found if path in one) == label


def test_the_remedy_names_the_workload_of_that_kaito(run: Run, tree: Path) -> None:
    (tree / "in" / "tiny.yaml").write_text(TINY.replace("4096", "1"), encoding="utf-8")
    assert (
        "kubectl delete statefulset workspace-tiny -n kaito-workspace"
        in run("plan", "in", "--out", "tree").stdout
    )
    older = run("plan", "in", "--out", "tree", "--kaito-version", "0.6").stdout
    assert "kubectl delete deployment workspace-tiny -n kaito-workspace" in older


def test_a_label_of_the_workspace_is_live() -> None:
    (old, *_) = rendered({"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny"})
    new = deepcopy(old)
    new["metadata"]["labels"]["team"] = "a"
    (planned,) = plan([old], [new], TARGET)
    assert planned.labels == ["live"]


def test_created_and_deleted_objects_are_told(run: Run, tree: Path) -> None:
    (tree / "in" / "tiny.yaml").unlink()
    (tree / "in" / "two.yaml").write_text(
        TINY.replace("tiny", "two").replace("acme/two", "acme/two"), "utf-8"
    )
    done = run("plan", "in", "--out", "tree")
    assert "Workspace kaito-workspace/workspace-two: created" in done.stdout
    assert "kubectl delete workspace workspace-tiny -n kaito-workspace" in done.stdout


def test_a_template_change_is_rolled_out_where_the_job_is() -> None:
    (old, *_) = rendered({"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny"})
    for body in (new := deepcopy(old), old):
        body["inference"]["template"]["metadata"] = {"annotations": {"kubefoundry.io/template-hash": "a"}}
    new["inference"]["template"]["spec"]["containers"][0]["image"] = "acme/other:1"
    (planned,) = plan([old], [new], TARGET)
    assert planned.labels == ["rolled-out-by-job"]


def test_a_live_object_is_compared_without_what_the_cluster_added(run: Run, tree: Path) -> None:
    bodies = list(yaml.safe_load_all((tree / "tree/kaito-workspace/workspace-tiny.yaml").read_text("utf-8")))
    for body in bodies:
        body["metadata"] |= {"uid": "1", "resourceVersion": "2", "generation": 1, "managedFields": []}
        body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        body["metadata"]["annotations"] = {"workspace.kaito.io/hash": "x", "workspace.kaito.io/revision": "1"}
        body["status"] = {"state": "Ready"}
    bodies[0]["metadata"]["finalizers"] = ["workspace.finalizer.kaito.sh"]
    bodies[0]["inference"]["template"]["metadata"] = {"creationTimestamp": None}
    stored = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    assert run("plan", "in", "--old", "-", stdin=stored).stdout == "Nothing changes\n"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_values_are_compared_with_a_commit(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "tiny.yaml").write_text(TINY.replace("gpu: 2", "gpu: 4"), encoding="utf-8")
    (tmp_path / "new.yaml").write_text(TINY.replace("tiny", "new"), encoding="utf-8")
    done = run("plan", "tiny.yaml", "new.yaml", "--against", "HEAD")
    assert "--tensor-parallel-size: 2 → 4" in done.stdout
    assert "Workspace kaito-workspace/workspace-new: created" in done.stdout
    assert run("plan", "tiny.yaml", "--against", "no-such-ref").returncode == 2


def test_fail_on_is_for_ci(run: Run, tree: Path) -> None:
    (tree / "in" / "tiny.yaml").write_text(TINY + "replicas: 2\n", encoding="utf-8")
    assert run("plan", "in", "--out", "tree").returncode == 0
    assert run("plan", "in", "--out", "tree", "--fail-on", "rejected").returncode == 1
    assert run("plan", "in", "--out", "tree", "--fail-on", "recreate,live").returncode == 0
    assert run("plan", "in", "--out", "tree", "--fail-on", "reject").returncode == 2


def test_markdown_is_a_comment_that_nothing_breaks_out_of(run: Run, tree: Path) -> None:
    text = TINY + "extraArgs: ['| `x` <b> | y']\n"
    (tree / "in" / "tiny.yaml").write_text(text, encoding="utf-8")
    done = run("plan", "in", "--out", "tree", "-o", "markdown")
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    assert "<b>" not in done.stdout.replace("\\<b\\>", "")
    assert done.stdout == run("plan", "in", "--out", "tree", "-o", "markdown").stdout


def test_upgrade_says_what_a_newer_kaito_refuses(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TINY + "instanceType: Standard_NC6s_v3\n", encoding="utf-8")
    done = run("plan", "--upgrade", "0.12", "old.yaml", "--kaito-version", "0.6")
    assert done.returncode == 0
    assert done.stdout.startswith("KAITO 0.12: ")
    byo = run(
        "plan",
        "--upgrade",
        "0.8",
        "old.yaml",
        "--kaito-version",
        "0.7",
        "--node-provisioning",
        "byo",
        "--set",
        "preferredNodes={a-1}",
    )
    assert "1 refused" in byo.stdout
    options = ("--node-provisioning", "byo", "--set", "preferredNodes={a-1}", "--fail-on", "refused")
    assert run("plan", "--upgrade", "0.8", "old.yaml", "--kaito-version", "0.7", *options).returncode == 1


often = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(drawn=strategies.any_values())
def test_the_same_output_has_an_empty_plan(drawn: dict[str, Any]) -> None:
    bodies = rendered(drawn)
    assert plan(bodies, deepcopy(bodies), TARGET) == []


@often
@given(old=strategies.any_values(), new=strategies.any_values())
def test_every_changed_leaf_has_exactly_one_label(old: dict[str, Any], new: dict[str, Any]) -> None:
    new = {**new, "name": old["name"], "namespace": old.get("namespace", "kaito-workspace")}
    before, after = rendered(old)[0], rendered(new)[0]
    found = [change for one in plan([before], [after], TARGET) for change in one.changes]
    assert {change.label for change in found} <= set(LABELS)
    leaves = [one.path for one in differences(before, after)]
    told = [change.path for change in found if change.path in leaves]
    assert sorted(map(str, told)) == sorted(map(str, leaves))
