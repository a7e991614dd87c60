"""Renders the templates of a foreign pack in a child process, with limits on time and memory.

Templates are sandboxed, but a foreign one can still loop for hours or build gigabytes of text, even during
compilation. The parent (`ForeignTemplates`) writes one JSON line per request and reads one per answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import kaito_pack
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Context

if TYPE_CHECKING:
    from kaito_pack.rendering.marking import Mark

SECONDS = 10  # per template, and for all of one values file
MEMORY = 1 << 30  # bytes of address space
LONGEST_ANSWER = 32 << 20  # characters per answer; a manifest has at most a million


class ForeignTemplates:
    """A child process that renders the templates in `folders`; started on first use."""

    def __init__(self, folders: Sequence[Path], seconds: float = SECONDS) -> None:
        self._folders, self._seconds = folders, seconds
        self._child: subprocess.Popen[str] | None = None
        self._owner = 0  # the process that started it: a fork must not use the same pipes

    def texts(self, templates: Sequence[str], context: Context) -> list[str]:
        """Return the text of each template. Raises PackError for an error or a timeout."""
        requests = [{"do": "text", "template": template, "context": context} for template in templates]
        texts: list[str] = self._answers(requests)
        return texts

    def marked_texts(self, template: str, context: Context) -> tuple[str, str, dict[int, Mark]]:
        """Return the result of `marking.marked_texts`; raises as `texts` does."""
        from kaito_pack.rendering.marking import Mark

        ((text, marked, marks),) = self._answers([{"do": "marked", "template": template, "context": context}])
        return (
            text,
            marked,
            {
                number: Mark(name, line, tuple(map(tuple, own)), tuple(map(tuple, around)), words)
                for number, (name, line, own, around, words) in marks
            },
        )

    def marked(self, template: str, context: Context) -> tuple[str, dict[int, Mark]]:
        """Return the template's text with marks, and the meaning of each mark; raises as `texts` does."""
        _, marked, marks = self.marked_texts(template, context)
        return marked, marks

    def names(self, template: str) -> tuple[list[str], list[str]]:
        """Return the result of `templates.names_of`; raises as `texts` does."""
        ((read, included),) = self._answers([{"do": "names", "template": template}])
        return read, included

    def _answers(self, requests: Sequence[Mapping[str, Any]]) -> list[Any]:
        child = self._started()
        late = Timer(self._seconds, child.kill)
        late.start()
        try:
            return [self._answer(child, request) for request in requests]
        finally:
            late.cancel()

    def _answer(self, child: subprocess.Popen[str], request: Mapping[str, Any]) -> Any:
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline(LONGEST_ANSWER)
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            self.close()
            raise PackError(
                f"templates/{request['template']}: took more than {self._seconds:g} s,"
                f" {MEMORY >> 20} MiB of memory or {LONGEST_ANSWER >> 20} MiB of output. It was stopped"
            )
        reply = json.loads(answer)
        if "error" in reply:
            raise PackError(reply["error"])
        return reply["answer"]

    def _started(self) -> subprocess.Popen[str]:
        if self._child is None or self._owner != os.getpid():
            # -I would hide this package; -s omits the other packages that the user has installed.
            command = [sys.executable, "-s", "-m", __name__, str(self._seconds), *map(str, self._folders)]
            self._owner = os.getpid()
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=Path(kaito_pack.__file__).resolve().parent.parent,  # where `-m` finds this package
            )
        return self._child

    def close(self) -> None:
        """End the child process and wait for its exit."""
        if self._child is not None and self._owner == os.getpid():
            self._child.kill()
            try:
                self._child.communicate()
            except OSError:
                self._child.wait()  # a request that the child did not read was still in the pipe
            self._child = None

    __del__ = close


def main(seconds: float, folders: Sequence[str]) -> None:
    """Answer requests until stdin is closed."""
    import resource

    from kaito_pack.rendering.templates import Environment

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    environment = Environment([Path(folder) for folder in folders], is_confined=True)
    for line in sys.stdin:
        # The parent ends a child that is late; the timer ends it even if the parent has exited.
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)
        try:
            reply = {"answer": answer_to(json.loads(line), environment)}
        except PackError as error:
            reply = {"error": str(error)}
        except MemoryError:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(reply), flush=True)


def answer_to(request: Mapping[str, Any], environment: Any) -> Any:
    """Return the answer to one request."""
    from kaito_pack.rendering.templates import names_of, render

    template = request["template"]
    if request["do"] == "text":
        return render(environment, template, request["context"])
    if request["do"] == "names":
        return names_of(environment, template)
    from kaito_pack.rendering.marking import marked_texts

    text, marked, marks = marked_texts(environment.folders, template, request["context"], is_confined=True)
    return text, marked, list(marks.items())


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
