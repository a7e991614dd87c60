"""The command names itself as it was called, so that what it prints can be run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaito_pack.cli import _program
from tests.conftest import PHI, ROOT, Run

LAUNCHER = ROOT / "scripts" / "launcher"


def execute(*words: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program with `path` first on the PATH."""
    search = f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"]
    return subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env={**os.environ, "PATH": search, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """`.venv/bin/kaito-pack` of a checkout, as `make venv` writes it."""
    folder = tmp_path / "a pack" / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    file = folder / "kaito-pack"
    subprocess.run([LAUNCHER, sys.executable, file], check=True)
    return file


def test_the_next_command_runs_by_the_name_that_was_used(command: Path, tmp_path: Path) -> None:
    place = tmp_path / "a pack"
    arguments = ("new", "phi.yaml", "--mode", "vllm", "--model-id", "microsoft/Phi-4-mini-instruct")
    ways: list[tuple[list[str], str, Path | None]] = [
        ([".venv/bin/kaito-pack"], ".venv/bin/kaito-pack", None),
        ([str(command)], ".venv/bin/kaito-pack", None),
        (["kaito-pack"], "kaito-pack", command.parent),
        ([str(ROOT / "render.py")], str(ROOT / "render.py"), Path(sys.executable).parent),
    ]
    for words, name, path in ways:
        done = execute(*words, *arguments, "--force", cwd=place, path=path)
        assert done.returncode == 0, done.stderr
        following = done.stderr.rpartition("Next: ")[2].strip()
        assert following == f"{name} phi.yaml"
        rendered = execute("sh", "-c", following, cwd=place, path=path)
        assert "kind: Workspace" in rendered.stdout, rendered.stderr


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("/usr/bin/kaito-pack", "kaito-pack"),
        ("/opt/pack/render.py", "/opt/pack/render.py"),
        ("./render.py", "./render.py"),
        ("../pack/render.py", "../pack/render.py"),
        ("render.py", "./render.py"),
        ("/venv/lib/kaito_pack/__main__.py", "python -m kaito_pack"),
        ("", "kaito-pack"),
    ],
)
def test_the_name_is_one_that_the_shell_finds(
    called: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(ROOT)
    assert _program.program() == name


def test_help_and_messages_use_the_name(command: Path, tmp_path: Path) -> None:
    done = execute("kaito-pack", "--help", cwd=tmp_path, path=command.parent)
    assert "Usage: kaito-pack [OPTIONS]" in done.stdout
    assert "kaito-pack validate llama.yaml" in done.stdout
    assert "render.py" not in done.stdout
    done = execute("kaito-pack", "pack", "check", cwd=tmp_path, path=command.parent)
    assert (
        done.stderr == "Error: no pack given. Pass its folder: kaito-pack pack check DIR, or use --pack DIR\n"
    )


def prepared(folder: Path, environment: Callable[[Path], None]) -> Path:
    """A checkout of render.py alone, with an environment."""
    shutil.copy(ROOT / "render.py", folder / "render.py")
    environment(folder / ".venv")
    return folder / "render.py"


def _fake(folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text('#!/bin/sh\necho "handed over: $@"\n', encoding="utf-8")
    python.chmod(0o755)


def test_render_py_is_executable() -> None:
    assert os.access(ROOT / "render.py", os.X_OK)


def test_render_py_hands_itself_over_to_the_environment_of_make_venv(tmp_path: Path) -> None:
    file = prepared(tmp_path, _fake)
    base = Path(sys.base_prefix) / "bin" / "python3"
    done = execute(base, file.name, "x.yaml", "--set", "a=b c", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "handed over: render.py x.yaml --set a=b c\n")


def test_render_py_hands_over_if_a_package_is_missing_in_an_environment(tmp_path: Path) -> None:
    file = prepared(tmp_path, _fake)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    done = execute(tmp_path / "own" / "bin" / "python", "-E", file, "x.yaml", cwd=tmp_path)
    assert done.returncode == 1, "kaito_pack is not beside this copy"
    (tmp_path / "kaito_pack").symlink_to(ROOT / "kaito_pack")
    done = execute(tmp_path / "own" / "bin" / "python", "-E", file, "x.yaml", cwd=tmp_path)
    assert done.stdout == f"handed over: {file} x.yaml\n"


def test_without_an_environment_and_packages_one_line_says_what_to_run(tmp_path: Path) -> None:
    file = prepared(tmp_path, lambda folder: None)
    (tmp_path / "kaito_pack").symlink_to(ROOT / "kaito_pack")
    (tmp_path / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = execute(sys.executable, "-S", "-E", file, "phi.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{file}: Python package 'click' is missing. Run `make venv`\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("validat", "x.yaml"), "`validat` is neither a command nor a file. Did you mean `validate`?"),
        (("preflite",), "Did you mean `preflight`?"),
        (("zzz",), "zzz: cannot be read: no such file or directory"),
        (("pho.yaml",), "pho.yaml: cannot be read: no such file or directory. Did you mean `phi.yaml`?"),
        (("phi",), "phi: cannot be read: no such file or directory. Did you mean `phi.yaml`?"),
        (("validate", "phi"), "phi: cannot be read: no such file or directory. Did you mean `phi.yaml`?"),
        (("phi.yaml", "--target", "prd.yaml"), "prd.yaml: cannot be read"),
        (("sub/phi.yaml",), "sub/phi.yaml: cannot be read: no such file or directory"),
    ],
)
def test_a_misspelt_word_is_named_with_what_was_meant(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], hint: str
) -> None:
    (tmp_path / "phi.yaml").write_text(PHI, encoding="utf-8")
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert hint in done.stderr


def test_a_file_without_an_extension_is_rendered(run: Run, tmp_path: Path) -> None:
    (tmp_path / "values").write_text(PHI, encoding="utf-8")
    assert "kind: Workspace" in run("values").stdout


def test_a_folder_that_is_called_like_a_list_is_rendered_with_options_of_render(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "phi.yaml").write_text(PHI, encoding="utf-8")
    assert run("models", "--out", "tree").returncode == 0
    assert list((tmp_path / "tree").rglob("workspace-phi.yaml"))
    assert run("models").stdout.startswith("MODEL"), "the list, if no option says otherwise"
