"""The number of GPUs that a vLLM server uses in one pod, from its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaito_pack.base.records import NamedTuple
from kaito_pack.models.argument_table import Given

# One worker per GPU: vLLM 0.12.0, vllm/config/parallel.py (world_size, multiplied by data_parallel_size).
FACTORS = {
    "--tensor-parallel-size": "tensor",
    "--pipeline-parallel-size": "pipeline",
    "--prefill-context-parallel-size": "prefill context",
    "--data-parallel-size": "data",
}
LOCAL = "--data-parallel-size-local"  # data-parallel replicas on this node
RANK = "--data-parallel-rank"  # a single replica of several, each with its own server
NODES = "--nnodes"
LONGEST = 5  # maximum digits of a size
# With these, the GPUs may be on other nodes or the arguments in a file.
ELSEWHERE = {
    "--config": None,
    "--distributed-executor-backend": ("mp", "uni"),
    "--data-parallel-backend": ("mp",),
    "--data-parallel-hybrid-lb": (),
    "--data-parallel-external-lb": (),
    "--data-parallel-multi-port-external-lb": (),
}


class GpuNeed(NamedTuple):
    """The GPUs that a server uses in its pod, and their product as text: `tensor 4 x pipeline 2`."""

    gpus: int
    terms: str


def gpu_need(given: Sequence[Given], words: Sequence[str]) -> GpuNeed | None:
    """Return the GPUs of a server with these arguments; None if they depend on a file, node or variable.

    The product of the tensor, pipeline, prefill context and data parallel sizes, divided by the nodes.
    """
    values = last_values(given, words)
    if any(name in values and not _is_here(values[name], local) for name, local in ELSEWHERE.items()):
        return None
    sizes = {label: _size(values.get(name, "1")) for name, label in FACTORS.items()}
    if LOCAL in values:
        sizes["data"] = _size(values[LOCAL])
    elif RANK in values:
        sizes["data"] = 1
    nodes, product, terms = _size(values.get(NODES, "1")), 1, []
    for label, size in sizes.items():
        if size is None:
            return None
        product *= size
        if size > 1 or label == "tensor":
            terms.append(f"{label} {size}")
    if nodes is None or product % nodes:
        return None
    text = " x ".join(terms) + (f" on {nodes} nodes" if nodes > 1 else "")
    return GpuNeed(product // nodes, text)


def last_values(given: Sequence[Given], words: Sequence[str]) -> Mapping[str, str]:
    """Return the value of each argument, the last value if it is repeated; empty text for a switch."""
    values = {}
    for argument in given:
        if argument.argument is not None and not argument.key:
            text = argument.attached
            if text is None:
                text = words[argument.values[0]] if argument.values else ""
            values[argument.name] = text
    return values


def _is_here(value: str, local: tuple[str, ...] | None) -> bool:
    return local is not None and value in local


def _size(text: str) -> int | None:
    number = text.strip()
    return (
        int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 and int(number) else None
    )
