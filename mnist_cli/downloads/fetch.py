"""The body of one address as a readable stream that no server can make us wait for, or fill up.

The socket's own time-outs are not enough: they start anew with every byte, and they do not cover
the look-up of a name, which not even Ctrl-C interrupts. So the exchange runs in a thread of its
own, and the reader, who holds the clock, leaves when a limit is passed.
"""

import io
import os
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from mnist_cli import __version__
from mnist_cli.downloads.addresses import redirected
from mnist_cli.downloads.verify import SourceError
from mnist_cli.errors import DownloadError, printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from requests import PreparedRequest, Response, Session

_PIECE = 16 << 10  # bytes asked for at a time
_POLL = 0.2  # seconds; Windows notices Ctrl-C only between two waits
_LOWEST_SPEED = 10_000  # bytes a second, over the time that a server may be silent
_TRANSFER = 1_000.0  # seconds: about what the largest file takes at that speed
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_PAUSE = 1.0  # seconds before a second attempt, where a busy server names no time


class Body(io.RawIOBase):
    """The body of the answer to a GET of `url`, as it came over the wire, readable once.

    Nothing is decompressed, whatever the headers say, and at most `wire_limit` bytes are read. The
    head of the answer, for which creating one waits, must come within `patience` seconds, with name
    look-up, connection, TLS and redirects; and enough of the body in each such time after it.

    Raises
    ------
    SourceError
        Here and while reading, when the server does not deliver.
    DownloadError
        When the environment names certificates or a proxy that cannot be used.
    """

    def __init__(self, url: str, wire_limit: int, patience: float) -> None:
        super().__init__()
        self._patience = patience
        self._arrived: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
        self._rest, self._ended = b"", False
        self._complaint = f"no answer within {patience:g} s"
        self._transfer_end = monotonic() + _TRANSFER
        self._open_window()
        # A daemon: one that hangs in a name look-up must not keep the process from ending.
        threading.Thread(target=self._exchange, args=(url, wire_limit), daemon=True).start()
        self._take()
        self._open_window()
        self._complaint = (
            f"it stalled: less than {_LOWEST_SPEED:,} bytes a second over {patience:g} s"
        )

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what is there; 0 at the end of the body."""
        if not self._rest and not self._ended:
            self._rest = self._take()
            self._ended = not self._rest
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _open_window(self) -> None:
        self._window_end, self._window_bytes = monotonic() + self._patience, 0

    def _take(self) -> bytes:
        """The next piece that the thread has read, empty for the head and at the end."""
        while (now := monotonic()) < self._transfer_end:
            if now >= self._window_end:
                if self._window_bytes < _LOWEST_SPEED * self._patience:
                    raise SourceError(self._complaint, dead=True)
                self._open_window()
            try:
                item = self._arrived.get(timeout=min(_POLL, self._window_end - now))
            except queue.Empty:
                continue
            if isinstance(item, Exception):
                raise item
            self._window_bytes += len(item)
            return item
        raise SourceError(f"not done within {_TRANSFER:g} s", dead=True)

    def _exchange(self, url: str, wire_limit: int) -> None:
        """What runs in the thread; it ends soon after this body is closed."""
        import requests

        try:
            with requests.Session() as session:
                # The reader's clock decides; this one only ends a thread that nobody waits for.
                timeout = (self._patience / 3, self._patience * 2)
                with _ask(session, url, timeout) as response:
                    self._arrived.put(b"")
                    for piece in _pieces(response, wire_limit):
                        if self.closed:
                            return
                        self._arrived.put(piece)
            self._arrived.put(b"")
        except Exception as error:  # a bug of ours too: it is raised where somebody sees it
            self._arrived.put(_meaning(error) or error)


def _ask(session: "Session", url: str, timeout: tuple[float, float]) -> "Response":
    """The answer with status 200, its body not yet read, after a few redirects at most."""
    for _ in range(_MOST_REDIRECTS + 1):
        response = _send(session, url, timeout)
        status = response.status_code
        target = response.headers.get("location", "")
        if status == HTTPStatus.OK:
            return response
        response.close()
        if status not in _REDIRECTS or not target:
            raise _refusal(status, response.headers.get("retry-after", ""))
        new = redirected(url, target)
        if new is None:
            raise SourceError(
                "redirected to an address that is not followed"
                " (only http and https are, and never from https to http)"
            )
        url = new
    raise SourceError(f"redirected more than {_MOST_REDIRECTS} times")


def _send(session: "Session", url: str, timeout: tuple[float, float]) -> "Response":
    import requests

    headers = {
        "User-Agent": f"mnist-cli/{__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",  # one answer each: none is lost with a kept connection
    }
    question = requests.Request("GET", url, headers=headers, auth=_use_login_of_the_address)
    settings = session.merge_environment_settings(url, {}, True, True, None)
    proxies, verify = settings["proxies"], settings["verify"] or True
    if url.startswith("https:") and isinstance(verify, str):
        _check_certificates(verify)
    proxy = requests.utils.select_proxy(url, proxies)
    prepared = session.prepare_request(question)
    try:
        # Not session.send: of a redirect it reads the body, however long, into memory.
        return session.get_adapter(url).send(
            prepared, stream=True, timeout=timeout, verify=verify, proxies=proxies
        )
    except (ValueError, TypeError, requests.exceptions.ProxyError) as error:
        if proxy is None:
            raise
        raise _proxy_fault(proxy, error) from None


def _use_login_of_the_address(request: "PreparedRequest") -> "PreparedRequest":
    """Keep requests from looking into the user's netrc, which was not written for mirrors."""
    import requests

    user, password = requests.utils.get_auth_from_url(request.url or "")
    return requests.auth.HTTPBasicAuth(user, password)(request) if user or password else request


def _check_certificates(bundle: str) -> None:
    """Blame the environment, not the server, for certificates that cannot be loaded."""
    try:
        kind = "capath" if os.path.isdir(bundle) else "cafile"  # noqa: PTH112 - as requests does
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{kind: bundle})
    except OSError:
        variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        name = next(name for name in variables if os.environ.get(name) == bundle)
        raise DownloadError(
            f"the environment variable {name} names no file of certificates:"
            f" {printable(bundle, limit=200)}",
            hint="Correct it, or unset it.",
        ) from None


def _proxy_fault(proxy: str, error: Exception) -> DownloadError:
    """Blame the environment, not the server, for a proxy; its address may hold a password."""
    named = [name for name, value in os.environ.items() if value == proxy]
    variable = next((name for name in named if name.lower().endswith("_proxy")), None)
    where = f"of the environment variable {variable}" if variable else "of the system's settings"
    malformed = isinstance(error, (ValueError, TypeError))
    fault = "has no address that can be used" if malformed else "does not let us through"
    return DownloadError(f"the proxy {where} {fault}", hint="Correct it, or unset it.")


def _pieces(response: "Response", limit: int) -> Iterator[bytes]:
    """The body of an answer, at most `limit` bytes, and all that it announces."""
    from urllib3.exceptions import ProtocolError

    announced = response.raw.length_remaining
    if announced is not None and announced > limit:
        raise SourceError(f"it announces {announced:,} bytes, at most {limit:,} are read")
    received = 0
    cut = False
    try:
        while piece := response.raw.read(_PIECE, decode_content=False):
            received += len(piece)
            if received > limit:
                raise SourceError(f"it goes on and on, at most {limit:,} are read")
            yield piece
    except ProtocolError:
        cut = True
    if announced is not None and received < announced:  # urllib3 1 doesn't look at this
        raise SourceError(f"cut short: {received:,} of {announced:,} bytes came", again=0)
    if cut:
        raise SourceError("cut short: the connection ended too early", again=0)


def _refusal(status: int, retry_after: str) -> SourceError:
    from urllib3.exceptions import HTTPError
    from urllib3.util import Retry

    try:
        words = f"HTTP {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        words = f"HTTP {status}"
    if status not in _PASSING:
        return SourceError(words)
    try:
        return SourceError(words, again=max(0.0, Retry().parse_retry_after(retry_after)))
    except (HTTPError, ValueError, OverflowError):
        return SourceError(words, again=_PAUSE)


def _meaning(error: Exception) -> SourceError | None:
    """What an exception of the HTTP libraries means to the user; None: it is not one of theirs."""
    from urllib3 import exceptions

    nonsense = SourceError(f"its answer makes no sense ({type(error).__name__})")
    causes = list(_causes(error))
    for kind, meaning in (
        ((SourceError, DownloadError), None),
        (ssl.SSLCertVerificationError, SourceError("its TLS certificate is not trusted")),
        (ssl.SSLError, SourceError("no secure connection could be made")),
        (socket.gaierror, SourceError("its name cannot be looked up", dead=True)),
        (exceptions.NewConnectionError, SourceError("it cannot be reached", dead=True)),
        (exceptions.TimeoutError, SourceError("no answer in time", dead=True)),
        (exceptions.ProtocolError, SourceError("the connection was cut", again=0)),
        (exceptions.HTTPError, nonsense),
        (OSError, nonsense),  # those of requests, too
        (ValueError, nonsense),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return meaning
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
