"""References to GGUF models on a command line: a repository, a file in it, a URL."""

from __future__ import annotations

HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
HUB_SCHEMES = ("huggingface://", "hf://")
FILE_VIEWS = frozenset({"resolve", "blob", "raw"})  # huggingface.co/<org>/<repo>/<view>/<revision>/<file>
REPOSITORY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def read_reference(text: str) -> tuple[str, str | None]:
    """Return the model id and the file inside that repository, None if the reference names no file.

    For `huggingface://org/repo/file.gguf`, a resolve URL of the Hub and `org/repo`, the id is `org/repo`. For
    any other URL or path, it is the text itself.
    """
    for scheme in HUB_SCHEMES:
        if text.startswith(scheme):
            return _in_repository(text.removeprefix(scheme), text)
    if text.startswith(("http://", "https://")):
        return _read_url(text)
    if text.count("/") >= 2 and text.lower().endswith(".gguf") and not text.startswith(("/", ".", "~", "$")):
        return _in_repository(text, text)
    return text, None


def looks_like_reference(text: str) -> bool:
    """Return whether a word of a command line looks like a model: a URL, `org/repo`, or a GGUF file."""
    if text.startswith((*HUB_SCHEMES, "http://", "https://")):
        return True
    if text.startswith("-"):
        return False
    return text.lower().endswith(".gguf") or is_repository(text)


def is_repository(text: str) -> bool:
    """Return whether `text` has the form `org/repo` of the Hugging Face Hub."""
    org, slash, repository = text.partition("/")
    return bool(
        slash and org[:1].isalnum() and repository[:1].isalnum()
    ) and REPOSITORY_CHARACTERS.issuperset(org + repository)


def _read_url(url: str) -> tuple[str, str | None]:
    host, _, path = url.partition("://")[2].partition("/")
    path = path.partition("?")[0].partition("#")[0]
    parts = path.split("/")
    if host.lower() not in HUB_HOSTS or len(parts) < 2 or not is_repository("/".join(parts[:2])):
        return url, None
    if len(parts) == 2 or not parts[2]:
        return "/".join(parts[:2]), None
    if len(parts) > 4 and parts[2] in FILE_VIEWS:
        return "/".join(parts[:2]), "/".join(parts[4:])
    return url, None


def _in_repository(rest: str, whole: str) -> tuple[str, str | None]:
    parts = rest.partition("?")[0].rstrip("/").split("/")
    if len(parts) < 2:
        return whole, None
    return "/".join(parts[:2]), "/".join(parts[2:]) or None
