"""What `make render` writes to stdout may be piped to kubectl: the manifests, however make is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.shell import STAMPS
from tests.tiers import mostly_full

# What a user, or an outer make, may ask of make; none of it may reach stdout.
FLAGS = [
    ("-w", "-j4"),
    (),
    ("-j4",),
    ("-j",),
    ("-w",),
    ("-O", "-j2"),
    ("-w", "-O", "-j3"),
    ("--print-directory", "--output-sync=recurse", "-j2"),
    ("-k",),
    ("-s",),
]
MANIFEST = (ROOT / "values" / "rendered" / "phi-small.yaml").read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is prepared, so that make runs recipes alone."""
    folder = tmp_path / "pack"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for entry in ROOT.iterdir():
        if not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    (folder / ".venv" / "bin" / "python").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8"
    )
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    for stamp in STAMPS:
        (folder / ".venv" / f"{stamp}.stamp").touch()
    return folder


def make(*arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make without what an outer make has set."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *map(str, arguments)],
        cwd=cwd,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "flags",
    mostly_full(FLAGS),
    ids=lambda flags: " ".join(flags) or "none",
)
def test_make_prints_the_manifests_alone_from_another_folder(
    checkout: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    done = make("-C", checkout, *flags, "render", "VALUES=phi-small.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, MANIFEST), done.stderr


@pytest.mark.parametrize("flags", mostly_full(FLAGS, 1), ids=lambda flags: " ".join(flags) or "none")
@pytest.mark.parametrize("recipe", ["$(MAKE) -C {}", "cd {} && $(MAKE)"])
def test_a_recursive_make_prints_the_manifests_alone(
    checkout: Path, tmp_path: Path, flags: tuple[str, ...], recipe: str
) -> None:
    call = recipe.format(checkout)
    (tmp_path / "Makefile").write_text(f"all:\n\t@{call} render VALUES=phi-small\n", encoding="utf-8")
    done = make(*flags, "all", cwd=tmp_path)
    # With -w or -O the outer make names its own folder; those lines are not ours.
    ours = [line for line in done.stdout.splitlines(keepends=True) if not line.startswith("make: ")]
    assert (done.returncode, "".join(ours)) == (0, MANIFEST), done.stderr


@pytest.mark.full
@pytest.mark.parametrize("flags", ["w", "wk", " -j3 -O", "w -j2 -Oline"])
def test_flags_in_the_environment_write_nothing_either(checkout: Path, tmp_path: Path, flags: str) -> None:
    done = make("-C", checkout, "render", "VALUES=phi-small", cwd=tmp_path, MAKEFLAGS=flags)
    assert (done.returncode, done.stdout) == (0, MANIFEST), done.stderr


def test_a_failure_prints_nothing_to_stdout(checkout: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\nmodelSource: vllm\n", encoding="utf-8")
    done = make("-C", checkout, "render", f"VALUES={wrong}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{wrong}:1:1 modelId: " in done.stderr


def test_a_dry_run_shows_the_recipes_and_runs_none(checkout: Path, tmp_path: Path) -> None:
    done = make("-C", checkout, "-n", "render", "VALUES=phi-small.yaml", cwd=tmp_path)
    assert "scripts/render" in done.stdout
    assert "kind: Workspace" not in done.stdout


def test_make_venv_makes_the_command(checkout: Path, tmp_path: Path) -> None:
    assert make("-C", checkout, "venv", cwd=tmp_path).returncode == 0
    command = checkout / ".venv" / "bin" / "kaito-pack"
    done = subprocess.run(
        [command, "values/phi-small.yaml"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, MANIFEST, "")


def test_values_that_are_nowhere_name_the_places_and_a_near_file(checkout: Path, tmp_path: Path) -> None:
    done = make("-C", checkout, "render", "VALUES=lama.yaml", cwd=tmp_path, PWD=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("VALUES=")]
    assert line.startswith("VALUES=lama.yaml: not found in ")
    assert str((checkout / "values").resolve()) in line
    assert line.endswith("Did you mean VALUES=llama.yaml?")
