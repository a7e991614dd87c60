"""For any valid values: what is rendered can be imported, and renders to the same bytes again."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.importing import Imported, import_workspace
from kaito_pack.pack import json_schema
from kaito_pack.rendering.manifests import as_yaml
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values import checking as checked_values
from kaito_pack.workspace.inference_sets import workspace_of
from kaito_pack.workspace.workloads import workloads
from tests import strategies, tiers, work
from tests.conftest import Run
from tests.strategies import PACK
from tests.tiers import mostly_full

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [
    file
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource" in file.read_text(encoding="utf-8")
]


def mode_of(example: str) -> str:
    """The mode of an example, by its name."""
    values = yaml.safe_load((ROOT / "values" / f"{example}.yaml").read_text(encoding="utf-8"))
    return str(values["modelSource"])


VALUES = strategies.any_values()
EXTENDED = strategies.extended_values()
RENDERER = Renderer(PACK)
often = tiers.often(200, *HealthCheck, share=20)


def rendered(drawn: dict[str, Any]) -> str:
    return as_yaml(RENDERER.render(checked_values.check([strategies.as_layer(drawn)], PACK)))


def imported(text: str, **supplied: Any) -> Imported:
    return import_workspace(read_text(text, "live.yaml"), PACK, supplied)


def lost(outcome: Imported) -> dict[str, str]:
    return {".".join(map(str, item.path)): item.rule for item in outcome.losses if item.is_error}


def hidden(drawn: dict[str, Any]) -> dict[str, Any]:
    """The values that no manifest of `drawn` shows."""
    names = {"provider"}
    if drawn.get("ggufRunMode") == "build":
        names |= {"modelId", "ggufFile"}
    containers = drawn.get("podTemplate", {}).get("spec", {}).get("containers", [])
    if "imageRef" in drawn or any(item["name"] == "model" and "image" in item for item in containers):
        names.add("premadeModel")
    return {name: drawn[name] for name in names if name in drawn}


def is_silent(drawn: dict[str, Any], name: str) -> bool:
    """Whether the rendering is the same without a value, so that no import can find it."""
    others = {key: value for key, value in drawn.items() if key != name}
    try:
        return rendered(others) == rendered(drawn)
    except ProblemsError:
        return False


def unshown(drawn: dict[str, Any]) -> set[str]:
    """Parts of `monitoring` that show only where there is a PodMonitor."""
    monitoring = drawn.get("monitoring", {})
    return set() if monitoring.get("podMonitor") else {name for name in monitoring if name != "podMonitor"}


def without_defaults(drawn: dict[str, Any]) -> dict[str, Any]:
    """`drawn` in canonical form, without what the schema gives anyway."""
    checked = checked_values.check([strategies.as_layer(drawn)], PACK)
    return _less(checked.filled, checked.given, checked.mode.schema, checked.given)


def _less(filled: Any, given: Any, schema: Any, top: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    rest = {}
    for name, value in given.items():
        part = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict) and "properties" in part and not part.get("x-opaque"):
            # What is right for a part may hang on the whole, so defaults are asked of the whole.
            if nested := _less(filled[name], value, part, top, (*path, name)):
                rest[name] = nested
        elif (not path and name in schema["required"]) or (
            _filled_without(top, (*path, name)) != filled[name]
        ):
            rest[name] = _without_none(filled[name])
    return rest


def _without_none(value: Any) -> Any:
    """A map without the parts that have no default."""
    if not isinstance(value, dict):
        return value
    return {key: _without_none(part) for key, part in value.items() if part is not None}


def _filled_without(top: dict[str, Any], path: tuple[str, ...]) -> Any:
    changed = copy.deepcopy(top)
    owner = changed
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    schema = PACK.mode(top["modelSource"]).schema
    if not json_schema.accepts(schema, changed):
        return None
    filled: Any = json_schema.with_defaults(schema, changed)
    for step in path:
        filled = filled.get(step) if isinstance(filled, dict) else None
    return filled


def check_it_comes_back(drawn: dict[str, Any]) -> None:
    text = rendered(drawn)
    result = imported(text, **hidden(drawn))
    assert result.is_exact, result.losses
    assert rendered(dict(result.values)) == text


@often
@given(drawn=VALUES)
def test_what_is_imported_renders_to_the_same_bytes(drawn: dict[str, Any]) -> None:
    check_it_comes_back(drawn)


@often
@given(drawn=VALUES)
def test_what_is_imported_are_the_values_without_defaults(drawn: dict[str, Any]) -> None:
    outcome = imported(rendered(drawn))
    expected = without_defaults(drawn)
    if unseen := unshown(drawn):
        assert {("monitoring", name) for name in unseen} <= {item.path for item in outcome.losses}
        del expected["monitoring"]
    if expected.get("rollout") != "job" and "rolloutImage" in expected:
        # The image of a job that is not rendered shows nowhere.
        assert ("rolloutImage",) in {item.path for item in outcome.losses}
        del expected["rolloutImage"]
    unheld = set(hidden(drawn))
    assert {item.path[0] for item in outcome.losses} >= unheld
    assert set(lost(outcome)) <= unheld, "nothing else is lost"
    unheld |= {name for name in expected if name not in outcome.values and is_silent(drawn, name)}
    assert dict(outcome.values) == {name: value for name, value in expected.items() if name not in unheld}


@pytest.mark.parametrize(
    "example", mostly_full(EXAMPLES, 2, lambda file: mode_of(file.stem)), ids=lambda file: file.stem
)
def test_every_example_comes_back(example: Path) -> None:
    drawn = yaml.safe_load(example.read_text(encoding="utf-8"))
    check_it_comes_back(drawn)


@often
@given(drawn=EXTENDED)
def test_what_a_team_has_added_comes_back(drawn: dict[str, Any]) -> None:
    check_it_comes_back(drawn)


LIVE = {
    "metadata": {
        "uid": "1",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["workspace.finalizer.kaito.sh"],
        "annotations": {
            "workspace.kaito.io/hash": "a",
            "workspace.kaito.io/revision": "1",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
        },
    },
    "status": {"conditions": []},
}


def manifests(example: str) -> list[dict[str, Any]]:
    drawn = yaml.safe_load((ROOT / "values" / f"{example}.yaml").read_text(encoding="utf-8"))
    bodies = yaml.safe_load_all(rendered(drawn))
    return sorted(bodies, key=lambda body: bool(body["kind"] not in workloads()))


def as_live(workspace: dict[str, Any]) -> dict[str, Any]:
    """The Workspace as a cluster has it after KAITO's controller saw it."""
    live = {**copy.deepcopy(workspace), "status": LIVE["status"]}
    own = live["metadata"].get("annotations", {})
    live["metadata"] |= copy.deepcopy(LIVE["metadata"])
    live["metadata"]["annotations"] |= own
    inference = workspace_of(live)["inference"]
    if "template" in inference:
        inference["template"].setdefault("metadata", {})
    elif "preset" in inference:
        inference["preset"] |= {"accessMode": "public"}
        inference["preset"].setdefault("presetOptions", {})
    return json.loads(json.dumps(live, sort_keys=True))  # type: ignore[no-any-return]


def live_list(bodies: list[dict[str, Any]]) -> str:
    """The List that `kubectl get -o json` prints of a namespace: KAITO's own objects too, all keys sorted."""
    workspace, *others = copy.deepcopy(bodies)
    for number, body in enumerate(others):
        body["metadata"] |= {"uid": f"{number}", "resourceVersion": "1"}
    meta = {"namespace": workspace["metadata"]["namespace"], "uid": "9"}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "name": "inference-params-template"}}
    own["data"] = {"inference_config.yaml": "vllm:\n  max-model-len: 1\n"}
    root = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "name": "kube-root-ca.crt"}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {**meta, "name": "other"}}
    service["spec"] = {"selector": {"kaito.sh/workspace": "other"}, "ports": [{"port": 1}]}
    items = [own, root, service, as_live(workspace), *others]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, sort_keys=True)


@pytest.mark.parametrize("example", mostly_full((file.stem for file in EXAMPLES), 2, mode_of))
def test_what_a_cluster_has_sorted_renders_to_the_same_bytes(example: str) -> None:
    drawn = yaml.safe_load((ROOT / "values" / f"{example}.yaml").read_text(encoding="utf-8"))
    back = imported(live_list(manifests(example)), **hidden(drawn))
    assert not back.reported, "a perfect round trip has nothing to report"
    assert rendered(dict(back.values)) == rendered(drawn)


SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "chat-settings"},
    "data": {"b": "1", "a": "2"},
}
UNSORTED = {
    "name": "chat",
    "modelSource": "vllm",
    "modelId": "microsoft/Phi-4-mini-instruct",
    "labelSelector": {"z": "1", "a": "2"},
    "monitoring": {"podMonitor": True, "labels": {"z": "1", "a": "2"}},
    "podTemplate": {
        "metadata": {"annotations": {"z": "1", "a": "2"}},
        "spec": {
            "tolerations": [{"operator": "Exists", "key": "a", "effect": "NoSchedule"}],
            "volumes": [{"configMap": {"name": "chat-settings"}, "name": "settings"}],
            "containers": [
                {
                    "env": [{"value": "1", "name": "B"}, {"value": "2", "name": "A"}],
                    "name": "model",
                    "volumeMounts": [{"mountPath": "/settings", "name": "settings"}],
                }
            ],
        },
    },
    "extraObjects": [SETTINGS],
}


def test_keys_in_any_order_render_and_come_back_as_the_same_bytes() -> None:
    text = rendered(UNSORTED)
    assert rendered(json.loads(json.dumps(UNSORTED, sort_keys=True))) == text
    workspace, *others = sorted(yaml.safe_load_all(text), key=lambda body: bool(body["kind"] != "Workspace"))
    back = imported(live_list([workspace, *others]))
    assert not back.reported and rendered(dict(back.values)) == text


def test_the_config_map_that_the_workspace_names_is_the_one_that_is_read() -> None:
    drawn = {
        "name": "a",
        "modelSource": "preset",
        "preset": "phi-4-mini-instruct",
        "vllm": {"max-model-len": 8},
    }
    workspace, config, *others = sorted(
        yaml.safe_load_all(rendered(drawn)), key=lambda body: ["Workspace", "ConfigMap"].index(body["kind"])
    )
    back = imported(live_list([workspace, config, *others]))
    assert back.is_exact and back.values["vllm"] == {"max-model-len": 8}


def test_an_object_of_a_cluster_that_nothing_names_is_reported() -> None:
    workspace, *others = manifests("llama")
    loose = copy.deepcopy(SETTINGS)
    loose["metadata"]["namespace"] = workspace["metadata"]["namespace"]  # type: ignore[index]
    outcome = imported(live_list([workspace, *others, loose]))
    (reported,) = outcome.reported
    assert outcome.is_exact and reported.rule == "values/import-object-skipped"
    assert "ConfigMap chat-settings" in reported.message


def test_the_content_of_a_secret_comes_into_no_values_file() -> None:
    workspace, *others = manifests("llama")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hf-token"},
        "data": {"HF_TOKEN": "bm8="},
    }
    secret["metadata"]["namespace"] = workspace["metadata"]["namespace"]  # type: ignore[index]
    outcome = imported(live_list([workspace, *others, secret]))
    assert "bm8=" not in str(outcome) and "extraObjects" not in outcome.values


def foreign(**container: Any) -> str:
    workspace = manifests("llama")[0]
    del workspace["metadata"]["labels"]
    workspace["inference"]["template"]["spec"]["containers"] = [{"name": "server", **container}]
    return to_yaml(workspace)


@pytest.mark.parametrize(
    "container",
    [
        {
            "image": "registry.example.com/llm:1",
            "command": ["accelerate"],
            "args": ["launch", "inference_api.py"],
        },
        {"image": "lmsysorg/sglang:v0.4", "command": ["python3", "-m", "sglang.launch_server"]},
        {"image": "ghcr.io/huggingface/text-generation-inference:3.0", "args": ["--model-id", "org/model"]},
        {"image": "registry.example.com/llm:1"},
        {},
    ],
)
def test_a_server_that_no_mode_runs_is_named_and_nothing_is_guessed(
    container: dict[str, Any], run: Run
) -> None:
    done = run("import", "-", stdin=foreign(**container))
    values = yaml.safe_load(done.stdout)
    assert done.returncode == 1 and "values/import-foreign-server" in done.stderr
    assert set(values) <= {"name", "namespace", "labelSelector", "replicas", "instanceType", "preferredNodes"}
    assert values["name"] == "llama"


def test_a_mode_that_the_user_chooses_is_taken_for_any_server() -> None:
    outcome = imported(foreign(image="registry.example.com/llm:1"), modelSource="vllm", modelId="org/model")
    assert (
        outcome.values["modelSource"] == "vllm" and outcome.values["imageRef"] == "registry.example.com/llm:1"
    )


def test_a_pod_template_is_never_imported_as_a_preset(run: Run) -> None:
    workspace = manifests("llama")[0]
    spec = workspace["inference"]["template"]["spec"]
    del spec["volumes"], spec["containers"][0]["volumeMounts"]
    outcome = imported(to_yaml(workspace))
    assert outcome.values["modelSource"] == "vllm"
    rejected = next(loss for loss in outcome.losses if loss.rule == "values/import-rejected")
    assert "values/mount-missing" in rejected.message and "/dev/shm" in rejected.message
    again = run("-", stdin=to_yaml(dict(outcome.values)))
    assert again.returncode == 0, "the rest of the values renders, and is accepted"
    forced = run("import", "-", "--set", "modelSource=preset", stdin=to_yaml(workspace))
    assert (forced.returncode, forced.stdout) == (2, "")


def test_a_perfect_round_trip_prints_nothing_but_values(run: Run) -> None:
    done = run("import", "-", stdin=to_yaml_stream(manifests("llama")))
    assert (done.returncode, done.stderr) == (0, "")
    assert "#" not in done.stdout


def grown(size: int, kind: str) -> list[dict[str, Any]]:
    """The manifests of an example with `size` more entries in one of their lists."""
    bodies = manifests("llama")
    spec = bodies[0]["inference"]["template"]["spec"]
    container = spec["containers"][0]
    namespace = bodies[0]["metadata"]["namespace"]
    extra = {
        "env": (container, [{"name": f"A{i}", "value": str(i)} for i in range(size)]),
        "args": (container, [f"--a{i}" for i in range(size)]),
        "containers": (spec, [{"name": f"a{i}", "image": "a", "resources": {}} for i in range(size)]),
        "volumes": (spec, [{"name": f"a{i}", "emptyDir": {}} for i in range(size)]),
        "tolerations": (spec, [{"key": f"a{i}", "operator": "Exists"} for i in range(size)]),
    }
    if kind in extra:
        owner, entries = extra[kind]
        owner[kind] = [*owner.get(kind, []), *entries]
    elif kind == "labels":
        bodies[0]["metadata"]["labels"] |= {f"a{i}": "1" for i in range(size)}
    else:
        meta = {"namespace": namespace} | ({"uid": "1"} if kind == "live objects" else {})
        bodies += [{**SETTINGS, "metadata": {"name": f"a{i}", **meta}} for i in range(size)]
    return bodies


KINDS = ["env", "objects"]
FURTHER_KINDS = ["args", "containers", "volumes", "tolerations", "labels", "live objects"]


@pytest.mark.parametrize(
    "kind", [*KINDS, *(pytest.param(kind, marks=pytest.mark.full) for kind in FURTHER_KINDS)]
)
def test_the_work_grows_with_the_lists(kind: str) -> None:
    def importing(size: int) -> Any:
        text = to_yaml_stream(grown(size, kind))
        return lambda: imported(text)

    work.check_added(importing, 25)


def test_an_entry_more_costs_little() -> None:
    texts = [to_yaml_stream(grown(size, "env")) for size in (10, 40)]
    few, many = (work.calls(lambda text=text: imported(text)) for text in texts)  # type: ignore[misc]
    assert (many - few) / 30 < 4500, "calls an entry: some passes through templates, merge and comparison"


@pytest.mark.parametrize("example", mostly_full((file.stem for file in EXAMPLES), 2, mode_of))
def test_what_a_cluster_adds_is_no_loss(example: str) -> None:
    workspace, *others = manifests(example)
    live = imported(json.dumps({"kind": "List", "items": [as_live(workspace), *others]}))
    written = imported(to_yaml_stream([workspace, *others]))
    assert (live.values, lost(live)) == (written.values, lost(written))


def to_yaml_stream(bodies: list[dict[str, Any]]) -> str:
    return "---\n".join(map(to_yaml, bodies))


def test_services_of_a_cluster_have_more_than_was_applied() -> None:
    workspace, service = manifests("llama")
    service["metadata"]["uid"] = "2"
    service["spec"] |= {"clusterIP": "10.0.0.1", "sessionAffinity": "None"}
    service["status"] = {"loadBalancer": {}}
    own = {**copy.deepcopy(service), "metadata": {"name": workspace["metadata"]["name"], "uid": "3"}}
    own["metadata"]["ownerReferences"] = [{"kind": "Workspace", "name": "workspace-llama"}]
    stream = {"kind": "List", "items": [as_live(workspace), service, own]}
    assert imported(json.dumps(stream)).is_exact


def test_a_service_changed_by_hand_is_a_loss() -> None:
    workspace, service = manifests("llama")
    service["spec"]["ports"][0]["port"] = 80
    assert lost(imported(to_yaml_stream([workspace, service]))) == {
        "spec.ports.0.port": "values/import-differs"
    }


def test_without_its_services_a_workspace_is_still_exact() -> None:
    assert imported(to_yaml(manifests("llama")[0])).is_exact


def test_labels_added_by_hand_are_a_loss_by_path() -> None:
    workspace = manifests("llama")[0]
    workspace["metadata"]["labels"]["team"] = "a"
    assert lost(imported(to_yaml(workspace))) == {"metadata.labels.team": "values/import-lost"}


def test_another_probe_goes_into_the_pod_template() -> None:
    workspace = manifests("llama")[0]
    workspace["inference"]["template"]["spec"]["containers"][0]["readinessProbe"]["periodSeconds"] = 7
    outcome = imported(to_yaml(workspace))
    (container,) = outcome.values["podTemplate"]["spec"]["containers"]
    assert container == {"name": "model", "readinessProbe": {"periodSeconds": 7}} and outcome.is_exact


def test_quantities_by_hand_are_read_as_kubernetes_prints_them() -> None:
    workspace = manifests("llama")[0]
    requests = workspace["inference"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    requests["memory"] = "32768Mi"
    requests["nvidia.com/gpu"] = 2
    outcome = imported(to_yaml(workspace))
    assert outcome.is_exact and outcome.values["resources"]["memory"] == "32Gi"


def test_a_file_of_the_hub_is_unquoted() -> None:
    drawn = yaml.safe_load((ROOT / "values" / "qwen-gguf-cpu.yaml").read_text(encoding="utf-8"))
    drawn["ggufFile"] = "a b/ü#1%.gguf"
    assert imported(rendered(drawn)).values["ggufFile"] == drawn["ggufFile"]


def test_another_revision_of_a_gguf_file_is_not_lost_silently() -> None:
    workspace = manifests("qwen-gguf-cpu")[0]
    args = workspace["inference"]["template"]["spec"]["containers"][0]["args"]
    args[0] = args[0].replace("/main/", "/v2/")
    outcome = imported(to_yaml(workspace))
    assert outcome.values["modelId"] == "Qwen/Qwen2.5-1.5B-Instruct-GGUF"
    assert not outcome.is_exact or "podTemplate" in outcome.values
    if outcome.is_exact:
        assert args[0] in rendered(dict(outcome.values))


def test_a_quantized_model_comes_back_with_the_value_that_allows_it() -> None:
    drawn = {"name": "a", "modelSource": "vllm", "modelId": "openai/gpt-oss-20b", "quantization": "allow"}
    outcome = imported(rendered(drawn))

    assert outcome.is_exact
    assert outcome.values["quantization"] == "allow"


def test_a_token_in_a_manifest_comes_into_no_values_file() -> None:
    workspace = manifests("llama")[0]
    token = "hf_" + "a1B2c3D4e5F6"
    container = workspace["inference"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "TOKEN", "value": token})
    outcome = imported(to_yaml(workspace))
    assert token not in str(outcome) and not outcome.is_exact


def test_a_hand_written_workspace_is_read_as_far_as_values_go(facts: Path) -> None:
    text = (facts / "examples" / "custom-model-deployment.yaml").read_text(encoding="utf-8")
    outcome = imported(text)
    assert outcome.values["name"] == "custom-llm"
    assert outcome.values["instanceType"] == "Standard_NC24ads_A100_v4"
    assert set(lost(outcome).values()) == {"values/import-foreign-server"}
    assert "modelSource" not in outcome.values


def test_every_recorded_workspace_can_be_asked(facts: Path) -> None:
    files = [*(facts / "live").glob("*.json"), *(facts / "live").glob("*.yaml")]
    read = 0
    for file in files:
        bodies = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        if sum(isinstance(body, dict) and body.get("kind") == "Workspace" for body in bodies) == 1:
            assert imported(file.read_text(encoding="utf-8")).values["modelSource"], file.name
            read += 1
    assert read > 10


WRONG = {
    "kind: Service\napiVersion: v1\n": (2, "no Workspace found, but `Service`"),
    "apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {name: a}\ntuning: {preset: {name: phi-3}}\n": (
        1,
        "tunes a model",
    ),
    "apiVersion: kaito.sh/v1beta1\nkind: WorkspaceList\nitems: []\n": (2, "no Workspace found"),
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_input_is_told_in_clear_words(text: str, run: Run) -> None:
    code, words = WRONG[text]
    done = run("import", "-", stdin=text)
    assert (done.returncode, done.stdout) == (code, "") and words in done.stderr


def test_of_several_workspaces_one_is_chosen_by_name(run: Run) -> None:
    stream = to_yaml_stream([*manifests("llama"), *manifests("phi-small")])
    done = run("import", "-", stdin=stream)
    assert done.returncode == 2
    assert "`kaito-workspace/workspace-llama`" in done.stderr and "--name" in done.stderr
    chosen = run("import", "-", "--name", "workspace-llama", stdin=stream)
    assert chosen.returncode == 0 and yaml.safe_load(chosen.stdout)["name"] == "llama"


def test_flags_supply_what_the_manifest_does_not_hold(run: Run) -> None:
    stream = to_yaml_stream(manifests("qwen-gguf-built"))
    assert run("import", "-", stdin=stream).returncode == 1
    flags = ["--model-id", "a/b", "--gguf-file", "c.gguf", "--set", "provider=kaito"]
    done = run("import", "-", *flags, stdin=stream)
    assert done.returncode == 0 and "import-not-held" not in done.stderr
    values = yaml.safe_load(done.stdout)
    assert (values["modelId"], values["ggufFile"], values["provider"]) == ("a/b", "c.gguf", "kaito")


def test_losses_stand_on_stderr_and_in_comments(run: Run) -> None:
    workspace = manifests("llama")[0]
    workspace["metadata"]["labels"]["team"] = "a"
    done = run("import", "-", stdin=to_yaml(workspace))
    assert done.returncode == 1
    assert "metadata.labels.team" in done.stderr
    assert "# - metadata.labels.team: no value renders `a`." in done.stdout


@pytest.mark.parametrize(
    "inference",
    [
        None,
        [],
        {},
        {"template": []},
        {"template": {"spec": {"containers": [1, {"args": {}}]}}},
        {"preset": 1},
    ],
)
@pytest.mark.parametrize("metadata", [None, [], {"name": 1}, {"name": "x" * 80, "labels": []}])
def test_no_workspace_gives_a_traceback(inference: Any, metadata: Any) -> None:
    body = {"apiVersion": "kaito.sh/v1beta1", "kind": "Workspace", "resource": [], "inference": inference}
    outcome = imported(json.dumps({**body, "metadata": metadata}))
    assert not outcome.is_exact


ECHO = {
    "templates/echo/mode.yaml": """\
title: Echo
description: Echoes.
engine: echo
port: 9000
metrics: {path: /metrics, port: 9000, keyMetrics: []}
import:
  container.env[name=GREETING].value: Say <greeting>
  container.readinessProbe.initialDelaySeconds: <warmUpMinutes * 60>
""",
    "templates/echo/workspace.yaml.j2": """\
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata:
  name: {{ "workspace-" ~ name }}
  namespace: {{ namespace }}
  labels:
    {% filter indent(4, true) %}
    {% include "_partials/labels.yaml.j2" %}
    {% endfilter %}
{% include "_partials/resource.yaml.j2" %}
inference:
  template:
    spec:
      containers:
        - name: model
          image: {{ imageRef or "registry.example.com/echo:1" }}
          env:
            - name: GREETING
              value: {{ "Say " ~ greeting }}
          resources: {}
          readinessProbe:
            tcpSocket:
              port: {{ mode.port }}
            initialDelaySeconds: {{ warmUpMinutes * 60 }}
""",
    "schemas/values/echo.schema.json": json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "common.schema.json",
            "required": ["greeting"],
            "properties": {
                "modelSource": {"const": "echo"},
                "computeType": {"default": "cpu"},
                "greeting": {"type": "string", "examples": ["hello"]},
                "warmUpMinutes": {"type": "integer", "minimum": 1, "default": 1},
            },
            "unevaluatedProperties": False,
        }
    ),
}


def test_a_mode_of_ones_own_is_imported_by_its_import_section_alone(run: Run, tmp_path: Path) -> None:
    for name, text in ECHO.items():
        file = tmp_path / "pack" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    drawn = {"name": "a", "modelSource": "echo", "greeting": "x: y", "warmUpMinutes": 3, "replicas": 2}
    text = run("-", "--pack", tmp_path / "pack", stdin=to_yaml(drawn))
    assert text.returncode == 0, text.stderr
    done = run("import", "-", "--pack", tmp_path / "pack", stdin=text.stdout)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == drawn


def test_the_schema_of_a_pack_says_which_values_import_asks_for(run: Run, tmp_path: Path) -> None:
    """`x-import` is the help of an option; the template of this mode shows the value nowhere."""
    schema = json.loads(ECHO["schemas/values/echo.schema.json"])
    schema["properties"]["teamName"] = {"type": "string", "x-import": "The team, which no manifest holds."}
    for name, text in (ECHO | {"schemas/values/echo.schema.json": json.dumps(schema)}).items():
        file = tmp_path / "pack" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    pack = ("--pack", tmp_path / "pack")
    words = " ".join(run("import", "--help", *pack).stdout.split())
    assert "--team-name TEXT The team, which no manifest holds." in words
    assert "--team-name" not in run("import", "--help").stdout
    drawn = {"name": "a", "modelSource": "echo", "greeting": "hi", "teamName": "blue"}
    text = run("-", *pack, stdin=to_yaml(drawn)).stdout
    assert "teamName" not in yaml.safe_load(run("import", "-", *pack, stdin=text).stdout)
    assert yaml.safe_load(run("import", "-", *pack, "--team-name", "blue", stdin=text).stdout) == drawn


def test_pack_check_finds_an_import_section_that_reads_no_value(run: Run, tmp_path: Path) -> None:
    spoiled = ECHO["templates/echo/mode.yaml"].replace("<greeting>", "<greting>")
    for name, text in (ECHO | {"templates/echo/mode.yaml": spoiled}).items():
        file = tmp_path / "pack" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = run("pack", "check", tmp_path / "pack")
    assert done.returncode == 1 and "import reads greting" in done.stdout


HUB = """\
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: {name: qwen, namespace: team-a}
resource:
  labelSelector: {matchLabels: {kubernetes.io/os: linux}}
inference:
  template:
    spec:
      containers:
        - name: llama
          image: ghcr.io/kaito-project/aikit/runners/llama-cpp-cpu:latest
          args: ["huggingface://unsloth/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf", "--address=:5000"]
          resources: {requests: {cpu: 4, memory: 4096Mi}}
"""
SERVE = """\
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: {name: workspace-mistral, namespace: kaito-workspace}
resource: {instanceType: Standard_NC24ads_A100_v4, labelSelector: {matchLabels: {apps: mistral}}}
inference:
  template:
    spec:
      containers:
        - name: model
          image: vllm/vllm-openai:v0.12.0
          command: [vllm, serve]
          args: [mistralai/Mistral-7B-Instruct-v0.3, --max-model-len=4096, --port, "8000"]
          resources: {limits: {nvidia.com/gpu: 1}}
          volumeMounts: [{name: dshm, mountPath: /dev/shm}]
      volumes: [{name: dshm, emptyDir: {medium: Memory}}]
"""


@pytest.mark.parametrize(
    ("text", "mode", "model"),
    [
        (HUB, "huggingface", "unsloth/Qwen3-4B-GGUF"),
        (SERVE, "vllm", "mistralai/Mistral-7B-Instruct-v0.3"),
    ],
)
@pytest.mark.usefixtures("four_modes")
def test_the_mode_of_a_hand_written_workspace_is_the_nearest(text: str, mode: str, model: str) -> None:
    outcome = imported(text)
    assert (outcome.values["modelSource"], outcome.values["modelId"]) == (mode, model)
    again = yaml.safe_load(rendered(dict(outcome.values)).split("---")[0])["inference"]["template"]["spec"]
    meant = yaml.safe_load(text)["inference"]["template"]["spec"]["containers"][0]
    assert again["containers"][0]["args"] == meant["args"], "what runs is what ran"


def test_a_pod_monitor_of_somebody_else_is_a_further_object() -> None:
    workspace, service = manifests("llama")
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "all", "namespace": "kaito-workspace", "labels": {"team": "a"}},
        "spec": {"selector": {}, "podMetricsEndpoints": [{"targetPort": 9000, "interval": "1m"}]},
    }
    outcome = imported(to_yaml_stream([workspace, service, monitor]))
    assert outcome.is_exact and "monitoring" not in outcome.values
    assert [item["kind"] for item in outcome.values["extraObjects"]] == ["PodMonitor"]


def test_of_a_cluster_the_workspace_alone_tells_of_the_rollout_job() -> None:
    workspace, service, *_ = manifests("vllm-rollout")
    service["metadata"]["uid"] = "2"
    outcome = imported(json.dumps({"kind": "List", "items": [as_live(workspace), service]}))
    assert outcome.is_exact and outcome.values["rollout"] == "job" and "podTemplate" not in outcome.values


def test_a_pod_template_beside_the_rollout_job_holds_no_hash() -> None:
    drawn = yaml.safe_load((ROOT / "values" / "vllm-rollout.yaml").read_text(encoding="utf-8"))
    drawn["podTemplate"] = {"spec": {"terminationGracePeriodSeconds": 7}}
    outcome = imported(rendered(drawn))
    assert outcome.is_exact and outcome.values["podTemplate"] == drawn["podTemplate"]
    assert rendered(dict(outcome.values)) == rendered(drawn)


def test_a_null_container_is_no_traceback(run: Run) -> None:
    manifest = yaml.safe_load(foreign(image="registry.example.com/llm:1"))
    manifest["inference"]["template"]["spec"]["containers"] = [None]
    done = run("import", "-", stdin=yaml.safe_dump(manifest))
    assert done.returncode == 1 and "Traceback" not in done.stderr
