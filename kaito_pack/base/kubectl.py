"""kubectl, run read-only: `get … -o json` and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import UsageError

REASONS = {
    "(NotFound)": "NotFound",
    "(Forbidden)": "Forbidden",
    "the server doesn't have a resource type": "NoSuchKind",
}
LONGEST_ERROR = 300  # characters of kubectl's own message that are repeated


class NotAnswered(UsageError):
    """The API server has answered, but not with the object: `reason` is its own word for it.

    "NotFound", "Forbidden", or "NoSuchKind" where the cluster does not know the kind.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Where kubectl looks: namespace, all namespaces, context of the kubeconfig; seconds to wait."""

    namespace: str | None = None
    all_namespaces: bool = False
    context: str | None = None
    time_limit: float = 60.0

    def get(self, kinds: str, *names: str) -> Any:
        """What `kubectl get <kinds> <names> -o json` prints, parsed.

        Raises UsageError where kubectl is missing, fails, hangs, or prints no JSON; NotAnswered where the API
        server refuses, or has no such object.
        """
        printed = self.printed(kinds, *names, form="json")
        try:
            return json.loads(printed)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"kubectl get {kinds}: printed no JSON") from error

    def printed(self, kinds: str, *names: str, form: str) -> bytes:
        """What `kubectl get <kinds> <names> -o <form>` prints; UsageError as `get` raises it."""
        import subprocess

        for name in names:
            if not name or name.startswith("-"):
                raise UsageError(f"{shown(name)} is no name")
        command = ["kubectl", "get", kinds, *names, "-o", form, *self.arguments()]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, timeout=self.time_limit, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError as error:
            raise UsageError("kubectl is not on the PATH; give a file, or - for stdin, instead") from error
        except OSError as error:
            raise UsageError(f"kubectl cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"kubectl gave no answer within {self.time_limit:g} seconds") from error
        if done.returncode:
            reported = _words_of(done.stderr)
            message = f"kubectl get {kinds}: {reported or f'exit code {done.returncode}'}"
            reason = next((reason for words, reason in REASONS.items() if words in reported), None)
            raise NotAnswered(message, reason) if reason else UsageError(message)
        return done.stdout

    def arguments(self) -> list[str]:
        """The options that are passed on to kubectl."""
        given = {"-n": self.namespace, "--context": self.context}
        for option, value in given.items():
            if value is not None and (not value or value.startswith("-")):
                raise UsageError(f"{option}: {shown(value)} is no name")
        passed = [word for option, value in given.items() if value is not None for word in (option, value)]
        return [*passed, "-A"] if self.all_namespaces else passed


def _words_of(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return escaped(" ".join(lines[-2:]))[:LONGEST_ERROR]
