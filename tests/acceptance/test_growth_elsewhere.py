"""Twice the input takes at most 2.2 times the work: files, clusters, answers, states, packs, formats.

What test_growth.py does with the lists of one file, for what is long elsewhere.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kaito_pack.base.kubectl import Kubectl
from tests import work
from tests.acceptance.test_any_value import ANSWERS, CATALOGUE, CONTROLLER, FLEET, NODE, TARGET, WORKSPACE
from tests.acceptance.test_any_value_elsewhere import SCHEMA
from tests.acceptance.test_growth import CACHE, config_map, listed, named, service, values_of, workspace
from tests.acceptance.test_pack import MODE, pack
from tests.command import run_here

FEW_FILES, SIZE = 16, 60  # many files are checked in several processes, which no count sees
Write = Callable[[Path, int], None]


class Case(NamedTuple):
    """A command, and what it reads: `write` puts an input of a size into a folder."""

    words: tuple[str, ...]
    write: Write
    size: int = SIZE
    stdin: str = ""


def put(folder: Path, name: str, content: Any) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def files(folder: Path, size: int) -> None:
    """Values files in a folder."""
    for number in range(size):
        put(folder, f"in/m{number}.yaml", {**values_of("vllm"), "name": f"m{number}"})


def wrong_files(folder: Path, size: int) -> None:
    for number in range(size):
        put(folder, f"in/m{number}.yaml", {**values_of("vllm"), "name": f"m{number}", "unknwon": 1})


def with_tree(folder: Path, size: int) -> None:
    """Values files, and the tree of others before them, all of which are stale."""
    for number in range(size):
        put(folder, f"in/m{number}.yaml", {**values_of("vllm"), "name": f"old{number}"})
    done = run_here("render", "in", "--out", "out/", cwd=folder)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "in")
    files(folder, size)


def fleet(folder: Path, size: int) -> None:
    """A fleet of clusters that all get one file."""
    clusters = [
        {**FLEET["targets"][0], "name": f"c{number}", "out": f"out/c{number}"} for number in range(size)
    ]
    put(folder, "fleet.yaml", {**FLEET, "targets": clusters})


def layers(folder: Path, size: int) -> None:
    names = []
    for number in range(size):
        put(folder, f"layers/l{number}.yaml", {"env": [{"name": f"A{number}", "value": "b"}]})
        names.append(f"layers/l{number}.yaml")
    put(folder, "layered.yaml", {**TARGET, "layers": names})


def models(folder: Path, size: int) -> None:
    rows = [{**CATALOGUE["models"][0], "modelId": f"acme/m{number}"} for number in range(size)]
    put(folder, "catalogue.yaml", {**CATALOGUE, "models": [*CATALOGUE["models"], *rows]})


def answer_of(name: str, make: Callable[[int], Any]) -> Write:
    """A file with what `make` makes of a size."""
    return lambda folder, size: put(folder, name, make(size))


def in_workspace(**fields: Callable[[int], list[Any]]) -> Callable[[int], Any]:
    """A Workspace in whose container some lists are long."""

    def make(size: int) -> Any:
        whole = json.loads(json.dumps({**WORKSPACE, "status": {}}))
        container = whole["inference"]["template"]["spec"]["containers"][0]
        for field, items in fields.items():
            container[field] = [*container.get(field, []), *items(size)]
        return whole

    return make


def labelled(size: int) -> Any:
    whole = in_workspace()(size)
    labels = {f"example.com/l{number}": "a" for number in range(size)}
    whole["metadata"]["labels"] = whole["metadata"]["annotations"] = labels
    whole["inference"]["template"]["metadata"] = {"labels": labels}
    return whole


def pods_with(field: str) -> Callable[[int], Any]:
    """A Workspace whose pod template has a long list, with what is wrong in each item."""

    def make(size: int) -> Any:
        whole = in_workspace()(size)
        whole["inference"]["template"]["spec"][field] = [{"name": f"n{number}"} for number in range(size)]
        return whole

    return make


def wrong_objects(size: int) -> Any:
    objects = listed(workspace, service, config_map)(size)
    for item in objects["items"]:
        item["unknwon"] = item["metadata"]["unknwon"] = 1
    return objects


def inference_set(number: int) -> Any:
    template = {
        "resource": {"instanceType": "Standard_NC24ads_A100_v4"},
        "inference": {"preset": {"name": "phi-4"}},
    }
    spec = {"replicas": 1, "labelSelector": {"matchLabels": {"a": f"b{number}"}}, "template": template}
    metadata = {"name": f"i{number}", "namespace": "llm"}
    return {"apiVersion": "kaito.sh/v1beta1", "kind": "InferenceSet", "metadata": metadata, "spec": spec}


def scaler(number: int) -> Any:
    reference = {"apiVersion": "kaito.sh/v1beta1", "kind": "InferenceSet", "name": f"i{number}"}
    trigger = {"type": "cron", "metadata": {"timezone": "UTC", "start": "0 8 * * *", "end": "0 9 * * *"}}
    spec = {"scaleTargetRef": reference, "triggers": [trigger]}
    metadata = {"name": f"s{number}", "namespace": "llm"}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata, "spec": spec}


def monitor(number: int) -> Any:
    spec = {"selector": {"matchLabels": {"a": "b"}}, "podMetricsEndpoints": [{"targetPort": 8000}]}
    kind = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor"}
    return {**kind, "metadata": {"name": f"m{number}"}, "spec": spec}


def documents(folder: Path, size: int) -> None:
    """YAML with comments, anchors and aliases."""
    text = "".join(
        f"---\n# a comment\napiVersion: v1\nkind: ConfigMap\nmetadata: &m{number} {{name: c{number}}}\n"
        f"data: {{a: &a{number} b, c: *a{number}}}\n"
        for number in range(size)
    )
    put(folder, "in.yaml", text)


def long_texts(size: int) -> Any:
    text = "$(A) --api-key={{ x }} 'a' hf_ eyJ." * size
    return {**values_of("vllm"), "extraArgs": [f"--a={text}"], "env": [{"name": "A", "value": text}]}


def checked_pack(part: str) -> Write:
    """A pack in which one part is long."""

    def write(folder: Path, size: int) -> None:
        schema = json.loads(json.dumps(SCHEMA))
        texts = dict(MODE)
        if part == "values":
            schema["properties"] |= {f"v{n}": {"type": "string", "title": f"V{n}"} for n in range(size)}
        elif part == "rules":
            texts["facts/rules/values.json"] = json.dumps(
                {f"values/r{n}": {"severity": "error"} for n in range(size)}
            )
        elif part == "template":
            lines = "".join(f"# {{{{ name }}}} {n}\n" for n in range(size))
            texts = {name: text + lines if name.endswith(".j2") else text for name, text in texts.items()}
        else:
            texts |= {f"facts/x{n}.json": "{}" for n in range(size)}
        pack(folder / "echo", texts | {"schemas/values/echo.schema.json": json.dumps(schema)})

    return write


OBJECTS = answer_of("in.yaml", listed(workspace, service))
CASES = {
    **{
        f"import {name}": Case(("import", "in.yaml"), answer_of("in.yaml", make), 30)
        for name, make in {
            "env": in_workspace(env=lambda size: named(size, value="a")),
            "args": in_workspace(args=lambda size: [f"--x{number}=a" for number in range(size)]),
            "mounts": in_workspace(
                volumeMounts=lambda size: [{"name": f"n{n}", "mountPath": f"/n{n}"} for n in range(size)]
            ),
            "labels": labelled,
            "volumes": pods_with("volumes"),
            "tolerations": pods_with("tolerations"),
            "objects": lambda size: {
                "apiVersion": "v1",
                "kind": "List",
                "items": [in_workspace()(size), *(config_map(number) for number in range(size))],
            },
        }.items()
    },
    "import of many": Case(("import", "in.yaml", "--name", "w1"), OBJECTS),
    "metrics": Case(("metrics", "in.yaml"), OBJECTS),
    "render files": Case(("render", "in"), files, FEW_FILES),
    "render files to a tree": Case(("render", "in", "--out", "out/"), files, FEW_FILES),
    "render --prune": Case(("render", "in", "--out", "out/", "--prune"), with_tree, FEW_FILES),
    "render --check": Case(("render", "in", "--out", "out/", "--check"), with_tree, FEW_FILES),
    "render --check as JSON": Case(
        ("render", "in", "--out", "out/", "--check", "-o", "json"), with_tree, FEW_FILES
    ),
    "plan against a tree": Case(("plan", "in", "--out", "out/"), with_tree, FEW_FILES),
    "validate files": Case(("validate", "in"), files, FEW_FILES),
    "validate wrong files": Case(("validate", "in"), wrong_files, FEW_FILES),
    "grid of files": Case(("grid", "in"), files, FEW_FILES),
    "grid of models": Case(("grid", "values.yaml", "--catalogue", "catalogue.yaml"), models),
    "grid of instance types": Case(
        ("grid", "values.yaml", "--instance-types", "--cloud", "azure", "--catalogue", "catalogue.yaml"),
        models,
        16,
    ),
    "models list": Case(("models", "list", "--catalogue", "catalogue.yaml"), models),
    "models show": Case(("models", "show", "acme/m1", "--catalogue", "catalogue.yaml"), models),
    "models show, unknown": Case(("models", "show", "acme/m", "--catalogue", "catalogue.yaml"), models),
    "explain a line": Case(
        ("explain", "in.yaml", "inference.template.spec.containers[0].args[9]"),
        answer_of(
            "in.yaml", lambda size: {**values_of("vllm"), "extraArgs": [f"--x{n}=a" for n in range(size)]}
        ),
    ),
    "explain fit": Case(("explain", "values.yaml", "fit", "--catalogue", "catalogue.yaml"), models),
    "validate --fleet": Case(("validate", "--fleet", "fleet.yaml"), fleet, FEW_FILES),
    "render --fleet": Case(("render", "--fleet", "fleet.yaml"), fleet, FEW_FILES),
    "render --fleet --check": Case(("render", "--fleet", "fleet.yaml", "--check"), fleet, FEW_FILES),
    "plan --fleet --upgrade": Case(("plan", "--fleet", "fleet.yaml", "--upgrade", "0.12"), fleet, FEW_FILES),
    "grid --fleet": Case(("grid", "--fleet", "fleet.yaml"), fleet, FEW_FILES),
    "layers": Case(("render", "values.yaml", "--target", "layered.yaml"), layers, FEW_FILES),
    **{
        f"validate -o {form}": Case(
            ("validate", "in.yaml", "-o", form), answer_of("in.yaml", wrong_objects), 30
        )
        for form in ("text", "json", "junit", "github", "markdown")
    },
    "InferenceSets": Case(("validate", "in.yaml"), answer_of("in.yaml", listed(inference_set, scaler)), 40),
    "PodMonitors": Case(("validate", "in.yaml"), answer_of("in.yaml", listed(monitor))),
    "status of InferenceSets": Case(
        ("status", "in.yaml"), answer_of("in.yaml", listed(inference_set, workspace))
    ),
    "documents": Case(("validate", "in.yaml"), documents),
    "long texts": Case(("validate", "in.yaml"), answer_of("in.yaml", long_texts)),
    **{
        f"pack check, {part}": Case(("pack", "check", "echo"), checked_pack(part))
        for part in ("values", "rules", "template", "files")
    },
}
QUICK = ("validate -o json", "models list")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {"values": values_of("vllm"), "target": TARGET}.items():
        put(tmp_path, f"{name}.yaml", content)
    return tmp_path


def check(folder: Path, case: Case) -> None:
    """Count the work for the input of two sizes, each in a folder."""

    def judging(size: int) -> Callable[[], object]:
        place = folder / str(size)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for file in folder.glob("*.yaml"):
            shutil.copy(file, place)
        case.write(place, size)

        def judge() -> None:
            done = run_here(*case.words, cwd=place, stdin=case.stdin, env={"XDG_CACHE_HOME": CACHE})
            assert done.returncode in (0, 1), done.stderr

        return judge

    work.check_added(judging, case.size)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.full]) for name in CASES]
)
def test_the_work_grows_as_the_input_does(folder: Path, name: str) -> None:
    check(folder, CASES[name])


def node(number: int) -> Any:
    return {**NODE, "metadata": {"name": f"n{number}", "labels": {"apps": "chat", f"l{number}": "a"}}}


def deployment(number: int) -> Any:
    return {**CONTROLLER, "metadata": {"name": f"d{number}", "namespace": "x"}}


def quota(number: int) -> Any:
    spec = {"hard": {"requests.nvidia.com/gpu": "8", f"count/x{number}": "1"}}
    return {"kind": "ResourceQuota", "metadata": {"name": f"q{number}", "namespace": "default"}, "spec": spec}


def pod(number: int) -> Any:
    metadata = {"name": f"p{number}", "namespace": "llm", "labels": {"kaito.sh/workspace": f"w{number}"}}
    status = {"phase": "Pending", "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "b"}}}]}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "a"}]}, "status": status}


# Which kinds kubectl is asked for, and what there are many of.
ASKED = {
    "nodes": (("preflight", "values.yaml"), [node]),
    "deployments": (("preflight", "values.yaml"), [deployment]),
    "resourcequotas": (("preflight", "values.yaml"), [quota]),
    "limitranges": (("preflight", "values.yaml"), [quota]),
    "pods": (("preflight", "values.yaml"), [pod]),
    "workspaces": (("status", "-A"), [workspace]),
    "beside": (("status", "-A"), [workspace, pod, service]),
}


@pytest.mark.full
@pytest.mark.parametrize("kinds", ASKED)
def test_the_work_grows_as_an_answer_does(folder: Path, monkeypatch: pytest.MonkeyPatch, kinds: str) -> None:
    words, makes = ASKED[kinds]
    defaults = {kind: json.dumps(asked.example) for kind, asked in ANSWERS.items() if kind != "workspaces"}
    answers: dict[str, str] = {}

    def printed(kubectl: Kubectl, asked: str, *names: str, form: str, label: str | None = None) -> bytes:
        many = answers.get("many", "")
        is_meant = kinds in asked.split(",") or kinds in ("beside", "workspaces")
        empty = '{"items": []}' if form == "json" else ""
        return (many if is_meant and form == "json" else defaults.get(asked, empty)).encode()

    monkeypatch.setattr(Kubectl, "printed", printed)

    def judging(size: int) -> Callable[[], object]:
        def judge() -> None:
            answers["many"] = json.dumps(listed(*makes)(size))
            done = run_here(*words, cwd=folder, env={"XDG_CACHE_HOME": CACHE})
            assert done.returncode in (0, 1), done.stderr

        return judge

    work.check_added(judging, SIZE)
