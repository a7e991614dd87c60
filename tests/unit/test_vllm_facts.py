"""The script that reads a vLLM's parser makes the rows that the pack reads."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from scripts.vllm_facts import row_of


def size_or_auto(text: str) -> int:
    """A type as vLLM has it: 8k is 8000, auto is -1."""
    return -1 if text == "auto" else int(text.removesuffix("k"))


def optional_number(text: str) -> int | None:
    return None if text in ("", "None") else int(text)


class LoRAParserAction(argparse.Action):
    """Named like vLLM's own."""


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ({}, {"type": "text"}),
        ({"type": str, "choices": ["a", "b"]}, {"type": "text", "choices": ["a", "b"]}),
        ({"type": int}, {"type": "int"}),
        ({"type": float}, {"type": "float"}),
        ({"type": optional_number}, {"type": "int", "none": True}),
        ({"type": int, "nargs": "+"}, {"type": "int", "values": "+"}),
        ({"type": json.loads}, {"type": "json"}),
        ({"type": size_or_auto}, {"type": "size", "auto": True, "largestUnit": "g"}),
        ({"action": "store_true"}, {"type": "flag"}),
        ({"action": argparse.BooleanOptionalAction}, {"type": "switch"}),
        ({"action": LoRAParserAction, "nargs": "+"}, {"type": "lora", "values": "+", "none": True}),
    ],
)
def test_an_argument_becomes_a_row(options: dict[str, Any], row: dict[str, Any]) -> None:
    action = argparse.ArgumentParser().add_argument("--thing", **options)
    assert row_of(action) == row
