"""What is kept between two starts: used while its files are as they were, never otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaito_pack.base import cache_store, derived
from kaito_pack.base.cache_store import Store
from tests.conftest import ROOT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache" / "kaito-pack"
    forget()


def forget() -> None:
    """Read from the cache again, as a new process would."""
    derived._stores.cache_clear()
    derived._values.cache_clear()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_text("1", encoding="utf-8")
    return file


def written(source: Path) -> Store:
    """A store with two contents, as the next process reads it."""
    store = Store("x.bin")
    store.put("first", [str(source)], {"a": [1, None, "b"]})
    store.put("second", [], ("c",))
    store.save()
    return Store("x.bin")


def test_contents_come_back(cache: Path, source: Path) -> None:
    store = written(source)
    assert store.get("first") == {"a": [1, None, "b"]}
    assert store.get("second") == ("c",)
    assert store.get("third") is None
    assert store.files("first") == [str(source)]


def test_a_content_is_dropped_once_its_file_changes_or_goes(cache: Path, source: Path) -> None:
    written(source)
    source.write_text("12", encoding="utf-8")
    assert (Store("x.bin").get("first"), Store("x.bin").get("second")) == (None, ("c",))
    source.unlink()
    assert Store("x.bin").get("first") is None


def test_saving_again_keeps_what_is_current(cache: Path, source: Path) -> None:
    store = written(source)
    store.put("third", [], 3)
    source.write_text("12", encoding="utf-8")
    store.save()
    again = Store("x.bin")
    assert [again.get(name) for name in ("first", "second", "third")] == [None, ("c",), 3]


@pytest.mark.parametrize("content", [b"", b"[" * 10_000, cache_store.MARK, cache_store.MARK + b"\xff" * 100])
def test_a_file_of_something_else_is_not_read(cache: Path, source: Path, content: bytes) -> None:
    written(source)
    (file,) = cache.iterdir()
    file.write_bytes(content)
    assert Store("x.bin").get("second") is None


def test_what_is_no_plain_data_is_left_out(cache: Path) -> None:
    store = Store("x.bin")
    store.put("object", [], object())
    store.put("file", ["/no/such/file"], 1)
    store.save()
    assert not cache.exists() or list(cache.iterdir()) == []


def test_a_value_is_derived_once_and_again_if_a_file_changes(cache: Path, source: Path) -> None:
    runs = []

    def derive() -> list[str]:
        derived.depends_on(source)
        runs.append(1)
        return [source.read_text(encoding="utf-8")]

    for _ in range(2):
        assert derived.derived("v", derive) == derived.derived("v", derive) == ["1"]
        derived.save()
        forget()
    assert len(runs) == 1
    source.write_text("12", encoding="utf-8")
    assert derived.derived("v", derive) == ["12"]


def test_what_is_derived_of_a_derived_value_changes_with_its_files(cache: Path, source: Path) -> None:
    def inner() -> str:
        derived.depends_on(source)
        return source.read_text(encoding="utf-8")

    def outer() -> str:
        return f"<{derived.derived('inner', inner)}>"

    for text in ("1", "12", "123"):
        source.write_text(text, encoding="utf-8")
        assert derived.derived("outer", outer) == f"<{text}>"
        derived.save()
        forget()


def test_it_changes_with_a_value_that_was_derived_before_it(cache: Path, source: Path) -> None:
    def inner() -> str:
        derived.depends_on(source)
        return source.read_text(encoding="utf-8")

    def outer() -> str:
        return f"<{derived.derived('inner', inner)}>"

    for text in ("1", "12", "123"):
        source.write_text(text, encoding="utf-8")
        derived.derived("inner", inner)
        assert derived.derived("outer", outer) == f"<{text}>"
        derived.save()
        forget()


LOADERS = """
import sys
{first}
sys.argv[0] = "render.py"
from kaito_pack.cli import main
try:
    main(["values/llama.yaml"])
finally:
    modules = [sys.modules[name] for name in ("click.core", "kaito_pack.run.pipeline")]
    print(*{{type(module.__spec__.loader).__name__ for module in modules}}, file=sys.stderr)
"""


def loaders(cache: Path, first: str = "") -> str:
    """The loaders of two modules in a new process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", LOADERS.format(first=first)]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    ).stderr.strip()


def test_modules_come_from_the_cache_at_the_third_start_of_a_command(tmp_path: Path) -> None:
    """The second writes them: a machine that forgets the cache after each start does not pay for it."""
    assert loaders(tmp_path) == "_Reader"
    assert list((tmp_path / "kaito-pack").glob("*modules*")) == []
    assert loaders(tmp_path) == "_Reader"
    assert loaders(tmp_path) == "_Loader"


def test_a_program_that_imports_the_library_for_itself_is_left_alone(tmp_path: Path) -> None:
    for _ in range(2):
        loaders(tmp_path)
    assert loaders(tmp_path, "import kaito_pack.models.checks") == "SourceFileLoader"
