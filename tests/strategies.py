"""Hypothesis strategies: all valid values of each mode, as a person could write them.

`FIELDS` has strategies that know more than the schema. Any other value is drawn by its schema and examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from kaito_pack.documents import Document, read_text
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.pack import Pack
from kaito_pack.pack.json_schema import applicable
from kaito_pack.values.layers import Layer

PACK = Pack()

LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def word(first: str, middle: str, last: str, most: int) -> st.SearchStrategy[str]:
    """Text that begins with one of `first` and ends with one of `last`."""
    longer = st.builds(
        lambda a, b, c: a + b + c,
        st.sampled_from(first),
        st.text(middle, max_size=most - 2),
        st.sampled_from(last),
    )
    return st.sampled_from(first) | longer


dns_label = word(LOWER, LOWER + DIGITS + "-", LOWER + DIGITS, 42)
namespace = word(LOWER + DIGITS, LOWER + DIGITS + "-", LOWER + DIGITS, 63)
node_name = word(LOWER, LOWER + DIGITS, LOWER + DIGITS, 20)
mixed = LOWER + LOWER.upper() + DIGITS
label_value = word(mixed, mixed + "-_.", mixed, 63)
label_key = st.builds(
    lambda prefix, name: prefix + name, st.sampled_from(["", "example.com/", "gpu.example.com/"]), label_value
)
repository_part = word(mixed, mixed + "-_.", mixed, 30)
model_id = st.builds(lambda a, b: f"{a}/{b}", repository_part, repository_part)
gguf_file = st.builds(
    lambda folders, name: "/".join([*folders, name]) + ".gguf",
    st.lists(word(mixed, mixed + " -_.", mixed, 10), max_size=2),
    word(mixed, mixed + " -_.é+#?%&", mixed, 30),
)
quantity = st.one_of(
    st.integers(1, 512),
    st.sampled_from([0.5, 1.5, 0.25, "500m", "1500m", "4", "16Gi", "1024Mi", "1.5Gi", "8G", "0.5Gi", "1e3"]),
    st.integers(1, 5000).map(lambda number: f"{number}Mi"),
)
image = st.builds(
    lambda host, path, tag: f"{host}/{path}:{tag}",
    st.sampled_from(["registry.example.com", "localhost:5000", "ghcr.io"]),
    word(LOWER, LOWER + DIGITS, LOWER, 20),
    word(mixed, mixed + "._-", mixed, 20),
)
argument = st.one_of(
    word(LOWER, LOWER + "-", LOWER, 20).map(lambda name: f"--x-{name}"),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(
        lambda text: f"x{text}"
    ),
)
setting = st.one_of(st.integers(0, 10**6), st.booleans(), label_value)

# What may be asked for: everything but the GPU count, which goes with the compute type.
amounts = {"cpu": quantity, "memory": quantity, "ephemeralStorage": quantity}
requests = st.fixed_dictionaries({}, optional=amounts)
limits = st.fixed_dictionaries({}, optional=amounts).filter(bool).map(lambda drawn: {"limits": drawn})
# Kubernetes rejects requests above limits, so that one of the two is drawn.
requested = requests | limits
adapter = st.fixed_dictionaries(
    {"name": node_name, "image": image}, optional={"imagePullSecrets": st.just(["registry"])}
) | st.fixed_dictionaries({"name": node_name, "claim": node_name})
toleration = st.sampled_from(
    [
        {"operator": "Exists"},
        {"key": "dedicated", "operator": "Exists"},
        {"key": "example.com/gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"key": "maintenance", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]
)
reference = st.fixed_dictionaries({"name": node_name, "key": node_name}, optional={"optional": st.booleans()})
variable = st.builds(
    lambda name, rest: {"name": f"X_{name}", **rest},
    word(LOWER, LOWER + "_", LOWER, 8),
    st.just({})
    | label_value.map(lambda text: {"value": text})
    | reference.map(lambda drawn: {"valueFrom": {"secretKeyRef": drawn}})
    | reference.map(lambda drawn: {"valueFrom": {"configMapKeyRef": drawn}}),
)

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": dns_label,
    "namespace": namespace,
    "provider": st.just("kaito"),
    "imageRef": image,
    "resources": requested,
    "rollout": st.sampled_from(["manual", "job"]),
    "rolloutImage": image,
    "replicas": st.integers(1, 5),
    "labelSelector": st.dictionaries(label_key, label_value, min_size=1, max_size=3),
    "preferredNodes": st.lists(node_name, min_size=1, max_size=4, unique=True),
    "instanceType": st.sampled_from(["Standard_NC24ads_A100_v4", "Standard_ND96isr_H100_v5"]),
    "maxModelLen": st.integers(1, 10**7),
    "startupMinutes": st.integers(1, 1440),
    "pipelineParallelSize": st.integers(1, 8),
    "revision": word(mixed, mixed + "._-", mixed, 40),
    "trustRemoteCode": st.booleans(),
    "quantization": st.sampled_from(["refuse", "allow"]),
    "hfTokenSecret": namespace,
    "modelAccessSecret": namespace,
    "monitoring": st.fixed_dictionaries(
        {},
        optional={
            "podMonitor": st.booleans(),
            "labels": st.dictionaries(label_key, label_value, min_size=1, max_size=3),
            "interval": st.sampled_from(["15s", "1m", "500ms"]),
        },
    ),
    "annotations": st.dictionaries(label_key, label_value.filter(bool), min_size=1, max_size=3),
    "gpuResource": st.sampled_from(["nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "nvidia.com/gpu.shared"]),
    "partition": st.just({"mode": "mig", "profile": "1g.10gb"})
    | st.integers(1, 8).map(lambda count: {"mode": "accelerator", "count": count}),
    "tolerations": st.lists(toleration, min_size=1, max_size=3),
    "imagePullSecrets": st.lists(node_name, min_size=1, max_size=3, unique=True),
    "env": st.lists(variable, min_size=1, max_size=3, unique_by=lambda each: str(each["name"])),
    "modelCache": st.fixed_dictionaries({"claim": node_name}, optional={"folder": node_name})
    | st.fixed_dictionaries({"size": quantity}, optional={"storageClass": node_name}),
    "adapters": st.lists(adapter, min_size=1, max_size=3, unique_by=lambda each: str(each["name"])),
    "inferenceSettings": st.fixed_dictionaries(
        {},
        optional={
            "max_probe_steps": st.integers(0, 10),
            "kv_cache_cpu_memory_utilization": st.sampled_from([0, 0.5, 1]),
        },
    ).filter(bool),
    "inferenceConfig": node_name,
    "hfEndpoint": st.builds(
        lambda scheme, host, path: f"{scheme}://{host}{path}",
        st.sampled_from(["http", "https"]),
        st.sampled_from(["hf-mirror.example.com", "mirror:8080"]),
        st.sampled_from(["", "/hf", "/a/b.c"]),
    ),
    "extraArgs": st.lists(argument, min_size=1, max_size=3),
    "preset": st.sampled_from(["phi-4-mini-instruct", "llama-3.1-8b-instruct"]),
    "vllm": st.dictionaries(word(LOWER, LOWER + "-", LOWER, 20), setting, min_size=1, max_size=3),
    "ggufRunMode": st.sampled_from(["direct", "build"]),
    "ggufFile": gguf_file,
    "modelId": model_id,
}
# What a team adds to the pod template, as partial objects that the links of every mode outlive.
_environment = st.lists(
    st.builds(
        lambda name, text: {"name": name, "value": text}, word(LOWER, LOWER + "_", LOWER, 8), label_value
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda item: str(item["name"]),
)
_token = st.just([{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "HF_TOKEN"}}}])
_mounts = st.just([{"name": "cache", "mountPath": "/models"}])
_model_container = st.builds(
    lambda parts: {"name": "model", **parts},
    st.fixed_dictionaries(
        {},
        optional={
            "env": _environment | _token,
            "volumeMounts": _mounts,
            "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent"]),
            "image": image,
            "livenessProbe": st.just({"periodSeconds": 30}),
            "startupProbe": st.just({"exec": {"command": ["true"]}, "failureThreshold": 60}),
            "securityContext": st.just({"allowPrivilegeEscalation": False}),
            "resources": st.sampled_from([{"limits": {"memory": "64Gi"}}, {"requests": {"cpu": "4000m"}}]),
        },
    ),
)
_sidecar = st.just({"name": "sidecar", "image": "registry.example.com/sidecar:1", "resources": {}})
pod_template = st.builds(
    lambda metadata, spec: {**metadata, **spec},
    st.just({})
    | st.dictionaries(label_key, label_value, min_size=1, max_size=2).map(
        lambda annotations: {"metadata": {"annotations": annotations}}
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "imagePullSecrets": st.just([{"name": "registry"}]),
            "tolerations": st.just([{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]),
            "nodeSelector": st.dictionaries(label_key, label_value, min_size=1, max_size=2),
            "terminationGracePeriodSeconds": st.integers(1, 600),
            "containers": st.lists(
                _model_container | _sidecar, min_size=1, max_size=2, unique_by=lambda item: item["name"]
            ),
            "volumes": st.just([{"name": "cache", "emptyDir": {"sizeLimit": "1024Mi"}}]),
        },
    )
    .filter(bool)
    .map(lambda spec: {"spec": spec}),
)
extra_objects = st.lists(
    st.builds(
        lambda name, own: {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, **own},
            "data": {"note": name},
        },
        dns_label.map(lambda name: f"x-{name}"),
        st.sampled_from([{}, {"namespace": "elsewhere"}, {"labels": {"team": "a"}}]),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda item: str(item["metadata"]["name"]),
)
# Values whose inside is Kubernetes' own have tests of their own.
LEFT_OUT = {"podTemplate", "extraObjects"}


def values(mode: str) -> st.SearchStrategy[dict[str, Any]]:
    """Valid values of one mode; what the schema's conditions refuse is left out."""
    drawn_fields = fields(mode)
    required = {name: drawn_fields.pop(name) for name in PACK.mode(mode).schema["required"]}
    drawn = st.fixed_dictionaries(required, optional=drawn_fields).map(_without_refused(mode))
    return st.builds(_with_gpu, drawn, st.none() | st.sampled_from([1, 2, 4, 8])).filter(_accepted(mode))


def fields(mode: str) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each value of a mode that is drawn."""
    known = {name: part for name, part in PACK.mode(mode).schema["properties"].items() if "not" not in part}
    return {
        name: FIELDS[name] if name in FIELDS and "const" not in part else by_schema(part)
        for name, part in known.items()
        if name not in LEFT_OUT
    }


def by_schema(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema allows, as far as it says so in simple words; else one of its examples."""
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if part.get("type") == "boolean":
        return st.booleans()
    if part.get("type") == "integer":
        return st.integers(part.get("minimum", 0), part.get("maximum", 10**6))
    return st.sampled_from(part["examples"])


def _with_gpu(drawn: dict[str, Any], gpu: int | None) -> dict[str, Any]:
    stages = drawn.get("pipelineParallelSize", 1)
    if stages > 1:
        # GPUs that the stages do not divide are an error of the values.
        gpus = stages * gpu if gpu and stages * gpu <= 8 else stages
        return {**drawn, "resources": {**drawn.get("resources", {}), "gpu": gpus}}
    if gpu is None or drawn.get("computeType") != "gpu":
        return drawn
    return {**drawn, "resources": {**drawn.get("resources", {}), "gpu": gpu}}


def _without_refused(mode: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Leave out the values that do not go with others, such as autoscaling with a Workspace."""

    def fitting(drawn: dict[str, Any]) -> dict[str, Any]:
        parts = applicable(PACK.mode(mode).schema, drawn)["properties"]
        return {name: value for name, value in drawn.items() if "not" not in parts.get(name, {})}

    return fitting


def _accepted(mode: str) -> Callable[[dict[str, Any]], bool]:
    from kaito_pack.pack.json_schema import accepts

    return lambda drawn: accepts(PACK.mode(mode).schema, drawn)


def extended_values() -> st.SearchStrategy[dict[str, Any]]:
    """Valid values of any mode that takes a podTemplate, with one, and with further objects."""
    modes = [
        mode for mode in PACK.mode_names if "not" not in PACK.mode(mode).schema["properties"]["podTemplate"]
    ]
    added = st.fixed_dictionaries({}, optional={"podTemplate": pod_template, "extraObjects": extra_objects})
    return st.builds(
        lambda drawn, extra: {**drawn, **extra}, st.one_of([values(mode) for mode in modes]), added
    )


def any_values() -> st.SearchStrategy[dict[str, Any]]:
    """Valid values of any mode."""
    return st.one_of([values(mode) for mode in PACK.mode_names])


def written(drawn: dict[str, Any], file: str = "values.yaml") -> Document:
    """The values as a file that was read."""
    return read_text(to_yaml(drawn), file)[0]


def as_layer(drawn: dict[str, Any]) -> Layer:
    """The values as the one layer of a run."""
    return Layer(written(drawn))


# What stands where something else should.
ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**31, 1.0, 1.5, "", "a", "A b", "a\n", "gpu", "cpu", "vllm", "0", "1e3"),
    *("org/model", "org/model-GGUF", "org/model-AWQ", "x-00001-of-00002.gguf", "../x.gguf", "a" * 300, "1Gi"),
    *({}, [], ["a", "a"], [1, True], ["x", 1], {"a": "b"}, {"gpu": 1}, {"gpu": 9}, {"cpu": "0"}, {"x": None}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a document."""
    if isinstance(value, dict):
        inside = [place for key, part in value.items() for place in places(part, (*path, key))]
    elif isinstance(value, list):
        inside = [place for index, part in enumerate(value) for place in places(part, (*path, index))]
    else:
        inside = []
    return [path, *inside]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of `value` in which `new` stands at `path`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A mode, and values of it in which up to three parts are others, gone, or too many."""
    mode = draw(st.sampled_from(PACK.mode_names))
    fields = list(PACK.mode(mode).schema["properties"])
    document: Any = draw(values(mode))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(document)))
        change = draw(st.sampled_from(["other", "gone", "more"]))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        if change == "more" and isinstance(document, dict):
            document = {**document, draw(st.sampled_from([*fields, "unknown"])): draw(st.sampled_from(ODD))}
        elif change == "gone" and path and isinstance(parent, dict):
            document = put(document, path[:-1], {k: v for k, v in parent.items() if k != path[-1]})
        else:
            document = put(document, path, draw(st.sampled_from(ODD)))
    return mode, document
