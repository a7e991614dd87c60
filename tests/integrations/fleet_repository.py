"""A repository of values for one cluster, as the pipelines of CI find it: what they need, and their steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import PHI, ROOT

FLEET = """\
apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {name: onprem, target: targets/onprem.yaml, values: [models/*.yaml], out: clusters/onprem}
"""
# Values that no cluster but the fleet's own would accept: without this layer they name no model.
LAYER = "modelId: microsoft/Phi-4-mini-instruct\n"


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def render(installed, folder):
    command = [str(installed.bin / "kaito-pack"), "render", "--fleet", "fleet.yaml", "--prune"]
    subprocess.run(command, cwd=folder, check=True, timeout=60, env=installed.environment(str(folder)))


def make_repository(installed, folder):
    """A pull request's checkout: its values as on the branch it goes to, rendered; changes come next."""
    target = (ROOT / "values" / "targets" / "onprem.yaml").read_text(encoding="utf-8")
    for name, text in {
        "fleet.yaml": FLEET,
        "models/phi.yaml": PHI.replace(LAYER, ""),
        "targets/onprem.yaml": target + "layers: [../layers/model.yaml]\n",
        "layers/model.yaml": LAYER,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    render(installed, folder)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "base")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")


def run_install(script, folder, **variables):
    """Run the step that installs the pack, with a pip that only takes down its arguments.

    Returns the lines that pip was asked for, and the environment. Raises CalledProcessError if it fails.
    """
    tools, pack = folder / "tools", folder / "origin"
    tools.mkdir(exist_ok=True)
    (tools / "pip").write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n', encoding="utf-8")
    (tools / "pip").chmod(0o755)
    if not pack.exists():
        (tools / "python").symlink_to(sys.executable)
        (pack / "scripts").mkdir(parents=True)
        (pack / "kaito_pack").mkdir()
        shutil.copy(ROOT / "scripts" / "launcher", pack / "scripts")
        text = "import sys\ndef main():\n    print(sys.argv[1:])\n"
        (pack / "kaito_pack" / "cli.py").write_text(text, encoding="utf-8")
        git(pack, "init", "--quiet")
        git(pack, "add", ".")
        git(pack, "commit", "--quiet", "-m", "a")
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=pack, text=True).strip()
    path = f"{tools}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PACK": pack.as_uri(), "PACK_COMMIT": commit, **variables}
    subprocess.run(["bash", "-e", "-c", script], env=env, check=True, timeout=60)
    return Path(folder / "asked").read_text(encoding="utf-8"), env
