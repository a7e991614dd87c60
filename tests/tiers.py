"""The tiers of the suite: which tests only `make test-all` runs, how many examples a property test draws.

`make test` runs the quick tier, `make test-all` (`pytest --full`) all of it. `make fuzz` (`pytest --fuzz`)
draws new examples in each round. A test is of the full tier if it has the mark `full` or `recorded`, or if it
uses a fixture of FULL_FIXTURES.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

QUICK, FULL, FUZZ = "quick", "full", "fuzz"
# What takes long to prepare, or is not on every machine.
FULL_FIXTURES = frozenset({"browser", "clone", "facts", "installed", "site", "tool"})
RECORDED = os.environ.get("KAITO_FACTS")
NOT_RECORDED = "KAITO_FACTS is not set"
NO_CLONE = "not a git checkout"
# REQUIRE_TOOLS=1 makes every other skip a failure: these say something of the machine that no tool changes.
INHERENT = (
    NOT_RECORDED,
    NO_CLONE,
    "KUBECONFIG is not set",
    "only root ",
    "root may ",
    "no right to make a mount namespace",
    "there is no /dev/full",
)
HINT = "All of these tests are of the full tier: run them with `make test-all` and the same PYTEST."
_SHARE = 12  # the quick tier draws one in so many examples
_FEWEST, _DEFAULT = 10, 100
_tier = QUICK


def choose(config: pytest.Config) -> None:
    """Take the tier from the options of this run, before any test module is imported."""
    global _tier
    _tier = FUZZ if config.getoption("fuzz") else FULL if config.getoption("full") else QUICK
    settings.register_profile(
        "pack",
        max_examples=_examples(_DEFAULT),
        # Both measure time, and a busy machine fails what is right.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        # The same examples in every run: what has passed passes again. `make fuzz` looks for new ones.
        derandomize=_tier != FUZZ,
    )
    settings.load_profile("pack")


def often(examples: int, *suppressed: HealthCheck, share: int = _SHARE) -> settings:
    """Return settings that draw so many examples in the full tier, one in `share` of them in the quick one.

    Use a larger share if an example takes a tenth of a second or more.
    """
    return settings(
        max_examples=_examples(examples, share), suppress_health_check=[HealthCheck.too_slow, *suppressed]
    )


def mostly_full(
    cases: Iterable[Any], quick: int = 2, kind: Callable[[Any], object] = lambda case: None
) -> list[Any]:
    """Return the cases of a parametrized test; the quick tier runs only the first `quick` of each kind."""
    numbers: Counter[object] = Counter()
    marked = []
    for case in cases:
        numbers[kind(case)] += 1
        is_quick = numbers[kind(case)] <= quick
        marked.append(case if is_quick else pytest.param(case, marks=pytest.mark.full))
    return marked


def sampled(names: Iterable[str], step: int) -> list[str]:
    """Return one in `step` of the names; `make fuzz` has all of them."""
    return list(names)[:: 1 if _tier == FUZZ else step]


def mark(item: pytest.Item) -> None:
    """Give a test the marks that follow from what it is: `full` and `property`."""
    if item.get_closest_marker("recorded"):
        item.add_marker(pytest.mark.full)
        if not RECORDED:
            item.add_marker(pytest.mark.skip(reason=NOT_RECORDED), append=False)
    arguments = getattr(getattr(item, "callspec", None), "params", ())  # of parametrize, whatever their names
    if FULL_FIXTURES & set(getattr(item, "fixturenames", ())) - set(arguments):
        item.add_marker(pytest.mark.full)
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        item.add_marker(pytest.mark.property)


def is_left_out(item: pytest.Item) -> bool:
    """Return whether this run leaves a test to `make test-all`."""
    return _tier == QUICK and item.get_closest_marker("full") is not None


def require(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skip a failure under REQUIRE_TOOLS=1, unless its reason is one of INHERENT."""
    if os.environ.get("REQUIRE_TOOLS") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(INHERENT):
        report.outcome = "failed"
        report.longrepr = f"skipped, and REQUIRE_TOOLS=1 allows no skip for this reason: {reason}"


def _examples(examples: int, share: int = _SHARE) -> int:
    return max(_FEWEST, examples // share) if _tier == QUICK else examples
