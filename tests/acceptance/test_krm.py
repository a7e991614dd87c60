"""`kaito-pack krm`: a ResourceList in, one with the manifests out."""

from __future__ import annotations

import json

import pytest
import yaml

VALUES = {"name": "phi", "modelSource": "vllm", "modelId": "microsoft/Phi-4-mini-instruct"}
CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a"},
    "data": {"x": "no", "y": "1e3"},
}
PATH = "config.kubernetes.io/path"
ANNOTATIONS = (PATH, "config.kubernetes.io/index")


def config(values, **others):
    return {
        "apiVersion": "pack.kubefoundry.io/v1",
        "kind": "Values",
        "metadata": {"name": "phi", "annotations": {"config.kubernetes.io/path": "models/phi.yaml"}},
        "spec": values,
        **others,
    }


def resource_list(function_config, *items):
    return {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": list(items),
        "functionConfig": function_config,
    }


def answered(run, whole, *arguments):
    done = run("krm", *arguments, stdin=json.dumps(whole))
    return done, yaml.safe_load(done.stdout) if done.stdout else None


def without_annotations(item):
    metadata = dict(item["metadata"])
    annotations = {
        key: value for key, value in metadata.pop("annotations", {}).items() if key not in ANNOTATIONS
    }
    return {**item, "metadata": metadata | ({"annotations": annotations} if annotations else {})}


def rendered(run, values, *arguments):
    done = run("-", *arguments, stdin=json.dumps(values))
    return list(yaml.safe_load_all(done.stdout))


def test_the_manifests_that_render_prints_follow_the_items(run):
    done, out = answered(run, resource_list(config(VALUES), CONFIG_MAP))
    assert (done.returncode, done.stderr) == (0, "")
    assert out["items"][0] == CONFIG_MAP
    assert [without_annotations(item) for item in out["items"][1:]] == rendered(run, VALUES)
    assert "results" not in out
    assert out["functionConfig"] == config(VALUES)


def test_items_are_annotated_with_their_file_in_the_output_tree(run):
    _, out = answered(run, resource_list(config(VALUES)))
    result = [[item["metadata"]["annotations"][name] for name in ANNOTATIONS] for item in out["items"]]
    assert result == [
        ["kaito-workspace/workspace-phi.yaml", "0"],
        ["kaito-workspace/workspace-phi.yaml", "1"],
    ]


def test_a_second_run_over_its_own_output_changes_nothing_but_what_the_values_change(run):
    _, first = answered(run, resource_list(config(VALUES)))
    changed = {**VALUES, "replicas": 3}
    _, second = answered(run, resource_list(config(changed), *first["items"]))
    assert [without_annotations(item) for item in second["items"]] == rendered(run, changed)


def test_an_object_of_somebody_else_with_the_same_name_is_never_replaced(run):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "workspace-phi-vllm"}, "spec": {}}
    service["metadata"]["namespace"] = "kaito-workspace"
    done, out = answered(run, resource_list(config(VALUES), service))
    assert done.returncode == 1
    assert out["items"] == [service]
    assert out["results"][0]["tags"] == {"rule": "values/object-taken"}


def test_wrong_values_give_results_and_exit_code_1_and_leave_the_items_alone(run):
    done, out = answered(run, resource_list(config({**VALUES, "replcas": 2}), CONFIG_MAP))
    assert done.returncode == 1
    assert out["items"] == [CONFIG_MAP]
    assert out["results"] == [
        {
            "message": "unknown value. Did you mean `replicas`?",
            "severity": "error",
            "tags": {"rule": "values/unknown-field"},
            "resourceRef": {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Values", "name": "phi"},
            "file": {"path": "models/phi.yaml"},
            "field": {"path": "spec.replcas"},
        }
    ]
    assert done.stderr == (
        "Values phi spec.replcas: unknown value. Did you mean `replicas`? [values/unknown-field]\n"
    )


def test_a_problem_of_the_manifest_names_the_field_of_the_values_that_caused_it(run):
    done, out = answered(
        run,
        resource_list(config({**VALUES, "instanceType": "Standard_NC24ads_A100_v4"})),
        *("--node-provisioning", "byo"),
    )
    assert done.returncode == 1
    assert {row["field"]["path"] for row in out["results"] if row["severity"] == "error"} == {
        "spec.instanceType"
    }


def test_layers_and_settings_lie_over_the_values(run):
    _, out = answered(run, resource_list(config(VALUES)), "--set", "replicas=4")
    assert out["items"][0]["resource"]["count"] == 4


def test_the_target_is_what_the_arguments_say(run):
    values = {**VALUES, "preferredNodes": ["a"]}
    _, out = answered(run, resource_list(config(values)), "--kaito-version", "0.7")
    assert "results" not in out
    done, _ = answered(run, resource_list(config(VALUES)), "--kaito-version", "0.7")
    assert done.returncode == 1


@pytest.mark.parametrize(
    "function_config",
    [
        None,
        "values",
        {"apiVersion": "v1", "kind": "ConfigMap"},
        {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Target"},
        {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Values"},
        {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Values", "spec": [], "metadata": []},
        {
            "apiVersion": "pack.kubefoundry.io/v1",
            "kind": "Values",
            "spec": {},
            "metadata": {"annotations": 1},
        },
        {"apiVersion": ["pack"], "kind": {"Values": 1}},
    ],
)
def test_any_other_function_config_is_explained(run, function_config):
    done, out = answered(run, resource_list(function_config, CONFIG_MAP))
    assert done.returncode == 1
    assert out["items"] == [CONFIG_MAP]
    assert out["results"]
    assert all(row["message"] and row["severity"] == "error" for row in out["results"])
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "stdin", ["[]", "{}", "", "a: [", "kind: ResourceList\nitems: 3", "kind: List\n---\na: 1"]
)
def test_what_is_no_resource_list_cannot_be_judged(run, stdin):
    done = run("krm", stdin=stdin)
    assert (done.returncode, done.stdout) in ((2, ""), (1, ""))
    assert done.stderr.strip() and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "item", [{}, {"metadata": 3}, {"metadata": {"labels": [], "name": {}}}, {"kind": [], "apiVersion": {}}]
)
def test_items_of_any_shape_pass_through(run, item):
    done, out = answered(run, resource_list(config(VALUES), item))
    assert done.returncode == 0
    assert out["items"][0] == item


def test_wrapped_values_are_a_values_file_for_render_and_validate(run, tmp_path):
    file = tmp_path / "phi.yaml"
    file.write_text(yaml.safe_dump(config(VALUES)), encoding="utf-8")
    assert list(yaml.safe_load_all(run(str(file)).stdout)) == rendered(run, VALUES)
    rows = json.loads(run("validate", str(file), "-o", "json").stdout)
    assert [(row["kind"], row["verdict"]) for row in rows][:2] == [
        ("Values", "accepted"),
        ("Workspace", "accepted"),
    ]


def test_a_kind_that_the_pack_does_not_have_is_named_with_those_it_has(run, tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("apiVersion: pack.kubefoundry.io/v1\nkind: Valuess\n", encoding="utf-8")
    done = run("validate", str(file))
    assert done.returncode == 1
    assert "Use Catalogue, Fleet, Target, Values" in done.stdout


def test_a_folder_with_wrapped_values_renders_them(run, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "phi.yaml").write_text(yaml.safe_dump(config(VALUES)), encoding="utf-8")
    assert list(yaml.safe_load_all(run(str(folder)).stdout)) == rendered(run, VALUES)


def test_validate_tells_of_two_files_that_claim_one_workspace(run, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(VALUES), encoding="utf-8")
    done = run("validate", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.count("[values/same-workspace]") == 2


@pytest.mark.parametrize("place", ["name", "annotation", "key", "argument"])
def test_a_token_of_the_function_config_is_in_nothing_that_is_printed(run, place):
    token = "hf_" + "abcdefghijklmnopqrstuvwxyz"
    whole = resource_list(config(dict(VALUES)), CONFIG_MAP)
    function_config = whole["functionConfig"]
    if place == "name":
        function_config["metadata"]["name"] = token
    elif place == "annotation":
        function_config["metadata"]["annotations"] = {"note": f"it is {token}", PATH: token}
    elif place == "key":
        function_config["spec"][token] = 1
    else:
        function_config["spec"]["extraArgs"] = [f"--served-model-name={token}"]
    done, out = answered(run, whole)
    assert out["items"][0] == CONFIG_MAP
    assert token not in done.stdout + done.stderr
    assert "(a secret, not shown)" in done.stdout
    if place in ("key", "argument"):
        assert (done.returncode, out["results"][0]["severity"]) == (1, "error")
