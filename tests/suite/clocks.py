"""Find what makes a test depend on the speed of a machine: clocks, deadlines, short timeouts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

SHORTEST_TIMEOUT = 60  # seconds: a timeout only stops a hang
TOO_SHORT = f"a timeout only stops a hang; allow {SHORTEST_TIMEOUT} s or more"
CLOCKS = frozenset(
    """
    time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns thread_time
    thread_time_ns clock_gettime clock_gettime_ns getrusage timeit default_timer times utcnow now today
    """.split()
)
MODULES = frozenset({"time", "timeit", "resource", "os", "datetime", "date", "loop"})
SECONDS = re.compile(r"(^|_)(seconds|elapsed|duration|took|deadline|wall|runtime|ru_[us]time)($|_)")
# In a script that a test writes down: Python, JavaScript, shell.
IN_TEXT = re.compile(
    r"\b(perf_counter|monotonic|process_time|time\.time|getrusage|performance\.now|Date\.now)\b|\bdate \+%s"
)
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)  # what a clock says is never equal to anything
WAITING = frozenset({"wait", "communicate", "join"})  # methods whose first argument may be a timeout


def clocks(source: str) -> list[tuple[int, str]]:
    """Return (line, what is wrong) for each use of a clock in the Python of a test."""
    tree = ast.parse(source)
    prose = {id(text) for text in _docstrings(tree)}
    result = [
        (node.lineno, message)
        for node in ast.walk(tree)
        for message in _messages(node)
        if id(node) not in prose
    ]
    return sorted(result)


def _messages(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr in CLOCKS and _name(node.value) in MODULES:
        yield f"{_name(node.value)}.{node.attr} is a clock: count work instead (tests/work.py)"
    elif isinstance(node, ast.ImportFrom) and node.module in ("time", "timeit", "resource"):
        for name in {alias.name for alias in node.names} & CLOCKS:
            yield f"{node.module}.{name} is a clock: count work instead (tests/work.py)"
    elif isinstance(node, ast.Compare) and any(isinstance(sign, ORDER) for sign in node.ops):
        for name in filter(None, map(_name, (node.left, *node.comparators))):
            if SECONDS.search(name.lower()):
                yield f"{name} is compared: a busy machine fails this; count work instead (tests/work.py)"
    elif isinstance(node, ast.Call):
        yield from _call_messages(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_TEXT.search(node.value):
        yield f"a script reads a clock: {IN_TEXT.search(node.value)}"


def _call_messages(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "timeout" and _is_below(keyword.value, SHORTEST_TIMEOUT):
            yield f"timeout={ast.unparse(keyword.value)}: {TOO_SHORT}"
        if keyword.arg == "deadline" and not _is_none(keyword.value):
            yield "deadline= measures time; tests/tiers.py turns it off"
    if _method(call) in WAITING and call.args and _is_below(call.args[0], SHORTEST_TIMEOUT):
        yield f"{ast.unparse(call)}: {TOO_SHORT}"


def _method(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _is_below(node: ast.expr, limit: float) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value < limit
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            yield first.value
