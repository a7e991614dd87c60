"""Writing manifests to files: all checks are past, every write is atomic."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from kaito_pack.problems import UsageError
from kaito_pack.rendering import Manifest

Group = Sequence[Manifest]  # the manifests of one values file, the Workspace first


def write(out: str, groups: Sequence[Group], text_of: Callable[[Group], str], extension: str) -> None:
    """Write all groups into the file `out`, or one file a group where `out` is a folder.

    A folder is a path that ends in a slash or exists as one; its files are NAMESPACE/WORKSPACE.yaml.
    Raises UsageError where nothing can be written there.
    """
    if not (out.endswith(("/", os.sep)) or Path(out).is_dir()):
        write_atomically(Path(out), text_of([manifest for group in groups for manifest in group]))
        return
    for group in groups:
        metadata = group[0].body["metadata"]
        file = Path(out) / metadata["namespace"] / f"{metadata['name']}.{extension}"
        write_atomically(file, text_of(group))


def write_atomically(file: Path, text: str) -> None:
    """Put `text` into `file` in one step, so that a reader sees the old or the new, never half."""
    content = text.encode("utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_file() and file.read_bytes() == content:
            return
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask())
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{error.filename or file}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
