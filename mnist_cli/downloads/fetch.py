"""One file from one address, from a server that can neither make us wait for ever nor fill us up.

The socket's own time-outs are not enough: they start anew with every byte, and they do not cover
the look-up of a name, which not even Ctrl-C interrupts. So the exchange runs in a thread of its
own, and the caller's thread holds the clock and leaves when a limit is passed.
"""

import io
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

from mnist_cli import __version__
from mnist_cli.downloads.addresses import redirected
from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.verify import SourceError, verified
from mnist_cli.errors import DownloadError, printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from requests import PreparedRequest, Response, Session

_PIECE = 16 << 10  # bytes asked for at a time
_POLL = 0.1  # seconds between two looks at the clock
_LOWEST_SPEED = 10_000  # bytes a second, over the time that a server may be silent
_TRANSFER = 1_000.0  # seconds: about what the largest file takes at that speed
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_PAUSE = 1.0  # seconds before a second attempt, where a busy server names no time


def fetch(
    url: str,
    file: RemoteFile,
    patience: float,
    target: BinaryIO,
    advance: Callable[[int], None],
) -> None:
    """Write the verified content of `file` at `url` to `target`.

    The head of the answer must come within `patience` seconds, with name look-up, connection, TLS
    and redirects; and enough of the body in each such time after it. `advance` is called with the
    number of bytes written.

    Raises
    ------
    SourceError
        When the server does not deliver.
    DownloadError
        When the environment names certificates or a proxy that cannot be used.
    """
    exchange = _Exchange(url, file, target, patience)
    exchange.start()
    answered, received = False, 0
    window_end, transfer_end = monotonic() + patience, monotonic() + _TRANSFER
    while exchange.is_alive():
        now = monotonic()
        if exchange.answered and not answered:
            answered, window_end = True, now + patience
        if answered:
            advance(exchange.done)
        if now > transfer_end:
            raise SourceError(f"not done within {_TRANSFER:g} s", dead=True)
        if now > window_end:
            if not answered:
                raise SourceError(f"no answer within {patience:g} s", dead=True)
            if exchange.received - received < _LOWEST_SPEED * patience:
                speed = f"less than {_LOWEST_SPEED:,} bytes a second over {patience:g} s"
                raise SourceError(f"it stalled: {speed}", dead=True)
            window_end, received = now + patience, exchange.received
        exchange.join(_POLL)
    if exchange.answered:
        advance(exchange.done)
    if exchange.error is not None:
        raise exchange.error


class _Exchange(threading.Thread):
    """A question and its answer; the attributes say how far it is."""

    def __init__(self, url: str, file: RemoteFile, target: BinaryIO, patience: float) -> None:
        super().__init__(name="exchange", daemon=True)  # one that hangs must not keep the process
        self._url = url
        self._file = file
        self._target = target
        self._patience = patience
        self.answered = False
        self.received = 0  # bytes over the wire
        self.done = 0  # bytes written
        self.error: Exception | None = None

    def run(self) -> None:
        import requests

        # The caller's clock decides; this one only ends a thread that nobody waits for.
        timeout = (self._patience / 3, self._patience * 2)
        try:
            with (
                requests.Session() as session,
                _ask(session, self._url, timeout) as response,
                _Body(response, self, self._file.wire_limit) as body,
            ):
                self.answered = True
                for piece in verified(body, self._file):
                    self.done += self._target.write(piece)
        except Exception as error:  # a bug of ours too; or the target was closed: nobody waits
            self.error = _meaning(error) or error


class _Body(io.RawIOBase):
    """The body of an answer as it came over the wire, whatever the headers say of packing."""

    def __init__(self, response: "Response", exchange: _Exchange, limit: int) -> None:
        super().__init__()
        self._raw = response.raw
        self._exchange = exchange
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer).cast("B")
        piece = self._raw.read(min(_PIECE, len(target)), decode_content=False)
        target[: len(piece)] = piece
        self._exchange.received += len(piece)
        if self._exchange.received > self._limit:
            raise SourceError(f"it goes on and on, at most {self._limit:,} are read")
        if not piece and self._raw.length_remaining:  # urllib3 1 doesn't look at this
            raise SourceError("cut short: the connection ended too early", again=0)
        return len(piece)


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


def _proxy_fault(proxy: str, error: Exception) -> Exception:
    """Blame the environment, not the server, for a proxy; its address may hold a password."""
    named = [name for name, value in os.environ.items() if value == proxy]
    variable = next((name for name in named if name.lower().endswith("_proxy")), None)
    where = f"of the environment variable {variable}" if variable else "of the system's settings"
    if not isinstance(error, (ValueError, TypeError)):  # to another mirror it may
        return SourceError(f"the proxy {where} does not let us through")
    problem = f"the proxy {where} has no address that can be used"
    return DownloadError(problem, hint="Correct it, or unset it.")


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
    import requests
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
        (
            exceptions.ProtocolError,
            SourceError("cut short: the connection ended too early", again=0),
        ),
        (exceptions.HTTPError, nonsense),
        (requests.RequestException, nonsense),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return meaning
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
