"""Updates output trees: stages all files before the first one changes, and renames them at the end.

A killed run leaves each file either old or new, and at most hidden files, which the next run removes.
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

STALE_SECONDS = 3600  # age of a part that a killed run left, if the file system has no locks


def write(trees: Sequence[Tree | tuple[str, Texts]], prune: bool) -> list[Changes]:
    """Update trees, and remove stale files if `prune`; return the changes, tree by tree.

    Writes nothing if a foreign file is in the way or a file cannot be written. Raises UsageError with the
    reason.
    """
    wanted = [Tree(*tree) for tree in trees]
    new_folders: list[str] = []
    parts: list[tuple[str, str]] = []
    try:
        with ExitStack() as locks:
            # Sorted, so that two runs over the same trees never deadlock.
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
    """Write every new text beside its target; also verify that stale files can be removed."""
    # Files before the lists that name them: after a kill, no list names a file that does not exist.
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
    """Create a folder and its missing parents, and add each to `new_folders`, the topmost first."""
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
    with suppress(OSError):  # it contains files of others or of another run
        os.rmdir(folder)


class _Lock:
    """A lock on the folder itself: a second run waits, and no lock file remains."""

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
            return False  # a file system without locks: renames still keep every file complete
        return True

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
