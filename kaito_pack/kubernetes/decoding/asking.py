"""Checks that many fields share: required, one of some choices, in a range."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, text, unset, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names

MOST_CHOICES = 40  # maximum number of names searched for a suggestion; more would take seconds


def likely(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that `word` most likely misspells; None if none is close, or there are too many."""
    return did_you_mean(word, choices) if len(choices) <= MOST_CHOICES and len(word) <= 100 else None


def choice_hint(word: str, choices: Collection[str]) -> str:
    """Return the replacement for `word`: the choice that it most likely misspells, else all choices."""
    guess = likely(word, choices)
    return f"Did you mean {guess}" if guess else "Use one of " + ", ".join(choices)


@rule("kubernetes/field-required", on="shared")
def required(owner: Fields, names_of: Sequence[str], path: FieldPath, what: str) -> Iterator[Problem]:
    """Yield a problem for each required field that `what` (such as "a configMap volume") lacks."""
    for name in names_of:
        value = owner.get(name)
        if unset(value) or value in ([], {}):
            yield problem("kubernetes/field-required", (*path, name), field=name, what=what)


@rule("kubernetes/label-format", "kubernetes/name-duplicate", on="shared")
def own_name(owner: Fields, path: FieldPath, what: str, seen: set[str]) -> Iterator[Problem]:
    """Yield the problems with the name of a container or volume (`what`), and add it to `seen`."""
    yield from required(owner, ["name"], path, f"a {what}")
    name = text(owner.get("name"))
    if name and not names.is_dns_label(name):
        yield problem("kubernetes/label-format", (*path, "name"), field="name", value=shown(name))
    if name and name in seen:
        yield problem("kubernetes/name-duplicate", (*path, "name"), value=shown(name), what=what)
    seen.add(name)


@rule("kubernetes/value-not-supported", on="shared")
def one_of(
    owner: Fields, name: str, choices: Sequence[str], path: FieldPath, empty: bool = True
) -> Iterator[Problem]:
    """Yield a problem if the field is a text other than the choices; `empty` allows an empty text."""
    value = owner.get(name)
    if not isinstance(value, str) or value in choices or (empty and not value):
        return
    yield problem(
        "kubernetes/value-not-supported",
        (*path, name),
        field=name,
        value=shown(value),
        choices=", ".join(choices),
        hint=choice_hint(value, choices),
    )


@rule("kubernetes/number-negative", on="part")
def not_negative(owner: Fields, names_of: Sequence[str], path: FieldPath) -> Iterator[Problem]:
    """Yield a problem for each of the fields that is negative."""
    for name in names_of:
        number = whole(owner.get(name))
        if number is not None and number < 0:
            yield problem("kubernetes/number-negative", (*path, name), field=name, value=number)


@rule("kubernetes/number-range", on="shared")
def in_range(owner: Fields, name: str, low: int, high: int, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if the field is a number outside `low` to `high`, both included."""
    number = whole(owner.get(name))
    if number is not None and not low <= number <= high:
        yield problem(
            "kubernetes/number-range", (*path, name), field=name, value=shown(number), low=low, high=high
        )


def named(
    owner: Fields,
    name: str,
    fits: Callable[[str], bool],
    path: FieldPath,
    rule: str = "kubernetes/name-format",
    empty: bool = True,
) -> Iterator[Problem]:
    """Yield a problem if the field is a text in another format; `empty` allows an empty text."""
    value = owner.get(name)
    if isinstance(value, str) and not (empty and not value) and not fits(value):
        yield problem(rule, (*path, name), field=name, value=shown(value))


@rule("kubernetes/too-many", on="part")
def at_most(given: Sequence[object], most: int, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a list has more than `most` entries."""
    if len(given) > most:
        yield problem("kubernetes/too-many", path, field=path[-1], count=len(given), most=most)


@rule("kubernetes/port-name", "kubernetes/port-range", on="shared")
def port(value: object, path: FieldPath, service: bool = False) -> Iterator[Problem]:
    """Yield a problem if a port is neither a number from 1 to 65535 nor a port name.

    `service`: 0 and an empty text select the Service's own port.
    """
    if isinstance(value, str):
        if not names.is_port_name(value) and not (service and not value):
            yield problem("kubernetes/port-name", path, value=shown(value))
        return
    number = 0 if value is None else whole(value)
    if number is not None and not names.is_port_number(number) and not (service and number == 0):
        yield problem("kubernetes/port-range", path, value=shown(number))


@rule("kubernetes/path-backsteps", on="part")
def no_backsteps(value: object, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a path contains a `..` element."""
    given = text(value)
    if ".." in given.split("/"):
        yield problem("kubernetes/path-backsteps", path, value=shown(given))


@rule("kubernetes/path-leaves-volume", on="shared")
def local_path(value: object, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a path inside a volume is absolute or contains a `..` element."""
    given = text(value)
    if given.startswith("/") or ".." in given.split("/"):
        yield problem("kubernetes/path-leaves-volume", path, value=shown(given))
