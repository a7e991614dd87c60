"""`kaito-pack status` as a user runs it: files, stdin, and a kubectl that replays JSON."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml

from kaito_pack.cli._status_table import age, printed
from kaito_pack.status import status_of
from kaito_pack.status.cluster_objects import pick
from kaito_pack.status.reach import engines_of
from tests import work
from tests.command import run_here
from tests.fake_kubectl import FakeKubectl
from tests.strategies import PACK
from tests.tiers import mostly_full

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "status"


def workspace(case, name=None, **changes):
    result = yaml.safe_load((CASES / f"{case}.yaml").read_text(encoding="utf-8"))["workspace"]
    result = copy.deepcopy(result)
    result["metadata"]["name"] = name or result["metadata"]["name"]
    return {**result, **changes}


READY = workspace("05-ready-in-any-order")
LOADING = workspace("14-starting-0.12")
FAILED = workspace("13-ImagePullError")
STATEFULSET = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "chat", "namespace": "llm"},
    "status": {"replicas": 1, "readyReplicas": 0},
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "chat-vllm", "namespace": "llm"}}


def listed(*items):
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def run(*arguments, stdin=None, env=None):
    return run_here("status", *arguments, stdin=stdin or "", env=env)


def answers(*arguments, stdin=None, env=None):
    done = run(*arguments, "-o", "json", stdin=stdin, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def kubectl(tmp_path):
    """Puts a kubectl on the PATH that gives the named answers, the last one again and again."""
    fake = FakeKubectl(tmp_path)

    def replay(kinds, *objects):
        return fake.replays(kinds, *objects)

    replay.calls = fake.calls
    return replay


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(READY),
        json.dumps(listed(READY)),
        yaml.safe_dump(READY),
        yaml.safe_dump(listed(SERVICE, READY)),
        yaml.safe_dump_all([{"kind": "ConfigMap", "apiVersion": "v1"}, READY]),
    ],
    ids=["object", "list", "yaml", "yaml-list", "documents"],
)
def test_every_form_of_stream_is_read(text):
    (answer,) = answers("-", stdin=text)
    assert (answer["name"], answer["namespace"], answer["phase"]) == ("chat", "llm", "Running")
    assert answer["replicas"] == {"desired": 1, "ready": 1}
    assert (answer["modelId"], answer["engine"]) == ("org/model", "vllm")
    assert answer["endpoint"] == "chat-vllm:8000"


def test_a_file_is_read(tmp_path):
    file = tmp_path / "ready.yaml"
    file.write_text(yaml.safe_dump(READY))
    assert answers(str(file))[0]["phase"] == "Running"


def test_ready_replicas_come_from_a_statefulset_in_the_stream():
    assert answers("-", stdin=json.dumps(listed(LOADING)))[0]["replicas"]["ready"] is None
    answer = answers("-", stdin=json.dumps(listed(LOADING, STATEFULSET)))[0]
    assert answer["replicas"] == {"desired": 1, "ready": 0}


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "chat-0", "namespace": "llm", "labels": {"kaito.sh/workspace": "chat"}},
    "status": {
        "phase": "Pending",
        "containerStatuses": [
            {
                "name": "model",
                "image": "registry.example.com/none:1",
                "ready": False,
                "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}},
            }
        ],
    },
}


def test_a_pod_in_the_stream_gives_reason_and_commands_apart():
    answer = answers("-", stdin=json.dumps(listed(LOADING, STATEFULSET, POD)))[0]
    assert answer["phase"] == "Failed"
    assert answer["reason"] == (
        "the image registry.example.com/none:1 of pod chat-0 cannot be pulled (ErrImagePull): not found;"
        " correct the image, or its pull secret"
    )
    assert answer["lookAt"] == ["kubectl -n llm describe pod chat-0"]


@pytest.mark.parametrize("change", [{"namespace": "other"}, {"labels": {"kaito.sh/workspace": "other"}}])
def test_a_pod_of_another_workspace_explains_nothing(change):
    pod = {**POD, "metadata": {**POD["metadata"], **change}}
    assert answers("-", stdin=json.dumps(listed(LOADING, pod)))[0]["phase"] == "Deploying"


def test_a_pod_belongs_to_the_workspace_of_its_statefulset():
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "chat"}
    pod = {**POD, "metadata": {"name": "chat-0", "namespace": "llm", "ownerReferences": [owner]}}
    assert answers("-", stdin=json.dumps(listed(LOADING, pod)))[0]["phase"] == "Failed"


PRINTED = {
    "a table": "NAME   INSTANCE   RESOURCEREADY   AGE\nchat   Standard_A  True   3d\n",
    "our table": "NAMESPACE  NAME  PHASE  READY  AGE  MODEL\nllm  chat  Running  1/1  -  org/model\n",
    "the output of kubectl describe": (
        "Name:         chat\nNamespace:    llm\nLabels:       <none>\nAPI Version:  kaito.sh/v1beta1\n"
        "Kind:         Workspace\nStatus:\n  Conditions:\n    Message: a: b\n"
    ),
    "a list of names": "workspace.kaito.sh/chat\nworkspace.kaito.sh/other\n",
}


@pytest.mark.parametrize("command", ["status", "import"])
@pytest.mark.parametrize("name", PRINTED)
def test_what_kubectl_prints_for_people_is_named(name, command):
    done = run_here(command, "-", stdin=PRINTED[name])
    assert (done.returncode, done.stdout) == (2, "")
    assert f"this is {name.replace('our', 'a')}; use `kubectl get … -o json`" in done.stderr


def test_a_statefulset_of_another_namespace_tells_nothing():
    other = {**STATEFULSET, "metadata": {"name": "chat", "namespace": "other"}}
    assert answers("-", stdin=json.dumps(listed(LOADING, other)))[0]["replicas"]["ready"] is None


def test_a_name_picks_one_workspace():
    stream = json.dumps(listed(READY, workspace("13-ImagePullError", "other")))
    assert [answer["name"] for answer in answers("-", "other", stdin=stream)] == ["other"]


def test_a_name_that_is_not_there_is_a_usage_error():
    done = run("-", "missing", stdin=json.dumps(READY))
    assert (done.returncode, done.stdout) == (2, "")
    assert "`missing`" in done.stderr


def test_a_stream_without_a_workspace_is_a_usage_error():
    assert run("-", stdin=json.dumps(SERVICE)).returncode == 2


def test_an_empty_list_is_an_answer():
    done = run("-", "-o", "json", stdin=json.dumps(listed()))
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_the_table_has_one_line_a_workspace_and_details_below():
    done = run("-", stdin=json.dumps(listed(READY, FAILED)))
    head, ready, failed, empty, reason, command = done.stdout.splitlines()
    assert head.split() == ["NAMESPACE", "NAME", "PHASE", "READY", "AGE", "MODEL"]
    assert "Running" in ready and "1/1" in ready
    assert "Failed" in failed and "?/1" in failed and not empty
    assert reason.startswith("llm/chat: its pod fails (ImagePullError)")
    assert command == "  kubectl -n llm describe pods -l kaito.sh/workspace=chat"
    assert done.returncode == 0


LONG = workspace("14-starting-0.12", "workspace-with-a-rather-long-name-for-a-model")


@pytest.mark.parametrize("width", [72, 80, 120])
def test_the_table_fits_the_terminal(width):
    objects = pick([listed(READY, LONG, FAILED)])
    statuses = [status_of(item) for item in objects.workspaces]
    text = click.unstyle(printed(statuses, "table", objects, engines_of(PACK), width))
    assert max(map(len, text.splitlines())) <= width
    joined = text.replace(" \\\n   ", "")
    assert f"kubectl -n llm describe pods -l kaito.sh/workspace={LONG['metadata']['name']}" in joined
    assert "the nodes are ready and the model is starting" in " ".join(text.split())


def test_wide_differs_from_the_table():
    done = run("-", "-o", "wide", stdin=json.dumps(listed(READY, FAILED)))
    head = done.stdout.splitlines()[0].split()
    assert head[-3:] == ["ENGINE", "ENDPOINT", "REASON"]
    assert "ENGINE" not in run("-", stdin=json.dumps(READY)).stdout


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-03-10T11:59:15Z", "45s"),
        ("2026-03-10T11:00:00Z", "60m"),
        ("2026-03-10T02:00:00+01:00", "11h"),
        ("2026-02-26T12:00:00Z", "12d"),
        ("2027-01-01T00:00:00Z", "0s"),
        ("yesterday", "-"),
        (None, "-"),
    ],
)
def test_an_age_is_as_kubectl_prints_it(created, shown):
    assert age(created, datetime(2026, 3, 10, 12, tzinfo=UTC)) == shown


SIZES = {
    "workspaces": lambda size: [workspace("14-starting-0.12", f"chat-{i}") for i in range(size)],
    "StatefulSets, pods and Services": lambda size: [
        {
            **body,
            "metadata": {
                **body["metadata"],
                "name": f"chat-{i}",
                "labels": {"kaito.sh/workspace": f"chat-{i}"},
            },
        }
        for i in range(size)
        for body in (LOADING, STATEFULSET, POD, SERVICE)
    ],
    "StatefulSets alone": lambda size: [LOADING, *[STATEFULSET] * size],
    "pods of one Workspace": lambda size: [LOADING, *[POD] * size],
    "Services": lambda size: [READY, *[SERVICE] * size],
    "conditions": lambda size: [
        {**LOADING, "status": {"conditions": [{"type": f"A{i}", "status": "False"} for i in range(size)]}}
    ],
    "containers": lambda size: [
        {
            **READY,
            "inference": {"template": {"spec": {"containers": [{"name": f"a{i}"} for i in range(size)]}}},
        }
    ],
}


@pytest.mark.parametrize("form", mostly_full(["table", "wide", "json"], 1))
@pytest.mark.parametrize("name", SIZES)
def test_the_work_grows_with_the_objects(name, form):
    def printing(size):
        values = [listed(*SIZES[name](size))]

        def judge():
            objects = pick(values)
            statuses = [
                status_of(
                    item,
                    objects.workload_of(item),
                    objects.services_beside("llm"),
                    pods=objects.pods_of(item),
                )
                for item in objects.workspaces
            ]
            printed(statuses, form, objects, engines_of(PACK), 100)

        return judge

    work.check_growth(printing, 40)


def test_the_table_never_passes_on_what_a_terminal_would_act_on():
    hostile = workspace("05-ready-in-any-order", "a\x1b[2Jb")
    assert "\x1b" not in run("-", "-o", "wide", stdin=json.dumps(hostile)).stdout


def test_yaml_holds_what_json_holds():
    done = run("-", "-o", "yaml", stdin=json.dumps(FAILED))
    assert yaml.safe_load(done.stdout) == answers("-", stdin=json.dumps(FAILED))


def test_wide_says_how_to_reach_a_model():
    done = run("-", "-o", "wide", stdin=json.dumps(listed(READY, SERVICE)))
    assert "kubectl -n llm port-forward service/chat-vllm 8000:8000" in done.stdout
    assert "curl http://localhost:8000/v1/chat/completions" in done.stdout
    assert '"model": "org/model"' in done.stdout
    assert "http://chat-vllm.llm.svc:8000/v1" in done.stdout
    assert "no Service of the pack" not in done.stdout


def test_wide_says_when_no_service_of_the_pack_is_known():
    assert (
        "no Service of the pack is known to exist" in run("-", "-o", "wide", stdin=json.dumps(READY)).stdout
    )


def llama(count):
    container = {"image": "ghcr.io/kaito-project/aikit/phi4:14b", "args": ["run", "--address=:5000"]}
    inference = {"template": {"spec": {"containers": [container]}}}
    status = {**READY["status"], "targetNodeCount": count, "workerNodes": ["a", "b", "c"][:count]}
    return {**READY, "inference": inference, "status": status}


def test_wide_prefers_the_balancing_service_for_several_llama_cpp_replicas():
    several = run("-", "-o", "wide", stdin=json.dumps(llama(2))).stdout
    assert "service/chat-llamacpp 5000:5000" in several and "balances over the 2 replicas" in several
    assert '"model": "phi-4-14b-instruct"' in several


def test_wide_uses_kaito_s_own_service_for_one_llama_cpp_replica():
    entry = run("-", "-o", "wide", stdin=json.dumps(llama(1))).stdout
    assert "service/chat 8080:80" in entry and "balances over" not in entry


KINDS = ("workspaces", "inferencesets")


def test_kubectl_is_asked_with_the_options_passed_on(kubectl):
    env = kubectl("workspaces", listed(READY))
    assert answers("-n", "llm", "--context", "prod", env=env)[0]["name"] == "chat"
    asked = [["get", kinds, "-o", "json", "-n", "llm", "--context", "prod"] for kinds in KINDS]
    assert kubectl.calls() == asked


def test_all_namespaces_is_passed_on(kubectl):
    answers("-A", env=kubectl("workspaces", listed(READY)))
    assert kubectl.calls() == [["get", kinds, "-o", "json", "-A"] for kinds in KINDS]


def test_an_inference_set_without_replicas_is_a_row_beside_workspaces(kubectl):
    idle = {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "InferenceSet",
        "metadata": {"name": "idle", "namespace": "llm"},
        "spec": {"replicas": 0, "labelSelector": {}, "template": {"inference": READY["inference"]}},
    }
    kubectl("inferencesets", listed(idle))
    env = kubectl("workspaces", listed(READY))
    assert {answer["name"] for answer in answers("-n", "llm", env=env)} == {"idle", "chat"}
    assert [answer["name"] for answer in answers("chat", "-n", "llm", env=env)] == ["chat"]


def test_a_live_statefulset_tells_the_ready_replicas(kubectl):
    kubectl("workspaces", listed(LOADING))
    env = kubectl("statefulsets,deployments,services", listed(STATEFULSET, SERVICE))
    kubectl("pods", listed(POD))
    (answer,) = answers("--statefulset", "-n", "llm", env=env)
    assert answer["replicas"]["ready"] == 0 and "ErrImagePull" in answer["reason"]
    assert kubectl.calls()[-1] == ["get", "pods", "-o", "json", "-l", "kaito.sh/workspace", "-n", "llm"]


def test_ready_replicas_stay_unknown_where_statefulsets_may_not_be_read(kubectl):
    done = run("--statefulset", env=kubectl("workspaces", listed(LOADING)))
    assert done.returncode == 0 and "?/1" in done.stdout
    assert "ready replicas and Services are unknown" in done.stderr
    assert "the causes in pods are unknown" in done.stderr


def test_what_kubectl_complains_of_is_told(kubectl, tmp_path):
    done = run(env=kubectl("workspaces"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "doesn't have a resource type" in done.stderr


def test_a_missing_kubectl_is_told(tmp_path):
    done = run(env={"PATH": str(tmp_path)})
    assert done.returncode == 2 and "kubectl is not in PATH" in done.stderr


def test_a_namespace_that_kubectl_would_take_for_an_option_is_refused(kubectl):
    assert run("-n", "--token=x", env=kubectl("workspaces", listed(READY))).returncode == 2


def test_waiting_ends_when_the_phase_is_reached(kubectl):
    env = kubectl("workspaces", listed(LOADING), listed(LOADING), listed(READY))
    done = run("chat", "--wait-for", "Running", "--timeout", "30s", "--interval", "0.05s", env=env)
    assert done.returncode == 0, done.stderr
    assert len(kubectl.calls()) == 3


def test_waiting_ends_at_the_time_limit(kubectl):
    env = kubectl("workspaces", listed(LOADING))
    done = run("--wait-for", "running", "--timeout", "0.2s", "--interval", "0.05s", env=env)
    assert done.returncode == 1 and "not reached" in done.stderr and "`chat`" in done.stderr


def test_waiting_ends_at_a_failure(kubectl):
    env = kubectl("workspaces", listed(LOADING), listed(READY, FAILED))
    done = run("--wait-for", "Running", "--timeout", "30s", "--interval", "0.05s", env=env)
    assert done.returncode == 1 and "failed" in done.stderr


def test_a_failure_can_be_waited_for(kubectl):
    assert run("--wait-for", "Failed", env=kubectl("workspaces", listed(FAILED))).returncode == 0


def test_waiting_for_a_workspace_that_does_not_exist_yet(kubectl):
    env = kubectl("workspaces", listed(), listed(READY))
    assert run("chat", "--wait-for", "Running", "--interval", "0.05s", env=env).returncode == 0


def test_nothing_at_all_is_not_success(kubectl):
    env = kubectl("workspaces", listed())
    assert run("--wait-for", "Running", "--timeout", "0.1s", env=env).returncode == 1


def test_stdin_is_judged_once():
    done = run("-", "--wait-for", "Running", stdin=json.dumps(LOADING))
    assert done.returncode == 1
    assert run("-", "--watch", stdin=json.dumps(LOADING)).returncode == 2


def test_watching_prints_what_changes(kubectl):
    env = kubectl("workspaces", listed(LOADING), listed(LOADING), listed(READY))
    done = run("--watch", "--wait-for", "Running", "--timeout", "30s", "--interval", "0.05s", env=env)
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("llm ")]
    assert [row[2] for row in rows] == [
        "Deploying",
        "Running",
    ]


@pytest.mark.parametrize("text", ["x", "5x", "m", "1h30", "-5s", ""])
def test_a_wrong_duration_is_a_usage_error(text):
    done = run("-", "--timeout", text, stdin=json.dumps(READY))
    assert done.returncode == 2 and "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "a: [", "kind: Workspace"])
def test_no_stream_gives_a_traceback(text):
    done = run("-", stdin=text)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml"])
def test_no_form_prints_what_a_terminal_would_act_on(form):
    name = "a\x1b[31m\x7f\x85\u202e\n::error::b"
    workspace = {"apiVersion": "kaito.sh/v1beta1", "kind": "Workspace", "metadata": {"name": name}}
    done = run("-", "-o", form, stdin=json.dumps(workspace))
    assert done.returncode == 0, done.stderr
    assert done.stdout.replace("\n", "").isprintable()
    assert not any(line.startswith("::error::") for line in done.stdout.splitlines())
    if form == "yaml":
        assert yaml.safe_load(done.stdout)[0]["name"] == name
