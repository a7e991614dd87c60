"""Files of the cache folder, which are run as code, so they are trusted only if no one else can write them.

The folder is `$XDG_CACHE_HOME/kaito-pack`, else `~/.cache/kaito-pack`. It may be deleted at any time. If it
cannot be used, its content is computed again.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cache
from mmap import ACCESS_READ, mmap


def read(name: str) -> bytes | None:
    """Return the content of a cache file; None if it is missing or not trusted."""
    within = folder()
    descriptor = None if within is None else _opened(os.path.join(within, name))
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def write(name: str, content: bytes) -> None:
    """Write a cache file in one step, so that two concurrent runs cannot damage it."""
    within = folder()
    if within is None:
        return
    file = os.path.join(within, name)
    beside = f"{file}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(beside, file)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)


def is_writable() -> bool:
    """Return whether files can be added to the cache; in a container its content may be final."""
    within = folder()
    return within is not None and os.access(within, os.W_OK)


def folder() -> str | None:
    """Return the cache folder, created if it is missing; None if it cannot be used or is not trusted."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root) or not hasattr(os, "geteuid"):
        return None
    path = os.path.join(root, "kaito-pack")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        # In a folder that others can write to, the name may be a link to any folder of the user.
        is_own_name = os.lstat(path).st_uid in (os.geteuid(), 0)
        return path if is_own_name and is_users_own(os.stat(path)) and _are_parents_safe(path) else None
    except OSError:
        return None


@cache
def _are_parents_safe(path: str) -> bool:
    """Return whether no other user can replace a folder above `path`; sshd requires the same of a home.

    A folder that others can write to must be sticky, like /tmp. The user's own group counts as the user.
    """
    users, above = (os.geteuid(), 0), os.path.dirname(os.path.realpath(path))
    while True:
        status = os.stat(above)
        own = stat.S_IWGRP if status.st_gid in users else 0
        is_shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) & ~own
        if status.st_uid not in users or (is_shared and not status.st_mode & stat.S_ISVTX):
            return False
        above, below = os.path.dirname(above), above
        if above == below:
            return True


def is_users_own(status: os.stat_result) -> bool:
    """Return whether the user or root owns a file or folder, and no one else can write to it.

    Root can change the program itself, and fills a container's cache at build time.
    """
    return status.st_uid in (os.geteuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def mapped(name: str) -> mmap | None:
    """Return a cache file as mapped memory; None if it is missing or not trusted.

    Only the pages that are accessed are read. The mapping stays valid because files are replaced, never
    changed in place.
    """
    within = folder()
    descriptor = None if within is None else _opened(os.path.join(within, name))
    if descriptor is None:
        return None
    try:
        return mmap(descriptor, 0, access=ACCESS_READ)
    except (OSError, ValueError):  # an empty file
        return None
    finally:
        os.close(descriptor)


def _opened(path: str) -> int | None:
    try:
        # Check the open file, not its name: the file behind a name can be replaced after the check.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and is_users_own(status):
        return descriptor
    os.close(descriptor)
    return None
