"""Argo CD's and Flux's health checks give the answers of `status`, on the same cases."""

import json
import shutil
import subprocess

import pytest
import yaml

from scripts import health_checks
from tests import golden, status_cases
from tests.conftest import ROOT, missing

HERE = ROOT / "tests" / "integrations"
ARGO = ROOT / "integrations" / "argocd"
FLUX = ROOT / "integrations" / "flux" / "kustomization.yaml"
FLUXCEL = ROOT / ".tools" / "bin" / "fluxcel"


CASES = [*status_cases.own_cases(), *status_cases.facts_cases()]
HEALTH = {"Running": "Healthy", "Failed": "Degraded", "Unknown": "Unknown"}
FLUX_STATUS = {"Running": "Current", "Failed": "Failed"}


def needs(tool):
    """The tool's path; a skip where it is missing, unless REQUIRE_TOOLS=1 makes that a failure."""
    return shutil.which(str(tool)) or missing(tool)


def lua_value(value):
    """A JSON value as Lua, null left out as Argo CD's decoder does."""
    if isinstance(value, dict):
        items = (f"[{lua_value(key)}]={lua_value(item)}" for key, item in value.items() if item is not None)
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "{" + ",".join(lua_value(item) for item in value) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    return json.dumps(value)


def argo(workspaces, folder, check=ARGO / "health.lua", libraries="closed"):
    """Health and message of each Workspace, by the Lua that Argo CD would run."""
    lua = needs("lua5.1")
    objects = folder / "objects.lua"
    objects.write_text("return {\n" + ",\n".join(map(lua_value, workspaces)) + "}\n")
    command = [lua, str(HERE / "sandbox.lua"), str(check), str(objects), libraries]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def flux(workspaces):
    """The status of each Workspace by Flux's own evaluator."""
    tool = needs(FLUXCEL)
    done = subprocess.run(
        [tool, str(FLUX)],
        input=json.dumps(workspaces),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def wrong(cases, answers, right):
    return {
        c.name: (result, right(c)) for c, result in zip(cases, answers, strict=True) if result != right(c)
    }


@pytest.mark.parametrize("libraries", ["closed", "open"])
def test_argo_cd_gives_the_answers_of_status(tmp_path, libraries):
    result = [health for health, _ in argo([case.workspace for case in CASES], tmp_path, libraries=libraries)]
    assert not wrong(CASES, result, lambda case: case.health or HEALTH.get(case.phase, "Progressing"))


def test_argo_cd_s_message_names_the_phase_and_the_reason(tmp_path):
    cases = [case for case in CASES if not case.pods]  # a health check sees no pods
    result = argo([case.workspace for case in cases], tmp_path)
    for case, (_, message) in zip(cases, result, strict=True):
        assert message.startswith(f"{case.phase}: ")
        assert case.phase == "Running" or any(w.lower() in message.lower() for w in case.reason_has or [""])


def test_the_config_map_carries_the_same_lua(tmp_path):
    config = yaml.safe_load((ARGO / "argocd-cm.yaml").read_text(encoding="utf-8"))
    files = {"Workspace": "health.lua", "InferenceSet": "health-inference-set.lua"}
    assert config["data"] == {
        f"resource.customizations.health.kaito.sh_{kind}": (ARGO / name).read_text(encoding="utf-8")
        for kind, name in files.items()
    }


STATUS = {"managedFields": [{"subresource": "status"}]}
SETS = {
    "ready": ({"replicas": 2}, {"readyReplicas": 2}, "Healthy", "Current"),
    "one of two": ({"replicas": 2}, {"readyReplicas": 1}, "Progressing", "InProgress"),
    "no number": ({}, {"readyReplicas": 1}, "Healthy", "Current"),
    "none ready": ({"replicas": 1}, {"replicas": 1}, "Progressing", "InProgress"),
    "scaled to zero": ({"replicas": 0}, {"replicas": 0}, "Healthy", "Current"),
}


def inference_set(spec, status, **metadata):
    body = {"apiVersion": "kaito.sh/v1beta1", "kind": "InferenceSet", "metadata": {"name": "a", **metadata}}
    return {**body, "spec": spec, "status": status}


@pytest.mark.parametrize("libraries", ["closed", "open"])
def test_argo_cd_counts_the_replicas_of_an_inference_set(tmp_path, libraries):
    bodies = [inference_set(spec, status) for spec, status, _, _ in SETS.values()]
    answers = argo(bodies, tmp_path, ARGO / "health-inference-set.lua", libraries)
    assert [health for health, _ in answers] == [health for _, _, health, _ in SETS.values()]
    assert answers[1][1] == "Deploying: 1 of 2 replicas are ready"


def test_argo_cd_shows_why_an_inference_set_is_not_ready(tmp_path):
    failing = {"conditions": [{"type": "a", "status": "False", "message": "no node"}]}
    bodies = [inference_set({}, failing), inference_set({}, {}, deletionTimestamp="x"), {"status": 1}]
    answers = argo(bodies, tmp_path, ARGO / "health-inference-set.lua")
    assert [health for health, _ in answers] == ["Progressing"] * 3
    assert answers[0][1].endswith(": no node") and answers[1][1].startswith("Terminating: ")


def test_flux_counts_the_replicas_of_an_inference_set():
    bodies = [inference_set(spec, status, **STATUS) for spec, status, _, _ in SETS.values()]
    bodies.append(inference_set({}, {}, managedFields=[]))
    bodies.append(inference_set({}, {"readyReplicas": 1}, deletionTimestamp="2026-01-01T00:00:00Z", **STATUS))
    expected = [*(flux for _, _, _, flux in SETS.values()), "InProgress", "InProgress"]
    assert [answer.get("status") for answer in flux(bodies)] == expected


@pytest.mark.parametrize(
    "workspace",
    [
        {},
        {"status": {}},
        {"status": {"conditions": [{}, 1, {"type": 1}], "workerNodes": 1}},
        {"inference": {}},
    ],
)
def test_argo_cd_s_check_ends_well_on_any_shape(tmp_path, workspace):
    assert argo([workspace], tmp_path)[0][0] in {"Progressing", "Unknown"}


def test_argo_cd_s_check_reads_bytes_beyond_ascii(tmp_path):
    case = next(case for case in CASES if case.name == "07-refused-by-quota")
    text = json.dumps(case.workspace).replace("Inference workload", "\\u00fc\\u4e2d Inference workload")
    assert argo([json.loads(text)], tmp_path)[0][0] == "Degraded"


def test_flux_gives_the_answers_of_status():
    result = [answer.get("status") for answer in flux([case.workspace for case in CASES])]

    def right(case):
        return case.flux or FLUX_STATUS.get(case.phase, "InProgress")

    assert not wrong(CASES, result, right)


def without_status(**metadata):
    named = {"name": "chat", "namespace": "llm", **metadata}
    return {"apiVersion": "kaito.sh/v1beta1", "kind": "Workspace", "metadata": named, "inference": {}}


FINALIZER = ["workspace.finalizer.kaito.sh"]
SPEC_MANAGER = {"manager": "kubectl", "operation": "Apply"}


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"finalizers": ["foregroundDeletion"]},
        {"finalizers": FINALIZER, "managedFields": [SPEC_MANAGER]},
        {"finalizers": FINALIZER, "deletionTimestamp": "2026-01-01T00:00:00Z"},
    ],
)
def test_flux_waits_for_an_object_without_status(metadata):
    assert flux([without_status(**metadata)]) == [{"status": "InProgress"}]


def test_flux_cannot_judge_a_missing_status_without_any_other_sign():
    (answer,) = flux([without_status(finalizers=FINALIZER)])
    assert "no such attribute" in answer["error"]


def test_the_health_checks_are_made_from_the_table():
    for file, text in health_checks.outputs():
        golden.check(file, text)
