"""`make bench-helm`: the pack against `helm template | kubeconform`, on the same values in one run.

For each number of files, the rounds of all contestants are interleaved, so a busy machine slows all of them
equally; the table has medians. A contestant's CPU time and peak memory are those of its whole process
tree (wait4), its wall time is that of the pipe. This module imports nothing heavy, because a child's peak
memory is never below that of its parent process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from figures import Cost

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".tools" / "bin"
# Let Python keep compiled modules, as it does by default.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
BAR = r"\|"  # escaped for a Markdown table
ROUNDS = {1: 21, 20: 5, 200: 3}  # rounds by number of files; other numbers have one round


def contestants(folder: Path) -> dict[str, str]:
    """Return shell lines that read the names of values files from $@; the first is the pack's."""
    ours = f'"{sys.executable}" "{ROOT}/render.py"'
    helm = f'for f in "$@"; do echo ---; "{BIN}/helm" template x "{ROOT}/bench/chart" -f "$f"; done'
    kubeconform = (
        f'"{BIN}/kubeconform" -strict -schema-location "{folder}/schemas/%s/{{{{.ResourceKind}}}}.json"'
    )
    return {
        "ours": f'exec {ours} "$@"',
        "ours --out": f'exec {ours} --out "{folder}/out/" "$@"',
        "helm | kubeconform": f"({helm}) | {kubeconform % 'plain'}",
        "the same, DEEP": f"({helm}) | {kubeconform % 'deep'}",
    }


def measured(line: str, files: list[str], environment: Mapping[str, str] = ENVIRONMENT) -> Cost:
    """Return the cost of one run of a shell line; a failure ends the benchmark."""
    start = time.perf_counter()
    command = ["/bin/sh", "-c", line, "sh", *files]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"exit code {child.returncode}: {line}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """Return the median of each column."""
    return Cost(*(sorted(column)[len(column) // 2] for column in zip(*costs, strict=True)))


def compare(lines: dict[str, str], files: list[str], rounds: int) -> dict[str, Cost]:
    """Return the medians of all contestants on `files`, measured in turn."""
    costs: dict[str, list[Cost]] = {name: [] for name in lines}
    for number in range(rounds):
        # Reverse every other round, so that none always uses a cache that another contestant has filled.
        order = list(lines) if number % 2 == 0 else list(reversed(lines))
        for name in order:
            costs[name].append(measured(lines[name], files))
    return {name: median(measures) for name, measures in costs.items()}


def check_alike(folder: Path, lines: dict[str, str], files: list[str]) -> None:
    """Exit unless both sides produce the same manifests, because otherwise the times are meaningless."""
    helm = lines["helm | kubeconform"].rpartition(" | ")[0]
    for name, line in (("ours", lines["ours"]), ("theirs", helm)):
        with (folder / name).open("wb") as stream:
            subprocess.run(["/bin/sh", "-c", line, "sh", *files], stdout=stream, check=True, env=ENVIRONMENT)
    inputs("same", str(folder / "ours"), str(folder / "theirs"))


def inputs(*arguments: str) -> None:
    """Run bench/inputs.py."""
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, str(ROOT / "bench" / "inputs.py"), *arguments], check=True, env=environment
    )


COLUMNS = (
    *("files", "rounds", "what", "wall s", "CPU s", "peak MiB"),
    *("wall / helm", "CPU / helm", "wall / DEEP", "CPU / DEEP", "ms a further file"),
)


def table(sizes: dict[int, dict[str, Cost]], rounds: dict[int, int]) -> str:
    """Return the results as a Markdown table: medians, and ratios to the two rivals of the same run."""
    rows = [COLUMNS, ("---:", "---:", "---", *("---:",) * 8)]
    for count, costs in sizes.items():
        for name, cost in costs.items():
            single = sizes.get(1, {}).get(name, cost)
            further = f"{(cost.wall - single.wall) / (count - 1) * 1000:.2f}" if single is not cost else ""
            figures = (
                f"{cost.wall:.3f}",
                f"{cost.cpu:.3f}",
                f"{cost.memory:.1f}",
                *ratios(cost, costs),
                further,
            )
            rows.append((str(count), str(rounds[count]), name.replace("|", BAR), *figures))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def ratios(cost: Cost, costs: dict[str, Cost]) -> tuple[str, ...]:
    """Return the ratios of wall and CPU time to helm's and to DEEP's."""
    helm, deep = costs["helm | kubeconform"], costs["the same, DEEP"]
    by = ((cost.wall, helm.wall), (cost.cpu, helm.cpu), (cost.wall, deep.wall), (cost.cpu, deep.cpu))
    return tuple(f"{ours / theirs:.3f}" for ours, theirs in by)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, nargs="+", default=[1, 20, 200, 2000])
    parser.add_argument("--rounds", type=int, help="of each number of files; 21, 5, 3, 1 by default")
    asked = parser.parse_args()
    missing = [tool for tool in ("helm", "kubeconform") if not (BIN / tool).exists()]
    if missing:
        sys.exit(f"{' and '.join(missing)}: not in .tools/bin; run `make bench-tools`")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs(name, str(max(asked.files)))
        files = sorted(str(file) for file in (folder / "values").iterdir())
        lines = contestants(folder)
        check_alike(folder, lines, files[:20])
        rounds = {count: asked.rounds or ROUNDS.get(count, 1) for count in asked.files}
        sizes = {}
        for count in asked.files:
            print(f"{count} files, {rounds[count]} rounds …", file=sys.stderr)
            sizes[count] = compare(lines, files[:count], rounds[count])
    print(table(sizes, rounds))


if __name__ == "__main__":
    main()
