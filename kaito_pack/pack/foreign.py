"""A pack of a stranger at work: what is wrong with its schemas is reported as the fault of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kaito_pack.base.problems import PackError
from kaito_pack.facts.patterns import PatternError

# What Python raises when a schema is used that is not one.
MISUSED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError, re.error)


@contextmanager
def blamed(mode: str) -> Iterator[None]:
    """Turn every error that comes of a schema which is none into PackError, with the file of `mode`."""
    file = f"schemas/values/{mode}.schema.json"
    try:
        yield
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        RecursionError,
        re.error,
    ) as error:
        raise PackError(f"{file}: cannot be used: {type(error).__name__}: {error}") from None
    except PatternError as error:
        raise PackError(f"{file}: {error}") from None
