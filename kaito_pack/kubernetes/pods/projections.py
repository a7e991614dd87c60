"""The API server's checks of volumes from ConfigMaps, Secrets, tokens and the pod itself.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, named, one_of, required
from kaito_pack.kubernetes.decoding.selectors import check_selector
from kaito_pack.kubernetes.pods.environment import VOLUME_FIELDS, check_field_ref, check_resource_ref

HIGHEST_MODE = 0o777
SHORTEST_TOKEN = 600  # seconds
LONGEST_TOKEN = 2**32
SHORTEST_CERTIFICATE, LONGEST_CERTIFICATE, LONGEST_OWN_CERTIFICATE = 3600, 91 * 86400, 86400  # seconds
CERTIFICATES = (1, 37)  # the first version that does not drop trust bundles and certificates, by default
KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
CERTIFICATE_FILES = ("credentialBundlePath", "keyPath", "certificateChainPath")
FILES = {
    "serviceAccountToken": ("path",),
    "clusterTrustBundle": ("path",),
    "podCertificate": CERTIFICATE_FILES,
}
SOURCES = (
    "secret",
    "configMap",
    "downwardAPI",
    "serviceAccountToken",
    "clusterTrustBundle",
    "podCertificate",
)


@rule("kubernetes/file-twice", on="part")
@rule("kubernetes/volume-second-source", on="shared")
def check_projected(settings: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with a projected volume."""
    dropped = () if kubernetes >= CERTIFICATES else ("clusterTrustBundle", "podCertificate")
    yield from check_mode(settings, "defaultMode", path)
    taken: set[str] = set()
    for source, source_path in entries(settings.get("sources"), (*path, "sources")):
        given = [name for name in SOURCES if source.get(name) is not None]
        for second in given[1:]:
            yield problem(
                "kubernetes/volume-second-source", (*source_path, second), first=given[0], second=second
            )
        for name in given:
            if name in dropped:
                continue
            yield from check_projection(name, mapping(source[name]), (*source_path, name))
            for file, file_path in made_files(name, mapping(source[name]), (*source_path, name)):
                if file in taken:
                    yield problem("kubernetes/file-twice", file_path, value=shown(file))
                taken.add(file)


def check_projection(name: str, settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with one source of a projected volume."""
    if name in {"secret", "configMap"}:
        yield from required(settings, ["name"], path, f"a projected {name}")
        yield from check_items(settings, path)
    elif name == "downwardAPI":
        yield from check_files(settings, path)
    else:
        yield from CHECKS[name](settings, path)


def check_token(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a projected token."""
    yield from required(settings, ["path"], path, "a projected serviceAccountToken")
    yield from volume_file(settings.get("path"), (*path, "path"))
    yield from in_range(settings, "expirationSeconds", SHORTEST_TOKEN, LONGEST_TOKEN, path)


@rule("kubernetes/bundle-selector", on="part")
@rule("kubernetes/one-source", on="shared")
def check_trust_bundle(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a projected bundle of CA certificates."""
    yield from required(settings, ["path"], path, "a projected clusterTrustBundle")
    yield from volume_file(settings.get("path"), (*path, "path"))
    name, signer = settings.get("name"), settings.get("signerName")
    if (name is None) == (signer is None):
        yield problem("kubernetes/one-source", path, what="a clusterTrustBundle", choices="name, signerName")
    elif signer is not None:
        yield from named(settings, "signerName", names.is_signer, path, empty=False)
        yield from check_selector(settings.get("labelSelector"), (*path, "labelSelector"))
    else:
        yield from named(settings, "name", names.is_trust_bundle, path, empty=False)
        if settings.get("labelSelector") is not None:
            yield problem("kubernetes/bundle-selector", (*path, "labelSelector"))


@rule("kubernetes/one-source", on="shared")
def check_certificate(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a projected certificate of the pod."""
    yield from required(settings, ["signerName", "keyType"], path, "a podCertificate")
    yield from named(settings, "signerName", names.is_signer, path)
    yield from one_of(settings, "keyType", KEY_TYPES, path)
    own = text(settings.get("signerName")).startswith("kubernetes.io/")
    longest = LONGEST_OWN_CERTIFICATE if own else LONGEST_CERTIFICATE
    yield from in_range(settings, "maxExpirationSeconds", SHORTEST_CERTIFICATE, longest, path)
    for field in CERTIFICATE_FILES:
        yield from volume_file(settings.get(field), (*path, field))
    if not any(text(settings.get(field)) for field in CERTIFICATE_FILES):
        choices = ", ".join(CERTIFICATE_FILES)
        yield problem("kubernetes/one-source", path, what="a podCertificate", choices=choices)


def made_files(name: str, settings: Fields, path: FieldPath) -> Iterator[tuple[str, FieldPath]]:
    """Yield the files that a source names, with the paths of their names."""
    for field in FILES.get(name, ()):
        if text(settings.get(field)):
            yield text(settings[field]), (*path, field)
    for item, item_path in entries(settings.get("items"), (*path, "items")):
        if text(item.get("path")):
            yield text(item["path"]), (*item_path, "path")


def check_items(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the keys that become files."""
    for item, item_path in entries(settings.get("items"), (*path, "items")):
        yield from required(item, ["key", "path"], item_path, "an item of a volume")
        yield from volume_file(item.get("path"), (*item_path, "path"))
        yield from check_mode(item, "mode", item_path)


@rule("kubernetes/one-source", on="shared")
def check_files(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the items of a downward API volume."""
    for item, item_path in entries(settings.get("items"), (*path, "items")):
        yield from required(item, ["path"], item_path, "an item of a downwardAPI volume")
        yield from volume_file(item.get("path"), (*item_path, "path"))
        yield from check_mode(item, "mode", item_path)
        given = [name for name in ("fieldRef", "resourceFieldRef") if item.get(name) is not None]
        if len(given) != 1:
            choices = "fieldRef, resourceFieldRef"
            yield problem(
                "kubernetes/one-source", item_path, what="an item of a downwardAPI volume", choices=choices
            )
        elif given[0] == "fieldRef":
            yield from check_field_ref(mapping(item["fieldRef"]), VOLUME_FIELDS, (*item_path, "fieldRef"))
        else:
            reference = mapping(item["resourceFieldRef"])
            yield from check_resource_ref(reference, (*item_path, "resourceFieldRef"), volume=True)


@rule("kubernetes/path-leaves-volume", on="shared")
def volume_file(value: object, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a file's path leaves the volume or starts with `..`, which Kubernetes reserves."""
    given = text(value)
    if given.startswith(("/", "..")) or ".." in given.split("/"):
        yield problem("kubernetes/path-leaves-volume", path, value=shown(given))


@rule("kubernetes/file-mode", on="part")
def check_mode(settings: Fields, name: str, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a file's permissions are outside 0 to 0777 (511)."""
    mode = whole(settings.get(name))
    if mode is not None and not 0 <= mode <= HIGHEST_MODE:
        yield problem("kubernetes/file-mode", (*path, name), value=shown(mode), octal=f"0{mode:o}")


CHECKS: dict[str, Callable[[Fields, FieldPath], Iterator[Problem]]] = {
    "serviceAccountToken": check_token,
    "clusterTrustBundle": check_trust_bundle,
    "podCertificate": check_certificate,
}
