"""The kubectl of the documentation's tests: `get` reads tests/fake_kubectl.py, a few verbs write there.

It refuses what is not marked `needs: cluster`, files that are not there, and what is no object.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run as a program

from tests.fake_kubectl import replaced

SHORT = {"workspace": "workspaces", "service": "services", "node": "nodes", "pod": "pods"}
SAID = {"create": "created", "patch": "patched", "delete": "deleted", "label": "labeled"}
FLAGS_WITH_VALUE = ("-n", "--namespace", "-f", "--filename", "-l", "--patch-file", "--context", "-o")


def main(words: list[str]) -> None:
    folder = os.environ.get("DOCS_CLUSTER")
    if not folder:
        sys.exit("this block asks a cluster; put <!-- needs: cluster --> before it")
    cluster = Path(folder) / "cluster"
    options, (verb, *names) = _parsed(words)
    if verb == "get":
        kinds = ",".join(SHORT.get(kind, kind) for kind in names[0].split(","))
        given = ["-n" if word == "--namespace" else word for word in words]
        given[given.index(names[0])] = kinds
        os.execv(cluster / "bin" / "kubectl", ["kubectl", *given])
    for file in options.get("-f", []):
        _apply(cluster, file)
    for file in options.get("--patch-file", []):
        assert yaml.safe_load(Path(file).read_text(encoding="utf-8")), file
    for file in (value.rpartition("=")[2] for value in options.get("--from-file", [])):
        assert Path(file).is_file(), file
    if names:
        print(f"{names[0]}/{names[-1]} {SAID[verb]}")


def _parsed(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The options of a command line, each with its values, and the other words."""
    options: dict[str, list[str]] = {}
    names: list[str] = []
    rest = iter(words)
    for word in rest:
        option, is_given, value = word.partition("=")
        if not word.startswith("-"):
            names.append(word)
        elif is_given:
            options.setdefault(option, []).append(value)
        else:
            options.setdefault(word, []).append(next(rest) if word in FLAGS_WITH_VALUE else "")
    return options, names


def _apply(cluster: Path, file: str) -> None:
    """Keep each object of a file, and say so as kubectl does."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    applied = [body for body in yaml.safe_load_all(text) if body]
    if not applied:
        sys.exit("error: no objects passed to apply")

    def with_applied(stored: list[Any]) -> list[Any]:
        for body in applied:
            others = [other for other in stored if _key(other) != _key(body)]
            verb = "created" if len(others) == len(stored) else "configured"
            group = body["apiVersion"].rpartition("/")[0]
            kind = body["kind"].lower() + (f".{group}" if group else "")
            print(f"{kind}/{body['metadata']['name']} {verb}")
            stored = [*others, body]
        return stored

    replaced(cluster, with_applied)


def _key(item: dict[str, Any]) -> tuple[str, str | None, str]:
    return item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]


if __name__ == "__main__":
    main(sys.argv[1:])
