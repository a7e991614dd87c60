"""`kaito-pack validate`: where its report goes, and each file checked for the clusters that get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import PHI, ROOT, Run
from tests.terminal import Terminal

WRONG = PHI.replace("vllm", "vlm")
TARGET = (
    "apiVersion: pack.kubefoundry.io/v1\nkind: Target\nkaitoVersion: {kaito!r}\nnodeProvisioning: {nodes}\n"
)
FLEET = """apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {name: auto, target: targets/auto.yaml, values: [models/*.yaml], out: clusters/auto}
  - {name: byo, target: targets/byo.yaml, values: [models/phi.yaml], out: clusters/byo}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository of two clusters: values that only the layer of one target makes whole."""
    for folder in ("targets", "models", "layers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    auto = TARGET.format(kaito="0.12", nodes="auto") + "layers: [../layers/auto.yaml]\n"
    (tmp_path / "targets" / "auto.yaml").write_text(auto, encoding="utf-8")
    byo = TARGET.format(kaito="0.10", nodes="byo")
    (tmp_path / "targets" / "byo.yaml").write_text(byo, encoding="utf-8")
    layer = "instanceType: Standard_NC24ads_A100_v4\n"
    (tmp_path / "layers" / "auto.yaml").write_text(layer, encoding="utf-8")
    (tmp_path / "models" / "phi.yaml").write_text(PHI, encoding="utf-8")
    return tmp_path / "fleet.yaml"


def test_the_report_is_on_stdout_and_counts_on_stderr(run: Run) -> None:
    done = run("validate", "-", stdin=WRONG)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:2:14 modelSource: `vlm` is not a mode")
    assert done.stderr == "1 document: 1 rejected; 1 error\n"


def test_what_cannot_be_read_is_a_message(run: Run) -> None:
    done = run("validate", "missing.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: missing.yaml" in done.stderr


def test_no_files_are_a_usage_error(run: Run) -> None:
    done = run("validate")
    assert done.returncode == 2
    assert "no files given" in done.stderr


@pytest.mark.parametrize("arguments", [("--fleet", "fleet.yaml"), ("fleet.yaml",), (".",)])
def test_each_values_file_is_checked_for_each_cluster_with_its_layers(
    run: Run, fleet: Path, arguments: tuple[str, ...]
) -> None:
    assert run("validate", "models", "--node-provisioning", "auto").returncode == 1, "without its layer"
    done = run("validate", *arguments)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert done.stderr.startswith("2 clusters, ")
    rows = json.loads(run("validate", *arguments, "-o", "json").stdout)
    workspaces = [(row["cluster"], row["verdict"]) for row in rows if row["kind"] == "Workspace"]
    assert workspaces == [("auto", "accepted"), ("byo", "accepted")]
    assert [row["kind"] for row in rows].count("Fleet") == 1


def test_what_render_writes_is_checked_for_its_cluster(run: Run, fleet: Path) -> None:
    assert run("render", "--fleet", "fleet.yaml").returncode == 0
    rows = json.loads(run("validate", ".", "-o", "json").stdout)
    trees = {row["file"]: row.get("cluster") for row in rows if row["file"].startswith("./clusters")}
    assert len(trees) >= 2
    assert all(f"clusters/{cluster}/" in file for file, cluster in trees.items())


def test_what_the_pack_writes_is_validated_without_a_warning(run: Run, tmp_path: Path) -> None:
    assert run("render", ROOT / "values", "--out", "tree").returncode == 0
    done = run("validate", "tree", "-o", "json")
    rules = {problem["rule"] for row in json.loads(done.stdout) for problem in row["problems"]}
    assert rules & {"kubernetes/unknown-kind", "crd/unknown-kind", "kubernetes/kind-absent"} == set()
    kustomizations = [row for row in json.loads(done.stdout) if row["kind"] == "Kustomization"]
    assert len(kustomizations) > 1
    assert {row["verdict"] for row in kustomizations} == {"skipped"}


@pytest.mark.parametrize(
    ("api_version", "kind", "is_known"),
    [
        ("kustomize.config.k8s.io/v1beta1", "Kustomization", True),
        ("kustomize.config.k8s.io/v1alpha1", "Component", True),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", True),
        ("source.toolkit.fluxcd.io/v1", "OCIRepository", True),
        ("argoproj.io/v1alpha1", "ApplicationSet", True),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomisation", False),
        ("argoproj.io/v1alpha1", "Aplication", False),
        ("example.com/v1", "Kustomization", False),
    ],
)
def test_kinds_of_gitops_tools_are_known(run: Run, api_version: str, kind: str, is_known: bool) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n"
    done = run("validate", "-", stdin=text)
    assert done.returncode == 0
    assert (done.stdout == "") is is_known, done.stdout
    assert done.stderr.startswith("1 document: 1 skipped")


def test_a_problem_names_the_clusters_that_have_it(run: Run, fleet: Path) -> None:
    (fleet.parent / "layers" / "auto.yaml").write_text("instanceType: Standard_B2s\n", encoding="utf-8")
    done = run("validate", "fleet.yaml")
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "Standard_B2s" in line]
    assert lines and all(line.endswith("(on auto)") for line in lines)
    (fleet.parent / "models" / "phi.yaml").write_text(WRONG, encoding="utf-8")
    lines = run("validate", "fleet.yaml").stdout.splitlines()
    assert len(lines) == 1 and "(on" not in lines[0], "both clusters have it"


def test_a_wrong_fleet_is_reported_at_its_line(run: Run, fleet: Path) -> None:
    fleet.write_text(FLEET.replace("targets/byo.yaml", "targets/gone.yaml"), encoding="utf-8")
    for arguments in (("--fleet", "fleet.yaml"), ("fleet.yaml",)):
        done = run("validate", *arguments)
        assert done.returncode == 1
        assert done.stdout.startswith("fleet.yaml:5:")


def test_fleet_refuses_what_contradicts_it(run: Run, fleet: Path) -> None:
    for arguments, words in (
        (("--fleet", "models/phi.yaml"), "not a fleet file"),
        (("fleet.yaml", "--target", "targets/byo.yaml"), "--target and a fleet cannot be used together"),
        (("fleet.yaml", "--kaito-version", "all"), "not with a fleet"),
    ):
        done = run("validate", *arguments)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


@pytest.mark.full
@pytest.mark.parametrize("command", [("validate",), ("plan", "--out", "out"), ("metrics",), ()])
def test_many_files_show_progress_on_a_terminal(tmp_path: Path, command: tuple[str, ...]) -> None:
    for number in range(60):
        text = PHI.replace("name: phi", f"name: phi-{number}")
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    files = [f"{number}.yaml" for number in range(60)]
    with Terminal(tmp_path, *command, *files, piped=True) as terminal:
        terminal.wait("100%")
