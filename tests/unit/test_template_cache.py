"""Compiled templates on disk: used where they are the user's own and of this very text, never otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaito_pack.base import cache_files, derived
from kaito_pack.base.cache_store import FORMAT, Store
from kaito_pack.rendering import template_cache
from kaito_pack.rendering.templates import Environment, render

Write = Callable[[str], None]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that compiled templates go to."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "kaito-pack"
    forget()


def rendered(folder: Path, source: str) -> str:
    """Render a template as a new process would, and keep what it compiles to."""
    (folder / "mode").mkdir(exist_ok=True)
    file = folder / "mode" / "t.yaml.j2"
    if not file.exists() or file.read_text(encoding="utf-8") != source:
        file.write_text(source, encoding="utf-8")
    forget()
    text = render(Environment([folder], is_cached=True), "mode/t.yaml.j2", {"a": 1})
    derived.save()
    return text


def forget() -> None:
    derived._stores.cache_clear()
    derived._values.cache_clear()


def compiled(cache: Path) -> list[Path]:
    return sorted(cache.glob("store-*-facts-*.bin"))


def forged(cache: Path, tmp_path: Path) -> Path:
    """The file with a template, with what another template compiles to in its place."""
    rendered(tmp_path, "x: 1\n")
    (file,) = compiled(cache)
    store = Store(file.name.removeprefix(f"{FORMAT}-"))
    for name, (marks, offset, length, _) in store._rows.items():
        content = store._content[store._start + offset :][:length]
        if b"x: 1" in content:
            store._added[name] = marks, content.replace(b"x: 1", b"y: 2")
    assert store._added
    store.save()
    return file


def test_a_template_is_compiled_once_and_then_read(cache: Path, tmp_path: Path) -> None:
    forged(cache, tmp_path)
    assert rendered(tmp_path, "x: 1\n") == "y: 2\n", "else the file was not read"


def test_a_template_that_has_changed_is_compiled_again(cache: Path, tmp_path: Path) -> None:
    forged(cache, tmp_path)
    assert rendered(tmp_path, "x: {{ a }}\n") == "x: 1\n"


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_others_may_write_is_not_trusted(mode: int, cache: Path, tmp_path: Path) -> None:
    forged(cache, tmp_path).chmod(mode)
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_is_not_trusted(mode: int, cache: Path, tmp_path: Path) -> None:
    forged(cache, tmp_path)
    cache.chmod(mode)
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


def test_what_belongs_to_somebody_else_is_not_trusted(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = forged(cache, tmp_path)
    if os.geteuid() == 0:  # root's own is trusted by everybody
        os.chown(file, 4321, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of root")
def test_what_root_has_filled_is_trusted(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(cache, tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert rendered(tmp_path, "x: 1\n") == "y: 2\n"


def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    file = forged(cache, tmp_path)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


@pytest.mark.parametrize("rest", [0, 1, 7, 20, 40, 100, -1])
def test_a_file_that_is_cut_short_is_made_again(rest: int, cache: Path, tmp_path: Path) -> None:
    rendered(tmp_path, "x: 1\n")
    (file,) = compiled(cache)
    whole = file.read_bytes()
    file.write_bytes(whole[:rest])
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"
    assert len(file.read_bytes()) >= len(whole)


def test_another_jinja_compiles_for_itself(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(cache, tmp_path)
    monkeypatch.setattr("jinja2.__version__", "99")
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


def test_a_changed_module_that_takes_part_in_compiling_counts(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "scalars.py"
    changed.write_text("", encoding="utf-8")
    monkeypatch.setattr(template_cache, "COMPILED_IN", (str(changed),))
    forged(cache, tmp_path)
    changed.write_text("# changed", encoding="utf-8")
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


def test_rendering_works_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert rendered(tmp_path, "x: 1\n") == "x: 1\n"


def test_nothing_half_written_stays_behind(cache: Path, tmp_path: Path) -> None:
    rendered(tmp_path, "x: 1\n")
    assert [file.name for file in cache.iterdir()] == [file.name for file in compiled(cache)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a link of another user's")
def test_a_link_of_another_user_is_not_followed(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    cache.parent.mkdir()
    cache.symlink_to(tmp_path / "own")
    assert cache_files.folder() == str(cache)
    os.chown(cache, 4321, -1, follow_symlinks=False)
    assert cache_files.folder() is None
