"""What preflight finds; all words stand in `facts/preflight.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kaito_pack.base.sentences import filled, sentence
from kaito_pack.facts.tables import table

State = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of the cluster: whether it suits the values, and what to do where it does not."""

    check: str
    state: State
    message: str
    fix: str = ""


def finding(name: str, /, **facts: object) -> Finding:
    """The finding `name`, its row's words filled with `facts` (a user's text has gone through `shown`)."""
    row = table("preflight.json")[name]
    message, fix = filled(row["message"], facts), filled(row.get("fix", ""), facts)
    return Finding(name, row["state"], sentence(message), sentence(fix))
