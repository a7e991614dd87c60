"""Kills a command that writes at random moments, and looks at what it leaves.

`python -m tests.interrupting FOLDER KILLS [UID]` prints figures as JSON: how many kills came in time, what
they left, what was wrong. FOLDER is empty; with UID all is done as that user. A kill that comes too late is
not counted.
"""

from __future__ import annotations

import json
import os
import pkgutil
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import kaito_pack
from kaito_pack.cli.main import main

VALUES = "name: {name}\nmodelSource: premade\npremadeModel: phi4:14b\nreplicas: {replicas}\n"
FLEET = """apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
- {name: one, target: target.yaml, values: [in], out: out/one}
- {name: two, target: target.yaml, values: [in], out: out/two}
"""
TARGET = """apiVersion: pack.kubefoundry.io/v1
kind: Target
kaitoVersion: "0.12"
nodeProvisioning: byo
"""
COMMANDS = {
    "tree": ["render", "in", "--out", "out/", "--prune"],
    "file": ["render", "in", "--out", "out/all.yaml"],
    "fleet": ["render", "--fleet", "fleet.yaml", "--prune"],
}
FOREIGN = {"out/notes.md": "not ours\n", "out/other/mine.yaml": "a: 1\n", "out/one/default/README": "mine\n"}
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")  # what Python reports before it changes a folder
PART = ".kaito-pack-"


class State(NamedTuple):
    """The files of a folder: content and permissions by name."""

    files: dict[str, tuple[bytes, int]]

    @classmethod
    def read(cls, folder: Path) -> State:
        """The state of a folder, without the parts of files that are being written."""
        names = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
        return cls(
            {
                name: (file.read_bytes(), file.stat().st_mode)
                for name, file in names.items()
                if not file.name.startswith(PART)
            }
        )


def prepare(folder: Path, replicas: int, names: range) -> None:
    """Write the inputs of a run: values files, a target and a fleet."""
    (folder / "in").mkdir(exist_ok=True)
    for file in (folder / "in").iterdir():
        file.unlink()
    for number in names:
        text = VALUES.format(name=f"m{number}", replicas=replicas)
        (folder / "in" / f"m{number}.yaml").write_text(text, encoding="utf-8")
    (folder / "target.yaml").write_text(TARGET, encoding="utf-8")
    (folder / "fleet.yaml").write_text(FLEET, encoding="utf-8")


def started(words: list[str], folder: Path, before: Callable[[], object] = lambda: None) -> tuple[int, int]:
    """Fork a process that runs a command in `folder`; return its id and a pipe that tells its first write."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    code = 3
    try:
        os.close(reading)
        os.chdir(folder)
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        report: list[bool] = []

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            creates = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            if not report and (creates or event in WRITES) and "out" in str(arguments[0]).split("/"):
                report.append(True)
                os.write(writing, b"w")

        before()
        sys.addaudithook(hook)
        main(words)
    except SystemExit as end:
        os.write(writing, b"e")
        code = end.code if isinstance(end.code, int) else 3
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def finished(words: list[str], folder: Path, before: Callable[[], object] = lambda: None) -> int:
    """Run a command to its end; return its exit code."""
    pid, pipe = started(words, folder, before)
    _, status = os.waitpid(pid, 0)
    os.close(pipe)
    return os.waitstatus_to_exitcode(status)


def wrong(state: State, old: State, new: State) -> Iterator[str]:
    """Yield what a run that was stopped must not leave: files that are neither old nor new."""
    for name in sorted(state.files.keys() | old.files.keys() | new.files.keys()):
        now = state.files.get(name)
        if now not in (old.files.get(name), new.files.get(name)):
            yield f"{name}: {'missing' if now is None else 'torn or changed'}"


class Trial:
    """Kills one command in a folder, again and again."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.words = folder / name, COMMANDS[name]
        self.figures: Counter[str] = Counter()
        self.faults: list[str] = []
        self.latest = 0.1  # seconds after the first write; it settles where some kills come too late
        out = self.folder / "out"
        for file, text in FOREIGN.items():
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / file).write_text(text, encoding="utf-8")
        prepare(self.folder, 1, range(0, 12))
        assert finished(self.words, self.folder) == 0, (self.folder / "log").read_text(encoding="utf-8")
        shutil.copytree(out, self.folder / "old")
        self.old = State.read(out)
        prepare(self.folder, 2, range(4, 16))
        assert finished(self.words, self.folder) == 0, (self.folder / "log").read_text(encoding="utf-8")
        self.new = State.read(out)
        assert self.old != self.new

    def reset(self) -> None:
        """Bring the output back to what it was before the change of the values."""
        shutil.rmtree(self.folder / "out")
        shutil.copytree(self.folder / "old", self.folder / "out")

    def kill(self) -> bool:
        """Kill one run at a random moment of its writing; return whether the kill came in time."""
        self.reset()
        pid, pipe = started(self.words, self.folder)
        os.read(pipe, 1)
        time.sleep(random.uniform(0, self.latest))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(pipe)
        state = State.read(self.folder / "out")
        self.faults += wrong(state, self.old, self.new)
        if not os.WIFSIGNALED(status):
            self.figures["too late"] += 1
            self.latest *= 0.8
            return False
        self.latest *= 1.1
        word = "old" if state == self.old else "new" if state == self.new else "mixed"
        self.figures[f"{word} files"] += 1
        self.figures["with a part"] += any((self.folder / "out").rglob(f"{PART}*"))
        self.converge()
        return True

    def converge(self) -> None:
        """Run the command again; the output must be the new one."""
        code = finished(self.words, self.folder)
        if code or State.read(self.folder / "out") != self.new:
            self.faults.append(f"a rerun does not converge: exit code {code}")
        is_tree = "all.yaml" not in self.words[-1]  # a part of a single file goes after a minute
        if is_tree and any((self.folder / "out").rglob(f"{PART}*")):
            self.faults.append("a rerun leaves parts of files")


def figures(folder: Path, kills: int) -> dict[str, Any]:
    """Kill the three commands in turn, so many times in all."""
    trials = {name: Trial(folder, name) for name in COMMANDS}
    counts = Counter(dict.fromkeys(trials, 0))
    while sum(counts.values()) < kills:
        name = list(trials)[sum(counts.values()) % len(trials)]
        counts[name] += trials[name].kill()
    return {
        "kills": dict(counts),
        "left": {name: dict(trial.figures) for name, trial in trials.items()},
        "faults": [f"{name}: {fault}" for name, trial in trials.items() for fault in trial.faults],
    }


def import_all(folder: Path) -> None:
    """Import what a run needs: another user may not be able to read this Python."""
    for module in pkgutil.walk_packages(kaito_pack.__path__, "kaito_pack."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                import_module(module.name)
    os.environ["XDG_CACHE_HOME"] = "none"  # not absolute, so there is none: templates are compiled
    (folder / "first.yaml").write_text(VALUES.format(name="first", replicas=1), encoding="utf-8")
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), suppress(SystemExit):
        main(["render", str(folder / "first.yaml")])


if __name__ == "__main__":
    home = Path(sys.argv[1])
    import_all(home)
    if len(sys.argv) > 3:
        os.setgroups([])
        os.setgid(int(sys.argv[3]))
        os.setuid(int(sys.argv[3]))
    print(json.dumps(figures(home, int(sys.argv[2])), indent=2))
