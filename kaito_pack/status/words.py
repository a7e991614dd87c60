"""Words of a cluster, made safe to print and to paste into a shell."""

from __future__ import annotations

import shlex

from kaito_pack.base.display import one_line

LONGEST_DETAIL = 400  # characters of a status message that a reason repeats


def printable(message: str, longest: int = LONGEST_DETAIL) -> str:
    """Return a message of the cluster's on one line, safe for a terminal, without tokens, cut if long."""
    return one_line(message, longest)


def shell_word(word: str | None) -> str:
    """Return a word for a command line that is printed: quoted if a shell would act on it."""
    return shlex.quote(printable(word, 300)) if word else "NAME"


def kubectl(verb: str, namespace: str | None, what: str) -> str:
    """Return a kubectl command for one namespace, to be copied from a terminal."""
    chosen = f" -n {shell_word(namespace)}" if namespace else ""
    return f"kubectl{chosen} {verb} {what}"
