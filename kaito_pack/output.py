"""The output: one file, or a tree that a GitOps repository commits. Checks are past; every write is atomic.

A tree is DIR/<namespace>/<workspace>.yaml with a kustomization.yaml in DIR and in each namespace. A first
line marks the pack's own files; whatever lacks it is somebody else's, and never touched.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kaito_pack.problems import UsageError, escaped
from kaito_pack.rendering import Manifest, as_yaml

MARKER = "# Rendered by kaito-pack from a values file: edit that instead.\n"
KUSTOMIZATION = "kustomization.yaml"
TEMPORARY = ".kaito-pack-"  # how files that are being written begin
STALE_SECONDS = 3600  # a temporary file that old belongs to a run that was killed

Group = Sequence[Manifest]  # the manifests of one values file, the Workspace first


@dataclass
class Changes:
    """What a tree lacks: `texts` to write, `stale` files whose values are gone, `foreign` ones in the way."""

    root: Path
    texts: dict[Path, str] = field(default_factory=dict)
    before: dict[Path, str] = field(default_factory=dict)
    stale: list[Path] = field(default_factory=list)
    foreign: list[Path] = field(default_factory=list)

    @property
    def is_drift(self) -> bool:
        """Whether the tree is not what the values render to."""
        return bool(self.texts or self.stale or self.foreign)

    def diff(self) -> Iterator[str]:
        """A unified diff, from what is there to what should be."""
        from difflib import unified_diff

        for path, text in self.texts.items():
            old = self.before.get(path, "")
            name = path.relative_to(self.root).as_posix()
            here = f"a/{name}" if path in self.before else "/dev/null"
            yield from unified_diff(old.splitlines(True), text.splitlines(True), here, f"b/{name}")
        for path in self.stale:
            name = path.relative_to(self.root).as_posix()
            yield from unified_diff(_text(path).splitlines(True), [], f"a/{name}", "/dev/null")


def is_folder(out: str) -> bool:
    """Whether `--out` means a tree: a path that ends in a slash, or a folder that is there."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


def compare(root: Path, groups: Sequence[Group], whole: bool) -> Changes:
    """What the tree at `root` lacks of the groups; `whole` says that they are all there should be.

    Raises UsageError where the tree cannot be read, or a symbolic link would lead out of it.
    """
    changes = Changes(root)
    wanted: dict[Path, str] = {}
    for group in groups:
        metadata: Any = group[0].body["metadata"]
        wanted[root / metadata["namespace"] / f"{metadata['name']}.yaml"] = MARKER + as_yaml(group)
    own = own_files(root)
    if whole:
        changes.stale = sorted(own - set(wanted))
    kept = (own | set(wanted)) - set(changes.stale)
    for folder in sorted({path.parent for path in kept}):
        wanted[folder / KUSTOMIZATION] = _kustomization(path.name for path in kept if path.parent == folder)
    if kept:
        wanted[root / KUSTOMIZATION] = _kustomization(path.parent.name for path in kept)
    for folder in sorted({path.parent for path in changes.stale} - {path.parent for path in kept}):
        changes.stale.append(folder / KUSTOMIZATION)
    if whole and not kept and (root / KUSTOMIZATION).is_file():
        changes.stale.append(root / KUSTOMIZATION)
    for path, text in wanted.items():
        _compare_one(path, text, changes)
    return changes


def _compare_one(path: Path, text: str, changes: Changes) -> None:
    for step in (path, path.parent):
        if step != changes.root and step.is_symlink():
            raise UsageError(f"{escaped(str(step))}: a symbolic link, which would lead out of the folder")
    if not path.exists():
        changes.texts[path] = text
        return
    there = _text(path)
    if not there.startswith(MARKER):
        changes.foreign.append(path)
    elif there != text:
        changes.texts[path] = text
        changes.before[path] = there


def _kustomization(names: Iterator[str]) -> str:
    resources = "".join(f"  - {name}\n" for name in sorted(set(names)))
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    return MARKER + head + resources


def own_files(root: Path) -> set[Path]:
    """The pack's own Workspace files in the tree."""
    found = set()
    for folder in _folders(root):
        for path in folder.glob("*.yaml"):
            if path.name != KUSTOMIZATION and not path.is_symlink() and path.is_file() and _is_own(path):
                found.add(path)
    return found


def _folders(root: Path) -> Iterator[Path]:
    try:
        yield from (path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{escaped(str(root))}: cannot be read: {error.strerror}") from None


def _is_own(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline(len(MARKER) + 2).replace(b"\r\n", b"\n") == MARKER.encode()


def _text(path: Path) -> str:
    """The text of a file, whatever its line ends; what is no UTF-8 is not ours."""
    try:
        return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        raise UsageError(f"{escaped(str(path))}: cannot be read: {error.strerror}") from None


def write(
    root: Path, groups: Sequence[Group], whole: bool, prune: bool, each: Callable[[], None] = lambda: None
) -> Changes:
    """Bring the tree up to date, and remove what is stale where `prune`; `each` is called after every file.

    X
    """
    with _Lock(root):
        changes = compare(root, groups, whole and prune)
        if changes.foreign:
            return changes
        # The files first, then what lists them: a run that is killed leaves no list of missing files.
        for path in sorted(changes.texts, key=lambda path: path.name == KUSTOMIZATION):
            write_atomically(path, changes.texts[path])
            each()
        for path in changes.stale:
            _remove(path)
    return changes


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise UsageError(f"{escaped(str(path))}: cannot be removed: {error.strerror}") from None


class _Lock:
    """Holds the folder itself, so that a second run waits and no file is left behind."""

    def __init__(self, root: Path) -> None:
        self._root, self._handle = root, -1

    def __enter__(self) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self._root, os.O_RDONLY)
        except OSError as error:
            name = escaped(str(error.filename or self._root))
            raise UsageError(f"{name}: cannot be written: {error.strerror}") from None
        try:
            import fcntl

            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass  # a file system without locks: renames still keep every file whole
        _sweep(self._root)

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


def _sweep(root: Path) -> None:
    """Remove what a killed run left half written."""
    now = time.time()
    for folder in (root, *_folders(root)):
        for path in folder.glob(f"{TEMPORARY}*"):
            if now - path.lstat().st_mtime > STALE_SECONDS:
                path.unlink(missing_ok=True)


def write_atomically(file: Path, text: str) -> None:
    """Put `text` into `file` in one step, so that a reader sees the old or the new, never half.

    A file that is there keeps its permissions and its line ends. UsageError where it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode("utf-8")
        mode = 0o666 & ~_umask()
        if file.exists():
            there = file.read_bytes()
            content = content.replace(b"\n", b"\r\n") if b"\r\n" in there else content
            if there == content:
                return
            mode = file.stat().st_mode & 0o777
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=TEMPORARY)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(temporary, mode)
            os.replace(temporary, file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        name = escaped(str(error.filename or file))
        raise UsageError(f"{name}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
