"""What the READMEs of the integrations say of the project is so; tests/acceptance/test_docs.py runs them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import ROOT

FOLDER = ROOT / "integrations"
READMES = sorted(FOLDER.glob("**/README.md"))
BY_NAME = {str(file.relative_to(FOLDER)): file.read_text(encoding="utf-8") for file in READMES}


def blocks(text, language):
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_every_folder_has_a_readme_that_the_index_lists():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    listed = set(re.findall(r"^\| \[(\w[\w-]*)\]", BY_NAME["README.md"], flags=re.MULTILINE))
    assert listed == folders


@pytest.mark.parametrize("name", BY_NAME)
def test_files_of_the_project_that_it_names_are_there(name):
    for path in re.findall(r"(?<![\w/])((?:integrations|scripts|schemas|tests)/[\w./-]+)", BY_NAME[name]):
        if "git.example.com" not in BY_NAME[name].split(path)[0].splitlines()[-1]:
            assert any((base / path.rstrip(".")).exists() for base in (ROOT, FOLDER / Path(name).parent)), (
                path
            )


@pytest.mark.parametrize("name", BY_NAME)
def test_versions_of_the_pack_are_the_present_one(name):
    result = re.findall(r"(?:kaito-pack:|kaito-pack.git@v|rev: v|blob/v)(\d+\.\d+\.\d+)", BY_NAME[name])
    assert set(result) <= {__version__}


def test_the_application_of_the_readme_names_the_plugin_and_its_parameters():
    plugin = yaml.safe_load((FOLDER / "argocd" / "plugin.yaml").read_text(encoding="utf-8"))
    (application,) = (yaml.safe_load(block) for block in blocks(BY_NAME["argocd/README.md"], "yaml"))
    used = application["spec"]["source"]["plugin"]
    assert used["name"] == plugin["metadata"]["name"]
    known = {entry["name"] for entry in plugin["spec"]["parameters"]["static"]}
    assert {entry["name"] for entry in used["parameters"]} <= known


def test_the_hooks_of_the_readme_are_those_of_the_repository():
    hooks = {
        hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    }
    for block in blocks(BY_NAME["pre-commit/README.md"], "yaml"):
        for repository in yaml.safe_load(block)["repos"]:
            assert {hook["id"] for hook in repository["hooks"]} <= hooks
