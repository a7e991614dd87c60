"""`plan` against the recorded updates of the webhook. Needs KAITO_FACTS."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.documents import read_file
from kaito_pack.kaito.target import Target
from kaito_pack.plan import plan, rejections
from tests.conformance.test_admission import ADMISSION, COLUMNS, KUBERNETES
from tests.conformance.test_verdicts import case_file

UPDATES = [case for case in ADMISSION if case.startswith("update/")]


@pytest.mark.recorded
@pytest.mark.parametrize("case", UPDATES)
def test_rejected_is_what_the_webhook_refuses_for_the_change(case: str) -> None:
    (old,), (new,) = (
        [item.value for item in read_file(case_file(case, which)) if item.value] for which in ("old", "new")
    )
    wrong = []
    for version, answers in ADMISSION[case].items():
        for column, answer in answers.items():
            target = Target(version, KUBERNETES, COLUMNS[column])
            result = [item.rule for item in rejections(old, new, target)[0]]
            # A cluster that refuses even the unchanged object refuses it for another reason than the change.
            if (answer["ok"] and result) or (
                not answer["ok"] and not result and not _refused_anyway(old, target)
            ):
                wrong.append((version, column, answer["errors"], result))
    assert wrong == []


@pytest.mark.recorded
@pytest.mark.parametrize("case", UPDATES)
def test_a_plan_says_rejected_exactly_where_the_update_is_refused(case: str) -> None:
    (old,), (new,) = (
        [item.value for item in read_file(case_file(case, which)) if item.value] for which in ("old", "new")
    )
    wrong = []
    for version, answers in ADMISSION[case].items():
        for column, answer in answers.items():
            planned = plan([old], [new], Target(version, KUBERNETES, COLUMNS[column]))
            labels = [label for item in planned for label in item.labels]
            # Where nothing changes nothing is sent, so nothing can be refused.
            if labels and ("rejected" in labels) is answer["ok"]:
                wrong.append((version, column, answer["errors"], labels))
    assert wrong == []


def _refused_anyway(old: dict[str, Any], target: Target) -> bool:
    from kaito_pack.kaito.target import Surroundings
    from kaito_pack.run import judging as checks

    problems = checks.check(old, Surroundings(target, old=old), with_model=False) or []
    return any(item.is_error and item.layer in ("crd", "webhook") for item in problems)
