"""Makes texts of a cluster safe to print and to paste into a shell."""

from __future__ import annotations

import shlex

from kaito_pack.base.display import one_line

LONGEST_DETAIL = 400  # maximum characters of a status message in a reason


def printable(message: str, longest: int = LONGEST_DETAIL) -> str:
    """Return a message of the cluster on one line, safe for a terminal, without tokens, cut if long."""
    return one_line(message, longest)


def shell_word(word: str | None) -> str:
    """Return a word for a printed command line, quoted if the shell would interpret it."""
    return shlex.quote(printable(word, 300)) if word else "NAME"


def kubectl(verb: str, namespace: str | None, what: str) -> str:
    """Return a kubectl command for one namespace, safe to copy from a terminal."""
    chosen = f" -n {shell_word(namespace)}" if namespace else ""
    return f"kubectl{chosen} {verb} {what}"
