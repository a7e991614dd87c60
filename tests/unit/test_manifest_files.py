"""Each file of tests/manifests/ is a case; its first line says what is expected of it.

    # expect: RULE | kaito=0.12 provisioning=auto | a part of the message    refused, by this rule
    # expect: accepted | kaito=0.12 provisioning=auto                       admitted, and no error at all
    # expect: accepted RULE | kaito=0.12 provisioning=auto | a part …        admitted, and this rule speaks

A rule whose answer only a cluster knows makes the verdict "undecidable" instead of "accepted".

Further options: `cloud=aws`, `gpu=80` (GiB of one GPU), `kubernetes=1.30`, `gates=enableMIG` (with `!` it is
off), `maps=models/settings`, `nodes=pool:gpu` (existing nodes with that label), `memory=24` (GiB of the GPU
of each), and `old=first`: the first Workspace of the file is the stored object, the second one its update.
Otherwise the first Workspace is judged, and what else is in the file comes with the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import pytest

from kaito_pack.base.problems import RuleLayer
from kaito_pack.facts import rules
from kaito_pack.facts.checks import checks_of
from kaito_pack.kaito import advice, controller, webhook
from tests.manifest_cases import Case, cases
from tests.rule_pairs import pairs

# The layers of which each rule has a function, with their fronts.
OURS: Mapping[RuleLayer, ModuleType] = {
    "webhook": webhook,
    "controller": controller,
    "advice": advice,
}
REFUSED = [case for case in cases() if case.verdict == "refused"]
ACCEPTED = [case for case in cases() if case.verdict == "accepted"]


def test_there_are_cases() -> None:
    assert len(REFUSED) > 100
    assert len(ACCEPTED) > 50


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.file.stem)
def test_a_refused_manifest_is_refused_by_its_rule(case: Case) -> None:
    entry = case.judged()
    result = [item for item in entry.problems if item.rule == case.rule]
    assert entry.verdict == "refused"
    assert result, f"{case.rule} does not speak: {entry.problems}"
    assert result[0].is_error
    assert case.message in result[0].message


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.file.stem)
def test_a_refused_manifest_is_refused_for_one_reason_alone(case: Case) -> None:
    refusals = {item.rule for item in case.judged().problems if item.layer == "webhook" and item.is_error}
    # Without `resource` or one of its fields several rules have their say.
    plain = (
        "old=first" not in case.text and "resource:" in case.text and (case.rule or "").startswith("webhook/")
    )
    assert refusals == {case.rule} or not plain


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file.stem)
def test_an_accepted_manifest_is_not_refused(case: Case) -> None:
    entry = case.judged()
    assert entry.verdict != "refused", entry.problems
    if case.rule is None:
        assert [item for item in entry.problems if item.is_error] == []
    else:
        assert [item for item in entry.problems if item.rule == case.rule and case.message in item.message]
        is_open = rules.get_rule(case.rule).severity == "undecidable"
        assert (entry.verdict == "undecidable") is is_open


@pytest.mark.parametrize("layer", OURS)
def test_every_rule_has_a_file(layer: RuleLayer) -> None:
    named = {case.rule for case in cases()} | {pair.rule for pair in pairs()}
    checked = [check.name for check in checks_of(layer)]
    assert set(checked) - named == set()


@pytest.mark.parametrize("layer", OURS)
def test_every_check_has_a_row_and_its_own_severity(layer: RuleLayer) -> None:
    checked = [check.name for check in checks_of(layer)]
    table = rules.rules(layer)
    assert set(checked) <= set(table)
    if layer == "advice":
        assert {table[name].severity for name in checked} == {"warning"}
