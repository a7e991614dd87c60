"""The API server's rules for `metadata`, the same for every kind: names, labels, annotations, owners.

Source: apimachinery v0.35, pkg/api/validation/objectmeta.go and pkg/util/validation. `metadata` must already
be decoded: values of a wrong type are skipped here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.decoding import Finding

NameForm = Literal["subdomain", "label", "dns1035", "path"]
LARGEST_ANNOTATIONS = 256 * 1024  # bytes, keys and values in total

WORDS = {
    "subdomain": "lower case letters, digits, `-` and `.`, beginning and ending with a letter or digit, "
    "at most 253 characters",
    "label": "lower case letters, digits and `-`, beginning and ending with a letter or digit, "
    "at most 63 characters",
    "dns1035": "lower case letters, digits and `-`, beginning with a letter, ending with a letter or digit, "
    "at most 63 characters",
    "path": "anything but `.`, `..` and names with `/` or `%`",
    "key": "letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit, at most 63 "
    "characters, with an optional domain and `/` before it",
    "apiVersion": "an apiVersion of a group, `/` and a version",
    "controller": "controller: true for one owner only",
    "value": "empty, or letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit, "
    "at most 63 characters",
}


def check_metadata(
    metadata: Any, form: NameForm = "subdomain", standard_finalizers: Collection[str] | None = None
) -> Iterator[Finding]:
    """Yield the findings of the API server in a decoded `metadata`; paths begin with "metadata".

    `standard_finalizers` are finalizers of built-in kinds that need no prefix.
    """
    if metadata is not None and not isinstance(metadata, dict):
        return  # the decoder reports it
    metadata = metadata or {}
    yield from _check_name(metadata, form)
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and namespace and not names.is_dns_label(namespace):
        yield _finding("namespace", ("namespace",), namespace, WORDS["label"])
    yield from _check_labels(metadata.get("labels"))
    yield from _check_annotations(metadata.get("annotations"))
    yield from _check_owners(metadata.get("ownerReferences"))
    finalizers = metadata.get("finalizers")
    for index, finalizer in enumerate(finalizers if isinstance(finalizers, list) else ()):
        if finalizer is not None and not isinstance(finalizer, str):
            continue
        unprefixed = "/" not in (finalizer or "") and standard_finalizers is not None
        if not names.is_qualified(finalizer or "") or (
            unprefixed and finalizer not in (standard_finalizers or ())
        ):
            yield _finding("name", ("finalizers", index), finalizer, WORDS["key"])


def _finding(kind: str, path: FieldPath, value: object, expected: str) -> Finding:
    return Finding(kind, ("metadata", *path), shown(value), expected)


def _check_name(metadata: Fields, form: NameForm) -> Iterator[Finding]:
    name, prefix = metadata.get("name"), metadata.get("generateName")
    if prefix and isinstance(prefix, str):
        generated = prefix[:58] + "aaaaa"  # truncated, plus five letters
        good = has_form(names.begun(prefix), form) and (name or has_form(generated, form))
        if not good:
            yield _finding("name", ("generateName",), prefix, WORDS[form])
    if name in (None, ""):
        if not prefix:
            yield _finding("name-missing", (), name, "")
    elif isinstance(name, str) and not has_form(name, form):
        yield _finding("name", ("name",), name, WORDS[form])


def _check_labels(labels: Any) -> Iterator[Finding]:
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if not names.is_qualified(str(key)):
            yield _finding("label", ("labels", str(key)), key, WORDS["key"])
        if isinstance(value, str) and not names.is_label_value(value):
            yield _finding("label", ("labels", str(key)), value, WORDS["value"])


def _check_annotations(annotations: Any) -> Iterator[Finding]:
    if not isinstance(annotations, dict):
        return
    size = 0
    for key, value in annotations.items():
        size += len(str(key).encode("utf-8", "replace")) + len(str(value or "").encode("utf-8", "replace"))
        if not names.is_qualified(str(key).lower()):
            yield _finding("annotation", ("annotations", str(key)), key, WORDS["key"])
    if size > LARGEST_ANNOTATIONS:
        yield _finding(
            "annotation", ("annotations",), f"{size} bytes", f"at most {LARGEST_ANNOTATIONS} bytes"
        )


def _check_owners(owners: Any) -> Iterator[Finding]:
    controllers = 0
    for index, owner in enumerate(owners if isinstance(owners, list) else ()):
        path = ("ownerReferences", index)
        for field in ("apiVersion", "kind", "name", "uid"):
            if not (isinstance(owner, dict) and owner.get(field)):
                yield _finding("owner", path, field, field)
        if isinstance(owner, dict) and str(owner.get("apiVersion", "")).count("/") > 1:
            yield _finding("owner", path, "apiVersion", WORDS["apiVersion"])
        controllers += isinstance(owner, dict) and owner.get("controller") is True
        if controllers > 1:
            yield _finding("owner", path, "controller", WORDS["controller"])


def has_form(name: str, form: NameForm) -> bool:
    """Return whether `name` has that form."""
    return FORMS[form](name)


FORMS: Mapping[NameForm, Callable[[str], bool]] = {
    "path": names.is_path_segment,
    "subdomain": names.is_subdomain,
    "label": names.is_dns_label,
    "dns1035": names.is_service_name,
}
