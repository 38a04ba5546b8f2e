"""One file from one place, an address or a folder, and whether it is the right one.

Only the decompressed content counts: anyone may have gzipped it, or not at all. A server can
neither make us wait for ever nor fill us up. The socket's own time-outs are not enough: they start
anew with every byte, and they do not cover the look-up of a name, which not even Ctrl-C interrupts.
So the exchange runs in a thread of its own, and the caller's thread holds the clock and leaves when
a limit is passed.
"""

import contextlib
import io
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from hashlib import sha256
from http.client import responses
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mnist_cli import paths
from mnist_cli.downloads.catalogue import RemoteFile, redirected
from mnist_cli.errors import DownloadError, FileError
from mnist_cli.files.gzipped import DamagedGzipError, decompressed
from mnist_cli.files.reading import open_regular, system_words
from mnist_cli.spec import __version__

if TYPE_CHECKING:
    from requests import Response, Session

PATIENCE = 10.0  # seconds that a server may let us wait
_LOWEST_SPEED = 10_000  # bytes a second, over such a time
_LONGEST = 1200.0  # seconds for a file: the largest, gzipped, comes in so long at lowest speed
_PART = 16 << 10  # bytes: a small part of what must come in such a time
_MOST_REDIRECTS = 5
_PASSING = {408, 429, 500, 502, 503, 504}  # status codes
_HEADERS = {"User-Agent": f"mnist-cli/{__version__}", "Accept-Encoding": "identity"}
_CHUNK = 64 << 10
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8


class SourceError(Exception):
    """Why one server or one file did not deliver, escaped.

    `dead` if it let us wait for nothing; `again` are the seconds after which it may be better.
    """

    def __init__(self, reason: str, *, dead: bool = False, again: float | None = None) -> None:
        super().__init__(reason)
        self.dead = dead
        self.again = again


def fetch(url: str, file: RemoteFile, target: BinaryIO, advance: Callable[[int], None]) -> None:
    """Write the verified content of `file` at `url` to `target`, as `store` does.

    A server with a passing fault is asked once more. Each time the head of the answer must come
    within `PATIENCE`, with name look-up, connection, TLS and redirects; enough of the body in each
    such time after it; and the whole within `_LONGEST`. Raises `SourceError` when the server does
    not deliver, `DownloadError` for certificates or a proxy of the environment that are no use.
    """
    try:
        return _fetch_once(url, file, target, advance)
    except SourceError as error:
        if error.again is None:
            raise
        time.sleep(error.again)
    target.seek(0)
    target.truncate()
    return _fetch_once(url, file, target, advance)


def _fetch_once(
    url: str, file: RemoteFile, target: BinaryIO, advance: Callable[[int], None]
) -> None:
    # No server may send more: gzip adds little even where it gains nothing.
    body = _Body(file.bytes + file.bytes // 100 + (64 << 10))
    done: Future[None] = Future()

    def exchange() -> None:
        import requests

        try:
            with requests.Session() as session, _ask(session, url) as response:
                body.raw = response.raw
                store(body, file, target, advance)
            done.set_result(None)
        except Exception as error:  # a bug of ours too; or the target was closed: nobody waits
            done.set_exception(_meaning(error))

    threading.Thread(target=exchange, daemon=True).start()  # must not keep the process if it hangs
    before = None
    for _ in range(round(_LONGEST / PATIENCE)):
        with contextlib.suppress(NotYet):
            return done.result(PATIENCE)
        if body.raw is None:
            raise SourceError(f"no answer within {PATIENCE:g} s", dead=True)
        received = body.received
        if before is not None and received - before < _LOWEST_SPEED * PATIENCE:
            speed = f"less than {_LOWEST_SPEED:,} bytes a second over {PATIENCE:g} s"
            raise SourceError(f"it stalled: {speed}", dead=True)
        before = received
    raise SourceError(f"it is too slow: not all came within {_LONGEST:g} s", dead=True)


class _Body(io.RawIOBase):
    """The body of an answer as it comes over the wire, up to so many bytes; `raw` once it does."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.raw: Any = None
        self._limit = limit
        self.received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self.raw.read(min(_PART, len(buffer)))
        buffer[: len(part)] = part
        self.received += len(part)
        if self.received > self._limit:
            raise SourceError(f"it sent more than {self._limit:,} bytes")
        return len(part)


def _ask(session: "Session", url: str) -> "Response":
    """The answer with status 200, its body not yet read, after a few redirects at most."""
    for _ in range(_MOST_REDIRECTS + 1):
        response = _send(session, url)
        if response.status_code == 200:
            return response
        response.close()
        if not response.is_redirect:
            status = response.status_code
            told = response.headers.get("retry-after", "")
            wait = min(float(told), PATIENCE) if re.fullmatch("[0-9]+", told) else 1.0
            raise SourceError(
                f"HTTP {status} ({responses.get(status, 'unknown')})",
                again=wait if status in _PASSING else None,
            )
        new = redirected(url, response.headers["location"])
        if new is None:
            raise SourceError(
                "redirected to an address that is not followed"
                " (only http and https are, without a login, and never from https to http)"
            )
        url = new
    raise SourceError(f"redirected more than {_MOST_REDIRECTS} times")


def _send(session: "Session", url: str) -> "Response":
    """Ask as ``session.get`` does, but read neither a redirect's body nor the user's netrc."""
    import requests

    settings = session.merge_environment_settings(url, {}, True, True, None)
    verify, proxies = settings["verify"] or True, settings["proxies"]
    if url.startswith("https:") and isinstance(verify, str):
        try:
            kind = "capath" if Path(verify).is_dir() else "cafile"
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{kind: verify})
        except OSError:
            raise DownloadError(
                "the environment names certificates that cannot be loaded",
                hint="Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it.",
            ) from None
    question = requests.Request("GET", url, headers=_HEADERS).prepare()
    try:
        return session.get_adapter(url).send(
            question, stream=True, timeout=60, verify=verify, proxies=proxies
        )
    except (ValueError, TypeError) as error:
        if requests.utils.select_proxy(url, proxies) is None:
            raise
        raise DownloadError(
            "the environment names a proxy without a usable address",
            hint="Correct http_proxy, https_proxy, ALL_PROXY or the system's settings.",
        ) from error


def _meaning(error: Exception) -> Exception:
    """What an exception of the HTTP libraries means to the user; others as they are."""
    import requests
    from urllib3 import exceptions

    if isinstance(error, (SourceError, DownloadError)):
        return error
    meanings: tuple[tuple[Any, str, bool], ...] = (
        (exceptions.ProxyError, "the proxy of the environment does not let us through", False),
        (ssl.SSLCertVerificationError, "its TLS certificate is not trusted", False),
        (ssl.SSLError, "no secure connection could be made", False),
        (socket.gaierror, "its name cannot be looked up", True),
        (exceptions.NewConnectionError, "it cannot be reached", True),
        (exceptions.TimeoutError, "no answer in time", True),
        (exceptions.ProtocolError, "cut short: the connection ended too early", False),
        ((exceptions.HTTPError, requests.RequestException), "its answer makes no sense", False),
    )
    causes: list[Any] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    for kind, reason, dead in meanings:
        if any(isinstance(cause, kind) for cause in causes):
            cut = kind is exceptions.ProtocolError
            return SourceError(reason, dead=dead, again=0 if cut else None)
    return error


def candidates(file: RemoteFile, folder: Path) -> list[Path]:
    """What bears the name of `file` in `folder`, in any spelling."""
    spelled = (folder / spelling for spelling in paths.spellings(file.name))
    return [path for path in spelled if os.path.lexists(path)]


def copy(
    path: Path,
    file: RemoteFile,
    target: BinaryIO | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the verified content of the file at `path` to `target`, or only verify it.

    Raises `SourceError` when it cannot be read, or is not the content of `file`.
    """
    try:
        with open_regular(path) as raw:
            store(raw, file, target, advance)
    except FileError as error:
        raise SourceError(error.problem) from None


def store(
    raw: io.RawIOBase, file: RemoteFile, target: BinaryIO | None, advance: Callable[[int], None]
) -> None:
    """Write the decompressed content of `raw` to `target`; it is not verified before the end.

    No more than the right size is decompressed, and one byte. `advance` is called with the number
    of bytes written so far. Raises `SourceError` as soon as this cannot be the content of `file`,
    at the latest after the last byte.
    """
    checksum, count = sha256(), 0
    for part in _decompress(raw, file.bytes + 1):
        if count == 0 and part.lstrip(_BLANK).startswith(b"<"):
            raise SourceError("this is a web page (a login page, perhaps), not the file")
        count += len(part)
        if count > file.bytes:
            raise SourceError(f"too long: more than {file.bytes:,} bytes of content")
        checksum.update(part)
        if target is not None:
            target.write(part)
        advance(count)
    if count < file.bytes:
        raise SourceError(f"cut short: {count:,} of {file.bytes:,} bytes of content")
    if checksum.hexdigest() != file.sha256:
        raise SourceError(
            f"wrong content: its SHA-256 is {checksum.hexdigest()}, expected {file.sha256}"
        )


def _decompress(raw: io.RawIOBase, most: int) -> Iterator[bytes]:
    try:
        with decompressed(raw) as content:
            while part := content.read(min(_CHUNK, most)):
                most -= len(part)
                yield part
    except DamagedGzipError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {system_words(error)}") from None
