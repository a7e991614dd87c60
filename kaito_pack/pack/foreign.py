"""A foreign schema at work: what it does wrong is the pack's fault, and a pattern must come to an end."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

from kaito_pack.base.problems import PackError

SECONDS = 5  # for one values file; checking one takes milliseconds


@contextmanager
def blamed(mode: str) -> Iterator[None]:
    """Within it, PackError is raised where the schema of `mode` is no schema, or takes too long.

    Only the main thread can be interrupted; the form's others are not.
    """
    where = f"schemas/values/{mode}.schema.json"

    def late(*_: Any) -> None:
        raise PackError(f"{where}: took more than {SECONDS} s; a pattern in it may try too many ways")

    is_timed = hasattr(signal, "setitimer") and current_thread() is main_thread()
    before = signal.signal(signal.SIGALRM, late) if is_timed else None
    if is_timed:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    except (AttributeError, KeyError, TypeError, RecursionError, re.error) as error:
        raise PackError(f"{where}: cannot be used: {type(error).__name__}: {error}") from None
    finally:
        if is_timed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
