"""A kubectl on the PATH that replays JSON, and remembers what it was asked.

Two ways to answer: objects, as an API server with nothing else in it; or one answer after another.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# Without `site`, `json` and `pathlib` it starts in a third of the time, and a test calls it often.
SCRIPT = """#!{python} -IS
import marshal, posix, sys

folder = {folder!r}
words = sys.argv[1:]
with open(folder + "/calls", "ab") as calls:
    marshal.dump(words, calls)
if words[0] != "get":
    sys.exit("error: this kubectl only reads")
kinds = words[1]
options = {{"-o": None, "-n": None, "-l": None, "--context": None, "-A": False}}
names, position = [], 2
while position < len(words):
    if words[position] == "-A":
        options["-A"] = True
    elif words[position] in options:
        position += 1
        options[words[position - 1]] = words[position]
    else:
        names.append(words[position])
    position += 1
present = posix.listdir(folder)
prefix = kinds.replace(",", "-") + "."
answers = sorted(name for name in present if name.startswith(prefix) and name.endswith(".json"))
if answers:
    number = 0
    with open(folder + "/calls", "rb") as calls:
        try:
            while True:
                number += marshal.load(calls)[1] == kinds
        except EOFError:
            pass
    with open(folder + "/" + answers[min(number, len(answers)) - 1], encoding="utf-8") as answer:
        print(answer.read())
    sys.exit(0)
if "store" not in present:
    sys.exit("error: the server doesn't have a resource type " + kinds)
with open(folder + "/store", "rb") as file:
    store = marshal.load(file)
if store["broken"]:
    sys.exit("The connection to the server localhost:8080 was refused - did you specify the right host?")
items = []
for kind in kinds.split(","):
    plural = kind.split(".")[0]
    if plural in store["forbidden"]:
        sys.exit("Error from server (Forbidden): " + kind + " is forbidden: User cannot get resource")
    if plural not in store["kinds"]:
        sys.exit('error: the server doesn\\'t have a resource type "' + plural + '"')
    for item in store["objects"]:
        is_near = options["-A"] or item["namespace"] in (None, options["-n"] or "default")
        if item["plural"] == plural and is_near and (not names or item["name"] in names):
            items.append(item)
if names and not items:
    sys.exit('Error from server (NotFound): ' + kinds + ' "' + names[0] + '" not found')
if options["-o"].startswith("go-template"):
    print("".join(key + chr(10) for key in items[0]["keys"]), end="")
elif names:
    print(items[0]["json"])
else:
    texts = ", ".join(item["json"] for item in items)
    print('{{"apiVersion": "v1", "kind": "List", "items": [' + texts + "]}}")
"""

KINDS = (
    "customresourcedefinitions deployments services configmaps secrets nodes namespaces workspaces"
    " statefulsets podmonitors pods limitranges resourcequotas inferencesets"
    " persistentvolumeclaims serviceaccounts priorityclasses runtimeclasses"
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
        store = {"kinds": KINDS, "forbidden": list(forbidden), "broken": broken}
        _write(self.folder, store, objects)
        return self.env

    def calls(self) -> list[list[str]]:
        """The arguments of every call so far."""
        calls = []
        with (self.folder / "calls").open("rb") as file, suppress(EOFError):
            while True:
                calls.append(marshal.load(file))
        return calls


def replaced(folder: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """Change the objects of the cluster in a folder."""
    store = marshal.loads((folder / "store").read_bytes())
    _write(folder, store, change([json.loads(entry["json"]) for entry in store["objects"]]))


def _write(folder: Path, store: dict[str, Any], objects: Iterable[Mapping[str, Any]]) -> None:
    entries = [_entry(body) for body in objects]
    (folder / "store").write_bytes(marshal.dumps({**store, "objects": entries}))


def _entry(body: Mapping[str, Any]) -> dict[str, Any]:
    """An object as the script needs it, which cannot write JSON."""
    metadata = body["metadata"]
    return {
        "plural": body["kind"].lower() + "s",
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "keys": list(body.get("data", {})),
        "json": json.dumps(body),
    }
