"""The workflow for GitHub: pinned, without rights that it does not need, with commands that exist."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import PHI, ROOT
from tests.integrations.command_lines import check, lines_of
from tests.integrations.fleet_repository import git, make_repository, render, run_install

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
    script = STEPS["Install the pack"]["run"]
    variables = {"RUNNER_TEMP": str(tmp_path), "GITHUB_PATH": str(tmp_path / "path")}
    asked, env = run_install(script, tmp_path, **variables)
    assert "--require-hashes" in asked
    command = f"{(tmp_path / 'path').read_text(encoding='utf-8').strip()}/kaito-pack"
    printed = subprocess.check_output([command, "a b"], env=env, text=True, timeout=60)
    assert printed == "['a b']\n"
    variables |= {"PACK_COMMIT": WORKFLOW["env"]["PACK_COMMIT"], "RUNNER_TEMP": str(tmp_path / "tools")}
    with pytest.raises(subprocess.CalledProcessError):
        run_install(script, tmp_path, **variables)


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


@pytest.fixture
def repository(installed, tmp_path):
    make_repository(installed, tmp_path)
    return tmp_path


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
    assert run_step("Fail if KAITO rejects the change", installed, repository).returncode == code


def test_a_plan_for_a_first_tree_says_what_is_created(installed, repository):
    git(repository, "rm", "-rq", "clusters")
    git(repository, "commit", "-qm", "no tree yet")
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    render(installed, repository)
    assert run_step("Plan", installed, repository).returncode == 0
    assert "workspace-phi" in (repository / "plan.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("addition", "code"), [("", 0), ("modelIdd: a/b\n", 1)])
def test_the_validate_step_checks_values_with_their_layers(installed, repository, addition, code):
    file = repository / "models" / "phi.yaml"
    file.write_text(file.read_text(encoding="utf-8") + addition, encoding="utf-8")
    done = run_step("Validate the values", installed, repository)
    assert done.returncode == code, done.stdout
    errors = [
        line for line in done.stdout.splitlines() if line.startswith("::error file=models/phi.yaml,line=")
    ]
    assert bool(errors) is bool(code)
