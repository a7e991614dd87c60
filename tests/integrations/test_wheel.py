"""The wheel has all that the commands read, and nothing of the tests."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from kaito_pack import __version__
from kaito_pack.cli.main import commands
from tests.conftest import PHI, ROOT

WORKSPACE = ROOT / "values" / "rendered" / "phi-small.yaml"


@pytest.fixture
def pack(installed, tmp_path):
    """Runs the installed command in an empty folder."""

    def run_pack(*arguments, stdin="", program="kaito-pack"):
        command = [str(installed.bin / program), *map(str, arguments)]
        environment = installed.environment(str(tmp_path))
        options = {"input": stdin, "capture_output": True, "text": True, "timeout": 60, "check": False}
        return subprocess.run(command, cwd=tmp_path, env=environment, **options)

    return run_pack


def test_templates_schemas_and_values_are_inside_to_the_byte(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        for pattern in ("templates/**/*", "schemas/**/*", "facts/**/*", "values/**/*"):
            files = [file for file in ROOT.glob(pattern) if file.is_file()]
            assert files
            for file in files:
                inside = f"kaito_pack/_root/{file.relative_to(ROOT)}"
                assert wheel.read(inside) == file.read_bytes(), inside


def test_the_page_of_the_form_is_inside(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        files = list((ROOT / "kaito_pack" / "form" / "web" / "static").iterdir())
        assert files
        for file in files:
            assert wheel.read(str(file.relative_to(ROOT))) == file.read_bytes(), file


def test_nothing_else_is_inside(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[0] for name in names} == {"kaito_pack", f"kaito_pack-{__version__}.dist-info"}
    assert [name for name in names if "test" in name.lower() or "__pycache__" in name] == []
    assert {name.split("/")[2] for name in names if "/_root/" in name} == {
        "facts",
        "schemas",
        "templates",
        "values",
    }


def test_it_names_its_licence_and_needs_what_pyproject_says(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        text = wheel.read(metadata).decode()
    assert "License-Expression: MIT" in text
    needed = [line.split(": ")[1] for line in text.splitlines() if line.startswith("Requires-Dist")]
    required = sorted(need for need in needed if "extra ==" not in need)
    assert [need.split("<")[0].split(">")[0] for need in required] == [
        "click",
        "jinja2",
        "jsonschema",
        "kubernetes-validate",
        "pyyaml",
        "questionary",
        "regex",
    ]


def test_it_renders_what_the_checkout_renders(pack, run):
    place, there = pack("-", stdin=PHI), run("-", stdin=PHI)
    assert (place.returncode, place.stderr) == (0, "")
    assert place.stdout == there.stdout


def test_it_says_its_version(pack):
    assert __version__ in pack("--version").stdout


def test_python_m_runs_it_too(pack):
    assert pack("-m", "kaito_pack", "-", stdin=PHI, program="python").stdout == pack("-", stdin=PHI).stdout


def test_the_code_that_runs_is_that_of_the_wheel(pack, installed):
    result = pack("-c", "import kaito_pack.base.root as r; print(r.ROOT)", program="python").stdout.strip()
    assert Path(result).is_relative_to(installed.folder)


def test_every_kaito_and_kubernetes_version_is_known(pack):
    done = pack(
        "validate",
        ROOT / "values" / "mistral-autoprovisioned.yaml",
        "--kaito-version",
        "all",
        "--kubernetes-version",
        "1.25",
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()[0].split()) == len(list((ROOT / "facts" / "kaito").glob("0.*.json")))


def test_what_is_refused_is_explained(pack):
    done = pack("-", stdin=PHI.replace("modelId", "modelIdd"))
    assert done.returncode == 1
    assert "Did you mean `modelId`?" in done.stderr


def test_the_catalogue_of_models_is_read(pack):
    """The model's limit of tokens stands in values/catalogue alone."""
    done = pack("-", stdin=PHI + "maxModelLen: 99999999\n")
    assert done.returncode == 1
    assert "99999999" in done.stderr


def test_pack_list_finds_its_files(pack):
    done = pack("pack", "list")
    assert done.returncode == 0
    assert "templates/vllm/workspace.yaml.j2" in done.stdout


def test_a_pack_of_ones_own_is_laid_over_it(pack, tmp_path):
    folder = tmp_path / "own" / "templates" / "vllm"
    folder.mkdir(parents=True)
    mode = (ROOT / "templates" / "vllm" / "mode.yaml").read_text(encoding="utf-8")
    (folder / "mode.yaml").write_text(mode.replace("kaito-base:0.1.1", "kaito-base:0.2.7"), encoding="utf-8")
    done = pack("-", "--pack", "own", stdin=PHI)
    assert (done.returncode, done.stderr) == (0, "")
    assert "kaito-base:0.2.7" in done.stdout


def test_status_reads_its_table(pack):
    done = pack("status", "-", "-o", "json", stdin=WORKSPACE.read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert json.loads(done.stdout)


def test_krm_renders(pack):
    config = {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Values", "spec": yaml.safe_load(PHI)}
    done = pack("krm", stdin=json.dumps({"kind": "ResourceList", "functionConfig": config}))
    assert [item["kind"] for item in yaml.safe_load(done.stdout)["items"]] == ["Workspace", "Service"]


@pytest.mark.parametrize("command", commands.list_commands(None))
def test_every_command_can_be_started(pack, command):
    done = pack(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: kaito-pack {command}")


@pytest.mark.parametrize("command", ["examples", "presets", "instance-types", "models"])
def test_what_the_pack_knows_is_listed(pack, command):
    done = pack(command, "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) > 3


@pytest.mark.parametrize("ci", ["github", "gitlab", "azure"])
def test_a_new_repository_has_its_files_and_passes_its_checks(pack, ci):
    done = pack("init", "repo", "--ci", ci)
    assert done.returncode == 0, done.stderr
    assert "Next: cd repo && kaito-pack validate ." in done.stderr
    assert pack("validate", "repo").returncode == 0


def test_the_completion_script_is_for_the_command(pack):
    assert "_KAITO_PACK_COMPLETE" in pack("completion", "bash").stdout
