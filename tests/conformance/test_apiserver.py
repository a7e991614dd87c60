"""The verdicts of a real API server on StatefulSets of Workspaces, and KAITO's fixed points."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.kaito.canonical import check
from kaito_pack.kaito.pods import with_controller
from kaito_pack.kubernetes.objects.objects import check_object
from kaito_pack.kubernetes.pods.pod import check_pod_template

FACTS = os.environ.get("KAITO_FACTS")
pytestmark = pytest.mark.recorded
UNDECODABLE = "Error from server (BadRequest)"  # the decoder's part, proved with the decoder


def verdicts() -> list[Any]:
    """Each recorded case with a StatefulSet that decodes, and whether it was accepted."""
    if not FACTS:
        return []
    recorded = json.loads((Path(FACTS) / "verdicts" / "apiserver.json").read_text(encoding="utf-8"))
    result = [(name, case["statefulset"]) for name, case in recorded.items() if "statefulset" in case]
    assert result
    return [
        pytest.param(name, verdict["ok"], id=name)
        for name, verdict in result
        if not verdict["message"].startswith(UNDECODABLE)
    ]


def manifests() -> list[Any]:
    """The manifests that stood still on a real cluster."""
    if not FACTS:
        return []
    files = sorted((Path(FACTS) / "live").glob("final-*.yaml"))
    assert files
    return [
        pytest.param(manifest, id=f"{file.stem}-{manifest['kind']}")
        for file in files
        for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("name", "accepted"), verdicts())
def test_the_api_servers_verdict_is_ours(name: str, accepted: bool) -> None:
    file = Path(str(FACTS)) / "verdicts" / "cases" / f"{name}.yaml"
    template = yaml.safe_load(file.read_text(encoding="utf-8"))["inference"]["template"]
    problems = with_controller(check_pod_template(template, ("inference", "template"), "1.35"))
    errors = [p for p in problems if p.is_error and p.layer == "kubernetes"]
    assert (errors == []) is accepted, errors


@pytest.mark.parametrize("manifest", manifests())
def test_a_manifest_that_stood_still_has_no_problem(manifest: dict[str, Any]) -> None:
    if manifest["kind"] == "Workspace":
        template = manifest["inference"]["template"]
        assert list(check(manifest)) == []
        assert list(check_pod_template(template, ("inference", "template"), "1.35")) == []
    else:
        assert list(check_object(manifest)) == []
