"""A kubectl on the PATH that replays JSON, and remembers what it was asked.

Two ways to answer: objects, as an API server with nothing else in it; or one answer after another.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Without `site` and what the environment adds it starts in half the time.
SCRIPT = """#!{python} -IS
import json, pathlib, sys

here = pathlib.Path({folder!r})
words = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(words) + chr(10))
if words[0] != "get":
    sys.exit("error: this kubectl only reads")
kinds = words[1]
options = {{"-o": None, "-n": None, "--context": None, "-A": False}}
names, at = [], 2
while at < len(words):
    if words[at] == "-A":
        options["-A"] = True
    elif words[at] in options:
        at += 1
        options[words[at - 1]] = words[at]
    else:
        names.append(words[at])
    at += 1
number = sum(json.loads(line)[1] == kinds for line in (here / "calls").read_text().splitlines())
answers = sorted(here.glob(kinds.replace(",", "-") + ".*.json"))
if answers:
    print(answers[min(number, len(answers)) - 1].read_text())
    sys.exit(0)
if not (here / "store.json").exists():
    sys.exit("error: the server doesn't have a resource type " + kinds)
store = json.loads((here / "store.json").read_text())
if store["broken"]:
    sys.exit("The connection to the server localhost:8080 was refused - did you specify the right host?")
found = []
for kind in kinds.split(","):
    plural = kind.split(".")[0]
    if plural in store["forbidden"]:
        sys.exit("Error from server (Forbidden): " + kind + " is forbidden: User cannot get resource")
    if plural not in store["kinds"]:
        sys.exit('error: the server doesn\\'t have a resource type "' + plural + '"')
    for item in store["objects"]:
        metadata = item["metadata"]
        here_too = options["-A"] or metadata.get("namespace") in (None, options["-n"] or "default")
        if item["kind"].lower() + "s" == plural and here_too and (not names or metadata["name"] in names):
            found.append(item)
if names and not found:
    sys.exit('Error from server (NotFound): ' + kinds + ' "' + names[0] + '" not found')
if options["-o"].startswith("go-template"):
    print("".join(key + chr(10) for key in found[0].get("data", {{}})), end="")
elif names:
    print(json.dumps(found[0]))
else:
    print(json.dumps({{"apiVersion": "v1", "kind": "List", "items": found}}))
"""

KINDS = (
    "customresourcedefinitions deployments services configmaps secrets nodes namespaces workspaces"
    " statefulsets podmonitors"
).split()


class FakeKubectl:
    """Installs the fake in a folder; `env` is what a process needs to find it first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        script = folder / "bin" / "kubectl"
        script.write_text(SCRIPT.format(python=sys.executable, folder=str(folder)))
        script.chmod(0o755)
        self.env = {"PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}"}

    def replays(self, kinds: str, *answers: Mapping[str, Any]) -> dict[str, str]:
        """Give these answers to `get <kinds>`, one after another, the last one again and again."""
        for number, answer in enumerate(answers):
            (self.folder / f"{kinds.replace(',', '-')}.{number}.json").write_text(json.dumps(answer))
        return self.env

    def holds(
        self, *objects: Mapping[str, Any], forbidden: tuple[str, ...] = (), broken: bool = False
    ) -> dict[str, str]:
        """Answer as a cluster with these objects, some kinds of which may not be read."""
        store = {"objects": objects, "forbidden": forbidden, "kinds": KINDS, "broken": broken}
        (self.folder / "store.json").write_text(json.dumps(store))
        return self.env

    def calls(self) -> list[list[str]]:
        """The arguments of every call so far."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
