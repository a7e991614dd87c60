"""Every recorded verdict, the way a user gets it: a file in, `validate`'s verdict out. Needs KAITO_FACTS."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.documents import read_text
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.pack import Pack
from kaito_pack.run.judgement import Entry
from kaito_pack.run.sources import Source, read_sources
from kaito_pack.run.validation import Validator
from tests.conformance.test_admission import (
    ADMISSION,
    FACTS,
    is_open,
    recorded,
    recorded_target,
)
from tests.conftest import ROOT

PACK = Pack()
APISERVER = {
    name: answer for name, answer in recorded("verdicts/apiserver.json").items() if name != "_server"
}


def case_file(case: str, file: str = "new") -> str:
    name = f"{case}/{file}.yaml" if case.startswith("update/") else f"{case}.yaml"
    return str(Path(FACTS or "") / "verdicts" / "cases" / name)


def sources(case: str, column: str) -> list[Source]:
    result = read_sources([case_file(case)])
    if column == "byo_without_instance_type":
        for source in result:
            for document in source.documents:
                document.value.get("resource", {}).pop("instanceType", None)
            text = "---\n".join(to_yaml(document.value) for document in source.documents)
            source.documents = read_text(text, source.file)
    return result


def judged(case: str, version: str, column: str) -> Entry:
    old = read_sources([case_file(case, "old")]) if case.startswith("update/") else []
    target = recorded_target(version, column)
    (entry,) = Validator(PACK, target).run(sources(case, column), old).entries
    return entry


@pytest.mark.recorded
@pytest.mark.parametrize("case", ADMISSION)
def test_the_verdict_is_the_clusters(case: str) -> None:
    wrong = []
    for version, answers in ADMISSION[case].items():
        for column, answer in answers.items():
            entry = judged(case, version, column)
            if entry.verdict == "undecidable" and is_open(entry.problems, answer):
                continue
            layers = {result.layer for result in entry.problems if result.is_error}
            spoke = {error.split(":")[0] for error in answer["errors"]}
            if (entry.verdict == "accepted") is not answer["ok"] or (spoke and not spoke & layers):
                wrong.append((version, column, answer["errors"], entry.problems))
    assert wrong == []


@pytest.mark.recorded
@pytest.mark.parametrize("case", [name for name, answer in APISERVER.items() if "statefulset" in answer])
def test_what_the_statefulset_is_refused_for_is_an_error(case: str) -> None:
    entry = judged(case, "0.12", "nap")
    answer: dict[str, Any] = APISERVER[case]["statefulset"]
    # A slip of letter case is refused in a StatefulSet; KAITO's controller drops it before there is one.
    speaking = (
        ("kubernetes", "webhook")
        if "-case" not in case and "sizelimit" not in answer["message"]
        else ("controller",)
    )
    result = [item for item in entry.problems if item.is_error and item.layer in speaking]
    if answer["ok"]:
        # What only an older KAITO or a newer Kubernetes knows is the webhook's to say.
        assert [item for item in result if item.layer == "kubernetes"] == []
    else:
        assert result, answer["message"]


@pytest.mark.recorded
@pytest.mark.parametrize("case", [name for name, answer in APISERVER.items() if "workspace" in answer])
def test_without_the_webhook_the_api_server_refuses_what_the_crd_layer_refuses(case: str) -> None:
    entry = judged(case, "0.12", "nap")
    answer: dict[str, Any] = APISERVER[case]["workspace"]
    result = [item for item in entry.problems if item.is_error and item.layer == "crd"]
    assert bool(result) is not answer["ok"], (answer["message"], result)


@pytest.mark.recorded
@pytest.mark.parametrize("case", ["pod-contianers", "ok-vllm-nap", "update/selector"])
def test_the_command_line_says_the_same(case: str) -> None:
    command = [sys.executable, str(ROOT / "render.py"), "validate", case_file(case), "-o", "json"]
    if case.startswith("update/"):
        command += ["--old", case_file(case, "old")]
    command += ["--kaito-version", "0.12", "--node-provisioning", "auto"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    (entry,) = json.loads(done.stdout)
    accepted = ADMISSION[case]["0.12"]["nap"]["ok"]
    assert entry["verdict"] == ("accepted" if accepted else "refused")
    assert done.returncode in ((0,) if accepted else (1,))
