"""Argo CD: the plugin's commands as they are written, the sidecar, the ApplicationSet."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import PHI, ROOT

FOLDER = ROOT / "integrations" / "argocd"
PLUGIN = yaml.safe_load((FOLDER / "plugin.yaml").read_text(encoding="utf-8"))
PATCH = yaml.safe_load((FOLDER / "repo-server-patch.yaml").read_text(encoding="utf-8"))
APPLICATIONS = yaml.safe_load((FOLDER / "applicationset.yaml").read_text(encoding="utf-8"))
LLAMA = "name: llama\nmodelSource: premade\npremadeModel: llama3.2:1b\n"


def command(step):
    return [*step["command"], *step["args"]]


@pytest.fixture
def folder(tmp_path):
    """An Application's folder of values."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def plugin(sealed, folder):
    """Runs one of the plugin's commands in the Application's folder, as the sidecar does."""

    def run_plugin(step, **variables):
        return sealed(*command(PLUGIN["spec"][step]), cwd=folder, **variables)

    return run_plugin


@pytest.fixture
def discovered(sealed, folder):
    """Whether Argo CD would take the folder for one of the plugin's: exit code 0 and some output."""

    def ask():
        done = sealed(*command(PLUGIN["spec"]["discover"]["find"]), cwd=folder)
        return done.returncode == 0 and done.stdout.strip() != ""

    return ask


def test_generate_prints_what_render_prints(plugin, run, folder):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    (folder / "a llama.yml").write_text(LLAMA, encoding="utf-8")
    (folder / "-q.json").write_text(json.dumps({**yaml.safe_load(PHI), "name": "other"}), encoding="utf-8")
    done = plugin("generate")
    assert (done.returncode, done.stderr) == (0, "")
    expected = run("render", "./phi.yaml", "./a llama.yml", "./-q.json", cwd=folder)
    assert (expected.returncode, done.stdout) == (0, expected.stdout)
    assert len([*yaml.safe_load_all(done.stdout)]) == 5


def test_a_misspelt_file_fails_the_sync_and_prints_nothing(plugin, folder):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    (folder / "llama.yaml").write_text(LLAMA.replace("modelSource", "modelSurce"), encoding="utf-8")
    done = plugin("generate")
    assert (done.returncode, done.stdout) == (1, "")
    assert "llama.yaml:2:1 modelSurce: unknown value" in done.stderr


def test_an_empty_folder_is_an_error_and_no_empty_answer_that_would_prune_all(plugin):
    done = plugin("generate")
    assert done.returncode != 0
    assert done.stdout == ""


def test_folders_below_are_not_read(plugin, folder):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    (folder / "targets").mkdir()
    (folder / "targets" / "prod.yaml").write_text("kind: Target\n", encoding="utf-8")
    (folder / "x.yaml").mkdir()
    assert plugin("generate").returncode == 0


@pytest.mark.parametrize("version", ["1.34", "v1.34.2", "1.34+", "1.34.1-eks-5f2b", ""])
def test_the_kubernetes_of_the_destination_is_taken_however_it_is_written(plugin, folder, version):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = plugin("generate", KUBE_VERSION=version)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_kubernetes_that_the_pack_does_not_know_is_no_guess(plugin, folder):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = plugin("generate", KUBE_VERSION="1.99")
    assert (done.returncode, done.stdout) == (2, "")
    assert "1.99" in done.stderr
    assert plugin("generate", KUBE_VERSION="1.99", PARAM_KUBERNETES_VERSION="1.37").returncode == 0


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PARAM_KAITO_VERSION": "0.7"}, "KAITO 0.7"),
        ({"PARAM_NODE_PROVISIONING": "auto"}, "instanceType"),
        ({"PARAM_KAITO_VERSION": "0.5"}, "0.5"),
        ({"PARAM_CLOUD": "moon"}, "moon"),
    ],
)
def test_parameters_reach_the_checks(plugin, folder, variables, says):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = plugin("generate", **variables)
    assert done.returncode != 0
    assert says in done.stderr


def test_a_target_says_all_at_once_and_wins_over_the_destination(plugin, folder, tmp_path):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    (tmp_path / "prod.yaml").write_text(
        'apiVersion: pack.kubefoundry.io/v1\nkind: Target\nkaitoVersion: "0.12"\nnamespace: team-a\n', "utf-8"
    )
    done = plugin("generate", PARAM_TARGET="../prod.yaml", KUBE_VERSION="1.99")
    assert (done.returncode, done.stderr) == (0, "")
    assert {body["metadata"]["namespace"] for body in yaml.safe_load_all(done.stdout)} == {"team-a"}


def test_a_parameter_is_an_argument_and_no_shell_text(plugin, folder):
    (folder / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = plugin("generate", PARAM_KAITO_VERSION="0.12; echo pwned #", PARAM_CLOUD="$(echo pwned)")
    assert (done.returncode, done.stdout) == (2, "")


def test_every_parameter_that_is_shown_is_used_and_the_other_way_round():
    shown = {entry["name"] for entry in PLUGIN["spec"]["parameters"]["static"]}
    used = set(re.findall(r"\$\{PARAM_([A-Z_]+)", command(PLUGIN["spec"]["generate"])[-1]))
    assert {name.upper().replace("-", "_") for name in shown} == used


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("phi.yaml", PHI),
        ("phi.yml", '"modelSource": vllm\n'),
        ("phi.yaml", "modelSource : vllm\n"),
        ("phi.json", '{"name": "phi", "modelSource": "vllm"}'),
        ("phi.json", '{\n  "name": "phi",\n  "modelSource": "vllm"\n}\n'),
    ],
)
def test_a_folder_with_values_is_discovered(discovered, folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "README.md").write_text("hello\n", encoding="utf-8")
    assert discovered()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n"),
        ("configmap.yaml", "kind: ConfigMap\ndata:\n  x: |\n    modelSource: vllm\n"),
        ("values.txt", PHI),
        ("kustomization.yaml", "resources: [a.yaml]\n"),
    ],
)
def test_any_other_folder_is_left_to_other_tools(discovered, folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    assert not discovered()


def test_an_empty_folder_is_not_discovered(discovered):
    assert not discovered()


def test_every_example_is_discovered(discovered, folder):
    examples = list((ROOT / "values" / "rendered").glob("*.yaml"))
    assert examples
    for example in examples:
        (folder / "x.yaml").write_text((ROOT / "values" / example.name).read_text(encoding="utf-8"), "utf-8")
        assert discovered(), example.name


def test_the_settings_have_no_field_that_argo_cd_does_not_know():
    assert set(PLUGIN) == {"apiVersion", "kind", "metadata", "spec"}
    assert (PLUGIN["apiVersion"], PLUGIN["kind"]) == ("argoproj.io/v1alpha1", "ConfigManagementPlugin")
    assert set(PLUGIN["spec"]) <= {
        "version",
        "init",
        "generate",
        "discover",
        "parameters",
        "preserveFileMode",
    }
    known = {"name", "title", "tooltip", "required", "itemType", "collectionType", "string", "array", "map"}
    assert all(set(entry) <= known for entry in PLUGIN["spec"]["parameters"]["static"])


@pytest.fixture
def patched(tool, tmp_path):
    """Argo CD's repo-server, cut down to what the patch touches, with the patch."""
    server = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": PATCH["metadata"],
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": "argocd-repo-server"}},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "argocd-repo-server"}},
                "spec": {
                    "containers": [{"name": "argocd-repo-server", "image": "quay.io/argoproj/argocd:v3.0.0"}],
                    "volumes": [{"name": "var-files", "emptyDir": {}}, {"name": "plugins", "emptyDir": {}}],
                },
            },
        },
    }
    (tmp_path / "server.yaml").write_text(yaml.safe_dump(server), encoding="utf-8")
    (tmp_path / "patch.yaml").write_text(yaml.safe_dump(PATCH), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [server.yaml]\npatches: [{path: patch.yaml}]\n", encoding="utf-8"
    )
    built = subprocess.run([tool("kustomize"), "build", str(tmp_path)], capture_output=True, check=True)
    return yaml.safe_load(built.stdout)


def test_the_patch_adds_the_sidecar_beside_the_server(patched):
    pod = patched["spec"]["template"]["spec"]
    assert sorted(container["name"] for container in pod["containers"]) == [
        "argocd-repo-server",
        "kaito-pack",
    ]
    assert {volume["name"] for volume in pod["volumes"]} == {
        *("var-files", "plugins", "kaito-pack-plugin", "kaito-pack-tmp")
    }


def test_the_patched_server_is_accepted_by_kubernetes(patched, run):
    for version in ("1.25", "1.37"):
        done = run("validate", "-", "--kubernetes-version", version, stdin=yaml.safe_dump(patched))
        assert (done.returncode, done.stderr) == (0, "1 document: 1 accepted\n")


def test_the_sidecar_has_no_rights_and_writes_to_tmp_alone():
    (container,) = PATCH["spec"]["template"]["spec"]["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True and security["runAsNonRoot"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    empty = {
        volume["name"] for volume in PATCH["spec"]["template"]["spec"]["volumes"] if "emptyDir" in volume
    }
    assert [path for path, name in mounts.items() if name in empty] == ["/tmp"]
    assert mounts["/home/argocd/cmp-server/config/plugin.yaml"] == "kaito-pack-plugin"


def generated(paths):
    """The Applications that the git directory generator makes of the folders `paths`."""
    (generator,) = APPLICATIONS["spec"]["generators"]
    text = json.dumps(APPLICATIONS["spec"]["template"])
    for path in paths:
        if any(fnmatch.fnmatchcase(path, item["path"]) for item in generator["git"]["directories"]):
            name = path.rpartition("/")[2]
            normalized = re.sub(r"[^a-z0-9.-]", "-", name.lower())
            facts = {"path": path, "basename": name, "basenameNormalized": normalized}
            filled = re.sub(r"\{\{ \.path\.(\w+) \}\}", lambda result, owner=facts: owner[result[1]], text)
            assert "{{" not in filled
            yield json.loads(filled)


def test_each_cluster_folder_of_the_example_fleet_becomes_one_application():
    fleet = yaml.safe_load((ROOT / "values" / "fleet.yaml").read_text(encoding="utf-8"))
    folders = [target["out"].removeprefix("../") for target in fleet["targets"]]
    result = list(generated([*folders, "models", "targets"]))
    assert [item["spec"]["source"]["path"] for item in result] == folders
    assert [item["spec"]["destination"] for item in result] == [
        {"name": target["name"]} for target in fleet["targets"]
    ]
    assert len({item["metadata"]["name"] for item in result}) == len(folders)


def test_each_application_finds_a_tree_that_kustomize_builds(run, tool, tmp_path):
    shutil.copytree(ROOT / "values", tmp_path / "values")
    done = run("render", "--fleet", str(tmp_path / "values" / "fleet.yaml"))
    assert done.returncode == 0, done.stderr
    applications = list(generated(f"clusters/{path.name}" for path in (tmp_path / "clusters").iterdir()))
    assert applications
    for application in applications:
        folder = tmp_path / application["spec"]["source"]["path"]
        built = subprocess.run([tool("kustomize"), "build", str(folder)], capture_output=True, check=True)
        assert "Workspace" in {body["kind"] for body in yaml.safe_load_all(built.stdout)}


def test_generator_and_application_read_the_same_revision_of_the_same_repository():
    (generator,) = APPLICATIONS["spec"]["generators"]
    source = APPLICATIONS["spec"]["template"]["spec"]["source"]
    assert generator["git"]["repoURL"] == source["repoURL"]
    assert generator["git"]["revision"] == source["targetRevision"]


def test_a_folder_that_is_gone_takes_no_workspace_along():
    assert APPLICATIONS["spec"]["syncPolicy"] == {"preserveResourcesOnDeletion": True}
