"""`make bench`: the times that users wait for, as ratios of two commands that alternate in one run.

Each row of the table is one goal of docs/concepts/performance.md. CPU time includes all processes of a
command; rows that use all cores compare wall time. `--check` compares the ratios with bench/ratios.json,
those of the last release, and exits with 1 if one got worse; `--record` writes that file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from figures import STEEPEST, Cost, Figure, exponent, median, percentile, table, unmeasured, worse

from bench import BIN, ENVIRONMENT, ROOT, contestants, measured

RATIOS = ROOT / "bench" / "ratios.json"
OURS = f'"{sys.executable}" "{ROOT}/render.py"'
FLOOR = f'"{sys.executable}" -c "import click, jinja2, yaml"'
MODES = ("vllm", "huggingface", "premade", "preset")
FOUND = "; test $? -le 1"  # exit code 1 means differences or problems; the command has succeeded


class Size(NamedTuple):
    """The amount of work: the numbers of files by point, and the rounds of a row.

    `helm` are files for helm and kubeconform, `manifests` documents, `files` values files, `growth` the
    sizes for the fit.
    """

    helm: tuple[int, ...]
    manifests: tuple[int, ...]
    files: int
    growth: tuple[int, ...]
    rounds: int
    trips: int

    @property
    def counts(self) -> list[int]:
        """All numbers of files to write."""
        return sorted({1, *self.helm, *self.manifests, self.files, *self.growth})


SMALL = Size((200,), (500,), 200, (1, 10, 100, 1000), 3, 100)
FULL = Size((200, 2000), (500, 5000), 2000, (1, 10, 100, 1000, 10000), 3, 500)
TINY = Size((2,), (4,), 4, (1, 4, 40), 1, 3)  # for the test that all points run


class Pair(NamedTuple):
    """Two shell lines whose ratio is a figure. `by` is the compared column of `Cost`."""

    point: int
    what: str
    ours: str
    theirs: str
    goal: float | None
    by: str = "cpu"
    rounds: int | None = None


def pairs(folder: Path, size: Size) -> Iterator[Pair]:
    """Yield the pairs of points 1 to 7."""
    yield from _first_files(folder)
    yield from _trees(folder, size)
    yield from _manifests(folder, size)
    yield from _values(folder, size)
    yield from _clusters(folder, size)


def _first_files(folder: Path) -> Iterator[Pair]:
    for mode in MODES:
        file = folder / "1" / "values" / mode
        yield Pair(1, f"render 1 {mode} / floor", f"{OURS} {file}", FLOOR, 1.25, rounds=15)
    file = folder / "1" / "values" / "vllm" / "00000.yaml"
    deep = _helm(folder, "the same, DEEP", [str(file)])
    yield Pair(1, "render 1 / helm | kubeconform DEEP", f"{OURS} {file}", deep, 1.0, "wall", 15)


def _helm(folder: Path, name: str, files: list[str]) -> str:
    return f"set -- {' '.join(files)}; {contestants(folder)[name]}"


def _trees(folder: Path, size: Size) -> Iterator[Pair]:
    for count, goal in zip(size.helm, (0.020, 0.012), strict=False):
        # The benchmark's chart has three of the modes, because KAITO creates the pod of a preset.
        files = [str(folder / str(count) / "values" / MODES[n % 3] / f"{n:05}.yaml") for n in range(count)]
        ours = f'set -- {" ".join(files)}; {OURS} --out {folder}/tree/ "$@"'
        theirs = _helm(folder, "helm | kubeconform", files)
        yield Pair(2, f"{count} files to a tree / helm | kubeconform", ours, theirs, goal, "wall", 1)


def _manifests(folder: Path, size: Size) -> Iterator[Pair]:
    conform = (
        f'"{BIN}/kubeconform" -strict -schema-location "{folder}/schemas/deep/{{{{.ResourceKind}}}}.json"'
    )
    first = folder / "1" / "manifests.yaml"
    yield Pair(3, "validate 1 manifest / kubeconform", f"{OURS} validate {first}", f"{conform} {first}", 1.5)
    for count in size.manifests:
        file = folder / str(count) / "manifests"
        ours, theirs, what = (
            f"{OURS} validate {file}",
            f"{conform} {file}",
            f"validate {count} manifests",
        )
        taskset = "taskset -c 0"
        yield Pair(
            3,
            f"{what} / kubeconform, 1 core",
            f"{taskset} {ours}",
            f"{taskset} {_with_workers(theirs, 1)}",
            1.0,
        )
        yield Pair(
            3,
            f"{what} / kubeconform, all cores",
            ours,
            _with_workers(theirs, os.cpu_count() or 1),
            1.0,
            "wall",
        )


def _with_workers(line: str, count: int) -> str:
    return line.replace(" -strict ", f" -n {count} -strict ", 1)


def _values(folder: Path, size: Size) -> Iterator[Pair]:
    inside = folder / str(size.files)
    for mode in (*MODES, "warned"):
        files = inside / "values" / mode
        ours, theirs = f"{OURS} validate {files}", f"{OURS} {files}"
        yield Pair(4, f"validate {size.files} {mode} values / render", ours, theirs, 1.3)
    for name, files in (("values", inside / "values" / "mixed"), ("manifests", inside / "manifests")):
        every = f"{OURS} validate --kaito-version all {files}{FOUND}"
        what = f"validate {size.files} {name}: all versions / the newest"
        yield Pair(5, what, every, f"{OURS} validate {files}", 2.0)


def _clusters(folder: Path, size: Size) -> Iterator[Pair]:
    fleet, inside = folder / "fleet" / "fleet.yaml", folder / str(size.files)
    check = f"{OURS} --fleet {fleet} --check{FOUND}"
    yield Pair(6, "plan of a fleet / render --check", f"{OURS} plan --fleet {fleet}", check, 1.5)
    render = f"{OURS} {inside}/values/mixed"
    yield Pair(6, f"status {size.files} / render", f"{OURS} status {inside}/cluster.json", render, None)
    yield Pair(6, f"import from {size.files} / render", _import(inside, size.files), render, None)
    make = f'make -C "{ROOT}" render VALUES={folder}/1/values/vllm/00000.yaml'
    yield Pair(7, "make render / render", make, f"{OURS} {folder}/1/values/vllm", None, rounds=7)


def _import(inside: Path, count: int) -> str:
    return f"{OURS} import --name workspace-vllm-00000 {inside}/manifests.yaml{FOUND}"


def quiet(line: str) -> str:
    """Return a shell line without its stderr, which has counts and warnings."""
    return f"{{ {line}; }} 2>/dev/null"


def ratio(pair: Pair, rounds: int) -> Figure:
    """Return the ratio of two commands: the median over alternating rounds."""
    ours: list[Cost] = []
    theirs: list[Cost] = []
    # Run once without measuring, to fill the caches of the pack and of the file system.
    measured(quiet(pair.ours), [])
    for number in range(pair.rounds or rounds):
        both = [(pair.ours, ours), (pair.theirs, theirs)]
        for line, costs in both if number % 2 else reversed(both):
            costs.append(measured(quiet(line), []))
    values = [getattr(a, pair.by) / getattr(b, pair.by) for a, b in zip(ours, theirs, strict=True)]
    left, right = (median([getattr(cost, pair.by) for cost in costs]) for costs in (ours, theirs))
    memory = median([cost.memory for cost in ours])
    detail = f"{left:.3f} s / {right:.3f} s {pair.by}; {memory:.0f} MiB"
    return Figure(pair.point, pair.what, median(values), pair.goal, detail)


def form(size: Size) -> Iterator[Figure]:
    """Yield the median and the 95th percentile of the form's round trip, in milliseconds."""
    command = [sys.executable, str(ROOT / "bench" / "form_trips.py"), str(size.trips)]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        print(f"the form was not measured: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return
    trips = [float(line) for line in done.stdout.split()]
    yield Figure(7, "round trip of the form, median (ms)", median(trips), 50)
    yield Figure(7, "round trip of the form, 95th percentile (ms)", percentile(trips, 0.95), 100)


def growth(folder: Path, size: Size) -> Iterator[Figure]:
    """Yield the exponent of growth of each command, by CPU time above that of one file."""
    lines: dict[str, Callable[[Path, int], str]] = {
        "render": lambda inside, count: f"{OURS} {inside}/values/mixed",
        "render --out": lambda inside, count: f"{OURS} --out {inside}/tree/ {inside}/values/mixed",
        "validate values": lambda inside, count: f"{OURS} validate {inside}/values/mixed",
        "validate manifests": lambda inside, count: f"{OURS} validate {inside}/manifests",
        "plan": lambda inside, count: f"{OURS} plan --out {inside}/tree/ {inside}/values/mixed",
        "status": lambda inside, count: f"{OURS} status {inside}/cluster.json",
        "import": _import,
    }
    for name, line in lines.items():
        costs = {}
        # A stream of more objects exceeds the pack's limit for a file.
        for count in (n for n in size.growth if n <= 2000 or name not in ("status", "import")):
            rounds = 3 if count <= 100 else 1
            runs = [measured(quiet(line(folder / str(count), count)), []) for _ in range(rounds)]
            costs[count] = median([run.cpu for run in runs])
        try:
            steepness = exponent(costs, costs[min(costs)])
        except ValueError as error:
            print(f"growth of {name}: {error}", file=sys.stderr)
            continue
        detail = ", ".join(f"{count}: {cost:.2f} s" for count, cost in costs.items())
        yield Figure(8, f"growth of {name} (exponent)", steepness, STEEPEST, detail)


def prepare(folder: Path, size: Size) -> None:
    """Write the input files."""
    command = [sys.executable, str(ROOT / "bench" / "scenes.py"), str(folder), *map(str, size.counts)]
    subprocess.run(command, check=True, env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)})


def measure(folder: Path, size: Size, points: set[int]) -> list[Figure]:
    """Return all figures of `points`; print each to stderr as it is measured."""

    def every() -> Iterator[Figure]:
        for pair in pairs(folder, size):
            if pair.point in points:
                yield ratio(pair, size.rounds)
        if 7 in points:
            yield from form(size)
        if 8 in points:
            yield from growth(folder, size)

    figures = []
    for figure in every():
        print(f"{figure.point}  {figure.what}: {figure.value:.3f}  {figure.detail}", file=sys.stderr)
        figures.append(figure)
    return sorted(figures, key=lambda figure: figure.point)


def compare(figures: list[Figure], size_name: str) -> int:
    """Print the regressions since the last release; return the exit code."""
    before = json.loads(RATIOS.read_text(encoding="utf-8")).get(size_name, {})
    if not before:
        print(f"{RATIOS.name} has no figures of size {size_name}. Write them with --record", file=sys.stderr)
        return 2
    points = {figure.point for figure in figures}
    lines = worse(figures, {name: known["value"] for name, known in before.items()})
    for name in unmeasured(figures, {n: 0 for n, known in before.items() if known["point"] in points}):
        lines.append(f"{name}: not measured, but it is in {RATIOS.name}")
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


def record(figures: list[Figure], size_name: str) -> None:
    """Write the figures to bench/ratios.json as those of a release."""
    recorded = json.loads(RATIOS.read_text(encoding="utf-8")) if RATIOS.exists() else {}
    rows = {figure.what: {"point": figure.point, "value": round(figure.value, 3)} for figure in figures}
    recorded[size_name] = {**recorded.get(size_name, {}), **rows}
    RATIOS.write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print the table, and compare or record on request."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=["tiny", "small", "full"], default="small")
    parser.add_argument(
        "--points", type=int, nargs="+", default=list(range(1, 9)), help="points of the table"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a ratio got worse")
    parser.add_argument("--record", action="store_true", help="write the ratios to bench/ratios.json")
    asked = parser.parse_args()
    missing = [tool for tool in ("helm", "kubeconform") if not (BIN / tool).exists()]
    if missing:
        sys.exit(f"{' and '.join(missing)}: not in .tools/bin; run `make bench-tools`")
    size = {"tiny": TINY, "small": SMALL, "full": FULL}[asked.size]
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), size)
        figures = measure(Path(name), size, set(asked.points))
    print(table(figures))
    if asked.record:
        record(figures, asked.size)
    sys.exit(compare(figures, asked.size) if asked.check else 0)


if __name__ == "__main__":
    main()
