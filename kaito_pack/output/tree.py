"""The output tree that a GitOps repository commits: DIR/<namespace>/<workspace>.yaml and kustomizations.

The first line marks the pack's own files. Files without it belong to others and are never changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import UsageError, unread
from kaito_pack.base.records import NamedTuple
from kaito_pack.kubernetes.objects.apply_order import Bonds
from kaito_pack.output import read_bytes, same_text
from kaito_pack.output.kustomizations import KUSTOMIZATION, MARKER, kustomizations, listed_in
from kaito_pack.rendering.manifests import RenderedManifest, as_yaml

NO_BONDS: Mapping[str, Bonds] = MappingProxyType({})
Texts = Mapping[str, str]  # "<namespace>/<workspace>.yaml" -> its content


class Tree(NamedTuple):
    """The wanted content of a tree, and the dependencies between the objects in its files, by path."""

    root: str
    texts: Texts
    bonds: Mapping[str, Bonds] = NO_BONDS


@dataclass
class Changes:
    """The changes that a tree needs, by paths from its root; the root may not exist yet.

    `total` is the number of wanted files. `texts` are to be written, those in `differs` over another text.
    `stale` are generated files whose values are gone. `foreign` are files of others at paths that the pack
    would write.
    """

    root: str
    texts: dict[str, str] = field(default_factory=dict)
    differs: set[str] = field(default_factory=set)
    total: int = 0
    stale: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_drift(self) -> bool:
        """Whether the tree differs from what the values render to."""
        return bool(self.texts or self.stale or self.foreign)

    @property
    def missing(self) -> list[str]:
        """The wanted files that do not exist."""
        return [path for path in self.texts if path not in self.differs]

    def file(self, path: str) -> str:
        """Return a path from the root as the user would write it."""
        return os.path.join(self.root, path)

    def diff(self) -> Iterator[str]:
        """Yield a unified diff from the current to the wanted content."""
        for path, text in sorted(self.texts.items()):
            old = self._there(path) if path in self.differs else None
            yield from difference(self.file(path), old, text)
        for path in self.stale:
            yield from difference(self.file(path), self._there(path), None)

    def _there(self, path: str) -> str:
        return (_content(self.file(path)) or b"").decode("utf-8", "replace")


def difference(file: str, old: str | None, new: str | None) -> Iterator[str]:
    """Yield the unified diff of one file, in a form for `git apply`; None is a file that does not exist."""
    from difflib import unified_diff

    name = file.replace(os.sep, "/").lstrip("/")
    lines = unified_diff(
        _lines(old),
        _lines(new),
        "/dev/null" if old is None else f"a/{name}",
        "/dev/null" if new is None else f"b/{name}",
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str | None) -> list[str]:
    return [f"{line}\n" for line in text.replace("\r\n", "\n").split("\n")][:-1] + _rest(text) if text else []


def _rest(text: str) -> list[str]:
    last = text.rsplit("\n", 1)[-1]
    return [last] if last else []


def text_of(group: Sequence[RenderedManifest]) -> tuple[str, str]:
    """Return the path in a tree and the text of one values file's manifests, the Workspace first.

    Raises UsageError for a name that no file can have.
    """
    metadata: Any = group[0].body.get("metadata") or {}
    names = [metadata.get("namespace"), metadata.get("name")]
    for name in names:
        if not isinstance(name, str) or not name or name.startswith(".") or set(name) & set("/\\\0"):
            raise UsageError(
                f"{shown(name)} cannot be a file name, and a tree has files <namespace>/<name>.yaml"
            )
    path = f"{names[0]}/{names[1]}.yaml"
    if names[1] + ".yaml" == KUSTOMIZATION:
        raise UsageError(f"{escaped(path)}: this is the file of kustomize. Rename the Workspace")
    return path, MARKER + as_yaml(group)


def compare(root: str, texts: Texts, whole: bool, bonds: Mapping[str, Bonds] = NO_BONDS) -> Changes:
    """Return the changes that the tree at `root` needs for `texts`; `whole` if it should have no other files.

    `bonds` determine the order in which kustomizations list the files.

    Each file is read once. Raises UsageError if the tree cannot be read, or a symbolic link leads out of it.
    """
    changes = Changes(root)
    own = set(_own_files(root))
    listed = set(texts) | (set() if whole else set(filter(_is_workspace, own)))
    # For files that this run did not render, only the current order of the lists shows their bonds.
    now = {} if whole else _listed(root, {os.path.dirname(path) for path in listed})
    wanted = {**texts, **dict(kustomizations(listed, bonds, now))}
    changes.total = len(wanted)
    if whole:
        # Remove the lists before the files that they name.
        changes.stale = sorted(own - set(wanted), key=lambda path: (_is_workspace(path), path))
    checked: set[str] = set()
    for path, text in wanted.items():
        folder = os.path.dirname(path)
        if folder and folder not in checked:
            checked.add(folder)
            if _kind(changes.file(folder)) not in (None, stat.S_IFDIR):
                changes.foreign.append(folder)
                continue
            if _is_tree(changes.file(folder)):
                raise UsageError(
                    f"{escaped(changes.file(folder))}: contains another output tree. Choose another --out"
                )
        _compare_one(path, text, changes)
    return changes


def _compare_one(path: str, text: str, changes: Changes) -> None:
    kind = _kind(changes.file(path))
    there = _content(changes.file(path)) if kind == stat.S_IFREG else None
    if kind is None:
        changes.texts[path] = text
    elif there is None or not _is_marked(there):
        changes.foreign.append(path)
    elif not same_text(there, text):
        changes.texts[path] = text
        changes.differs.add(path)


def _kind(file: str) -> int | None:
    """Return the kind of file at a path; None if it does not exist. Raises UsageError for a symbolic link."""
    try:
        kind = stat.S_IFMT(os.lstat(file).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unread(file, error) from None
    if kind == stat.S_IFLNK:
        raise UsageError(f"{escaped(file)}: is a symbolic link and points outside the folder. Remove it")
    return kind


def _listed(root: str, folders: Iterable[str]) -> dict[str, list[str]]:
    """Return the current entries of the pack's own kustomizations, by folder."""
    files = {folder: os.path.join(root, folder, KUSTOMIZATION) for folder in ("", *folders)}
    texts = {folder: _content(file) for folder, file in files.items() if _is_own(file)}
    return {folder: listed_in((text or b"").decode("utf-8", "replace")) for folder, text in texts.items()}


def _is_workspace(path: str) -> bool:
    return not path.endswith(KUSTOMIZATION)


def workspace_files(root: str) -> list[str]:
    """Return the pack's own Workspace files in a tree, by paths from its root."""
    return sorted(filter(_is_workspace, _own_files(root)))


def _own_files(root: str) -> Iterator[str]:
    """Yield the pack's own files: in the folders of `root`, and its kustomization in `root`."""
    if _is_own(os.path.join(root, KUSTOMIZATION)):
        yield KUSTOMIZATION
    for folder in folders(root):
        if _is_tree(os.path.join(root, folder)):
            continue  # a tree of another run, such as the next cluster's
        for entry in _entries(os.path.join(root, folder)):
            if entry.name.endswith(".yaml") and entry.is_file(follow_symlinks=False) and _is_own(entry.path):
                yield f"{folder}/{entry.name}"


def _is_tree(folder: str) -> bool:
    """Return whether a folder is the root of another tree: its kustomization lists folders."""
    file = os.path.join(folder, KUSTOMIZATION)
    return _is_own(file) and b"\n  - " in (there := _content(file) or b"") and b".yaml" not in there


def folders(root: str) -> list[str]:
    """Return the names of the folders of `root` except links. Raises UsageError if it cannot be read."""
    return [entry.name for entry in _entries(root) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unread(folder, error) from None


def _is_own(file: str) -> bool:
    try:
        if os.path.islink(file):
            return False
        with open(file, "rb", buffering=0) as stream:
            return _is_marked(stream.read(len(MARKER) + 1))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    except OSError as error:
        raise unread(file, error) from None


def _is_marked(content: bytes) -> bool:
    return content.startswith((MARKER.encode(), MARKER.replace("\n", "\r\n").encode()))


def _content(file: str) -> bytes | None:
    try:
        return read_bytes(file)
    except OSError as error:
        raise unread(file, error) from None
