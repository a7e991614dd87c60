"""Rules register themselves: each row has its check, each check its row, and each name is used once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from kaito_pack.base.problems import Problem
from kaito_pack.base.root import VALUES
from kaito_pack.facts import checks, rules
from kaito_pack.kaito import advice, controller, inference_sets, webhook
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.target import Nodes, Surroundings, Target
from kaito_pack.models import checks as models
from tests.rule_places import in_schemas, named, registered, reported, row_places

FRONTS = (advice, controller, inference_sets, webhook, models)
BY_OTHERS = ("part", "shared")  # run by other checks


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of the test's own."""
    monkeypatch.setattr(checks, "_checks", {})
    monkeypatch.setattr(checks, "_shared", {})


def several(places: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return [(name, lines) for name, lines in places.items() if len(lines) > 1]


def row_file(name: str) -> str:
    return f"facts/rules/{rules.layer_of(name)}.json"


def nothing() -> Iterator[Problem]:
    yield from ()


def nothing_else() -> Iterator[Problem]:
    yield from ()


def test_no_name_has_two_rows() -> None:
    assert [f"{' and '.join(places)}: {name} has two rows" for name, places in several(row_places())] == []


def test_no_name_has_both_a_check_and_a_place_in_a_schema() -> None:
    both = {name: (registered()[name], in_schemas()[name]) for name in registered().keys() & in_schemas()}
    assert both == {}


def test_the_first_part_of_a_name_is_its_layer() -> None:
    assert {name for name, rule in rules.all_rules().items() if name.partition("/")[0] != rule.layer} == set()


def test_a_former_name_finds_the_rule_and_is_no_other_rules_name() -> None:
    formers = [former for rule in rules.all_rules().values() for former in rule.formerly]
    assert formers
    assert len(set(formers)) == len(formers)
    assert set(formers) & rules.all_rules().keys() == set()
    assert {rules.get_rule(former).name for former in formers} == set(rules.former_names().values())
    assert rules.problem("file/empty").rule == "values/file-empty"


COMPLETE = {"message": "m", "fix": "f", "meaning": "n"}


def without(part: str, manifest: Mapping[str, Any]) -> Workspace:
    inference = {key: value for key, value in manifest.get("inference", {}).items() if key != part}
    return Workspace(
        {key: value for key, value in {**manifest, "inference": inference}.items() if key != part}
    )


PARTED = [check for of_layer in checks.registered().values() for check in of_layer if check.part]


@pytest.mark.parametrize("check", PARTED, ids=lambda check: check.name)
@pytest.mark.parametrize("nodes", [(), (Nodes((), gpus=1, gpu_memory_gib=1),)])
def test_a_check_of_one_part_reports_nothing_without_it(
    check: checks.Check, nodes: tuple[Nodes, ...]
) -> None:
    texts = [file.read_text(encoding="utf-8") for file in sorted((VALUES / "rendered").rglob("*.yaml"))]
    bodies = [body for text in texts for body in yaml.safe_load_all(text) if body["kind"] == "Workspace"]
    everything = {
        "adapters": [{"source": {"name": "A_", "image": ":"}, "strength": "2"}, {}],
        "preset": {"name": "phi-4"},
        "config": "settings",
    }
    bodies += [
        {"apiVersion": "kaito.sh/v1beta1", "resource": {"count": 3}, "tuning": {}, "inference": everything},
        {
            "apiVersion": "kaito.sh/v1alpha1",
            "tuning": {"input": {}, "output": {"image": ":"}},
            "inference": {},
        },
    ]
    for kaito in ("0.6", "0.12"):
        around = Surroundings(Target(kaito, "1.35", nodes=nodes or None))
        for body in bodies:
            case = Case(without(str(check.part), body), around, rules.get_rule(check.name), Workspace(body))
            assert list(check.function(case)) == []


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ({"kaito/a": {"fix": "g"}}, {"webhook/a": {**COMPLETE, "fix": "g", "formerly": ["kaito/a"]}}),
        (
            {"webhook/b": {**COMPLETE, "formerly": ["webhook/a"]}},
            {
                "webhook/a": {**COMPLETE, "formerly": ["kaito/a"]},
                "webhook/b": {**COMPLETE, "formerly": ["webhook/a"]},
            },
        ),
        (
            {"kaito/x": {"formerly": ["kaito/y"]}, "kaito/y": {"formerly": ["kaito/x"]}},
            {"webhook/a": {**COMPLETE, "formerly": ["kaito/a"]}},
        ),
    ],
    ids=["a former name", "a rule called a former name", "a circle"],
)
def test_rows_of_a_pack_are_laid_over_the_rules_that_they_name(
    rows: dict[str, object], merged: dict[str, object]
) -> None:
    ours = {"webhook/a": {**COMPLETE, "formerly": ["kaito/a"]}}
    assert rules.with_current_names({**ours, **rows}) == merged


def test_the_code_uses_no_former_name() -> None:
    assert {name: places for name, places in named().items() if name in rules.former_names()} == {}


def test_the_room_of_kubernetes_names_only_what_the_api_server_reports() -> None:
    places = {
        name: [place for place in places if place.startswith("kaito_pack/kubernetes/")]
        for name, places in named().items()
    }
    foreign = {
        name: lines
        for name, lines in places.items()
        if lines and not name.startswith(("kubernetes/", "crd/"))
    }
    assert places["kubernetes/restart-policy"]
    assert foreign == {}


def test_every_check_has_a_row() -> None:
    places = {**named(), **registered(), **in_schemas()}
    without = [(name, lines[0]) for name, lines in places.items() if name not in row_places()]
    assert [f"{place}: {name} has no row in {row_file(name)}" for name, place in without] == []


def test_every_row_has_a_check() -> None:
    checked = registered().keys() | in_schemas()
    without = [(name, lines[0]) for name, lines in row_places().items() if name not in checked]
    assert [f"{place}: no function has @rule({name!r})" for name, place in without] == []


def test_a_rule_is_reported_where_it_is_registered() -> None:
    unregistered = [
        f"{place}: {name} is reported; add @rule({name!r}) to the function (now in {registered().get(name)})"
        for name, places in reported().items()
        for place in places
        if place.partition(":")[0] not in {line.partition(":")[0] for line in registered().get(name, ())}
    ]
    assert unregistered == []


def test_the_fronts_import_every_module_whose_checks_they_run() -> None:
    known = {front.__name__ for front in FRONTS}
    known |= {str(getattr(part, "__name__", "")) for front in FRONTS for part in vars(front).values()}
    run = [each for several in checks.registered().values() for each in several if each.on not in BY_OTHERS]
    assert run
    assert [each for each in run if each.function.__module__ not in known] == []


def test_functions_may_share_a_rule_only_if_all_say_so(registry: None) -> None:
    checks.rule("webhook/example", on="shared")(nothing)
    checks.rule("webhook/example", on="shared")(nothing_else)
    assert [check.function for check in checks.registered()["webhook/example"]] == [nothing, nothing_else]
    with pytest.raises(checks.RegistryError):
        checks.rule("webhook/example", on="part")(nothing_else)


def test_a_front_does_not_run_the_checks_that_others_call(registry: None) -> None:
    first, second = list(rules.rules("controller"))[:2]
    checks.rule(first, on="part")(nothing)
    checks.rule(second)(nothing_else)
    assert [check.name for check in checks.checks_of("controller")] == [second]


def test_a_name_that_two_functions_check_is_an_error_with_both_places(registry: None) -> None:
    checks.rule("webhook/example")(nothing)
    with pytest.raises(checks.RegistryError) as error:
        checks.rule("webhook/example")(nothing_else)
    for function in (nothing, nothing_else):
        assert f"test_facts_checks.py:{function.__code__.co_firstlineno}" in str(error.value)


def test_a_check_of_no_layer_is_an_error_with_its_place(registry: None) -> None:
    with pytest.raises(checks.RegistryError) as error:
        checks.rule("webhok/example")(nothing)
    assert f"test_facts_checks.py:{nothing.__code__.co_firstlineno}" in str(error.value)
    assert "webhok/example must begin with one of values, " in str(error.value)


def test_a_check_without_a_row_is_an_error_with_both_places(registry: None) -> None:
    checks.rule("webhook/no-such-row")(nothing)
    with pytest.raises(checks.RegistryError) as error:
        checks.checks_of("webhook")
    assert f"test_facts_checks.py:{nothing.__code__.co_firstlineno}" in str(error.value)
    assert "facts/rules/webhook.json" in str(error.value)


def test_checks_run_in_the_order_of_the_rows(registry: None) -> None:
    names = list(rules.rules("controller"))[:2]
    for name, function in zip(reversed(names), (nothing, nothing_else), strict=True):
        checks.rule(name)(function)
    assert [check.name for check in checks.checks_of("controller")] == names
