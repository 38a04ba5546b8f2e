"""One file from one server, within bounds of bytes and time.

The SHA-256 of its content is known, so it does not matter who sends it: the worst that a server can
do is to fail, to send too much or to be slow.
"""

import io
import re
import socket
import ssl
import time
from collections.abc import Callable
from http.client import responses
from typing import Any, BinaryIO
from urllib.parse import urljoin

import requests
from urllib3 import exceptions

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.content import SourceError, store
from mnist_cli.errors import DownloadError
from mnist_cli.spec import __version__

PATIENCE = 10.0  # seconds that a server may let us wait for a connection, an answer, a part of it
_SLOWEST = 40_000  # bytes of content a second; gzipped, images are a quarter of it or less
_MOST_REDIRECTS = 5
_PASSING = {408, 429, 500, 502, 503, 504}  # status codes
_HEADERS = {"User-Agent": f"mnist-cli/{__version__}", "Accept-Encoding": "identity"}

# What an exception of the HTTP libraries means: in words, and whether the server is to be left.
_MEANINGS: tuple[tuple[type[Exception], str, bool], ...] = (
    (exceptions.ProxyError, "the proxy of the environment does not let us through", False),
    (ssl.SSLCertVerificationError, "its TLS certificate is not trusted", False),
    (ssl.SSLError, "no secure connection could be made", False),
    (socket.gaierror, "its name cannot be looked up", True),
    (exceptions.NewConnectionError, "it cannot be reached", True),
    (exceptions.TimeoutError, "it did not answer in time", True),
    (exceptions.ProtocolError, "cut short: the connection ended too early", False),
)


def fetch(url: str, file: RemoteFile, target: BinaryIO, advance: Callable[[int], None]) -> None:
    """Write the verified content of `file` at `url` to `target`; wait once for a fault to pass.

    Raises `SourceError`, and `DownloadError` for what the environment has wrong.
    """
    for is_last in (False, True):
        try:
            with _ask(url) as response:
                store(_Body(response.raw, file), file, target, advance)
            return
        except SourceError as error:
            fault = error
        except (requests.RequestException, exceptions.HTTPError) as error:
            fault = _meaning(error)
        if is_last or fault.again is None:
            raise fault
        time.sleep(fault.again)
        target.seek(0)  # the whole content covers a part of it


def _ask(url: str) -> requests.Response:
    """The answer with status 200, its body not yet read, after a few redirects at most."""
    for _ in range(_MOST_REDIRECTS + 1):
        response = _get(url)
        status = response.status_code
        if status == 200:
            return response
        response.close()
        if not response.is_redirect:
            told = response.headers.get("retry-after", "")
            wait = min(float(told), PATIENCE) if re.fullmatch("[0-9]+", told) else 1.0
            raise SourceError(
                f"HTTP {status} ({responses.get(status, 'unknown')})",
                again=wait if status in _PASSING else None,
            )
        url = urljoin(url, response.headers["location"])
    raise SourceError(f"redirected more than {_MOST_REDIRECTS} times")


def _get(url: str) -> requests.Response:
    """Ask once; blame the environment for what it has wrong."""
    try:
        return requests.get(
            url,
            headers=_HEADERS,
            auth=lambda request: request,  # adds nothing, and no login of a netrc either
            timeout=PATIENCE,
            stream=True,
            allow_redirects=False,
            hooks={"response": _leave_redirect},
        )
    except (ValueError, TypeError):  # an address that is none; those of mirrors were checked
        if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
            raise DownloadError(
                "the environment names a proxy without a usable address",
                hint="Correct http_proxy, https_proxy, ALL_PROXY or the system's settings.",
            ) from None
        raise SourceError("redirected to an address that is not one of http or https") from None
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise DownloadError(
            "the environment names certificates that cannot be loaded",
            hint="Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it.",
        ) from None


def _leave_redirect(response: requests.Response, **_: Any) -> None:
    """Close a redirect, whose body requests would read to an end that may never come."""
    if response.is_redirect:
        response.close()


def _meaning(error: Exception) -> SourceError:
    """What an exception of the HTTP libraries, with all that caused it, means to the user."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    for kind, reason, dead in _MEANINGS:
        if any(isinstance(cause, kind) for cause in causes):
            again = 0 if kind is exceptions.ProtocolError else None
            return SourceError(reason, dead=dead, again=again)
    return SourceError("its answer makes no sense")


class _Body(io.RawIOBase):
    """The body of an answer; raises `SourceError` for too many bytes, and for too few in a time."""

    def __init__(self, raw: Any, file: RemoteFile) -> None:
        super().__init__()
        # Old versions of urllib3 only know how to wait for all that is asked for.
        self._read = getattr(raw, "read1", raw.read)
        self._limit = file.bytes + file.bytes // 100 + (64 << 10)  # gzip adds no more
        self._received = 0
        self._seconds = PATIENCE + file.bytes / _SLOWEST
        self._end = time.monotonic() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._read(len(buffer))
        buffer[: len(part)] = part
        self._received += len(part)
        if self._received > self._limit:
            raise SourceError(f"it sent more than {self._limit:,} bytes")
        if time.monotonic() > self._end:
            slow = f"it is too slow: not all came within {self._seconds:.0f} s"
            raise SourceError(slow, dead=True)
        return len(part)
