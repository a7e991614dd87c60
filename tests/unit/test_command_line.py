"""What a container runs: command and args, shells, variables, options."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kaito_pack.workspace.command_line import has_option, last_option, read_commands

SERVE = ("vllm", "serve", "org/model", "--port", "8000")


@pytest.mark.parametrize(
    "container",
    [
        {"command": ["vllm"], "args": ["serve", "org/model", "--port", "8000"]},
        {"command": ["sh", "-c", "vllm serve org/model --port 8000"]},
        {"command": ["/bin/bash", "-lc"], "args": ["exec vllm serve 'org/model' --port \"8000\""]},
        {"command": ["bash", "-euo", "pipefail", "-c", "vllm serve org/model \\\n  --port 8000"]},
        {"command": ["/usr/bin/tini", "--", "sh", "-c", "vllm serve org/model --port 8000 2>&1 # why"]},
        {"command": ["sh", "-c", 'exec "$@"', "sh", "vllm", "serve", "org/model", "--port", "8000"]},
        {"command": ["sh", "-c", "bash -c 'vllm serve org/model --port 8000'"]},
        {"command": ["sh", "-c", "VLLM_USE_V1=1 vllm serve org/model --port 8000 > /tmp/log"]},
        {"command": ["sh", "-c", "M=org/model; vllm serve $M --port 8000"]},
        {"args": ["-c", "vllm serve org/model --port 8000"]},
        {
            "command": ["vllm", "serve", "$(M)", "--port", "$(P)"],
            "env": [{"name": "M", "value": "org/model"}, {"name": "P", "value": "8000"}],
        },
        {
            "command": ["sh", "-c", "vllm serve $ARGS"],
            "env": [{"name": "ARGS", "value": "org/model --port 8000"}],
        },
    ],
)
def test_the_command_is_found_however_it_is_started(container):
    assert SERVE in read_commands(container)


def test_commands_of_a_script_are_told_apart():
    script = "pip install x && (echo a; vllm serve m) || exit 1\nsleep 5 & wait"
    commands = read_commands({"command": ["sh", "-c", script]})
    assert [command[0] for command in commands] == ["pip", "echo", "vllm", "exit", "sleep", "wait"]


@pytest.mark.parametrize(
    "text", ["$MODEL", "${MODEL}", "${MODEL:-org/x}", "$(cat /model)", '"$MODEL"', "`cat m`"]
)
def test_a_variable_without_a_known_value_stays_as_it_is(text):
    (command,) = read_commands({"command": ["sh", "-c", f"vllm serve {text} --port 1"]})
    assert command[2] == text.strip('"')
    assert command[3:] == ("--port", "1")


def test_a_variable_from_a_secret_stays_as_it_is():
    env = [{"name": "M", "value": "early"}, {"name": "M", "valueFrom": {"secretKeyRef": {}}}]
    assert read_commands({"command": ["vllm", "$(M)"], "env": env}) == [("vllm", "$(M)")]


def test_single_quotes_keep_a_variable_from_the_shell():
    env = [{"name": "M", "value": "org/model"}]
    assert read_commands({"command": ["sh", "-c", "echo '$M'"], "env": env}) == [("echo", "$M")]


def test_the_last_of_several_options_wins():
    assert last_option(["--model", "a", "--model=b", "--port", "1"], "--model") == "b"


def test_an_underscore_in_an_option_is_a_hyphen():
    assert last_option(["--max_model_len=5"], "--max-model-len") == "5"


def test_an_option_takes_no_other_option_for_its_value():
    assert last_option(["--model", "--port", "1"], "--model") is None
    assert has_option(["--model", "--port", "1"], "--model")


def test_a_negative_number_is_a_value():
    assert last_option(["--seed", "-1"], "--seed") == "-1"


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text("abc$(){}'\"\\ ;|&<>#=`-\n", max_size=20),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(some.sampled_from(["command", "args", "env", "name", "value"]), inner)
    ),
    max_leaves=12,
)


@given(anything)
def test_no_shape_of_a_container_raises(container):
    assert all(isinstance(word, str) for command in read_commands(container) for word in command)


@given(some.text("abc$(){}'\"\\ ;|&<>#=`-\n", max_size=60))
def test_no_script_raises(script):
    assert isinstance(read_commands({"command": ["sh", "-c", script]}), list)
