"""KAITO's instance types: GPUs, their memory, and the version that dropped a type."""

from __future__ import annotations

from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import per_pack, table

TABLE = "kaito/instance-types.json"
VENDOR = "NVIDIA"  # vendor of the GPUs that pods of the pack request


class InstanceType(NamedTuple):
    """One instance type of a cloud; `dropped_in` is the first KAITO minor without it."""

    name: str
    gpus: int
    gpu_memory_gib: float
    model: str
    dropped_in: str | None = None

    def known_in(self, kaito: str) -> bool:
        """Return whether that KAITO minor ("0.12") lists the instance type."""
        return not (self.dropped_in and in_range(kaito, f"{self.dropped_in}-"))


@per_pack
def _types_of_cloud(cloud: str) -> dict[str, InstanceType]:
    """Return the cloud's instance types by lower-case name, read on first use."""
    rows = table(TABLE).get(cloud, {})
    return {name.lower(): _instance_type(name, row) for name, row in rows.items()}


def _instance_type(name: str, row: dict[str, int | str]) -> InstanceType:
    try:
        gpus = int(row["gpus"])
        # KAITO lists the total memory of all GPUs of an instance.
        memory = float(row["gpuMemoryGiB"]) / gpus
        dropped_in = row.get("droppedIn")
        return InstanceType(name, gpus, memory, str(row["model"]), str(dropped_in) if dropped_in else None)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):  # a user's pack
        raise PackError(
            f"facts/{TABLE}: {shown(name)} is not a valid instance type. "
            "Write a map with gpus, gpuMemoryGiB and model"
        ) from None


def find(cloud: str, name: str) -> InstanceType | None:
    """Return the instance type of that name on azure, aws or arc, ignoring case; None if KAITO has none.

    `gpu_memory_gib` is the memory of ONE GPU in GiB. Figures of KAITO v0.6.2 to v0.12.0.
    """
    return _types_of_cloud(cloud).get(name.lower())


def names(cloud: str, kaito: str) -> list[str]:
    """Return the names of a cloud's instance types in that KAITO minor, sorted."""
    return sorted(each.name for each in _types_of_cloud(cloud).values() if each.known_in(kaito))


def smallest(cloud: str, kaito: str) -> list[InstanceType]:
    """Return the instance types with NVIDIA GPUs in a KAITO minor, those with one GPU first."""
    known = [each for each in _types_of_cloud(cloud).values() if each.known_in(kaito)]
    suitable = [each for each in known if each.model.startswith(VENDOR)]
    return sorted(suitable, key=lambda each: (each.gpus, each.gpu_memory_gib, len(each.name), each.name))


def all_types(cloud: str) -> list[InstanceType]:
    """Return the instance types of a cloud in any KAITO version, in alphabetical order."""
    return [each for _, each in sorted(_types_of_cloud(cloud).items())]


def clouds() -> list[str]:
    """Return the clouds for which KAITO lists instance types."""
    return list(table(TABLE))
