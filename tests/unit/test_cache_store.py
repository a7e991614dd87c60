"""What is kept between two starts: used while its files are as they were, never otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaito_pack.base import cache_files, cache_store, derived
from kaito_pack.base.cache_store import Store
from kaito_pack.pack import Pack, references
from tests.conftest import ROOT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache" / "kaito-pack"
    forget()


def forget() -> None:
    """Read from the cache again, as a new process would."""
    cache_files._are_parents_safe.cache_clear()
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


def test_a_damaged_byte_is_noticed_wherever_it_is(cache: Path, source: Path) -> None:
    written(source)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        store = Store("x.bin")
        assert store.get("first") in (None, {"a": [1, None, "b"]})
        assert store.get("second") in (None, ("c",))
        assert None in (store.get("first"), store.get("second"))


def test_a_torn_file_is_not_read(cache: Path, source: Path) -> None:
    written(source)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert Store("x.bin").get("second") is None
        file.write_bytes(whole[:length].ljust(len(whole), b"\0"))  # as after a crash
        assert None in (Store("x.bin").get("first"), Store("x.bin").get("second"))


def test_a_damaged_content_is_replaced(cache: Path, source: Path) -> None:
    written(source)
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    store = Store("x.bin")
    assert store.get("second") is None
    store.put("second", [], ("c",))
    store.save()
    assert Store("x.bin").get("second") == ("c",)


@pytest.mark.parametrize(
    ("mode", "is_safe"), [(0o755, True), (0o1777, True), (0o777, False), (0o757, False), (0o770, False)]
)
def test_the_folders_above_are_safe(cache: Path, source: Path, mode: int, is_safe: bool) -> None:
    written(source)
    above = cache.parent.parent
    if os.geteuid() == 0:
        os.chown(above, 0, 4321)
    above.chmod(mode)
    forget()
    is_safe |= mode == 0o770 and above.stat().st_gid == os.geteuid()
    assert (cache_files.folder() is not None) == is_safe
    assert (Store("x.bin").get("second") is not None) == is_safe


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to another user")
def test_a_folder_of_another_user_above_is_not_safe(cache: Path, source: Path) -> None:
    written(source)
    os.chown(cache.parent, 4321, -1)
    forget()
    assert cache_files.folder() is None


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


@pytest.mark.parametrize("is_derived_before", [False, True])
def test_what_is_derived_of_a_derived_value_changes_with_its_files(
    cache: Path, source: Path, is_derived_before: bool
) -> None:
    def inner() -> str:
        derived.depends_on(source)
        return source.read_text(encoding="utf-8")

    def outer() -> str:
        return f"<{derived.derived('inner', inner)}>"

    for text in ("1", "12", "123"):
        source.write_text(text, encoding="utf-8")
        if is_derived_before:
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


def test_every_mode_depends_on_the_schema_that_they_share(cache: Path) -> None:
    """Also the second one that a process resolves."""
    folder = ROOT / "schemas"
    names = [f"values/{mode}.schema.json" for mode in Pack().mode_names]
    for name in names:
        references.resolve(name, [folder])
    files = {name: derived._store("facts").files(f"resolved {name}") for name in names}
    assert all(str(folder / "values" / "common.schema.json") in owner for owner in files.values())
