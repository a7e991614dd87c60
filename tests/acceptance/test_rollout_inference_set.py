"""The rollout job of an InferenceSet: its rights, and its script as it is in the rendered Job."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.test_rollout import FUNCTIONS, SCRIPTS, calls, put, rendered, run_job

VALUES = {
    "name": "tiny",
    "modelSource": "vllm",
    "modelId": "acme/tiny",
    "workload": "InferenceSet",
    "replicas": 2,
    "rollout": "job",
}
SCRIPT = FUNCTIONS + (SCRIPTS / "rollout-inference-set.sh").read_text(encoding="utf-8")
# Answers as a cluster: `set` holds `replicas/hash`, `workspaces` a line NAME/DELETED/READY/HASH each. It also
# does what KAITO does: one call after a Workspace is deleted it creates another of the template in `set`,
# which is Ready two calls later; `stuck` prevents that.
KUBECTL = """#!/bin/sh
cd {cluster}
echo "$*" >> calls
[ ! -e "step.$(wc -l < calls)" ] || . "./step.$(wc -l < calls)"
if [ -e forbidden ] && grep -q "$1 $2" forbidden; then
    echo "Error from server (Forbidden): $2 is forbidden: User cannot $1 resource" >&2
    exit 1
fi
case "$1 $2" in
    "get inferencesets.kaito.sh") [ ! -e set ] || cat set ;;
    "get workspaces.kaito.sh")
        cat workspaces
        sed -i "s|//later/|//True/|; s|//new/|//later/|" workspaces
        if [ -e deleted ] && [ ! -e stuck ]; then
            rm deleted
            echo "tiny-$(wc -l < calls)//new/$(cut -d/ -f2 set)" >> workspaces
        fi ;;
    "delete workspaces.kaito.sh")
        sed -i "/^$3[/]/d" workspaces
        touch deleted ;;
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
    put(folder, set="2/new", workspaces="tiny-a//True/old\ntiny-b//True/old\n")
    return folder


def test_the_job_may_read_its_inference_set_and_delete_workspaces() -> None:
    read, delete = rendered(VALUES)["Role"]["rules"]
    assert (read["resources"], read["resourceNames"], read["verbs"]) == (["inferencesets"], ["tiny"], ["get"])
    assert (delete["resources"], delete["verbs"]) == (["workspaces"], ["get", "list", "delete"])


def test_workspaces_are_replaced_one_by_one_each_when_the_others_are_ready(cluster: Path) -> None:
    done = run_job(cluster, VALUES)
    assert (done.returncode, "replaced: 2" in done.stdout) == (0, True), done.stderr
    names = [call.split()[2] for call in calls(cluster, "delete")]
    assert names == ["tiny-a", "tiny-b"]
    between = done.stdout.split("Workspace tiny-a does")[1].split("Workspace tiny-b does")[0]
    assert "KAITO has created 1 of 2 Workspaces" in between
    assert "is not Ready" in between
    assert all(line.endswith("//True/new") for line in (cluster / "workspaces").read_text().splitlines())


def test_what_has_the_template_is_left_alone(cluster: Path) -> None:
    put(cluster, workspaces="tiny-a//True/new\ntiny-b//True/new\n")
    done = run_job(cluster, VALUES)
    assert (done.returncode, "replaced: 0" in done.stdout, calls(cluster, "delete")) == (0, True, [])


def test_one_that_is_not_ready_goes_first(cluster: Path) -> None:
    put(cluster, workspaces="tiny-a//True/old\ntiny-b//False/old\n")
    run_job(cluster, VALUES)
    assert [call.split()[2] for call in calls(cluster, "delete")] == ["tiny-b", "tiny-a"]


def test_nothing_more_is_deleted_while_a_new_one_does_not_come(cluster: Path) -> None:
    put(cluster, stuck="")
    done = run_job(cluster, VALUES)
    assert (done.returncode, "KAITO has created 1 of 2 Workspaces" in done.stderr) == (1, True)
    assert len(calls(cluster, "delete")) == 1


def test_no_replica_is_nothing_to_do(cluster: Path) -> None:
    put(cluster, set="0/new", workspaces="")
    assert (run_job(cluster, VALUES).returncode, calls(cluster, "delete")) == (0, [])


def test_an_inference_set_that_is_not_applied_is_reported(cluster: Path) -> None:
    put(cluster, set="2/other")
    done = run_job(cluster, VALUES)
    assert (done.returncode, "does not have template new" in done.stderr) == (1, True)
    assert not calls(cluster, "delete")


def test_a_newer_template_is_left_to_its_own_job(cluster: Path) -> None:
    put(cluster, **{"step.3": "printf 2/newer > set"})
    done = run_job(cluster, VALUES)
    assert (done.returncode, "which another job rolls out" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "what", ["get inferencesets.kaito.sh", "get workspaces.kaito.sh", "delete workspaces.kaito.sh"]
)
def test_what_is_forbidden_is_reported_with_the_names_of_the_roles(cluster: Path, what: str) -> None:
    put(cluster, forbidden=what)
    done = run_job(cluster, VALUES)
    assert done.returncode == 1
    assert f"the service account may not {what}. Check the Role and RoleBinding rollout-*" in done.stderr


def test_the_script_is_in_the_job_as_in_its_file() -> None:
    (container,) = rendered(VALUES)["Job"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == [SCRIPT]


def test_shellcheck_has_nothing_to_say(tool: Callable[[str], str]) -> None:
    done = subprocess.run(
        [tool("shellcheck"), "--shell=sh", "-"], input=SCRIPT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
