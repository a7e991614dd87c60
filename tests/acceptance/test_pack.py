"""Packs of one's own: a template overridden, a value, a mode, a KAITO version added; and their limits."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, TINY, Run


def pack(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A pack that overrides one partial and adds one value."""
    labels = (ROOT / "templates" / "_partials" / "labels.yaml.j2").read_text(encoding="utf-8")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "pack:below",
        "properties": {"team": {"type": "string", "default": "nobody", "examples": ["a"]}},
        "unevaluatedProperties": False,
    }
    files = {
        "templates/_partials/labels.yaml.j2": labels + "example.com/team: {{ team }}\n",
        "values/vllm.yaml": TINY + "team: a\n",
    }
    modes = ("vllm", "huggingface", "premade", "preset")
    files |= {f"schemas/values/{mode}.schema.json": json.dumps(schema) for mode in modes}
    return pack(tmp_path / "labelled", files)


def test_a_template_is_overridden_and_a_value_added(run: Run, labelled: Path) -> None:
    done = run("-", "--pack", labelled, stdin=TINY + "team: research\n")
    assert done.returncode == 0, done.stderr
    for body in yaml.safe_load_all(done.stdout):
        assert body["metadata"]["labels"]["example.com/team"] == "research"


def test_an_added_value_has_its_default(run: Run, labelled: Path) -> None:
    assert "example.com/team: nobody" in run("-", "--pack", labelled, stdin=TINY).stdout


def test_an_added_value_is_checked_as_strictly(run: Run, labelled: Path) -> None:
    assert "team: `5` is not text" in run("-", "--pack", labelled, stdin=TINY + "team: 5\n").stderr
    assert (
        "teem: unknown value. Did you mean `team`?"
        in run("-", "--pack", labelled, stdin=TINY + "teem: a\n").stderr
    )
    assert "team: unknown value" in run("-", stdin=TINY + "team: a\n").stderr


def test_the_environment_names_packs_too(run: Run, labelled: Path) -> None:
    env = {"KAITO_PACK": os.pathsep.join([str(labelled)])}
    assert "example.com/team: a" in run("-", stdin=TINY + "team: a\n", env=env).stdout


def test_list_says_where_each_file_comes_from(run: Run, labelled: Path) -> None:
    lines = run("pack", "list", "--pack", labelled).stdout.splitlines()
    assert f"templates/_partials/labels.yaml.j2\t{labelled} (hides built in)" in lines
    assert "templates/vllm/workspace.yaml.j2\tbuilt in" in lines


def test_check_finds_a_sound_pack_sound(run: Run, labelled: Path) -> None:
    done = run("pack", "check", labelled)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


LOOP = "{% for a in range(1000) %}" * 3 + "EACH" + "{% endfor %}" * 3
MODE = {
    "templates/echo/mode.yaml": "title: Echo\ndescription: Echoes.\nengine: echo\nport: 9000\n",
    "templates/echo/workspace.yaml.j2": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata:\n  name: {{ name }}\n  namespace: {{ namespace }}\n",
    "schemas/values/echo.schema.json": json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "common.schema.json",
            "properties": {"modelSource": {"const": "echo"}},
            "unevaluatedProperties": False,
        }
    ),
    "values/echo.yaml": "name: tiny\nmodelSource: echo\n",
}


def test_a_mode_is_files_alone(run: Run, tmp_path: Path) -> None:
    folder = pack(tmp_path / "echo", MODE)
    assert run("pack", "check", folder).returncode == 0
    done = run("-", "--pack", folder, stdin=MODE["values/echo.yaml"])
    assert yaml.safe_load(done.stdout)["metadata"] == {"name": "tiny", "namespace": "kaito-workspace"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "templates/echo/workspace.yaml.j2",
            "a: {{ nmae }}\n",
            "reads nmae, which schemas/values/echo.schema.json does not define",
        ),
        ("templates/echo/workspace.yaml.j2", "a: {% if %}\n", "templates/echo/workspace.yaml.j2:1: "),
        ("schemas/values/echo.schema.json", "{", "not JSON"),
        ("schemas/values/echo.schema.json", '{"type": "objekt"}', "objekt"),
        ("values/echo.yaml", "name: A\nmodelSource: echo\n", "is not a DNS label"),
    ],
)
def test_check_tells_what_is_wrong_with_a_pack(
    run: Run, tmp_path: Path, name: str, text: str, told: str
) -> None:
    done = run("pack", "check", pack(tmp_path / "echo", MODE | {name: text}))
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_template_that_never_ends_is_ended(run: Run, tmp_path: Path) -> None:
    done = rendered_by(run, tmp_path, LOOP.replace("EACH", "") + "a: 1\n")
    assert done.returncode == 1
    assert "was ended" in done.stderr


def test_a_template_that_fills_the_memory_is_ended(run: Run, tmp_path: Path) -> None:
    done = rendered_by(run, tmp_path, LOOP.replace("EACH", "x" * 40))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def rendered_by(run: Run, folder: Path, template: str) -> subprocess.CompletedProcess[str]:
    """What comes of the mode's example where its Workspace is rendered by `template`."""
    own = pack(folder / "echo", MODE | {"templates/echo/workspace.yaml.j2": template})
    return run("-", "--pack", own, stdin=MODE["values/echo.yaml"])


def test_a_new_kaito_version_is_files_alone(run: Run, tmp_path: Path) -> None:
    """A made-up 0.13 with one new field, and where the instance type need not be given any more."""
    newest = json.loads((ROOT / "schemas" / "kaito" / "0.12.json").read_text(encoding="utf-8"))
    newest["v1beta1"]["properties"]["resource"]["properties"]["priority"] = {"type": "string"}
    files = {
        "schemas/kaito/0.13.json": json.dumps(newest),
        "schemas/kaito/versions.json": json.dumps({"0.13": {"kubernetesApi": "1.36", "release": "0.13.0"}}),
        "schemas/rules/webhook.json": json.dumps(
            {f"kaito/instance-type-{rule}": {"versions": "-0.12"} for rule in ("required", "unknown")}
        ),
    }
    folder = pack(tmp_path / "next", files)
    workspace = yaml.safe_load(
        (ROOT / "rendered" / "phi-small.yaml").read_text(encoding="utf-8").partition("---")[0]
    )
    workspace["resource"]["priority"] = "high"
    text = yaml.safe_dump(workspace)
    for version, refused in (
        ("0.12", {"crd/unknown-field", "kaito/instance-type-required"}),
        ("0.13", set()),
    ):
        done = run(
            "validate",
            "-",
            "--pack",
            folder,
            "--kaito-version",
            version,
            "--node-provisioning",
            "auto",
            "-o",
            "json",
            stdin=text,
        )
        found = {
            one["rule"]
            for entry in json.loads(done.stdout)
            for one in entry["problems"]
            if one["layer"] in ("crd", "webhook")
        }
        assert found == refused
    assert run(ROOT / "values" / "llama.yaml", "--pack", folder).returncode == 0, "the newest is the default"


def test_a_folder_that_is_no_pack_is_exit_2(run: Run, tmp_path: Path) -> None:
    done = run(ROOT / "values" / "llama.yaml", "--pack", tmp_path / "missing")
    assert done.returncode == 2
    assert "not a pack" in done.stderr
