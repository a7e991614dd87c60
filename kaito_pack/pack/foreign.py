"""Reports errors caused by invalid schemas of foreign packs as errors of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kaito_pack.base.problems import PackError
from kaito_pack.facts.patterns import PatternError

# Exceptions that Python raises when code uses an invalid schema.
MISUSED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError, re.error)


@contextmanager
def blamed(mode: str) -> Iterator[None]:
    """Convert every error that an invalid schema causes to PackError, with the file of `mode`."""
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
