"""`kaito-pack new` without a terminal: everything by options."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy

import pytest
import yaml

from tests.conftest import ROOT, Run

VLLM = ("--mode", "vllm", "--model-id", "microsoft/Phi-4-mini-instruct")


def test_it_writes_a_file_that_renders(run: Run, tmp_path: Path) -> None:
    done = run("new", "values/x.yaml", *VLLM, "--gpu", "2")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"values/x.yaml was written. Next: {ROOT / 'render.py'} values/x.yaml\n"
    assert yaml.safe_load((tmp_path / "values" / "x.yaml").read_text("utf-8")) == {
        "name": "x",
        "modelSource": "vllm",
        "modelId": "microsoft/Phi-4-mini-instruct",
        "computeType": "gpu",
        "resources": {"gpu": 2},
    }
    assert run("values/x.yaml").returncode == 0


@pytest.mark.usefixtures("four_modes")
def test_the_mode_the_name_and_the_file_may_follow_from_the_model(run: Run, tmp_path: Path) -> None:
    assert run("new", "--model-id", "microsoft/Phi-4-mini-instruct").returncode == 0
    assert (tmp_path / "phi-4-mini-instruct.yaml").is_file()


def test_a_dash_prints_it(run: Run, tmp_path: Path) -> None:
    done = run("new", "-", "--premade-model", "phi4:14b", "--compute-type", "gpu", "--pod-monitor")
    assert (done.returncode, done.stderr) == (0, "")
    assert yaml.safe_load(done.stdout)["monitoring"] == {"podMonitor": True}
    assert list(tmp_path.iterdir()) == []
    assert run("-", stdin=done.stdout).returncode == 0


def test_without_a_terminal_all_missing_options_are_named(run: Run, tmp_path: Path) -> None:
    done = run("new", "x.yaml", "--mode", "huggingface", "--gguf-run-mode", "build")
    assert (done.returncode, done.stdout) == (2, "")
    reason = "Error: an answer is missing and there is no terminal to ask in. Pass"
    assert done.stderr == f"{reason} --model-id … --gguf-file … --image-ref …\n"
    assert "--mode premade --premade-model …\n" in run("new").stderr
    assert "--hf-token-secret" in run("new", *VLLM, "--gated").stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_answers_are_told_all_at_once_with_their_options(run: Run, tmp_path: Path) -> None:
    done = run("new", "x.yaml", *VLLM, "--gpu", "9", "--name", "UP", "--max-model-len", "two")
    assert done.returncode == 1
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == [
        "--gpu:",
        "--max-model-len:",
        "--name:",
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_the_mode_does_not_use_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("new", "own.yaml", "--mode", "vllm", "--model-id", "acme/own", "--engine", "llamacpp")
    assert (done.returncode, done.stdout) == (2, "")
    assert "mode vllm uses vllm, but --engine is llamacpp" in done.stderr
    assert not (tmp_path / "own.yaml").exists()


@pytest.mark.parametrize(
    ("options", "report"),
    [
        (("--gguf-file", "x.gguf"), "`ggufFile` is a value of modelSource huggingface"),
        (("--gpus", "2"), "Did you mean"),
        (("--set", "replica=2"), "Did you mean `replicas`?"),
        (("--mode", "vlm"), "Did you mean `vllm`?"),
    ],
)
def test_what_the_mode_does_not_take_is_answered_with_what_is_meant(
    run: Run, options: tuple[str, ...], report: str
) -> None:
    done = run("new", "x.yaml", *VLLM, *options)
    assert done.returncode in (1, 2)
    assert report in done.stderr


def test_what_a_cluster_would_refuse_is_not_written(run: Run, tmp_path: Path) -> None:
    model = ("--mode", "vllm", "--model-id", "mistralai/Mistral-7B-Instruct-v0.3")
    done = run("new", "x.yaml", *model, "--gpu", "3")
    assert done.returncode == 1
    assert "--gpu: resources.gpu: the 32 attention heads" in done.stderr
    assert run("new", "x.yaml", *model, "--node-provisioning", "auto").returncode == 1
    assert list(tmp_path.iterdir()) == []
    done = run("new", "x.yaml", *model, "--gpu-memory", "16")
    assert done.returncode == 0
    assert "warning: " in done.stderr


def test_a_file_that_is_there_stays_unless_it_is_forced_away(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\n", encoding="utf-8")
    done = run("new", "x.yaml", *VLLM)
    assert done.returncode == 2
    assert done.stderr == "Error: x.yaml: already exists. Use --force to overwrite it\n"
    assert (tmp_path / "x.yaml").read_text("utf-8") == "name: x\n"
    assert run("new", "x.yaml", *VLLM, "--force").returncode == 0
    assert run("x.yaml").returncode == 0


def test_a_file_that_cannot_be_written_is_told_before(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert "folder: is a folder. Pass a file name" in run("new", "folder", *VLLM).stderr
    done = run("new", "file/x.yaml", *VLLM)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


def test_layers_and_settings_end_up_in_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("namespace: team-a\nreplicas: 2\n", encoding="utf-8")
    further = ("-f", "team.yaml", "--set", "replicas=3", "--set", "podTemplate.spec.priorityClassName=high")
    done = run("new", "-", *VLLM, *further)
    written = yaml.safe_load(done.stdout)
    assert (written["namespace"], written["replicas"]) == ("team-a", 3)
    assert written["podTemplate"] == {"spec": {"priorityClassName": "high"}}


def test_a_layer_that_is_no_map_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- a\n", encoding="utf-8")
    done = run("new", "-", *VLLM, "-f", "list.yaml")
    assert done.returncode == 1
    assert "list.yaml:1:1" in done.stderr


def test_the_form_in_the_browser_takes_no_answers(run: Run) -> None:
    done = run("new", "--web", *VLLM)
    assert done.returncode == 2
    assert "--web cannot be used with options of values" in done.stderr


def test_a_token_is_refused_and_not_repeated(run: Run) -> None:
    token = "hf_" + "abcdefghijklmnopqrst"
    for option in (("--hf-token-secret", token), ("--set", f"hfTokenSecret={token}")):
        done = run("new", "x.yaml", *VLLM, *option)
        assert done.returncode == 1
        assert "value is a Hugging Face token (not shown)" in done.stderr
        assert token not in done.stderr


def test_an_editor_is_led_to_the_schema_of_the_repository(run: Run, tmp_path: Path) -> None:
    def first_line(file: str) -> str:
        assert run("new", file, *VLLM).returncode == 0
        return (tmp_path / file).read_text("utf-8").splitlines()[0]

    assert first_line("none.yaml").startswith("# vLLM: ")
    (tmp_path / ".schemas").mkdir()
    copy(ROOT / "schemas" / "values.schema.json", tmp_path / ".schemas")
    assert first_line("teams/a/x.yaml") == "# yaml-language-server: $schema=../../.schemas/values.schema.json"
    (tmp_path / "schemas").mkdir()
    copy(ROOT / "schemas" / "values.schema.json", tmp_path / "schemas")
    assert first_line("top.yaml") == "# yaml-language-server: $schema=schemas/values.schema.json"
    (tmp_path / "teams" / "schemas").mkdir()
    other = {"properties": {"modelSource": {"enum": ["another"]}}}
    (tmp_path / "teams" / "schemas" / "values.schema.json").write_text(json.dumps(other), encoding="utf-8")
    assert first_line("teams/y.yaml") == "# yaml-language-server: $schema=../schemas/values.schema.json"


@pytest.mark.usefixtures("four_modes")
def test_help_lists_an_option_for_each_value_in_the_schemas_words(run: Run) -> None:
    text = " ".join(run("new", "--help").stdout.split())
    assert "--gpu NUMBER (huggingface, premade, vllm) GPUs of one replica, 1 to 8." in text
    assert "--gguf-run-mode [direct|build]" in text
    assert "--engine [llamacpp|vllm] The engines that can run the model" in text


@pytest.mark.parametrize(
    ("typed", "there"),
    [("--premade-model phi", "phi4:14b"), ("--mode v", "vllm"), ("--comp", "--compute-type")],
)
def test_a_shell_completes_options_and_their_values(run: Run, typed: str, there: str) -> None:
    words = f"render.py new {typed}"
    env = {
        "_RENDER_PY_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert there in run(env=env).stdout
