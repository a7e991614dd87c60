"""Reads a cluster with `kubectl get` only; each request is sent once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.kubectl import Kubectl, NotAnswered
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem

KEYS = 'go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}'  # names, not values


@dataclass
class ClusterReader:
    """A reader of cluster objects; `unreadable` has a warning for each kind that the user may not read."""

    kubectl: Kubectl
    unreadable: list[Problem] = field(default_factory=list)
    _answers: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def object(self, kind: str, name: str, namespace: str | None = None) -> Manifest | None:
        """Return the object: an empty map if it does not exist, None if it may not be read."""
        answer: Manifest | None = self._asked(kind, name, namespace=namespace)
        return answer

    def objects(
        self, kind: str, everywhere: bool = False, namespace: str | None = None
    ) -> list[Manifest] | None:
        """Return the objects of a kind, from one, all or no namespaces; None if they may not be read."""
        answer = self._asked(kind, namespace=namespace, everywhere=everywhere)
        if answer is None:
            return None
        items = answer.get("items") if isinstance(answer, Mapping) else None
        return [item for item in items or [] if isinstance(item, Mapping)]

    def has(self, kind: str, name: str, namespace: str) -> bool | None:
        """Return whether an object exists; None if unknown: forbidden, or no such kind."""
        key = (kind, name, namespace, "exists")
        if key not in self._answers:
            try:
                plural = kind.lower() + ("es" if kind.endswith("s") else "s")
                replace(self.kubectl, namespace=namespace).get(plural, name)
                self._answers[key] = True
            except NotAnswered as error:
                self._answers[key] = False if error.reason == "NotFound" else None
        answer: bool | None = self._answers[key]
        return answer

    def keys_of_secret(self, name: str, namespace: str) -> list[str] | None:
        """Return the names of a Secret's keys, [] if it has none; raise LookupError if there is no Secret.

        kubectl prints only the names, so no value ever reaches this program.
        """
        answer = self._asked("secrets", name, namespace=namespace, form=KEYS)
        if answer == {}:
            raise LookupError(name)
        return None if answer is None else [line for line in str(answer).splitlines() if line]

    def _asked(
        self,
        kind: str,
        *names: str,
        namespace: str | None = None,
        everywhere: bool = False,
        form: str | None = None,
    ) -> Any:
        key = (kind, *names, namespace or "", str(everywhere))
        if key not in self._answers:
            kubectl = replace(self.kubectl, namespace=namespace, all_namespaces=everywhere)
            self._answers[key] = self._answer(kubectl, kind, names, form)
        return self._answers[key]

    @rule("preflight/unseen", on="part")
    def leave_out(self, what: str, why: str) -> None:
        """Note that objects could not be read, and why."""
        self.unreadable.append(problem("preflight/unseen", what=what, why=why))

    def _answer(self, kubectl: Kubectl, kind: str, names: tuple[str, ...], form: str | None) -> Any:
        try:
            if form is None:
                return kubectl.get(kind, *names)
            return kubectl.printed(kind, *names, form=form).decode("utf-8", "replace")
        except NotAnswered as error:
            if error.reason != "Forbidden":
                return {}
            what = " ".join([kind.partition(".")[0], *(shown(name) for name in names)])
            self.leave_out(what, "you have no permission in this cluster")
            return None
