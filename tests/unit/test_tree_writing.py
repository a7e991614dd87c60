"""Output trees: all or nothing, and never a file of somebody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kaito_pack import output
from kaito_pack.base.problems import UsageError
from kaito_pack.output import tree_writing
from kaito_pack.output.kustomizations import KUSTOMIZATION, MARKER
from kaito_pack.output.tree import compare, text_of
from kaito_pack.output.tree_writing import write


def texts(**names: str) -> dict[str, str]:
    return {f"{name.replace('__', '/')}.yaml": f"{MARKER}a: {text}\n" for name, text in names.items()}


def content(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_a_write_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write([(str(tmp_path), texts(a__x="1", b__y="1"))], False)
    before = content(tmp_path)
    fill, calls = output.fill, iter(range(9))

    def full(*arguments: Any) -> None:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        fill(*arguments)

    monkeypatch.setattr(output, "fill", full)
    with pytest.raises(UsageError, match="cannot be written: no space left"):
        write([(str(tmp_path), texts(a__x="2", b__y="2", c__z="2"))], False)
    assert content(tmp_path) == before
    assert not (tmp_path / "c").exists()


def test_a_write_that_fails_leaves_no_new_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(output, "fill", broken)
    with pytest.raises(UsageError):
        write([(str(tmp_path / "new" / "tree"), texts(a__x="1"))], False)
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_file_in_one_tree_stops_all(tmp_path: Path) -> None:
    (tmp_path / "two" / "a").mkdir(parents=True)
    (tmp_path / "two" / "a" / "x.yaml").write_text("mine: 1\n", encoding="utf-8")
    both = [(str(tmp_path / root), texts(a__x="1")) for root in ("one", "two")]
    assert [changes.foreign for changes in write(both, False)] == [[], ["a/x.yaml"]]
    assert content(tmp_path) == {"two/a/x.yaml": b"mine: 1\n"}
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("name", [f"a/{KUSTOMIZATION}", KUSTOMIZATION, "a"])
def test_what_is_in_the_way_is_foreign(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("resources: []\n", encoding="utf-8")
    assert compare(str(tmp_path), texts(a__x="1"), False).foreign == [name]
    assert write([(str(tmp_path), texts(a__x="1"))], False)[0].foreign == [name]
    assert content(tmp_path) == {name: b"resources: []\n"}


def test_prune_leaves_a_foreign_kustomization_and_its_folder(tmp_path: Path) -> None:
    write([(str(tmp_path), texts(a__x="1", b__y="1"))], False)
    (tmp_path / "b" / KUSTOMIZATION).write_text("mine: 1\n", encoding="utf-8")
    write([(str(tmp_path), texts(a__x="1"))], True)
    assert content(tmp_path / "b") == {KUSTOMIZATION: b"mine: 1\n"}


def test_prune_removes_an_own_kustomization_that_lists_nothing(tmp_path: Path) -> None:
    write([(str(tmp_path), texts(a__x="1", b__y="1"))], False)
    (tmp_path / "b" / "y.yaml").unlink()
    assert compare(str(tmp_path), texts(a__x="1"), True).stale == [f"b/{KUSTOMIZATION}"]
    write([(str(tmp_path), texts(a__x="1"))], True)
    assert not (tmp_path / "b").exists()


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in (f"{output.TREE_PART}1-aa", f"a/{output.TREE_PART}2-bb"):
        (tmp_path / name).write_text("half", encoding="utf-8")
    write([(str(tmp_path), texts(a__x="1"))], False)
    assert sorted(content(tmp_path)) == [f"a/{KUSTOMIZATION}", "a/x.yaml", KUSTOMIZATION]


def test_one_file_sweeps_what_is_old_and_nobodys(tmp_path: Path) -> None:
    import fcntl

    old, young, held = (tmp_path / f"{output.FILE_PART}{name}" for name in ("old", "young", "held"))
    for file in (old, young, held):
        file.write_text("half", encoding="utf-8")
    for file in (old, held):
        os.utime(file, (1, 1))
    with held.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        output.write_atomically(tmp_path / "all.yaml", "a: 1\n")
    assert [old.exists(), young.exists(), held.exists()] == [False, True, True]


def test_a_folder_that_cannot_be_pruned_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write([(str(tmp_path), texts(a__x="1", b__y="1"))], False)
    before = content(tmp_path)
    monkeypatch.setattr(tree_writing.os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="cannot be removed"):
        write([(str(tmp_path), texts(a__x="2"))], True)
    assert content(tmp_path) == before


def test_new_files_have_the_permissions_that_new_files_get(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write([(str(tmp_path), texts(a__x="1"))], False)
        output.write_atomically(tmp_path / "all.yaml", "a: 1\n")
    finally:
        os.umask(mask)
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "a" / "x.yaml", tmp_path / "all.yaml")}
    assert modes == {0o640}


class Named:
    """A manifest that is nothing but its metadata."""

    def __init__(self, **metadata: object) -> None:
        self.body, self.text = {"metadata": metadata}, ""


@pytest.mark.parametrize(
    "metadata",
    [
        {"namespace": "..", "name": "a"},
        {"namespace": "a", "name": "../../b"},
        {"namespace": "a/b", "name": "a"},
        {"namespace": "a\0", "name": "a"},
        {"namespace": "a", "name": "kustomization"},
        {"namespace": 1, "name": "a"},
        {"name": "a"},
        {},
    ],
)
def test_no_name_leads_out_of_the_folder(metadata: dict) -> None:
    with pytest.raises(UsageError):
        text_of([Named(**metadata)])  # type: ignore[list-item]


def test_a_diff_can_be_applied_by_git(tmp_path: Path) -> None:
    import subprocess

    write([(str(tmp_path / "tree"), texts(a__x="1", b__y="1"))], False)
    (tmp_path / "tree" / "a" / "x.yaml").write_text(MARKER + "a: changed", encoding="utf-8")
    wanted = texts(a__x="1", c__z="3")
    changes = compare(str(tmp_path / "tree"), wanted, True)
    relative = "".join(changes.diff()).replace(str(tmp_path).lstrip("/") + "/", "")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], input=relative, text=True, cwd=tmp_path, check=True)
    assert not compare(str(tmp_path / "tree"), wanted, True).is_drift


def test_a_tree_inside_is_neither_stale_nor_written_over(tmp_path: Path) -> None:
    write([(str(tmp_path / "prod"), texts(a__x="1"))], True)
    before = content(tmp_path / "prod")
    write([(str(tmp_path), texts(b__y="1"))], True)
    assert content(tmp_path / "prod") == before
    with pytest.raises(UsageError, match="prod: contains another output tree"):
        write([(str(tmp_path), texts(prod__y="1"))], True)


def test_a_file_that_cannot_take_its_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(part: str, file: str) -> None:
        raise PermissionError(1, "Operation not permitted", part)

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(UsageError, match=r"a/x\.yaml: cannot be written: operation not permitted"):
        write([(str(tmp_path), texts(a__x="1"))], False)
    assert content(tmp_path) == {}
