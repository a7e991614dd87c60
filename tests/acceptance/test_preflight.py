"""`kaito-pack preflight` as a user runs it, with a kubectl that answers as a cluster would."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.facts.rules import rules
from kaito_pack.kaito import crd
from tests.conftest import Run
from tests.fake_kubectl import FakeKubectl
from tests.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
LLAMA = str(ROOT / "values" / "llama.yaml")  # vllm, own nodes, 2 GPUs, Secret hf-token
CREATED = str(ROOT / "values" / "mistral-autoprovisioned.yaml")
NAMESPACE = "kaito-workspace"
WORD = "not-to-be-seen"


def named(kind: str, name: str, namespace: str | None = None, **parts: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"kind": kind, "metadata": metadata | parts.pop("metadata", {}), **parts}


def definition(kaito: str = "0.12") -> dict[str, Any]:
    versions = [
        {"name": name, "served": True, "schema": {"openAPIV3Schema": schema}}
        for name, schema in crd.schemas(kaito).items()
    ]
    return named("CustomResourceDefinition", "workspaces.kaito.sh", spec={"versions": versions})


def controller(tag: str = "0.12.0", *args: str) -> dict[str, Any]:
    container = {"image": f"mcr.microsoft.com/aks/kaito/workspace:{tag}", "args": list(args)}
    spec = {"template": {"spec": {"containers": [container]}}}
    return named("Deployment", "kaito-workspace", "kube-system", spec=spec)


UNLIKE = named(
    "CustomResourceDefinition",
    "workspaces.kaito.sh",
    spec={"versions": [{"name": "v1beta1", "served": True, "schema": {"openAPIV3Schema": {}}}]},
)
BYO = "--node-provisioner=byo"


def node(name: str, gpus: int = 2, ready: bool = True, **labels: str) -> dict[str, Any]:
    status = {
        "allocatable": {"nvidia.com/gpu": str(gpus)},
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
    }
    return named("Node", name, metadata={"labels": {"kubernetes.io/os": "linux"} | labels}, status=status)


def secret(*keys: str, name: str = "hf-token") -> dict[str, Any]:
    return named("Secret", name, NAMESPACE, data=dict.fromkeys(keys, WORD))


def cluster(**other: Any) -> list[dict[str, Any]]:
    """A cluster that suits values/llama.yaml, with some parts otherwise; None leaves one out."""
    parts: dict[str, Any] = {
        "definition": definition(),
        "controller": controller("0.12.0", BYO),
        "namespace": named("Namespace", NAMESPACE, status={"phase": "Active"}),
        "secret": secret("HF_TOKEN"),
        "node": node("gpu-1"),
    }
    return [part for part in (parts | other).values() if part is not None]


@pytest.fixture
def kubectl(tmp_path: Path) -> FakeKubectl:
    return FakeKubectl(tmp_path)


def findings(run: Run, env: dict[str, str], *arguments: str, code: int | None = None) -> dict[str, Any]:
    done = run("preflight", *(arguments or (LLAMA,)), "-o", "json", env=env)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    expected = 1 if any(item["state"] == "error" for item in result) else 0
    assert done.returncode == (expected if code is None else code), done.stderr
    assert WORD not in done.stdout + done.stderr
    return {item["check"]: item for item in result}


def wrong(result: dict[str, Any]) -> set[str]:
    return {name for name, item in result.items() if item["state"] != "ok"}


def test_a_cluster_that_suits_is_all_good(run: Run, kubectl: FakeKubectl) -> None:
    result = findings(run, kubectl.holds(*cluster()), code=0)
    assert wrong(result) == set()
    assert {"crd-there", "kaito-seen", "provisioning-seen", "namespace-there"} <= set(result)
    assert {"secret-there", "nodes-matched", "gpu-enough", "workspace-new"} <= set(result)


def test_every_rule_says_what_to_do_unless_all_is_well() -> None:
    for name, rule in rules("preflight").items():
        assert rule.message and rule.meaning and bool(rule.fix) == (rule.severity != "ok"), name


def test_a_rule_of_preflight_is_explained(run: Run) -> None:
    done = run("explain", "preflight/gpu-short")
    assert done.returncode == 0 and "SEVERITY: error" in done.stdout


def test_the_table_says_what_to_do(run: Run, kubectl: FakeKubectl) -> None:
    done = run("preflight", LLAMA, env=kubectl.holds(*cluster(namespace=None)))
    assert done.returncode == 1
    assert f"ERROR   namespace `{NAMESPACE}` does not exist. Create it first: kubectl create" in done.stdout


def test_kubectl_only_gets(run: Run, kubectl: FakeKubectl) -> None:
    findings(run, kubectl.holds(*cluster()), LLAMA, "--context", "prod")
    assert {call[0] for call in kubectl.calls()} == {"get"}
    assert all(call[-2:] == ["--context", "prod"] or "prod" in call for call in kubectl.calls())


def test_a_secret_is_asked_for_its_keys_alone(run: Run, kubectl: FakeKubectl) -> None:
    findings(run, kubectl.holds(*cluster()))
    (asked,) = [call for call in kubectl.calls() if call[1] == "secrets"]
    form = asked[asked.index("-o") + 1]
    assert form.startswith("go-template=") and "$value" not in form.split("}}", 1)[1]


CASES = {
    "no KAITO": ({"definition": None}, {"crd-missing"}),
    "another version": (
        {"controller": controller("0.9.4", "--feature-gates=disableNodeAutoProvisioning=true")},
        set(),
    ),
    "no controller": ({"controller": None}, {"provisioning-unknown"}),
    "neither controller nor a known CRD": (
        {"controller": None, "definition": UNLIKE},
        {"kaito-unknown", "provisioning-unknown"},
    ),
    "a CRD without the version": (
        {"definition": named("CustomResourceDefinition", "workspaces.kaito.sh", spec={"versions": []})},
        {"crd-version-missing"},
    ),
    "a newer KAITO": ({"controller": controller("0.99.0", BYO)}, {"kaito-unsupported"}),
    "KAITO creates nodes": (
        {"controller": controller("0.12.0")},
        {"machines-missing", "refused"},
    ),
    "no namespace": ({"namespace": None}, {"namespace-missing"}),
    "namespace ends": (
        {"namespace": named("Namespace", NAMESPACE, status={"phase": "Terminating"})},
        {"namespace-ending"},
    ),
    "no Secret": ({"secret": None}, {"secret-missing"}),
    "a Secret of another namespace": (
        {"secret": named("Secret", "hf-token", "other", data={"HF_TOKEN": WORD})},
        {"secret-missing"},
    ),
    "no key": ({"secret": secret("token")}, {"secret-key-missing"}),
    "an empty Secret": ({"secret": secret()}, {"secret-key-missing"}),
    "no node": ({"node": None}, {"nodes-few", "gpu-short"}),
    "a node that is not ready": ({"node": node("a", ready=False)}, {"nodes-few", "gpu-short"}),
    "a cordoned node": ({"node": node("a") | {"spec": {"unschedulable": True}}}, {"nodes-few", "gpu-short"}),
    "one GPU too few": ({"node": node("a", gpus=1)}, {"gpu-short"}),
    "GPUs on two nodes": ({"node": node("a", gpus=1), "other": node("b", gpus=1)}, {"gpu-short"}),
    "no GPU": (
        {"node": node("a") | {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}},
        {"gpu-short"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_suit_is_found(run: Run, kubectl: FakeKubectl, case: str) -> None:
    other, expected = CASES[case]
    result = findings(run, kubectl.holds(*cluster(**other)))
    assert wrong(result) == expected
    assert all(result[name]["fix"] for name in expected)


def test_labels_that_no_node_has(run: Run, kubectl: FakeKubectl) -> None:
    values = "name: a\nmodelSource: premade\npremadeModel: phi4:14b\nlabelSelector: {pool: a}\n"
    env = kubectl.holds(*cluster())
    done = run("preflight", "-", "-o", "json", stdin=values, env=env)
    few = next(item for item in json.loads(done.stdout) if item["check"] == "nodes-few")
    assert "`pool: a`" in few["message"] and done.returncode == 1
    kubectl.holds(*cluster(node=node("a", gpus=0, pool="a")))
    assert run("preflight", "-", stdin=values, env=env).returncode == 0


def test_preferred_nodes_must_exist(run: Run, kubectl: FakeKubectl) -> None:
    values = "name: a\nmodelSource: premade\npremadeModel: phi4:14b\npreferredNodes: [gpu-1, gone]\n"
    done = run("preflight", "-", "-o", "json", stdin=values, env=kubectl.holds(*cluster()))
    states = {item["check"]: item["state"] for item in json.loads(done.stdout)}
    assert (states["preferred-there"], states["preferred-missing"]) == ("ok", "error")


def test_the_crd_tells_the_version_where_no_controller_is_seen(run: Run, kubectl: FakeKubectl) -> None:
    unlike = [
        kaito
        for kaito in crd.versions()
        if sum(crd.schemas(kaito) == crd.schemas(other) for other in crd.versions()) == 1
    ]
    assert unlike, "some release has a CRD of its own"
    result = findings(run, kubectl.holds(*cluster(definition=definition(unlike[-1]), controller=None)))
    assert f"KAITO {unlike[-1]}" in result["kaito-seen"]["message"]


def test_a_version_that_was_named_and_does_not_run_is_an_error(run: Run, kubectl: FakeKubectl) -> None:
    env = kubectl.holds(*cluster(controller=controller("0.11.1", BYO)))
    result = findings(run, env, LLAMA, "--kaito-version", "0.12")
    assert wrong(result) == {"kaito-differs"} and "--kaito-version 0.11" in result["kaito-differs"]["fix"]


@pytest.mark.parametrize(
    ("tag", "args", "mode"),
    [
        ("0.12.0", [BYO], "byo"),
        ("v0.11.0", ["--node-provisioner", "byo"], "byo"),
        ("0.12.0", ["--node-provisioner=karpenter"], "auto"),
        ("0.12.0", ["--feature-gates=disableNodeAutoProvisioning=true"], "auto"),
        ("0.10.0", ["--feature-gates=vLLM=true,disableNodeAutoProvisioning=true"], "byo"),
        ("0.7.2", ["--feature-gates=disableNodeAutoProvisioning=false"], "auto"),
        ("0.6.0", [], "auto"),
    ],
)
def test_node_provisioning_is_read_from_the_controller(
    run: Run, kubectl: FakeKubectl, tag: str, args: list[str], mode: str
) -> None:
    result = findings(run, kubectl.holds(*cluster(controller=controller(tag, *args))))
    assert f"({mode})" in result["provisioning-seen"]["message"]


def test_an_instance_type_where_nodes_are_brought_along_is_refused(run: Run, kubectl: FakeKubectl) -> None:
    result = findings(run, kubectl.holds(*cluster()), CREATED)
    assert "instanceType" in result["refused"]["message"]


def test_created_nodes_need_the_kinds_to_ask_for_them(run: Run, kubectl: FakeKubectl) -> None:
    parts = cluster(controller=controller(), node=None)
    assert "machines-missing" in wrong(findings(run, kubectl.holds(*parts), CREATED))
    claims = named("CustomResourceDefinition", "nodeclaims.karpenter.sh")
    result = findings(run, kubectl.holds(*parts, claims), CREATED)
    assert wrong(result) == set() and {"machines-there", "nodes-created"} <= set(result)


def test_nodes_that_fill_the_count_are_told_of(run: Run, kubectl: FakeKubectl) -> None:
    values = yaml.safe_load(Path(CREATED).read_text(encoding="utf-8"))
    values["labelSelector"] = {"kubernetes.io/os": "linux"}
    env = kubectl.holds(*cluster(controller=controller("0.9.0")))
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(values), env=env)
    assert "nodes-counted" in {item["check"] for item in json.loads(done.stdout)}


def stored(run: Run, **metadata: Any) -> dict[str, Any]:
    workspace: dict[str, Any] = next(iter(yaml.safe_load_all(run(LLAMA).stdout)))
    workspace["metadata"] |= metadata
    return workspace


OWNERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "our own": ({}, set()),
    "hand-written": ({"labels": {}}, {"workspace-foreign"}),
    "another deployment's": (
        {"labels": {"app.kubernetes.io/name": "kubefoundry", "app.kubernetes.io/instance": "b"}},
        {"workspace-foreign"},
    ),
    "an InferenceSet's": (
        {"ownerReferences": [{"kind": "InferenceSet", "name": "many"}]},
        {"workspace-owned"},
    ),
    "Argo CD's": (
        {"annotations": {"argocd.argoproj.io/tracking-id": "models:kaito.sh/Workspace:a/b"}},
        {"workspace-managed"},
    ),
    "being deleted": ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, {"workspace-ending"}),
}


@pytest.mark.parametrize("case", OWNERS)
def test_whose_a_workspace_of_that_name_is(run: Run, kubectl: FakeKubectl, case: str) -> None:
    metadata, expected = OWNERS[case]
    result = findings(run, kubectl.holds(*cluster(), stored(run, **metadata)))
    assert wrong(result) == expected


def test_a_change_that_the_webhook_refuses_is_told_of(run: Run, kubectl: FakeKubectl) -> None:
    workspace = stored(run)
    workspace["resource"]["count"] = 3
    result = findings(run, kubectl.holds(*cluster(), workspace))
    assert wrong(result) == {"refused"} and "resource.count" in result["refused"]["message"]


@pytest.mark.parametrize("kind", ["nodes", "secrets", "deployments", "namespaces", "workspaces"])
def test_what_may_not_be_read_is_a_warning(run: Run, kubectl: FakeKubectl, kind: str) -> None:
    result = findings(run, kubectl.holds(*cluster(), forbidden=(kind,)), code=0)
    assert "unseen" in result and kind in result["unseen"]["message"]


def test_a_cluster_that_does_not_answer_is_no_finding(run: Run, kubectl: FakeKubectl) -> None:
    done = run("preflight", LLAMA, env=kubectl.holds(broken=True))
    assert (done.returncode, done.stdout) == (2, "") and "refused" in done.stderr


def test_a_missing_kubectl_is_told(run: Run, tmp_path: Path) -> None:
    done = run("preflight", LLAMA, env={"PATH": str(tmp_path)})
    assert done.returncode == 2 and "kubectl is not in PATH" in done.stderr


def test_wrong_values_are_told_before_anything_is_asked(run: Run, kubectl: FakeKubectl) -> None:
    done = run("preflight", "-", stdin="modelSource: vllm\n", env=kubectl.holds(*cluster()))
    assert (done.returncode, done.stdout) == (1, "")
    assert not (kubectl.folder / "calls").exists()


def test_secrets_of_any_part_of_a_pod_are_asked_for(run: Run, kubectl: FakeKubectl) -> None:
    values = {
        "name": "a",
        "modelSource": "premade",
        "premadeModel": "phi4:14b",
        "podTemplate": {
            "spec": {
                "imagePullSecrets": [{"name": "registry"}],
                "volumes": [{"name": "certificates", "secret": {"secretName": "certificates"}}],
                "containers": [
                    {
                        "name": "model",
                        "envFrom": [{"secretRef": {"name": "settings", "optional": True}}],
                        "volumeMounts": [{"name": "certificates", "mountPath": "/certificates"}],
                    }
                ],
            }
        },
    }
    env = kubectl.holds(*cluster(secret=secret(name="registry")))
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(values), env=env)
    report = {
        (item["check"], item["message"].split("`")[1])
        for item in json.loads(done.stdout)
        if "ecret" in item["message"]
    }
    assert report == {
        ("secret-there", "registry"),
        ("secret-missing", "certificates"),
        ("secret-key-optional", "settings"),
    }


@pytest.mark.parametrize("spoiled", [None, [], {}, "x", 1])
def test_no_answer_of_a_cluster_gives_a_traceback(run: Run, kubectl: FakeKubectl, spoiled: Any) -> None:
    parts = copy.deepcopy(cluster())
    for part in parts:
        for key in ("spec", "status", "data"):
            if key in part:
                part[key] = {} if part["kind"] == "Secret" else spoiled
    done = run("preflight", LLAMA, env=kubectl.holds(*parts))
    assert done.returncode == (1 if spoiled in (None, {}) else 2) and "Traceback" not in done.stderr


def test_a_real_api_server_is_asked(run: Run, tool: Any) -> None:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG is not set")
    tool("kubectl")
    done = run("preflight", LLAMA, "-o", "json")
    assert done.returncode in (0, 1), done.stderr
    assert {item["check"] for item in json.loads(done.stdout)} & {"crd-there", "crd-missing"}


def test_a_workspace_is_imported_from_the_cluster(run: Run, kubectl: FakeKubectl) -> None:
    workspace, service = yaml.safe_load_all(run(LLAMA).stdout)
    env = kubectl.holds(workspace, service)
    done = run("import", "--kubectl", "workspace-llama", "-n", NAMESPACE, env=env)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["name"] == "llama"
    assert run("import", "--kubectl", "gone", "-n", NAMESPACE, env=env).returncode == 2


def test_a_workspace_is_imported_though_its_services_may_not_be_read(run: Run, kubectl: FakeKubectl) -> None:
    workspace = next(iter(yaml.safe_load_all(run(LLAMA).stdout)))
    env = kubectl.holds(workspace, forbidden=("services",))
    done = run("import", "--kubectl", "workspace-llama", "-n", NAMESPACE, env=env)
    assert done.returncode == 0 and "the import continues without it" in done.stderr


AUTOSCALED = str(ROOT / "values" / "vllm-autoscaled.yaml")
SETS = "inferencesets.kaito.sh"


def of_kind(name: str, *versions: str) -> dict[str, Any]:
    served = [{"name": version, "served": True} for version in versions]
    return named("CustomResourceDefinition", name, spec={"versions": served})


def scaling_cluster(**other: Any) -> list[dict[str, Any]]:
    """A cluster in which KAITO creates the nodes of values/vllm-autoscaled.yaml, and KEDA scales."""
    parts = {
        "controller": controller(),
        "sets": of_kind(SETS, "v1alpha1", "v1beta1"),
        "keda": of_kind("scaledobjects.keda.sh", "v1alpha1"),
        "claims": of_kind("nodeclaims.karpenter.sh", "v1"),
        "prometheus": named("Service", "prometheus-operated", "monitoring"),
    }
    return cluster(**(parts | other))


def test_a_cluster_that_scales_is_all_good(run: Run, kubectl: FakeKubectl) -> None:
    env = kubectl.holds(*scaling_cluster())
    answers = findings(run, env, AUTOSCALED, "--check-prometheus", code=0)
    assert wrong(answers) == set()
    assert {"set-crd-there", "set-gate-on", "keda-there", "prometheus-there"} <= set(answers)
    assert "InferenceSet `mistral` does not exist yet" in answers["workspace-new"]["message"]


@pytest.mark.parametrize(
    ("other", "options", "rule"),
    [
        ({"sets": None}, [], "set-crd-missing"),
        ({"sets": of_kind(SETS, "v1alpha1")}, [], "set-crd-version"),
        ({"keda": None}, [], "keda-missing"),
        ({"prometheus": None}, ["--check-prometheus"], "prometheus-missing"),
        ({"controller": controller("0.10.0")}, ["--kaito-version", "0.10"], "set-gate-off"),
    ],
)
def test_what_keeps_a_cluster_from_scaling_is_reported(
    run: Run, kubectl: FakeKubectl, other: dict[str, Any], options: list[str], rule: str
) -> None:
    answers = findings(run, kubectl.holds(*scaling_cluster(**other)), AUTOSCALED, *options, code=1)
    assert answers[rule]["state"] == "error" and answers[rule]["fix"]


def test_the_gate_of_an_older_controller_is_read(run: Run, kubectl: FakeKubectl) -> None:
    gates = controller("0.10.0", "--feature-gates=vLLM=true,enableInferenceSetController=true")
    env = kubectl.holds(*scaling_cluster(controller=gates))
    assert "set-gate-on" in findings(run, env, AUTOSCALED, "--kaito-version", "0.10")


def test_prometheus_is_looked_for_only_if_that_is_asked(run: Run, kubectl: FakeKubectl) -> None:
    answers = findings(run, kubectl.holds(*scaling_cluster(prometheus=None)), AUTOSCALED, code=0)
    assert not [name for name in answers if name.startswith("prometheus-")]


def test_an_address_outside_the_cluster_is_a_warning(run: Run, kubectl: FakeKubectl) -> None:
    address = "autoscaling.prometheusAddress=https://prometheus.example.com"
    env = kubectl.holds(*scaling_cluster())
    answers = findings(run, env, AUTOSCALED, "--set", address, "--check-prometheus", code=0)
    assert answers["prometheus-unknown"]["state"] == "warning"


@pytest.mark.full
@pytest.mark.parametrize("count", [60, 200])
def test_many_files_show_progress_on_a_terminal(tmp_path: Path, kubectl: FakeKubectl, count: int) -> None:
    """To the end, and not beyond: one process does it all, however many files there are."""
    for number in range(count):
        text = Path(LLAMA).read_text("utf-8").replace("name: llama", f"name: llama-{number}")
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    files = [f"{number}.yaml" for number in range(count)]
    env = kubectl.holds(*cluster())
    with Terminal(tmp_path, "preflight", *files, env=env, piped=True, columns=60) as terminal:
        for label in ("rendering", "asking the cluster"):
            terminal.wait(f"{label}  [####################################]  100%")
            shares = [int(share) for share in re.findall(rf"{label} .*?(\d+)%", terminal.raw)]
            assert any(40 <= share <= 60 for share in shares), f"half of {label} is half of the bar"
