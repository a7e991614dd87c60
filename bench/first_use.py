"""`make bench-first-use`: the first `make render` in a fresh clone, against plain venv and pip.

Both sides work in a clone of HEAD, in turn, and render the same example at the end. Wheels come from pip's
usual sources; set PIP_NO_INDEX=1 and PIP_FIND_LINKS to exclude the network.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench import ENVIRONMENT, ROOT, Cost, measured, median

PYTHON = ".venv/bin/python"
INSTALL = f"{PYTHON} -m pip install -q --require-hashes -r requirements/run.txt"
RENDER = f"{PYTHON} render.py values/llama.yaml"
SIDES = {
    "venv and pip": f"python3 -m venv .venv && {INSTALL} && {RENDER}",
    "make render": "make render VALUES=llama.yaml",
}


def fresh_clone(folder: Path) -> Path:
    """Return a clone of HEAD in `folder` in which nothing has run."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder


def table(costs: dict[str, Cost]) -> str:
    """Return the medians as a Markdown table, with ratios to the first side."""
    base = next(iter(costs.values()))
    rows = [("what", "wall s", "CPU s", "wall / first", "CPU / first"), ("---", *("---:",) * 4)]
    for name, cost in costs.items():
        ratios = (f"{cost.wall / base.wall:.2f}", f"{cost.cpu / base.cpu:.2f}")
        rows.append((name, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", *ratios))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    costs: dict[str, list[Cost]] = {name: [] for name in SIDES}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(rounds):
            for side, line in SIDES.items():
                clone = fresh_clone(Path(name) / "clone")
                environment = ENVIRONMENT | {"XDG_CACHE_HOME": f"{clone}/.cache"}
                costs[side].append(measured(f'cd "{clone}" && {{ {line}; }} 2> /dev/null', [], environment))
    print(table({side: median(each) for side, each in costs.items()}))


if __name__ == "__main__":
    main()
