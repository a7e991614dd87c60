"""The workflow for GitHub: pinned, without rights that it does not need, with commands that exist."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import PHI, ROOT
from tests.integrations.command_lines import check, lines_of

TEXT = (ROOT / "integrations" / "github" / "plan.yaml").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
(JOB,) = WORKFLOW["jobs"].values()
STEPS = {step.get("name", step.get("uses")): step for step in JOB["steps"]}
COMMANDS = [(name, words) for name, step in STEPS.items() for words in lines_of(step.get("run", ""))]


def test_actions_are_pinned_by_their_full_version():
    used = [step["uses"] for step in JOB["steps"] if "uses" in step]
    assert used
    assert [use for use in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", use)] == []


def test_it_may_read_the_code_and_write_comments_and_no_more():
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "permissions" not in JOB


def test_it_runs_for_pull_requests_without_the_secrets_of_the_target():
    # PyYAML reads the key `on` as true.
    assert list(WORKFLOW[True]) == ["pull_request"]
    assert "secrets." not in TEXT


def test_what_somebody_else_may_name_never_becomes_shell_text():
    assert [step["run"] for step in JOB["steps"] if "${{" in step.get("run", "")] == []


def test_it_installs_the_version_of_this_pack():
    assert WORKFLOW["env"]["PACK"].endswith(f"@v{__version__}")


@pytest.mark.parametrize(("step", "words"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_its_commands_and_their_options_exist(step, words):
    check(words)


def test_it_uses_the_pack_as_it_says():
    assert [words[0] for _, words in COMMANDS] == ["validate", "render", "plan", "plan"]


def run_step(name, installed, folder):
    """One step's script as GitHub runs it."""
    return subprocess.run(
        ["bash", "-e", "-c", STEPS[name]["run"]],
        cwd=folder,
        env={**installed.environment(str(folder)), **WORKFLOW["env"], "BASE": "main"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


FLEET = """\
apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {name: onprem, target: targets/onprem.yaml, values: [models/*.yaml], out: clusters/onprem}
"""


@pytest.fixture
def repository(installed, tmp_path):
    """A pull request's checkout: its values as on the branch it goes to, rendered; changes come next."""
    for name, text in {
        "fleet.yaml": FLEET,
        "models/phi.yaml": PHI,
        "targets/onprem.yaml": (ROOT / "values" / "targets" / "onprem.yaml").read_text(encoding="utf-8"),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    render(installed, tmp_path)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "base")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    return tmp_path


def render(installed, folder):
    command = [str(installed.bin / "kaito-pack"), "render", "--fleet", "fleet.yaml", "--prune"]
    subprocess.run(command, cwd=folder, check=True, timeout=60, env=installed.environment(str(folder)))


def test_the_drift_step_annotates_what_is_stale(installed, repository):
    name = "Check that the rendered tree is up to date"
    assert run_step(name, installed, repository).returncode == 0
    (repository / "models" / "phi.yaml").write_text(PHI + "replicas: 2\n", encoding="utf-8")
    done = run_step(name, installed, repository)
    assert done.returncode == 1
    assert "::error file=" in done.stdout


@pytest.mark.parametrize(
    ("addition", "says", "code"),
    [("startupMinutes: 20\n", "not rolled out", 0), ("replicas: 2\n", "rejected", 1)],
)
def test_the_plan_compares_with_the_tree_of_the_other_branch(installed, repository, addition, says, code):
    (repository / "models" / "phi.yaml").write_text(PHI + addition, encoding="utf-8")
    render(installed, repository)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "change")
    planned = run_step("Plan", installed, repository)
    assert planned.returncode == 0, planned.stderr
    assert says in (repository / "plan.md").read_text(encoding="utf-8").replace("-", " ")
    assert run_step("Fail where KAITO would reject the change", installed, repository).returncode == code


def test_a_plan_for_a_first_tree_says_what_is_created(installed, repository):
    git(repository, "rm", "-rq", "clusters")
    git(repository, "commit", "-qm", "no tree yet")
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    render(installed, repository)
    assert run_step("Plan", installed, repository).returncode == 0
    assert "workspace-phi" in (repository / "plan.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "code"), [("modelId: a/b\n", 0), ("modelIdd: a/b\n", 1)])
def test_the_validate_step_runs_as_it_is_written(installed, tmp_path, text, code):
    folder = tmp_path / WORKFLOW["env"]["VALUES"]
    folder.mkdir()
    (folder / "phi.yaml").write_text(f"name: phi\nmodelSource: vllm\n{text}", encoding="utf-8")
    done = run_step("Validate the values", installed, tmp_path)
    assert done.returncode == code
    errors = [
        line for line in done.stdout.splitlines() if line.startswith("::error file=models/phi.yaml,line=")
    ]
    assert bool(errors) is bool(code)
