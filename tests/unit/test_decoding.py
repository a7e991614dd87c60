"""The decoder stumbles where Go's strict decoders do, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import Finding, decode
from kaito_pack.kubernetes.decoding.formats import is_time


def findings(container: Any, case_sensitive: bool = False) -> list[Finding]:
    pod = {"spec": {"containers": [container]}}
    return list(decode(pod, definitions.POD_TEMPLATE, definitions.definition("1.35"), case_sensitive))


def kinds(container: Any, case_sensitive: bool = False) -> list[str]:
    return [finding.kind for finding in findings(container, case_sensitive)]


@pytest.mark.parametrize(
    "container",
    [
        None,
        {"args": None, "env": [None, {"name": None}], "resources": {"limits": {"cpu": None}}},
        {"ports": [{"containerPort": 80.0}], "stdin": False},
        {"readinessProbe": {"httpGet": {"port": "web"}, "periodSeconds": 2147483647}},
        {"livenessProbe": {"tcpSocket": {"port": 80}}},
        {"resources": {"limits": {"nvidia.com/gpu": 2, "memory": "1Gi", "cpu": 0.5}}},
    ],
)
def test_what_go_can_decode_is_fine(container: Any) -> None:
    assert findings(container) == []


@pytest.mark.parametrize(
    ("container", "kind"),
    [
        ({"comand": ["a"]}, "unknown"),
        ({"args": "a"}, "type"),
        ({"args": [1]}, "type"),
        ({"stdin": "true"}, "type"),
        ({"env": [{"name": "A", "value": True}]}, "type"),
        ({"env": {"A": "b"}}, "type"),
        ({"ports": [{"containerPort": "80"}]}, "type"),
        ({"ports": [{"containerPort": 80.5}]}, "type"),
        ({"ports": [{"containerPort": 1e21}]}, "type"),
        ({"ports": [{"containerPort": 2147483648}]}, "range"),
        ({"livenessProbe": {"httpGet": {"port": 80.5}}}, "type"),
        ({"livenessProbe": {"httpGet": {"port": True}}}, "type"),
        ({"livenessProbe": {"httpGet": {"port": 99999999999}}}, "range"),
        ({"resources": {"limits": {"memory": "3GB"}}}, "quantity"),
        ({"resources": {"limits": {"memory": []}}}, "quantity"),
        ("a", "type"),
    ],
)
def test_what_go_cannot_decode_is_found(container: Any, kind: str) -> None:
    assert kinds(container) == [kind]


def test_an_unknown_field_comes_with_the_nearest_name_and_its_path() -> None:
    (finding,) = findings({"comand": []})
    assert finding.expected == "command"
    assert finding.path == ("spec", "containers", 0, "comand")


def test_a_slip_of_letter_case_is_found_apart_and_looked_into() -> None:
    assert kinds({"imagepullpolicy": "Always"}) == ["case"]
    assert kinds({"imagepullpolicy": 1}) == ["case", "type"]
    assert kinds({"imagepullpolicy": "Always"}, case_sensitive=True) == ["unknown"]


def test_two_letters_beyond_ascii_fold_into_field_names() -> None:
    assert kinds({"argſ": ["a"]}) == ["case"]
    assert kinds({"argß": ["a"]}) == ["unknown"]


def test_labels_must_be_strings_and_free_keys_have_any_case() -> None:
    pod = {"metadata": {"labels": {"A": "b", "a": 1}, "creationTimestamp": None}}
    wrong = list(decode(pod, definitions.POD_TEMPLATE, definitions.definition("1.35"), False))
    assert [finding.path for finding in wrong] == [("metadata", "labels", "a")]


@pytest.mark.parametrize(
    "text", ["2026-02-28T09:08:07Z", "2024-02-29T9:08:07.123+02:00", "0000-01-01T00:00:00,5-23:59"]
)
def test_times_that_go_reads(text: str) -> None:
    assert is_time(text)


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-29T09:08:07Z", "2026-02-28 09:08:07Z", "2026-02-28T09:08:07", "2026-02-28T24:00:00Z"],
)
def test_times_that_go_does_not_read(text: str) -> None:
    assert not is_time(text)


@pytest.mark.parametrize(
    ("data", "kind"), [("aGk=", None), ("a\nGk=", None), ([1, 255], None), ("aGk", "bytes")]
)
def test_bytes_are_base64_or_a_list_of_numbers(data: Any, kind: str | None) -> None:
    secret = definitions.of_kind("1.35", "v1", "Secret")
    assert secret is not None
    wrong = decode({"data": {"a": data}}, secret.root, secret, True)
    assert [finding.kind for finding in wrong] == ([kind] if kind else [])


def test_thousands_of_unknown_fields_are_told_quickly() -> None:
    assert len(findings({f"field{number}": 1 for number in range(20000)})) == 20000
