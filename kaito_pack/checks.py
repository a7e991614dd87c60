"""Every layer that judges a manifest, in the order in which a cluster would speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.kaito import crd
from kaito_pack.kaito.template import check_template
from kaito_pack.kubernetes.kinds import check_builtin
from kaito_pack.problems import Problem
from kaito_pack.target import Surroundings


def is_workspace(body: Mapping[str, Any]) -> bool:
    """Whether a manifest is a KAITO Workspace, of whichever API version."""
    return body.get("kind") == "Workspace" and str(body.get("apiVersion", "")).startswith("kaito.sh/")


def check(body: Mapping[str, Any], surroundings: Surroundings) -> list[Problem] | None:
    """All problems of one manifest, not yet located; None for a kind that nobody here knows."""
    if is_workspace(body):
        return list(_check_workspace(body, surroundings))
    return check_builtin(body, surroundings.target.kubernetes)


def _check_workspace(body: Mapping[str, Any], surroundings: Surroundings) -> Iterator[Problem]:
    target = surroundings.target
    yield from crd.check(body, target.kaito)
    yield from check_template(body, target.kaito, target.kubernetes)
