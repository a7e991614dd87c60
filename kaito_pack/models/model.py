"""One model of a catalogue, and properties that follow from its figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.tables import Row
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.workspace.engines import checking_engines

UNITS = {"gib": "GiB", "mib": "MiB"}
MOST_GPUS = 8  # maximum number of GPUs per pod of the pack
LONGEST_LIST = 200  # maximum number of GGUF files in an entry; a longer list is cut
CatalogueEntry = Mapping[str, Any]  # a model as a catalogue file describes it


class GgufFile(NamedTuple):
    """A GGUF file of a repository: path, size of all parts in GiB, quantization, number of parts."""

    file: str
    size_gib: float | None = None
    quantization: str | None = None
    parts: int = 1


class Model(NamedTuple):
    """A model as its catalogue describes it; unknown figures are None.

    `weights_gib` is the size of the weight files in GiB, `max_tokens` the longest context in tokens,
    `head_size` the elements of one attention head. `kv_lora_rank` is set for models with multi-head
    latent attention (MLA), whose KV cache holds one compressed vector per token instead of K and V.
    If the layers differ, `full_attention_layers`, `sliding_window_layers` (of `sliding_window` tokens) and
    `state_space_layers` count them; `state_space_mib` is the state of one such layer in all GPUs together,
    `global_kv_heads` and `global_head_size` are those of the layers with full attention.
    `revision` is the commit of the figures; `remote_code` is whether the repository has Python code.
    `quantization` is the method of the weights; None means fp16 or bf16. `task` is the purpose of the model,
    None for text generation.
    """

    model_id: str
    revision: str | None = None
    license: str | None = None
    gated: bool | None = None
    engines: tuple[str, ...] = ()
    gguf_repositories: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    weights_gib: float | None = None
    remote_code: bool | None = None
    dtype: str | None = None
    gguf_files: tuple[GgufFile, ...] = ()
    experts: int | None = None
    task: str | None = None
    quantization: str | None = None
    quantization_bits: int | None = None
    max_tokens: int | None = None
    layers: int | None = None
    attention_heads: int | None = None
    kv_heads: int | None = None
    hidden_size: int | None = None
    head_size: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    full_attention_layers: int | None = None
    sliding_window_layers: int | None = None
    sliding_window: int | None = None
    state_space_layers: int | None = None
    state_space_mib: float | None = None
    global_kv_heads: int | None = None
    global_head_size: int | None = None

    @property
    def has_memory_figures(self) -> bool:
        """Whether all figures for a memory budget are known."""
        if not (self.weights_gib and self.layers):
            return False
        if self.kv_lora_rank:
            return self.qk_rope_head_dim is not None
        return bool(self.kv_heads and self.head_size)


def gguf_file_of(row: Row) -> GgufFile:
    """Return a GGUF file of a catalogue entry."""
    return GgufFile(row["file"], row.get("sizeGiB"), row.get("quantization"), row.get("parts", 1))


def model_of(entry: CatalogueEntry) -> Model:
    """Return the Model of a catalogue entry that is valid under `schemas/catalogue.schema.json`.

    The default size of a head is hidden size / attention heads, as in transformers.
    """
    hidden_size, heads = entry.get("hiddenSize"), entry.get("attentionHeads")
    head_size = entry.get("headSize")
    if head_size is None and hidden_size and heads:
        head_size = hidden_size // heads
    return Model(
        model_id=entry[MODEL_ID],
        revision=entry.get("revision"),
        license=entry.get("license"),
        gated=entry.get("gated"),
        engines=tuple(entry.get("engines") or checking_engines()),
        gguf_repositories=tuple(entry.get("ggufRepositories", ())),
        architectures=tuple(entry.get("architectures", ())),
        weights_gib=entry.get("weightsGiB"),
        remote_code=entry.get("remoteCode"),
        dtype=entry.get("dtype"),
        gguf_files=tuple(gguf_file_of(row) for row in entry.get("ggufFiles", ())),
        experts=entry.get("experts"),
        task=entry.get("task"),
        quantization=entry.get("quantization"),
        quantization_bits=entry.get("quantizationBits"),
        max_tokens=entry.get("maxTokens"),
        layers=entry.get("layers"),
        attention_heads=heads,
        kv_heads=entry.get("kvHeads"),
        hidden_size=hidden_size,
        head_size=head_size,
        kv_lora_rank=entry.get("kvLoraRank"),
        qk_rope_head_dim=entry.get("qkRopeHeadDim"),
        full_attention_layers=entry.get("fullAttentionLayers"),
        sliding_window_layers=entry.get("slidingWindowLayers"),
        sliding_window=entry.get("slidingWindow"),
        state_space_layers=entry.get("stateSpaceLayers"),
        state_space_mib=entry.get("stateSpaceMiB"),
        global_kv_heads=entry.get("globalKvHeads"),
        global_head_size=entry.get("globalHeadSize"),
    )


def entry_of(model: Model) -> dict[str, Any]:
    """Return the known figures of a model under their names in the catalogue, in the order of Model."""
    entry: dict[str, Any] = {}
    for field, value in model._asdict().items():
        if value not in (None, ()):
            entry[camel(field)] = value
    if model.gguf_files:
        rows = (row._asdict() for row in model.gguf_files)
        entry["ggufFiles"] = [
            {camel(key): value for key, value in row.items() if value not in (None, 1)} for row in rows
        ]
    return entry


def camel(name: str) -> str:
    """Return `maxTokens` for `max_tokens`, with a unit at the end as the catalogue writes it."""
    first, *others = name.split("_")
    return first + "".join(UNITS.get(word) or word.capitalize() for word in others)
