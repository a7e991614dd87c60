"""Shell commands that a person runs for a value, such as the one that builds an AIKit image."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote as url_quoted

from kaito_pack.base.trees import Schema, ValuesMap, get, text
from kaito_pack.values.meanings import named_values

HUB = "https://huggingface.co"


def command_of(part: Schema, choice: object, values: ValuesMap) -> str:
    """Return the command of the schema's `x-form` for `choice`, filled from `values`; "" if it has none.

    Each value is one word of the shell. The name of an unknown value is inserted in capitals instead.
    """
    template = text(get(part, ("x-form", "commands", str(choice))))
    command = filled_in(template, {**values, **_of_aikit(values)}, quote=True)
    return re.sub(" +", " ", command)


def _of_aikit(values: ValuesMap) -> dict[str, str]:
    """Return the source and the runtime of a GGUF file for AIKit's build arguments.

    AIKit reads huggingface://a/b/c/d as the branch c of the repository a/b, so a file in a folder is given by
    its URL on the Hub. Without the runtime cuda, an image runs on the CPU only. Source: AIKit, read 2026-08.
    """
    names = named_values()
    model, file = text(values.get(names["model"])), text(values.get(names["file"]))
    sources = {}
    if model and file:
        address = f"{HUB}/{url_quoted(model)}/resolve/main/{url_quoted(file)}"
        sources["aikitModel"] = address if "/" in file else f"huggingface://{model}/{file}"
    elif model:
        sources["aikitModel"] = f"huggingface://{model}/GGUFFILE"
    else:
        sources["aikitModel"] = "huggingface://MODELID/GGUFFILE"
    is_gpu = values.get(names["processor"]) == "gpu"
    return sources | {"aikitRuntime": "--build-arg=runtime=cuda" if is_gpu else " "}


def filled_in(template: str, known: Mapping[str, Any], quote: bool = False) -> str:
    """Return `template` with each `${name}` replaced by its value in `known`, else by the name in capitals.

    `quote` makes each value a word of a shell command.
    """

    def word(match: re.Match[str]) -> str:
        value = known.get(match[1])
        if value is None or value == "":
            return match[1].upper()
        written = value if isinstance(value, str) else json.dumps(value)
        if not quote or written == " ":
            return written
        from shlex import quote as quoted

        # Two parts of one word, such as org/name and a file, may both be quoted: the shell joins them.
        return quoted(written)

    return re.sub(r"\$\{(\w+)\}", word, template)
