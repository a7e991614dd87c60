"""`make conformance` against a kubectl that answers as a cluster would."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

KUBECTL = """#!/bin/sh
case "$*" in
    *version*) echo '{"serverVersion": {"major": "1", "minor": "35+"}}' ;;
    *validatingwebhookconfigurations*) echo '{"items": [{"rules": [{"apiGroups": ["kaito.sh"]}]}]}' ;;
    *customresourcedefinitions*) echo '{"items": [{"metadata": {"name": "workspaces.kaito.sh"}}]}' ;;
    *) ! grep -q '"name": "LIE"' ;;
esac
"""


def conformance(folder: Path, kubectl: str) -> subprocess.CompletedProcess[str]:
    fake = folder / "kubectl"
    fake.write_text(kubectl, encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "scripts.conformance"]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.full
def test_a_verdict_that_differs_is_told_and_fails(tmp_path: Path) -> None:
    done = conformance(tmp_path, KUBECTL.replace("LIE", "workspace-llama"))
    assert done.returncode == 1
    assert "DIFFERS\tvalues/rendered/llama.yaml\tWorkspace\tours accepted\tcluster refused" in done.stdout
    assert "same\tvalues/rendered/phi-small.yaml" in done.stdout
    assert "Kubernetes 1.35, KAITO 0.12, webhook there" in done.stderr


def test_a_kubectl_that_fails_is_exit_2(tmp_path: Path) -> None:
    done = conformance(tmp_path, "#!/bin/sh\necho 'no cluster' >&2\nexit 1\n")
    assert done.returncode == 2
    assert "no cluster" in done.stderr
    assert "Traceback" not in done.stderr
