"""Read the arguments of a vLLM server from its own parser: `python -m scripts.vllm_facts FOLDER > FILE`.

FOLDER contains an unpacked wheel of vLLM (`pip download --no-deps vllm==X`, then unzip its *.py files). The
script builds and inspects the parser of the OpenAI-compatible server. The ranges come from pydantic's fields;
the names of tool parsers, reasoning parsers and quantization methods from vLLM's registries. Needs pydantic,
email-validator, regex, PyYAML, msgspec, cachetools, fastapi, openai, huggingface_hub, psutil, numpy and
cloudpickle; stubs replace everything else (`scripts/vllm_stubs.py`).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts import vllm_stubs

SOURCE = (
    "the parser of the OpenAI-compatible server in the wheel on PyPI,"
    " built by scripts/vllm_facts.py on the CPU platform"
)
BOUNDS = {"ge": "minimum", "gt": "above", "le": "maximum", "lt": "below"}
# For each type of value, a text that it accepts and the types above it do not.
PROBES = {"text": "a word", "size": "8k", "json": "{}", "float": "0.5", "int": "8"}
# Bounds that vLLM checks in code or requires without a check; older versions have no pydantic field for them.
CHECKED_IN_CODE = {
    "gpu_memory_utilization": {"above": 0, "maximum": 1},
    "tensor_parallel_size": {"minimum": 1},
    "pipeline_parallel_size": {"minimum": 1},
    "data_parallel_size": {"minimum": 1},
    "max_num_seqs": {"minimum": 1},
    "max_num_batched_tokens": {"minimum": 1},
    "max_model_len": {"minimum": 1},
}


def main(folder: str) -> None:
    """Print the facts of the vLLM in `folder` as JSON, one flag per line."""
    vllm_stubs.install()
    sys.path.insert(0, folder)
    with contextlib.redirect_stdout(sys.stderr):  # vLLM's own log
        facts = facts_of_vllm(folder)
    flags = facts.pop("flags")
    head = json.dumps(facts, indent=1)[:-2]
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in flags.items())
    print(f'{head},\n "flags": {{\n{lines}\n }}\n}}')


def facts_of_vllm(folder: str) -> dict[str, Any]:
    """Return the version, the flags, and the names that some flags accept."""
    parser, deprecated = server_parser()
    bounds = field_bounds()
    flags = {}
    for action in parser._actions:
        names = [name for name in action.option_strings if not name.startswith("--no-")]
        if not names or "--help" in names:
            continue
        name = next((name for name in names if name.startswith("--")), names[0])
        row = row_of(action)
        if others := sorted(set(names) - {name}):
            row["aliases"] = others
        if action in deprecated:
            row["deprecated"] = True
        if row["type"] in ("int", "float", "size"):
            row |= CHECKED_IN_CODE.get(action.dest, {}) | bounds.get(action.dest, {})
        flags[name] = row
    names_of = {
        "--tool-call-parser": tool_parsers(),
        "--reasoning-parser": reasoning_parsers(),
        "--quantization": quantization_methods(),
        "--load-format": load_formats(folder),
    }
    for flag, names in names_of.items():
        if names:
            flags[flag]["names"] = names
    version = importlib.import_module("importlib.metadata").version("vllm")
    return {"vllm": version, "source": SOURCE, "flags": dict(sorted(flags.items()))}


def server_parser() -> tuple[argparse.ArgumentParser, set[argparse.Action]]:
    """Return the parser of the server, on vLLM's CPU platform, and its deprecated actions."""
    platforms = importlib.import_module("vllm.platforms")
    platforms._current_platform = importlib.import_module("vllm.platforms.cpu").CpuPlatform()
    config = importlib.import_module("vllm.config")
    for field in dataclasses.fields(config.VllmConfig):
        factory = getattr(field.default, "default_factory", None)
        if factory is not None:
            field.default.default_factory = _or_none(factory)
    make_arg_parser = importlib.import_module("vllm.entrypoints.openai.cli_args").make_arg_parser
    try:
        flexible = importlib.import_module("vllm.utils.argparse_utils").FlexibleArgumentParser
    except ImportError:
        flexible = importlib.import_module("vllm.utils").FlexibleArgumentParser
    return make_arg_parser(flexible()), flexible._deprecated


def _or_none(factory: Callable[[], Any]) -> Callable[[], Any]:
    """Return a factory of defaults that tolerates failures caused by stubs; the defaults are not used."""

    def safe() -> Any:
        with contextlib.suppress(Exception):
            return factory()
        return None

    return safe


def row_of(action: argparse.Action) -> dict[str, Any]:
    """Return the type, choices and number of values of one argument."""
    if isinstance(action, argparse.BooleanOptionalAction):
        return {"type": "switch"}
    if action.nargs == 0:
        return {"type": "flag"}
    row: dict[str, Any] = {"type": type_of(action)}
    if action.nargs is not None:
        row["values"] = action.nargs
    is_choice = action.choices is None or "None" in action.choices
    if (
        is_choice
        and _reads(action, "None")
        and (action.choices or row["type"] not in ("text", "text or json"))
    ):
        row["none"] = True
    if row["type"] == "size" and _reads(action, "auto"):
        row["auto"] = True
    if row["type"] == "size" and not _reads(action, "1t"):
        row["largestUnit"] = "g"
    if action.choices is not None:
        row["choices"] = [choice for choice in action.choices if choice not in (None, "None")]
    return row


def type_of(action: argparse.Action) -> str:
    """Return the kind of values that the argument's type accepts, by trial."""
    if type(action).__name__ == "LoRAParserAction":
        return "lora"
    reads = {name for name, text in PROBES.items() if _reads(action, text)}
    if "text" in reads:
        return "text" if _reads(action, "{no json}") else "text or json"
    kind = next((name for name in PROBES if name in reads), "object")
    return "object" if kind == "json" and not _reads(action, "8") else kind


def _reads(action: argparse.Action, text: str) -> bool:
    if action.type is None:
        return True
    try:
        action.type(text)  # type: ignore[operator]
    except Exception:
        return False
    return True


def field_bounds() -> dict[str, dict[str, float]]:
    """Return the bounds of arguments from the pydantic fields of vLLM's configuration classes."""
    config = importlib.import_module("vllm.config")
    engine = importlib.import_module("vllm.engine.arg_utils")
    destinations = {field.name for field in dataclasses.fields(engine.AsyncEngineArgs)}
    bounds: dict[str, dict[str, float]] = {}
    names = (name for name in dir(config) if name.endswith("Config"))
    owners = [getattr(config, name) for name in names if name not in ("VllmConfig", "SpeculativeConfig")]
    for owner in owners:
        for name, field in (getattr(owner, "__pydantic_fields__", None) or {}).items():
            if name in destinations:
                bounds.setdefault(name, {}).update(_bounds(field.metadata))
    return bounds


def _bounds(metadata: Iterable[Any]) -> Mapping[str, float]:
    return {
        row: getattr(item, name)
        for item in metadata
        for name, row in BOUNDS.items()
        if isinstance(getattr(item, name, None), int | float)
    }


def tool_parsers() -> list[str]:
    """Return the names of tool parsers that the server knows without a plugin."""
    for module in ("vllm.tool_parsers", "vllm.entrypoints.openai.tool_parsers"):
        with contextlib.suppress(ImportError):
            return _registered(importlib.import_module(module).ToolParserManager, "tool_parsers")
    return []


def reasoning_parsers() -> list[str]:
    """Return the names of reasoning parsers that the server knows without a plugin."""
    return _registered(importlib.import_module("vllm.reasoning").ReasoningParserManager, "reasoning_parsers")


def _registered(manager: Any, attribute: str) -> list[str]:
    listed = getattr(manager, "list_registered", None)
    return sorted(listed() if listed else getattr(manager, attribute))


def quantization_methods() -> list[str]:
    """Return the quantization methods that the server knows without a plugin."""
    return list(importlib.import_module("vllm.model_executor.layers.quantization").QUANTIZATION_METHODS)


def load_formats(folder: str) -> list[str]:
    """Return the formats of weights that the server knows, from the source code because it imports torch."""
    file = Path(folder, "vllm", "model_executor", "model_loader", "__init__.py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LoadFormats":
            return sorted(part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
    return []


if __name__ == "__main__":
    main(sys.argv[1])
