"""The rollout job: its rights, its name, its hash, and its script as it stands in the rendered Job."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, reject
from hypothesis import strategies as st

from kaito_pack.base.problems import ProblemsError
from kaito_pack.base.trees import get
from kaito_pack.kaito.target import Target
from kaito_pack.plan import plan
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.run.judging import check
from kaito_pack.run.pipeline import surroundings
from kaito_pack.values import checking as checked
from kaito_pack.workspace.inference_sets import pod_template_path
from tests import strategies
from tests.conftest import ROOT
from tests.strategies import PACK
from tests.tiers import often

HASH = "kubefoundry.io/template-hash"
WORKSPACE = "workspaces.kaito.sh"
SCRIPTS = ROOT / "templates" / "_partials"
FUNCTIONS = (SCRIPTS / "rollout-functions.sh").read_text(encoding="utf-8")
SCRIPT = FUNCTIONS + (SCRIPTS / "rollout.sh").read_text(encoding="utf-8")
KINDS = ("statefulsets.apps", "deployments.apps")
RENDERER = Renderer(PACK)
MODES = [name for name in PACK.mode_names if "not" not in PACK.mode(name).schema["properties"]["rollout"]]
EXAMPLES = {
    drawn["modelSource"]: drawn
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource" in (drawn := yaml.safe_load(file.read_text(encoding="utf-8")))
}
TINY = {"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny", "rollout": "job"}


def rendered(drawn: dict[str, Any]) -> dict[str, Any]:
    bodies = [item.body for item in RENDERER.render(checked.check([strategies.as_layer(drawn)], PACK))]
    return {body["kind"]: body for body in bodies}


def hash_of(bodies: dict[str, Any]) -> str:
    body = next(iter(bodies.values()))
    annotations = get(body, (*pod_template_path(body), "metadata", "annotations"))
    result: str = annotations["kubefoundry.io/template-hash"]
    return result


def test_without_it_nothing_is_added() -> None:
    bodies = rendered({**TINY, "rollout": "manual"})
    assert set(bodies) == {"Workspace", "Service"}
    assert "metadata" not in bodies["Workspace"]["inference"]["template"]


def test_the_job_may_touch_this_workspace_and_its_workload_alone() -> None:
    bodies = rendered(TINY)
    assert bodies["Role"]["rules"] == [
        {
            "apiGroups": ["kaito.sh"],
            "resources": ["workspaces"],
            "resourceNames": ["workspace-tiny"],
            "verbs": ["get"],
        },
        {
            "apiGroups": ["apps"],
            "resources": ["statefulsets", "deployments"],
            "resourceNames": ["workspace-tiny"],
            "verbs": ["get", "delete"],
        },
    ]
    assert bodies["RoleBinding"]["subjects"][0]["name"] == bodies["ServiceAccount"]["metadata"]["name"]
    assert bodies["RoleBinding"]["roleRef"]["name"] == bodies["Role"]["metadata"]["name"]


def test_the_job_runs_with_as_little_as_it_can() -> None:
    job = rendered(TINY)["Job"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"] and container["resources"]["limits"]


def test_the_job_pulls_and_tolerates_what_the_server_does() -> None:
    spec = {
        "imagePullSecrets": [{"name": "pull"}],
        "tolerations": [
            {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 60},
        ],
    }
    pod = rendered(TINY | {"podTemplate": {"spec": spec}})["Job"]["spec"]["template"]["spec"]
    assert {field: pod[field] for field in spec} == spec
    plain = rendered(TINY)["Job"]["spec"]["template"]["spec"]
    assert not plain.keys() & spec.keys()


def test_the_job_ends_and_goes_by_itself() -> None:
    spec = rendered(TINY)["Job"]["spec"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    # A second pod would find no workload after a time-out, and call that success.
    assert spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] > 180 * (5 + 10), "the script has the time to say why it gives up"
    assert spec["ttlSecondsAfterFinished"] <= 3600, "a change can be taken back soon"


def test_argo_cd_runs_it_after_each_sync() -> None:
    assert rendered(TINY)["Job"]["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "PostSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    }


@pytest.mark.parametrize("mode", MODES)
def test_names_are_short_enough_for_labels(mode: str) -> None:
    bodies = rendered({**EXAMPLES[mode], "name": "a" * 42, "rollout": "job"})
    assert all(len(body["metadata"]["name"]) <= 63 for body in bodies.values())


def spec_of(body: dict[str, Any]) -> Any:
    return get(body, (*pod_template_path(body), "spec"))


@often(100, *HealthCheck)
@given(drawn=st.data())
def test_the_hash_changes_with_the_pod_spec_and_with_nothing_else(drawn: st.DataObject) -> None:
    mode = drawn.draw(st.sampled_from(MODES))
    item, two = (drawn.draw(strategies.values(mode)) for _ in range(2))
    changed = drawn.draw(st.sampled_from(sorted(two)))
    try:
        first, second = (
            rendered({**extra, "rollout": "job"}) for extra in (item, item | {changed: two[changed]})
        )
    except ProblemsError:
        reject()  # that value does not go with the others
    specs = [spec_of(next(iter(bodies.values()))) for bodies in (first, second)]
    assert (hash_of(first) == hash_of(second)) is (specs[0] == specs[1])
    assert f"-{hash_of(first)}-" in first["Job"]["metadata"]["name"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("replicas", 3),
        ("instanceType", "Standard_NC24ads_A100_v4"),
        ("namespace", "b"),
        ("rolloutImage", "a/b:1"),
    ],
)
def test_what_is_not_of_the_pods_is_not_in_the_hash(field: str, value: object) -> None:
    assert hash_of(rendered({**TINY, field: value})) == hash_of(rendered(TINY))


@pytest.mark.parametrize("change", [{"rolloutImage": "a/b:1"}, {"maxModelLen": 5}, {"namespace": "b"}])
def test_jobs_that_differ_have_different_names(change: dict[str, Any]) -> None:
    item, two = (rendered(owner)["Job"] for owner in (TINY, {**TINY, **change}))
    assert item["spec"] != two["spec"]
    assert item["metadata"]["name"] != two["metadata"]["name"]


AUTO = {"instanceType": "Standard_NC24ads_A100_v4"}
TARGETS = [(kaito, "1.31") for kaito in PACK.kaito_versions] + [
    ("0.12", f"1.{minor}") for minor in range(25, 38)
]


@pytest.mark.parametrize(("kaito", "kubernetes"), TARGETS)
def test_every_cluster_takes_all_of_it(kaito: str, kubernetes: str) -> None:
    for mode in MODES:
        names = {"ggufFile", "modelId", "premadeModel"} & EXAMPLES[mode].keys()
        model = {name: EXAMPLES[mode][name] for name in names}
        bodies = rendered({"name": "tiny", "modelSource": mode, "rollout": "job", **AUTO, **model})
        assert {"Workspace", "ServiceAccount", "Role", "RoleBinding", "Job"} <= set(bodies)
        around = surroundings(Target(kaito, kubernetes, "auto"), list(bodies.values()))
        for body in bodies.values():
            result = check(body, around, with_model=False)
            assert result is not None, f"no check knows {body['kind']}"
            assert not [item for item in result if item.is_error or item.rule.startswith("controller/")]


def test_the_job_comes_last_when_its_rights_are_there() -> None:
    assert list(rendered(TINY))[-4:] == ["ServiceAccount", "Role", "RoleBinding", "Job"]


def test_an_addition_to_the_pod_template_changes_the_hash_and_keeps_the_annotation() -> None:
    added = {
        **TINY,
        "podTemplate": {"metadata": {"annotations": {"a": "b"}}, "spec": {"priorityClassName": "high"}},
    }
    assert hash_of(rendered(added)) != hash_of(rendered(TINY))
    only_metadata = {**TINY, "podTemplate": {"metadata": {"annotations": {"a": "b"}}}}
    assert hash_of(rendered(only_metadata)) == hash_of(rendered(TINY))


@pytest.mark.parametrize("annotations", [{HASH: "mine"}, {HASH: None}, {"$patch": "replace", "a": "b"}])
def test_an_addition_cannot_take_the_hash_away(annotations: dict[str, Any]) -> None:
    with pytest.raises(ProblemsError) as refused:
        rendered({**TINY, "podTemplate": {"metadata": {"annotations": annotations}}})
    assert [item.rule for item in refused.value.problems] == ["values/pod-template-hash"]


def test_plan_leaves_out_what_the_hash_does_not_cover() -> None:
    labelled = {**TINY, "podTemplate": {"metadata": {"labels": {"team": "a"}}}}
    old, new, extra = (
        rendered(item)["Workspace"] for item in (TINY, labelled, {**labelled, "maxModelLen": 5})
    )
    target = Target("0.12", "1.35", "byo")
    assert plan([old], [new], target)[0].labels == ["not-rolled-out"]
    assert set(plan([old], [extra], target)[0].labels) == {"rolled-out-by-job"}


KUBECTL = """#!/bin/sh
# A cluster in a folder: one file a kind holds the hash of its template. A file step.N is run before call N.
cd {cluster} || exit
echo "$*" >> calls
step=step.$(($(wc -l < calls)))
[ ! -e "$step" ] || . "./$step"
verb=$1 kind=$2
[ ! -e warning ] || cat warning >&2
if [ -e forbidden ] && grep -q "$verb $kind" forbidden; then
    echo "Error from server (Forbidden): $kind is forbidden: User cannot $verb resource" >&2
    exit 1
fi
[ ! -e broken ] || {{ echo "Unable to connect to the server" >&2; exit 1; }}
case "$*" in *--ignore-not-found*) ;; *) [ -e "$kind" ] || exit 1 ;; esac
[ -e "$kind" ] || exit 0
case $verb in
    get)
        case $* in *metadata.name*) printf '%s ' "$3" ;; esac
        cat "$kind" ;;
    delete)
        rm "$kind"
        [ ! -e remade ] || cp remade "$kind" ;;
esac
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    folder = tmp_path / "cluster"
    folder.mkdir()
    fake = tmp_path / "bin" / "kubectl"
    fake.write_text(KUBECTL.format(cluster=folder), encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    put(folder, **{WORKSPACE: "new"})
    return folder


def put(cluster: Path, **files: str) -> None:
    for name, text in files.items():
        (cluster / name).write_text(text, encoding="utf-8")


def run_job(cluster: Path, values: dict[str, Any] = TINY) -> subprocess.CompletedProcess[str]:
    """Run the script of the rendered Job, by the shell and with the environment that it has there."""
    (container,) = rendered(values)["Job"]["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    environment |= {"HASH": "new", "PAUSE": "0", "ATTEMPTS": "9", "HOME": str(cluster)}
    path = f"{cluster.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [*container["command"], *container["args"]]
    return subprocess.run(
        command, env={**environment, "PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )


def calls(cluster: Path, verb: str) -> list[str]:
    return [call for call in (cluster / "calls").read_text("utf-8").splitlines() if call.startswith(verb)]


def test_no_workload_yet_is_nothing_to_do(cluster: Path) -> None:
    done = run_job(cluster)
    assert (done.returncode, "no workload yet" in done.stdout) == (0, True)
    assert not calls(cluster, "delete")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_template_is_left_alone(cluster: Path, kind: str) -> None:
    put(cluster, **{kind: "new"})
    done = run_job(cluster)
    assert (done.returncode, done.stdout) == (
        0,
        f"rollout of workspace-tiny: {kind} already has template new\n",
    )
    assert not calls(cluster, "delete")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["old", ""], ids=["another hash", "no hash"])
def test_another_template_is_deleted_and_waited_for(cluster: Path, kind: str, before: str) -> None:
    put(cluster, **{kind: before, "remade": "new"})
    done = run_job(cluster)
    assert done.returncode == 0, done.stderr
    assert f"deleted {kind}; KAITO has recreated {kind} with template new" in done.stdout
    (deleted,) = calls(cluster, "delete")
    assert deleted.startswith(f"delete {kind} workspace-tiny --wait=false -n kaito-workspace")


def test_it_asks_for_nothing_but_its_own(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "old", "remade": "new"})
    run_job(cluster)
    asked = {tuple(call.split()[:3]) for call in calls(cluster, "")}
    assert asked == {
        ("get", WORKSPACE, "workspace-tiny"),
        ("get", KINDS[0], "workspace-tiny"),
        ("delete", KINDS[0], "workspace-tiny"),
    }


def test_kaito_may_take_its_time(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "old", "step.11": f"cp {WORKSPACE} {KINDS[0]}"})
    done = run_job(cluster)
    assert (done.returncode, "KAITO has recreated" in done.stdout) == (0, True), done.stderr
    assert done.stdout.count("waiting") == 1, "one line a reason"


def test_a_workload_that_somebody_else_deletes_first_is_waited_for(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "old", "step.4": f"rm {KINDS[0]}", "step.6": f"cp {WORKSPACE} {KINDS[0]}"})
    done = run_job(cluster)
    assert (done.returncode, "KAITO has recreated" in done.stdout) == (0, True), done.stderr
    assert len(calls(cluster, "delete")) == 1


def test_a_new_kaito_may_make_the_other_kind(cluster: Path) -> None:
    put(cluster, **{"deployments.apps": "old", "step.7": f"cp {WORKSPACE} statefulsets.apps"})
    done = run_job(cluster)
    assert "deleted deployments.apps; KAITO has recreated statefulsets.apps" in done.stdout


@pytest.mark.parametrize("remade", [{}, {"remade": "old"}], ids=["nothing", "the old one"])
def test_a_kaito_that_does_not_answer_is_told(cluster: Path, remade: dict[str, str]) -> None:
    put(cluster, **{KINDS[0]: "old", **remade})
    done = run_job(cluster)
    assert done.returncode == 1
    assert "KAITO has not recreated statefulsets.apps with template new" in done.stderr
    assert len(calls(cluster, "delete")) == 1, "it never deletes twice"


def test_a_workspace_that_is_not_applied_is_told(cluster: Path) -> None:
    put(cluster, **{WORKSPACE: "other", KINDS[0]: "old"})
    done = run_job(cluster)
    assert done.returncode == 1
    assert "does not have template new" in done.stderr
    assert not calls(cluster, "delete")


def test_a_workspace_applied_a_moment_later_is_waited_for(cluster: Path) -> None:
    put(cluster, **{WORKSPACE: "other", "step.3": f"printf new > {WORKSPACE}", KINDS[0]: "new"})
    assert run_job(cluster).returncode == 0


def test_a_newer_template_is_left_to_its_own_job(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "old", "step.5": f"printf newer > {WORKSPACE}; printf newer > {KINDS[0]}"})
    done = run_job(cluster)
    assert (done.returncode, "which another job rolls out" in done.stdout) == (0, True)


def test_a_warning_of_kubectl_is_not_another_template(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "new", "warning": "W1124 Warning: kaito.sh/v1beta1 Workspace is old\n"})
    done = run_job(cluster)
    assert (done.returncode, "already" in done.stdout) == (0, True)
    assert not calls(cluster, "delete")


@pytest.mark.parametrize("what", ["get workspaces.kaito.sh", f"get {KINDS[0]}", f"delete {KINDS[0]}"])
def test_what_is_forbidden_is_told_with_the_names_of_the_roles(cluster: Path, what: str) -> None:
    put(cluster, **{KINDS[0]: "old", "forbidden": what})
    done = run_job(cluster)
    assert done.returncode == 1
    assert f"the service account may not {what}. Check the Role and RoleBinding rollout-*" in done.stderr


def test_rights_that_come_a_moment_later_are_waited_for(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "new", "forbidden": f"get {WORKSPACE}", "step.3": "rm forbidden"})
    assert run_job(cluster).returncode == 0


def test_a_server_that_is_away_is_told(cluster: Path) -> None:
    put(cluster, broken="")
    done = run_job(cluster)
    assert done.returncode == 1
    assert "kubectl failed: Unable to connect" in done.stderr


def test_a_server_that_is_away_for_a_moment_is_asked_again(cluster: Path) -> None:
    put(cluster, **{KINDS[0]: "new", "broken": "", "step.4": "rm broken"})
    assert run_job(cluster).returncode == 0


def test_the_script_stands_in_the_job_as_in_its_file() -> None:
    (container,) = rendered(TINY)["Job"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == [SCRIPT]


def test_shellcheck_has_nothing_to_say(tool: Callable[[str], str]) -> None:
    done = subprocess.run(
        [tool("shellcheck"), "--shell=sh", "-"], input=SCRIPT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
