"""The Pod Security standards: pods that meet them, and one fault each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from kaito_pack.base.trees import walk
from kaito_pack.kubernetes.pods.standards import violations
from kaito_pack.kubernetes.pods.sums import pod_amounts
from tests.changing import with_value

Path = tuple[str | int, ...]
POD: dict[str, Any] = {
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "initContainers": [
        {
            "name": "fetch",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
            },
        }
    ],
    "containers": [
        {
            "name": "model",
            "ports": [{"containerPort": 8000}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "b"}}],
}
MODEL: Path = ("containers", 0, "securityContext")
BASELINE: list[tuple[Path, Any]] = [
    (("hostNetwork",), True),
    (("hostIPC",), True),
    (("volumes", 0), {"name": "a", "hostPath": {"path": "/models"}}),
    (("containers", 0, "ports", 0, "hostPort"), 8000),
    ((*MODEL, "privileged"), True),
    ((*MODEL, "capabilities", "add"), ["SYS_ADMIN"]),
    ((*MODEL, "procMount"), "Unmasked"),
    ((*MODEL, "seLinuxOptions"), {"type": "spc_t"}),
    (("securityContext", "seccompProfile", "type"), "Unconfined"),
    (("securityContext", "sysctls"), [{"name": "kernel.shmmax", "value": "1"}]),
]
RESTRICTED: list[tuple[Path, Any]] = [
    (("volumes", 0), {"name": "a", "nfs": {"server": "a", "path": "/a"}}),
    (("securityContext", "runAsNonRoot"), None),
    (("securityContext", "runAsUser"), 0),
    ((*MODEL, "runAsNonRoot"), False),
    ((*MODEL, "runAsUser"), 0),
    (("securityContext", "seccompProfile"), None),
    ((*MODEL, "allowPrivilegeEscalation"), None),
    ((*MODEL, "capabilities"), None),
    ((*MODEL, "capabilities", "add"), ["CHOWN"]),
    (("initContainers", 0, "securityContext"), None),
]


def test_a_pod_that_meets_the_standards() -> None:
    assert [list(violations(POD, level)) for level in ("privileged", "baseline", "restricted")] == [
        [],
        [],
        [],
    ]


@pytest.mark.parametrize(("path", "value"), BASELINE)
def test_both_standards_forbid(path: Path, value: Any) -> None:
    changed = with_value(POD, path, value)
    assert not list(violations(changed, "privileged"))
    assert len(list(violations(changed, "baseline"))) == 1 <= len(list(violations(changed, "restricted")))


@pytest.mark.parametrize(("path", "value"), RESTRICTED)
def test_the_restricted_standard_alone_forbids(path: Path, value: Any) -> None:
    changed = with_value(POD, path, value)
    assert not list(violations(changed, "baseline")) and list(violations(changed, "restricted"))


@pytest.mark.parametrize("odd", [None, True, -1, "x", [], [None], {}, {"a": None}, 10**30])
def test_no_odd_value_raises(odd: Any) -> None:
    for path, _ in walk(POD):
        changed = with_value(POD, path, odd) if path else odd
        if isinstance(changed, dict):
            assert isinstance(list(violations(changed, "restricted")), list)
            assert isinstance(pod_amounts(changed), tuple)


def test_a_pod_requests_the_most_that_its_containers_have_at_a_time() -> None:
    def container(cpu: str, **fields: Any) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}, "limits": {"nvidia.com/gpu": "1"}}, **fields}

    spec = {
        "initContainers": [container("1", restartPolicy="Always"), container("6"), container("500m")],
        "containers": [container("2"), container("1")],
        "overhead": {"cpu": "250m"},
    }
    requests, limits = pod_amounts(spec)
    assert requests["cpu"] == Fraction("7.25") and limits["nvidia.com/gpu"] == 3
    assert requests["nvidia.com/gpu"] == 3 and "cpu" not in limits
