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


REPORTS = {
    "one line": (
        'Error from server (NotFound): workspaces.kaito.sh "chat" not found',
        'Error from server (NotFound): workspaces.kaito.sh "chat" not found',
    ),
    "kubectl's log before it": (
        'E1128 12:00:00.000001  77 memcache.go:265] "Unhandled Error" err="couldn\'t get current server"\n'
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    ),
    "hints behind it": (
        "Unable to connect to the server: getting credentials: exec: executable kubelogin not found\n\n"
        "It looks like you are trying to use a client-go credential plugin that is not installed.\n\n"
        "To learn more about this feature, consult the documentation available at:\n"
        "      https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
        "Unable to connect to the server: getting credentials: exec: executable kubelogin not found",
    ),
    "a long one": ("error: " + "word " * 100 + "end", "error: " + "word " * 100 + "end"),
    "only the log": ("W1128 12:00:00.000001  77 x.go:1] lost", "W1128 12:00:00.000001 77 x.go:1] lost"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", REPORTS)
def test_of_an_error_the_last_sentence_is_repeated_whole(name: str) -> None:
    report, sentence = REPORTS[name]
    assert kubectl.last_sentence(report) == sentence


def test_a_label_limits_what_is_asked_for(script: Path) -> None:
    script.write_text('#!/bin/sh\nprintf \'{"words": "%s"}\' "$*"\n', encoding="utf-8")
    assert Kubectl("llm").get("pods", label="kaito.sh/workspace") == {
        "words": "get pods -o json -l kaito.sh/workspace -n llm"
    }
