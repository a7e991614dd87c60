"""The hooks, run by the real pre-commit over a repository of values."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from tests.conftest import PHI, ROOT
from tests.integrations.command_lines import check, lines_of

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
BY_ID = {hook["id"]: hook for hook in HOOKS}


@pytest.fixture
def repository(installed, tool, tmp_path):
    """A git repository that uses the hooks, their command taken from the installed wheel."""
    folder = tmp_path / "models"
    (folder / "values").mkdir(parents=True)
    environment = installed.environment(str(tmp_path)) | {"PRE_COMMIT_COLOR": "never"}
    options = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 60}
    subprocess.run(["git", "init", "-q"], check=True, **options)

    class Repository:
        """What the tests do with it."""

        def __init__(self):
            self.folder = folder

        def run(self, *hooks, **changes):
            # language: system takes the command from PATH, where pre-commit would have installed it.
            local = [{**BY_ID[hook], "language": "system", **changes} for hook in hooks]
            config = {"repos": [{"repo": "local", "hooks": local}]}
            (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
            subprocess.run(["git", "add", "-A"], check=True, **options)
            return subprocess.run([tool("pre-commit"), "run", "--all-files"], check=False, **options)

    return Repository()


def test_pre_commit_accepts_the_manifest(tool, tmp_path):
    done = subprocess.run(
        [tool("pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_every_entry_is_the_command_of_the_wheel_with_options_that_exist(hook):
    assert hook["language"] == "python"
    (words,) = lines_of(" ".join([hook["entry"], *hook.get("args", [])]))
    check(words)


def test_the_command_of_the_entries_is_the_one_that_the_project_installs():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for hook in HOOKS:
        assert f"\n{hook['entry'].split()[0]} = " in text


def test_right_values_pass(repository):
    (repository.folder / "values" / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = repository.run("kaito-pack-validate")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_wrong_values_stop_the_commit_and_say_why(repository):
    (repository.folder / "values" / "phi.yaml").write_text(
        PHI.replace("modelId", "modelIdd"), encoding="utf-8"
    )
    done = repository.run("kaito-pack-validate")
    assert done.returncode == 1
    assert "values/phi.yaml:3:1 modelIdd: unknown value. Did you mean `modelId`?" in done.stdout


def test_two_files_of_one_workspace_are_seen_together(repository):
    for name in ("a", "b"):
        (repository.folder / "values" / f"{name}.yaml").write_text(PHI, encoding="utf-8")
    done = repository.run("kaito-pack-validate")
    assert done.returncode == 1
    assert "also renders the Workspace" in done.stdout


def test_other_files_are_not_asked_for(repository):
    (repository.folder / "deployment.yaml").write_text("hello: world\n", encoding="utf-8")
    (repository.folder / "values" / "README.md").write_text("# Values\n", encoding="utf-8")
    done = repository.run("kaito-pack-validate")
    assert done.returncode == 0
    assert "no files to check" in done.stdout


@pytest.mark.parametrize(
    ("file", "taken"),
    [
        ("values/phi.yaml", True),
        ("values/phi.json", True),
        ("values/targets/prod.yaml", False),
        ("other/values/phi.yaml", False),
        ("values/phi.yaml.bak", False),
    ],
)
def test_the_files_of_the_validate_hook(file, taken):
    assert bool(re.search(BY_ID["kaito-pack-validate"]["files"], file)) is taken


def test_drift_stops_the_commit(repository):
    (words,) = lines_of(" ".join([BY_ID["kaito-pack-drift"]["entry"], *BY_ID["kaito-pack-drift"]["args"]]))
    check(words)
    folder = repository.folder
    (folder / "values" / "phi.yaml").write_text(PHI, encoding="utf-8")
    (folder / "prod.yaml").write_text(
        'apiVersion: pack.kubefoundry.io/v1\nkind: Target\nkaitoVersion: "0.12"\n', encoding="utf-8"
    )
    (folder / "fleet.yaml").write_text(
        "apiVersion: pack.kubefoundry.io/v1\nkind: Fleet\ntargets:\n"
        "  - {name: prod, target: prod.yaml, values: [values/*.yaml], out: clusters/prod}\n",
        encoding="utf-8",
    )
    assert repository.run("kaito-pack-drift").returncode == 1
    rendered = repository.run("kaito-pack-drift", entry="kaito-pack render")
    assert rendered.returncode == 0, rendered.stdout
    assert repository.run("kaito-pack-drift").returncode == 0
