"""Each file of tests/manifests/ is a case; its first line says what is expected of it.

    # expect: RULE | kaito=0.12 provisioning=auto | a part of the message    refused, by this rule
    # expect: accepted | kaito=0.12 provisioning=auto                       admitted, and no error at all
    # expect: accepted RULE | kaito=0.12 provisioning=auto | a part …        admitted, and this rule speaks

Further options: `cloud=aws`, `gpu=80` (GiB of one GPU), `kubernetes=1.30`, and `old=first`: the first
Workspace of the file is the stored object, the second one its update. Otherwise the first Workspace is
judged, and what else is in the file comes with the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kaito_pack import rules
from kaito_pack.documents import read_file
from kaito_pack.kaito import advice, controller, webhook
from kaito_pack.problems import Problem
from kaito_pack.target import Surroundings, Target

MANIFESTS = Path(__file__).parent.parent / "manifests"
OURS = ("webhook", "controller", "advice")


@dataclass(frozen=True)
class Case:
    verdict: str
    rule: str | None
    message: str
    manifest: dict[str, Any]
    surroundings: Surroundings


def head(file: Path) -> tuple[str, str | None, dict[str, str], str]:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    mark, _, rest = first.partition("# expect: ")
    assert not mark and rest, f"{file.name} does not say what is expected"
    expected, options, *message = (part.strip() for part in rest.split("|"))
    verdict, _, rule = expected.rpartition(" ") if expected.startswith("accepted ") else (expected, "", "")
    if not verdict.startswith("accepted"):
        verdict, rule = "refused", expected
    return verdict, rule or None, dict(each.split("=") for each in options.split()), "".join(message)


def read(file: Path) -> Case:
    verdict, rule, options, message = head(file)
    manifests = [document.value for document in read_file(str(file)) if document.value is not None]
    of_kind: dict[str, list[dict[str, Any]]] = {"Workspace": [], "ConfigMap": [], "Service": []}
    for manifest in manifests:
        of_kind[manifest["kind"]].append(manifest)
    old = of_kind["Workspace"].pop(0) if options.get("old") == "first" else None
    target = Target(
        kaito=options["kaito"],
        kubernetes=options.get("kubernetes", "1.35"),
        provisioning=options["provisioning"],  # type: ignore[arg-type]
        cloud=options.get("cloud", "azure"),  # type: ignore[arg-type]
        gpu_memory_gib=float(options["gpu"]) if "gpu" in options else None,
    )
    judged, *others = of_kind["Workspace"]
    surroundings = Surroundings(target, of_kind["ConfigMap"], others, of_kind["Service"], old)
    return Case(verdict, rule, message, judged, surroundings)


def judged(case: Case) -> list[Problem]:
    if case.surroundings.old is not None:
        pytest.importorskip(
            "kaito_pack.kaito.template", reason="stored templates are decoded by another module"
        )
    checks = (webhook.check, controller.check, advice.check)
    return [problem for check in checks for problem in check(case.manifest, case.surroundings)]


def files(folder: str) -> list[Path]:
    return sorted((MANIFESTS / folder).glob("*.yaml"))


def ours(file: Path) -> bool:
    """Whether the rule that a file names is one of a layer that is checked here."""
    rule = head(file)[1]
    return rule is None or rule in {name for layer in OURS for name in rules.rules(layer)}


@pytest.mark.parametrize("file", [f for f in files("refused") if ours(f)], ids=lambda file: file.stem)
def test_a_refused_manifest_is_refused_by_its_rule(file: Path) -> None:
    case = read(file)
    found = [problem for problem in judged(case) if problem.rule == case.rule]
    assert found, f"{case.rule} does not speak"
    assert found[0].is_error
    assert case.message in found[0].message


@pytest.mark.parametrize("file", [f for f in files("refused") if ours(f)], ids=lambda file: file.stem)
def test_a_refused_manifest_is_refused_for_one_reason_alone(file: Path) -> None:
    case = read(file)
    refusals = {problem.rule for problem in judged(case) if problem.layer == "webhook" and problem.is_error}
    # Without `resource` or one of its fields several rules have their say.
    assert refusals == {case.rule} or "resource" not in case.manifest or "old=first" in file.read_text()


@pytest.mark.parametrize("file", [f for f in files("accepted") if ours(f)], ids=lambda file: file.stem)
def test_an_accepted_manifest_is_not_refused(file: Path) -> None:
    case = read(file)
    found = judged(case)
    assert [problem for problem in found if problem.layer == "webhook" and problem.is_error] == []
    if case.rule is None:
        assert [problem for problem in found if problem.is_error] == []
    else:
        assert [problem for problem in found if problem.rule == case.rule and case.message in problem.message]


@pytest.mark.parametrize("layer", OURS)
def test_every_rule_has_a_file(layer: str) -> None:
    named = {head(file)[1] for folder in ("refused", "accepted") for file in files(folder)}
    checked = {
        "webhook": {**webhook.ON_CREATE, **webhook.update.ON_UPDATE},
        "controller": controller.CHECKS,
        "advice": advice.CHECKS,
    }[layer]
    assert set(checked) - named == set()


@pytest.mark.parametrize("layer", OURS)
def test_every_check_has_a_row_and_its_own_severity(layer: str) -> None:
    checked = {
        "webhook": {**webhook.ON_CREATE, **webhook.update.ON_UPDATE},
        "controller": controller.CHECKS,
        "advice": advice.CHECKS,
    }[layer]
    table = rules.rules(layer)  # type: ignore[arg-type]
    assert set(checked) <= set(table)
    if layer == "advice":
        assert {table[name].severity for name in checked} == {"warning"}
