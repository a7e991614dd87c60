"""The helper that runs a command in this process gives what a process gives, and notices what is left."""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import _lru_cache_wrapper, cache
from importlib import import_module
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import pytest

from tests import command
from tests.command import Leak, run_here, run_process
from tests.conftest import ROOT, TINY


def main_that(act: Callable[[], Any]) -> Callable[[], None]:
    """A `main` that does one thing and exits well."""

    def main() -> None:
        act()
        sys.exit(0)

    return main


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("-",), TINY),
        (("-", "-o", "json"), TINY + "extraArgs: [é → ü]\n"),
        (("-",), TINY + "replicas: 0\n"),
        (("validate", "-", "missing.yaml"), TINY.replace("\n", "\r\n")),
        (("explain", "values/llama.yaml", "replicas"), ""),
        (("--no-such-option",), ""),
        (("--help",), ""),
        ((), ""),
    ],
)
def test_it_gives_what_a_process_gives(arguments: tuple[str, ...], stdin: str) -> None:
    place = run_here(*arguments, stdin=stdin, cwd=ROOT, text=False)
    process = run_process(*arguments, stdin=stdin, cwd=ROOT, text=False)
    assert (place.returncode, place.stdout, place.stderr) == (
        process.returncode,
        process.stdout,
        process.stderr,
    )
    text = run_here(*arguments, stdin=stdin, cwd=ROOT)
    assert (text.stdout, text.stderr) == (process.stdout.decode(), process.stderr.decode())


def test_folder_and_variables_are_the_command_s_own(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    before = (Path.cwd(), dict(os.environ), sys.argv, sys.stdin, sys.stdout, sys.stderr)
    assert run_here("tiny.yaml", cwd=tmp_path).returncode == 0
    refused = run_here("tiny.yaml", cwd=tmp_path, env={"KAITO_PACK": "missing"})
    assert (refused.returncode, "missing: not a pack" in refused.stderr) == (2, True)
    assert (Path.cwd(), dict(os.environ), sys.argv, sys.stdin, sys.stdout, sys.stderr) == before


def test_what_a_developer_has_set_is_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in command.NOT_INHERITED:
        monkeypatch.setenv(name, "anything")
    assert run_here("-", stdin=TINY).returncode == 0


def test_a_pack_of_one_run_is_not_that_of_the_next_one(tmp_path: Path) -> None:
    pack = tmp_path / "mine"
    (pack / "templates/vllm").mkdir(parents=True)
    service = pack / "templates/vllm/service.yaml.j2"
    plain = run_here("-", stdin=TINY).stdout
    for name in ("first", "second"):  # the same path, and other content
        service.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n", "utf-8")
        assert name in run_here("-", "--pack", pack, stdin=TINY).stdout
    assert run_here("-", stdin=TINY).stdout == plain


def test_a_foreign_pack_renders_as_in_a_process(tmp_path: Path) -> None:
    """Its child is forked in one case (tests/children.py), and started in the other."""
    (tmp_path / "templates/vllm").mkdir(parents=True)
    template = tmp_path / "templates/vllm/service.yaml.j2"
    for text in ("a: {{ name }}\n", "a: {{ nmae }}\n", "apiVersion: v1\nkind: Secret\nmetadata: {name: é}\n"):
        template.write_text(text, "utf-8")
        place, process = (run("-", "--pack", tmp_path, stdin=TINY) for run in (run_here, run_process))
        assert (place.returncode, place.stdout, place.stderr) == (1, "", process.stderr)
        assert process.returncode == 1


def test_every_cached_function_is_cleared() -> None:
    """A cache that is no module's global would outlive the command that filled it."""
    run_here("-", stdin=TINY)
    decorated = set()
    for file in (ROOT / "kaito_pack").rglob("*.py"):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        text = file.read_text("utf-8")
        if "cache" not in text and "per_pack" not in text:
            continue
        tree = ast.parse(text)
        inner = {
            id(nested)
            for outer in ast.walk(tree)
            if isinstance(outer, ast.FunctionDef | ast.ClassDef)
            for nested in ast.walk(outer)
            if nested is not outer
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                words = {ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list}
                if words & {"cache", "lru_cache", "functools.cache", "functools.lru_cache", "per_pack"}:
                    assert id(node) not in inner, f"{module}.{node.name} is not seen by the helper"
                    decorated.add((module.removesuffix(".__init__"), node.name))
    assert decorated
    for module, name in decorated:
        function = getattr(import_module(module), name)
        assert isinstance(function, _lru_cache_wrapper), (module, name)
        assert function.cache_info().currsize == 0, (module, name)


LEAKS: dict[str, Callable[[], Any]] = {
    "working folder": lambda: os.chdir("/"),
    "environment": lambda: os.environ.update(KAITO_LEAK="1"),
    "signal handlers": lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN),
    "files": lambda: KEPT.append(open(os.devnull)),  # noqa: SIM115
    "path": lambda: sys.path.append("/nowhere"),
    "recursion limit": lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 1),
    "threads": lambda: KEPT.append(waiting()),
    "forks": lambda: os.fork(),  # looked up when it is called
}
KEPT: list[Any] = []


def waiting() -> threading.Event:
    event = threading.Event()
    threading.Thread(target=event.wait, daemon=True).start()
    return event


@pytest.fixture
def undone() -> Any:
    """Takes back what a leaking command has done."""
    path, limit, handler = list(sys.path), sys.getrecursionlimit(), signal.getsignal(signal.SIGUSR1)
    yield
    sys.path[:] = path
    sys.setrecursionlimit(limit)
    signal.signal(signal.SIGUSR1, handler)
    while KEPT:
        leak = KEPT.pop()
        leak.set() if isinstance(leak, threading.Event) else leak.close()


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize("what", LEAKS)
def test_what_a_command_leaves_behind_is_an_error(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    folder, variables = Path.cwd(), dict(os.environ)
    monkeypatch.setattr("kaito_pack.cli.main", main_that(LEAKS[what]))
    with pytest.raises(Leak, match=what):
        run_here()
    assert (Path.cwd(), dict(os.environ)) == (folder, variables)


def test_a_name_that_a_command_sets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import kaito_pack

    version = kaito_pack.__version__
    monkeypatch.setattr("kaito_pack.cli.main", main_that(lambda: setattr(kaito_pack, "__version__", "0")))
    with pytest.raises(Leak, match=r"kaito_pack\.__version__"):
        run_here()
    kaito_pack.__version__ = version


def test_what_a_process_would_print_a_traceback_for_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaito_pack.cli.main", main_that(lambda: 1 // 0))
    with pytest.raises(ZeroDivisionError):
        run_here()


@cache
def _not_the_package_s() -> int:
    return 1


def test_caches_of_others_stay() -> None:
    _not_the_package_s()
    run_here("--version")
    assert _not_the_package_s.cache_info().currsize == 1


def test_a_command_that_hangs_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PATIENCE", 0.1)
    monkeypatch.setattr("kaito_pack.cli.main", main_that(threading.Event().wait))
    with pytest.raises(TimeoutExpired):
        run_here()


def test_variables_that_python_reads_at_start_need_a_process() -> None:
    with pytest.raises(ValueError, match="PYTHONHASHSEED"):
        run_here(env={"PYTHONHASHSEED": "1"})
