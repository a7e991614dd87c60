"""`--out DIR`, `--check`, `--prune`: what a GitOps repository commits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kaito_pack.tree import MARKER
from tests.conftest import ROOT, Run

VALUES = "name: {name}\nmodelSource: vllm\nmodelId: acme/tiny\nreplicas: {replicas}\n"


def values(folder: Path, *names: str, replicas: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.yaml").write_text(VALUES.format(name=name, replicas=replicas), encoding="utf-8")
    return folder


def files(tree: Path) -> list[str]:
    return sorted(file.relative_to(tree).as_posix() for file in tree.rglob("*") if file.is_file())


@pytest.fixture
def tree(run: Run, tmp_path: Path) -> Path:
    values(tmp_path / "in", "one", "two")
    assert run("in", "--out", "tree/").returncode == 0
    return tmp_path / "tree"


SPACE = "kaito-workspace"


def test_a_tree_has_a_file_a_workspace_and_kustomizations(tree: Path) -> None:
    assert files(tree) == [
        f"{SPACE}/kustomization.yaml",
        f"{SPACE}/workspace-one.yaml",
        f"{SPACE}/workspace-two.yaml",
        "kustomization.yaml",
    ]
    assert all((tree / file).read_text(encoding="utf-8").startswith(MARKER) for file in files(tree))
    listed = yaml.safe_load((tree / SPACE / "kustomization.yaml").read_text(encoding="utf-8"))
    assert listed["resources"] == ["workspace-one.yaml", "workspace-two.yaml"]
    kinds = [
        one["kind"] for one in yaml.safe_load_all((tree / SPACE / "workspace-one.yaml").read_text("utf-8"))
    ]
    assert kinds == ["Workspace", "Service"]


@pytest.mark.parametrize("command", [("kustomize", "build"), ("kubectl", "kustomize")])
def test_the_tree_builds_with_the_real_tools(
    tree: Path, tool: Callable[[str], str], command: tuple[str, str]
) -> None:
    done = subprocess.run(
        [tool(command[0]), command[1], str(tree)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    built = sorted((one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(done.stdout))
    assert built == [
        ("Service", "workspace-one-vllm"),
        ("Service", "workspace-two-vllm"),
        ("Workspace", "workspace-one"),
        ("Workspace", "workspace-two"),
    ]


def test_what_is_unchanged_keeps_its_time_permissions_and_line_ends(run: Run, tree: Path) -> None:
    file = tree / SPACE / "workspace-one.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    os.utime(file, (1, 1))
    assert run("in", "--out", "tree/", "--check").returncode == 0
    assert run("in", "--out", "tree/").returncode == 0
    assert (file.stat().st_mtime, file.stat().st_mode & 0o777) == (1, 0o640)
    assert b"\r\n" in file.read_bytes()


def test_what_is_changed_keeps_its_permissions_and_line_ends(run: Run, tree: Path, tmp_path: Path) -> None:
    file = tree / SPACE / "workspace-one.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    values(tmp_path / "in", "one", replicas=2)
    assert run("in", "--out", "tree/").returncode == 0
    assert b"count: 2\r\n" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_run_with_some_of_the_values_leaves_the_others_listed(run: Run, tree: Path, tmp_path: Path) -> None:
    values(tmp_path / "more", "three")
    assert run("more/three.yaml", "--out", "tree/").returncode == 0
    listed = yaml.safe_load((tree / SPACE / "kustomization.yaml").read_text(encoding="utf-8"))
    assert listed["resources"] == ["workspace-one.yaml", "workspace-three.yaml", "workspace-two.yaml"]


def test_prune_removes_what_has_no_values_and_nothing_else(run: Run, tree: Path, tmp_path: Path) -> None:
    (tree / SPACE / "theirs.yaml").write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "in" / "two.yaml").unlink()
    assert run("in", "--out", "tree/", "--check").returncode == 1
    assert run("in", "--out", "tree/", "--prune").returncode == 0
    assert files(tree) == [
        f"{SPACE}/kustomization.yaml",
        f"{SPACE}/theirs.yaml",
        f"{SPACE}/workspace-one.yaml",
        "kustomization.yaml",
    ]


def test_prune_empties_a_namespace_that_is_gone(run: Run, tree: Path, tmp_path: Path) -> None:
    for file in (tmp_path / "in").iterdir():
        file.write_text(file.read_text("utf-8") + "namespace: other\n", encoding="utf-8")
    assert run("in", "--out", "tree/", "--prune").returncode == 0
    assert not (tree / SPACE).exists()
    assert yaml.safe_load((tree / "kustomization.yaml").read_text("utf-8"))["resources"] == ["other"]


def test_prune_needs_the_whole_set(run: Run, tree: Path) -> None:
    done = run("in/one.yaml", "--out", "tree/", "--prune")
    assert done.returncode == 2
    assert "whole set" in done.stderr


def test_a_foreign_file_in_the_way_stops_everything(run: Run, tree: Path, tmp_path: Path) -> None:
    (tree / SPACE / "workspace-one.yaml").write_text("kind: Workspace\n", encoding="utf-8")
    before = {file: (tree / file).read_bytes() for file in files(tree)}
    values(tmp_path / "in", "two", replicas=3)
    done = run("in", "--out", "tree/")
    assert done.returncode == 1
    assert "workspace-one.yaml: not written by kaito-pack" in done.stderr
    assert {file: (tree / file).read_bytes() for file in files(tree)} == before


@pytest.mark.parametrize("name", [SPACE, f"{SPACE}/workspace-one.yaml"])
def test_a_symbolic_link_does_not_lead_out_of_the_folder(run: Run, tmp_path: Path, name: str) -> None:
    values(tmp_path / "in", "one")
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / "tree" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside if name == SPACE else outside / "file")
    done = run("in", "--out", "tree/")
    assert done.returncode == 2
    assert "symbolic link" in done.stderr
    assert list(outside.iterdir()) == []


def test_check_shows_what_is_missing_stale_and_different_and_writes_nothing(
    run: Run, tree: Path, tmp_path: Path
) -> None:
    values(tmp_path / "in", "one", replicas=2)
    (tmp_path / "in" / "two.yaml").unlink()
    values(tmp_path / "in", "three")
    before = {file: (tree / file).read_bytes() for file in files(tree)}
    done = run("in", "--out", "tree/", "--check")
    assert done.returncode == 1
    assert "+  count: 2" in done.stdout
    for name, kind in (("one", "differs"), ("two", "stale"), ("three", "missing")):
        assert f"workspace-{name}.yaml:1:1 {kind}" in done.stderr
    assert {file: (tree / file).read_bytes() for file in files(tree)} == before
    github = run("in", "--out", "tree/", "--check", "-o", "github")
    assert "::error file=" in github.stdout


def test_check_of_a_tree_that_is_not_there_makes_none(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    assert run("in", "--out", "none/", "--check").returncode == 1
    assert not (tmp_path / "none").exists()


def test_wrong_values_leave_the_tree_as_it_was(run: Run, tree: Path, tmp_path: Path) -> None:
    before = {file: (tree / file).read_bytes() for file in files(tree)}
    values(tmp_path / "in", "one", replicas=5)
    values(tmp_path / "in", "bad", replicas=0)
    assert run("in", "--out", "tree/").returncode == 1
    assert {file: (tree / file).read_bytes() for file in files(tree)} == before


def test_a_folder_of_values_passes_over_what_is_none(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    (tmp_path / "in" / "manifest.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", "utf-8"
    )
    assert run("in", "--out", "tree/").returncode == 0


def test_two_runs_at_once_do_no_harm(tmp_path: Path) -> None:
    values(tmp_path / "a", *(f"a{number}" for number in range(30)))
    values(tmp_path / "b", *(f"b{number}" for number in range(30)))
    command = [sys.executable, str(ROOT / "render.py")]
    runs = [subprocess.Popen([*command, folder, "--out", "tree/"], cwd=tmp_path) for folder in ("a", "b")]
    assert [one.wait(60) for one in runs] == [0, 0]
    listed = yaml.safe_load((tmp_path / "tree" / SPACE / "kustomization.yaml").read_text(encoding="utf-8"))
    assert len(listed["resources"]) == 60


def test_a_run_that_is_killed_leaves_every_file_whole(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    command = [sys.executable, str(ROOT / "render.py"), "in", "--out", "tree/"]
    for turn in range(25):
        values(tmp_path / "in", *(f"m{number}" for number in range(40)), replicas=turn + 1)
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as killed:
            time.sleep(0.12 + turn * 0.01)
            killed.send_signal(signal.SIGKILL)
        for file in tree.rglob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            assert text.startswith(MARKER)
            assert list(yaml.safe_load_all(text))
            assert text.endswith("\n")
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    left = list(tree.rglob(".kaito-pack-*"))
    for file in left:
        os.utime(file, (1, 1))
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    assert not list(tree.rglob(".kaito-pack-*")), "what a killed run left is swept once it is old"
