"""`--out DIR`, `--check`, `--prune`: what a GitOps repository commits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kaito_pack.output.kustomizations import MARKER
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
        item["kind"] for item in yaml.safe_load_all((tree / SPACE / "workspace-one.yaml").read_text("utf-8"))
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
    built = sorted((item["kind"], item["metadata"]["name"]) for item in yaml.safe_load_all(done.stdout))
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
    assert "needs all values files" in done.stderr


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
    assert [item.wait(60) for item in runs] == [0, 0]
    listed = yaml.safe_load((tmp_path / "tree" / SPACE / "kustomization.yaml").read_text(encoding="utf-8"))
    assert len(listed["resources"]) == 60


KILLED = """
import os, shutil, signal, sys
from kaito_pack.cli import main

NAMES = ("os.mkdir", "os.rename", "os.remove", "open")  # what Python reports before it changes a folder

def killed_before(step):
    left = [step]
    def hook(event, args):
        if event in NAMES and (event != "open" or args[2] & (os.O_WRONLY | os.O_CREAT)):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
    sys.addaudithook(hook)
    main(["in", "--out", f"trees/{step:02}/"])

try:
    main(["in", "--out", "trees/imports"])  # so that no child has to
except SystemExit:
    shutil.rmtree("trees/imports")
step, is_killed = 0, True
while is_killed:  # each turn one step further, until a run gets to its end
    shutil.copytree("tree", f"trees/{step:02}")
    child = os.fork()
    if not child:
        killed_before(step)
    is_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    step += 1
"""


def test_a_run_that_is_killed_leaves_every_file_whole(run: Run, tmp_path: Path) -> None:
    """Killed before each change of the file system: a tree that is half old and half new, of whole files."""
    values(tmp_path / "in", "changed", "gone")
    assert run("in", "--out", "tree/").returncode == 0
    values(tmp_path / "in", "changed", "new", replicas=2)
    (tmp_path / "in" / "gone.yaml").write_text(VALUES.format(name="changed-too", replicas=3), "utf-8")
    (tmp_path / "trees").mkdir()
    # Without a cache folder, so that what is counted and killed are changes of the tree alone.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": "none"}
    command = [sys.executable, "-c", KILLED]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    *killed, whole = sorted((tmp_path / "trees").iterdir())
    assert len(killed) >= 8, len(killed)
    expected = {name: (whole / name).read_bytes() for name in files(whole)}
    assert len(expected) == 6
    old = {(tmp_path / "tree" / name).read_bytes() for name in files(tmp_path / "tree")}
    for tree in killed:
        for file in tree.rglob("*.yaml"):
            content = file.read_bytes()
            assert content in old or content == expected[file.relative_to(tree).as_posix()]
        assert run("in", "--out", f"trees/{tree.name}").returncode == 0
        assert {name: (tree / name).read_bytes() for name in files(tree)} == expected
        assert not list(tree.rglob(".kaito-pack-*")), "what a killed run left is swept by the next"


def test_a_new_name_without_a_suffix_is_a_tree(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    assert run("in/one.yaml", "--out", "new/clusters").returncode == 0
    assert (tmp_path / "new" / "clusters" / SPACE / "workspace-one.yaml").is_file()


def test_json_and_yaml_names_are_one_file(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one", "two")
    for name in ("all.yaml", "all.json", "all"):
        form = "yaml" if name == "all.yaml" else "json"
        assert run("in", "--out", name, "-o", form).returncode == 0
        assert (tmp_path / name).read_text("utf-8") == run("in", "-o", form).stdout


@pytest.mark.parametrize("out", ["-", "/dev/stdout"])
def test_out_may_name_stdout(run: Run, process: Run, tmp_path: Path, out: str) -> None:
    values(tmp_path / "in", "one")
    assert process("in", "--out", out).stdout == run("in").stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in"]


def test_out_through_a_link_keeps_the_link(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    (tmp_path / "real.yaml").write_text("apiVersion: v1\n", "utf-8")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert run("in", "--out", "link.yaml").returncode == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text("utf-8") == run("in").stdout


def test_check_compares_one_file_too(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    missing = run("in", "--out", "all.yaml", "--check")
    assert (missing.returncode, "all.yaml:1:1 missing" in missing.stderr) == (1, True)
    assert not (tmp_path / "all.yaml").exists()
    assert run("in", "--out", "all.yaml").returncode == 0
    assert run("in", "--out", "all.yaml", "--check").returncode == 0
    (tmp_path / "all.yaml").write_bytes((tmp_path / "all.yaml").read_bytes() + b"more: 1\n")
    changed = run("in", "--out", "all.yaml", "--check")
    assert (changed.returncode, "-more: 1\n" in changed.stdout) == (1, True)


def test_check_annotates_what_is_wrong_in_the_values_too(run: Run, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "bad,name.yaml").write_text(VALUES.format(name="bad", replicas=0), "utf-8")
    done = run("in", "--out", "tree", "--check", "-o", "github")
    assert done.returncode == 1
    assert "::error file=in/bad%2Cname.yaml,line=4,col=11,title=values/out-of-range::replicas" in done.stdout
    setting = run("in/one.yaml", "--out", "tree", "--check", "-o", "github", "--set", "replicas=0").stdout
    assert "::error title=values/out-of-range::--set replicas=0: replicas" in setting


def test_namespaces_that_yaml_takes_for_no_text_build(
    run: Run, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    for name in ("123", "true", "null", "on", "1e3"):
        text = VALUES.format(name="one", replicas=1) + f'namespace: "{name}"\n'
        values(tmp_path / "in", name)
        (tmp_path / "in" / f"{name}.yaml").write_text(text, "utf-8")
    assert run("in", "--out", "tree").returncode == 0
    done = subprocess.run(
        [tool("kustomize"), "build", "tree"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.count("kind: Workspace")) == (0, 5), done.stderr


def test_a_folder_without_values_is_exit_2_and_prunes_nothing(run: Run, tree: Path, tmp_path: Path) -> None:
    before = files(tree)
    (tmp_path / "empty").mkdir()
    for folder, report in (
        ("empty", "no *.yaml"),
        ("tree", "only manifests"),
        ("gone", "needs all values files"),
    ):
        done = run(folder, "--out", "tree", "--prune")
        assert (done.returncode, report in done.stderr) == (2, True), done.stderr
    assert files(tree) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("in", "--prune"),
        ("in", "--check"),
        ("in", "--out", "all.yaml", "--prune"),
        ("in", "in/one.yaml", "--out", "tree", "--prune"),
        ("-", "--out", "tree", "--prune"),
        ("in", "--out", "tree", "--check", "--prune"),
        ("in", "--out", "tree/", "-o", "json"),
        ("in", "--out", "tree", "-o", "github"),
        ("in", "--fleet", "fleet.yaml"),
        ("--fleet", "fleet.yaml", "--out", "tree"),
        ("--fleet", "fleet.yaml", "--target", "target.yaml"),
        (),
    ],
)
def test_options_that_make_no_sense_together_are_exit_2(
    run: Run, tree: Path, arguments: tuple[str, ...]
) -> None:
    before = files(tree)
    done = run("render", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert files(tree) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_exit_2_and_nothing_is_changed(run: Run, tree: Path, tmp_path: Path) -> None:
    values(tmp_path / "in", "one", replicas=2)
    (tmp_path / "in" / "other.yaml").write_text(
        VALUES.format(name="x", replicas=1) + "namespace: a\n", "utf-8"
    )
    (tree / SPACE).chmod(0o555)
    before = files(tree)
    done = run("in", "--out", "tree")
    (tree / SPACE).chmod(0o755)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    assert files(tree) == before


def test_a_folder_that_nobody_can_make_is_exit_2(run: Run, tmp_path: Path) -> None:
    values(tmp_path / "in", "one")
    done = run("in", "--out", "/proc/kaito/tree")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: /proc/kaito: cannot be written: ")


def test_a_bar_is_drawn_on_a_terminal_for_many_files_alone(tmp_path: Path) -> None:
    def on_a_terminal(folder: str) -> str:
        place, there = os.openpty()
        command = [sys.executable, str(ROOT / "render.py"), folder, "--out", "tree"]
        subprocess.run(command, cwd=tmp_path, stderr=there, check=True)
        os.close(there)
        text = b""
        try:
            while chunk := os.read(place, 65536):
                text += chunk
        except OSError:  # the other end is closed
            pass
        os.close(place)
        return text.decode()

    values(tmp_path / "many", *(f"m{number}" for number in range(60)))
    values(tmp_path / "few", "one")
    assert "rendering" in on_a_terminal("many")
    assert on_a_terminal("few") == ""
