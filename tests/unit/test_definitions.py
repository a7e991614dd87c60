"""The Kubernetes definitions are found, trimmed and cached, and a bad cache does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaito_pack.base import derived
from kaito_pack.base.problems import UsageError
from kaito_pack.kubernetes.decoding import definitions


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    yield tmp_path / "kaito-pack"
    forget()


def forget() -> None:
    """Read from the cache again, as a new process would."""
    definitions.definition.cache_clear()
    derived._stores.cache_clear()
    derived._values.cache_clear()


def test_every_version_has_a_pod_template_and_a_service() -> None:
    assert definitions.versions()[0] == "1.25"
    assert definitions.newest() == definitions.versions()[-1]
    for version in definitions.versions():
        assert "spec" in definitions.definition(version).schemas[definitions.POD_TEMPLATE]["properties"]
        assert definitions.of_kind(version, "v1", "Service") is not None


def test_all_that_is_referred_to_is_there() -> None:
    schemas = definitions.definition("1.35").schemas
    referred: list[str] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            referred.extend([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for below in part.values():
                walk(below)

    walk(dict(schemas))
    assert referred
    assert set(referred) <= set(schemas)


def test_an_unknown_version_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"1\.9 is not supported.*1\.25 to"):
        definitions.definition("1.9")


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Servise"),
        ("v2", "Service"),
        ("../v1", "Service"),
        ("v1", "../x"),
        ("", ""),
        ("v1", "service"),
        ("v1", "DeleteOptions"),
    ],
)
def test_an_unknown_kind_has_no_definition(api_version: str, kind: str) -> None:
    assert definitions.of_kind("1.35", api_version, kind) is None


def test_what_was_derived_is_read_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = definitions.definition("1.30").schemas
    derived.save()
    (file,) = cache.iterdir()
    assert "1.30" in file.name
    forget()
    monkeypatch.setattr(definitions, "_all", None)  # which reads the package's file
    assert definitions.definition("1.30").schemas == first


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"":0}', b"\xff", b"[" * 100000])
def test_a_cache_that_is_not_whole_is_derived_again(cache: Path, content: bytes) -> None:
    definitions.definition("1.30")
    derived.save()
    (file,) = cache.iterdir()
    file.write_bytes(content)
    forget()
    assert definitions.POD_TEMPLATE in definitions.definition("1.30").schemas
    derived.save()
    assert len(file.read_bytes()) > 10000


def test_a_cache_folder_that_cannot_be_made_is_passed_over(cache: Path) -> None:
    cache.write_text("a file, no folder")
    assert definitions.POD_TEMPLATE in definitions.definition("1.30").schemas
    derived.save()


def test_without_a_home_nothing_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    forget()
    assert definitions.POD_TEMPLATE in definitions.definition("1.30").schemas
    derived.save()
    assert not Path("relative").exists()


def test_neither_jsonschema_nor_kubernetes_validate_is_imported() -> None:
    code = (
        "import sys\nfrom kaito_pack.kaito import template\n"
        "list(template.check_template({'inference': {}}, '0.12', '1.35'))\n"
        "costly = ('jsonschema', 'kubernetes_validate', 'yaml', 'click', 'fractions')\n"
        "print([name for name in costly if name in sys.modules])"
    )
    root = Path(definitions.__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert run.stdout.strip() == "[]"
