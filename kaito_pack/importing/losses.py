"""Reports the losses of an import as problems by manifest path and as comments of the values file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaito_pack.base.display import shown, shown_whole
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.secrets import HIDDEN
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import ABSENT, Difference, ValuesMap, mapping
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.importing.search import Candidate
from kaito_pack.importing.stream import Stream, StreamObject

NOT_SHOWN = "values/import-not-shown"
MOST_NAMED = 5  # maximum number of objects in a message


def problems_of(best: Candidate, stream: Stream) -> list[Problem]:
    """Return every loss with its place in the input: unknown values, then parts of the manifests."""
    return [
        *_of_refusals(best, stream),
        *_of_values(best, stream),
        *(_of_part(owner, difference, stream) for owner, difference in best.lost),
    ]


@rule("values/import-not-held", "values/import-not-shown", "values/import-object-skipped", on="part")
@rule("values/import-rejected", on="part")
def _of_refusals(best: Candidate, stream: Stream) -> Iterator[Problem]:
    """Yield the problems that prevent values from expressing more of the input."""
    refusals = {refusal.rule: refusal for refusal in best.refusals}
    for refusal in refusals.values():
        facts = {"rule": refusal.rule, "message": sentence(refusal.message), "fix": sentence(refusal.fix)}
        where = stream.workspace.place(refusal.path)
        yield problem("values/import-rejected", refusal.path, where, **facts)


def _of_values(best: Candidate, stream: Stream) -> Iterator[Problem]:
    place = stream.workspace.place(())
    for name in best.unknown:
        yield problem("values/import-not-held", (name,), place, name=name)
    for name in best.silent:
        yield problem(NOT_SHOWN, tuple(name.split(".")), place, name=name)
    if best.skipped:
        names = [_title(owner) for owner in best.skipped[:MOST_NAMED]]
        names += [f"{len(best.skipped) - MOST_NAMED} more"] if len(best.skipped) > MOST_NAMED else []
        yield problem("values/import-object-skipped", (), place, what=", ".join(names))


@rule(
    "values/import-object-lost",
    "values/import-object-added",
    "values/import-lost",
    "values/import-added",
    "values/import-differs",
    on="part",
)
def _of_part(owner: StreamObject | None, difference: Difference, stream: Stream) -> Problem:
    path = difference.path
    if owner is not None and not path:
        rule = "values/import-object-lost" if difference.new is ABSENT else "values/import-object-added"
        return problem(
            rule,
            (),
            stream.workspace.place(()) if difference.old is ABSENT else owner.place(()),
            what=_title(owner),
        )
    where = (owner or stream.workspace).place(path)
    whose = f" of {_title(owner)}" if owner else ""
    is_secret = (owner or stream.workspace).secrets.covers(path)
    given, rendered = (
        HIDDEN if is_secret else shown_whole(each) for each in (difference.old, difference.new)
    )
    if difference.new is ABSENT:
        return problem("values/import-lost", path, where, given=given, whose=whose)
    if difference.old is ABSENT:
        return problem("values/import-added", path, where, rendered=rendered, whose=whose)
    facts = {"given": given, "rendered": rendered, "whose": whose}
    return problem("values/import-differs", path, where, **facts)


def _title(owner: StreamObject) -> str:
    return shown(f"{owner.body.get('kind')} {mapping(owner.body.get('metadata')).get('name')}")


def as_values_file(values: ValuesMap, losses: Sequence[Problem]) -> str:
    """Return the values file, followed by each loss as a comment."""
    text = to_yaml(dict(values))
    if losses:
        text += "\n# What these values do not express of the imported Workspace:\n"
        text += "".join(f"# - {_comment(loss)}\n" for loss in losses)
    return text


def _comment(loss: Problem) -> str:
    where = f"{path_text(loss.path)}: " if loss.path else ""
    return where + " ".join(filter(None, [sentence(loss.message), sentence(loss.fix)]))
