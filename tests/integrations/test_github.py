"""The workflow for GitHub: pinned, without rights that it does not need, with commands that exist."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import ROOT
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
        env={**installed.environment(str(folder)), **WORKFLOW["env"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_drift_step_annotates_what_is_stale(installed, tmp_path):
    shutil.copytree(ROOT / "values", tmp_path / "values")
    fleet = (tmp_path / "values" / "fleet.yaml").read_text(encoding="utf-8")
    (tmp_path / "values" / "fleet.yaml").unlink()
    text = fleet.replace("../clusters", "clusters").replace("targets/", "values/targets/")
    text = text.replace("[", "[values/").replace(", premade", ", values/premade")
    (tmp_path / "fleet.yaml").write_text(text, encoding="utf-8")
    stale = run_step("Check that the rendered tree is up to date", installed, tmp_path)
    assert stale.returncode == 1
    assert "::error file=" in stale.stdout
    render = [str(installed.bin / "kaito-pack"), "render", "--fleet", "fleet.yaml"]
    subprocess.run(render, cwd=tmp_path, check=True, timeout=60)
    assert run_step("Check that the rendered tree is up to date", installed, tmp_path).returncode == 0


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
