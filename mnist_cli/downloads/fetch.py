"""The body of one address as a readable stream that no server can make us wait for, or fill up.

The socket's own time-outs are not enough: they start anew with every byte, and they do not cover
the look-up of a name. So the exchange runs in a thread of its own, and the reader, who holds the
clock, leaves when a limit is passed.
"""

import contextlib
import io
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from mnist_cli import __version__
from mnist_cli.downloads.verify import SourceError
from mnist_cli.errors import printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from requests import Response, Session

_PIECE = 16 << 10  # bytes asked for at a time
_POLL = 0.1  # seconds until a stop is noticed
_HEAD = b""  # stands in the queue for the arrival of an answer's head
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Limits:
    """How long a server may take. All times in seconds.

    Attributes
    ----------
    connect:
        For one attempt to connect; a name may have several addresses, some of them dead.
    answer:
        From the question to the head of the answer: name look-up, connection, TLS, redirects.
    silence:
        Between two pieces of the body, which also has to bring `speed` bytes a second over it.
    transfer:
        For the whole of a file. The largest one takes about as long at the lowest speed.
    short:
        Stands in for `answer` and `silence` once a server has let us wait for nothing.
    wasted:
        Failed attempts of a run may take so long together; then `short` holds for every server.
    retry_wait:
        The longest wait before a second attempt, whatever ``Retry-After`` says.
    redirects:
        How many are followed.
    """

    connect: float = 3.0
    answer: float = 10.0
    silence: float = 10.0
    speed: int = 10_000
    transfer: float = 1_000.0
    short: float = 4.0
    wasted: float = 80.0
    retry_wait: float = 10.0
    redirects: int = 5

    def shortened(self) -> "Limits":
        """The limits for a server of which little is hoped."""
        return replace(
            self,
            connect=min(self.connect, self.short / 2),
            answer=min(self.answer, self.short),
            silence=min(self.silence, self.short),
        )


class StoppedError(Exception):
    """The run is over, because of Ctrl-C for instance: drop everything."""


class _AbandonedError(Exception):
    """Nobody reads this body any more."""


class Body(io.RawIOBase):
    """The body of the answer to a GET of `url`, as it came over the wire, readable once.

    Nothing is decompressed, whatever the headers say. Creating one waits for the head of the
    answer. At most `wire_limit` bytes are read. Raises `SourceError`, or `StoppedError` soon after
    `stop` is set; whoever reads must close it.
    """

    def __init__(self, url: str, limits: Limits, wire_limit: int, stop: threading.Event) -> None:
        super().__init__()
        self._limits = limits
        self._wire_limit = wire_limit
        self._stop = stop
        self._left = threading.Event()
        self._pieces: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=64)
        self._rest = memoryview(b"")
        self._ended = False
        # A daemon: one that hangs in a name look-up must not keep the process from ending.
        threading.Thread(target=self._run, args=(url,), name="fetch", daemon=True).start()
        started = monotonic()
        try:
            self._next(limits.answer, f"no answer within {limits.answer:g} s")
        except BaseException:
            self.close()
            raise
        self._transfer_end = started + limits.transfer
        self._window_start, self._window_bytes = monotonic(), 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what is there; 0 at the end of the body."""
        if not self._rest and not self._ended:
            piece = self._next(self._limits.silence, self._slowness())
            self._ended = piece is None
            self._rest = memoryview(piece or b"")
            self._watch_speed(len(self._rest))
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Let go of the connection, now or as soon as its thread wakes up."""
        self._left.set()
        super().close()

    def _next(self, patience: float, complaint: str) -> bytes | None:
        """The next piece; None at the end."""
        until = monotonic() + patience
        while True:
            if self._stop.is_set():
                raise StoppedError
            remaining = until - monotonic()
            if remaining <= 0:
                raise SourceError(complaint, stalled=True)
            try:
                piece = self._pieces.get(timeout=min(remaining, _POLL))
            except queue.Empty:
                continue
            if isinstance(piece, Exception):
                raise piece
            return piece

    def _watch_speed(self, count: int) -> None:
        now = monotonic()
        if now > self._transfer_end:
            raise SourceError(f"not done within {self._limits.transfer:g} s", stalled=True)
        self._window_bytes += count
        elapsed = now - self._window_start
        if elapsed >= self._limits.silence:
            if self._window_bytes < self._limits.speed * elapsed:
                raise SourceError(self._slowness(), stalled=True)
            self._window_start, self._window_bytes = now, 0

    def _slowness(self) -> str:
        return (
            f"it stalled: less than {self._limits.speed:,} bytes a second "
            f"over {self._limits.silence:g} s"
        )

    # What follows runs in the thread of the exchange.

    def _run(self, url: str) -> None:
        try:
            self._exchange(url)
        except _AbandonedError:
            pass
        except Exception as error:  # a bug of ours too: it is raised where somebody sees it
            with contextlib.suppress(_AbandonedError):
                self._offer(_meaning(error) or error)

    def _offer(self, item: bytes | Exception | None) -> None:
        while not self._left.is_set():
            try:
                return self._pieces.put(item, timeout=_POLL)
            except queue.Full:
                continue
        raise _AbandonedError

    def _exchange(self, url: str) -> None:
        import urllib3

        with _session() as session, _ask(session, url, self._limits) as response:
            announced = response.raw.length_remaining
            if announced is not None and announced > self._wire_limit:
                raise _too_long(f"it announces {announced:,} bytes", self._wire_limit)
            self._offer(_HEAD)
            received = 0
            try:
                while piece := response.raw.read(_PIECE, decode_content=False):
                    received += len(piece)
                    if received > self._wire_limit:
                        raise _too_long("it goes on and on", self._wire_limit)
                    self._offer(piece)
            except urllib3.exceptions.ProtocolError:
                raise _cut_short(received, announced) from None
            if announced is not None and received < announced:  # urllib3 1 doesn't look at this
                raise _cut_short(received, announced)
            self._offer(None)


def host_of(url: str) -> str:
    """The server of an address, with its port but without user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def without_login(url: str) -> str:
    """An address without the user name and password that it may hold."""
    return urlunsplit(urlsplit(url)._replace(netloc=host_of(url)))


def shown(url: str) -> str:
    """An address for the user's eyes, escaped."""
    return printable(without_login(url), limit=200)


def _session() -> "Session":
    import requests

    class Session(requests.Session):
        def get_redirect_target(self, resp: "Response") -> None:
            """Leave redirects to us: requests reads their bodies, however long, into memory."""

    return Session()


def _ask(session: "Session", url: str, limits: Limits) -> "Response":
    """The answer with status 200, its body not yet read, after a few redirects at most."""
    for _ in range(limits.redirects + 1):
        response = session.get(
            url,
            stream=True,
            # The reader's clock decides; that for reading only ends a thread that nobody waits for.
            timeout=(limits.connect, limits.answer + limits.silence),
            headers={
                "User-Agent": f"mnist-cli/{__version__}",
                "Accept-Encoding": "identity",
                "Connection": "close",  # one answer each: none is lost with a kept connection
            },
        )
        status = response.status_code
        target = response.headers.get("location", "")
        if status == HTTPStatus.OK:
            return response
        response.close()
        if status not in _REDIRECTS or not target:
            raise _refusal(status, response.headers.get("retry-after", ""))
        url = _redirected(url, target)
    raise SourceError(f"redirected more than {limits.redirects} times")


def _redirected(url: str, target: str) -> str:
    try:
        new = urljoin(url, target)
        old_scheme, new_scheme = urlsplit(url).scheme, urlsplit(new).scheme
    except ValueError:
        raise SourceError("redirected to an impossible address") from None
    if new_scheme not in ("http", "https"):
        raise SourceError(f"redirected to {shown(new)}; only http and https are followed")
    if (old_scheme, new_scheme) == ("https", "http"):
        raise SourceError(f"redirected from https to plain http ({shown(new)})")
    return new


def _refusal(status: int, retry_after: str) -> SourceError:
    try:
        words = f"HTTP {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        words = f"HTTP {status}"
    return SourceError(words, passing=status in _PASSING, retry_after=_seconds(retry_after))


def _seconds(retry_after: str) -> float | None:
    """``Retry-After`` in seconds, given as a number or a date; None for anything else."""
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    try:
        if retry_after.strip().isdecimal():
            return float(retry_after)
        moment = parsedate_to_datetime(retry_after)
        return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a time zone
        return None


def _too_long(what: str, limit: int) -> SourceError:
    return SourceError(f"{what}, at most {limit:,} are read")


def _cut_short(received: int, announced: int | None) -> SourceError:
    if announced is None:
        return SourceError("cut short: the connection ended too early", passing=True)
    return SourceError(f"cut short: {received:,} of {announced:,} bytes came", passing=True)


def _meaning(error: Exception) -> SourceError | None:
    """What an exception of the HTTP libraries means to the user; None: it is not one of theirs."""
    import http.client

    import requests
    import urllib3

    if isinstance(error, SourceError):
        return error
    theirs = (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,  # an address or a header that makes no sense
    )
    if not isinstance(error, theirs):
        return None
    chain = list(_causes(error))
    for kind, meaning in (
        (requests.exceptions.InvalidSchema, SourceError("the proxy setting cannot be used")),
        (requests.exceptions.InvalidProxyURL, SourceError("the proxy setting cannot be used")),
        (requests.exceptions.ProxyError, SourceError("the proxy does not let us through")),
        (ssl.SSLCertVerificationError, SourceError("its TLS certificate is not trusted")),
        (ssl.SSLError, SourceError("no secure connection could be made")),
        (socket.gaierror, SourceError("its name cannot be looked up", offline=True)),
        (ConnectionRefusedError, SourceError("connection refused")),
        (requests.exceptions.Timeout, SourceError("no connection in time", stalled=True)),
        (urllib3.exceptions.TimeoutError, SourceError("it stalled", stalled=True)),
        (urllib3.exceptions.NewConnectionError, SourceError("it cannot be reached", offline=True)),
        (urllib3.exceptions.ProtocolError, SourceError("the connection was cut", passing=True)),
        (ConnectionError, SourceError("the connection was cut", passing=True)),
    ):
        if any(isinstance(cause, kind) for cause in chain):
            return meaning
    return SourceError(f"its answer makes no sense ({type(error).__name__})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
