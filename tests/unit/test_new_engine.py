"""An engine is one file: what recognises, reads, offers and watches engines takes a new one from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaito_pack.facts import tables
from kaito_pack.workspace.engines import hub_engines, runs_on_kaito
from kaito_pack.workspace.served_model import served_model
from tests.conftest import Run

ENGINE = """
title: TGI
port: 3000
imageParts: [text-generation-inference]
programs: {text-generation-launcher: ""}
modelOptions: [--model-id]
portOptions: [--port]
serves: {format: weights, preference: 9}
keyMetrics:
- id: queue
  name: tgi_queue_size
  displayName: Queue
  description: Requests that wait.
  unit: requests
  type: gauge
  category: load
  promql: 'sum by (namespace, workspace) (tgi_queue_size{$selector})'
"""
CONTAINER = {
    "name": "model",
    "image": "ghcr.io/huggingface/text-generation-inference:3.3",
    "command": ["text-generation-launcher"],
    "args": ["--model-id", "acme/tiny", "--port", "3001"],
}


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Path]:
    """A pack that has nothing but the file of the engine, in use."""
    file = tmp_path / "pack" / "facts" / "engines" / "tgi.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(ENGINE, encoding="utf-8")
    tables.use([tmp_path / "pack"])
    yield tmp_path / "pack"
    tables.use([])


def test_its_containers_are_recognised_and_read(pack: Path) -> None:
    served = served_model(CONTAINER)
    assert (served.engine, served.model_id, served.port) == ("tgi", "acme/tiny", 3001)
    assert served_model({"image": CONTAINER["image"]}).port == 3000


def test_it_is_offered_for_models_of_the_hub_after_those_that_are_preferred(pack: Path) -> None:
    assert hub_engines("weights")[-1] == "tgi"
    assert runs_on_kaito(["tgi"])


def test_it_is_gone_with_its_file(pack: Path) -> None:
    (pack / "facts" / "engines" / "tgi.yaml").unlink()
    tables.use([])
    assert "tgi" not in hub_engines()
    assert served_model(CONTAINER).engine is None


def test_commands_report_it(run: Run, pack: Path, tmp_path: Path) -> None:
    workspace = {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "tiny", "namespace": "default"},
        "resource": {"labelSelector": {"matchLabels": {"apps": "tiny"}}},
        "inference": {"template": {"spec": {"containers": [CONTAINER]}}},
    }
    file = tmp_path / "tiny.json"
    file.write_text(json.dumps(workspace), encoding="utf-8")
    done = run("status", file, "--pack", pack, "-o", "json")
    assert done.returncode == 0, done.stderr
    assert '"tgi"' in done.stdout
    assert "acme/tiny" in done.stdout
