"""The command line without a process for each case.

`run_here` calls `main` in this process and returns what `subprocess.run` would, at a tenth of the cost.
`run_process` starts `render.py`. Use it for what only a process has: closed or full streams, signals,
start-up, a terminal, forks, limits on memory.
"""

from __future__ import annotations

import gc
import io
import locale
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from operator import is_
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
# What the shell of a developer may have set and no test expects.
NOT_INHERITED = ("KAITO_PACK", "NO_COLOR", "_RENDER_PY_COMPLETE")
_Cache = type(cache(len))
PATIENCE = 300.0  # seconds: only a command that hangs takes longer
_COLLECTED = {"files", "children"}  # what goes with the object that has it
_IGNORED_SIGNALS = {signal.SIGKILL, signal.SIGSTOP}


class Leak(AssertionError):
    """The command has changed something that outlives it."""


def run_process(
    *arguments: object,
    stdin: str | bytes = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: bool = True,
) -> subprocess.CompletedProcess[Any]:
    """Run `render.py` as a process of its own; `stdin` and the output are bytes unless `text`."""
    return subprocess.run(
        [sys.executable, str(ROOT / "render.py"), *map(str, arguments)],
        input=stdin if text else _bytes(stdin),
        capture_output=True,
        text=text,
        cwd=cwd,
        env=environment(env),
        timeout=60,
        check=False,
    )


def run_here(
    *arguments: object,
    stdin: str | bytes = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: bool = True,
) -> subprocess.CompletedProcess[Any]:
    """Call `main` with its own streams, environment and working folder; same interface as `run_process`.

    Everything that a new process would not have is reset before and after: functions' caches, the packs in
    use, streams that were read. Raises Leak if the command changes the process in a way that is not reset,
    and whatever `main` raises besides SystemExit: a process would print a traceback.
    """
    if python := [name for name in env or {} if name.startswith("PYTHON")]:
        raise ValueError(f"Python reads {', '.join(python)} when a process starts; use run_process")
    words = [str(ROOT / "render.py"), *map(str, arguments)]
    streams = [_stream(_bytes(stdin)), _stream(), _stream(errors="backslashreplace")]
    with _own_state(environment(env), cwd), _instead(sys, "argv", words), _standard_streams(streams):
        code = _exit_code_of_main(words)
    outputs = [_written(stream, text) for stream in streams[1:]]
    return subprocess.CompletedProcess(words, code, *outputs)


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: this process's, without what a developer may have set, with `changes`."""
    inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    return {**inherited, **(changes or {})}


def _exit_code_of_main(words: list[str]) -> int:
    main = import_module("kaito_pack.cli").main
    try:
        with _patience(words):
            main()
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise Leak(f"main has exited with {end.code!r}, not a number") from None
        return end.code
    finally:
        gc.unfreeze()  # `main` freezes what goes with the process, and this process stays
    raise Leak("main has returned instead of exiting")


@contextmanager
def _patience(words: list[str]) -> Iterator[None]:
    """Interrupt the main thread after PATIENCE seconds, as Ctrl-C does, and raise TimeoutExpired."""
    late: list[None] = []

    def interrupt() -> None:
        late.append(None)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    timer = threading.Timer(PATIENCE, interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late:
            raise subprocess.TimeoutExpired(words, PATIENCE)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _stream(content: bytes = b"", errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors=errors)


def _written(stream: io.TextIOWrapper, text: bool) -> str | bytes:
    stream.flush()
    content: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read() if text else content


@contextmanager
def _instead(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _standard_streams(streams: list[io.TextIOWrapper]) -> Iterator[None]:
    """`sys.stdin` and the rest replaced, with their `sys.__stdin__` twins, which tell a terminal's width."""
    names = [form.format(name) for name in ("stdin", "stdout", "stderr") for form in ("{}", "__{}__")]
    before = {name: getattr(sys, name) for name in names}
    for name, stream in zip(names, [stream for stream in streams for _ in range(2)], strict=True):
        setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)


@contextmanager
def _own_state(variables: Mapping[str, str], cwd: Path | None) -> Iterator[None]:
    """Make the process look new; afterwards restore it, or raise Leak for what cannot be restored."""
    _import_all()
    from kaito_pack.rendering import render_child
    from tests import children  # late, as the package is

    children.server()
    folder, outer, collector = Path.cwd(), dict(os.environ), (gc.get_threshold(), gc.isenabled())
    modules = _modules()
    _clear_caches(modules)
    containers = _copies(modules)
    try:
        _set_environment(variables)
        if cwd is not None:
            os.chdir(cwd)
        before = _of_the_process()
        with _instead(os, "fork", _no_fork), _instead(render_child, "subprocess", children.FORKED):
            yield
        after = _of_the_process()
        if _COLLECTED & (changed := _changes(before, after)).keys():
            gc.collect()  # what only a circle keeps alive is closed now; a process would have ended
            changed = _changes(before, _of_the_process())
        if changed:
            raise Leak(f"the command has changed the process (before, after): {changed}")
        _check_names(modules)
    finally:
        _restore_containers(containers)
        os.chdir(folder)
        _set_environment(outer)
        gc.set_threshold(*collector[0])
        (gc.enable if collector[1] else gc.disable)()
        _clear_caches(modules)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _no_fork() -> NoReturn:
    raise Leak("the command forks; run it with run_process")


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _of_the_process() -> dict[str, Any]:
    """What a command must leave as it is."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer) and thread.finished.is_set():
            thread.join(60)  # cancelled; it takes a moment to notice
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return {
        "working folder": Path.cwd(),
        "environment": dict(os.environ),
        "argv": list(sys.argv),
        "path": list(sys.path),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "warning filters": list(warnings.filters),
        "signal handlers": {n: signal.getsignal(n) for n in signal.valid_signals() - _IGNORED_SIGNALS},
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "threads": set(threading.enumerate()),
        "files": set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set(),
        "children": children.read_text(encoding="ascii") if children.exists() else "",
    }


@cache
def _import_all() -> None:
    """Import every module of the package, so that the state of each is known before a command changes it."""
    import kaito_pack

    for module in pkgutil.walk_packages(kaito_pack.__path__, "kaito_pack."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # an optional dependency
                import_module(module.name)
    gc.enable()  # kaito_pack.cli switches it off for a quick start


class ModuleState(NamedTuple):
    """The names of a module and their values; which of these are `functools` caches, and which containers."""

    names: dict[str, Any]
    values: dict[str, Any]
    caches: list[Any]
    containers: dict[str, list[Any] | dict[Any, Any] | set[Any]]

    @property
    def is_current(self) -> bool:
        """Whether the module has the same names with the same values still."""
        names, values = self.names, self.values
        return names.keys() == values.keys() and all(map(is_, names.values(), values.values()))


_states: dict[str, ModuleState] = {}  # of each module when it was last looked at


def _modules() -> list[ModuleState]:
    """Return the state of each module of the package; only modules that have changed are read again."""
    modules = [
        (name, m) for name, m in list(sys.modules.items()) if name.partition(".")[0] == "kaito_pack" and m
    ]
    for name, module in modules:
        state = _states.get(name)
        if state is None or state.names is not vars(module) or not state.is_current:
            _states[name] = _state_of(module)
    return [_states[name] for name, _ in modules]


def _state_of(module: ModuleType) -> ModuleState:
    values = dict(vars(module))
    containers = {
        name: value
        for name, value in values.items()
        if type(value) in (list, dict, set) and not name.startswith("__")
    }
    caches = [value for value in values.values() if isinstance(value, _Cache)]
    return ModuleState(vars(module), values, caches, containers)


def _clear_caches(modules: list[ModuleState]) -> None:
    """Empty every `functools` cache of a function of the package."""
    for module in modules:
        for function in module.caches:
            function.cache_clear()


def _copies(modules: list[ModuleState]) -> list[tuple[Any, Any]]:
    """Return each container of a module beside a copy of it."""
    return [(value, value.copy()) for module in modules for value in module.containers.values()]


def _check_names(before: list[ModuleState]) -> None:
    """Raise Leak for a name of a module that has another value."""
    for module in before:
        if module.is_current:
            continue
        for name, value in module.values.items():
            if module.names.get(name) is not value:
                raise Leak(f"the command has set {module.values['__name__']}.{name}")


def _restore_containers(before: list[tuple[Any, Any]]) -> None:
    """Put lists, dictionaries and sets back as they were."""
    for value, copy in before:
        if value != copy:
            value.clear()
            value.extend(copy) if isinstance(value, list) else value.update(copy)
