"""Questions to a cluster, by `kubectl get` alone; each is asked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.kubectl import Kubectl, NotAnswered
from kaito_pack.base.trees import Manifest
from kaito_pack.preflight.findings import Finding, finding

KEYS = 'go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}'  # names, never values


@dataclass
class Cluster:
    """A cluster that is asked; what may not be read is None, and a finding in `unseen`."""

    kubectl: Kubectl
    unseen: list[Finding] = field(default_factory=list)
    _answers: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def there(self, kind: str, name: str, namespace: str | None = None) -> Manifest | None:
        """The object; an empty map where there is none, None where it may not be read."""
        found: Manifest | None = self._asked(kind, name, namespace=namespace)
        return found

    def all(self, kind: str, everywhere: bool = False) -> list[Manifest] | None:
        """The objects of a kind that has no namespace, or of every namespace; None where unreadable."""
        found = self._asked(kind, everywhere=everywhere)
        if found is None:
            return None
        items = found.get("items") if isinstance(found, Mapping) else None
        return [item for item in items or [] if isinstance(item, Mapping)]

    def keys_of_secret(self, name: str, namespace: str) -> list[str] | None:
        """The names of a Secret's keys, [] where it has none; raises LookupError where there is no Secret.

        kubectl is told to print names alone, so that no value ever reaches this program.
        """
        found = self._asked("secrets", name, namespace=namespace, form=KEYS)
        if found == {}:
            raise LookupError(name)
        return None if found is None else [line for line in str(found).splitlines() if line]

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

    def _answer(self, kubectl: Kubectl, kind: str, names: tuple[str, ...], form: str | None) -> Any:
        try:
            if form is None:
                return kubectl.get(kind, *names)
            return kubectl.printed(kind, *names, form=form).decode("utf-8", "replace")
        except NotAnswered as error:
            if error.reason != "Forbidden":
                return {}
            what = " ".join([kind.partition(".")[0], *(shown(name) for name in names)])
            self.unseen.append(finding("unseen", what=what, why="the cluster forbids it to you"))
            return None
