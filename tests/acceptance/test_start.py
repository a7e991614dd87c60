"""What a start costs: a run that succeeds loads nothing that only explaining a failure needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LATE = (
    "jsonschema",
    "kubernetes_validate",
    "asyncio",
    "email",
    "http",
    "ssl",
    "socket",
    "difflib",
    "logging",
    "questionary",
    "prompt_toolkit",
)
CODE = """
import sys
sys.argv[0] = "render.py"
from kaito_pack.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> tuple[set[str], str]:
    """The modules that a run has loaded, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return set(done.stderr.split()), done.stdout


@pytest.mark.parametrize(
    "example", ["llama", "qwen-gguf-cpu", "premade-gpt-oss-gpu", "mistral-autoprovisioned"]
)
def test_a_successful_run_loads_nothing_that_only_failures_need(example: str) -> None:
    modules, printed = loaded(f"values/{example}.yaml")
    assert "kind: Workspace" in printed
    assert modules & set(LATE) == set()


def test_a_run_of_one_file_loads_nothing_of_other_commands() -> None:
    modules, _ = loaded("values/llama.yaml")
    own = {name.removeprefix("kaito_pack.") for name in modules if name.startswith("kaito_pack.")}
    others = {
        "cli.status",
        "cli.validate",
        "cli.plan",
        "cli.results",
        "cli.formats.json",
        "cli.formats.text",
        "cli.formats.junit",
        "run.validation",
        "run.objects",
        "run.targets",
        "status",
        "plan",
        "rendering.locating",
        "pack.schema_problems",
        "values.schema_problems",
    }
    assert own & others == set()


OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, facts: opened.append(str(facts[0])) if event == "open" else None)
sys.argv[0] = "render.py"
from kaito_pack.cli import main
try:
    main()
finally:
    print(*opened, sep="\\n", file=sys.stderr)
"""


def test_a_run_of_one_file_reads_no_engine_file_once_they_are_cached(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", OPENED, "values/llama.yaml"]
    runs = [
        subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True).stderr
        for _ in range(3)  # the second one writes the file of modules
    ]
    first, _, last = ([line for line in run.splitlines() if "engines" in Path(line).parts] for run in runs)
    assert {Path(line).name for line in first} == {"llamacpp.yaml", "vllm.yaml"}
    assert last == []
    assert len(runs[2].splitlines()) < len(runs[0].splitlines())


MOST_FILES, MOST_MODULES, MOST_CALLS = 110, 180, 100_000  # 75, 159 and 79,000 in November 2026
COUNTED = """
import sys
opened, calls = [], [0]
sys.addaudithook(lambda event, facts: opened.append(str(facts[0])) if event == "open" else None)
def count(frame, event, argument):
    calls[0] += event == "call"
sys.argv[0] = "render.py"
sys.setprofile(count)
from kaito_pack.cli import main
try:
    main()
finally:
    sys.setprofile(None)
    modules = [name for name in sys.modules if name.startswith("kaito_pack")]
    print(len(opened), len(modules), calls[0], file=sys.stderr)
"""


def counts(cache: Path) -> tuple[int, ...]:
    """The files that a run of one file opens, the modules of ours that it imports, and its calls."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", COUNTED, "values/llama.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    return tuple(map(int, done.stderr.split()))


def test_a_warm_run_of_one_file_does_little(tmp_path: Path) -> None:
    """Counts, since a machine can be busy; raise a limit only if the run has to do more."""
    for _ in range(2):
        counts(tmp_path)
    assert [
        a <= b for a, b in zip(counts(tmp_path), (MOST_FILES, MOST_MODULES, MOST_CALLS), strict=True)
    ] == [True] * 3, counts(tmp_path)


def test_many_files_come_out_as_each_alone_does(tmp_path: Path) -> None:
    """Above 128 files several processes share the work."""
    files = []
    for number in range(140):
        files.append(tmp_path / f"{number:03}.yaml")
        mode = (
            "modelSource: vllm\nmodelId: a/b\n"
            if number % 2
            else "modelSource: premade\npremadeModel: phi4:14b\n"
        )
        files[-1].write_text(f"name: model-{number}\n{mode}", encoding="utf-8")
    _, together = loaded(*map(str, files))
    _, first = loaded(str(files[0]))
    _, last = loaded(str(files[-1]))
    assert together.startswith(first)
    assert together.endswith(last)
    assert together.count("kind: Workspace") == 140


def test_problems_of_many_files_come_in_their_order_with_their_places(tmp_path: Path) -> None:
    files = []
    for number in range(140):
        files.append(tmp_path / f"{number:03}.yaml")
        wrong = "modelSurce: vllm" if number in (3, 137) else "replicas: 1"
        text = f"name: model-{number % 139}\nmodelSource: vllm\nmodelId: a/b\n{wrong}\n"
        files[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "render.py"), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    places = [line.partition(" ")[0].removeprefix(f"{tmp_path}/") for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert places == ["000.yaml:1:7", "003.yaml:4:1", "137.yaml:4:1", "139.yaml:1:7"]
