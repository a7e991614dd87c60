"""Brings output trees up to date: all is staged before the first file changes, and renamed at the end.

A run that is killed leaves old files or new ones, and at most hidden files that the next run sweeps away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from kaito_pack import output
from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.output import TREE_PART, remove_quietly
from kaito_pack.output.kustomizations import KUSTOMIZATION
from kaito_pack.output.tree import Changes, Texts, Tree, compare, folders

STALE_SECONDS = 3600  # without locks of the file system, a part that old belongs to a run that was killed


def write(trees: Sequence[Tree | tuple[str, Texts]], prune: bool) -> list[Changes]:
    """Bring trees up to date, and remove stale files if `prune`; what was changed, tree by tree.

    Nothing is written if a tree has a foreign file in the way, or a file cannot be written:
    then UsageError says why.
    """
    wanted = [Tree(*tree) for tree in trees]
    new_folders: list[str] = []
    parts: list[tuple[str, str]] = []
    try:
        with ExitStack() as locks:
            # Sorted, so that two runs over the same trees never wait for each other.
            for root in sorted(tree.root for tree in wanted):
                locks.enter_context(_Lock(root, new_folders))
            changes = [compare(root, texts, prune, bonds) for root, texts, bonds in wanted]
            if not any(each.foreign for each in changes):
                for each in changes:
                    _stage(each, parts, new_folders)
                new_folders.clear()
                _finish(changes, parts)
            return changes
    except OSError as error:
        raise output.unwritten(os.fsdecode(error.filename or ""), error) from None
    finally:
        for part, _ in parts:
            remove_quietly(part)
        for folder in reversed(new_folders):
            _remove_if_empty(folder)


def _stage(changes: Changes, parts: list[tuple[str, str]], new_folders: list[str]) -> None:
    """Write every new text beside its place; see also that stale files can be removed."""
    # Files before what lists them: a run that is killed leaves no list of files that are not there.
    for path in sorted(changes.texts, key=lambda path: (path.endswith(KUSTOMIZATION), -path.count("/"))):
        file = changes.file(path)
        _make_folders(os.path.dirname(file), new_folders)
        there = output.read_bytes(file) if path in changes.differs else None
        try:
            part, handle = output.start(file, TREE_PART)
            parts.append((part, file))
            try:
                output.fill(handle, file, changes.texts[path], there)
            finally:
                os.close(handle)
        except OSError as error:
            raise output.unwritten(file, error) from None
    for path in changes.stale:
        folder = os.path.dirname(changes.file(path))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{escaped(changes.file(path))}: cannot be removed: the folder is read-only")


def _finish(changes: Sequence[Changes], parts: list[tuple[str, str]]) -> None:
    while parts:
        part, file = parts[0]
        try:
            os.replace(part, file)
        except OSError as error:
            raise output.unwritten(file, error) from None
        parts.pop(0)
    for each in changes:
        for path in each.stale:
            os.unlink(each.file(path))
            if "/" in path:
                _remove_if_empty(os.path.dirname(each.file(path)))


def _make_folders(folder: str, new_folders: list[str]) -> None:
    """Make a folder and its missing parents, and add each to `new_folders`, the highest first."""
    if os.path.isdir(folder):
        return
    if parent := os.path.dirname(folder):
        _make_folders(parent, new_folders)
    try:
        os.mkdir(folder)
    except FileExistsError:  # another run was faster, or it is not a folder
        if not os.path.isdir(folder):
            raise UsageError(
                f"{escaped(folder)}: is a file, but the tree needs a folder there. Move it"
            ) from None
    else:
        new_folders.append(folder)


def _remove_if_empty(folder: str) -> None:
    with suppress(OSError):  # it has files of others, or of another run
        os.rmdir(folder)


class _Lock:
    """Holds the folder itself, so that a second run waits and no file is left behind."""

    def __init__(self, root: str, new_folders: list[str]) -> None:
        self._root, self._new_folders = root.rstrip(os.sep) or root, new_folders
        self._handle = -1

    def __enter__(self) -> None:
        _make_folders(self._root, self._new_folders)
        self._handle = os.open(self._root, os.O_RDONLY)
        is_alone = self._locked()
        for folder in (self._root, *(os.path.join(self._root, name) for name in folders(self._root))):
            for part in output.parts(folder, TREE_PART):
                if is_alone or time.time() - os.lstat(part).st_mtime > STALE_SECONDS:
                    remove_quietly(part)

    def _locked(self) -> bool:
        try:
            import fcntl

            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except (ImportError, OSError):
            return False  # a file system without locks: renames still keep every file whole
        return True

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
