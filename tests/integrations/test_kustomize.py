"""kustomize: the example as it stands, built by the real kustomize with the installed command."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "integrations" / "kustomize"
FLAGS = ("--enable-alpha-plugins", "--enable-exec")
CONFIG_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: notes\ndata:\n  switch: 'no'\n  number: '1e3'\n"
)


@pytest.fixture
def kustomize(tool, installed, tmp_path):
    """Runs the real kustomize where `kaito-pack` is on PATH."""

    def run_kustomize(*arguments, folder=tmp_path):
        command = [tool("kustomize"), *map(str, arguments)]
        environment = installed.environment("/nonexistent")
        options = {"capture_output": True, "text": True, "timeout": 60, "check": False}
        return subprocess.run(command, cwd=folder, env=environment, **options)

    return run_kustomize


def documents(text):
    return sorted(yaml.safe_load_all(text), key=lambda body: body["kind"])


def expected():
    return documents((ROOT / "values" / "rendered" / "phi-small.yaml").read_text(encoding="utf-8"))


def values(**changes):
    body = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**body, "spec": {**body["spec"], **changes}})


@pytest.fixture
def written(tmp_path):
    """Writes files into the folder that is built."""

    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")

    return write


def test_the_example_builds_to_what_render_prints(kustomize):
    done = kustomize("build", *FLAGS, FOLDER)
    assert (done.returncode, done.stderr) == (0, "")
    assert documents(done.stdout) == expected()


def test_as_a_transformer_it_adds_to_the_resources_and_leaves_them_alone(kustomize, written):
    written(
        kustomization="resources: [notes.yaml]\ntransformers: [values.yaml]\n",
        notes=CONFIG_MAP,
        values=values(),
    )
    done = kustomize("build", *FLAGS, ".")
    assert (done.returncode, done.stderr) == (0, "")
    assert documents(done.stdout) == sorted(
        [yaml.safe_load(CONFIG_MAP), *expected()], key=lambda body: body["kind"]
    )


def test_an_overlay_patches_what_was_rendered(kustomize, written):
    patch = "apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata:\n  name: workspace-phi-small\n"
    patch += "  namespace: kaito-workspace\n  annotations: {team: a}\n"
    written(
        kustomization="generators: [values.yaml]\npatches: [{path: patch.yaml}]\n",
        values=values(),
        patch=patch,
    )
    done = kustomize("build", *FLAGS, ".")
    assert documents(done.stdout)[1]["metadata"]["annotations"] == {"team": "a"}


@pytest.mark.parametrize("place", ["generators", "transformers"])
def test_wrong_values_fail_the_build_and_say_what_is_wrong(kustomize, written, place):
    written(
        kustomization=f"resources: [notes.yaml]\n{place}: [values.yaml]\n",
        notes=CONFIG_MAP,
        values=values(replcas=2),
    )
    done = kustomize("build", *FLAGS, ".")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Values phi-small spec.replcas: unknown value. Did you mean `replicas`?" in done.stderr


def test_fn_run_writes_the_files_of_the_output_tree_and_is_repeatable(kustomize, written, tmp_path):
    written(values=values())
    for _ in range(2):
        done = kustomize("fn", "run", "--enable-exec", ".")
        assert done.returncode == 0, done.stderr
    created = tmp_path / "kaito-workspace" / "workspace-phi-small.yaml"
    assert sorted(tmp_path.rglob("*.yaml")) == [created, tmp_path / "values.yaml"]
    bodies = documents(created.read_text(encoding="utf-8"))
    assert [body["spec"] for body in bodies if "spec" in body] == [expected()[0]["spec"]]


def test_without_its_flags_kustomize_runs_nothing(kustomize):
    """As the README warns."""
    done = kustomize("build", FOLDER)
    assert done.returncode != 0
    assert "external plugins disabled" in done.stderr


def test_the_example_is_a_values_file_that_validate_knows(run):
    done = run("validate", str(FOLDER / "values.yaml"))
    assert done.returncode == 0
