"""The children that render a foreign pack, forked from one process that has loaded what they need.

A child of its own costs 0.12 s of imports, and the tests of packs start hundreds. What a child is for stays:
it is a process with its own limits, which can be killed. `tests.command.run_process` starts real ones.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kaito_pack.rendering import render_child

ROOT = Path(__file__).resolve().parent.parent
SERVER = """
import json, os, socket, sys
from kaito_pack.rendering import marking, render_child, templates

server = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, handles, _, _ = socket.recv_fds(server, 1 << 20, 3)
    if not message:
        break
    child = os.fork()
    if child:  # it stays a zombie, so that its number is no other process's
        for handle in handles:
            os.close(handle)
        server.send(str(child).encode())
        continue
    code = 1
    try:
        server.close()
        for number, handle in enumerate(handles):
            os.dup2(handle, number)
            os.close(handle)
        seconds, *folders = json.loads(message)
        render_child.main(float(seconds), folders)
        code = 0
    finally:
        os._exit(code)
"""


class Child:
    """A forked process, with what `render_child` uses of a `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], **_: Any) -> None:
        with_module = command[: command.index(render_child.__name__) + 1]
        asked, given = os.pipe(), os.pipe()
        with open(os.devnull, "wb") as nowhere:
            handles = [asked[0], given[1], nowhere.fileno()]
            socket.send_fds(server(), [json.dumps(command[len(with_module) :]).encode()], handles)
            self._number = int(server().recv(32))
        for handle in handles[:2]:
            os.close(handle)
        self.stdin = open(asked[1], "w", encoding="utf-8")  # noqa: SIM115
        self.stdout = open(given[0], encoding="utf-8")  # noqa: SIM115

    def kill(self) -> None:
        """Kill the process."""
        os.kill(self._number, signal.SIGKILL)

    def communicate(self) -> None:
        """Wait until the process has closed its output; OSError if it has not read all of its input."""
        try:
            self.stdin.close()
        finally:
            self.wait()

    def wait(self) -> None:
        """Wait until the process has closed its output."""
        with suppress(OSError):
            self.stdin.close()
        if not self.stdout.closed:
            self.stdout.read()
            self.stdout.close()


@cache
def server() -> socket.socket:
    """Start the process that forks, which ends with this one; return what it is asked through."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-s", "-c", SERVER, str(theirs.fileno())],
            cwd=ROOT,  # where Python finds the package
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# Takes the place of the module `subprocess` in `render_child`.
FORKED = SimpleNamespace(Popen=Child, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)
