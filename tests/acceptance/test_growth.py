"""Twice the input takes at most 2.2 times the work: each list and each free map of each input.

The places come from the schemas: of values, of Kubernetes' pod template and kinds, of the Workspace, of the
pack's own files. `make test-all` takes one place in STEP, `make fuzz` all of them.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, NamedTuple

import pytest

from kaito_pack.kaito import crd
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.pack.catalogue_schema import catalogue_schema
from kaito_pack.pack.references import resolve
from tests import work
from tests.acceptance.test_any_value import BESIDE, CATALOGUE, FLEET, RESOURCES, TARGET, VALUES, WORKSPACE
from tests.command import run_here
from tests.growing import Make, Shapes, growing
from tests.tiers import mostly_full, sampled

SIZE = 80  # items; twice that are compared with it
STEP = 7  # the full tier takes one place in so many
KUBERNETES = "1.35"
PACK = Pack()
MODES = {
    "huggingface": {"modelId": "acme/tiny", "ggufFile": "a.gguf", "computeType": "cpu"},
    "premade": {"model": "phi4:14b"},
    "preset": {"preset": "phi-4"},
    "vllm": {"modelId": "microsoft/Phi-4-mini-instruct", "instanceType": "Standard_NC24ads_A100_v4"},
}
KINDS = [
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("v1", "ConfigMap"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Secret"),
    ("v1", "Service"),
]
RENDER, VALIDATE, KRM = ("render", "@"), ("validate", "@"), ("krm",)
PLAN = ("plan", "values.yaml", "--old", "@")


class Growth(NamedTuple):
    """An input that grows, and the command that reads it as the file @."""

    words: tuple[str, ...]
    make: Make


def values_of(mode: str) -> dict[str, Any]:
    """The shortest values of a mode."""
    return {"name": "a", "modelSource": mode, **MODES[mode]}


def in_template(make: Make, size: int) -> Any:
    """The vllm mode's values with a pod template that grows."""
    return values_of("vllm") | {"podTemplate": make(size)}


def in_workspace(make: Make, size: int) -> Any:
    """A Workspace with a pod template that grows."""
    inference = {"template": make(size)}
    return {**{key: value for key, value in WORKSPACE.items() if key != "status"}, "inference": inference}


def in_resource_list(make: Make, size: int) -> Any:
    """A ResourceList whose functionConfig grows."""
    config = {**RESOURCES["functionConfig"], "spec": make(size)}
    return {**RESOURCES, "functionConfig": config}


def from_schemas() -> Iterator[tuple[str, Growth]]:
    """Every list and free map that a schema describes."""
    pod = definitions.definition(KUBERNETES)
    template = Shapes({"$ref": pod.root}, pod.schemas)
    container = WORKSPACE["inference"]["template"]["spec"]["containers"][0]
    for name, make in growing(template, {"spec": {"containers": [{"name": "model"}]}}):
        yield f"podTemplate {name}", Growth(RENDER, partial(in_template, make))
    for name, make in growing(template, {"spec": {"containers": [container]}}):
        yield f"Workspace {name}", Growth(VALIDATE, partial(in_workspace, make))
    alike = Shapes({"$ref": pod.root}, pod.schemas, is_alike=True)
    for name, make in growing(alike, {"spec": {"containers": [container]}}):
        yield f"Workspace, items alike, {name}", Growth(VALIDATE, partial(in_workspace, make))
    for name, make in growing(Shapes(crd.schemas("0.12")["v1beta1"]), WORKSPACE):
        yield f"Workspace {name}", Growth(VALIDATE, make)
        yield f"stored Workspace {name}", Growth(PLAN, make)
    for mode in MODES:
        for name, make in growing(Shapes(PACK.mode(mode).schema), values_of(mode)):
            yield f"{mode} {name}", Growth(RENDER, make)
            yield f"{mode} {name}, as JSON", Growth((*VALIDATE, "-o", "json"), make)
            yield f"{mode} {name} of a functionConfig", Growth(KRM, partial(in_resource_list, make))
            yield f"{mode} {name}, to plan", Growth(("plan", "@", "--old", "values.yaml"), make)
            yield f"{mode} {name}, explained", Growth(("explain", "@", "name"), make)
    for api_version, kind in KINDS:
        own = definitions.of_kind(KUBERNETES, api_version, kind)
        assert own is not None
        base = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
        for name, make in growing(Shapes({"$ref": own.root}, own.schemas), base):
            if ".template." not in name:  # a pod template again
                yield f"{kind} {name}", Growth(VALIDATE, make)
    for kind, base, words in (
        ("target", TARGET, ("render", "values.yaml", "--target", "@")),
        ("fleet", FLEET, ("plan", "--fleet", "@")),
    ):
        for name, make in growing(Shapes(resolve(f"{kind}.schema.json", PACK.schema_folders)), base):
            yield f"{kind} {name}", Growth(words, make)
    for name, make in growing(Shapes(catalogue_schema()), CATALOGUE):
        yield f"catalogue {name}", Growth(("validate", "values.yaml", "--catalogue", "@"), make)


def config_map(number: int) -> Any:
    """A small object."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}"}, "data": {"a": "b"}}


def service(number: int) -> Any:
    """A Service that selects the pods of one Workspace."""
    spec = {"selector": {"kaito.sh/workspace": f"w{number}"}, "ports": [{"port": 80, "targetPort": "web"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"}, "spec": spec}


def workspace(number: int) -> Any:
    """A Workspace with a preset whose settings are in a ConfigMap."""
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": f"w{number}"},
        "resource": {
            "instanceType": "Standard_NC24ads_A100_v4",
            "labelSelector": {"matchLabels": {"apps": f"w{number}"}},
        },
        "inference": {"preset": {"name": "phi-4"}, "config": f"c{number}"},
    }


def listed(*makes: Callable[[int], Any]) -> Make:
    """A List with `size` objects of each kind."""
    return lambda size: {
        "apiVersion": "v1",
        "kind": "List",
        "items": [make(number) for make in makes for number in range(size)],
    }


def extra(**values: Callable[[int], Any]) -> Make:
    """Values of the vllm mode in which each of `values` has `size` items."""
    return lambda size: (
        values_of("vllm") | {name: [make(number) for number in range(size)] for name, make in values.items()}
    )


def unknown(base: Any, *path: Any) -> Make:
    """Fields that nobody knows, in the map at `path`."""

    def make(size: int) -> Any:
        whole = json.loads(json.dumps(base))
        owner = whole
        for step in path:
            owner = owner[step]
        owner.update({f"unknwon{number}": number for number in range(size)})
        return whole

    return make


CONTAINER = ("inference", "template", "spec", "containers", 0)
# What once took work that grew with the square, and what schemas do not describe: what goes together.
BY_HAND = {
    "extraObjects": Growth(RENDER, extra(extraObjects=config_map)),
    "extraArgs that repeat": Growth(RENDER, extra(extraArgs=lambda number: f"--model=a{number}")),
    "extraArgs that are unknown": Growth(RENDER, extra(extraArgs=lambda number: f"--x{number}=a")),
    "env": Growth(
        RENDER,
        lambda size: (
            values_of("vllm")
            | {"podTemplate": {"spec": {"containers": [{"name": "model", "env": named(size, value="a")}]}}}
        ),
    ),
    "containers": Growth(
        RENDER,
        lambda size: (
            values_of("vllm")
            | {
                "podTemplate": {
                    "spec": {"containers": [{"name": "model"}, *named(size, image="busybox:1.36")]}
                }
            }
        ),
    ),
    "objects": Growth(VALIDATE, listed(workspace, config_map, service)),
    "objects of KAITO 0.6 to 0.12": Growth((*VALIDATE, "--kaito-version", "all"), listed(workspace, service)),
    "stored objects": Growth(PLAN, listed(workspace, config_map, service)),
    "objects and stored objects": Growth(("plan", "@", "--old", "@"), listed(workspace, config_map)),
    "an upgrade": Growth(
        ("plan", "@", "--upgrade", "0.12", "--kaito-version", "0.9"), listed(workspace, config_map)
    ),
    "items of a ResourceList": Growth(
        KRM, lambda size: {**RESOURCES, "items": listed(service)(size)["items"]}
    ),
    "unknown values": Growth(RENDER, unknown(VALUES)),
    "unknown fields": Growth(VALIDATE, unknown(WORKSPACE, *CONTAINER)),
    "unknown fields of a Service": Growth(VALIDATE, unknown(BESIDE[1], "spec")),
    "unknown fields of a target": Growth(("render", "values.yaml", "--target", "@"), unknown(TARGET)),
}


def named(size: int, **fields: Any) -> list[Any]:
    """Items of a list of Kubernetes that is merged by name."""
    return [{"name": f"n{number}", **fields} for number in range(size)]


GROWTHS = dict(from_schemas())
CACHE = mkdtemp(prefix="kaito-pack-growth-")  # that of the user may be changed by another run meanwhile
atexit.register(rmtree, CACHE, ignore_errors=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands need beside the input."""
    files = {"values": values_of("vllm"), "target": TARGET}
    for name, content in files.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def check(folder: Path, growth: Growth) -> None:
    """Count the work for the input of two sizes."""

    def judging(size: int) -> Callable[[], object]:
        text = json.dumps(growth.make(size))
        (folder / f"{size}.yaml").write_text(text, encoding="utf-8")
        words = [word.replace("@", f"{size}.yaml") for word in growth.words]

        def judge() -> None:
            done = run_here(*words, cwd=folder, stdin=text, env={"XDG_CACHE_HOME": CACHE})
            assert done.returncode in (0, 1), done.stderr

        return judge

    work.check_added(judging, SIZE)


@pytest.mark.parametrize("name", mostly_full(BY_HAND, 1, lambda name: BY_HAND[name].words[0]))
def test_the_work_grows_as_the_input_does(folder: Path, name: str) -> None:
    check(folder, BY_HAND[name])


@pytest.mark.full
@pytest.mark.property
@pytest.mark.parametrize("name", sampled(GROWTHS, STEP))
def test_the_work_grows_as_any_list_does(folder: Path, name: str) -> None:
    check(folder, GROWTHS[name])


def test_the_schemas_have_lists() -> None:
    assert len(GROWTHS) > 600
