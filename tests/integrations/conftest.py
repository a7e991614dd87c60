"""The pack as users have it: built into a wheel, installed, run far from the checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, and what it was made from."""

    folder: Path
    wheel: Path

    @property
    def bin(self) -> Path:
        """Where `kaito-pack` and `python` are."""
        return self.folder / "bin"

    def environment(self, home: str) -> dict[str, str]:
        """The variables of a process that has next to nothing: PATH with the command, a home."""
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"}


def build(source: Path, out: Path) -> Path:
    """The wheel of the project in `source`, built without a network."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed by pip without a network; its dependencies are those that the tests run with."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = build(ROOT, folder / "dist")
    home = folder / "venv"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    install += ["--no-index", "--disable-pip-version-check", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (site_packages,) = home.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(home, wheel)


Command = Callable[..., "subprocess.CompletedProcess[str]"]


# The whole file system read-only, /tmp included, no network, no capabilities: more than a pod's
# readOnlyRootFilesystem takes away.
SEAL = """
mount --make-rprivate / && mount -o remount,ro,bind / &&
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
"""


@pytest.fixture
def sealed(installed: Installed, tool: Callable[[str], str], tmp_path: Path) -> Command:
    """Runs a command where nothing can be written and nobody be reached, in `cwd` (an empty folder)."""
    unshare = [tool("unshare"), "--mount", "--net", "sh", "-c"]
    tool("setpriv")
    if subprocess.run([*unshare, SEAL, "sh", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to make a mount namespace")  # a right, which no tool brings
    empty = tmp_path / "empty"
    empty.mkdir()

    def run_command(
        *command: str, stdin: str = "", cwd: Path = empty, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*unshare, SEAL, "sh", *command],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**installed.environment("/nonexistent"), **variables},
            timeout=60,
            check=False,
        )

    return run_command
