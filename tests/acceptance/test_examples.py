"""Every example of values/: what it renders to, byte for byte, and rules that hold over all of them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.kubernetes import definitions
from kaito_pack.pack import Pack
from kaito_pack.pipeline import Pipeline
from kaito_pack.rendering.manifests import as_yaml
from kaito_pack.target import Target
from tests.conftest import ROOT

EXAMPLES = [
    file
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource:" in file.read_text(encoding="utf-8")
]
PACK = Pack()
PIPELINE = Pipeline(PACK, Target(PACK.kaito_version(), definitions.newest()))


def rendered(file: Path) -> str:
    (outcome,) = PIPELINE.run([str(file)])
    assert outcome.is_good, outcome.problems
    return as_yaml(outcome.manifests)


@pytest.fixture(params=EXAMPLES, ids=lambda file: file.stem)
def example(request: pytest.FixtureRequest) -> Path:
    file: Path = request.param
    return file


@pytest.fixture
def bodies(example: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(rendered(example)))


def test_there_are_examples_for_every_mode() -> None:
    shown = {yaml.safe_load(file.read_text(encoding="utf-8"))["modelSource"] for file in EXAMPLES}
    assert shown == set(PACK.mode_names)


def test_an_example_renders_to_what_is_committed(example: Path) -> None:
    golden = ROOT / "values" / "rendered" / example.name
    expected, found = golden.read_text(encoding="utf-8"), rendered(example)
    difference = "".join(
        difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "committed", "now")
    )
    assert expected == found, f"{difference}\nIf it is meant: make generate"


def test_an_example_begins_with_the_line_for_editors(example: Path) -> None:
    first = example.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/values.schema.json"


def test_the_output_reads_as_a_careful_person_writes(example: Path) -> None:
    # A script in a block is the shell's text, not YAML's.
    lines = re.sub(r"\n( +)- \|\n(?:\1 +.*\n)+", "\n", rendered(example)).splitlines()
    assert not [line for line in lines if line != line.rstrip()]
    assert not [line for line in lines if not line.strip()]
    assert not [line for line in lines if "{" in line and "{}" not in line]
    assert lines[0] == "apiVersion: kaito.sh/v1beta1"


def container(workspace: dict[str, Any]) -> dict[str, Any]:
    if "template" not in workspace["inference"]:
        pytest.skip("KAITO makes the pod template of a preset")
    found: dict[str, Any] = workspace["inference"]["template"]["spec"]["containers"][0]
    return found


def test_the_gpu_limit_is_the_tensor_parallel_size(bodies: list[dict[str, Any]]) -> None:
    args = container(bodies[0]).get("args", [])
    if "--tensor-parallel-size" not in args:
        pytest.skip("this engine has no tensor parallel size")
    size = args[args.index("--tensor-parallel-size") + 1]
    resources = container(bodies[0])["resources"]
    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == size


def test_probes_and_services_meet_the_port_that_is_served(bodies: list[dict[str, Any]]) -> None:
    (port,) = [one["containerPort"] for one in container(bodies[0])["ports"]]
    for probe in ("livenessProbe", "readinessProbe"):
        if probe in container(bodies[0]):
            assert container(bodies[0])[probe]["httpGet"]["port"] == port
    for service in (body for body in bodies if body["kind"] == "Service"):
        assert service["spec"]["ports"][0]["targetPort"] == port
        assert service["spec"]["selector"] == {"kaito.sh/workspace": bodies[0]["metadata"]["name"]}


def test_llama_cpp_has_a_service_of_the_packs_only_for_several_replicas(bodies: list[dict[str, Any]]) -> None:
    if "--tensor-parallel-size" in container(bodies[0]).get("args", []):
        pytest.skip("vLLM always has one")
    services = [body for body in bodies if body["kind"] == "Service"]
    assert bool(services) is (bodies[0]["resource"]["count"] > 1)
