"""The output of `status`: a table, a wide table with the ways to reach each model, JSON or YAML."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

import click

from kaito_pack.base.display import escaped, json_text
from kaito_pack.status import Status
from kaito_pack.status.cluster_objects import ClusterObjects
from kaito_pack.status.reach import Engines, ways

COLUMNS = ("NAMESPACE", "NAME", "PHASE", "READY", "AGE", "MODEL")
WIDE_COLUMNS = (*COLUMNS, "ENGINE", "ENDPOINT", "REASON")
COLOURS = {"Running": "green", "Failed": "red", "Terminating": "magenta", "Unknown": None}
NARROWEST = 10  # minimum width of a cut cell, in columns
SHRINKING = (5, 0, 1)  # columns cut in a narrow terminal, in order: model, namespace, name
INDENT = "  "
UNITS = ((86400, "d", 2), (3600, "h", 2), (60, "m", 2), (1, "s", 0))  # seconds, letter, minimum number


def printed(
    statuses: Sequence[Status],
    form: str,
    objects: ClusterObjects,
    engines: Engines,
    width: int | None = None,
    now: datetime | None = None,
) -> str:
    """Return the text that `-o form` prints for `statuses`; `width` is None unless stdout is a terminal."""
    if form == "json":
        return json_text([status.as_json() for status in statuses])
    if form == "yaml":
        return _yaml([status.as_json() for status in statuses])
    now = now or datetime.now(UTC)
    if form == "wide":
        lines = _table(statuses, WIDE_COLUMNS, now, None)
        for status in statuses:
            lines += ["", *_reach(status, objects, engines)]
        return "\n".join(lines)
    lines = _table(statuses, COLUMNS, now, width)
    for status in statuses:
        if status.look_at or status.reason != "ready to serve":
            lines += ["", *_details(status, width)]
    return "\n".join(lines)


def age(created: str | None, now: datetime) -> str:
    """Return the age of `created` as kubectl prints it: `45s`, `3m`, `5h`, `12d`; "-" if unknown."""
    try:
        moment = datetime.fromisoformat(created or "")
    except ValueError:
        return "-"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = max(int((now - moment).total_seconds()), 0)
    return next(f"{seconds // unit}{letter}" for unit, letter, least in UNITS if seconds >= least * unit)


def _table(statuses: Sequence[Status], columns: Sequence[str], now: datetime, width: int | None) -> list[str]:
    rows = [_row(status, now)[: len(columns)] for status in statuses]
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    if width is not None:
        _shrink(widths, width)
    lines = [_line(columns, widths)]
    for row, status in zip(rows, statuses, strict=True):
        phase = status.phase.ljust(widths[2])
        styled = click.style(phase, COLOURS.get(status.phase, "yellow"))
        lines.append(_line(row, widths, phase, styled))
    return lines


def _shrink(widths: list[int], width: int) -> None:
    """Narrow columns, in place, until a line has at most `width` characters or none can be cut."""
    for column in SHRINKING:
        too_many = sum(widths) + len(INDENT) * (len(widths) - 1) - width
        if too_many > 0:
            widths[column] = min(widths[column], max(widths[column] - too_many, NARROWEST))


def _row(status: Status, now: datetime) -> tuple[str, ...]:
    model = "/".join(part for part in (status.model_id, status.gguf_file) if part)
    ready = "?" if status.ready is None else status.ready
    count = "-" if status.desired is None else f"{ready}/{status.desired}"
    cells = (
        status.namespace,
        status.name,
        status.phase,
        count,
        age(status.created, now),
        model,
        status.engine,
        status.endpoint,
        " ".join([status.reason, *_hint(status)]),
    )
    return tuple(escaped(cell or "-") for cell in cells)


def _hint(status: Status) -> Iterator[str]:
    if status.look_at:
        yield f"(look at: {'; '.join(status.look_at)})"


def _line(cells: Sequence[str], widths: Sequence[int], phase: str = "", styled: str = "") -> str:
    padded = [_cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True)]
    if styled:
        padded[2] = styled if padded[2] == phase else padded[2]
    return INDENT.join(padded).rstrip()


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 1] + "…"


def _details(status: Status, width: int | None) -> Iterator[str]:
    """Yield the sentence of a Workspace and the commands that show more, within `width` columns."""
    title = escaped(f"{_name(status)}: {status.reason}")
    yield from (
        [title] if width is None else wrap(title, width, subsequent_indent=INDENT, break_on_hyphens=False)
    )
    for command in status.look_at:
        yield from command_lines(escaped(command), width)


def command_lines(command: str, width: int | None) -> Iterator[str]:
    """Yield a shell command, continued with backslashes if a line would exceed `width` columns.

    The printed lines can be copied and run; a single word is never cut.
    """
    line = INDENT
    for word in _words(command):
        if width is not None and line.strip() and len(f"{line} {word} \\") > width:
            yield f"{line} \\"
            line = INDENT * 2
        line = f"{line} {word}" if line.strip() else f"{line}{word}"
    yield line


def _words(command: str) -> list[str]:
    """Return the words of a command as written; the whole command if a quote is not closed."""
    try:
        return [shlex.quote(word) for word in shlex.split(command)]
    except ValueError:
        return [command]


def _name(status: Status) -> str:
    return "/".join(part for part in (status.namespace, status.name) if part) or "-"


def _reach(status: Status, objects: ClusterObjects, engines: Engines) -> list[str]:
    pairs = ways(status, engines, objects.services_beside(status.namespace))
    return [f"{escaped(_name(status))}:", *(f"  {label + ':':14}{line}" for label, line in pairs)]


def _yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return YAML of printable characters only; strings with other characters are quoted and escaped."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """A dumper that quotes characters that PyYAML prints raw, such as bidirectional marks."""

    def represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        is_safe = text.replace("\n", "").isprintable()
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_safe else '"')

    Dumper.add_representer(str, represented)
    content: str = yaml.dump(rows, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}" for c in content.rstrip("\n"))
