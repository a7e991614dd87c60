"""Regular expressions of schemas, with a time limit for those of foreign packs."""

from __future__ import annotations

import re
import time

from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.facts.tables import is_foreign, per_pack

SECONDS = 1.0  # per match while foreign packs are in use; a sound pattern needs microseconds
MOST_SECONDS = 10.0  # for all matches with foreign packs


class PatternError(PackError):
    """A pattern of a pack that is not a valid regular expression, or takes too long."""


def search(pattern: str, text: str) -> bool:
    """Return whether `pattern` matches anywhere in `text`.

    Raises PatternError if the pattern is invalid, or if matching takes too long.
    """
    if not is_foreign():
        return re.search(pattern, text) is not None
    import regex

    start, spent = time.monotonic(), _spent()
    left = MOST_SECONDS - sum(spent)
    try:
        if left <= 0:
            raise TimeoutError
        return regex.search(pattern, text, timeout=min(SECONDS, left)) is not None
    except TimeoutError:
        raise PatternError(f"pattern {shown(pattern)} tries too many ways to match a value") from None
    except (regex.error, RecursionError, OverflowError, TypeError) as error:
        raise PatternError(f"pattern {shown(pattern)} is not a regular expression: {error}") from None
    finally:
        spent[:] = [sum(spent) + time.monotonic() - start]


@per_pack
def _spent() -> list[float]:
    """Return the seconds spent on matching so far, in a list to be updated in place."""
    return []
