"""Argument types with shell completion: files, folders, and names that the pack knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kaito_pack.pack import Pack

Context = click.Context
MOST = 200  # maximum number of offered words


class File(click.ParamType[str]):
    """The path of a file, completed by the shell; the command checks it when it reads the file."""

    name = "file"
    kind = "file"

    def shell_complete(
        self, ctx: Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Let the shell complete paths."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


class Folder(File):
    """The path of a folder."""

    name = "folder"
    kind = "dir"


class Words(click.ParamType[str]):
    """Text with completions from a function; the command checks it."""

    name = "text"

    def __init__(self, words: Callable[[Context], Iterable[str]], with_files: bool = False) -> None:
        self._words, self._with_files = words, with_files

    def shell_complete(
        self, ctx: Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Return the words that begin with the typed text, else files if the argument may be one."""
        from click.shell_completion import CompletionItem

        done, _, last = incomplete.rpartition(",")
        head = f"{done}," if done else ""
        words = [
            word for word in dict.fromkeys(self._words(ctx)) if word.startswith(last) and word.isprintable()
        ]
        items: list[CompletionItem[str]] = [CompletionItem(head + word) for word in words[:MOST]]
        if self._with_files and (not items or not incomplete):
            items.append(CompletionItem(incomplete, type="file"))
        return items


def _pack(context: Context) -> Pack:
    """Return the pack with the folders of `--pack` that exist."""
    from pathlib import Path

    from kaito_pack.pack import Pack

    return Pack([folder for folder in map(Path, context.params.get("pack") or ()) if folder.is_dir()])


def kaito_versions(context: Context) -> Iterable[str]:
    """Return the KAITO versions in the packs, the newest first."""
    return reversed(list(_pack(context).kaito_versions))


def all_kaito_versions(context: Context) -> Iterable[str]:
    """Return the KAITO versions, and `all`."""
    return [*kaito_versions(context), "all"]


def kubernetes_versions(_: Context) -> Iterable[str]:
    """Return the supported Kubernetes versions, the newest first."""
    from kaito_pack.kubernetes.decoding import definitions

    return reversed(list(definitions.versions()))


def contexts(_: Context) -> Iterable[str]:
    """Return the contexts of the kubeconfig; empty if kubectl is missing or fails."""
    import subprocess

    command = ["kubectl", "config", "get-contexts", "-o", "name"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split() if done.returncode == 0 else []


def explained_words(context: Context) -> Iterable[str]:
    """Return the words for `explain`: values and rules; after a values file, its fields and `fit`."""
    from kaito_pack.facts.rules import all_rules
    from kaito_pack.values.fields import fields

    known = fields(_pack(context))
    return [*known, "fit"] if context.params.get("words") else [*known, *all_rules()]


def example_names(_: Context) -> Iterable[str]:
    """Return the names of the examples."""
    from kaito_pack.base.root import VALUES

    return sorted(file.stem for file in VALUES.glob("*.yaml"))


def model_ids(_: Context) -> Iterable[str]:
    """Return the ids of the models of the catalogue."""
    from kaito_pack.models.catalogue import Catalogue

    return [model.model_id for model in Catalogue.open(()).models]
