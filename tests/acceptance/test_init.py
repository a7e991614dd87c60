"""`init`: a GitOps repository that passes its own checks at once, and never over a file that exists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kaito_pack.pack import Pack
from tests.conftest import ROOT, Run
from tests.terminal import Terminal
from tests.tiers import mostly_full

VERSIONS = Pack().kaito_versions


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("cloud", ["azure", "aws", "arc"])
@pytest.mark.parametrize("version", mostly_full(reversed(VERSIONS), 1))
def test_a_new_repository_passes_its_own_checks(run: Run, tmp_path: Path, version: str, cloud: str) -> None:
    done = run("init", "repo", "--kaito-version", version, "--cloud", cloud)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    repo = tmp_path / "repo"
    for arguments in (
        ("validate", "."),
        ("validate", "--fleet", "fleet.yaml"),
        ("render", "--fleet", "fleet.yaml", "--check"),
    ):
        done = run(*arguments, cwd=repo)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((repo / "clusters").rglob("workspace-*.yaml"))) == 4
    targets = {
        yaml.safe_load(file.read_text("utf-8"))["kaitoVersion"] for file in (repo / "targets").iterdir()
    }
    assert targets == {version}


def test_it_has_all_that_a_team_needs(run: Run, tmp_path: Path) -> None:
    assert run("init", "repo").returncode == 0
    repo = tmp_path / "repo"
    assert {"README.md", "fleet.yaml", ".pre-commit-config.yaml", ".vscode/settings.json"} <= files(repo)
    for schema, patterns in json.loads((repo / ".vscode/settings.json").read_text("utf-8"))[
        "yaml.schemas"
    ].items():
        assert (repo / schema).is_file()
        assert any(list(repo.glob(pattern)) for pattern in patterns)
    done = run("new", "models/own.yaml", "--mode", "vllm", "--model-id", "acme/own", cwd=repo)
    assert done.returncode == 0, done.stderr
    assert "$schema=../.schemas/values.schema.json" in (repo / "models/own.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("ci", "file", "source"),
    [
        ("github", ".github/workflows/kaito-plan.yaml", "github/plan.yaml"),
        ("gitlab", ".gitlab-ci.yml", "gitlab/kaito-pack.yaml"),
        ("azure", ".azure-pipelines/kaito-pack.yaml", "azure-pipelines/kaito-pack.yaml"),
    ],
)
def test_the_pipeline_is_the_one_of_the_integrations(
    run: Run, tmp_path: Path, ci: str, file: str, source: str
) -> None:
    assert run("init", "repo", "--ci", ci).returncode == 0
    repo = tmp_path / "repo"
    assert (repo / file).read_text("utf-8") == (ROOT / "integrations" / source).read_text("utf-8")
    assert f"`{file}`" in (repo / "README.md").read_text("utf-8")
    assert run("init", "plain", "--ci", "none").returncode == 0
    assert len(files(tmp_path / "plain")) == len(files(repo)) - 1


def test_it_never_overwrites_a_file(run: Run, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    (repo / "models").mkdir(parents=True)
    (repo / "notes.txt").write_text("mine", encoding="utf-8")
    (repo / "models" / "phi.yaml").write_text("mine", encoding="utf-8")
    done = run("init", "repo")
    assert (done.returncode, done.stdout) == (2, "")
    assert "repo/models/phi.yaml: already exists" in done.stderr
    assert files(repo) == {"notes.txt", "models/phi.yaml"}
    (repo / "models" / "phi.yaml").unlink()
    assert run("init", "repo").returncode == 0
    assert (repo / "notes.txt").read_text("utf-8") == "mine"


@pytest.mark.full
def test_in_a_terminal_it_asks_what_no_option_says(tmp_path: Path) -> None:
    with Terminal(tmp_path, "init", "repo", "--kaito-version", "0.11") as terminal:
        terminal.wait("Cloud of the cluster prod")
        terminal.type("aws\n")
        terminal.wait("CI system")
        terminal.type("gitlab\n")
        terminal.wait("repo is ready")
    assert "cloud: aws" in (tmp_path / "repo/targets/prod.yaml").read_text("utf-8")
    assert (tmp_path / "repo/.gitlab-ci.yml").is_file()
