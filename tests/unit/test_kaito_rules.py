"""The rules of KAITO as a whole: hostile input, the pack's own shapes, facts on instance types."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.problems import Problem
from kaito_pack.documents import read_file
from kaito_pack.facts.rules import in_range
from kaito_pack.kaito import advice, controller, instance_types, webhook
from kaito_pack.kaito.images import is_image_reference, tag_of
from kaito_pack.kaito.target import Surroundings, Target
from tests.changing import with_value
from tests.tiers import mostly_full, often

FACTS = os.environ.get("KAITO_FACTS")
VERSIONS = ("0.6", "0.7", "0.8", "0.9", "0.10", "0.11", "0.12")

WORKSPACE: dict[str, Any] = {
    "apiVersion": "kaito.sh/v1beta1",
    "kind": "Workspace",
    "metadata": {"name": "workspace-otter", "annotations": {"kaito.sh/runtime": "vllm"}},
    "resource": {
        "count": 1,
        "instanceType": "Standard_NC24ads_A100_v4",
        "preferredNodes": ["a"],
        "partition": {"mode": "mig"},
        "labelSelector": {
            "matchLabels": {"kubernetes.io/os": "linux"},
            "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
        },
    },
    "inference": {
        "preset": {"name": "phi-4", "presetOptions": {"modelAccessSecret": "s"}},
        "config": "c",
        "adapters": [{"source": {"name": "a", "image": "b"}, "strength": "1"}],
        "template": {
            "metadata": {"labels": {"kaito.sh/workspace": "x"}},
            "spec": {
                "affinity": {"podAffinity": {}},
                "containers": [
                    {
                        "image": "i",
                        "command": ["vllm", "serve"],
                        "args": ["--trust-remote-code", "--port", "1"],
                        "ports": [{"containerPort": 1}],
                        "resources": {"limits": {"nvidia.com/gpu": "3"}, "requests": {}},
                    }
                ],
            },
        },
    },
    "tuning": {
        "preset": {"name": "phi-4"},
        "method": "lora",
        "config": "c",
        "input": {"name": "n", "urls": ["u"], "image": "i"},
        "output": {"image": "o"},
    },
}
ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    "",
    "x",
    "9" * 5000,
    "é\x1b[0m",
    [],
    [None],
    {},
    {1: 2},
]


def paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in steps:
        yield from paths(inner, (*path, key))


def replaced(path: tuple[Any, ...], value: object) -> Any:
    """The Workspace with another value at a path."""
    return with_value(WORKSPACE, path, value)


def all_of(manifest: Any, surroundings: Surroundings) -> list[Problem]:
    return [p for module in (webhook, controller, advice) for p in module.check(manifest, surroundings)]


@pytest.mark.parametrize(
    "path",
    mostly_full([p for p in paths(WORKSPACE) if p], 3, lambda path: path[:3]),
    ids=lambda p: "/".join(map(str, p)),
)
def test_no_odd_value_anywhere_makes_a_rule_raise(path: tuple[Any, ...]) -> None:
    for value in ODD:
        manifest = replaced(path, value)
        for version, mode in (("0.6", "auto"), ("0.7", "byo"), ("0.12", "auto"), ("0.12", "byo")):
            target = Target(version, "1.35", mode)  # type: ignore[arg-type]
            around = Surroundings(target, [manifest], [manifest], [manifest])
            for problem in all_of(manifest, around):
                assert problem.message.isprintable()


@pytest.mark.parametrize(
    "written", ["[" * 1000, "a: *b", "vllm: [", "\0", "vllm: {a: {}}", "- 1", "- " * 20_000, 5]
)
def test_a_configuration_that_cannot_be_read_is_refused(written: object) -> None:
    config_map = {"metadata": {"name": "c"}, "data": {"inference_config.yaml": written}}
    around = Surroundings(Target("0.12", "1.35", "auto"), [config_map])
    assert "webhook/inference-config-invalid" in {p.rule for p in webhook.check(WORKSPACE, around)}


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


@often(200)
@given(st.sampled_from([p for p in paths(WORKSPACE) if p]), json_like, st.sampled_from(VERSIONS))
def test_no_value_of_any_shape_makes_a_rule_raise(path: tuple[Any, ...], value: object, version: str) -> None:
    assert all_of(replaced(path, value), Surroundings(Target(version, "1.35"))) is not None


@pytest.mark.recorded
@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_that_stay_still_on_a_real_cluster_get_no_error(version: str) -> None:
    files = sorted((Path(FACTS or "") / "live").glob("final-*.yaml"))
    assert files
    for file in files:
        manifests = [document.value for document in read_file(str(file)) if document.value]
        services = [m for m in manifests if m["kind"] == "Service"]
        (workspace,) = (m for m in manifests if m["kind"] == "Workspace")
        # 0.7 alone wants preferred nodes where the nodes are there.
        workspace["resource"]["preferredNodes"] = ["gpu-1"] if version == "0.7" else []
        around = Surroundings(Target(version, "1.35", "byo"), services=services)
        rules = {problem.rule for problem in all_of(workspace, around)}
        assert rules <= {"advice/remote-code", "advice/image-tag-floating"}


@pytest.mark.recorded
def test_instance_types_are_those_of_the_facts() -> None:
    recorded = json.loads((Path(FACTS or "") / "instance-types.json").read_text())
    for each in recorded:
        result = instance_types.find(each["cloud"], each["instanceType"].upper())
        assert result is not None
        assert (result.name, result.gpus, result.model) == (
            each["instanceType"],
            each["gpus"],
            each["gpuModel"],
        )
        assert result.gpu_memory_gib * result.gpus == each["totalGpuMemoryGiB"]
        assert [version for version in VERSIONS if result.known_in(version)] == each["kaito"]
    clouds = ("azure", "aws", "arc")
    assert sum(len(instance_types.names(cloud, "0.6")) for cloud in clouds) == len(recorded)


def test_an_instance_type_has_the_memory_of_one_gpu() -> None:
    result = instance_types.find("azure", "standard_nd96isr_h100_v5")
    assert result
    assert (result.gpus, result.gpu_memory_gib) == (8, 80)


def test_an_unknown_cloud_has_no_instance_types() -> None:
    assert instance_types.find("moon", "Standard_NC24ads_A100_v4") is None


@pytest.mark.parametrize(
    ("versions", "within"),
    [
        ("all", VERSIONS),
        ("0.8-", VERSIONS[2:]),
        ("-0.7", VERSIONS[:2]),
        ("0.9-0.10", VERSIONS[3:5]),
        ("0.10", VERSIONS[4:5]),
    ],
)
def test_a_range_of_versions_counts_minors_as_numbers(versions: str, within: tuple[str, ...]) -> None:
    assert tuple(version for version in VERSIONS if in_range(version, versions)) == within


@pytest.mark.parametrize(
    "image",
    [
        "otter",
        "otter:1",
        "river/otter",
        "localhost/otter",
        "HOST.example.com:5000/a/b_c:V1",
        "a@sha256:" + "0" * 64,
        "a" * 64 + ":1",
        "a--b__c",
        "b" * 247,
    ],
)
def test_a_proper_image_reference_is_one(image: str) -> None:
    assert is_image_reference(image)


@pytest.mark.parametrize(
    "image",
    [
        *("", "Otter", "a/", "/a", "a:", "a:-1", "a b", "a..b", "a@sha256:0", "a@", "a//b", "https://a/b"),
        *("../a", "a.-b", "-a.org/b", "a" * 64, "b" * 248),
    ],
)
def test_an_improper_image_reference_is_none(image: str) -> None:
    assert not is_image_reference(image)


@pytest.mark.parametrize(
    ("image", "tag"), [("a", None), ("h:1/a", None), ("h:1/a:2", "2"), ("a:2@sha256:0", "@")]
)
def test_the_tag_of_an_image_is_not_the_port_of_its_host(image: str, tag: str | None) -> None:
    assert tag_of(image) == tag


def test_provisioning_is_auto_where_an_instance_type_is_given() -> None:
    around = Surroundings(Target("0.12", "1.35"))
    manifest = {"metadata": {"name": "a"}, "resource": {"labelSelector": {"matchLabels": {"a": "b"}}}}
    assert "webhook/instance-type-required" not in {p.rule for p in webhook.check(manifest, around)}


def test_a_service_in_another_namespace_does_not_reach_the_pods() -> None:
    manifest = replaced(("metadata", "namespace"), "models")
    service = {
        "metadata": {"namespace": "other"},
        "spec": {"selector": {"kaito.sh/workspace": "workspace-otter"}},
    }
    around = Surroundings(Target("0.12", "1.35", "byo"), services=[service])
    assert "controller/port-not-reached" in {p.rule for p in controller.check(manifest, around)}
