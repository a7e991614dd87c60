"""Secrets that are written out are found by their form or by their name, and never shown."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from kaito_pack.base.display import shown, shown_whole
from kaito_pack.base.paths import path_text
from kaito_pack.base.secrets import is_secret, literal_secrets, looks_like_secret
from kaito_pack.kaito.target import Target
from kaito_pack.plan import plan
from kaito_pack.values.secrets import SecretPlaces, secrets_in
from tests.conftest import ROOT

KEY = "sk-" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"--api-key={KEY}",
        "hf_" + "a" * 30,
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1" * 20,
        "glpat-" + "a1" * 10,
        "xoxb-" + "1234567890-abc",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "nvapi-" + "aB3" * 10,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "postgres://user:hunter2@db:5432/x",
        "https://:pass@example.com/simple",
        "--api-key=correct-horse",
    ],
)
def test_a_secret_is_known_by_its_form_and_not_shown(text: str) -> None:
    assert looks_like_secret(text)
    assert "not shown" in shown(text)
    assert text not in path_text(("env", text))


@pytest.mark.parametrize(
    "text",
    [
        "disk-0123456789abcdef",
        "sk-learn-models-for-text",
        "risk-management",
        "registry.example.com/a/b@sha256:" + "a" * 64,
        "https://example.com:8080/a@b",
        "postgres://user:$(PASSWORD)@db/x",
        "user@example.com",
        "--api-key=$(VLLM_API_KEY)",
        "--tokenizer=/models/tokenizer",
        "--max-model-len=8192",
        "AKIA",
        "meta-llama/Llama-3.1-8B-Instruct",
    ],
)
def test_other_texts_are_no_secrets(text: str) -> None:
    assert not looks_like_secret(text)


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("OPENAI_API_KEY", "correct-horse", True),
        ("--api-key", "correct-horse", True),
        ("HF_TOKEN", "correct-horse", True),
        ("DB_PASSWORD", "hunter2", True),
        ("CACHE_KEY", "a1b2c3d4e5", True),
        ("HF_TOKEN", "$(OTHER_TOKEN)", False),
        ("HF_TOKEN_PATH", "/var/run/token", False),
        ("API_KEY", "/var/run/secrets/key", False),
        ("API_KEY", "EMPTY", False),
        ("API_KEY", "", False),
        ("EOS_TOKEN", "</s>endoftext", False),
        ("TAINT_KEY", "nvidia.com/gpu0", False),
        ("TOPOLOGY_KEY", "hostname", False),
        ("TOKENIZERS_PARALLELISM", "false-or-true", False),
        ("SSH_PUBLIC_KEY", "AAAAB3NzaC1yc2EAAA", False),
    ],
)
def test_a_name_makes_its_value_a_secret(name: str, value: str, is_one: bool) -> None:
    assert is_secret(name, value) is is_one


@pytest.mark.parametrize(
    ("tree", "paths"),
    [
        ({"extraArgs": ["--api-key", "correct-horse"]}, [("extraArgs", 1)]),
        ({"extraArgs": ["--api_key=correct-horse"]}, [("extraArgs", 0)]),
        (
            {"extraArgs": ["--api-key", "correct-horse", "battery-staple"]},
            [("extraArgs", 1), ("extraArgs", 2)],
        ),
        ({"extraArgs": ["--api-key", "$(KEY)", "--seed", "12345678"]}, []),
        ({"args": ["vllm serve a/b --api-key correct-horse"]}, [("args", 0)]),
        ({"args": ['export API_KEY="correct-horse" && vllm serve a/b']}, [("args", 0)]),
        ({"env": [{"name": "A_TOKEN", "value": "correct-horse"}]}, [("env", 0, "value")]),
        ({"env": [{"name": "A_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "API_KEY"}}}]}, []),
        ({"stringData": {"password": "hunter2"}}, [("stringData", "password")]),
        ({"encryptedData": {"password": "AgBhunter2"}}, []),
        ({"vllm": {"api-key": "correct-horse"}}, [("vllm", "api-key")]),
    ],
)
def test_a_secret_is_found_where_it_is_written(tree: Any, paths: list[tuple[str | int, ...]]) -> None:
    assert [secret.path for secret in literal_secrets(tree)] == paths


def test_a_secret_is_named_by_what_it_is_the_value_of() -> None:
    url = "http://bob:hunter2@proxy:3128"
    tree = {
        "extraArgs": ["--otlp-traces-endpoint", url, KEY],
        "env": [{"name": "HTTPS_PROXY", "value": url}],
        "note": url,
    }
    assert [name for _, name, _ in secrets_in(tree)] == [
        "--otlp-traces-endpoint",
        "extraArgs",
        "HTTPS_PROXY",
        "note",
    ]


def test_a_secret_is_reported_once() -> None:
    tree = {"extraArgs": ["--api-key", KEY], "env": [{"name": "HF_TOKEN", "value": "hf_" + "a" * 30}]}
    assert list(secrets_in(tree)) == [
        (("extraArgs", 1), "--api-key", False),
        (("env", 0, "value"), "HF_TOKEN", True),
    ]


def test_a_part_of_a_secret_and_what_holds_one_are_secret() -> None:
    tree = {"args": ["--seed", "1", "--api-key", "correct-horse"], "env": []}
    places = SecretPlaces(tree)
    assert places.covers(("args", 3))
    assert places.covers(("args",))
    assert not places.covers(("args", 1))
    assert not places.covers(("env",))
    assert "horse" not in shown_whole(tree)


@pytest.mark.parametrize("broken", [False, True], ids=["accepted", "blocked"])
@pytest.mark.parametrize("further", [(), ("--quiet", "--quiet")], ids=["by flag", "by place"])
def test_a_plan_hides_both_sides_of_a_secret(further: tuple[str, ...], broken: bool) -> None:
    def workspace(secret: str, **fields: Any) -> dict[str, Any]:
        container = {
            "name": "m",
            "image": "a:1",
            "args": ["--model", "a/b", "--api-key", secret, *further],
            "env": [{"name": "DB_PASSWORD", "value": secret}, {"name": "LEVEL", "value": secret[-1:]}],
        }
        return {
            "apiVersion": "kaito.sh/v1beta1",
            "kind": "Workspace",
            "metadata": {"name": "a", "namespace": "b"},
            "resource": {"labelSelector": {"matchLabels": {"a": "b"}}},
            "inference": {"template": {"spec": {"containers": [container | fields]}}},
        }

    old = workspace("hunter-number-2", **({"foo": 1} if broken else {}))
    for new in (workspace("hunter-number-3"), workspace("")):
        (planned,) = plan([old], [new], Target("0.12", "1.34"))
        printed = str([(change.text(), change.data()) for change in planned.changes])
        assert "hunter" not in printed
        assert "--api-key" in printed or "args[3]" in printed
        assert ("rejected" in planned.labels) == broken


RUNS = [
    "eyJ",
    "sk-",
    "-sk-",
    "://",
    "://a:",
    "hf_",
    "-----BEGIN ",
    "xoxb-",
    "token=",
    "bearer ",
    "--a=",
    "A=",
    "eyJa.",
]


@pytest.mark.parametrize("run", RUNS)
def test_a_long_text_is_searched_once(run: str) -> None:
    """Work that grew with the square of half a megabyte would take many minutes."""
    text = run * (500_000 // len(run))
    program = (
        "import sys; from kaito_pack.base.display import one_line, shown\n"
        "text = sys.stdin.read(); shown(text); one_line(text, 9)"
    )
    subprocess.run([sys.executable, "-c", program], input=text, cwd=ROOT, text=True, timeout=120, check=True)
