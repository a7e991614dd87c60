"""Input that means harm is answered in words, within 200 MB, with work that grows as the input does."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaito_pack.cli.main import main
from tests import work
from tests.conftest import ROOT, Run

MEMORY = 200 << 20
WORKSPACE = b"apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata:\n  name: a\n"
LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b", ".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
)
GROWING: dict[str, tuple[Callable[[int], bytes], int]] = {  # the input by its size, and the full size
    "long-line": (lambda n: b"name: " + b"a" * n, 1 << 20),
    "many-keys": (lambda n: b"".join(b"k%d: 1\n" % i for i in range(n)), 100_000),
    "many-fields-of-a-workspace": (
        lambda n: WORKSPACE + b"resource:\n" + b"".join(b"  k%d: 1\n" % i for i in range(n)),
        50_000,
    ),
    "deep-flow": (lambda n: b"a: " + b"[" * n, 100_000),
    "deep-block": (lambda n: b"".join(b" " * i + b"a:\n" for i in range(n)), 1500),
    "deep-json": (lambda n: b'{"a":' * n, 50_000),
    "many-documents": (lambda n: b"---\na: 1\n" * n, 20_000),
    "large": (lambda n: b"# " + b"x" * n, 17 << 20),
    "huge-number": (lambda n: b"replicas: " + b"9" * n + b"\n", 5000),
}
FIXED = {
    "alias-bomb": LAUGHS,
    "nul": b"name: a\x00b\n",
    "control": b"name: a\x1b[31m\n",
    "not-utf-8": b"name: \xff\xfe\xfa\n",
    "utf-16": "name: a\n".encode("utf-16"),
    "empty": b"",
    "unknown-tags": b"a: !!python/object/apply:os.system ['true']\n",
    "surrogate": b'name: "\\ud800"\n',
}
SMALL = 300  # the size at which the work is counted, and once more at twice that


def content(name: str) -> bytes:
    """The input of that name in its full size."""
    if name in FIXED:
        return FIXED[name]
    make, full = GROWING[name]
    return make(full)


def judged(arguments: list[str]) -> tuple[int, str]:
    """Exit code and stderr of render.py under a limit of memory."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "render.py"), *arguments],
        capture_output=True,
        timeout=120,  # only stops a hang; how the work grows is counted below
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
    )
    return done.returncode, done.stderr.decode("utf-8", "replace")


@pytest.mark.full
@pytest.mark.parametrize("command", ["render", "validate"])
@pytest.mark.parametrize("name", [*GROWING, *FIXED])
def test_a_hostile_file_is_answered_in_words(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / "hostile.yaml").write_bytes(content(name))
    code, stderr = judged([command, str(tmp_path / "hostile.yaml")])
    assert code in (1, 2), stderr[-2000:]
    assert "Traceback" not in stderr
    assert stderr.strip()
    assert "\x1b" not in stderr


@pytest.mark.parametrize("command", ["render", "validate"])
@pytest.mark.parametrize("name", GROWING)
def test_the_work_grows_with_a_hostile_file_and_no_faster(
    tmp_path: Path, name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def judging(size: int) -> Callable[[], object]:
        file = tmp_path / f"{size}.yaml"
        file.write_bytes(GROWING[name][0](size))

        def judge() -> None:
            with pytest.raises(SystemExit) as end:
                main([command, str(file)])
            assert end.value.code in (1, 2)

        return judge

    work.check_growth(judging, SMALL)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.full
def test_tens_of_thousands_of_problems_fit_into_memory_as_json(tmp_path: Path) -> None:
    (tmp_path / "hostile.yaml").write_bytes(content("many-fields-of-a-workspace"))
    assert judged(["validate", "-o", "json", str(tmp_path / "hostile.yaml")]) == (1, "")


@pytest.mark.parametrize("command", ["render", "validate"])
def test_what_is_no_file_is_exit_2(run: Run, tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "sealed.yaml").write_text("name: a\n", encoding="utf-8")
    for path in ("/dev/zero", str(tmp_path / "pipe.yaml"), str(tmp_path / "missing.yaml")):
        done = run(command, path)
        assert done.returncode == 2, (path, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_folder_that_leads_back_to_itself_is_searched_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("name: a\nmodelSource: vllm\nmodelId: a/b\n", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    done = run("validate", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 documents" in done.stderr
