"""The first environment: what of a wheel is unpacked, in which order, and which wheels pip installs."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from scripts import unpack_wheels

METADATA = "pack-1.dist-info/METADATA"


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to unpack into; the wheels of the test are in `wheels` beside it."""
    (tmp_path / "wheels").mkdir()
    monkeypatch.setattr(unpack_wheels.sysconfig, "get_path", lambda _: str(tmp_path / "site-packages"))
    monkeypatch.setattr(sys, "argv", ["unpack_wheels.py", str(tmp_path / "wheels")])
    return tmp_path / "site-packages"


def wheel(site_packages: Path, *names: str) -> None:
    """Write a wheel with files of these names."""
    with zipfile.ZipFile(site_packages.parent / "wheels" / "pack-1-py3-none-any.whl", "w") as archive:
        for name in names:
            archive.writestr(name, name)


def unpacked(site_packages: Path) -> set[str]:
    return {str(file.relative_to(site_packages)) for file in site_packages.rglob("*") if file.is_file()}


def test_a_wheel_is_unpacked_to_the_byte(site_packages: Path) -> None:
    wheel(site_packages, METADATA, "pack/__init__.py")
    assert unpack_wheels.main() == 0
    assert unpacked(site_packages) == {METADATA, "pack/__init__.py"}
    assert (site_packages / METADATA).read_text(encoding="utf-8") == METADATA


def test_of_the_kubernetes_schemas_only_the_definitions_are_unpacked(site_packages: Path) -> None:
    folder = "kubernetes_validate/kubernetes-json-schema"
    wanted = {f"{folder}/v1.37.0-local/_definitions.json", "kubernetes_validate/version.py"}
    others = {
        f"{folder}/v1.37.0-local/pod-v1.json",
        f"{folder}/v1.37.0-local-strict/_definitions.json",
    }
    wheel(site_packages, *wanted, *others)
    assert unpack_wheels.main() == 0
    assert unpacked(site_packages) == wanted


def test_metadata_comes_last_so_that_a_stopped_run_is_seen(
    site_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda self, path, names: written.extend(names))
    wheel(site_packages, METADATA, "pack/a.py", "pack-1.dist-info/RECORD", "zeta.py")
    assert unpack_wheels.main() == 0
    assert written == ["pack/a.py", "zeta.py", METADATA, "pack-1.dist-info/RECORD"]


@pytest.mark.parametrize("name", ["pack-1.data/scripts/pack", "pack-1.data/purelib/pack.py"])
def test_a_wheel_that_needs_an_installer_is_left_to_pip(site_packages: Path, name: str) -> None:
    wheel(site_packages, METADATA, name)
    assert unpack_wheels.main() == 1
    assert not site_packages.exists()


def test_a_source_archive_is_left_to_pip(site_packages: Path) -> None:
    wheel(site_packages, METADATA)
    (site_packages.parent / "wheels" / "other-1.tar.gz").write_bytes(b"")
    assert unpack_wheels.main() == 1
    assert not site_packages.exists()
