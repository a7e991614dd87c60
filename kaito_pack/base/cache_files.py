"""Files of the cache folder, as good as the user's own code: trusted only if no one else wrote them.

The folder is `$XDG_CACHE_HOME/kaito-pack`, else `~/.cache/kaito-pack`. It may be deleted at any time;
if it cannot be used, its content is computed again.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cache
from mmap import ACCESS_READ, mmap


def read(name: str) -> bytes | None:
    """Return the content of a file of the cache; None if there is none to be trusted."""
    within = folder()
    descriptor = None if within is None else _opened(os.path.join(within, name))
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def write(name: str, content: bytes) -> None:
    """Write a file of the cache whole or not at all, so that two runs at once do no harm."""
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
    """Return whether files can be added to the cache; in a container it may be filled for good."""
    within = folder()
    return within is not None and os.access(within, os.W_OK)


def folder() -> str | None:
    """Return the cache folder, made if it is missing; None if it cannot be used or is not to be trusted."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root) or not hasattr(os, "geteuid"):
        return None
    path = os.path.join(root, "kaito-pack")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        # In a folder that others may write, the name may be someone's link to any folder of the user's.
        is_own_name = os.lstat(path).st_uid in (os.geteuid(), 0)
        return path if is_own_name and is_users_own(os.stat(path)) and _are_parents_safe(path) else None
    except OSError:
        return None


@cache
def _are_parents_safe(path: str) -> bool:
    """Return whether no other user can exchange a folder above `path`, as sshd asks of a home.

    A folder that others may write must be sticky, as /tmp is. The user's own group counts as the user.
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
    """Return whether a file or folder is the user's or root's, and no one else may write it.

    Who is root may change the program itself; a container's cache is filled by root when it is built.
    """
    return status.st_uid in (os.geteuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def mapped(name: str) -> mmap | None:
    """Return a file of the cache as memory; None if there is none to be trusted.

    Only what is looked at is read, and the file stays open. Files are replaced, never changed, so that the
    content stays.
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
        # The file that is open is looked at, not the name: it cannot be exchanged in between.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and is_users_own(status):
        return descriptor
    os.close(descriptor)
    return None
