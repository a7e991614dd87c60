"""What a newer KAITO would make of Workspaces that run: refused, or treated differently, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaito_pack import checks
from kaito_pack.pipeline import surroundings
from kaito_pack.problems import Problem
from kaito_pack.target import Target


@dataclass(frozen=True)
class Upgraded:
    """One Workspace: what the newer KAITO says and the present one does not."""

    namespace: str
    name: str
    as_new: Sequence[Problem]
    as_stored: Sequence[Problem]

    @property
    def is_refused(self) -> bool:
        """Whether the newer KAITO would refuse it, made anew or updated."""
        return any(
            one.is_error and one.layer in ("crd", "webhook") for one in (*self.as_new, *self.as_stored)
        )


def upgraded(bodies: Sequence[Mapping[str, Any]], now: Target, then: Target) -> list[Upgraded]:
    """Each Workspace that KAITO `then` treats otherwise than `now`."""
    found = []
    for body in bodies:
        if not checks.is_workspace(body):
            continue
        as_new = _differs(body, bodies, now, then, stored=False)
        as_stored = [one for one in _differs(body, bodies, now, then, stored=True) if one not in as_new]
        if as_new or as_stored:
            metadata = body["metadata"]
            found.append(Upgraded(metadata.get("namespace", ""), metadata["name"], as_new, as_stored))
    return found


def _differs(
    body: Mapping[str, Any], bodies: Sequence[Mapping[str, Any]], now: Target, then: Target, stored: bool
) -> list[Problem]:
    known = {(one.rule, one.path) for one in _said(body, bodies, now, stored)}
    return [one for one in _said(body, bodies, then, stored) if (one.rule, one.path) not in known]


def _said(
    body: Mapping[str, Any], bodies: Sequence[Mapping[str, Any]], target: Target, stored: bool
) -> list[Problem]:
    around = surroundings(target, bodies)
    return checks.check(body, replace(around, old=body) if stored else around) or []
