"""The cases of tests/manifests/, read for the tests and for the examples in docs/reference/rules/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kaito_pack.documents import Document, read_file
from kaito_pack.kaito.target import Nodes, Target
from kaito_pack.pack import Pack
from kaito_pack.run.judgement import Entry
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator

FOLDER = Path(__file__).resolve().parent / "manifests"


@dataclass(frozen=True)
class Case:
    """One file: the verdict and the rule that its first line expects, and the cluster it names."""

    file: Path
    verdict: str
    rule: str | None
    options: Mapping[str, str]
    message: str
    text: str

    def judged(self) -> Entry:
        """What `validate` says of the manifest that the file is about."""
        documents = [document for document in read_file(str(self.file)) if document.value is not None]
        stored = [documents.pop(0)] if self.options.get("old") == "first" else []
        return self.judge(documents, stored)

    def judge(self, documents: Sequence[Document], stored: Sequence[Document] = ()) -> Entry:
        """What `validate` says of the first Workspace, else of the first manifest, in the case's cluster."""
        old = [Source(str(self.file), stored)] if stored else []
        entries = Validator(Pack(), self._target()).run([Source(str(self.file), documents)], old).entries
        workspaces = [entry for entry in entries if entry.kind == "Workspace"]
        return workspaces[0] if workspaces else entries[0]

    def _target(self) -> Target:
        options: dict[str, Any] = dict(self.options)
        return Target(
            kaito=options["kaito"],
            kubernetes=options.get("kubernetes", "1.35"),
            provisioning=options["provisioning"],
            cloud=options.get("cloud", "azure"),
            gpu_memory_gib=float(options["gpu"]) if "gpu" in options else None,
            feature_gates=tuple((gate.lstrip("!"), gate[0] != "!") for gate in _listed(options, "gates")),
            config_maps=_listed(options, "maps"),
            nodes=_nodes(options),
            catalogues=tuple(str(FOLDER / "catalogues" / name) for name in _listed(options, "catalogues")),
        )


def _listed(options: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(filter(None, options.get(name, "").split(",")))


def _nodes(options: Mapping[str, Any]) -> tuple[Nodes, ...] | None:
    if "nodes" not in options:
        return None
    pairs = (label.partition(":") for label in _listed(options, "nodes"))
    memory = float(options.get("memory", 0))  # GiB of the one GPU of each node
    return tuple(Nodes(((key, value),), gpus=1, gpu_memory_gib=memory) for key, _, value in pairs)


@cache
def cases() -> tuple[Case, ...]:
    """Every file of tests/manifests/, by name."""
    files = sorted(file for folder in ("refused", "accepted") for file in (FOLDER / folder).glob("*.yaml"))
    return tuple(map(_read, files))


def _read(file: Path) -> Case:
    text = file.read_text(encoding="utf-8")
    mark, _, rest = text.partition("\n")[0].partition("# expect: ")
    if mark or not rest:
        raise ValueError(f"{file.name} does not say what is expected")
    expected, options, *message = (part.strip() for part in rest.split("|"))
    verdict, _, rule = expected.rpartition(" ") if expected.startswith("accepted ") else (expected, "", "")
    if not verdict.startswith("accepted"):
        verdict, rule = "refused", expected
    pairs = dict(each.split("=", 1) for each in options.split())
    return Case(file, verdict, rule or None, pairs, "".join(message), text)
