"""Creates facts/rules/examples.json: a bad and a good example of each rule, excerpts from test cases.

Bad examples come from tests/manifests/ and tests/invalid/; good ones from the accepted twin of a case, a
plain manifest of the kind, or the schema's own example. Examples that need two files come from tests/pairs/;
long ones are cut to the part that differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from itertools import takewhile
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import differences, get, put
from kaito_pack.documents import Document, read_file, read_text
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.validation import Entry
from tests.manifest_cases import Case, cases
from tests.rule_pairs import pairs

LONGEST = 16  # maximum lines of an example
VALUES: Mapping[str, Any] = {"name": "tiny", "modelSource": "vllm", "modelId": "acme/tiny"}


def examples(pack: Pack) -> dict[str, dict[str, str]]:
    """Return `{rule: {"bad": YAML, "good": YAML, "message": sentences}}`, sorted by rule.

    The message is what the rule reports for the bad example, with all placeholders filled in.
    """
    texts = {**dict(_of_values(pack)), **dict(_of_manifests()), **dict(_of_pairs())}
    return dict(sorted(texts.items()))


def _of_manifests() -> Iterator[tuple[str, dict[str, str]]]:
    for case in cases():
        if not case.rule:
            continue
        entry = case.judged()
        reported = next(problem for problem in entry.problems if problem.rule == case.rule)
        body = dict(entry.body or {})
        path = reported.path[len(entry.path) :]
        if case.rule.startswith("values/pack-file-"):
            yield (
                case.rule,
                {
                    "bad": _text(case),
                    "good": _text(_twins()[case.file.stem]),
                    "message": _message(reported),
                },
            )
            continue
        good = good_entry(case, str(body.get("kind"))).body or {}
        texts = dict(zip(("bad", "good"), _contrast(body, good, path), strict=True))
        yield case.rule, texts | {"message": _message(reported)}


def _message(reported: Problem) -> str:
    """Return the message of a problem, the same in every checkout."""
    text = " ".join(filter(None, [sentence(reported.message), sentence(reported.fix)]))
    return text.replace(f"{ROOT}/", "")


def _contrast(bad: Mapping[str, Any], good: Mapping[str, Any], path: FieldPath) -> tuple[str, str]:
    """Return the parts of two manifests that show the difference at `path`, or around it from higher up."""
    for length in range(len(path), -1, -1):
        parts = excerpt(bad, path[:length]), excerpt(good, path[:length])
        if parts[0] != parts[1]:
            return parts
    # The excerpts end before the difference: leave out common parts except the name.
    shortened = [deepcopy(dict(body)) for body in (bad, good)]
    while not all(isinstance(get(body, path), dict) for body in shortened):
        path = path[:-1]
    owners = [get(body, path) for body in shortened]
    for body, owner, other in zip(shortened, owners, reversed(owners), strict=True):
        named = {key: owner[key] for key in ("name",) if key in owner}
        put(body, path, {**named, **_less(owner, other)})
    return excerpt(shortened[0], path), excerpt(shortened[1], path)


def _text(case: Case) -> str:
    """Return a whole file without its first line, which is for the tests."""
    return case.text.partition("\n")[2]


def good_entry(case: Case, kind: str) -> Entry:
    """Return the validation result of the manifest that shows how to comply with the rule of a case.

    It is the accepted twin of the case, else a plain manifest of the kind, else a plain Workspace.
    """
    for name in (case.file.stem, f"{case.file.stem}-right"):
        twin = _twins().get(name)
        if twin is not None and twin is not case:
            return twin.judged()
    return case.judge([_plain().get(kind, _plain()["Workspace"])])


@cache
def _twins() -> Mapping[str, Case]:
    return {case.file.stem: case for case in cases() if case.verdict == "accepted"}


@cache
def _plain() -> Mapping[str, Document]:
    return {
        document.value["kind"]: document
        for name in ("objects", "service", "pod", "inference-set", "scaled-object")
        for document in read_file(str(ROOT / "tests" / "manifests" / "accepted" / f"plain-{name}.yaml"))
    }


def _of_values(pack: Pack) -> Iterator[tuple[str, dict[str, str]]]:
    pipeline = Pipeline(pack, Target(pack.kaito_version(), "1.35"))
    for file in sorted((ROOT / "tests" / "invalid").glob("*.yaml")):
        (outcome,) = pipeline.run([str(file)])
        reported = next(problem for problem in outcome.problems if problem.is_error)
        text = file.read_text(encoding="utf-8").partition("\n")[2]
        if reported.rule.startswith("values/file-"):
            yield reported.rule, {"bad": text, "good": to_yaml(dict(VALUES)), "message": _message(reported)}
        elif reported.rule.startswith(("values/", "model/")):
            lines = text.splitlines()[:LONGEST]
            bad, good = "\n".join(lines) + "\n", _good_values(pack, reported.path)
            yield reported.rule, {"bad": bad, "good": good, "message": _message(reported)}


def _of_pairs() -> Iterator[tuple[str, dict[str, str]]]:
    for pair in pairs():
        texts = pair.bad, pair.good
        if max(len(text.splitlines()) for text in texts) > LONGEST:
            texts = _told_apart(
                *([document.value for document in read_text(text, pair.rule)] for text in texts)
            )
        reported = next(each for each in pair.problems(pair.bad) if each.rule == pair.rule)
        yield pair.rule, dict(zip(("bad", "good"), texts, strict=True)) | {"message": _message(reported)}


def _told_apart(bad: Sequence[Any], good: Sequence[Any]) -> tuple[str, str]:
    """Return the difference between two streams of manifests: their objects, else a part of one object."""
    if list(map(_head, bad)) != list(map(_head, good)):
        return _heads(bad), _heads(good)
    first, second = next(pair for pair in zip(bad, good, strict=True) if pair[0] != pair[1])
    path = _common([difference.path for difference in differences(first, second)])
    if not path:
        first, second = _less(first, second), _less(second, first)
    return excerpt(first, path), excerpt(second, path)


def _less(body: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an object that another object lacks or has with other values."""
    return {key: part for key, part in body.items() if key not in other or other[key] != part}


def _common(paths: Sequence[FieldPath]) -> FieldPath:
    """Return the longest common prefix of several paths."""
    steps = takewhile(lambda these: len(set(these)) == 1, zip(*paths, strict=False))
    return tuple(these[0] for these in steps)


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that identify an object."""
    named = {key: text for key, text in body["metadata"].items() if key in ("name", "generateName")}
    return {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": named}


def _heads(bodies: Sequence[Any]) -> str:
    return "---\n".join(f"{to_yaml(_head(body))}# …\n" for body in bodies)


def _good_values(pack: Pack, path: FieldPath) -> str:
    """Return values with the schema's own example for the field of the problem."""
    field = str(path[0]) if path else ""
    for name in pack.mode_names:
        part = pack.mode(name).schema["properties"].get(field, {})
        if part.get("examples") and "not" not in part and field not in VALUES:
            return to_yaml({field: part["examples"][0]})
    return to_yaml(dict(VALUES))


def excerpt(body: Mapping[str, Any], path: FieldPath) -> str:
    """Return the part of a manifest at a path, under its own key, as YAML; cut after a few lines."""
    trail: list[Any] = [body]
    for step in path:
        try:
            trail.append(trail[-1][step])
        except (KeyError, IndexError, TypeError):
            break
    known = list(path[: len(trail) - 1])
    # Show a single item in its list, and a list under its key.
    value: Any = trail[-1]
    while known:
        last = known.pop()
        value = [value] if isinstance(last, int) else {last: value}
        if isinstance(value, dict):
            break
    lines = to_yaml(value).splitlines()
    cut = lines[:LONGEST] + (["# …"] if len(lines) > LONGEST else [])
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in known).lstrip(".")
    return "\n".join(([f"# {where}"] if where else []) + cut) + "\n"
