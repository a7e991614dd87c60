"""What others need comes before them, in every output that holds several manifests."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.base.trees import walk
from kaito_pack.kubernetes.objects.apply_order import bonds_of, in_apply_order
from tests.conftest import ROOT, Run

EXAMPLES = [
    file
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource:" in file.read_text(encoding="utf-8")
]
KINDS_BY_FIELD = {
    "configMap": "ConfigMap",
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "config": "ConfigMap",
    "secret": "Secret",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
    "imagePullSecrets": "Secret",
    "modelAccessSecret": "Secret",
    "imagePushSecret": "Secret",
    "claimName": "PersistentVolumeClaim",
    "serviceAccountName": "ServiceAccount",
    "storageClassName": "StorageClass",
    "priorityClassName": "PriorityClass",
    "volumeName": "PersistentVolume",
}


def references(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that a manifest needs, read from the API's own fields."""
    if namespace := body["metadata"].get("namespace"):
        yield "Namespace", namespace
    for path, part in walk({key: value for key, value in body.items() if key != "metadata"}):
        field = next((step for step in reversed(path) if step in KINDS_BY_FIELD), None)
        if isinstance(part, str) and field and path[-1] in (field, "name", "secretName"):
            yield KINDS_BY_FIELD[str(field)], part
        elif isinstance(part, dict) and isinstance(part.get("kind"), str):
            yield part["kind"], part.get("name", "")


def too_early(bodies: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """What comes behind an object that needs it."""
    names = [(body["kind"], body["metadata"]["name"]) for body in bodies]
    return [
        name for index, body in enumerate(bodies) for name in references(body) if name in names[index + 1 :]
    ]


def manifest(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "team"}, **fields}


EXTRA = [
    manifest("ConfigMap", "settings", data={"A": "b"}),
    manifest("Secret", "hf", stringData={"a": "b"}),
    manifest(
        "PersistentVolumeClaim",
        "cache",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    ),
    manifest("ServiceAccount", "server", imagePullSecrets=[{"name": "hf"}]),
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": "disk.csi.example.com",
    },
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}},
]
POD = {
    "spec": {
        "serviceAccountName": "server",
        "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}}],
        "containers": [
            {
                "name": "model",
                "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "hf"}}],
                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
            }
        ],
    }
}


def values(name: str, extra: Sequence[dict[str, Any]]) -> str:
    given = {"name": name, "namespace": "team", "modelSource": "premade", "premadeModel": "phi4:14b"}
    return yaml.safe_dump({**given, "podTemplate": POD} | ({"extraObjects": list(extra)} if extra else {}))


def stream(run: Run, *arguments: str, **options: Any) -> list[dict[str, Any]]:
    done = run(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_no_example_is_applied_before_what_it_needs(run: Run, example: Path) -> None:
    assert too_early(stream(run, str(example))) == []


def test_the_objects_of_a_user_come_before_what_names_them_in_any_order(run: Run) -> None:
    for shift in range(len(EXTRA)):
        extra = EXTRA[shift:] + EXTRA[:shift]
        bodies = stream(run, "-", stdin=values("a", extra))
        assert len(bodies) == len(EXTRA) + 1 and too_early(bodies) == []
        listed = json.loads(run("-", "-o", "json", stdin=values("a", extra)).stdout)["items"]
        assert listed == bodies


def test_what_is_needed_by_nothing_stays_where_it_is(run: Run) -> None:
    text = yaml.safe_dump({**yaml.safe_load(values("a", EXTRA[:1])), "podTemplate": None})
    kinds = [body["kind"] for body in stream(run, "-", stdin=text)]
    assert kinds == ["Workspace", "ConfigMap"]


def test_files_that_need_each_others_objects_are_in_order(run: Run, tmp_path: Path) -> None:
    """In a stream, in a tree's lists, and again when one of the files alone is rendered into the tree."""
    shared = values("z", EXTRA)
    (tmp_path / "a.yaml").write_text(values("a", []), encoding="utf-8")
    (tmp_path / "z.yaml").write_text(shared, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(values("m", []), encoding="utf-8")
    assert too_early(stream(run, str(tmp_path))) == []
    tree = tmp_path / "tree"
    assert run(str(tmp_path / "a.yaml"), str(tmp_path / "z.yaml"), "--out", str(tree)).returncode == 0
    lists = [yaml.safe_load((tree / "team" / "kustomization.yaml").read_text("utf-8"))["resources"]]
    assert run(str(tmp_path), "--out", str(tree)).returncode == 0
    lists.append(yaml.safe_load((tree / "team" / "kustomization.yaml").read_text("utf-8"))["resources"])
    assert lists == [["workspace-z.yaml", "workspace-a.yaml"], [f"workspace-{n}.yaml" for n in "zam"]]
    for file in "azm":
        done = run(str(tmp_path / f"{file}.yaml"), "--out", str(tree), "--check")
        assert (done.returncode, done.stdout) == (0, "")


def test_namespaces_that_others_need_are_listed_first(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(values("a", []).replace("team", "alpha"), encoding="utf-8")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "alpha"}}
    (tmp_path / "b.yaml").write_text(values("b", [namespace]), encoding="utf-8")
    assert run(str(tmp_path), "--out", str(tmp_path / "tree")).returncode == 0
    listed = yaml.safe_load((tmp_path / "tree" / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert listed == ["team", "alpha"]


def test_a_krm_function_adds_what_other_items_need_before_them(run: Run) -> None:
    config = {
        "apiVersion": "pack.kubefoundry.io/v1",
        "kind": "Values",
        "metadata": {"name": "a"},
        "spec": yaml.safe_load(values("a", EXTRA)),
    }
    job = manifest("Pod", "reader", spec={"containers": [{"envFrom": [{"secretRef": {"name": "hf"}}]}]})
    whole = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [job]}
    done = run("krm", stdin=yaml.safe_dump({**whole, "functionConfig": config}))
    items = yaml.safe_load(done.stdout)["items"]
    assert len(items) == len(EXTRA) + 2 and too_early(items) == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_of_a_chain_is_put_right(order: Sequence[int]) -> None:
    """A custom resource that names another by kind, which reads a Secret, in a namespace that is created."""
    chain = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}},
        manifest("Secret", "prometheus"),
        manifest("TriggerAuthentication", "login", spec={"secretTargetRef": [{"name": "prometheus"}]}),
        manifest(
            "ScaledObject",
            "scaler",
            spec={"authenticationRef": {"kind": "TriggerAuthentication", "name": "login"}},
        ),
    ]
    assert in_apply_order([chain[index] for index in order], bonds_of) == chain


def test_objects_that_need_each_other_are_all_kept() -> None:
    pair = [
        manifest("First", "a", spec={"kind": "Second", "name": "b"}),
        manifest("Second", "b", spec={"kind": "First", "name": "a"}),
    ]
    assert sorted(body["kind"] for body in in_apply_order(pair, bonds_of)) == ["First", "Second"]
