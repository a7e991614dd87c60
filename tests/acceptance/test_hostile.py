"""Input that means harm: each is answered in words within 2 s and 200 MB, and nothing dies of a signal."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

MEMORY = 200 << 20
WORKSPACE = b"apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata:\n  name: a\n"
LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b", ".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
)
HOSTILE = {
    "long-line": b"name: " + b"a" * (1 << 20),
    "many-keys": b"".join(b"k%d: 1\n" % n for n in range(100_000)),
    "many-fields-of-a-workspace": WORKSPACE
    + b"resource:\n"
    + b"".join(b"  k%d: 1\n" % n for n in range(50_000)),
    "deep-flow": b"a: " + b"[" * 100_000,
    "deep-block": b"".join(b" " * n + b"a:\n" for n in range(1500)),
    "deep-json": b'{"a":' * 50_000,
    "alias-bomb": LAUGHS,
    "nul": b"name: a\x00b\n",
    "control": b"name: a\x1b[31m\n",
    "not-utf-8": b"name: \xff\xfe\xfa\n",
    "utf-16": "name: a\n".encode("utf-16"),
    "empty": b"",
    "many-documents": b"---\na: 1\n" * 20_000,
    "large": b"# " + b"x" * (17 << 20),
    "unknown-tags": b"a: !!python/object/apply:os.system ['true']\n",
    "surrogate": b'name: "\\ud800"\n',
    "huge-number": b"replicas: " + b"9" * 5000 + b"\n",
}


def judged(arguments: list[str]) -> tuple[int, str, float]:
    """Exit code, stderr and seconds of render.py under a limit of memory."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(ROOT / "render.py"), *arguments],
        capture_output=True,
        timeout=20,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
    )
    return done.returncode, done.stderr.decode("utf-8", "replace"), time.monotonic() - start


@pytest.mark.parametrize("command", ["render", "validate"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_in_words(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / "hostile.yaml").write_bytes(HOSTILE[name])
    code, told, seconds = judged([command, str(tmp_path / "hostile.yaml")])
    assert code in (1, 2), told[-2000:]
    assert "Traceback" not in told
    assert told.strip()
    assert seconds < 6, "2 s on a quiet machine"
    assert "\x1b" not in told


def test_tens_of_thousands_of_problems_fit_into_memory_as_json(tmp_path: Path) -> None:
    (tmp_path / "hostile.yaml").write_bytes(HOSTILE["many-fields-of-a-workspace"])
    code, told, seconds = judged(["validate", "-o", "json", str(tmp_path / "hostile.yaml")])
    assert (code, told) == (1, "")
    assert seconds < 6, "2 s on a quiet machine"


@pytest.mark.parametrize("command", ["render", "validate"])
def test_what_is_no_file_is_exit_2(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "sealed.yaml").write_text("name: a\n", encoding="utf-8")
    for path in ("/dev/zero", str(tmp_path / "pipe.yaml"), str(tmp_path / "missing.yaml")):
        code, told, _ = judged([command, path])
        assert code == 2, (path, told)
        assert "Traceback" not in told


def test_a_folder_that_leads_back_to_itself_is_searched_once(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("name: a\nmodelSource: vllm\nmodelId: a/b\n", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    code, told, _ = judged(["validate", str(tmp_path)])
    assert code == 0, told
    assert "3 documents" in told
