"""Sends requests to the Hugging Face Hub with limits and retries; reports each failure as one sentence.

The library huggingface_hub handles the endpoint (HF_ENDPOINT), the token (HF_TOKEN or a login), proxies,
HF_HUB_OFFLINE and the kinds of errors. It is an extra, imported at the first request.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

from kaito_pack.base.display import shown
from kaito_pack.base.json_text import foreign
from kaito_pack.base.problems import UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields

INSTALL = "huggingface_hub is not installed. Install it with: pip install 'kaito-pack[hub]'"
LARGEST_ANSWER = 64 << 20  # bytes per response; the index of a model with many shards has 10 MB
LARGEST_CONFIG = 4 << 20  # bytes per config.json; the largest in use have about 100 kB
SLOWEST_ANSWER = 60  # maximum seconds per response
ATTEMPTS = 4
LONGEST_WAIT = 60  # maximum seconds to wait for a rate limit
CHUNK = 1 << 16
GATED = "GatedRepo"  # the Hub's code for a repository whose terms the user has not accepted
REJECTED = "Invalid credentials"  # the Hub's message for an unknown token


class NotOnHub(Exception):
    """An error: the Hub does not have the repository, revision or file, or hides it from this token."""


class NotAllowed(Exception):
    """An error: the repository is gated, and the user has not accepted its terms."""


class TooLarge(Exception):
    """An error: the file exceeds its limit and was not read further."""


class _Busy(Exception):
    """A temporary error; `wait` is the number of seconds to wait, if the Hub gives one."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(status)
        self.status, self.wait = status, wait


class HubModel(NamedTuple):
    """A repository on the Hub at one commit: the response of `/api/models/<id>`."""

    model_id: str
    commit: str
    info: Fields


class Hub:
    """A client of the Hub at HF_ENDPOINT. `pause` is called with the seconds to wait before a retry."""

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        try:
            from huggingface_hub import constants
            from huggingface_hub.utils.logging import set_verbosity
        except ImportError:
            raise UsageError(INSTALL) from None
        set_verbosity(logging.CRITICAL)  # its warnings repeat URLs; the pack reports one sentence
        self._endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        self._timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections."""
        from huggingface_hub.utils._http import close_session

        close_session()

    def model(self, model_id: str, revision: str | None = None) -> HubModel:
        """Return the Hub's data about a model, with the sizes of its files.

        A renamed repository has its new id in the response. Raises NotOnHub, and UsageError if the Hub
        cannot be reached or its response cannot be read.
        """
        at_revision = f"/revision/{quote(revision, safe='')}" if revision else ""
        content = self._read(f"/api/models/{model_id}{at_revision}?blobs=true", LARGEST_ANSWER)
        info = self._parsed(content, f"the answer about {shown(model_id)}")
        name, commit = info.get("id"), info.get("sha")
        if not isinstance(name, str) or not isinstance(commit, str):
            raise UsageError(f"{self._shown}: the answer about {shown(model_id)} has no id or no commit")
        return HubModel(name, commit, info)

    def json_file(self, answer: HubModel, name: str, limit: int = LARGEST_CONFIG) -> Fields:
        """Return a JSON file of a repository at its commit.

        Raises NotOnHub, NotAllowed or TooLarge if the file is not available, UsageError as `model` does.
        """
        address = f"/{answer.model_id}/resolve/{quote(answer.commit, safe='')}/{quote(name)}"
        return self._parsed(self._read(address, limit), f"{name} of {shown(answer.model_id)}")

    @property
    def _shown(self) -> str:
        return shown(self._endpoint.rpartition("@")[2])  # without a password in the URL

    def _parsed(self, content: bytes, what: str) -> Fields:
        try:
            value = foreign(content)
        except (ValueError, RecursionError):
            raise UsageError(f"{self._shown}: {what} is not valid JSON") from None
        if not isinstance(value, Mapping):
            raise UsageError(f"{self._shown}: {what} is not a JSON object")
        return value

    def _read(self, address: str, limit: int) -> bytes:
        """Return the content at a URL of the Hub; wait and retry if the Hub is busy."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._read_once(address, limit)
            except _Busy as busy:
                wait = busy.wait or 2 ** (attempt - 1)
                if wait > LONGEST_WAIT or attempt == ATTEMPTS:
                    raise UsageError(self._refusal(busy.status, wait)) from None
                self._pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _read_once(self, address: str, limit: int) -> bytes:
        import httpx2
        from huggingface_hub.errors import OfflineModeIsEnabled
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import get_session

        url = f"{self._endpoint}{address}"
        try:
            headers = build_hf_headers(library_name="kaito-pack")
            with get_session().stream("GET", url, headers=headers, timeout=self._timeout) as response:
                self._raise_for(response)
                return self._limited(response, limit)
        except OfflineModeIsEnabled:
            raise UsageError("the Hub is not asked because HF_HUB_OFFLINE is set. Unset it") from None
        except httpx2.TimeoutException:
            raise UsageError(f"{self._shown} did not answer within {self._timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            reason = type(error).__name__
            advice = "Check the network, HF_ENDPOINT and the proxy settings"
            raise UsageError(f"{self._shown} cannot be reached ({reason}). {advice}") from None

    def _raise_for(self, response: Any) -> None:
        """Raise the exception for an error response.

        The Hub answers 401 for private and missing repositories, and marks gated ones in a header.
        """
        status = response.status_code
        if status < HTTPStatus.BAD_REQUEST:
            return
        if REJECTED in response.headers.get("X-Error-Message", ""):
            raise UsageError(f"{self._shown} does not accept the token. Renew or unset HF_TOKEN")
        if response.headers.get("X-Error-Code") == GATED or status == HTTPStatus.FORBIDDEN:
            raise NotAllowed
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise NotOnHub
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Busy(status, wait_of(response))
        raise UsageError(self._refusal(status, 0))

    def _limited(self, response: Any, limit: int) -> bytes:
        """Return the body of a response, of at most `limit` bytes and within the time limit."""
        content = bytearray()
        latest = time.monotonic() + SLOWEST_ANSWER
        for chunk in response.iter_bytes(CHUNK):
            content += chunk
            if len(content) > limit:
                raise TooLarge
            if time.monotonic() > latest:
                raise UsageError(f"{self._shown} took longer than {SLOWEST_ANSWER} s for one answer")
        return bytes(content)

    def _refusal(self, status: int, wait: float) -> str:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return f"{self._shown} limits the rate of requests. Try again in {wait:.0f} s, or set HF_TOKEN"
        return f"{self._shown} answered with status {status}. Try again later"


def wait_of(response: Any) -> float | None:
    """Return the seconds to wait from a response's Retry-After; None if it has none."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None
