"""Which files a run is given: nothing that is there may count as gone."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import UsageError
from kaito_pack.pack import Pack
from kaito_pack.run.sources import named_files, read_sources
from kaito_pack.run.targets import read_fleet

HEAD = "apiVersion: pack.kubefoundry.io/v1\nkind: "
FLEET = HEAD + "Fleet\ntargets:\n  - {name: a, target: target.yaml, values: [one.yaml, %s], out: out}\n"


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of values that this user may not read; root would not be stopped by its permissions."""
    folder = tmp_path / "models" / "team"
    folder.mkdir(parents=True)
    for file in (tmp_path / "one.yaml", folder / "two.yaml"):
        file.write_text("name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\n", encoding="utf-8")
    (tmp_path / "target.yaml").write_text(f'{HEAD}Target\nkaitoVersion: "0.12"\n', encoding="utf-8")
    scan, access = os.scandir, os.access

    def refused(path: Any = ".") -> Any:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    return folder


@pytest.mark.parametrize("pattern", ["models", "models/*", "models/**/*.yaml", "m*/team/*.yaml"])
def test_a_folder_that_cannot_be_read_stops_a_fleet(closed: Path, tmp_path: Path, pattern: str) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET % pattern, encoding="utf-8")
    with pytest.raises(UsageError, match="team: cannot be read: permission denied"):
        read_fleet(str(tmp_path / "fleet.yaml"), Pack())


def test_a_folder_that_cannot_be_read_is_told(closed: Path, tmp_path: Path) -> None:
    result = named_files([str(tmp_path / "models")])
    assert [item.source and item.source.unread for item in result] == [
        f"{closed}: cannot be read: permission denied"
    ]


def test_a_file_that_is_named_twice_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    for name in ("a", "b"):
        (tmp_path / "models" / f"{name}.yaml").write_text("kind: Other\n", encoding="utf-8")
    result = named_files(["models", "models/../models/b.yaml", str(tmp_path / "models")])
    assert [(item.file, item.among) for item in result] == [
        ("models/a.yaml", "models"),
        ("models/../models/b.yaml", ""),  # named, so it must hold values
    ]


def test_stdin_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("name: a\n"))
    first, second = named_files(["-"]), read_sources(["-"])
    assert first[0].source is not None and first[0].source.unread is None
    assert second[0].unread == "<stdin>: can be read only once. Pass - once"


def test_values_with_a_field_of_manifests_are_not_passed_over(tmp_path: Path) -> None:
    """Else a slip would have what they render to pruned."""
    (tmp_path / "slip.yaml").write_text("kind: x\nname: a\nmodelSource: vllm\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text("kind: ConfigMap\n", encoding="utf-8")
    read = [item.read() for item in named_files([str(tmp_path)])]
    assert [item and Path(item.file).name for item in read] == [None, "slip.yaml"]
