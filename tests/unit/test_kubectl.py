"""kubectl as a foreign program: what it may print, how much, and how long it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaito_pack.base import kubectl
from kaito_pack.base.kubectl import Kubectl, NotAnswered
from kaito_pack.base.problems import UsageError

TOKEN = "hf_" + "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl on the PATH, a shell script that a test writes."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    file = tmp_path / "kubectl"
    file.touch(mode=0o755)
    return file


def refusal(script: Path, text: str, time_limit: float = 60.0) -> str:
    """The message that this kubectl leads to, which is one line."""
    script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Kubectl(time_limit=time_limit).get("workspaces")
    message = str(caught.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"items": [1e999]}', "the output is not JSON"),
        ('{"items": [NaN]}', "the output is not JSON"),
        ('{"items": [1000000000000000000000]}', "the output is not JSON"),
        ("[" * 100_000, "the output is not JSON"),
        ('"text"', "the answer is a text, not an object"),
        ("[]", "the answer is a list, not an object"),
        ("null", "the answer is `null`, not an object"),
        ('{"items": "text"}', "items is a text, not a list"),
        ('{"items": [{}, "text"]}', "items[1] is a text, not an object"),
        ('{"items": [{"metadata": []}]}', "items[0].metadata is a list, not an object"),
        ('{"metadata": {"name": {"a": 1}}}', "metadata.name is an object, not a text"),
        ('{"status": 3}', "status is `3`, not an object"),
    ],
)
def test_an_answer_that_is_no_object_is_one_line(script: Path, answer: str, words: str) -> None:
    assert words in refusal(script, f"cat <<'END'\n{answer}\nEND")


def test_an_answer_is_read_up_to_a_limit(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubectl, "LARGEST_ANSWER", 1 << 20)
    assert "more than 1 MiB" in refusal(script, "yes")


def test_of_a_long_report_the_end_is_shown(script: Path) -> None:
    message = refusal(script, "yes line | head -c 1000000 >&2; echo >&2; echo the end >&2; exit 1")
    assert message.endswith("the end")
    assert len(message) < 400


def test_a_kubectl_that_hangs_is_ended(script: Path) -> None:
    assert "did not answer within 0.2 seconds" in refusal(script, "exec sleep 600", time_limit=0.2)


@pytest.mark.parametrize(
    "report",
    [
        f"invalid token {TOKEN}",
        f"https://user:{TOKEN}@host refuses",
        "GET https://host/?sig=abcdefgh refuses",
        "Authorization: Bearer abcdefghijklmnop",
        "-----BEGIN RSA PRIVATE KEY-----abcdefgh",
    ],
)
def test_a_credential_in_a_report_is_not_shown(script: Path, report: str) -> None:
    message = refusal(script, f"echo '{report}' >&2; exit 1")
    assert "not shown" in message
    assert "abcdefgh" not in message


def test_the_reason_of_a_refusal_is_read_although_a_token_is_masked(script: Path) -> None:
    script.write_text(f"#!/bin/sh\necho 'Error (Forbidden): {TOKEN}' >&2; exit 1\n", encoding="utf-8")
    with pytest.raises(NotAnswered) as caught:
        Kubectl().get("workspaces")
    assert caught.value.reason == "Forbidden"
    assert TOKEN not in str(caught.value)
