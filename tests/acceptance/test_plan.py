"""`plan`: every changed field with what KAITO will do."""

from __future__ import annotations

import json
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as hypothesis_strategies

from kaito_pack.cli.formats import names_for, show
from kaito_pack.cli.results import Plan
from kaito_pack.kaito.target import Target
from kaito_pack.plan import LABELS, Planned, plan
from kaito_pack.plan.differences import named_differences
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values import checking as checked
from tests import strategies, tiers
from tests.conftest import Run
from tests.strategies import PACK

TINY = "name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\nresources: {gpu: 2}\nmaxModelLen: 4096\n"
TARGET = Target("0.12", "1.35", "byo")
RENDERER = Renderer(PACK)
WORDS = [
    *("metadata", "annotations", "labels", "name", "namespace", "uid", "resource", "count"),
    *("inference", "template", "preset", "spec", "containers"),
]


def rendered(drawn: dict[str, Any]) -> list[Any]:
    return [item.body for item in RENDERER.render(checked.check([strategies.as_layer(drawn)], PACK))]


def markdown(planned: list[Planned]) -> str:
    return "".join(show("markdown", Plan([("", each) for each in planned])))


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
    result = labels(changed(run, tree, TINY.replace(*change)))
    assert next(result[item] for item in result if path in item) == label


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
    values = {"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny", "rollout": "job"}
    old, new = (rendered(item)[0] for item in (values, {**values, "imageRef": "acme/other:1"}))
    (planned,) = plan([old], [new], TARGET)
    assert set(planned.labels) == {"rolled-out-by-job"}


def test_a_template_with_the_hash_of_another_is_not_rolled_out() -> None:
    (old, *_) = rendered({"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny", "rollout": "job"})
    new = deepcopy(old)
    new["inference"]["template"]["spec"]["containers"][0]["image"] = "acme/other:1"
    (planned,) = plan([old], [new], TARGET)
    assert planned.labels == ["not-rolled-out"]


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
    repeated = ("--fail-on", "rejected", "--fail-on", "live")
    assert run("plan", "in", "--out", "tree", *repeated).returncode == 1


def test_markdown_is_a_comment_that_nothing_breaks_out_of(run: Run, tree: Path) -> None:
    text = TINY + "extraArgs: ['| `x` <b> | y']\n"
    (tree / "in" / "tiny.yaml").write_text(text, encoding="utf-8")
    done = run("plan", "in", "--out", "tree", "-o", "markdown")
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    assert "<b>" not in done.stdout.replace("\\<b\\>", "")
    assert done.stdout == run("plan", "in", "--out", "tree", "-o", "markdown").stdout


def test_a_comment_calls_nobody_and_keeps_paths_and_values_apart() -> None:
    new = workspace("tiny")
    old = deepcopy(new)
    old["metadata"]["annotations"] = {"other": "", "a: `b|c": "@team fixes #12 ~x~ $y$"}
    new["metadata"]["annotations"] = {"other": ""}
    row = next(line for line in markdown(plan([old], [new], TARGET)).splitlines() if "b\\|c" in line)
    assert row == (
        '| live | `` metadata.annotations["a: `b\\|c"] `` '
        "| &#64;&#8203;team fixes &#35;&#8203;12 \\~x\\~ \\$y\\$ → nothing |"
    )


def test_a_plan_that_is_too_long_for_a_comment_keeps_what_hurts_most() -> None:
    old = [workspace(f"m{number}") for number in range(200)]
    new = deepcopy(old)
    for item in new:
        item["inference"]["template"]["spec"]["containers"][0]["image"] = "other:1"
    new[-1]["resource"]["count"] = 2
    text = markdown(plan(old, new, TARGET))
    assert len(text) < 65_536
    assert text.startswith("**KAITO plan.** 200 objects: 1 rejected, 200 accepted but not rolled out.")
    assert text.index("workspace-m199: changed") < text.index("workspace-m0: changed")
    assert text.endswith(" more do not fit into a comment. Use `-o text` or `-o json` to see all.\n")


def workspace(name: str) -> Any:
    return deepcopy(rendered({"name": name, "modelSource": "vllm", "modelId": "acme/tiny"})[0])


def test_upgrade_says_what_a_newer_kaito_refuses(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TINY + "instanceType: Standard_NC48ads_A100_v4\n", encoding="utf-8")
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
    assert "1 rejected" in byo.stdout
    options = ("--node-provisioning", "byo", "--set", "preferredNodes={a-1}", "--fail-on", "refused")
    assert run("plan", "--upgrade", "0.8", "old.yaml", "--kaito-version", "0.7", *options).returncode == 1


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    for folder in ("models", "base", "targets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models/tiny.yaml").write_text(TINY.replace("maxModelLen: 4096\n", ""), "utf-8")
    (tmp_path / "models/gone.yaml").write_text(TINY.replace("tiny", "gone"), "utf-8")
    (tmp_path / "base/org.yaml").write_text("maxModelLen: 4096\n", "utf-8")
    head = "apiVersion: pack.kubefoundry.io/v1\nkind: "
    (tmp_path / "targets/prod.yaml").write_text(
        head + 'Target\nkaitoVersion: "0.9"\nnodeProvisioning: byo\nlayers: [../base/org.yaml]\n', "utf-8"
    )
    entry = "{name: prod, target: targets/prod.yaml, values: ['models/*.yaml'], out: clusters/prod}"
    (tmp_path / "fleet.yaml").write_text(f"{head}Fleet\ntargets:\n  - {entry}\n", "utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


@pytest.mark.parametrize("options", [("-f", "base/org.yaml"), ("--target", "targets/prod.yaml")])
def test_a_layer_is_compared_with_what_it_was_at_the_commit(
    run: Run, repository: Path, options: tuple[str, str]
) -> None:
    assert run("plan", "models", "--against", "HEAD", *options).stdout == "Nothing changes\n"
    (repository / "base/org.yaml").write_text("maxModelLen: 8192\n", encoding="utf-8")
    assert "--max-model-len: 4096 → 8192" in run("plan", "models", "--against", "HEAD", *options).stdout


def test_a_values_file_that_is_gone_since_the_commit_is_deleted(run: Run, repository: Path) -> None:
    (repository / "models/gone.yaml").unlink()
    done = run("plan", "models", "--against", "HEAD")
    assert "Workspace kaito-workspace/workspace-gone: deleted" in done.stdout
    assert run("plan", "models/tiny.yaml", "--against", "HEAD").stdout == "Nothing changes\n"


def test_the_same_file_with_another_name_recreates_its_workspace(run: Run, repository: Path) -> None:
    file = repository / "models/tiny.yaml"
    file.write_text(TINY.replace("tiny", "big").replace("gpu: 2", "gpu: 4"), encoding="utf-8")
    (row, *_) = json.loads(run("plan", "models/tiny.yaml", "--against", "HEAD", "-o", "json").stdout)
    assert (row["action"], row["name"]) == ("recreated", "workspace-big")
    assert {change["label"] for change in row["changes"]} == {"recreate"}
    assert row["changes"][0]["remedy"] == "kubectl delete workspace workspace-tiny -n kaito-workspace"


def test_a_fleet_is_compared_cluster_by_cluster(run: Run, repository: Path) -> None:
    (repository / "base/org.yaml").write_text("maxModelLen: 8192\n", encoding="utf-8")
    done = run("plan", "--fleet", "fleet.yaml", "--against", "HEAD")
    assert "Workspace kaito-workspace/workspace-tiny on prod: changed" in done.stdout
    rows = json.loads(run("plan", "--fleet", "fleet.yaml", "--against", "HEAD", "-o", "json").stdout)
    assert {row["cluster"] for row in rows} == {"prod"}


def test_a_cluster_is_known_by_its_output_tree_or_its_name(run: Run, repository: Path) -> None:
    fleet = repository / "fleet.yaml"
    text = fleet.read_text(encoding="utf-8")
    asked = ("plan", "--fleet", "fleet.yaml", "--against", "HEAD")
    for old, new in (("name: prod", "name: live"), ("out: ", "out: of/")):
        fleet.write_text(text.replace(old, new), encoding="utf-8")
        assert (run(*asked).stdout, run(*asked).stderr) == ("Nothing changes\n", "")
    fleet.write_text(text.replace("name: prod", "name: live").replace("out: ", "out: of/"), encoding="utf-8")
    done = run(*asked)
    assert "on live: created" in done.stdout
    assert "prod: is no longer in the fleet" in done.stderr


def test_what_is_wrong_is_told_of_every_cluster(run: Run, repository: Path) -> None:
    fleet = repository / "fleet.yaml"
    entry = "  - {name: two, target: targets/prod.yaml, values: [models/gone.yaml], out: clusters/two}\n"
    fleet.write_text(
        fleet.read_text(encoding="utf-8").replace("*.yaml", "tiny.yaml") + entry, encoding="utf-8"
    )
    for options in (("--against", "HEAD"), ("--upgrade", "0.12")):
        done = run("plan", "--fleet", "fleet.yaml", *options, "--set", "modelId=x")
        assert (done.returncode, done.stdout, done.stderr.count("modelId: `x` is not")) == (1, "", 2)


def test_in_a_hook_of_git_the_repository_is_the_same(run: Run, repository: Path) -> None:
    """git tells a hook of its folders by paths from the top, and git is run in others."""
    hook = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": ""}
    done = run("plan", "models", "--against", "HEAD", env=hook)
    assert (done.stdout, done.stderr) == ("Nothing changes\n", "")


def test_without_git_or_its_consent_nothing_can_be_judged(run: Run, repository: Path) -> None:
    done = run("plan", "models", "--against", "HEAD", env={"PATH": "/nonexistent"})
    assert (done.returncode, done.stderr) == (2, "Error: --against needs git: no such file or directory\n")
    other = run("plan", "models", "--against", "HEAD", env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert (other.returncode, "dubious ownership" in other.stderr) == (2, True)


def test_a_repository_is_left_as_it_was(run: Run, repository: Path) -> None:
    (repository / "models/tiny.yaml").write_text(TINY, encoding="utf-8")
    before = sorted((file, file.read_bytes()) for file in repository.rglob("*") if file.is_file())
    run("plan", "models", "--against", "HEAD")
    assert before == sorted((file, file.read_bytes()) for file in repository.rglob("*") if file.is_file())


def test_values_that_were_wrong_at_the_commit_count_as_not_there(run: Run, repository: Path) -> None:
    file = repository / "models/tiny.yaml"
    file.write_text("modelSource: none\n", encoding="utf-8")
    git(repository, "commit", "-qam", "wrong")
    file.write_text(TINY, encoding="utf-8")
    done = run("plan", "models", "--against", "HEAD")
    assert "workspace-tiny: created" in done.stdout
    assert "HEAD:models/tiny.yaml: could not be rendered" in done.stderr


def test_a_tree_is_compared_with_what_it_was_at_the_commit(run: Run, repository: Path) -> None:
    assert run("render", "models", "--out", "clusters/a/").returncode == 0
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "tree")
    (repository / "models/tiny.yaml").write_text(TINY.replace("gpu: 2", "gpu: 4"), encoding="utf-8")
    (repository / "models/gone.yaml").unlink()
    assert run("render", "models", "--out", "clusters/a/", "--prune").returncode == 0
    asked = ("plan", "models", "--out", "clusters/a")
    assert run(*asked).stdout == "Nothing changes\n"
    done = run(*asked, "--against", "HEAD")
    assert "--tensor-parallel-size: 2 → 4" in done.stdout
    assert "Workspace kaito-workspace/workspace-gone: deleted" in done.stdout
    shutil.rmtree(repository / "clusters")
    assert run(*asked, "--against", "HEAD").stdout == done.stdout


def test_a_tree_that_the_commit_has_not_is_all_new(run: Run, repository: Path) -> None:
    assert run("render", "models", "--out", "clusters/").returncode == 0
    done = run("plan", "models", "--out", "clusters", "--against", "HEAD")
    assert "4 created" in done.stdout
    assert "HEAD:clusters: does not exist yet" in done.stderr


@pytest.mark.parametrize(
    "options", [("--old", "-", "--out", "tree"), ("--old", "-", "--against", "HEAD"), (), ("--old",)]
)
def test_one_thing_is_compared_with(run: Run, tree: Path, options: tuple[str, ...]) -> None:
    assert run("plan", "in", *options, stdin="").returncode == 2


@pytest.mark.parametrize("ref", ["no-such-ref", "--help", "HEAD:models", ""])
def test_what_is_no_commit_cannot_be_judged(run: Run, repository: Path, ref: str) -> None:
    done = run("plan", "models", f"--against={ref}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a commit of this repository" in done.stderr


def test_outside_of_a_repository_nothing_can_be_judged(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    done = run(
        "plan", "tiny.yaml", "--against", "HEAD", env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_rename_in_a_tree_is_told_by_its_instance(run: Run, tree: Path) -> None:
    text = TINY + "namespace: team-a\n"
    rows = changed(run, tree, text.replace("gpu: 2", "gpu: 4"))
    (row,) = [row for row in rows if row["kind"] == "Workspace"]
    assert row["action"] == "recreated"


def test_a_refused_update_says_that_nothing_of_it_arrives(run: Run, tree: Path) -> None:
    (row,) = changed(run, tree, TINY.replace("4096", "8192") + "replicas: 2\n")
    assert "rejects the whole update" in row["reason"]
    assert set(labels([row]).values()) == {"rejected", "not-rolled-out"}


def test_objects_that_are_none_are_a_problem_of_their_file(run: Run, tree: Path) -> None:
    (tree / "stored.yaml").write_text("a: 1\n", encoding="utf-8")
    done = run("plan", "in", "--old", "stored.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith("stored.yaml:1:1 kind:")


def test_without_an_object_nothing_can_be_judged(run: Run, tree: Path) -> None:
    """As where kubectl has found nothing."""
    done = run("plan", "in", "--old", "-", stdin="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: <stdin>: contains no object to compare with\n"


def test_upgrade_does_not_pass_over_values_that_are_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("modelSource: vllm\n", encoding="utf-8")
    done = run("plan", "--upgrade", "0.12", "wrong.yaml", "--kaito-version", "0.9")
    assert (done.returncode, done.stdout) == (1, "")
    assert run("plan", "--upgrade", "0.12", "none.yaml", "--kaito-version", "0.9").returncode == 2


def test_upgrade_tells_of_an_instance_type_that_azure_still_lets_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TINY + "instanceType: Standard_NC12s_v3\n", encoding="utf-8")
    asked = ("plan", "--upgrade", "0.9", "old.yaml", "--kaito-version", "0.8", "-o", "json")
    (row,) = json.loads(run(*asked).stdout)
    assert (row["effect"], row["rule"]) == ("differs", "advice/instance-type-dropped-later")
    assert run(*asked, "--fail-on", "refused").returncode == 0
    assert run(*asked, "--fail-on", "differs").returncode == 1


def test_upgrade_says_on_what_a_workspace_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TINY.replace("gpu: 2", "gpu: 1"), encoding="utf-8")
    options = ("--kaito-version", "0.7", "--node-provisioning", "auto")
    done = run("plan", "--upgrade", "0.8", "old.yaml", *options, "-o", "json")
    assert {row["on"] for row in json.loads(done.stdout)} <= {"create", "update", "create and update"}
    assert "update" in " ".join(row["on"] for row in json.loads(done.stdout))


@pytest.mark.parametrize(
    ("now", "then", "report"), [("0.7", "0.8", 1), ("0.6", "0.12", 1), ("0.8", "0.12", 0), ("0.8", "0.6", 0)]
)
def test_upgrade_tells_that_the_workload_becomes_another_one(
    run: Run, tree: Path, now: str, then: str, report: int
) -> None:
    nodes = ("--set", "preferredNodes={a-1}")  # which 0.7 asks for
    done = run("plan", "in", "--upgrade", then, "--kaito-version", now, "-o", "json", *nodes)
    rows = [row for row in json.loads(done.stdout) if row["rule"] == "controller/workload-replaced"]
    assert [(row["effect"], row["on"]) for row in rows] == [("differs", "update")] * report
    assert all("deletes the Deployment" in row["message"] for row in rows)


def test_upgrade_without_a_present_version_takes_the_one_before(run: Run, tree: Path) -> None:
    done = run("plan", "--upgrade", "0.12", "in")
    assert done.returncode == 0
    assert "Assuming that the cluster runs KAITO 0.11" in done.stderr


often = tiers.often(200, *HealthCheck)


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
    assume(before["kind"] == after["kind"])  # another workload is another object, not a changed one
    result = [change for item in plan([before], [after], TARGET) for change in item.changes]
    assert {change.label for change in result} <= set(LABELS)
    leaves = [item.path for item in named_differences(before, after)]
    report = [change.path for change in result if change.path in leaves]
    assert sorted(map(str, report)) == sorted(map(str, leaves))


@often
@given(drawn=strategies.any_values())
def test_values_applied_to_a_cluster_have_an_empty_plan_against_it(drawn: dict[str, Any]) -> None:
    live = deepcopy(rendered(drawn))
    for body in live:
        body["metadata"] |= {
            "uid": "1",
            "resourceVersion": "2",
            "finalizers": ["workspace.finalizer.kaito.sh"],
        }
        body["metadata"].setdefault("annotations", {})["workspace.kaito.io/hash"] = "x"
        if body["kind"] == "Service":
            body["spec"] |= {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "sessionAffinity": "None"}
    assert plan(live, rendered(drawn), TARGET, whole=False) == []


anything = hypothesis_strategies.recursive(
    hypothesis_strategies.none()
    | hypothesis_strategies.booleans()
    | hypothesis_strategies.integers(-2, 2)
    | hypothesis_strategies.text(max_size=3),
    lambda inner: (
        hypothesis_strategies.lists(inner, max_size=3)
        | hypothesis_strategies.dictionaries(hypothesis_strategies.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@often
@given(old=anything, drawn=strategies.any_values())
def test_no_stored_object_breaks_a_plan(old: Any, drawn: dict[str, Any]) -> None:
    bodies = rendered(drawn)
    stored = deepcopy(bodies[0]) | (old if isinstance(old, dict) else {"inference": old})
    planned = plan([stored], bodies, TARGET)
    assert all("".join(show(name, Plan([("", each) for each in planned]))) for name in names_for(Plan))


def test_a_fleet_is_a_table_first_one_section_for_one_change_and_commands_with_contexts(
    run: Run, tmp_path: Path
) -> None:
    clusters = {"east": "east-admin", "north": None, "south": None, "west": None}
    entries = [
        f"  - {{name: {name}, target: target.yaml, values: [phi.yaml], out: out/{name}"
        + (f", context: {context}}}" if context else "}")
        for name, context in clusters.items()
    ]
    head = "apiVersion: pack.kubefoundry.io/v1\nkind: "
    (tmp_path / "fleet.yaml").write_text(f"{head}Fleet\ntargets:\n" + "\n".join(entries), encoding="utf-8")
    (tmp_path / "target.yaml").write_text(f'{head}Target\nkaitoVersion: "0.12"\n', encoding="utf-8")
    values = "name: phi\nmodelSource: vllm\nmodelId: microsoft/Phi-4-mini-instruct\n"
    (tmp_path / "phi.yaml").write_text(values, encoding="utf-8")
    assert run("render", "--fleet", "fleet.yaml").returncode == 0
    (tmp_path / "phi.yaml").write_text(values + "startupMinutes: 20\n", encoding="utf-8")
    lines = run("plan", "--fleet", "fleet.yaml").stdout.splitlines()
    assert lines[2].split() == ["CLUSTER", "NOT-ROLLED-OUT"]
    assert [line.split()[0] for line in lines[3:7]] == list(clusters)
    titles = [line for line in lines if line.startswith("Workspace ")]
    assert titles == ["Workspace kaito-workspace/workspace-phi on east, north and 2 more: changed"]
    commands = [line.strip() for line in lines if line.strip().startswith("kubectl ")]
    assert [command.split()[2] for command in commands] == ["east-admin", "north", "south", "west"]
    assert all(command.startswith("kubectl --context ") for command in commands)
    shown = run("plan", "--fleet", "fleet.yaml", "-o", "json").stdout
    assert all("kubectl --context" in row["changes"][0]["remedy"] for row in json.loads(shown))


def test_upgrade_of_a_fleet_names_each_cluster_with_both_versions(run: Run, tmp_path: Path) -> None:
    old = "name: old\nmodelSource: premade\npremadeModel: llama3.2:3b\ncomputeType: gpu\n"
    (tmp_path / "old.yaml").write_text(old + "instanceType: Standard_NC4as_T4_v3\n", encoding="utf-8")
    head = "apiVersion: pack.kubefoundry.io/v1\nkind: "
    entries = ""
    for name, kaito in (("one", "0.11"), ("two", "0.10")):
        (tmp_path / f"{name}.yaml").write_text(f'{head}Target\nkaitoVersion: "{kaito}"\n', encoding="utf-8")
        entries += f"- {{name: {name}, target: {name}.yaml, values: [old.yaml], out: out/{name}}}\n"
    (tmp_path / "fleet.yaml").write_text(f"{head}Fleet\ntargets:\n{entries}", encoding="utf-8")
    done = run("plan", "--fleet", "fleet.yaml", "--upgrade", "0.12")
    assert done.stdout.startswith("KAITO 0.12: 0 rejected, 0 broken afterwards, 2 treated differently\n")
    assert "on one (KAITO 0.11 to 0.12)" in done.stdout and "on two (KAITO 0.10 to 0.12)" in done.stdout
    rows = json.loads(run("plan", "--fleet", "fleet.yaml", "--upgrade", "0.12", "-o", "json").stdout)
    assert [(row["cluster"], row["from"]) for row in rows] == [("one", "0.11"), ("two", "0.10")]
