"""Compiled templates, kept on disk: compiling those of one mode takes 6 ms, reading them back 0.6.

A compiled template is code, so a file is taken only where nobody but the user can have written it: it and
its folder (`$XDG_CACHE_HOME/kaito-pack`, else `~/.cache/kaito-pack`) are the user's own and not writable
for others. The folder may be deleted at any time; where it cannot be used, templates are compiled again.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from io import BytesIO

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from kaito_pack import readings, scalars

# A constant in a template is written at compile time, so these modules are part of what is compiled.
COMPILED_IN = (scalars.__file__, readings.__file__)


class TemplateCache(BytecodeCache):
    """One file a template, named by all that decides what is compiled but its text, which Jinja compares."""

    def __init__(self, environment_file: str) -> None:
        self._folder = folder()
        parts = [jinja2.__version__, sys.version]
        for file in (environment_file, *COMPILED_IN):
            found = os.stat(file)
            parts.append(f"{file} {found.st_mtime_ns} {found.st_size}")
        self._made_by = "\n".join(parts)

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The template's name and file, and what compiles it."""
        key: str = super().get_cache_key(f"{self._made_by}\n{name}", filename)
        return key

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file; leave it empty where there is none to be trusted."""
        if self._folder is not None:
            content = trusted_bytes(self._file(bucket))
            if content is not None:
                try:
                    bucket.load_bytecode(BytesIO(content))
                except Exception:  # whatever a file that is cut short makes pickle and marshal raise
                    bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file whole or not at all, so that two runs at once do no harm."""
        if self._folder is None:
            return
        beside = f"{self._file(bucket)}.{os.getpid()}.{os.urandom(4).hex()}"
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                bucket.write_bytecode(stream)
            os.replace(beside, self._file(bucket))
        except OSError:
            remove(beside)

    def _file(self, bucket: Bucket) -> str:
        return os.path.join(self._folder or "", f"template-{bucket.key}.bin")


def folder() -> str | None:
    """The cache folder, made where it is missing; None where it cannot be used or is not to be trusted."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root) or not hasattr(os, "geteuid"):
        return None
    path = os.path.join(root, "kaito-pack")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path if is_users_own(os.stat(path)) else None
    except OSError:
        return None


def is_users_own(found: os.stat_result) -> bool:
    """Whether a file or folder is the user's, and nobody else may write it."""
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def trusted_bytes(path: str) -> bytes | None:
    """The content of a regular file of the user's own; None where there is no such one."""
    try:
        # The file that is open is looked at, not the name: it cannot be exchanged in between.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        return stream.read() if stat.S_ISREG(found.st_mode) and is_users_own(found) else None


def remove(path: str) -> None:
    """Delete a file, if it is there."""
    with suppress(OSError):
        os.unlink(path)
