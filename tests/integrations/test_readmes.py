"""What the READMEs of the integrations tell people to do can be done."""

from __future__ import annotations

import re

import pytest
import yaml

from kaito_pack import __version__
from tests.conftest import ROOT
from tests.integrations.command_lines import check, lines_of

FOLDER = ROOT / "integrations"
READMES = sorted(FOLDER.glob("**/README.md"))
BY_NAME = {str(file.relative_to(FOLDER)): file.read_text(encoding="utf-8") for file in READMES}


def blocks(text, language):
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(text):
    """Every command line of the pack: in blocks, indented, or in backquotes."""
    indented = "\n".join(re.findall(r"^    (kaito-pack .*)$", text, flags=re.MULTILINE))
    inline = [one for one in re.findall(r"`([^`\n]+)`", text) if " " in one]
    for script in (*blocks(text, "sh"), indented, *(one for one in inline if one.startswith("kaito-pack "))):
        yield from lines_of(script)


COMMANDS = [(name, words) for name, text in BY_NAME.items() for words in commands(text)]


def test_every_folder_has_a_readme_that_the_index_lists():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    listed = set(re.findall(r"^\| \[(\w[\w-]*)\]", BY_NAME["README.md"], flags=re.MULTILINE))
    assert listed == folders


@pytest.mark.parametrize("name", BY_NAME)
def test_links_lead_to_files(name):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", BY_NAME[name]):
        if "://" not in link:
            assert (FOLDER / name).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("name", BY_NAME)
def test_files_of_the_project_that_it_names_are_there(name):
    for path in re.findall(r"\b((?:integrations|scripts|schemas)/[\w./-]+)", BY_NAME[name]):
        if "git.example.com" not in BY_NAME[name].split(path)[0].splitlines()[-1]:
            assert (ROOT / path.rstrip(".")).exists(), path


@pytest.mark.parametrize("name", BY_NAME)
def test_its_yaml_can_be_read(name):
    for block in blocks(BY_NAME[name], "yaml"):
        assert yaml.safe_load(block)


@pytest.mark.parametrize("name", BY_NAME)
def test_versions_of_the_pack_are_the_present_one(name):
    found = re.findall(r"(?:kaito-pack:|kaito-pack.git@v|rev: v|blob/v)(\d+\.\d+\.\d+)", BY_NAME[name])
    assert set(found) <= {__version__}


@pytest.mark.parametrize(("name", "words"), COMMANDS, ids=[f"{name} {words[0]}" for name, words in COMMANDS])
def test_its_commands_and_their_options_exist(name, words):
    check(words)


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
