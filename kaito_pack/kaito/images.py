"""References to container images."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters, digits, hexdigits

RECENT = 256  # number of cached parts of names: most images are from a few registries
LONGEST_TAG = 128
LONGEST_NAME = 255
DIGEST_LENGTH = 64  # hexadecimal digits of a SHA-256


def tag_of(image: str) -> str | None:
    """Return the tag of an image; None without a tag; "@" for a digest."""
    name, pinned, _ = image.partition("@")
    if pinned:
        return "@"
    _, colon, tag = name.rpartition("/")[2].partition(":")
    return tag if colon else None


def is_image_reference(image: str) -> bool:
    """Return whether `image` has the form `[host[:port]/]path[:tag][@sha256:…]`, the path in lower case."""
    rest, pinned, digest = image.partition("@")
    if pinned and not _is_digest(digest):
        return False
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _is_tag(tag):
        return False
    parts = [*(head.split("/") if slash else []), last]
    if len(parts) > 1 and _is_host(parts[0]):
        parts = parts[1:]
    elif len(parts) == 1:
        parts = ["library", *parts]  # the namespace of Docker's own images
    if image == last and len(last) == DIGEST_LENGTH and set(last) <= set(hexdigits.lower()):
        return False  # it would be read as the id of an image
    return len("/".join(parts)) <= LONGEST_NAME and all(_is_path_part(part) for part in parts)


def _is_digest(digest: str) -> bool:
    algorithm, _, value = digest.partition(":")
    return algorithm == "sha256" and len(value) == DIGEST_LENGTH and set(value) <= set(hexdigits.lower())


def _is_tag(tag: str) -> bool:
    allowed = set(ascii_letters + digits + "_.-")
    return 0 < len(tag) <= LONGEST_TAG and set(tag) <= allowed and tag[0] not in ".-"


def _is_host(part: str) -> bool:
    host, colon, port = part.partition(":")
    named = "." in host or host == "localhost" or bool(colon) or host != host.lower()
    letters = all(_is_host_label(label) for label in host.split("."))
    return named and letters and (not colon or (port.isascii() and port.isdigit()))


def _is_host_label(label: str) -> bool:
    plain = set(label) <= set(ascii_letters + digits + "-")
    return bool(label) and plain and label[0] != "-" and label[-1] != "-"


@lru_cache(RECENT)
def _is_path_part(part: str) -> bool:
    import re

    return bool(re.fullmatch("[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*", part))
