"""The answer of a server, within bounds of bytes and time; its SHA-256 tells what it is worth."""

import io
import re
import socket
import ssl
import time
from http.client import responses
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3 import exceptions

from mnist_cli.downloads.catalogue import RemoteFile, SourceError
from mnist_cli.spec import __version__

PATIENCE = 10.0  # seconds that a server may let us wait for a connection, an answer, a part of it
_SLOWEST = 40_000  # bytes of content a second; gzipped, images are a quarter of it or less
_MOST_REDIRECTS = 5
_PASSING = {408, 429, 500, 502, 503, 504}  # status codes
_HEADERS = {"User-Agent": f"mnist-cli/{__version__}", "Accept-Encoding": "identity"}

# What an exception of the HTTP libraries means; their own words tell whole addresses.
_MEANINGS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ProxyError, "the proxy of the environment does not let us through"),
    (ssl.SSLCertVerificationError, "its TLS certificate is not trusted"),
    (ssl.SSLError, "no secure connection could be made"),
    (socket.gaierror, "its name cannot be looked up"),
    (exceptions.NewConnectionError, "it cannot be reached"),
    (exceptions.TimeoutError, "it did not answer in time"),
    (exceptions.ProtocolError, "cut short: the connection ended too early"),
    (
        Exception,
        "the address of a redirect, or what the environment says in http_proxy, https_proxy,"
        " ALL_PROXY, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, cannot be used",
    ),
)


class _Answer(io.RawIOBase):
    """The body of an answer; raises `SourceError` for too many bytes, and for too few in a time."""

    def __init__(self, response: requests.Response, file: RemoteFile) -> None:
        self._response = response
        self._limit = file.bytes + file.bytes // 100 + (64 << 10)  # gzip adds no more
        self._received = 0
        self._end = time.monotonic() + PATIENCE + file.bytes / _SLOWEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raw = self._response.raw
        try:
            # Old versions of urllib3 only know how to wait for all that is asked for.
            part = getattr(raw, "read1", raw.read)(len(buffer))
        except exceptions.HTTPError as error:
            raise _meaning(error) from None
        buffer[: len(part)] = part
        self._received += len(part)
        if self._received > self._limit:
            raise SourceError(f"it sent more than {self._limit:,} bytes")
        if time.monotonic() > self._end:
            raise SourceError("it is too slow", dead=True)
        return len(part)

    def close(self) -> None:
        self._response.close()
        super().close()


def ask(url: str, file: RemoteFile) -> _Answer:
    """The answer with status 200, its body not yet read, after a few redirects at most."""
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            response = requests.get(
                url,
                headers=_HEADERS,
                auth=lambda request: request,  # adds nothing, and no login of a netrc either
                timeout=PATIENCE,
                stream=True,
                allow_redirects=False,
                # Else requests would read the body of a redirect to an end that may never come.
                hooks={"response": lambda it, **_: it.close() if it.is_redirect else None},
            )
        except (OSError, TypeError, ValueError) as error:
            raise _meaning(error) from None
        if not response.is_redirect:
            break
        url = urljoin(url, response.headers["location"])
    else:
        raise SourceError(f"redirected more than {_MOST_REDIRECTS} times")
    status = response.status_code
    if status == 200:
        return _Answer(response, file)
    response.close()
    told = response.headers.get("retry-after", "")
    wait = min(float(told), PATIENCE) if re.fullmatch("[0-9]+", told) else 1.0
    reason = f"HTTP {status} ({responses.get(status, 'unknown')})"
    raise SourceError(reason, again=wait if status in _PASSING else None)


def _meaning(error: Exception) -> SourceError:
    """What an exception of the HTTP libraries, with all that caused it, means to the user."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    rows = (row for row in _MEANINGS if any(isinstance(each, row[0]) for each in causes))
    kind, reason = next(rows)
    passes = kind is exceptions.ProtocolError
    return SourceError(reason, dead=not passes, again=0 if passes else None)
