"""The rollout job: its rights, its name, its hash, and its script as it stands in the rendered Job."""

from __future__ import annotations

import os
import stat
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kaito_pack import values as checked
from kaito_pack.rendering import Renderer
from tests import strategies
from tests.strategies import PACK

RENDERER = Renderer(PACK)
MODES = [name for name in PACK.mode_names if "not" not in PACK.mode(name).schema["properties"]["rollout"]]
TINY = {"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny", "rollout": "job"}


def rendered(drawn: dict[str, Any]) -> dict[str, Any]:
    bodies = [one.body for one in RENDERER.render(checked.check([strategies.as_layer(drawn)], PACK))]
    return {body["kind"]: body for body in bodies}


def hash_of(bodies: dict[str, Any]) -> str:
    annotations = bodies["Workspace"]["inference"]["template"]["metadata"]["annotations"]
    found: str = annotations["kubefoundry.io/template-hash"]
    return found


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
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"} <= set(job["spec"])
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PostSync"


often = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("mode", MODES)
def test_names_are_short_enough_for_labels(mode: str) -> None:
    from hypothesis import find

    drawn = find(strategies.values(mode), lambda _: True)
    bodies = rendered({**drawn, "name": "a" * 42, "rollout": "job"})
    assert all(len(body["metadata"]["name"]) <= 63 for body in bodies.values())


@often
@given(one=strategies.values("vllm"), two=strategies.values("vllm"))
def test_the_hash_changes_with_the_pod_spec_and_with_nothing_else(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    first, second = rendered({**one, "rollout": "job"}), rendered({**two, "rollout": "job"})
    specs = [bodies["Workspace"]["inference"]["template"]["spec"] for bodies in (first, second)]
    assert (hash_of(first) == hash_of(second)) is (specs[0] == specs[1])
    assert first["Job"]["metadata"]["name"].endswith(hash_of(first))


def test_an_addition_to_the_pod_template_changes_the_hash_and_keeps_the_annotation() -> None:
    added = {
        **TINY,
        "podTemplate": {"metadata": {"annotations": {"a": "b"}}, "spec": {"priorityClassName": "high"}},
    }
    assert hash_of(rendered(added)) != hash_of(rendered(TINY))
    only_metadata = {**TINY, "podTemplate": {"metadata": {"annotations": {"a": "b"}}}}
    assert hash_of(rendered(only_metadata)) == hash_of(rendered(TINY))


KUBECTL = """#!/bin/sh
# A cluster in a folder: one file a kind holds the hash of its template.
cd {cluster}
echo "$*" >> calls
verb=$1 kind=$2
if [ -e forbidden ] && grep -q "$verb $kind" forbidden; then
    echo "Error (Forbidden): $kind is forbidden" >&2
    exit 1
fi
[ -e broken ] && {{ echo "Unable to connect to the server" >&2; exit 1; }}
case $verb in
    get)
        [ -e "$kind" ] || exit 0
        case $* in *metadata.name*) echo "$WORKSPACE" ;; *) cat "$kind" ;; esac ;;
    delete)
        rm -f "$kind"
        [ -e remade ] && cp remade "$kind" ;;
esac
exit 0
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    folder = tmp_path / "cluster"
    folder.mkdir()
    fake = tmp_path / "bin" / "kubectl"
    fake.write_text(KUBECTL.format(cluster=folder), encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (folder / "workspaces.kaito.sh").write_text("new", encoding="utf-8")
    return folder


def run_job(cluster: Path) -> subprocess.CompletedProcess[str]:
    """The script of the rendered Job, by the shell and with the environment that it has there."""
    (container,) = rendered(TINY)["Job"]["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    environment |= {"HASH": "new", "PAUSE": "0", "ATTEMPTS": "3"}
    path = f"{cluster.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [*container["command"], *container["args"]]
    return subprocess.run(
        command, env={**environment, "PATH": path}, capture_output=True, text=True, timeout=30, check=False
    )


def put(cluster: Path, **files: str) -> None:
    for name, text in files.items():
        (cluster / name.replace("_", ".")).write_text(text, encoding="utf-8")


def test_no_workload_yet_is_nothing_to_do(cluster: Path) -> None:
    done = run_job(cluster)
    assert (done.returncode, "no workload yet" in done.stdout) == (0, True)
    assert "delete" not in (cluster / "calls").read_text(encoding="utf-8")


def test_the_same_template_is_left_alone(cluster: Path) -> None:
    put(cluster, statefulsets_apps="new")
    done = run_job(cluster)
    assert (done.returncode, "already" in done.stdout) == (0, True)
    assert "delete" not in (cluster / "calls").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["statefulsets.apps", "deployments.apps"])
def test_another_template_is_deleted_and_waited_for(cluster: Path, kind: str) -> None:
    (cluster / kind).write_text("old", encoding="utf-8")
    put(cluster, remade="new")
    done = run_job(cluster)
    assert done.returncode == 0, done.stderr
    assert f"KAITO has made {kind} again" in done.stdout
    assert f"delete {kind} workspace-tiny -n kaito-workspace" in (cluster / "calls").read_text(
        encoding="utf-8"
    )


def test_a_workload_without_a_hash_is_an_old_one(cluster: Path) -> None:
    put(cluster, statefulsets_apps="", remade="new")
    assert run_job(cluster).returncode == 0


def test_a_workload_that_is_gone_meanwhile_is_waited_for(cluster: Path) -> None:
    put(cluster, statefulsets_apps="old", remade="new")
    fake = cluster.parent / "bin" / "kubectl"
    # Somebody else deletes it just before we do, and KAITO makes it again.
    fake.write_text(fake.read_text("utf-8").replace('rm -f "$kind"', 'rm -f "$kind"; :'), encoding="utf-8")
    assert run_job(cluster).returncode == 0


def test_a_kaito_that_does_not_answer_is_told(cluster: Path) -> None:
    put(cluster, statefulsets_apps="old")
    done = run_job(cluster)
    assert done.returncode == 1
    assert "KAITO has not made statefulsets.apps again" in done.stderr


def test_a_workspace_that_is_not_applied_is_told(cluster: Path) -> None:
    (cluster / "workspaces.kaito.sh").write_text("other", encoding="utf-8")
    done = run_job(cluster)
    assert done.returncode == 1
    assert "does not have template new" in done.stderr


@pytest.mark.parametrize("what", ["get statefulsets.apps", "delete statefulsets.apps"])
def test_what_is_forbidden_is_told_with_the_names_of_the_roles(cluster: Path, what: str) -> None:
    put(cluster, statefulsets_apps="old", forbidden=what)
    done = run_job(cluster)
    assert done.returncode == 1
    assert "check Role and RoleBinding" in done.stderr


def test_a_server_that_is_away_is_told(cluster: Path) -> None:
    put(cluster, broken="")
    done = run_job(cluster)
    assert done.returncode == 1
    assert "Unable to connect" in done.stderr


def test_two_templates_have_two_jobs() -> None:
    other = deepcopy(TINY) | {"maxModelLen": 5}
    assert rendered(TINY)["Job"]["metadata"]["name"] != rendered(other)["Job"]["metadata"]["name"]
