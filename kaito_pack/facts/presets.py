"""KAITO's presets: which versions have each, and what it requires."""

from __future__ import annotations

from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import per_pack, table

NEVER = ""  # a range that contains no version


class Preset(NamedTuple):
    """A preset, and the ranges of KAITO minors in which each fact applies.

    `gpu_memory_gib` is the total GPU memory of a Workspace that KAITO 0.6 requires for the preset.
    `weights_gib` is the size of the files, which later versions require if the runtime is not vLLM. `model`
    is the id of the model if its repository has another name than the preset. `max_tokens` is the longest
    context if no catalogue has the model.
    """

    name: str
    versions: str
    needs_secret: str = NEVER
    refuses_secret: str = NEVER
    gpu_memory_gib: float | None = None
    weights_gib: float | None = None
    vllm_only: str = NEVER
    no_adapters: str = NEVER
    model: str = ""
    max_tokens: int | None = None


def holds(kaito: str, versions: str) -> bool:
    """Return whether that KAITO minor is in a range; an empty range contains none."""
    return bool(versions) and in_range(kaito, versions)


@per_pack
def _all() -> dict[str, Preset]:
    rows = table("kaito/presets.json")
    return {
        name.lower(): Preset(
            name,
            row["versions"],
            row.get("needsSecret", NEVER),
            row.get("refusesSecret", NEVER),
            row.get("gpuMemoryGiB"),
            row.get("weightsGiB"),
            row.get("vllmOnly", NEVER),
            row.get("noAdapters", NEVER),
            row.get("model", ""),
            row.get("maxTokens"),
        )
        for name, row in rows.items()
    }


def all_presets() -> list[Preset]:
    """Return the presets of every KAITO version, in alphabetical order."""
    return [_all()[name] for name in sorted(_all())]


def find(name: str) -> Preset | None:
    """Return the preset of that name in any KAITO version, ignoring case; facts of v0.6.2 to v0.12.0."""
    return _all().get(name.lower())


def names(kaito: str) -> list[str]:
    """Return the names of the presets in this KAITO minor."""
    return [preset.name for preset in _all().values() if in_range(kaito, preset.versions)]
