"""The workflow for GitHub: pinned, without rights that it does not need, with commands that exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys

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


def test_actions_are_pinned_by_commit_with_the_version_beside_it():
    used = re.findall(r"uses: (.*)", TEXT)
    assert used
    pinned = re.compile(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [use for use in used if not pinned.fullmatch(use)] == []
    for name, version in re.findall(r"uses: (\S+)@\S+ # (\S+)", TEXT):
        assert f"git ls-remote https://github.com/{name} refs/tags/{version}" in TEXT


def test_it_may_read_the_code_and_write_comments_and_no_more():
    assert WORKFLOW["permissions"] == {}
    assert JOB["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_it_runs_for_pull_requests_without_the_secrets_of_the_target():
    # PyYAML reads the key `on` as true.
    assert list(WORKFLOW[True]) == ["pull_request"]
    assert "secrets." not in TEXT


def test_what_somebody_else_may_name_never_becomes_shell_text():
    assert [step["run"] for step in JOB["steps"] if "${{" in step.get("run", "")] == []


def test_it_takes_the_pack_by_commit_and_packages_by_hash():
    assert re.fullmatch("[0-9a-f]{40}", WORKFLOW["env"]["PACK_COMMIT"])
    assert f"refs/tags/v{__version__}^" in TEXT
    (install,) = (line for line in TEXT.splitlines() if "pip install" in line)
    assert "--require-hashes" in install and install.endswith('requirements/run.txt"')
    assert "--hash=sha256:" in (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")


def test_the_pack_runs_from_its_checkout(tmp_path):
    """The step that installs it, with a pip that only takes down its arguments."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "pip").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n', encoding="utf-8")
    (tmp_path / "tools" / "pip").chmod(0o755)
    (tmp_path / "tools" / "python").symlink_to(sys.executable)
    pack = tmp_path / "origin"
    pack.mkdir()
    (pack / "render.py").write_text("import sys; print(sys.argv[1:])", encoding="utf-8")
    git(pack, "init", "--quiet")
    git(pack, "add", ".")
    git(pack, "commit", "--quiet", "-m", "a")
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=pack, text=True).strip()
    path = f"{tmp_path / 'tools'}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "RUNNER_TEMP": str(tmp_path), "GITHUB_PATH": str(tmp_path / "path")}
    env |= {"PACK": pack.as_uri(), "PACK_COMMIT": commit}
    script = STEPS["Install the pack"]["run"]
    subprocess.run(["bash", "-e", "-c", script], env=env, check=True, timeout=60)
    assert "--require-hashes" in (tmp_path / "asked").read_text(encoding="utf-8")
    command = f"{(tmp_path / 'path').read_text(encoding='utf-8').strip()}/kaito-pack"
    printed = subprocess.check_output([command, "a b"], env=env, text=True, timeout=60)
    assert printed == "['a b']\n"
    env["PACK_COMMIT"] = WORKFLOW["env"]["PACK_COMMIT"]
    env["RUNNER_TEMP"] = str(tmp_path / "tools")
    done = subprocess.run(["bash", "-e", "-c", script], env=env, capture_output=True, check=False, timeout=60)
    assert done.returncode != 0


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
