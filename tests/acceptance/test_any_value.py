"""Any value of any JSON type, anywhere in any input: a problem and exit code 1 or 2, never a traceback.

The quick tier takes a few places of each input, `make test-all` each place with each value, and `make fuzz`
places in all examples. Inputs are written as JSON, which is YAML, so that 1e999 arrives as a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from kaito_pack.base.kubectl import Kubectl
from kaito_pack.base.trees import put, walk
from tests.command import run_here
from tests.conftest import ROOT
from tests.tiers import often

VALUES = yaml.safe_load("""
name: rich
modelSource: vllm
modelId: microsoft/Phi-4-mini-instruct
namespace: models
extraArgs: ["--seed=1"]
podTemplate:
  metadata: {labels: {a: b}}
  spec:
    tolerations: [{key: a, operator: Exists}]
    securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: "1"}]}
    volumes: [{name: v1, emptyDir: {sizeLimit: 1Gi}}]
    containers:
    - name: model
      env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
      ports: [{name: web, containerPort: 8000}]
      resources: {requests: {cpu: "1"}}
      readinessProbe: {httpGet: {port: web, path: /health}}
      volumeMounts: [{name: v1, mountPath: /a}]
extraObjects:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {x: z}}, data: {a: b}}
- apiVersion: v1
  kind: Service
  metadata: {name: b}
  spec: {selector: {a: b}, ports: [{port: 80, targetPort: 80, name: x}]}
""")
WORKSPACE = yaml.safe_load("""
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: {name: workspace-rich, namespace: models, labels: {a: b}, annotations: {c: d}, uid: "1"}
resource:
  {count: 1, instanceType: Standard_NC6s_v3, preferredNodes: [n], labelSelector: {matchLabels: {apps: chat}}}
inference:
  template:
    spec:
      containers:
      - name: model
        image: vllm/vllm-openai:v0.10.1.1
        command: [vllm]
        args: [serve, org/model, "--port=8000"]
        ports: [{containerPort: 8000, name: web}]
        env: [{name: HF_TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}]
        resources: {limits: {nvidia.com/gpu: 1}}
status:
  state: Ready
  workerNodes: [gpu-1]
  conditions:
  - type: InferenceReady
    status: "False"
    reason: Failed
    message: m
    lastTransitionTime: "2026-03-01T10:00:00Z"
""")
BESIDE = [
    {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "workspace-rich", "namespace": "models"},
        "status": {"readyReplicas": 1},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "workspace-rich-vllm", "namespace": "models"},
        "spec": {"ports": [{"port": 8000, "targetPort": "web"}], "selector": {"a": "b"}},
    },
]
CLUSTER = {"apiVersion": "v1", "kind": "List", "items": [WORKSPACE, *BESIDE]}
TARGET = yaml.safe_load("""
apiVersion: pack.kubefoundry.io/v1
kind: Target
kaitoVersion: "0.12"
kubernetesVersion: "1.34"
nodeProvisioning: byo
cloud: azure
namespace: models
gpuMemoryGiB: 48
featureGates: {a: true}
configMaps: [models/a]
nodes: [{labels: {a: b}, count: 1, gpus: 1, gpuMemoryGiB: 48}]
layers: []
catalogues: []
""")
FLEET = yaml.safe_load("""
apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets: [{name: prod, target: target.yaml, values: [values.yaml], out: out}]
""")
CATALOGUE = yaml.safe_load("""
apiVersion: pack.kubefoundry.io/v1
kind: Catalogue
models:
- {modelId: microsoft/Phi-4-mini-instruct, license: mit, architectures: [Phi3ForCausalLM], weightsGiB: 7.15,
   maxTokens: 131072, layers: 32, attentionHeads: 24, kvHeads: 8, hiddenSize: 3072}
""")
RESOURCES = {
    "apiVersion": "config.kubernetes.io/v1",
    "kind": "ResourceList",
    "items": [BESIDE[1]],
    "functionConfig": {
        "apiVersion": "pack.kubefoundry.io/v1",
        "kind": "Values",
        "metadata": {"name": "phi", "annotations": {"config.kubernetes.io/path": "a.yaml"}},
        "spec": {name: VALUES[name] for name in ("name", "modelSource", "modelId", "podTemplate")},
    },
}
NODE = yaml.safe_load("""
apiVersion: v1
kind: Node
metadata: {name: n, labels: {apps: chat}}
spec: {unschedulable: false}
status: {allocatable: {nvidia.com/gpu: "1"}, conditions: [{type: Ready, status: "True"}]}
""")
CONTROLLER = yaml.safe_load("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: workspace, namespace: kaito-workspace}
spec: {template: {spec: {containers: [
  {name: w, image: "mcr.microsoft.com/aks/kaito/workspace:0.8.0", args: ["--feature-gates=a=true"]}]}}}
""")
DEFINITION = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: workspaces.kaito.sh}
spec: {versions: [{name: v1beta1, served: true, schema: {openAPIV3Schema: {type: object,
  properties: {spec: {type: object}}}}}]}
""")
# `inf` is written as 1e999, which is a number of JSON that no float holds.
ANY: tuple[Any, ...] = ({"a": "b"}, ["x"], 3, 1.5, None, True, "", 10**30, float("inf"))
# Texts that cost much, or mean something, where they are not expected.
TEXTS = (
    "a" * 50_000,
    "9" * 5000,
    "1e999999999",
    "eyJ" * 20_000,
    "-sk-" * 10_000,
    "$(A)" * 10_000,
    "'" * 10_000,
    "a\n" * 10_000,
    "[" * 3000,
    "{" * 1000,
    "*/0 * * * *",
    "\x1b[31m\u202e\n::error::a",
    "</failure>&#0;]]>",
    "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
)
SAMPLE, FULL_SAMPLE = 5, 25  # places of an input in the quick and in the full tier


class Input(NamedTuple):
    """What a command reads: an example, the command line with @ for its file, and the codes it may end in."""

    example: Any
    words: tuple[str, ...]
    codes: tuple[int, ...] = (0, 1)


LOOKS = (0, 1, 2)  # of commands that end with 2 if an input has no Workspace, or is no ResourceList
INPUTS = {
    "values": Input(VALUES, ("render", "@")),
    "values to validate": Input(VALUES, ("validate", "@", "-o", "json")),
    "values to plan": Input(VALUES, ("plan", "@", "--old", "stored.yaml")),
    "layer": Input(VALUES, ("render", "values.yaml", "-f", "@")),
    "manifest": Input(CLUSTER, ("validate", "@")),
    "manifest of a Workspace": Input(WORKSPACE, ("validate", "@", "--kaito-version", "all"), LOOKS),
    "manifest to import": Input(CLUSTER, ("import", "@"), LOOKS),
    "stored objects": Input(CLUSTER, ("plan", "values.yaml", "--old", "@"), LOOKS),
    "status": Input(CLUSTER, ("status", "@", "-o", "wide"), LOOKS),
    "status as YAML": Input(WORKSPACE, ("status", "@", "-o", "yaml"), LOOKS),
    "metrics": Input(CLUSTER, ("metrics", "@"), LOOKS),
    "target": Input(TARGET, ("render", "values.yaml", "--target", "@")),
    "fleet": Input(FLEET, ("plan", "--fleet", "@")),
    "catalogue": Input(CATALOGUE, ("validate", "values.yaml", "--catalogue", "@")),
    "catalogue to list": Input(CATALOGUE, ("models", "list", "--catalogue", "@"), LOOKS),
    "catalogue to show": Input(
        CATALOGUE,
        ("models", "show", "microsoft/Phi-4-mini-instruct", "--catalogue", "@", "-o", "json"),
        LOOKS,
    ),
    "catalogue of a grid": Input(
        CATALOGUE,
        ("grid", "values.yaml", "--instance-types", "--cloud", "azure", "--catalogue", "@", "-o", "html"),
        LOOKS,
    ),
    "values of a grid": Input(VALUES, ("grid", "@", "-o", "json"), LOOKS),
    "values to explain": Input(VALUES, ("explain", "@", "fit"), LOOKS),
    "resource list": Input(RESOURCES, ("krm",), LOOKS),
}
ANSWERS = {
    "workspaces": Input(CLUSTER, ("status", "-o", "wide"), LOOKS),
    "workspaces.kaito.sh": Input(WORKSPACE, ("import", "--kubectl", "workspace-rich"), LOOKS),
    "nodes": Input({"items": [NODE]}, ("preflight", "values.yaml"), LOOKS),
    "deployments": Input({"items": [CONTROLLER]}, ("preflight", "values.yaml"), LOOKS),
    "customresourcedefinitions.apiextensions.k8s.io": Input(DEFINITION, ("preflight", "values.yaml"), LOOKS),
}


def changed(example: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The example with another value at one place."""
    if not path:
        return value
    whole = deepcopy(example)
    put(whole, path, value)
    return whole


def sampled(example: Any, places: int = SAMPLE) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The example changed at some places at equal distances, each with another value, with the place.

    `make fuzz` draws from all places and values.
    """
    changes = [(path, value) for path, _ in walk(example) for value in ANY]
    step = len(changes) // places // len(ANY) * len(ANY) + 1  # one value further each time
    for path, value in changes[::step]:
        yield (*path, value), changed(example, path, value)


def written(content: Any) -> str:
    """JSON in which infinity is 1e999."""
    return json.dumps(content).replace("Infinity", "1e999")


def ends_well(folder: Path, asked: Input, content: Any, where: object) -> None:
    """Run the command on the content: `run_here` raises what would be a traceback."""
    text = written(content)
    (folder / "in.yaml").write_text(text, encoding="utf-8")
    words = [word.replace("@", "in.yaml") for word in asked.words]
    done = run_here(*words, cwd=folder, stdin=text)
    assert done.returncode in asked.codes, (where, done.returncode, done.stderr)
    assert "Traceback" not in done.stderr, where
    if done.returncode == 2:
        assert len(done.stderr.splitlines()) == 1, (where, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands need beside the input."""
    files = {"values": VALUES, "target": TARGET, "stored": CLUSTER}
    for name, content in files.items():
        (tmp_path / f"{name}.yaml").write_text(written(content), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", INPUTS)
def test_a_few_places_of_each_input(folder: Path, name: str) -> None:
    for where, content in sampled(INPUTS[name].example):
        ends_well(folder, INPUTS[name], content, where)


@pytest.mark.full
@pytest.mark.parametrize("name", INPUTS)
def test_many_places_of_each_input(folder: Path, name: str) -> None:
    for where, content in sampled(INPUTS[name].example, FULL_SAMPLE):
        ends_well(folder, INPUTS[name], content, where)


Answering = Callable[[str, Any], None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Lets kubectl answer with one content to a kind, and with an empty List to all others."""
    answers: dict[str, str] = {}

    def printed(kubectl: Kubectl, kinds: str, *names: str, form: str, label: str | None = None) -> bytes:
        return answers.get(kinds, '{"items": []}' if form == "json" else "").encode()

    def answer(kinds: str, content: Any) -> None:
        defaults = {kind: written(asked.example) for kind, asked in ANSWERS.items()}
        answers.update(defaults | {kinds: written(content)})

    monkeypatch.setattr(Kubectl, "printed", printed)
    return answer


# Answers that once ended in a traceback: the kind, the place and the value.
ANSWERS_ONCE_RAISED = [
    ("deployments", ("items", 0, "spec", "template", "spec", "containers"), 1.5),
    ("nodes", ("items", 0, "status", "conditions"), True),
    ("workspaces.kaito.sh", ("inference", "template", "spec", "containers", 0, "ports", 0, "name"), 10**30),
    (
        "customresourcedefinitions.apiextensions.k8s.io",
        ("spec", "versions", 0, "schema", "openAPIV3Schema", "properties"),
        True,
    ),
]


@pytest.mark.parametrize(("kinds", "path", "value"), ANSWERS_ONCE_RAISED)
def test_an_answer_that_once_raised_ends_well(
    folder: Path, answering: Answering, kinds: str, path: tuple[Any, ...], value: Any
) -> None:
    content = changed(ANSWERS[kinds].example, path, value)
    answering(kinds, content)
    ends_well(folder, ANSWERS[kinds], content, path)


@pytest.mark.parametrize("kinds", ANSWERS)
def test_a_few_places_of_each_answer_of_kubectl(folder: Path, answering: Answering, kinds: str) -> None:
    for where, content in sampled(ANSWERS[kinds].example):
        answering(kinds, content)
        ends_well(folder, ANSWERS[kinds], content, where)


@pytest.mark.full
@pytest.mark.parametrize("kinds", ANSWERS)
def test_many_places_of_each_answer_of_kubectl(folder: Path, answering: Answering, kinds: str) -> None:
    for where, content in sampled(ANSWERS[kinds].example, FULL_SAMPLE):
        answering(kinds, content)
        ends_well(folder, ANSWERS[kinds], content, where)


# Small inputs that once ended in a traceback.
MODEL = "{name: a, modelSource: vllm, modelId: a/b, podTemplate: {spec: {containers: [{name: model, %s}]}}}"
HEAD = "apiVersion: kaito.sh/v1beta1\nkind: Workspace\n"
ONCE_RAISED = [
    ("render", MODEL % "readinessProbe: {httpGet: {port: {a: b}}}"),
    ("render", MODEL % "readinessProbe: {httpGet: {port: [1]}}"),
    ("render", MODEL % "ports: [{name: {a: b}, containerPort: 1}]"),
    (
        "validate",
        f"{HEAD}metadata: {{name: a}}\n---\napiVersion: v1\nkind: {{a: b}}\nmetadata: {{name: c}}\n",
    ),
    ("import", f"{HEAD}metadata: {{name: a}}\n---\napiVersion: v1\nkind: {{a: b}}\nmetadata: {{name: c}}\n"),
    ("import", f"{HEAD}metadata: {{name: {{a: b}}}}\n---\n{HEAD}metadata: {{name: d}}\n"),
]


@pytest.mark.parametrize(("command", "text"), ONCE_RAISED)
def test_what_once_raised_is_a_problem(run: Any, command: str, text: str) -> None:
    done = run(command, "-", stdin=text)
    assert done.returncode in (1, 2)
    assert done.stderr + done.stdout


@cache
def examples() -> list[tuple[str, Any]]:
    """All documents of the repository's examples, with the commands that read such a file."""
    folders = {
        "values": ("render", "validate"),
        "values/rendered": ("validate", "import", "metrics"),
        "tests/manifests/accepted": ("validate",),
    }
    return [
        (command, document)
        for folder, commands in folders.items()
        for file in sorted((ROOT / folder).glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        for command in commands
    ]


@pytest.mark.full
@often(100, *HealthCheck)
@given(data=st.data(), name=st.sampled_from(sorted(INPUTS)), value=st.sampled_from([*ANY, *TEXTS]))
def test_any_place_of_any_input(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str, value: Any
) -> None:
    folder = tmp_path_factory.mktemp("input")
    for file, content in (("values", VALUES), ("target", TARGET), ("stored", CLUSTER)):
        (folder / f"{file}.yaml").write_text(written(content), encoding="utf-8")
    path = data.draw(st.sampled_from([path for path, _ in walk(INPUTS[name].example)]))
    ends_well(folder, INPUTS[name], changed(INPUTS[name].example, path, value), (name, path, value))


@pytest.mark.full
@often(100, *HealthCheck)
@given(data=st.data(), kinds=st.sampled_from(sorted(ANSWERS)), value=st.sampled_from([*ANY, *TEXTS]))
def test_any_place_of_any_answer(
    folder: Path, answering: Answering, data: st.DataObject, kinds: str, value: Any
) -> None:
    path = data.draw(st.sampled_from([path for path, _ in walk(ANSWERS[kinds].example)]))
    content = changed(ANSWERS[kinds].example, path, value)
    answering(kinds, content)
    ends_well(folder, ANSWERS[kinds], content, (kinds, path, value))


@pytest.mark.full
@often(600, *HealthCheck)
@given(data=st.data(), number=st.integers(0, 10**6), value=st.sampled_from([*ANY, *TEXTS]))
def test_any_place_of_any_example(data: st.DataObject, number: int, value: Any) -> None:
    command, example = examples()[number % len(examples())]
    path = data.draw(st.sampled_from([path for path, _ in walk(example)]))
    done = run_here(command, "-", stdin=written(changed(example, path, value)))
    assert done.returncode in LOOKS
