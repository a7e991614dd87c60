"""The one formatter of problems: text for people, JSON for programs. Nothing here prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kaito_pack.problems import Place, Problem, path_text

if TYPE_CHECKING:
    from kaito_pack.validation import Entry, Report


FIRST_WORDS = ("choose ", "delete ", "did ")  # of fixes that code puts together


def line(found: Problem) -> str:
    """`llama.yaml:4:1 modelSurce: unknown value. Did you mean `modelSource`? [values/unknown-field]`"""
    parts = [str(found.place) if found.place else "?"]
    if not found.is_error:
        parts.append(f"{found.severity}:")
    if found.path:
        parts.append(f"{path_text(found.path)}:")
    parts += [sentence(found.message), sentence(found.fix), f"[{found.rule}]"]
    return " ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """`text` with a full stop where it has no end of its own; a fix begins with a capital letter."""
    if not text:
        return ""
    text = text[0].upper() + text[1:] if text.startswith(FIRST_WORDS) else text
    # A dot may belong to the name that is meant (`nvidia.com/gpu`): only a second sentence follows a space.
    is_question = text.startswith("Did you mean") and ". " not in text and "? " not in text
    end = "?" if is_question else "."
    return text if text.endswith((".", "?", "!")) else text + end


def annotation(found: Problem) -> str:
    """A GitHub workflow command: `::error file=llama.yaml,line=4,col=1,title=values/missing::…`"""
    place = found.place or Place("")
    words = " ".join(filter(None, [sentence(found.message), sentence(found.fix)]))
    text = f"{path_text(found.path)}: {words}" if found.path else words
    return workflow_command(found.level, place.file, place.line, place.column, found.rule, text)


def workflow_command(severity: str, file: str, line: int, column: int, title: str, text: str) -> str:
    """The same for what is no problem of a rule."""
    if not line:  # an option of the command line: no file to show it beside
        return f"::{severity} title={_property(title)}::{_data(f'{file}: {text}')}"
    properties = f"file={_property(file)},line={line},col={column},title={_data(title)}"
    return f"::{severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_json(reports: Mapping[str, Report]) -> Iterator[str]:
    """One JSON array of the entries of one or more KAITO versions, piece by piece: it may be long.

    With several versions each entry names its `kaito`.
    """
    import json  # text is the rule

    def text(value: object, indent: str) -> str:
        return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{indent}")

    before = "[\n  "
    for kaito, report in reports.items():
        for entry in report.entries:
            row = _row(entry) | ({"kaito": kaito} if len(reports) > 1 else {})
            yield before + text(row, "  ").removesuffix("\n  }") + ',\n    "problems": ['
            before = ",\n  "
            comma = "\n      "
            for found in entry.problems:
                yield comma + text(_problem_row(found), "      ")
                comma = ",\n      "
            yield ("\n    ]" if entry.problems else "]") + "\n  }"
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.file,
        "document": entry.document,
        "kind": entry.kind,
        "namespace": entry.namespace,
        "name": entry.name,
        "verdict": entry.verdict,
    }


def _problem_row(found: Problem) -> dict[str, Any]:
    place = found.place or Place("")
    return {
        "rule": found.rule,
        "severity": found.severity,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": path_text(found.path),
        "message": sentence(found.message),
        "fix": sentence(found.fix),
        "layer": found.layer,
    }


def summary(reports: Mapping[str, Report]) -> str:
    """`12 documents: 11 accepted, 1 skipped; 3 warnings`, of the newest KAITO that was asked for."""
    entries = list(reports.values())[-1].entries
    verdicts = [entry.verdict for entry in entries]
    counts = [
        f"{verdicts.count(word)} {word}"
        for word in ("accepted", "refused", "undecidable", "skipped")
        if word in verdicts
    ]
    found = [one for entry in entries for one in entry.problems]
    tail = [
        _counted(sum(one.is_error for one in found), "error"),
        _counted(sum(one.severity == "warning" for one in found), "warning"),
    ]
    head = _counted(len(entries), "document") or "no documents"
    return "; ".join([f"{head}: {', '.join(counts) or 'nothing to judge'}", *filter(None, tail)])


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def table(reports: Mapping[str, Report]) -> str:
    """Manifests against KAITO versions: `ok`, `refused`, or `breaks` where an accepted one has an error."""
    rows = [["", *reports]]
    for entries in zip(*(report.entries for report in reports.values()), strict=True):
        first = entries[0]
        name = f"{first.namespace}/{first.name}" if first.namespace else first.name
        rows.append([f"{first.file} {first.kind} {name}".rstrip(), *map(_cell, entries)])
    return "".join(f"{line}\n" for line in columns(rows))


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as lines, their cells below each other, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(entry: Entry) -> str:
    if entry.verdict != "accepted":
        return entry.verdict
    return "breaks" if any(found.is_error for found in entry.problems) else "ok"
