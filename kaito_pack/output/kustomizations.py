"""The kustomization files of an output tree: each lists files or folders in apply order."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from kaito_pack.documents.scalars import yaml_scalar
from kaito_pack.kubernetes.objects.apply_order import Bonds, in_apply_order, joined

MARKER = "# Rendered by kaito-pack from a values file: edit that instead.\n"
KUSTOMIZATION = "kustomization.yaml"
NOTHING = Bonds()

Name = TypeVar("Name", bound=str)


def kustomizations(
    paths: Iterable[str], bonds: Mapping[str, Bonds], listed: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each kustomization for the files at `paths`.

    `bonds` has the bonds of the files that this run rendered. Files without bonds keep their order in
    `listed`, the current lists by folder ("" is the root of the tree).
    """
    folders: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder, name = path.split("/")
        folders.setdefault(folder, []).append(name)
    for folder, names in folders.items():
        each = {name: bonds.get(f"{folder}/{name}", NOTHING) for name in names}
        yield f"{folder}/{KUSTOMIZATION}", _text(_in_order(each, listed.get(folder, ())))
    if folders:
        of_folders = {
            folder: joined(bonds.get(f"{folder}/{name}", NOTHING) for name in names)
            for folder, names in folders.items()
        }
        yield KUSTOMIZATION, _text(_in_order(of_folders, listed.get("", ())))


def _in_order(bonds: Mapping[str, Bonds], listed: Sequence[str]) -> list[str]:
    """Return the names in apply order; names without bonds as listed, new names alphabetically."""
    names = [name for name in dict.fromkeys(listed) if name in bonds]
    for name in sorted(bonds.keys() - set(names)):
        names.insert(bisect(names, name), name)
    return in_apply_order(names, bonds.__getitem__)


def listed_in(text: str) -> list[str]:
    """Return the entries of a kustomization that the pack wrote."""
    return [match.strip("'\"") for match in re.findall(r"^  - (.+?)\r?$", text, re.MULTILINE)]


def _text(names: Iterable[str]) -> str:
    resources = "".join(f"  - {yaml_scalar(name)}\n" for name in names)
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    return MARKER + head + resources
