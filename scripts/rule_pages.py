"""Writes docs/reference/rules/: an index with one line per rule, and a page for each layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from kaito_pack.base.problems import RuleLayer
from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import sentence
from kaito_pack.facts import rules
from kaito_pack.facts.rules import Rule
from scripts.markdown import plain, table

FOLDER = ROOT / "docs" / "reference" / "rules"
LAYERS: Mapping[RuleLayer, tuple[str, str]] = {
    "values": ("Values", "What the pack rejects in a values file, a layer, a target or a fleet."),
    "crd": ("CRD", "What the API server rejects because of the schemas of KAITO's CRDs."),
    "webhook": ("Admission webhook", "What KAITO's admission webhook rejects when you apply a manifest."),
    "kubernetes": ("Kubernetes", "What the API server rejects in pod templates, Services and other objects."),
    "controller": ("Controller", "What KAITO accepts, and its controller or the kubelet then cannot run."),
    "model": ("Model", "What the model or its server does not support: memory, length, GPUs, arguments."),
    "advice": ("Advice", "What works and is better written otherwise, or depends on the cluster."),
    "preflight": ("Preflight", "What `kaito-pack preflight` reports after asking the cluster."),
}


def outputs(examples: Mapping[str, Mapping[str, str]], note: str) -> Iterator[tuple[Path, str]]:
    """Yield each page with its text; `note` is the comment on its first line, `examples` are by rule."""
    layers = {layer: sorted(rules.rules(layer).values()) for layer in get_args(RuleLayer)}
    yield FOLDER / "index.md", _index(layers, note)
    for layer, rows in layers.items():
        yield FOLDER / f"{layer}.md", _page(layer, rows, examples, note)


def link(rule: Rule, folder: str = "") -> str:
    """Return a Markdown link to the section about a rule; `folder` is the path to the pages."""
    return f"[{rule.name}]({folder}{rule.layer}.md#{rule.name.partition('/')[2]})"


def _index(layers: Mapping[RuleLayer, Sequence[Rule]], note: str) -> str:
    lines = [f"<!-- {note} -->", "", "# Rules", ""]
    lines += [
        "Which problems can the pack report? Every problem ends with the name of its rule in brackets. The",
        "name begins with the layer that would report the problem. `kaito-pack explain RULE` prints a rule.",
    ]
    for layer, rows in layers.items():
        title, summary = LAYERS[layer]
        lines += ["", f"## {title}", "", f"{summary} {len(rows)} rules: [{layer}]({layer}.md).", ""]
        cells = [(link(rule), rule.severity, rule.scope, _first_sentence(rule)) for rule in rows]
        lines.append(table(("Rule", "Severity", "KAITO", "Reason"), cells).rstrip("\n"))
    return "\n".join(lines) + "\n"


def _first_sentence(rule: Rule) -> str:
    """Return the first sentence of the meaning; a full stop inside a word or a number does not end it."""
    return plain(re.split(r"(?<=[^.]\.) (?=[A-Z`])", rule.meaning, maxsplit=1)[0])


def _page(
    layer: RuleLayer, rows: Sequence[Rule], examples: Mapping[str, Mapping[str, str]], note: str
) -> str:
    title, summary = LAYERS[layer]
    lines = [f"<!-- {note} -->", "", f"# {title} rules", "", f"{summary} [All rules](index.md)"]
    for rule in rows:
        versions = "" if rule.scope == "all" else f" KAITO {rule.scope}."
        lines += ["", f"## {rule.name.partition('/')[2]}", ""]
        lines += [f"`{rule.name}`: {rule.severity}.{versions} {plain(rule.meaning)}"]
        words = " ".join(filter(None, (sentence(plain(rule.message)), sentence(plain(rule.fix)))))
        lines += ["", f"> {words}"] if words else []
        lines += ["", f"Source: {rule.source}"] if rule.source else []
        lines += ["", f"Former name: `{'`, `'.join(rule.formerly)}`"] if rule.formerly else []
        for name, text in examples.get(rule.name, {}).items():
            lines += ["", f"{name.capitalize()}:", "", "```yaml", text.rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"
