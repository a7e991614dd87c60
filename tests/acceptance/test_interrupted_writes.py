"""Writes that are killed, or find no space or no right: nothing torn or foreign touched, a rerun converges.

KILLS=500 kills so many times; the user is the one who runs the tests, and nobody if that is root.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command import environment
from tests.conftest import ROOT
from tests.interrupting import COMMANDS, PART, State, prepare

pytestmark = pytest.mark.full
KILLS = int(os.environ.get("KILLS", "30"))
NOBODY = 65534
FOREIGN = {"out/notes.md": "not ours\n", "out/other/mine.yaml": "a: 1\n"}
USERS = ["the user", "nobody"]


def is_readable_for_all(path: Path) -> bool:
    """Whether every user can read what is in a folder."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> int | None:
    """The id of a user to become, None to stay who one is."""
    if request.param == "the user":
        return None
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    return NOBODY


@pytest.fixture
def folder(user: int | None) -> Iterator[Path]:
    """A folder of that user's own, which that user can reach."""
    with tempfile.TemporaryDirectory(prefix="kaito-pack-writes-") as name:
        path = Path(name)
        path.chmod(0o755)
        if user is not None:
            os.chown(path, user, user)
        yield path


def become(user: int | None) -> None:
    """Become another user, in the child process."""
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def test_a_run_that_is_killed_at_a_random_moment_leaves_whole_files(folder: Path, user: int | None) -> None:
    who = [] if user is None else [str(user)]
    command = [sys.executable, "-m", "tests.interrupting", str(folder), str(KILLS), *who]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["faults"] == []
    assert sum(figures["kills"].values()) == KILLS


def need_python(user: int | None) -> None:
    """Skip a test that starts Python as another user, who may not reach it."""
    folders = (ROOT, Path(sys.executable).resolve().parent)
    if user is not None and not all(map(is_readable_for_all, folders)):
        pytest.skip("only root may read this Python")


Render = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def render(folder: Path, user: int | None) -> Render:
    """Runs a command in the folder as the user, after the function `before`."""
    need_python(user)

    def run(
        words: list[str], before: Callable[[], object] = lambda: None
    ) -> subprocess.CompletedProcess[str]:
        def start() -> None:
            before()
            become(user)

        return subprocess.run(
            [sys.executable, str(ROOT / "render.py"), *words],
            cwd=folder,
            env=environment({"HOME": str(folder)}),
            preexec_fn=start,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def own(folder: Path, user: int | None) -> None:
    """Give all that is in a folder to the user."""
    for path in folder.rglob("*") if user is not None else ():
        os.chown(path, user or 0, user or 0, follow_symlinks=False)


@pytest.fixture(params=COMMANDS)
def words(request: pytest.FixtureRequest, folder: Path, user: int | None, render: Render) -> list[str]:
    """A command that writes, in a folder with its output of before the values changed."""
    command: list[str] = COMMANDS[request.param]
    for file, text in FOREIGN.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    prepare(folder, 1, range(0, 8))
    own(folder, user)
    assert render(command).returncode == 0
    prepare(folder, 2, range(4, 12))
    own(folder, user)
    return command


def refused(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command has said in one line that it cannot write."""
    assert "Traceback" not in done.stderr
    return done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "cannot be" in done.stderr


@pytest.mark.parametrize("limit", [0, 1, 700])
def test_a_file_that_may_not_grow_is_not_written(
    folder: Path, words: list[str], render: Render, limit: int
) -> None:
    old = State.read(folder / "out")
    done = render(words, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert refused(done), done
    assert State.read(folder / "out") == old
    assert not list((folder / "out").rglob(f"{PART}*"))
    assert render(words).returncode == 0
    assert State.read(folder / "out") != old


def on_other_disk(folder: Path, options: str, words: list[str], user: int | None) -> tuple[int, str]:
    """Run a command with `out` on another file system, leaving a copy in `left`; return code and stderr."""
    become_user = [] if user is None else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    command = " ".join([*become_user, sys.executable, str(ROOT / "render.py"), *words])
    script = (
        f"cp -a out before && mount -t tmpfs -o {options} none out && cp -a before/. out || exit 99\n"
        f"{command} 2> log\ncode=$?\ncp -a out left\nexit $code"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        cwd=folder,
        env=environment({"HOME": str(folder)}),
        check=False,
        capture_output=True,
    )
    shutil.rmtree(folder / "before")
    return done.returncode, (folder / "log").read_text(encoding="utf-8") if done.returncode != 99 else ""


def test_on_a_disk_that_is_full_the_old_files_stay(folder: Path, words: list[str], user: int | None) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no right to make a mount namespace")
    old = State.read(folder / "out")
    codes = []
    owner = "" if user is None else f",uid={user},gid={user}"
    for size in range(24, 400, 12):
        code, log = on_other_disk(folder, f"size={size}k{owner}", words, user)
        if code == 99:  # not even the old files fit
            continue
        codes.append(code)
        state = State.read(folder / "left")
        assert not list((folder / "left").rglob(f"{PART}*"))
        shutil.rmtree(folder / "left")
        if code == 0:
            assert state != old
            break
        assert code == 2 and "cannot be written: no space left" in log and len(log.splitlines()) == 1
        assert state == old
    assert len(codes) > 1 and codes[-1] == 0


@pytest.mark.parametrize("what", ["the folder", "every folder"])
def test_in_a_read_only_folder_nothing_changes(
    folder: Path, words: list[str], user: int | None, render: Render, what: str
) -> None:
    if user is None and os.geteuid() == 0:
        pytest.skip("root may write into read-only folders")
    out = folder / "out"
    old = State.read(out)
    closed = [out, *(path for path in out.rglob("*") if path.is_dir() and what == "every folder")]
    for path in closed:
        path.chmod(0o555)
    done = render(words)
    assert State.read(out) == old or what == "the folder"
    if what == "every folder":
        assert refused(done), done
    for path in closed:
        path.chmod(0o755)
    assert not list(out.rglob(f"{PART}*"))
    assert render(words).returncode == 0


def test_a_read_only_file_system_is_one_line_for_root_too(
    folder: Path, words: list[str], user: int | None
) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no right to make a mount namespace")
    old = State.read(folder / "out")
    script = (
        "mount --bind out out && mount -o remount,ro,bind out || exit 99\n"
        f"{sys.executable} {ROOT / 'render.py'} {' '.join(words)}"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        cwd=folder,
        env=environment({"HOME": str(folder)}),
        check=False,
        capture_output=True,
        text=True,
    )
    assert refused(done), done
    assert "read-only file system" in done.stderr
    assert State.read(folder / "out") == old
