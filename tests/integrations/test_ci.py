"""The pipelines for GitLab and Azure: pinned, with commands that exist, run over a repository of values."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import ROOT
from tests.integrations.command_lines import check, lines_of
from tests.integrations.fleet_repository import git, make_repository, render, run_install

FILES = {name: ROOT / "integrations" / name / "kaito-pack.yaml" for name in ("gitlab", "azure-pipelines")}
TEXTS = {name: file.read_text(encoding="utf-8") for name, file in FILES.items()}
PIPELINES = {name: yaml.safe_load(text) for name, text in TEXTS.items()}


def scripts(name):
    """The scripts of a pipeline, the installation first."""
    if name == "gitlab":
        job = PIPELINES[name]["kaito-pack"]
        return [*job["before_script"], *job["script"]]
    (job,) = PIPELINES[name]["jobs"]
    return [step["bash"] for step in job["steps"] if "bash" in step]


COMMANDS = [(name, words) for name in FILES for script in scripts(name) for words in lines_of(script)]


@pytest.mark.parametrize(("name", "words"), COMMANDS)
def test_its_commands_and_their_options_exist(name, words):
    check(words)


@pytest.mark.parametrize("name", FILES)
def test_it_takes_the_pack_by_commit_and_packages_by_hash(name):
    assert re.fullmatch("[0-9a-f]{40}", PIPELINES[name]["variables"]["PACK_COMMIT"])
    assert f"refs/tags/v{__version__}^" in TEXTS[name]
    (install,) = (line for line in TEXTS[name].splitlines() if "pip install" in line)
    assert "--require-hashes" in install and install.endswith('requirements/run.txt"')


@pytest.mark.parametrize("name", FILES)
def test_what_somebody_else_may_name_never_becomes_shell_text(name):
    assert [
        script for script in scripts(name) if "$(" in script.replace("$(command", "").replace("$(mktemp", "")
    ] == []


@pytest.mark.parametrize("name", FILES)
def test_the_pack_runs_from_its_checkout(name, tmp_path):
    script = scripts(name)[0] + '\nPATH="$AGENT_TEMPDIRECTORY/bin:$PATH" kaito-pack "a b" > "$OUT"\n'
    out = tmp_path / "printed"
    asked, _ = run_install(script, tmp_path, AGENT_TEMPDIRECTORY=str(tmp_path), OUT=str(out))
    assert "--require-hashes" in asked
    assert out.read_text(encoding="utf-8") == "['a b']\n"


def run_scripts(name, installed, folder):
    """The steps after the installation, until one fails: what the last one printed, and its exit code."""
    variables = {
        **PIPELINES[name]["variables"],
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "BASE": "refs/heads/main",
    }
    for script in scripts(name)[1:]:
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=folder,
            env={**installed.environment(str(folder)), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            break
    return done


@pytest.fixture
def repository(installed, tmp_path):
    make_repository(installed, tmp_path)
    git(tmp_path, "remote", "add", "origin", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_change_is_checked_and_planned(name, installed, repository):
    file = repository / "models" / "phi.yaml"
    git(repository, "checkout", "-qb", "change")
    file.write_text(file.read_text(encoding="utf-8") + "startupMinutes: 20\n", encoding="utf-8")
    assert run_scripts(name, installed, repository).returncode == 1, "the tree is stale"
    assert ElementTree.parse(repository / "validate.xml").getroot().get("failures") == "0"
    assert ElementTree.parse(repository / "drift.xml").getroot().get("failures") != "0"
    render(installed, repository)
    git(repository, "add", "models", "clusters")
    git(repository, "commit", "-qm", "change")
    done = run_scripts(name, installed, repository)
    assert done.returncode == 0, done.stderr
    assert "not rolled out" in (repository / "plan.md").read_text(encoding="utf-8").replace("-", " ")


@pytest.mark.parametrize("name", FILES)
def test_wrong_values_are_failures_of_the_report(name, installed, repository):
    (repository / "models" / "phi.yaml").write_text("name: phi\nmodelSource: vlm\n", encoding="utf-8")
    assert run_scripts(name, installed, repository).returncode == 1
    root = ElementTree.parse(repository / "validate.xml").getroot()
    assert root.get("failures") == "1"
    assert [suite.get("name") for suite in root if suite.get("failures") != "0"] == ["models/phi.yaml"]
