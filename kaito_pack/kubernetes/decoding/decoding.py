"""Finds what a strict Go JSON decoder rejects in a value of a Kubernetes type.

Two decoders are covered. A webhook that uses Go's encoding/json with unknown fields forbidden matches a field
in any letter case; the API server uses sigs.k8s.io/json, which does not. Both accept null everywhere and
leave the field at zero, accept an integer written `1.0` (kubectl sends it as 1), decode quantities, times and
int-or-string in their own way, and read bytes from base64 or from a list of numbers.

Neither decoders nor this module check required fields or the meaning of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from kaito_pack.base.display import did_you_mean, shown, shown_typed
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema
from kaito_pack.kubernetes.decoding import quantity
from kaito_pack.kubernetes.decoding.definitions import Definitions
from kaito_pack.kubernetes.decoding.formats import is_base64, is_time

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
WHOLE_AS_DIGITS = 1e21  # from here on Go prints numbers with an exponent, which no integer field accepts
MOST_SUGGESTIONS = 50
LONGEST_SUGGESTED = 80

Trail = tuple[Any, ...] | None  # (the parent's trail, the key): a path that costs nothing until it is printed


class Finding(NamedTuple):
    """A part that a decoder, a structural schema or the rules of `metadata` reject, or that no node can run.

    `kind` is one of `findings.RULES`, "case" (a known field in another letter case), or what a node fails on
    ("image-spaces", "medium", "probe-port", "root"). `expected` is the correct form: for "unknown" and
    "probe-port" the nearest name or "", for "case" the correct spelling.
    """

    kind: str
    path: FieldPath
    value: str
    expected: str


Findings = list[Finding]
ValueCheck = Callable[[Any, Trail, Findings], None]


def decode(
    value: object, definition_name: str, definitions: Definitions, case_sensitive: bool
) -> Iterator[Finding]:
    """Yield the findings of a strict decoder in `value` as the definition of that name."""
    findings: Findings = []
    decoder(definitions, case_sensitive).check(definition_name)(value, None, findings)
    yield from findings


@cache
def decoder(definitions: Definitions, case_sensitive: bool) -> Decoder:
    """Return the decoder of these definitions; it creates its checks as they are needed."""
    return Decoder(definitions.schemas, case_sensitive)


class Decoder:
    """Checks for definitions, each created once; a check appends its findings."""

    def __init__(self, schemas: Mapping[str, Schema], case_sensitive: bool) -> None:
        self.schemas = schemas
        self.case_sensitive = case_sensitive
        self.checks: dict[str, ValueCheck] = {}

    def check(self, name: str) -> ValueCheck:
        """Return the check of the definition `name`."""
        if name not in self.checks:
            self.checks[name] = self._make(self.schemas[name])
        return self.checks[name]

    def _refer(self, name: str) -> ValueCheck:
        # Resolved late because definitions refer to themselves.
        def referred(value: Any, trail: Trail, findings: Findings) -> None:
            self.check(name)(value, trail, findings)

        return referred

    def _make(self, schema: Schema) -> ValueCheck:
        if "$ref" in schema:
            name = schema["$ref"]
            return LEAVES.get(self.schemas[name].get("format", ""), self._refer(name))
        if schema.get("format") in LEAVES:
            return LEAVES[schema["format"]]
        kind = schema.get("type")
        if kind == "array":
            return list_check(self._make(schema.get("items", {})))
        if kind == "object" and "additionalProperties" in schema:
            return map_check(self._make(schema["additionalProperties"]))
        if kind == "object":
            return self._struct(schema.get("properties", {}))
        return LEAVES.get(kind or "", anything)

    def _struct(self, properties: Mapping[str, Schema]) -> ValueCheck:
        fields = {name: self._make(schema) for name, schema in properties.items()}
        spellings = {} if self.case_sensitive else {folded(name): name for name in fields}

        def struct(value: Any, trail: Trail, findings: Findings) -> None:
            if not isinstance(value, dict):
                wrong_type(value, trail, findings, "a map")
                return
            for key, child in value.items():
                check = fields.get(key)
                if check is not None:
                    if child is not None:
                        check(child, (trail, key), findings)
                    continue
                spelling = spellings.get(folded(key))
                if spelling is None:
                    findings.append(unknown(key, fields, trail, findings))
                else:
                    findings.append(Finding("case", path_of((trail, key)), shown(key), spelling))
                    fields[spelling](child, (trail, key), findings)

        return struct


def unknown(key: Any, fields: Iterable[str], trail: Trail, findings: Findings) -> Finding:
    """Return the finding of a field that is not among `fields`, with the nearest name."""
    # A search takes a millisecond, so skip it after many findings and for very long keys.
    worth = len(findings) < MOST_SUGGESTIONS and len(str(key)) <= LONGEST_SUGGESTED
    near = (did_you_mean(str(key), fields) or "") if worth else ""
    return Finding("unknown", path_of((trail, key)), shown(key), near)


def folded(key: object) -> str:
    """Return a field name as encoding/json compares names: it folds two letters beyond ASCII to ASCII."""
    return str(key).lower().replace("ſ", "s")


def path_of(trail: Trail) -> FieldPath:
    """Return the path of a trail."""
    steps: list[Any] = []
    while trail is not None:
        trail, step = trail
        steps.append(step if isinstance(step, str | int) and not isinstance(step, bool) else str(step))
    return tuple(reversed(steps))


def list_check(item: ValueCheck) -> ValueCheck:
    """Return the check of a list whose items `item` checks."""

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if isinstance(value, list):
            for index, child in enumerate(value):
                if child is not None:
                    item(child, (trail, index), findings)
        else:
            wrong_type(value, trail, findings, "a list")

    return check


def map_check(item: ValueCheck) -> ValueCheck:
    """Return the check of a map with free keys whose values `item` checks."""

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                if child is not None:
                    item(child, (trail, key), findings)
        else:
            wrong_type(value, trail, findings, "a map")

    return check


def wrong_type(value: Any, trail: Trail, findings: Findings, expected: str) -> None:
    """Add a finding for a value of another type; null has no type and is valid."""
    if value is not None:
        findings.append(Finding("type", path_of(trail), shown_typed(value), expected))


def anything(value: Any, trail: Trail, findings: Findings) -> None:
    """Accept any JSON."""


def string(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a string."""
    if not isinstance(value, str):
        wrong_type(value, trail, findings, "a string")


def boolean(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        wrong_type(value, trail, findings, "true or false")


def number(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a number that JSON can represent."""
    finite = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    if not finite:
        wrong_type(value, trail, findings, "a number")


def is_whole(value: Any) -> bool:
    """Return whether kubectl sends this number without a fraction or an exponent."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (
        isinstance(value, float) and abs(value) < WHOLE_AS_DIGITS and value.is_integer()
    )


def integer_check(lowest: int, highest: int) -> ValueCheck:
    """Return the check of a whole number in a range, both ends included."""

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if not is_whole(value):
            wrong_type(value, trail, findings, "a whole number")
        elif not lowest <= value <= highest:
            findings.append(Finding("range", path_of(trail), shown(value), f"{lowest} to {highest}"))

    return check


def int_or_string(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a string or a whole number of 32 bits."""
    if isinstance(value, str):
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        LEAVES["int32"](value, trail, findings)
    else:
        wrong_type(value, trail, findings, "a whole number or a string")


def quantity_check(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a Kubernetes quantity."""
    try:
        quantity.parse(value)
    except ValueError as wrong:
        findings.append(Finding("quantity", path_of(trail), shown(value), str(wrong)))


def time_check(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a time in the format of RFC 3339."""
    if not isinstance(value, str):
        wrong_type(value, trail, findings, "a time such as 2026-01-31T12:00:00Z")
    elif not is_time(value):
        findings.append(Finding("time", path_of(trail), shown(value), "2026-01-31T12:00:00Z"))


def micro_time_check(value: Any, trail: Trail, findings: Findings) -> None:
    """Check a time with exactly six decimal digits of a second."""
    if not isinstance(value, str):
        wrong_type(value, trail, findings, "a time such as 2026-01-31T12:00:00.000000Z")
    elif not is_time(value, micro=True):
        findings.append(Finding("time", path_of(trail), shown(value), "2026-01-31T12:00:00.000000Z"))


def bytes_check(value: Any, trail: Trail, findings: Findings) -> None:
    """Check bytes: base64 or, as in Go, a list of numbers below 256."""
    if isinstance(value, list):
        list_check(integer_check(0, 255))(value, trail, findings)
    elif not isinstance(value, str):
        wrong_type(value, trail, findings, "base64 text")
    elif not is_base64(value):
        findings.append(Finding("bytes", path_of(trail), "a text", "base64 text"))


LEAVES: dict[str, ValueCheck] = {
    "string": string,
    "boolean": boolean,
    "number": number,
    "integer": integer_check(*INT64),
    "int64": integer_check(*INT64),
    "int32": integer_check(*INT32),
    "byte": bytes_check,
    "quantity": quantity_check,
    "int-or-string": int_or_string,
    "date-time": time_check,
    "micro-time": micro_time_check,
}
