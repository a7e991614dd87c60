"""Maps a function over many items in several processes, forked so that they reuse all loaded modules.

This pays off from about 60 items per process: starting one and sending its results takes 5 to 10 ms, an item
0.4 ms. If processes cannot be forked, or one dies, this process handles the items.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

from kaito_pack.base.records import NamedTuple

Item = TypeVar("Item")
Returned = TypeVar("Returned")

FEWEST = 64  # items per process
MOST = 8  # maximum number of processes


class Child(NamedTuple):
    """A forked process, the pipe of its results, and the range of its items."""

    pid: int
    pipe: int
    first: int
    end: int


def processes_for(items: int) -> int:
    """Return the number of processes to use for `items`, this one included."""
    if not hasattr(os, "fork") or items < 2 * FEWEST:
        return 1
    return max(1, min(available_cores(), items // FEWEST, MOST))


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped(
    function: Callable[[Item], Returned],
    items: Sequence[Item],
    send: Callable[[Returned], Any] = lambda result: result,
    receive: Callable[[Item, Any], Returned] = lambda _, sent: sent,
) -> Generator[Returned, None, None]:
    """Yield `function` of each item in order, one at a time, so that used results can be freed.

    The result of another process passes through `send` there, pickle, and `receive` (with its item) here. If
    `send` returns None, this process handles the item. So calling `function` twice must be safe.
    """
    if not items:
        return
    count = processes_for(len(items))
    share = -(-len(items) // count)
    # Handle the first item before forking, so that the children do not load and compile the same again.
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
    import pickle  # takes 1 ms: import before forking, and only if there is a fork

    sys.stdout.flush()
    sys.stderr.flush()  # otherwise both processes would write the buffered text
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # too many processes: handle its items as if it had died
        os.close(writing)
        return Child(0, reading, first, end)
    if pid:
        os.close(writing)
        return Child(pid, reading, first, end)
    code = 1
    try:
        os.close(reading)
        # Compute all before sending the first: the parent does not read while it handles its own items.
        pickled = [pickle.dumps(send(function(item)), pickle.HIGHEST_PROTOCOL) for item in items[first:end]]
        with os.fdopen(writing, "wb") as pipe:
            pipe.writelines(pickled)
        code = 0
    finally:
        os._exit(code)  # skip the parent's cleanup and buffered output


def collect(child: Child) -> Iterator[Any]:
    """Yield the results that a process has sent, one per item, and None for each after it has died."""
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
    """Close the pipe, which ends a process that is still writing, and wait for the process."""
    os.close(child.pipe)
    if child.pid:
        os.waitpid(child.pid, 0)
