"""docs/guides/add-a-mode.md: what its commands say beyond what test_docs.py compares."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml

from kaito_pack.facts import tables
from kaito_pack.workspace.served_model import served_model
from tests.conftest import ROOT, Run
from tests.docs.pages import blocks, write_files
from tests.docs.shell import commands

NAME = "docs/guides/add-a-mode.md"
BLOCKS = blocks(NAME, (ROOT / NAME).read_text(encoding="utf-8"))
COMMANDS = [command for block in BLOCKS if block.runs for command in commands(block.text)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert len(write_files(NAME, tmp_path)) == 6
    return tmp_path


def test_the_page_works_as_it_stands(run: Run, folder: Path) -> None:
    output = {}
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "kaito-pack"
        done = run(*arguments)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        output[arguments[0]] = done.stdout
    workspace, service = yaml.safe_load_all(
        (folder / "out/kaito-workspace/workspace-tiny.yaml").read_text(encoding="utf-8")
    )
    container = workspace["inference"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["--model", "acme/tiny-instruct", "--shards", "2", "--batch", "16"]
    assert service["spec"]["ports"][0]["port"] == container["ports"][0]["containerPort"] == 9000
    assert output["plan"] == "Nothing changes\n"
    for shown in ("acme/tiny-instruct", "acme", "workspace-tiny-acme:9000"):
        assert shown in output["status"].split()
    assert yaml.safe_load(output["import"]) == yaml.safe_load(
        (folder / "my-pack/values/tiny.yaml").read_text("utf-8")
    )
    assert "acme_requests_running" in output["metrics"]
    assert "How many requests are answered together." in output["explain"]
    assert yaml.safe_load((folder / "my-pack/values/big.yaml").read_text("utf-8")) == {
        "name": "big",
        "modelSource": "acme",
        "modelId": "acme/big",
        "batchSize": 64,
        "computeType": "gpu",
        "resources": {"gpu": 4},
    }


def test_new_knows_the_values_of_the_mode(run: Run, folder: Path) -> None:
    text = " ".join(run("new", "--help", "--pack", "my-pack").stdout.split())
    assert "--batch-size NUMBER (acme) How many requests are answered together." in text
    given = ("--pack", "my-pack", "--mode", "acme", "--model-id", "acme/big")
    done = run("new", "-", *given, "--batch-size", "513")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--batch-size: batchSize: `513` is above 512" in done.stderr
    done = run("new", "-", *given, env={"KAITO_PACK": str(folder / "my-pack")})
    assert done.returncode == 0


def test_what_the_page_adds_is_checked_as_strictly(run: Run, folder: Path) -> None:
    values = folder / "my-pack" / "values" / "tiny.yaml"
    for change, report in (
        (("16", "0"), "batchSize: `0` is below 1"),
        (("batchSize", "batchsize"), "Did you mean `batchSize`?"),
    ):
        wrong = values.read_text("utf-8").replace(*change)
        assert report in run("-", "--pack", "my-pack", stdin=wrong).stderr
    extended = values.read_text("utf-8") + (
        "podTemplate: {spec: {containers: [{name: model, resources: {limits: {nvidia.com/gpu: '1'},"
        " requests: {nvidia.com/gpu: '1'}}}]}}\n"
    )
    done = run("validate", "-", "--pack", "my-pack", "-o", "json", stdin=extended)
    assert "values/gpu-count-differs" in {
        item["rule"] for entry in json.loads(done.stdout) for item in entry["problems"]
    }


@pytest.mark.parametrize(
    ("command", "image", "engine", "model", "port"),
    [
        (["acme-serve"], "example.com/x:1", "acme", "acme/tiny", 9000),
        (["acme-serve", "--port", "9001"], "example.com/x:1", "acme", "acme/tiny", 9001),
        (["sh", "-c", 'exec /opt/bin/acme-serve "$@"', "acme"], "example.com/x:1", "acme", "acme/tiny", 9000),
        (None, "registry.example.com/acme/serve:2", "acme", "acme/tiny", 9000),
        (None, "registry.example.com/acme/server:2", None, None, None),
        (["other-serve"], "registry.example.com/acme/serve:2", None, None, None),
    ],
)
def test_an_engine_is_known_by_its_row(
    folder: Path,
    command: list[str] | None,
    image: str,
    engine: str | None,
    model: str | None,
    port: int | None,
) -> None:
    row = folder / "my-pack/facts/engines/acme.yaml"
    row.write_text(row.read_text("utf-8").replace("--model", "--weights"), encoding="utf-8")
    container = {"image": image, "args": ["--weights", "acme/tiny"]}
    tables.use([folder / "my-pack"])
    try:
        served = served_model(container | ({"command": command} if command else {}))
    finally:
        tables.use([])
    assert (served.engine, served.model_id, served.port) == (engine, model, port)
