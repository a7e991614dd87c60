"""The fields of a Workspace that rules use, read from a manifest of any shape.

A value of a wrong type counts as empty: the CRD or the decoding of the pod template reports it, and a rule
must never raise.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields, mapping, sequence, text, whole
from kaito_pack.workspace.labels import RUNTIME_ANNOTATION

GROUP = "kaito.sh"
KIND = "Workspace"
PARTS = frozenset({"resource", "inference", "tuning"})
WRAPPER = "spec"  # the field of most other kinds; a Workspace has none
TEMPLATE: FieldPath = ("inference", "template")
CONTAINERS: FieldPath = (*TEMPLATE, "spec", "containers")
INIT_CONTAINERS: FieldPath = (*TEMPLATE, "spec", "initContainers")
INSTANCE_TYPE: FieldPath = ("resource", "instanceType")
SELECTOR: FieldPath = ("resource", "labelSelector")
GENERATED_SUFFIX = "xxxxx"  # five characters that the API server appends to metadata.generateName
LONGEST_GENERATED_BASE = 58  # the API server cuts a longer generateName, so that the name has 63 characters


def is_workspace(body: Fields) -> bool:
    """Return whether a manifest is a KAITO Workspace, of any API version."""
    return body.get("kind") == KIND and str(body.get("apiVersion", "")).startswith(f"{GROUP}/")


def wrapper_of(body: Fields) -> str | None:
    """Return the field that wraps those of a Workspace, as `spec` does in other kinds, else None."""
    inner = body.get(WRAPPER)
    return WRAPPER if isinstance(inner, dict) and not PARTS.isdisjoint(map(str, inner)) else None


def int64(value: object) -> int | None:
    """Return the whole number (2, 2.0) if it fits in 64 bits, else None."""
    number = whole(value)
    return number if number is not None and abs(number) < 2**63 else None


def digits(value: object) -> int | None:
    """Return the integer in a string of at most nine digits; None for a longer one."""
    spelt = isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit()
    return int(str(value)) if spelt else None


def given(value: object) -> bool:
    """Return whether a Go pointer decoded from `value` would be set: for all but absent and null."""
    return value is not None


def string_map(value: object) -> dict[str, str]:
    """Return the entries of a mapping whose keys and values are strings."""
    return {k: v for k, v in mapping(value).items() if isinstance(k, str) and isinstance(v, str)}


class Workspace:
    """A Workspace manifest; each attribute is safe for any input, and a map if the field is one.

    The maps are read once because the rules on one Workspace use them a hundred times.
    """

    def __init__(self, manifest: Fields) -> None:
        self.manifest = manifest
        self.metadata = mapping(manifest.get("metadata"))
        self.resource = mapping(manifest.get("resource"))
        self.inference = mapping(manifest.get("inference"))
        self.tuning = mapping(manifest.get("tuning"))
        self.template = mapping(self.inference.get("template"))
        self.pod_spec = mapping(self.template.get("spec"))

    @property
    def api(self) -> str:
        """The API version without its group: "v1beta1", or "v1alpha1", which has its own webhook."""
        return str(self.manifest.get("apiVersion")).rpartition("/")[2]

    @property
    def name(self) -> str:
        """`metadata.name`, or a name such as the API server creates from `generateName`."""
        base = text(self.metadata.get("generateName"))[:LONGEST_GENERATED_BASE]
        return text(self.metadata.get("name")) or (base + GENERATED_SUFFIX if base else "")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, "default" if it is missing."""
        return text(self.metadata.get("namespace")) or "default"

    @cached_property
    def annotations(self) -> dict[str, str]:
        """The annotations; the API server reads null as an empty text."""
        return self._texts("annotations")

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels; the API server reads null as an empty text."""
        return self._texts("labels")

    def _texts(self, field: str) -> dict[str, str]:
        given = mapping(self.metadata.get(field))
        return string_map({key: "" if value is None else value for key, value in given.items()})

    @property
    def has_resource(self) -> bool:
        return given(self.manifest.get("resource"))

    @property
    def count(self) -> int:
        """The requested nodes: `resource.count`, 1 by the CRD's default."""
        count = int64(self.resource.get("count"))
        return 1 if count is None else count

    @property
    def instance_type(self) -> str:
        return text(self.resource.get("instanceType"))

    @property
    def selector(self) -> Fields:
        return mapping(self.resource.get("labelSelector"))

    @property
    def match_labels(self) -> dict[str, str]:
        return string_map(self.selector.get("matchLabels"))

    @property
    def has_inference(self) -> bool:
        return given(self.manifest.get("inference"))

    @property
    def has_tuning(self) -> bool:
        return given(self.manifest.get("tuning"))

    @property
    def has_preset(self) -> bool:
        return given(self.inference.get("preset"))

    @property
    def preset(self) -> str:
        """The name of the inference preset."""
        return text(mapping(self.inference.get("preset")).get("name"))

    @property
    def has_template(self) -> bool:
        return given(self.inference.get("template"))

    @cached_property
    def parts(self) -> frozenset[str]:
        """The parts of the Workspace, among those that a check can be limited to."""
        fields: dict[str, object] = {
            "adapters": self.inference.get("adapters"),
            "preset": self.inference.get("preset"),
            "tuning": self.manifest.get("tuning"),
        }
        return frozenset(part for part, value in fields.items() if given(value))

    @property
    def runs_vllm(self) -> bool:
        """Whether KAITO uses vLLM: always, except with `transformers` in the annotation."""
        return self.annotations.get(RUNTIME_ANNOTATION) != "transformers"

    def containers(self) -> Iterator[tuple[FieldPath, Fields]]:
        """Yield each main container with its path."""
        for index, container in enumerate(sequence(self.pod_spec.get("containers"))):
            yield (*CONTAINERS, index), mapping(container)

    def all_containers(self) -> Iterator[tuple[FieldPath, Fields]]:
        """Yield each init container and main container with its path."""
        for index, container in enumerate(sequence(self.pod_spec.get("initContainers"))):
            yield (*INIT_CONTAINERS, index), mapping(container)
        yield from self.containers()

    def is_same_as(self, other: Workspace) -> bool:
        """Return whether both claim the same namespace and name."""
        return (self.namespace, self.name) == (other.namespace, other.name)
