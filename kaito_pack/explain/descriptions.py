"""Describes values and rules with the texts of the schemas and the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kaito_pack.base.sentences import sentence
from kaito_pack.facts.rules import Rule, page
from kaito_pack.values.fields import Field
from kaito_pack.values.pages import value_page

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def field_text(field: Field, below: Iterable[Field] = ()) -> str:
    """Return the description of a value in the style of `kubectl explain`, with the values `below` it."""
    lines = [
        f"FIELD:    {field.name}",
        f"TITLE:    {field.first.get('title', '')}",
        f"MODES:    {field.modes}",
    ]
    if field.required:
        of_all = field.required == tuple(field.parts)
        lines.append(f"REQUIRED: {'yes' if of_all else 'in ' + ', '.join(field.required)}")
    for title, text in field.facts():
        label = title.upper() + ":"
        lines.append(f"{label:<9} {text.replace('`', '')}")
    lines += [f"DEFAULT:  {text}" for text in field.defaults()]
    lines += [f"PAGE:     {address}"] if (address := value_page(field.name)) else []
    lines += ["", "DESCRIPTION:", *(f"    {text}" for text in field.descriptions())]
    if inner := [f"    {line}" for line in list_of(below)]:
        lines += ["", "FIELDS:", *inner]
    return "\n".join(lines) + "\n"


def list_of(fields: Iterable[Field]) -> list[str]:
    """Return a line for each of several values."""
    listed = list(fields)
    width = max((len(field.name) for field in listed), default=0)
    return [f"{field.name:<{width}}  {field.first.get('title', '')} ({field.modes})" for field in listed]


def rule_text(rule: Rule, examples: Mapping[str, str], message: str | None = None) -> str:
    """Return a rule: its message, meaning, versions, source, page and examples (`bad`, `good`).

    `message` is what the rule reports for the bad example. Without it, the text has the message of the row,
    with placeholders such as `<value>`.
    """
    template = PLACEHOLDER.sub(_name_of, f"{sentence(rule.message)} {sentence(rule.fix)}").rstrip()
    lines = [
        f"RULE:     {rule.name}",
        *(f"FORMERLY: {former}" for former in rule.formerly),
        f"LAYER:    {rule.layer}",
        f"SEVERITY: {rule.severity}",
        f"KAITO:    {rule.scope}",
        f"SAYS:     {message or template}",
        f"SOURCE:   {rule.source or 'the pack'}",
        *([f"PAGE:     {address}"] if (address := page(rule.name)) else []),
        "",
        "MEANING:",
        f"    {rule.meaning}",
    ]
    for title, text in examples.items():
        lines += ["", f"{title.upper()}:", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines) + "\n"


def _name_of(placeholder: re.Match[str]) -> str:
    return f"<{placeholder[1].replace('_', ' ')}>"
