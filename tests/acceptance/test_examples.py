"""Every example of values/: what it renders to, byte for byte, and rules that hold over all of them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.rendering.manifests import as_yaml
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.workspace.inference_sets import is_inference_set, workspace_of
from kaito_pack.workspace.workloads import workloads as workloads_table
from tests import golden
from tests.conftest import ROOT

EXAMPLES = [
    file
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource:" in file.read_text(encoding="utf-8")
]
PACK = Pack()
Workloads = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]
PIPELINE = Pipeline(PACK, Target(PACK.kaito_version(), definitions.newest()))


def rendered(file: Path) -> str:
    (outcome,) = PIPELINE.run([str(file)])
    assert outcome.is_good, outcome.problems
    return as_yaml(outcome.manifests)


@pytest.fixture(params=EXAMPLES, ids=lambda file: file.stem)
def example(request: pytest.FixtureRequest) -> Path:
    file: Path = request.param
    return file


def test_there_are_examples_for_every_mode() -> None:
    shown = {yaml.safe_load(file.read_text(encoding="utf-8"))["modelSource"] for file in EXAMPLES}
    assert shown == set(PACK.mode_names)


def test_an_example_renders_to_what_is_committed(example: Path) -> None:
    golden.check(ROOT / "values" / "rendered" / example.name, rendered(example))


def test_an_example_has_no_warning(example: Path) -> None:
    (outcome,) = PIPELINE.run([str(example)])
    assert [problem.rule for problem in outcome.problems] == []


def test_all_examples_render_together() -> None:
    outcomes = PIPELINE.run([str(file) for file in EXAMPLES])
    assert [problem for outcome in outcomes for problem in outcome.problems] == []


def test_an_example_begins_with_the_line_for_editors(example: Path) -> None:
    first = example.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/values.schema.json"


def test_the_output_reads_as_a_careful_person_writes(example: Path) -> None:
    # A script in a block is the shell's text, not YAML's.
    lines = re.sub(r"\n( +)- \|\n(?:\1 +.*\n)+", "\n", rendered(example)).splitlines()
    assert not [line for line in lines if line != line.rstrip()]
    assert not [line for line in lines if not line.strip()]
    unquoted = [re.sub(r'"(\\.|[^"\\])*"', '""', line) for line in lines]
    assert not [line for line in unquoted if "{" in line and "{}" not in line]
    assert lines[0].startswith("apiVersion: ")


@pytest.fixture(scope="module")
def workloads() -> Workloads:
    """The examples whose pod template the pack makes: {name: (container, manifests, what serves first)}."""
    streams = {file.stem: yaml.safe_load_all(rendered(file)) for file in EXAMPLES}
    all_bodies = {
        name: sorted(bodies, key=lambda body: body["kind"] not in workloads_table())
        for name, bodies in streams.items()
    }
    return {
        name: (workspace_of(bodies[0])["inference"]["template"]["spec"]["containers"][0], bodies)
        for name, bodies in all_bodies.items()
        if "template" in workspace_of(bodies[0])["inference"]
    }


def is_sharded(container: dict[str, Any]) -> bool:
    return "--tensor-parallel-size" in container.get("args", [])


def test_the_gpu_limit_is_the_product_of_the_parallel_sizes(workloads: Workloads) -> None:
    sharded = {name: container for name, (container, _) in workloads.items() if is_sharded(container)}
    assert sharded
    for name, container in sharded.items():
        sizes = dict(pairwise(container["args"]))
        stages = int(sizes.get("--pipeline-parallel-size", "1"))
        size = str(int(sizes["--tensor-parallel-size"]) * stages)
        gpus = {
            key: amount
            for key in ("limits", "requests")
            for resource, amount in container["resources"][key].items()
            if resource.startswith("nvidia.com/")
        }
        assert gpus == {"limits": size, "requests": size}, name


def test_probes_and_services_meet_the_port_that_is_served(workloads: Workloads) -> None:
    assert workloads
    for name, (container, bodies) in workloads.items():
        (port,) = [each["containerPort"] for each in container["ports"]]
        probes = [container[probe] for probe in ("livenessProbe", "readinessProbe") if probe in container]
        assert {probe["httpGet"]["port"] for probe in probes} <= {port}, name
        for service in (body for body in bodies if body["kind"] == "Service"):
            assert service["spec"]["ports"][0]["targetPort"] == port, name
            label = workloads_table()[bodies[0]["kind"]]["podLabel"]
            assert service["spec"]["selector"] == {label: bodies[0]["metadata"]["name"]}, name


def test_llama_cpp_has_a_service_of_the_packs_only_for_several_replicas(workloads: Workloads) -> None:
    unsharded = {name: bodies for name, (container, bodies) in workloads.items() if not is_sharded(container)}
    assert unsharded
    for name, bodies in unsharded.items():
        services = [body for body in bodies if body["kind"] == "Service"]
        is_set = is_inference_set(bodies[0])
        assert bool(services) is (is_set or bodies[0]["resource"]["count"] > 1), name
