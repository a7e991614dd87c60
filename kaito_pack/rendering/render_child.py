"""Renders the templates of a foreign pack in a process of its own, with limits on time and memory.

Templates are sandboxed, but a foreign one can still loop for hours or build gigabytes of text. The
parent (`ForeignTemplates`) writes one line of JSON to stdin and reads one from stdout, request by request.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import kaito_pack
from kaito_pack.problems import PackError

SECONDS = 10  # for all templates of one values file
MEMORY = 1 << 30  # bytes of address space


class ForeignTemplates:
    """A child process that renders by the templates in `folders`; started on first use."""

    def __init__(self, folders: Sequence[Path], seconds: float = SECONDS) -> None:
        self._folders, self._seconds = folders, seconds
        self._child: subprocess.Popen[str] | None = None

    def texts(self, templates: Sequence[str], context: Mapping[str, Any]) -> list[str]:
        """The text of each template; PackError for what a template does wrong, or if it takes too long."""
        child = self._started()
        late = Timer(self._seconds, child.kill)
        late.start()
        try:
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(json.dumps({"templates": list(templates), "context": context}) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            late.cancel()
        if not answer:
            self._child = None
            names = ", ".join(f"templates/{template}" for template in templates)
            raise PackError(
                f"{names}: took more than {self._seconds:g} s or {MEMORY >> 20} MiB, and was ended"
            )
        told = json.loads(answer)
        if "error" in told:
            raise PackError(told["error"])
        texts: list[str] = told["texts"]
        return texts

    def _started(self) -> subprocess.Popen[str]:
        if self._child is None:
            # -I would hide this package; -s leaves out what else the user has installed.
            command = [sys.executable, "-s", "-m", __name__, *map(str, self._folders)]
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=Path(kaito_pack.__file__).resolve().parent.parent,  # where `-m` finds this package
            )
        return self._child

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    __del__ = close


def main(folders: Sequence[str]) -> None:
    """Answer requests until stdin ends."""
    import resource

    from kaito_pack.rendering.templates import Environment, render

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    environment = Environment([Path(folder) for folder in folders])
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = {"texts": [render(environment, one, asked["context"]) for one in asked["templates"]]}
        except PackError as error:
            answer = {"error": str(error)}
        except MemoryError:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
