"""A value that is a secret by its place is never printed, whatever its type and the command that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.pack.files import API_VERSION
from tests.acceptance.test_preflight import cluster
from tests.conftest import ROOT, Run
from tests.fake_kubectl import FakeKubectl
from tests.tiers import mostly_full

LLAMA = yaml.load((ROOT / "values" / "llama.yaml").read_text("utf-8"), yaml.SafeLoader)
SECRETS: dict[str, Any] = {
    "text": "qzqz-secret-1",
    "integer": 123456789012,
    "negative": -123456789012,
    "float": 1234567.89012,
    "huge": 10**22 + 7,
    "exponent": 8.80123456789e25,
    "map": {"qzqz-key": 123456789012, "inner": "qzqz-secret-1 x"},
    "list": [123456789012, "qzqz-secret-1"],
}
# Parts of them, as any message writes them.
SHOWN = ("qzqz", "1234567", "1.2345", "10000000000000000000007", "1e+22", "8.8012", "88012345")
HEAD = {"apiVersion": API_VERSION}
FORMATS = [(), *(("-o", form) for form in ("json", "github", "junit", "markdown"))]
RENDERED_LLAMA = ROOT / "values" / "rendered" / "llama.yaml"


def variable(secret: object) -> list[dict[str, object]]:
    return [{"name": "DB_PASSWORD", "value": secret}]


def secret_object(key: str) -> Callable[[object], dict[str, object]]:
    def values(secret: object) -> dict[str, object]:
        is_number = isinstance(secret, int | float)
        metadata = {"name": "x", **({"annotations": {"example.com/api-key": secret}} if is_number else {})}
        return {
            "extraObjects": [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, key: {"a": secret}}]
        }

    return values


PLACES: dict[str, Callable[[object], dict[str, object]]] = {
    "env": lambda secret: {"env": variable(secret)},
    "podTemplate": lambda secret: {
        "podTemplate": {"spec": {"containers": [{"name": "model", "env": variable(secret)}]}}
    },
    "extraArgs": lambda secret: {"extraArgs": ["--api-key", secret]},
    "stringData": secret_object("stringData"),
    "data": secret_object("data"),
}
CASES = [(place, kind) for kind in SECRETS for place in PLACES]
RENDERED = ("stringData", "text")  # the texts of a Secret that a team adds are rendered


def hides(printed: str) -> bool:
    """Fail if any part of a secret is printed."""
    assert not [part for part in SHOWN if part in printed], printed
    return True


def silent(run: Run, *arguments: object) -> None:
    done = run(*arguments)
    assert done.returncode in (0, 1) and hides(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "case", mostly_full([case for case in CASES if case != RENDERED], 1, lambda case: case[1]), ids="-".join
)
def test_no_command_prints_it_from_values(run: Run, tmp_path: Path, case: tuple[str, str]) -> None:
    place, kind = case
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({**LLAMA, **PLACES[place](SECRETS[kind])}), "utf-8")
    for options in (*FORMATS, ("--kaito-version", "all")):
        silent(run, "validate", file, *options)
    silent(run, file)
    silent(run, "plan", file, "--old", RENDERED_LLAMA)


@pytest.mark.parametrize(
    "case", mostly_full([case for case in CASES if case != RENDERED], 1, lambda case: case[1]), ids="-".join
)
def test_no_fleet_and_no_function_prints_it(run: Run, tmp_path: Path, case: tuple[str, str]) -> None:
    place, kind = case
    values = {**LLAMA, **PLACES[place](SECRETS[kind])}
    names = ("a", "b")
    clusters = [
        {"name": name, "target": "target.yaml", "values": ["values.yaml"], "out": f"out/{name}"}
        for name in names
    ]
    texts = {
        "values.yaml": values,
        "target.yaml": {**HEAD, "kind": "Target", "kaitoVersion": "0.12"},
        "fleet.yaml": {**HEAD, "kind": "Fleet", "targets": clusters},
        "resources.yaml": {
            "apiVersion": "config.kubernetes.io/v1",
            "kind": "ResourceList",
            "items": [],
            "functionConfig": {**HEAD, "kind": "Values", "metadata": {"name": "a"}, "spec": values},
        },
    }
    for name, content in texts.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), "utf-8")
    assert "values.yaml:" in run("validate", "--fleet", "fleet.yaml").stdout
    for options in FORMATS:
        silent(run, "validate", "--fleet", "fleet.yaml", *options)
        silent(run, "render", "--fleet", "fleet.yaml", "--check", *options)
    done = run("krm", stdin=(tmp_path / "resources.yaml").read_text("utf-8"))
    assert done.returncode == 1 and hides(done.stdout + done.stderr)


@pytest.mark.parametrize("case", mostly_full(CASES, 1, lambda case: case[1]), ids="-".join)
def test_no_answer_of_a_cluster_prints_it(run: Run, tmp_path: Path, case: tuple[str, str]) -> None:
    place, kind = case
    bodies = list(yaml.load_all(RENDERED_LLAMA.read_text("utf-8"), yaml.SafeLoader))
    workspace = bodies[0]
    given = PLACES[place](SECRETS[kind])
    (container,) = workspace["inference"]["template"]["spec"]["containers"]
    container["env"] += given.get("env", variable(SECRETS[kind]))
    container["args"] = [*container.get("args", ()), *given.get("extraArgs", ())]  # type: ignore[misc]
    is_quoted = "extraObjects" not in given
    quoted = json.dumps(SECRETS[kind]) if is_quoted else "it"
    words = f"StatefulSet is invalid: {'x ' * 180}value: Invalid value: {quoted}: rejected"
    workspace["status"] = {
        "state": "NotReady",
        "conditions": [
            {"type": name, "status": "False", "reason": "Failed", "message": words}
            for name in ("ResourceReady", "InferenceReady", "WorkspaceSucceeded")
        ],
    }
    bodies += given.get("extraObjects", [])
    stream = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    for form in ("table", "wide", "json", "yaml"):
        done = run("status", "-", "-o", form, stdin=stream)
        assert done.returncode == 0 and hides(done.stdout + done.stderr)
    for body in bodies:
        body.setdefault("metadata", {}).setdefault("namespace", "kaito-workspace")
    kubectl = FakeKubectl(tmp_path).holds(*cluster(), *bodies)
    for form in ("table", "json", "github", "junit", "markdown"):
        done = run("preflight", ROOT / "values" / "llama.yaml", "-o", form, env=kubectl)
        assert done.returncode in (0, 1, 2) and hides(done.stdout + done.stderr)


@pytest.mark.parametrize("case", mostly_full(CASES, 1, lambda case: case[1]), ids="-".join)
def test_no_command_prints_it_from_manifests(run: Run, tmp_path: Path, case: tuple[str, str]) -> None:
    place, kind = case
    before = list(yaml.load_all(RENDERED_LLAMA.read_text("utf-8"), yaml.SafeLoader))
    after = yaml.load(yaml.safe_dump(before), yaml.SafeLoader)
    (container,) = after[0]["inference"]["template"]["spec"]["containers"]
    given = PLACES[place](SECRETS[kind])
    container["env"] += given.get("env", variable("qzqz-secret-2"))
    container["args"] = [*container.get("args", ()), *given.get("extraArgs", ())]  # type: ignore[misc]
    after += given.get("extraObjects", [])
    files = tmp_path / "before.yaml", tmp_path / "after.yaml"
    for file, bodies in zip(files, (before, after), strict=True):
        file.write_text(yaml.safe_dump_all(bodies), "utf-8")
    for options in (*FORMATS, ("--kaito-version", "all")):
        silent(run, "validate", files[1], *options)
    silent(run, "import", files[1])
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(LLAMA), "utf-8")
    for stored in files:
        silent(run, "plan", "values.yaml", "--old", stored)
        silent(run, "plan", "values.yaml", "--old", stored, "-o", "json")
