"""Rules of the webhook about `tuning`, and about adapters, whose sources have the same form."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.kaito.config_maps import find_config_map, is_in_cluster, may_exist, whereabouts
from kaito_pack.kaito.fields import given
from kaito_pack.kaito.images import is_image_reference
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.urls import reason_to_reject
from kaito_pack.kaito.webhook_presets import may_be_tuned, preset_remedy
from kaito_pack.kubernetes.decoding import names


@rule("webhook/tuning-method", on="create", part="tuning")
def tuning_method(case: Case) -> Iterator[Problem]:
    """Report a tuning method other than lora and qlora."""
    method = text(case.workspace.tuning.get("method"))
    if case.workspace.has_tuning and method.lower() not in case.rule.parameters["methods"]:
        yield case.problem("tuning", "method", method=shown(method))


@rule("webhook/tuning-count", on="create", part="tuning")
def tuning_count(case: Case) -> Iterator[Problem]:
    """Report a tuning on several nodes."""
    if case.workspace.has_tuning and case.workspace.count > 1:
        yield case.problem("resource", "count", count=case.workspace.count)


@rule("webhook/tuning-part-missing", part="tuning")
def tuning_part_missing(case: Case) -> Iterator[Problem]:
    """Report a tuning without an input, an output or a preset."""
    for part in ("input", "output", "preset"):
        if case.workspace.has_tuning and not given(case.workspace.tuning.get(part)):
            yield case.problem("tuning", part, part=part)


def _sources(part: Fields, fields: tuple[str, ...]) -> int:
    # A volume is a pointer in KAITO, so an empty one is set; the other sources count if they are not empty.
    return sum(given(part.get(f)) if f == "volumeSource" else bool(part.get(f)) for f in fields)


@rule("webhook/tuning-input-source", on="create", part="tuning")
def tuning_input_source(case: Case) -> Iterator[Problem]:
    """Report an input without exactly one source."""
    source = case.workspace.tuning.get("input")
    number = _sources(mapping(source), ("urls", "image", "volumeSource"))
    if given(source) and number != 1:
        yield case.problem("tuning", "input", number=number)


@rule("webhook/tuning-url", on="create", part="tuning")
def tuning_url(case: Case) -> Iterator[Problem]:
    """Report a URL of training data that 0.12 rejects."""
    reasons, networks = (case.rule.parameters[part] for part in ("reasons", "networks"))
    source = mapping(case.workspace.tuning.get("input"))
    for index, url in enumerate(sequence(source.get("urls"))):
        reason = reason_to_reject(text(url), networks)
        if reason is not None:
            yield case.problem("tuning", "input", "urls", index, url=shown(url), reason=reasons[reason])


@rule("webhook/tuning-output-target", on="create", part="tuning")
def tuning_output_target(case: Case) -> Iterator[Problem]:
    """Report an output without exactly one target."""
    target = case.workspace.tuning.get("output")
    number = _sources(mapping(target), ("image", "volumeSource"))
    if given(target) and number != 1:
        yield case.problem("tuning", "output", number=number)


@rule("webhook/tuning-push-secret", on="create", part="tuning")
def tuning_push_secret(case: Case) -> Iterator[Problem]:
    """Report an output image without a Secret for the push."""
    output = mapping(case.workspace.tuning.get("output"))
    if output.get("image") and not output.get("imagePushSecret"):
        yield case.problem("tuning", "output", "imagePushSecret")


@rule("webhook/tuning-image", part="tuning")
def tuning_image(case: Case) -> Iterator[Problem]:
    """Report an input or output image whose reference is invalid."""
    for part in ("input", "output"):
        image = text(mapping(case.workspace.tuning.get(part)).get("image"))
        if image and not is_image_reference(image):
            yield case.problem("tuning", part, "image", image=shown(image))


@rule("webhook/tuning-preset-unknown", on="create", part="tuning")
def tuning_preset_unknown(case: Case) -> Iterator[Problem]:
    """Report a tuning preset that KAITO does not have."""
    preset = case.workspace.tuning.get("preset")
    name = text(mapping(preset).get("name"))
    if given(preset) and not may_be_tuned(name, case.kaito):
        yield case.problem("tuning", "preset", "name", name=shown(name), fix=preset_remedy(name, case.kaito))


@rule("webhook/tuning-config-missing", on="create", part="tuning")
def tuning_config_missing(case: Case) -> Iterator[Problem]:
    """Report a ConfigMap in `tuning.config` that is not in the input."""
    name = text(case.workspace.tuning.get("config"))
    is_given = find_config_map(name, case.workspace, case.surroundings) is not None
    if may_exist(name) and not is_given and not is_in_cluster(name, case):
        yield case.problem("tuning", "config", **whereabouts(name, case))


def _adapters(case: Case) -> Iterator[tuple[int, Fields]]:
    for index, adapter in enumerate(sequence(case.workspace.inference.get("adapters"))):
        yield index, mapping(adapter)


@rule("webhook/adapter-source", part="adapters")
def adapter_source(case: Case) -> Iterator[Problem]:
    """Report an adapter without a source, on which the webhook crashes."""
    for index, adapter in _adapters(case):
        if not given(adapter.get("source")):
            yield case.problem("inference", "adapters", index, "source")


@rule("webhook/adapter-twice", part="adapters")
def adapter_twice(case: Case) -> Iterator[Problem]:
    """Report two adapters with the same name."""
    seen: set[str] = set()
    for index, adapter in _adapters(case):
        name = text(mapping(adapter.get("source")).get("name"))
        if name in seen and given(adapter.get("source")):
            yield case.problem("inference", "adapters", index, "source", "name", name=shown(name))
        seen.add(name)


@rule("webhook/adapter-name", on="update", part="adapters")
def adapter_name(case: Case) -> Iterator[Problem]:
    """Report an adapter whose name is not a DNS subdomain."""
    for index, adapter in _adapters(case):
        name = text(mapping(adapter.get("source")).get("name"))
        if given(adapter.get("source")) and not names.is_subdomain(name):
            yield case.problem("inference", "adapters", index, "source", "name", name=shown(name))


@rule("webhook/adapter-image", on="update", part="adapters")
def adapter_image(case: Case) -> Iterator[Problem]:
    """Report an adapter without a valid image."""
    for index, adapter in _adapters(case):
        source = mapping(adapter.get("source"))
        image = text(source.get("image"))
        wrong = not is_image_reference(image) if image else not given(source.get("volumeSource"))
        if given(adapter.get("source")) and wrong:
            yield case.problem("inference", "adapters", index, "source", "image", image=shown(image))


@rule("webhook/adapter-strength-range", on="update", part="adapters")
def adapter_strength_range(case: Case) -> Iterator[Problem]:
    """Report an adapter strength that is not a number from 0 to 1."""
    for index, adapter in _adapters(case):
        strength = adapter.get("strength")
        if isinstance(strength, str) and not _is_share(strength):
            yield case.problem("inference", "adapters", index, "strength", strength=shown(strength))


def _is_share(strength: str) -> bool:
    if "_" in strength or strength != strength.strip():  # Python accepts these, KAITO's Go does not
        return False
    try:
        number = float(strength)
    except ValueError:
        return False
    return isnan(number) or 0 <= number <= 1
