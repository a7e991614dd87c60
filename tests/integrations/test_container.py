"""The container recipe, as far as it can be tested without a container engine."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil

import pytest

from kaito_pack import __version__
from tests.conftest import PHI, ROOT
from tests.integrations.conftest import build

FOLDER = ROOT / "integrations" / "container"


def instructions():
    """The instructions of the recipe, one list of words a stage."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Containerfile").read_text(encoding="utf-8"))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and line[0] != "#"]
    stages = []
    for name, words in lines:
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, words))
    return stages


BUILD, FINAL = instructions()


def last(name):
    return [words for item, words in FINAL if item == name][-1]


def copied():
    return [source for name, words in BUILD if name == "COPY" for source in words.split()[:-1]]


def test_both_stages_begin_with_one_slim_python_pinned_by_its_full_tag():
    bases = {words.split()[0] for stage in (BUILD, FINAL) for name, words in stage if name == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases.pop())


def test_it_runs_as_a_user_without_rights_named_by_number():
    user, group = last("USER").split(":")
    assert int(user) > 0 and int(group) > 0  # runAsNonRoot needs a number


def test_the_final_stage_has_what_the_build_made_and_runs_nothing():
    assert [words.split()[0] for name, words in FINAL if name == "COPY"] == ["--from=build"]
    assert "RUN" not in [name for name, _ in FINAL]
    assert "ADD" not in [name for stage in (BUILD, FINAL) for name, _ in stage]


def test_the_dependencies_are_those_that_are_pinned_by_hash():
    commands = " ".join(words for name, words in BUILD if name == "RUN")
    assert "--require-hashes -r requirements/run.txt" in commands
    assert "--no-deps ." in commands


def test_what_is_copied_is_there_and_is_no_link_out_of_the_project():
    for source in copied():
        assert (ROOT / source).resolve().exists(), source
        assert (ROOT / source).resolve().is_relative_to(ROOT.resolve())


def test_what_is_copied_is_not_ignored():
    text = (FOLDER / "Containerfile.dockerignore").read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    rest = [rule[1:] for rule in rules if rule[0] == "!"]
    assert sorted(rest) == sorted(set(copied()))
    assert all(fnmatch.fnmatch("a/__pycache__", rule) for rule in rules if rule[0] not in "!" and rule != "*")


def test_what_is_copied_is_enough_to_build_the_very_wheel(installed, tmp_path):
    for source in copied():
        target = tmp_path / "src" / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    assert build(tmp_path / "src", tmp_path / "dist").name == installed.wheel.name


def test_the_entry_point_is_a_command_of_the_wheel(installed):
    (command,) = json.loads(last("ENTRYPOINT"))
    assert (installed.bin / command).is_file()


def test_the_entry_point_works_where_nothing_can_be_written(sealed, run):
    (command,) = json.loads(last("ENTRYPOINT"))
    done = sealed(command, "-", stdin=PHI, XDG_CACHE_HOME="/nonexistent/cache")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("-", stdin=PHI).stdout


def test_the_sealed_place_is_sealed(sealed, tmp_path):
    assert sealed("touch", str(tmp_path / "x")).returncode != 0
    assert sealed("touch", "/tmp/kaito-pack-x").returncode != 0


@pytest.mark.parametrize(
    "arguments", [["validate", "-"], ["krm"], ["--help"], ["validate", "-", "--kaito-version", "0.6"]]
)
def test_no_command_needs_to_write(sealed, arguments):
    done = sealed("kaito-pack", *arguments, stdin=PHI)
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if arguments == ["krm"] else 0)


def test_the_recipe_readme_and_patch_name_the_version_of_the_pack():
    files = [
        FOLDER / "Containerfile",
        FOLDER / "README.md",
        ROOT / "integrations/argocd/repo-server-patch.yaml",
    ]
    for file in files:
        tags = re.findall(r"/kaito-pack:([\w.]+)", file.read_text(encoding="utf-8"))
        assert tags and set(tags) == {__version__}, file
