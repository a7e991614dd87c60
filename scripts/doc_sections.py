"""Writes the parts of hand-written pages that are generated from other files.

A part is between `<!-- generated: NAME ARGUMENT -->` and `<!-- end of generated -->`, so the page is readable
in any Markdown viewer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import sentence
from kaito_pack.kaito import metadata
from kaito_pack.pack import Pack
from kaito_pack.status import conditions
from kaito_pack.values.fields import fields as values_fields
from scripts import upgrade_notes
from scripts.limits import limits_table
from scripts.markdown import plain, table
from scripts.rooms import rooms_table
from scripts.schema_table import schema_table

PART = re.compile(
    r"(<!-- generated: (?P<name>[\w-]+)(?: (?P<argument>[\w-]+))? -->\n).*?(<!-- end of generated -->)",
    re.DOTALL,
)
# The variables of the sentences of `status`, for a Workspace NAME.
SHOWN_AS = {
    "get": "kubectl get workspace NAME",
    "pods": "kubectl describe pods -l kaito.sh/workspace=NAME",
    "jobs": "kubectl get jobs,pods -l kaito.sh/workspace=NAME",
    "nodes": "kubectl get nodes -l SELECTOR",
    "pod": "kubectl describe pod POD, kubectl logs POD",
}


def outputs(pack: Pack) -> Iterator[tuple[Path, str]]:
    """Yield each page with generated parts and its new text. KeyError for an unknown name."""
    for page in (ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text(encoding="utf-8")
        if PART.search(text):
            yield page, PART.sub(lambda part: _filled(part, pack), text)


def _filled(part: re.Match[str], pack: Pack) -> str:
    inside = SECTIONS[part["name"]](pack, part["argument"] or "")
    return f"{part[1]}\n{inside}\n{part[4]}"


def mode_facts(pack: Pack, name: str) -> str:
    """Return the description of a mode, from its mode.yaml."""
    facts = pack.mode(name).facts
    metrics = facts["metrics"]
    service = metrics["service"]
    rows = [("Engine", f"`{facts['engine']}`"), ("Port of the pod", f"`{facts['port']}`")]
    rows += [(f"Image, {where}", f"`{image}`") for where, image in facts.get("images", {}).items()]
    if "imageRepository" in facts:
        rows.append(("Image", f"`{facts['imageRepository']}/MODEL:TAG`"))
    if "probePath" in facts:
        rows.append(("Probes ask", f"`{facts['probePath']}`"))
    reached = service["name"].replace("${workspace}", "workspace-NAME")
    rows.append(("Reached by", f"Service `{reached}`, port `{service['port']}`"))
    rows.append(("Metrics", f"`{metrics['path']}`, see [metrics](../metrics.md)"))
    return table(("Fact", "Value"), rows)


def mode_values(pack: Pack, name: str) -> str:
    """Return the values of a mode, each with its default and a link to its description."""
    rows = []
    for field in values_fields(pack).values():
        if "." in field.name or name not in field.parts:
            continue
        part = field.parts[name]
        link = f"[`{field.name}`](../values.md#{field.name.lower()})"
        default = part.get("default")
        given = "" if default in (None, {}, []) else f"`{_as_text(default)}`"
        shown = "required" if name in field.required else given
        rows.append((link, str(part.get("title", "")), shown))
    return table(("Value", "What it is", "Default"), rows)


def _as_text(default: object) -> str:
    if isinstance(default, Mapping):
        return ", ".join(f"{key}: {value}" for key, value in default.items())
    return str(default)


def status_rows(pack: Pack, argument: str) -> str:
    """Return the rows that `status` uses, from facts/kaito/status.json."""
    known = conditions.table()
    words = known["facts"]
    rows = []
    for row in known["rows"]:
        facts = "; ".join(words[fact] for fact in row["when"]) or "anything else"
        look_at = "; ".join(_row_text(command) for command in row.get("lookAt", ()))
        rows.append((str(row["row"]), row["phase"], facts, sentence(_row_text(row["reason"])), look_at))
    return table(("Row", "Status", "When all of this holds", "Reason", "Look at"), rows)


def _row_text(text: str) -> str:
    """Return a text of the table with its variables filled in."""
    return plain(re.sub(r"\{(\w+)\}", lambda match: SHOWN_AS.get(match[1], f"*{match[1]}*"), text))


def rendered_output(pack: Pack, argument: str) -> str:
    """Return the sections "Rendered output" of CHANGELOG.md, for each release."""
    releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    sections = []
    for release in releases:
        changes = release.partition("### Rendered output\n")[2].partition("\n###")[0].strip()
        sections += [f"{release.partition(chr(10))[0]}:\n\n{changes}\n"] if changes else []
    return "\n".join(sections)


def annotation_rows(pack: Pack, kind: str) -> str:
    """Return the annotations or labels that KAITO reads, from facts/kaito/annotations.json."""
    needs = {"auto": "nodes that KAITO creates", "preset": "a preset", "vllm": "the runtime vLLM"}
    rows = []
    for key in metadata.keys().values():
        if key.kind == kind and (key.values or kind == "annotation"):  # KAITO itself sets the other labels
            values = ", ".join(f"`{value}`" for value in key.values) or "any"
            rejected = f"; KAITO {key.rejected} rejects others" if key.rejected != "none" else ""
            wanted = ", ".join(needs[need] for need in key.needs)
            rows.append((f"`{key.name}`", values + rejected, key.versions, wanted, key.meaning))
    return table(("Key", "Values", "KAITO", "Needs", "Meaning"), rows)


SECTIONS: Mapping[str, Callable[[Pack, str], str]] = {
    "annotations": annotation_rows,
    "limits": lambda pack, argument: limits_table(),
    "mode-facts": mode_facts,
    "mode-values": mode_values,
    "rendered-output": rendered_output,
    "rooms": lambda pack, argument: rooms_table(),
    "schema": lambda pack, argument: schema_table(argument),
    "status": status_rows,
    "upgrades": lambda pack, argument: upgrade_notes.text(),
}
