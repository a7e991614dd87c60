"""The cases of tests/status/ and, where KAITO_FACTS is set, of its status/index.yaml."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent / "status"


@dataclass(frozen=True)
class Case:
    """A Workspace and the right answer; `health` and `flux` only where they do not follow from the phase."""

    name: str
    workspace: dict[str, Any]
    phase: str
    reason_has: list[str] = field(default_factory=list)
    row: int | None = None
    health: str | None = None
    flux: str | None = None
    pods: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def own_cases() -> list[Case]:
    """One case a file; there are always some."""
    cases = []
    for file in sorted(HERE.glob("*.yaml")):
        case = yaml.safe_load(file.read_text(encoding="utf-8"))
        extra = {key: case.get(key) for key in ("row", "health", "flux")} | {"pods": case.get("pods", [])}
        cases.append(Case(file.stem, case["workspace"], case["phase"], case.get("reasonHas", []), **extra))
    assert cases
    return cases


def facts_cases() -> list[Case]:
    """The cases of KAITO_FACTS; none where it is not set."""
    if "KAITO_FACTS" not in os.environ:
        return []
    folder = Path(os.environ["KAITO_FACTS"]) / "status"
    index = yaml.safe_load((folder / "index.yaml").read_text(encoding="utf-8"))
    return [
        Case(
            case["file"],
            json.loads((folder / case["file"]).read_text(encoding="utf-8")),
            case["phase"],
            case.get("reasonHas", []),
            facts=case,
        )
        for case in index["cases"]
    ]
