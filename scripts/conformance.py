"""`make conformance KUBECONFIG=…`: compares the pack's verdicts with those of a real API server.

KAITO's webhook is optional. Every rendered example and every case of tests/manifests/ goes through
`kubectl apply --dry-run=server`; nothing is stored. Exit code 0 if all agree, 1 if one differs, 2
if kubectl fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.problems import PackError
from kaito_pack.base.root import ROOT
from kaito_pack.documents import read_file
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator

NAMESPACE = "kaito-pack-conformance"


@dataclass(frozen=True)
class Cluster:
    """The cluster to compare with: its versions, and whether KAITO's webhook and CRD exist."""

    kaito: str
    kubernetes: str
    webhook: bool
    workspaces: bool


class KubectlError(PackError):
    """An error: kubectl could not reach the cluster."""


def kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Return kubectl's answer; KubectlError if there is none."""
    try:
        return subprocess.run(
            ["kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KubectlError(f"kubectl: {error}") from None


def asked_json(*arguments: str) -> dict[str, Any]:
    """Return the result of `kubectl get … -o json`; KubectlError if it fails."""
    done = kubectl(*arguments, "-o", "json")
    if done.returncode:
        raise KubectlError(done.stderr.strip() or "kubectl failed")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def cluster(pack: Pack, kaito: str | None) -> Cluster:
    """Return the cluster that kubectl is connected to."""
    server = asked_json("version")["serverVersion"]
    minor = f"{server['major']}.{''.join(filter(str.isdigit, server['minor']))}"
    hooks = json.dumps(asked_json("get", "validatingwebhookconfigurations"))
    crds = [crd["metadata"]["name"] for crd in asked_json("get", "customresourcedefinitions")["items"]]
    there = "workspaces.kaito.sh" in crds
    return Cluster(pack.kaito_version(kaito), definitions.version(minor), "kaito.sh" in hooks, there)


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every manifest to compare, with the name of its file."""
    for folder in ("values/rendered", "tests/manifests/accepted", "tests/manifests/refused"):
        for file in sorted((ROOT / folder).glob("*.yaml")):
            if "old=first" in file.read_text(encoding="utf-8"):
                continue
            for document in read_file(str(file)):
                if isinstance(document.value, dict):
                    yield f"{folder}/{file.name}", document.value


def ours(validation: Validator, name: str, body: dict[str, Any], server: Cluster) -> str:
    """Return the pack's verdict, limited to what the cluster can check."""
    (document,) = [document for document in read_file(name) if document.value == body][:1]
    (entry,) = validation.run([Source(name, [document])]).entries
    layers = {"crd", "webhook"} if server.webhook else {"crd"}
    if entry.kind != "Workspace":
        layers.add("kubernetes")
    refused = any(problem.is_error and problem.layer in layers for problem in entry.problems)
    return "skipped" if entry.verdict == "skipped" else "refused" if refused else "accepted"


def theirs(body: dict[str, Any]) -> tuple[str, str]:
    """Return the cluster's verdict and its message."""
    metadata = {**body.get("metadata", {}), "namespace": NAMESPACE}
    text = json.dumps({**body, "metadata": metadata})
    done = kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)
    return ("accepted" if done.returncode == 0 else "refused"), done.stderr.strip()


def main(arguments: list[str]) -> int:
    """Compare all verdicts; return the exit code."""
    pack = Pack()
    server = cluster(pack, arguments[0] if arguments else None)
    webhook = "there" if server.webhook else "not there"
    print(f"Kubernetes {server.kubernetes}, KAITO {server.kaito}, webhook {webhook}", file=sys.stderr)
    validation = Validator(pack, Target(server.kaito, server.kubernetes))
    differs = 0
    for name, body in cases():
        if body.get("kind") == "Workspace" and not server.workspaces:
            continue
        mine = ours(validation, str(ROOT / name), body, server)
        if mine == "skipped":
            continue
        verdict, words = theirs(body)
        agree = mine == verdict
        differs += not agree
        print(f"{'same' if agree else 'DIFFERS'}\t{name}\t{body.get('kind')}\tours {mine}\tcluster {verdict}")
        if not agree and words:
            print(f"\t{words[:300]}")
    print(f"{differs} differ", file=sys.stderr)
    return 1 if differs else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PackError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
