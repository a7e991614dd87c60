"""Lists the limits on what is read, shown, run and served, from the constants that set them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from scripts.markdown import table


def count(number: float) -> str:
    """Return a number with commas."""
    return f"{number:,}"


def size(number: float) -> str:
    """Return a number of bytes in the largest unit that divides it."""
    units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")]
    unit, name = next(pair for pair in units if number % pair[0] == 0)
    return f"{number // unit:,.0f} {name}"


def seconds(number: float) -> str:
    """Return a number of seconds."""
    return f"{number:g} s"


class Limit(NamedTuple):
    """A constant `module:NAME` of kaito_pack, what it limits, and what happens beyond it."""

    constant: str
    what: str
    beyond: str
    shown: Callable[[float], str] = count

    @property
    def value(self) -> float:
        """The value of the constant. AttributeError if no constant has that name."""
        module, _, name = self.constant.partition(":")
        number: float = getattr(import_module(f"kaito_pack.{module}"), name)
        return number


REJECTED, STOPPED = "rejected with its line", "stopped, exit code 1"
LIMITS = {
    "Values files and manifests": [
        Limit("documents:LARGEST_FILE", "bytes of a file", "rejected, exit code 2", size),
        Limit("documents.builder:MOST_DOCUMENTS", "documents of a file", REJECTED),
        Limit("documents.notes:MOST_NODES", "keys and values of a file, aliases expanded", REJECTED),
        Limit("base.trees:DEEPEST", "levels of nesting", REJECTED),
        Limit("documents.builder:MOST_ALIASES", "aliases of a document", REJECTED),
        Limit("documents.embedded:LONGEST_EMBEDDED", "characters of YAML inside a ConfigMap", "not read"),
        Limit("documents.embedded:MOST_MERGED", "entries that `<<` adds to such YAML", "not valid YAML"),
        Limit("values.overrides:MOST_ITEMS", "index of a list in `--set`", "rejected"),
        Limit("kubernetes.decoding.quantity:LARGEST_EXPONENT", "exponent of a quantity", "rejected"),
    ],
    "Messages": [
        Limit("base.problems:MOST_PROBLEMS", "problems of a file", "counted by rule"),
        Limit("base.display:LONGEST_SHOWN", "characters of a value in a message", "cut"),
        Limit("base.sentences:LONGEST", "characters of a message", "cut"),
        Limit("base.display:MOST_GUESSES", "suggestions for misspelt words of a file", "no suggestion"),
        Limit("cli.results.bounded:LONGEST_RESULT", "bytes of a result, in every format", "counted", size),
        Limit("cli.results:LONGEST_NAME", "characters of a name in a result", "cut"),
        Limit("cli.results.markdown:LONGEST_COMMENT", "characters of a comment in Markdown", "counted"),
    ],
    "Packs of others": [
        Limit("base.pack_files:LARGEST", "bytes of a file", STOPPED, size),
        Limit("pack.references:MOST_PARTS", "parts of a schema, references resolved", STOPPED),
        Limit("facts.patterns:SECONDS", "one match of a pattern", STOPPED, seconds),
        Limit("facts.patterns:MOST_SECONDS", "all matches of patterns in one run", STOPPED, seconds),
        Limit("rendering.render_child:SECONDS", "the templates of one values file", STOPPED, seconds),
        Limit("rendering.render_child:MEMORY", "memory of the process that renders", STOPPED, size),
        Limit("rendering.render_child:LONGEST_ANSWER", "characters that it returns", STOPPED, size),
        Limit("rendering.templates:LONGEST_TEXT", "characters of a manifest", STOPPED),
        Limit("rendering.templates:LONGEST_RANGE", "numbers of `range` in a template", STOPPED),
    ],
    "kubectl": [
        Limit("base.kubectl:LONGEST_WAIT", "an answer", "exit code 2", seconds),
        Limit("base.kubectl:LARGEST_ANSWER", "bytes of an answer", "exit code 2", size),
        Limit(
            "base.kubectl:LARGEST_REPORT", "bytes of its messages that are kept", "the last are kept", size
        ),
        Limit("base.kubectl:LONGEST_ERROR", "characters of its message that are repeated", "cut"),
    ],
    "Hugging Face Hub": [
        Limit("hub.client:LARGEST_ANSWER", "bytes of an answer", "exit code 2", size),
        Limit("hub.client:LARGEST_CONFIG", "bytes of a config.json", "exit code 2", size),
    ],
    "The form": [
        Limit("form.web.connections:LARGEST_BODY", "bytes of a body", "status 413, connection closed", size),
        Limit("form.web.connections:LARGEST_HEAD", "bytes of headers", "status 431, connection closed", size),
        Limit("form.web.connections:LONGEST_REQUEST", "a request, and silence", "connection closed", seconds),
        Limit("form.web.connections:MOST_CONNECTIONS", "connections at a time", "further ones wait"),
    ],
    "Processes": [Limit("run.processes:MOST", "processes that check files", "never more")],
}


def limits_table() -> str:
    """Return a table of all limits."""
    rows = [
        (area if index == 0 else "", limit.what, limit.shown(limit.value), limit.beyond)
        for area, limits in LIMITS.items()
        for index, limit in enumerate(limits)
    ]
    return table(("Of", "Limit on", "At most", "Beyond it"), rows)
