"""Finds literal secrets: tokens by their form, and values by the name that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kaito_pack.base.records import NamedTuple

if TYPE_CHECKING:
    import re

# Substrings of the patterns below. Most texts contain none of them, so no pattern is compiled.
MARKS = (
    "hf_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA",
    "nvapi-", "AIza", "eyJ", "PRIVATE KEY",
)  # fmt: skip
# No pattern scans to the end from many starting points: 100 kB of `eyJ` would take 15 seconds.
PATTERNS = (
    r"hf_[A-Za-z0-9]{10}",
    r"(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]{0,60}+[0-9])[\w-]{16}",
    r"gh[pousr]_[A-Za-z0-9]{16}",
    r"github_pat_\w{16}",
    r"glpat-[\w-]{16}",
    r"(?<![A-Za-z0-9])xox[abeprs]-[\w-]{10}",
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"nvapi-[\w-]{16}",
    r"AIza[\w-]{30}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"://[^\s/:@]*:(?![$<{*])[^\s/@]+@",  # a password in a URL
)
# Endings of names, in capitals with underscores, whose values are always secrets.
ALWAYS = (
    "_TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "_SECRET", "API_KEY", "APIKEY", "ACCESS_KEY", "SECRET_KEY",
    "PRIVATE_KEY", "ACCOUNT_KEY", "MASTER_KEY", "AUTH_KEY", "LICENSE_KEY", "ENCRYPTION_KEY", "SIGNING_KEY",
)  # fmt: skip
WHOLE = ("TOKEN", "SECRET")
# Names of a tokenizer's special tokens, and keys that are labels or public.
NEVER = (
    "PAD_TOKEN",
    "EOS_TOKEN",
    "BOS_TOKEN",
    "UNK_TOKEN",
    "SEP_TOKEN",
    "CLS_TOKEN",
    "MASK_TOKEN",
    "PUBLIC_KEY",
)
HIDDEN = "(a secret, not shown)"  # printed in place of a secret
KEPT_APART = "encryptedData"  # field of a SealedSecret
NAMED_BY_KEY = ("stringData", "vllm")  # maps whose keys name their values
DATA = ("data", "stringData")  # fields of a Secret
NUMBERS = (int, float)
SHORTEST = 8  # characters; a shorter word is a placeholder such as EMPTY
SHORTEST_PASSWORD = 4
SHORT = 48  # characters: results for such texts are cached
RECENT = 2048  # number of cached short texts


class LiteralSecret(NamedTuple):
    """The place of a secret, and the variable, argument or key whose value it is.

    `is_literal` is true for a text in a place of texts. If it is false, a decoder rejects the value, or it is
    in a Secret.
    """

    path: tuple[str | int, ...]
    name: str
    is_literal: bool = True


def looks_like_secret(text: str) -> bool:
    """Return whether `text` contains a token, a private key or a URL with a password, or is `--api-key=…`."""
    return _is_short_secret(text) if len(text) <= SHORT else _is_any_secret(text)


def _is_any_secret(text: str) -> bool:
    is_suspect = any(mark in text for mark in MARKS) or ("://" in text and "@" in text)
    if is_suspect and (_pattern().search(text) or _holds_web_token(text)):
        return True
    name, equals, value = text.partition("=")
    return bool(equals) and name.startswith("--") and is_secret(name, value)


# The keys and most texts of manifests are the same few hundred words.
_is_short_secret = lru_cache(RECENT)(_is_any_secret)


def _holds_web_token(text: str) -> bool:
    """Return whether `text` contains a JSON Web Token: two parts that begin with `eyJ`, joined by a dot."""
    parts = text.split(".") if ".eyJ" in text else []
    for head, claims in pairwise(parts):
        if claims.startswith("eyJ") and len(_word(claims)) >= 7:
            head = _word(head[::-1])[::-1]
            if 0 <= head.find("eyJ") <= len(head) - 11:
                return True
    return False


def _word(text: str) -> str:
    """Return the letters, digits, dashes and underscores at the start of `text`."""
    end = next((index for index, c in enumerate(text) if not (c.isalnum() or c in "-_")), len(text))
    return text[:end]


@cache
def _pattern() -> re.Pattern[str]:
    import re

    return re.compile("|".join(PATTERNS))


def names_secret(name: str) -> bool:
    """Return whether any value of a variable, argument or key of this name is a secret."""
    ending = _ending(name)
    return not ending.endswith(NEVER) and (ending in WHOLE or ending.endswith(ALWAYS))


def _ending(name: str) -> str:
    return name.lstrip("-").replace("-", "_").upper()


def is_secret(name: str, value: str) -> bool:
    """Return whether `value` is a secret because a variable, argument or key of this name has it.

    A reference such as $(NAME), a path, a placeholder and an empty value are not secrets.
    """
    ending = _ending(name)
    is_key = ending.endswith("_KEY") and not ending.endswith(NEVER)
    is_key = is_key and any(c.isdigit() for c in value) and not set("/.:") & set(value)
    shortest = SHORTEST_PASSWORD if "PASS" in ending else SHORTEST
    return (is_key or names_secret(name)) and len(value) >= shortest and _is_literal(value)


def _is_literal(value: str) -> bool:
    is_reference = "$(" in value or "${" in value or value.startswith(("$", "<", "/", "{{", "*"))
    return not is_reference and not any(c.isspace() for c in value) and "://" not in value


def literal_secrets(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[LiteralSecret]:
    """Yield the secrets in a pod template, in arguments and settings, found by the names of the values."""
    return (secret for secret in _secrets(value, path) if secret.is_literal)


def secret_places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of all values that are secrets because of their place, whatever their type.

    These are those of `literal_secrets`, the data of a Secret, and values that a decoder rejects in place of
    a text: a number, a boolean, a map or a list.
    """
    return (secret.path for secret in _secrets(value, ()))


def _secrets(value: Any, path: tuple[str | int, ...]) -> list[LiteralSecret]:
    secrets: list[LiteralSecret] = []
    _collect(value, path, secrets)
    return secrets


def _collect(value: Any, path: tuple[str | int, ...], secrets: list[LiteralSecret]) -> None:
    """Add the secrets in a part of a tree to `secrets`; nested generators would cost one call per level."""
    if isinstance(value, dict):
        name, content = value.get("name"), value.get("value")
        is_named = bool(path) and path[-1] in NAMED_BY_KEY
        if isinstance(name, str) and isinstance(content, str) and is_secret(name, content):
            secrets.append(LiteralSecret((*path, "value"), name))
        elif isinstance(name, str) and not isinstance(content, str | None) and names_secret(name):
            secrets.append(LiteralSecret((*path, "value"), name, is_literal=False))
        for key, part in value.items():
            step = (*path, key)
            if is_named and isinstance(part, str) and is_secret(str(key), part):
                secrets.append(LiteralSecret(step, str(key)))
            elif key != KEPT_APART:
                is_data = key in DATA and part and value.get("kind") == "Secret"
                if is_data or (type(part) in NUMBERS and _is_secret_number(key, part)):
                    secrets.append(LiteralSecret(step, key, is_literal=False))
                if isinstance(part, dict | list):
                    _collect(part, step, secrets)
    elif isinstance(value, list):
        secrets += _in_list(value, path)
        for index, part in enumerate(value):
            if isinstance(part, dict | list):
                _collect(part, (*path, index), secrets)


def _is_secret_number(key: object, number: float) -> bool:
    """Return whether `number` is under a secret's key, and too long to be a switch or a count."""
    return isinstance(key, str) and names_secret(key) and len(str(number)) >= SHORTEST_PASSWORD


def _in_list(value: list[Any], path: tuple[str | int, ...]) -> Iterator[LiteralSecret]:
    """Yield the secrets among the words of a command line, and inside a single word."""
    if not any(isinstance(word, str) for word in value):
        return
    words = [word if isinstance(word, str) else "" for word in value]
    yield from (LiteralSecret((*path, index), name) for index, name in _in_words(words))
    for index, (flag, part) in enumerate(zip(["", *words], value, strict=False)):
        if isinstance(part, str):
            inner = _in_words(part.replace('"', "").split()) if " " in part else iter(())
            if (secret := next((name for _, name in inner), None)) is not None:
                yield LiteralSecret((*path, index), secret)
        elif part is not None and flag.startswith("--") and "=" not in flag and names_secret(flag):
            yield LiteralSecret((*path, index), flag, is_literal=False)


def without_secrets(value: Any) -> Any:
    """Return a tree with every secret, in keys, texts or parts of texts, replaced by HIDDEN."""
    return _masked(value, (), frozenset(secret_places(value)))


def _masked(value: Any, path: tuple[str | int, ...], secrets: frozenset[tuple[str | int, ...]]) -> Any:
    if path in secrets or (isinstance(value, str) and looks_like_secret(value)):
        return HIDDEN
    if isinstance(value, dict):
        return {
            _masked(key, (), secrets): _masked(part, (*path, key), secrets) for key, part in value.items()
        }
    if isinstance(value, list):
        return [_masked(part, (*path, index), secrets) for index, part in enumerate(value)]
    return value


def _in_words(words: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the words of a command line that are secrets: `--api-key X`, `--api-key=X`, `API_KEY=X`."""
    given_to = ""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word.startswith("--") or (equals and name.replace("_", "").isalnum() and name.isupper()):
            given_to = "" if equals else name
            if equals and is_secret(name, value):
                yield index, name
        elif given_to and is_secret(given_to, word):
            yield index, given_to
