"""Creates the catalogue entry of a model from the Hub's data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, get, mapping, sequence, text, whole
from kaito_pack.facts.tables import per_pack, table
from kaito_pack.hub.client import (
    LARGEST_ANSWER,
    LARGEST_CONFIG,
    Hub,
    HubModel,
    NotAllowed,
    NotOnHub,
    TooLarge,
)
from kaito_pack.hub.config import figures_of, quantization
from kaito_pack.hub.layers import names
from kaito_pack.models.gguf_files import SHARD
from kaito_pack.models.model import LONGEST_LIST
from kaito_pack.models.words import matching_rows
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.pack.files import API_VERSION, CATALOGUE, check
from kaito_pack.workspace.engines import GGUF, hub_engines

CONFIG, TOKENIZER, INDEX = "config.json", "tokenizer_config.json", "model.safetensors.index.json"
MODELOPT = "hf_quant_config.json"  # NVIDIA's ModelOpt writes it in place of settings in config.json
GIB = 2**30
# These fields depend on each other; one count is meaningless without the other.
LAYER_FIELDS = frozenset(
    (
        "fullAttentionLayers",
        "slidingWindowLayers",
        "slidingWindow",
        "stateSpaceLayers",
        "stateSpaceMiB",
        "globalKvHeads",
        "globalHeadSize",
        "kvLoraRank",
        "qkRopeHeadDim",
    )
)
# The files that vLLM loads, in its order: safetensors first, Mistral's own file only on request.
WEIGHTS = (
    re.compile(r"^(?!consolidated)[^/]*\.safetensors$"),
    re.compile(r"^pytorch_model[^/]*\.bin$"),
    re.compile(r"^consolidated[^/]*\.safetensors$"),
)


class Reading(NamedTuple):
    """The entry of a model, complete or not; `missing` has a sentence for each unreadable part."""

    entry: dict[str, Any]
    missing: tuple[str, ...] = ()
    renamed_from: str | None = None


def read_model(hub: Hub, model_id: str, revision: str | None = None) -> Reading:
    """Return the entry of a model at a revision, or at the newest commit.

    Raises NotOnHub for a repository that does not exist, NotAllowed for a private one, UsageError if the Hub
    cannot be reached.
    """
    answer = hub.model(model_id, revision)
    sizes = dict(file_sizes(answer.info))
    missing: list[str] = []
    config = _file(hub, answer, CONFIG, sizes, missing) if CONFIG in sizes else {}
    tokenizer = _file(hub, answer, TOKENIZER, sizes, []) if TOKENIZER in sizes else {}
    is_whole = bool(config)
    config = config or mapping(answer.info.get("config"))
    figures = figures_of(config, is_whole)
    if MODELOPT in sizes and "quantization" not in figures:
        figures |= quantization([{"quantization_config": _file(hub, answer, MODELOPT, sizes, missing)}])
    entry: dict[str, Any] = {
        MODEL_ID: answer.model_id,
        "revision": answer.commit,
        "license": license_of(answer.info),
        "gated": answer.info.get("gated") not in (False, None),
        **figures,
        "task": task_of(answer.info),
        "remoteCode": has_code(config) or has_code(tokenizer) or None,
        "weightsGiB": gibibytes(weights(hub, answer, sizes)),
        **gguf(answer, sizes),
    }
    renamed = model_id if answer.model_id.lower() != model_id.lower() else None
    return Reading(
        usable({key: value for key, value in entry.items() if value is not None}, missing),
        tuple(missing),
        renamed,
    )


def usable(entry: dict[str, Any], missing: list[str]) -> dict[str, Any]:
    """Return an entry without the fields that the schema of catalogues rejects, and add them to `missing`.

    Fields that depend on a removed field are removed as well.
    """
    while True:
        body = {"apiVersion": API_VERSION, "kind": CATALOGUE, "models": [entry]}
        problems = check(body, CATALOGUE)
        refused = {str(problem.path[2]) if len(problem.path) > 2 else "" for problem in problems}
        if not refused:
            return entry
        names = refused - {""} or LAYER_FIELDS & set(entry) or set(entry)
        missing += sorted(f"the Hub's {name} has no value that a catalogue can hold" for name in names)
        entry = {key: value for key, value in entry.items() if key not in names or key == MODEL_ID}
        if names >= set(entry):
            return entry


def file_sizes(info: Fields) -> Iterator[tuple[str, int]]:
    """Yield the files of a repository with their sizes in bytes; 0 for an unknown size."""
    for sibling in sequence(info.get("siblings")):
        name = text(mapping(sibling).get("rfilename"))
        if name:
            size = whole(get(sibling, ("lfs", "size"))) or whole(mapping(sibling).get("size"))
            yield name, max(size or 0, 0)


def _file(hub: Hub, answer: HubModel, name: str, sizes: dict[str, int], missing: list[str]) -> Fields:
    """Return a JSON file; if it is not available, return an empty map and add the reason to `missing`."""
    try:
        if sizes[name] > LARGEST_CONFIG:
            raise TooLarge
        return hub.json_file(answer, name)
    except NotAllowed:
        missing.append(f"{name} needs a token that may read this gated repository")
    except NotOnHub:
        missing.append(f"{name} is listed, but the Hub does not have it")
    except TooLarge:
        missing.append(f"{name} is larger than {LARGEST_CONFIG >> 20} MiB and was not read")
    return {}


def weights(hub: Hub, answer: HubModel, sizes: dict[str, int]) -> int:
    """Return the bytes of the weight files that vLLM would load; 0 if there are no files or no sizes.

    The index of the shards lists them; without an index, all files of the preferred kind count.
    """
    if INDEX in sizes and sizes[INDEX] <= LARGEST_ANSWER:
        try:
            shards = mapping(hub.json_file(answer, INDEX, LARGEST_ANSWER).get("weight_map"))
        except (NotAllowed, NotOnHub, TooLarge):
            shards = {}
        names = {name for name in shards.values() if isinstance(name, str)}
        if names and names <= set(sizes):
            return sum(sizes[name] for name in names)
    for pattern in WEIGHTS:
        total = sum(size for name, size in sizes.items() if pattern.match(name))
        if total:
            return total
    return 0


def gibibytes(size: int) -> float | None:
    """Return bytes in GiB with two decimals; None for 0 bytes."""
    return max(round(size / GIB, 2), 0.01) if size else None


def gguf(answer: HubModel, sizes: dict[str, int]) -> dict[str, Any]:
    """Return the fields of an entry for GGUF files; empty if the repository has no such file.

    The parts of a sharded file are one file, named after its first part. A repository with only GGUF files is
    for llama.cpp only.
    """
    files: dict[str, dict[str, Any]] = {}
    totals: dict[str, int] = {}
    for name in sorted(sizes):
        if not name.endswith(".gguf") or "mmproj" in name.lower():
            continue
        shard = re.search(SHARD, name)
        whole_name = re.sub(SHARD, "", name)
        totals[whole_name] = totals.get(whole_name, 0) + sizes[name]
        row = files.setdefault(whole_name, {"file": name})
        if shard and int(shard[2]) > 1:
            row["parts"] = int(shard[2])
    if not files:
        return {}
    for whole_name, row in files.items():
        row["sizeGiB"] = gibibytes(totals[whole_name])
        stem = whole_name.rpartition("/")[2].removesuffix(".gguf")
        row["quantization"] = next((key for key, _ in matching_rows("gguf", stem)), None)
    rows = [{key: value for key, value in row.items() if value is not None} for row in files.values()]
    has_others = any(pattern.match(name) for name in sizes for pattern in WEIGHTS)
    entry: dict[str, Any] = {"ggufFiles": rows[:LONGEST_LIST]}
    if not has_others:
        length = whole(get(answer.info, ("gguf", "context_length")))
        entry["engines"] = list(hub_engines(GGUF))
        entry |= {"maxTokens": length} if length and length > 0 else {}
    return entry


def license_of(info: Fields) -> str | None:
    """Return the license from the model card; for `other`, its own name."""
    card = mapping(info.get("cardData"))
    name = card.get("license")
    name = next(iter(sequence(name)), None) if isinstance(name, list) else name
    if name == "other":
        name = card.get("license_name") or name
    return text(name) or None


def has_code(config: Fields) -> bool:
    """Return whether a configuration refers to Python code of the repository (auto_map)."""
    return bool(mapping(config.get("auto_map")))


@per_pack
def tasks_by_tag() -> dict[str, str]:
    """Return the tasks of the catalogue by the pipeline tags of the Hub."""
    return {tag: name for name, row in table("models/tasks.json").items() for tag in row.get("tags", ())}


def task_of(info: Fields) -> str | None:
    """Return the task of a model from its pipeline tag; None for text generation or without a tag."""
    tag = text(info.get("pipeline_tag"))
    tasks = tasks_by_tag()
    if tag in tasks:
        return tasks[tag]
    return None if not tag or tag in names()["textTags"] else "other"
