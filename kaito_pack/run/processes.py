"""One function over many items in several processes, which are forked so that they load nothing again.

It pays from about 60 items a process on: starting one and sending its results back takes 5 to 10 ms, an
item 0.4. If processes cannot be forked, or one dies, its items are done here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

from kaito_pack.base.records import NamedTuple

Item = TypeVar("Item")
Returned = TypeVar("Returned")

FEWEST = 64  # items a process
MOST = 8  # processes


class Child(NamedTuple):
    """A forked process, the end of the pipe that its results come from, and which items are its own."""

    pid: int
    pipe: int
    first: int
    end: int


def processes_for(items: int) -> int:
    """Return how many processes `items` are worth, this one included."""
    if not hasattr(os, "fork") or items < 2 * FEWEST:
        return 1
    return max(1, min(available_cores(), items // FEWEST, MOST))


def available_cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped(
    function: Callable[[Item], Returned],
    items: Sequence[Item],
    send: Callable[[Returned], Any] = lambda result: result,
    receive: Callable[[Item, Any], Returned] = lambda _, sent: sent,
) -> Generator[Returned, None, None]:
    """Yield `function` of each item, in order, one after the other so that what is done with need not stay.

    What another process made goes through `send` there, pickle, and `receive` (with its item) here; where
    `send` gives None, the item is done here. So `function` must do no harm when it is called twice.
    """
    if not items:
        return
    count = processes_for(len(items))
    share = -(-len(items) // count)
    # The first is done before there are others, so that they need not load and compile what it needs.
    yield from map(function, items[:1])
    children = [
        start(function, items, send, first, min(first + share, len(items)))
        for first in range(share, len(items), share)
    ]
    try:
        yield from map(function, items[1:share])
        for child in children:
            for item, sent in zip(items[child.first : child.end], collect(child), strict=True):
                yield function(item) if sent is None else receive(item, sent)
    finally:
        for child in children:
            reap(child)


def start(
    function: Callable[[Item], Returned],
    items: Sequence[Item],
    send: Callable[[Returned], Any],
    first: int,
    end: int,
) -> Child:
    """Fork a process that does the items from `first` to before `end`."""
    import pickle  # of the standard library, and yet 1 ms: before forking, and only if there is a fork

    sys.stdout.flush()
    sys.stderr.flush()  # else both processes would write what waits there
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # too many processes: its items come out as those of one that died
        os.close(writing)
        return Child(0, reading, first, end)
    if pid:
        os.close(writing)
        return Child(pid, reading, first, end)
    code = 1
    try:
        os.close(reading)
        # All are done before the first is sent: the parent, busy with its own, would not take it.
        pickled = [pickle.dumps(send(function(item)), pickle.HIGHEST_PROTOCOL) for item in items[first:end]]
        with os.fdopen(writing, "wb") as pipe:
            pipe.writelines(pickled)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent is cleaned up, flushed or printed twice


def collect(child: Child) -> Iterator[Any]:
    """Yield what a process has sent, one an item, None after it has died."""
    import pickle

    with os.fdopen(os.dup(child.pipe), "rb") as pipe:
        is_alive = True
        for _ in range(child.first, child.end):
            try:
                yield pickle.load(pipe) if is_alive else None
            except (EOFError, pickle.UnpicklingError):
                is_alive = False
                yield None


def reap(child: Child) -> None:
    """Close the pipe (a process that still writes ends by that) and wait for the process."""
    os.close(child.pipe)
    if child.pid:
        os.waitpid(child.pid, 0)
