"""The API server's checks of a container's environment variables.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import printed
from kaito_pack.kubernetes.decoding.asking import choice_hint, named, no_backsteps, required
from kaito_pack.kubernetes.pods.mounts import Volumes, check_volume

RELAXED_NAMES = (1, 32)  # the first version that accepts almost any text as a name
SOURCES = ("configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef")
ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "metadata.uid",
)
OLD_FIELD_NAMES = {"spec.host": "spec.nodeName"}
MEASURED = tuple(
    f"{side}.{name}" for side in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
CPU_DIVISORS = ("1m", "1")
BYTE_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


@rule("kubernetes/env-duplicate", on="part")
@rule("kubernetes/env-name", on="shared")
def check_environment(
    container: Fields, path: FieldPath, volumes: Volumes, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with a container's `env` and `envFrom`; `volumes` are the pod's, by name."""
    relaxed = kubernetes >= RELAXED_NAMES
    seen: set[str] = set()
    for variable, variable_path in entries(container.get("env"), (*path, "env")):
        yield from required(variable, ["name"], variable_path, "an environment variable")
        name = text(variable.get("name"))
        if name and not names.is_env_name(name, relaxed):
            yield problem("kubernetes/env-name", (*variable_path, "name"), value=shown(name))
        if name and name in seen:
            yield problem("kubernetes/env-duplicate", (*variable_path, "name"), value=shown(name))
        seen.add(name)
        yield from check_value_from(variable, variable_path, volumes)
    for source, source_path in entries(container.get("envFrom"), (*path, "envFrom")):
        yield from check_env_from(source, source_path, relaxed)


@rule("kubernetes/env-two-values", on="part")
@rule("kubernetes/one-source", on="shared")
def check_value_from(variable: Fields, path: FieldPath, volumes: Volumes) -> Iterator[Problem]:
    """Yield the problems with the source of a variable's value."""
    value_from = variable.get("valueFrom")
    if not isinstance(value_from, dict):
        return
    source_path = (*path, "valueFrom")
    given = [source for source in SOURCES if value_from.get(source) is not None]
    if not given:
        yield problem("kubernetes/one-source", source_path, what="valueFrom", choices=", ".join(SOURCES[:-1]))
    elif text(variable.get("value")):
        yield problem("kubernetes/env-two-values", source_path)
    elif len(given) > 1:
        yield problem("kubernetes/one-source", source_path, what="valueFrom", choices=", ".join(SOURCES[:-1]))
    for source in ("configMapKeyRef", "secretKeyRef"):
        if source in given:
            yield from check_key_ref(mapping(value_from[source]), source, (*source_path, source))
    if "fieldRef" in given:
        yield from check_field_ref(mapping(value_from["fieldRef"]), ENV_FIELDS, (*source_path, "fieldRef"))
    if "resourceFieldRef" in given:
        yield from check_resource_ref(
            mapping(value_from["resourceFieldRef"]), (*source_path, "resourceFieldRef")
        )
    if "fileKeyRef" in given:
        yield from check_file_ref(mapping(value_from["fileKeyRef"]), volumes, (*source_path, "fileKeyRef"))


@rule("kubernetes/config-key", on="shared")
def check_key_ref(reference: Fields, source: str, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a reference to a key of a ConfigMap or Secret."""
    yield from required(reference, ["name", "key"], path, f"a {source}")
    yield from named(reference, "name", names.is_subdomain, path)
    yield from named(reference, "key", names.is_config_key, path, "kubernetes/config-key")


@rule("kubernetes/file-volume", on="part")
@rule("kubernetes/env-name", on="shared")
def check_file_ref(reference: Fields, volumes: Volumes, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a reference to a key of a file that another container writes."""
    yield from required(reference, ["volumeName", "path", "key"], path, "a fileKeyRef")
    yield from check_volume(reference, "volumeName", volumes, path)
    name = text(reference.get("volumeName"))
    # A volume without a source is also an empty folder.
    others = (source for field, source in volumes.get(name, {}).items() if field not in {"name", "emptyDir"})
    if any(source is not None for source in others):
        yield problem("kubernetes/file-volume", (*path, "volumeName"), value=shown(name))
    yield from no_backsteps(reference.get("path"), (*path, "path"))
    key = text(reference.get("key"))
    if key and not names.is_env_name(key, relaxed=True):
        yield problem("kubernetes/env-name", (*path, "key"), value=shown(key))


@rule("kubernetes/one-source", "kubernetes/env-name", on="shared")
def check_env_from(source: Fields, path: FieldPath, relaxed: bool) -> Iterator[Problem]:
    """Yield the problems with one entry of `envFrom`."""
    prefix = text(source.get("prefix"))
    if prefix and not names.is_env_name(prefix, relaxed):
        yield problem("kubernetes/env-name", (*path, "prefix"), value=shown(prefix))
    given = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
    if len(given) != 1:
        yield problem("kubernetes/one-source", path, what="envFrom", choices="configMapRef, secretRef")
    for name in given:
        reference = mapping(source[name])
        yield from required(reference, ["name"], (*path, name), f"a {name}")
        # The API server checks this name as a prefix.
        yield from named(reference, "name", names.may_begin_subdomain, (*path, name))


@rule("kubernetes/field-ref-version", "kubernetes/field-ref-path", on="part")
def check_field_ref(reference: Fields, known: tuple[str, ...], path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a reference to a field of the pod itself."""
    version = text(reference.get("apiVersion"))
    if version not in {"", "v1"}:
        yield problem("kubernetes/field-ref-version", (*path, "apiVersion"), value=shown(version))
        return
    yield from required(reference, ["fieldPath"], path, "a fieldRef")
    given = text(reference.get("fieldPath"))
    name, key = subscripted(given)
    name = OLD_FIELD_NAMES.get(name, name)
    if key is None:
        good = not given or name in known
    elif name == "metadata.annotations":
        good = names.is_qualified(key.lower())
    else:
        good = name == "metadata.labels" and names.is_qualified(key)
    if not good:
        hint = choice_hint(given, known)
        yield problem("kubernetes/field-ref-path", (*path, "fieldPath"), value=shown(given), hint=hint)


def subscripted(field_path: str) -> tuple[str, str | None]:
    """Return the name and the key of `metadata.labels['a']`; the key is None if it is missing."""
    name, bracket, rest = field_path.partition("['")
    if bracket and name and rest.endswith("']"):
        return name, rest[:-2]
    return field_path, None


@rule("kubernetes/resource-ref", "kubernetes/divisor", on="part")
def check_resource_ref(reference: Fields, path: FieldPath, volume: bool = False) -> Iterator[Problem]:
    """Yield the problems with a reference to a container's resources."""
    if volume:
        yield from required(reference, ["containerName"], path, "a resourceFieldRef of a volume")
    yield from required(reference, ["resource"], path, "a resourceFieldRef")
    name = text(reference.get("resource"))
    huge = name.startswith(("limits.hugepages-", "requests.hugepages-"))
    if name and name not in MEASURED and not huge:
        hint = choice_hint(name, MEASURED)
        yield problem("kubernetes/resource-ref", (*path, "resource"), value=shown(name), hint=hint)
        return
    divisor = reference.get("divisor")
    allowed = CPU_DIVISORS if name.endswith(".cpu") else BYTE_DIVISORS
    if printed(divisor) not in (None, "0", *allowed):
        yield problem("kubernetes/divisor", (*path, "divisor"), value=shown(divisor), resource=shown(name))
