"""Read-only access to the cluster through kubectl: `get … -o json` and nothing else."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from kaito_pack.base import json_text
from kaito_pack.base.display import one_line, shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import UsageError
from kaito_pack.base.trees import get

if TYPE_CHECKING:
    import subprocess

REASONS = {
    "(NotFound)": "NotFound",
    "(Forbidden)": "Forbidden",
    "the server doesn't have a resource type": "NoSuchKind",
}
LONGEST_ERROR = 2000  # characters of kubectl's error message that are repeated
ERRORS = (
    "error",
    "unable to",
    "the connection to",
    "you must",
    "fatal",
)  # beginnings of an error, in lower case
_LOG = re.compile(r"[IWEF]\d{4} \d\d:\d\d:|warning:", re.IGNORECASE)  # klog's lines; warnings
LONGEST_WAIT = 60.0  # seconds for an answer
LARGEST_ANSWER = 256 << 20  # bytes on stdout: some 20,000 Workspaces with the fields that a cluster adds
LARGEST_REPORT = 64 << 10  # bytes at the end of stderr that are kept
CHUNK = 1 << 16  # bytes per read
# The fields of an object that the commands read by name, with their JSON types.
SHAPE: dict[FieldPath, type] = {
    ("apiVersion",): str,
    ("kind",): str,
    ("metadata",): dict,
    ("metadata", "name"): str,
    ("metadata", "namespace"): str,
    ("metadata", "labels"): dict,
    ("metadata", "annotations"): dict,
    ("spec",): dict,
    ("status",): dict,
}
TYPE_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}


class NotAnswered(UsageError):
    """An error answer of the API server; `reason` is the server's own word.

    It is "NotFound", "Forbidden", or "NoSuchKind" if the cluster does not know the kind.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The scope of kubectl: namespace or all namespaces, kubeconfig context, and timeout in seconds."""

    namespace: str | None = None
    all_namespaces: bool = False
    context: str | None = None
    time_limit: float = LONGEST_WAIT

    def get(self, kinds: str, *names: str, label: str | None = None) -> dict[str, Any]:
        """Return the object that `kubectl get <kinds> <names> -o json` prints.

        `label` limits a list to the objects that have this label, with any value.

        Raises UsageError if kubectl is missing, fails, hangs, or prints anything but JSON of Kubernetes
        objects; NotAnswered if the API server denies the request or has no such object.
        """
        printed = self.printed(kinds, *names, form="json", label=label)
        try:
            answer = json_text.foreign(printed)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"kubectl get {kinds}: the output is not JSON") from error
        if wrong := next(_misshapen(answer), None):
            raise UsageError(f"kubectl get {kinds}: {wrong}; check which kubectl comes first in PATH")
        objects: dict[str, Any] = answer
        return objects

    def printed(self, kinds: str, *names: str, form: str, label: str | None = None) -> bytes:
        """Return the output of `kubectl get <kinds> <names> -o <form>`. Raises UsageError as `get` does."""
        import subprocess

        for name in names:
            if not name or name.startswith("-"):
                raise UsageError(f"{shown(name)} is not a valid name")
        selected = ["-l", label] if label else []
        command = ["kubectl", "get", kinds, *names, "-o", form, *selected, *self.arguments()]
        try:
            code, answer, report = _run(command, self.time_limit)
        except FileNotFoundError as error:
            raise UsageError("kubectl is not in PATH. Install it, or pass a file") from error
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"kubectl did not answer within {self.time_limit:g} seconds") from error
        except OSError as error:
            raise UsageError(f"kubectl cannot be run: {error.strerror}") from error
        if code:
            reported = report.decode("utf-8", "replace")
            message = f"kubectl get {kinds}: {last_sentence(reported) or f'exit code {code}'}"
            reason = next((reason for words, reason in REASONS.items() if words in reported), None)
            raise NotAnswered(message, reason) if reason else UsageError(message)
        return answer

    def arguments(self) -> list[str]:
        """Return the options that are passed to kubectl."""
        given = {"-n": self.namespace, "--context": self.context}
        for option, value in given.items():
            if value is not None and (not value or value.startswith("-")):
                raise UsageError(f"{option}: {shown(value)} is not a valid name")
        passed = [word for option, value in given.items() if value is not None for word in (option, value)]
        return [*passed, "-A"] if self.all_namespaces else passed


def _misshapen(answer: object) -> Iterator[str]:
    """Yield the reasons, in words, why an answer is not a Kubernetes object or a List of objects."""
    if not isinstance(answer, dict):
        yield f"the answer is {_type_name(answer)}, not an object"
        return
    items = answer.get("items")
    if items is not None and not isinstance(items, list):
        yield f"items is {_type_name(items)}, not a list"
        return
    places: list[tuple[FieldPath, object]] = [
        (("items", index), item) for index, item in enumerate(items or ())
    ]
    for path, body in [((), answer), *places]:
        if not isinstance(body, dict):
            yield f"{path_text(path)} is {_type_name(body)}, not an object"
            continue
        for field, wanted in SHAPE.items():
            value = get(body, field)
            if value is not None and not isinstance(value, wanted):
                yield f"{path_text((*path, *field))} is {_type_name(value)}, not {TYPE_NAMES[wanted]}"


def _type_name(value: object) -> str:
    return TYPE_NAMES.get(type(value), shown(value))


def _run(command: Sequence[str], time_limit: float) -> tuple[int, bytes, bytes]:
    """Run a command and return its exit code, stdout and the end of stderr.

    Raises UsageError if stdout exceeds LARGEST_ANSWER, TimeoutExpired after `time_limit` seconds, OSError.
    """
    import subprocess

    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as process:
        try:
            end = time.monotonic() + time_limit
            answer, report = _read(process, end)
            return process.wait(max(end - time.monotonic(), 0.1)), answer, report
        finally:
            process.kill()  # no effect if it has exited


def _read(process: subprocess.Popen[bytes], end: float) -> tuple[bytes, bytes]:
    """Read both outputs until they are closed; `end` is in seconds of the monotonic clock."""
    import selectors
    import subprocess

    answer, report = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        streams: list[tuple[IO[bytes] | None, bytearray]] = [
            (process.stdout, answer),
            (process.stderr, report),
        ]
        for stream, buffer in streams:
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, buffer)
        while selector.get_map():
            rest = end - time.monotonic()
            ready = selector.select(rest) if rest > 0 else []
            if not ready:
                raise subprocess.TimeoutExpired(process.args, rest)
            for key, _ in ready:
                part = os.read(key.fd, CHUNK)
                key.data.extend(part)
                if not part:
                    selector.unregister(key.fileobj)
            if len(answer) > LARGEST_ANSWER:
                size = f"{LARGEST_ANSWER >> 20} MiB"
                raise UsageError(f"kubectl printed more than {size}. Pass a namespace (-n) or a name")
            del report[:-LARGEST_REPORT]
    return bytes(answer), bytes(report)


def last_sentence(report: str) -> str:
    """Return kubectl's last error, complete and on one line, without tokens.

    This is the last line that begins like an error; hints follow it, log lines and warnings precede it. If no
    line begins like an error, return the last line.
    """
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    lines = [line for line in lines if not _LOG.match(line)] or lines
    errors = [line for line in lines if line.lower().startswith(ERRORS)]
    return one_line((errors or lines or [""])[-1], LONGEST_ERROR)
