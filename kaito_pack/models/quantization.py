"""Detects quantized models: from the catalogue, the words of the id, or the family.

Mode vllm serves fp16 and bf16 weights. `quantization: allow` permits others, with a warning, if the vLLM in
the image supports the format. A Workspace written by others may use every format that vLLM supports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts import presets
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, in_range, problem
from kaito_pack.facts.tables import Row, Rows, per_pack, table
from kaito_pack.models.catalogue import Catalogue, vllm_table
from kaito_pack.models.images import vllm_of
from kaito_pack.models.words import has_words, matching_rows, words_of

QUANTIZED = "model/quantized"
ALLOWED = "model/quantized-allowed"
UNSUPPORTED = "model/quantization-unsupported"


class Quantization(NamedTuple):
    """The quantization of a model's weights.

    `methods` are vLLM's names of the methods that can load them, empty if none can. `is_born`: the model was
    published in this form only. `bundled` are the images with the model inside, by the repository's name.
    `is_recorded`: the source is a catalogue, not the name.
    """

    format: str
    bits: int
    methods: tuple[str, ...]
    is_born: bool = False
    bundled: Mapping[str, str] = {}
    is_recorded: bool = False


def quantization_of(model_id: str, catalogue: Catalogue) -> Quantization | None:
    """Return the quantization of a model from the catalogue, else from its id; None if neither shows one."""
    model = catalogue.find(model_id)
    if model is not None and not model.quantization:
        return None
    family = next(iter(matching_rows("families", model_id)), None)
    bundled = family[1].get("bundled", {}) if family else {}
    if model is not None and model.quantization:
        methods = get_rule(QUANTIZED).parameters["methods"].get(model.quantization.lower())
        known = tuple(methods or (model.quantization.lower(),))
        bits = model.quantization_bits or (family[1]["bits"] if family else 8)
        return Quantization(model.quantization, bits, known, family is not None, bundled, is_recorded=True)
    return _by_words(model_id, family[1] if family else None, bundled)


def _by_words(model_id: str, family: Row | None, bundled: Mapping[str, str]) -> Quantization | None:
    parameters, words = get_rule(QUANTIZED).parameters, words_of(model_id)
    if has_words(words, parameters["unquantized"]):
        return None
    if named := next(iter(matching_rows("formats", model_id)), None):
        is_born = family is not None
        return Quantization(named[0], named[1]["bits"], tuple(named[1]["methods"]), is_born, bundled)
    if family is None or has_words(words, parameters["plain"]):
        return None
    return Quantization(family["format"], family["bits"], tuple(family["methods"]), True, bundled)


@per_pack
def methods_table() -> Rows:
    """Return vLLM's quantization methods, each with the range of its versions."""
    return table("vllm/quantization.json")


def supports(vllm: str, methods: Sequence[str]) -> bool:
    """Return whether that vLLM version can load weights with one of the methods."""
    rows = methods_table()
    return any(name in rows and in_range(vllm, rows[name]["versions"]) for name in methods)


@rule(QUANTIZED, ALLOWED, UNSUPPORTED, on="part")
def check_quantization(
    model_id: str,
    path: FieldPath,
    catalogue: Catalogue,
    image: str | None,
    kaito: str,
    is_allowed: bool,
) -> Iterator[Problem]:
    """Yield a problem at `path` if the model is quantized: an error unless it is allowed and supported.

    `image` is the image of the server, None if unknown; `kaito` is the minor version of the target.
    """
    quantization = quantization_of(model_id, catalogue)
    if quantization is None:
        return
    vllm = vllm_of(image or "")
    is_unsupported = not quantization.methods or (vllm and not supports(vllm, quantization.methods))
    name = (UNSUPPORTED if is_unsupported else ALLOWED) if is_allowed else QUANTIZED
    yield problem(
        name,
        path,
        model=shown(model_id),
        format=quantization.format,
        image=shown(image or "the image"),
        vllm=vllm or "of unknown version",
        remedy=remedy(model_id, quantization, vllm, kaito, name == QUANTIZED),
    )


def remedy(model_id: str, quantization: Quantization, vllm: str | None, kaito: str, by_value: bool) -> str:
    """Return the alternatives that serve the model; `by_value`: `quantization: allow` is one of them."""
    texts = get_rule(QUANTIZED).parameters["remedies"]
    remedies: list[str] = []
    if quantization.methods and vllm and supports(vllm, quantization.methods):
        remedies += [texts["allow"]] if by_value else []
    elif tag := first_image_for(quantization.methods):
        remedies.append(texts["image" if by_value else "image-only"].format(tag=tag))
    if not quantization.is_born:
        remedies.insert(0, texts["original"])
    repository = model_id.rpartition("/")[2].lower()
    if preset := preset_for(model_id, quantization, kaito):
        remedies.append(texts["preset"].format(preset=preset))
    if image := quantization.bundled.get(repository):
        remedies.append(texts["bundled"].format(image=image))
    elif not remedies:
        remedies.append(texts["none"])
    if not quantization.is_recorded:
        remedies.append(texts["record"])
    *others, last = remedies
    joined = f"{'; '.join(others)}; or {last}" if others else last
    return joined[0].upper() + joined[1:]


def first_image_for(methods: Sequence[str]) -> str | None:
    """Return the tag of the oldest kaito-base image whose vLLM loads weights with one of the methods."""
    tags: Mapping[str, str] = vllm_table()["kaitoBase"]
    return next((tag for tag, vllm in tags.items() if supports(vllm, methods)), None)


def preset_for(model_id: str, quantization: Quantization, kaito: str) -> str | None:
    """Return the preset name of the model in a KAITO of that version; None if it has no such preset."""
    preset = presets.find(model_id.rpartition("/")[2])
    if preset is not None and in_range(kaito, preset.versions):
        return preset.name
    parameters = get_rule(QUANTIZED).parameters
    by_id = not set(quantization.methods).isdisjoint(parameters["presetMethods"])
    return model_id if by_id and in_range(kaito, parameters["presetVersions"]) else None
