"""How `status` prints its answers: a table, a wide one with the ways to each model, JSON, YAML."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from kaito_pack.base.display import escaped, json_text
from kaito_pack.status import Status
from kaito_pack.status.cluster_objects import ClusterObjects
from kaito_pack.status.reach import Engines, ways

COLUMNS = ("NAMESPACE", "NAME", "PHASE", "READY", "MODEL", "ENGINE", "ENDPOINT", "REASON")
COLOURS = {"Running": "green", "Failed": "red", "Terminating": "magenta", "Unknown": None}
NARROWEST_REASON = 30  # columns; a narrower terminal wraps the lines


def printed(statuses: Sequence[Status], form: str, objects: ClusterObjects, engines: Engines) -> str:
    """The text that `-o form` prints for `statuses`."""
    if form == "json":
        return json_text([status.as_json() for status in statuses])
    if form == "yaml":
        return _yaml([status.as_json() for status in statuses])
    lines = _table(statuses, cut=form == "table" and sys.stdout.isatty())
    if form == "wide":
        for status in statuses:
            lines += ["", *_reach(status, objects, engines)]
    return "\n".join(lines)


def _table(statuses: Sequence[Status], cut: bool) -> list[str]:
    rows = [_row(status) for status in statuses]
    widths = [max(len(row[column]) for row in [COLUMNS, *rows]) for column in range(len(COLUMNS) - 1)]
    room = shutil.get_terminal_size().columns - sum(widths) - 2 * len(widths)
    lines = [_line(COLUMNS, widths)]
    for row, status in zip(rows, statuses, strict=True):
        reason = row[-1]
        if cut and NARROWEST_REASON <= room < len(reason):
            reason = reason[: room - 1] + "…"
        line = _line((*row[:-1], reason), widths)
        phase = status.phase.ljust(widths[2])
        lines.append(line.replace(phase, click.style(phase, COLOURS.get(status.phase, "yellow")), 1))
    return lines


def _row(status: Status) -> tuple[str, ...]:
    model = "/".join(part for part in (status.model_id, status.gguf_file) if part)
    ready = "?" if status.ready is None else status.ready
    cells = (status.namespace, status.name, status.phase, f"{ready}/{status.desired}")
    return tuple(
        escaped(cell or "-") for cell in (*cells, model, status.engine, status.endpoint, status.reason)
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()


def _reach(status: Status, objects: ClusterObjects, engines: Engines) -> list[str]:
    title = escaped("/".join(part for part in (status.namespace, status.name) if part) or "-")
    workspace = {"metadata": {"namespace": status.namespace}}
    pairs = ways(status, engines, objects.services_beside(workspace))
    return [f"{title}:", *(f"  {label + ':':14}{line}" for label, line in pairs)]


def _yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    """YAML whose every character is printable: a text that has others is quoted, and they are escaped."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Quotes what PyYAML would print raw, such as bidirectional marks."""

    def represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        is_safe = text.replace("\n", "").isprintable()
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_safe else '"')

    Dumper.add_representer(str, represented)
    content: str = yaml.dump(rows, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}" for c in content.rstrip("\n"))
