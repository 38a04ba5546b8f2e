"""Real HTTP servers on 127.0.0.1 that misbehave as told."""

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request, given to the answer that the mirror holds for the file's name."""

    protocol_version = "HTTP/1.1"
    server: "Mirror"

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self.server.headers.append(dict(self.headers))
        answer = self.server.answers.get(self.path.rsplit("/", 1)[-1], self.server.default)
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may leave at any moment
            answer(self)

    # Two answers.

    def wait(self) -> None:
        """Say nothing until the test is over."""
        self.server.over.wait(60)

    def hang_up(self) -> None:
        """Close the connection without a word."""

    def log_message(self, *_: object) -> None:
        pass


class Mirror(ThreadingHTTPServer):
    """A server with an answer for each file name, and a memory of what it was asked."""

    daemon_threads = False  # closing waits for them: a test ends when its connections have

    def __init__(self, answers: dict[str, Answer], default: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.answers = answers
        self.default = default
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mnist"

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""


@contextlib.contextmanager
def serving(
    answers: dict[str, Answer] | None = None, default: Answer | None = None
) -> Iterator[Mirror]:
    """Run a mirror; what it has no answer for it does not find."""
    mirror = Mirror(answers or {}, default or status(404))
    thread = threading.Thread(target=mirror.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield mirror
    finally:
        mirror.over.set()
        mirror.shutdown()
        mirror.server_close()
        thread.join()


def sending(
    *parts: bytes,
    status: int = 200,
    pause: float = 0,
    then: bytes = b"",
    **headers: str,
) -> Answer:
    """Sends parts with pauses, and `then` something for ever."""

    def answer(exchange: Exchange) -> None:
        exchange.send_response(status)
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.end_headers()
        for part in itertools.chain(parts, itertools.repeat(then) if then else ()):
            exchange.wfile.write(part)
            if exchange.server.over.wait(pause):
                return

    return answer


def body(content: bytes, **headers: str) -> Answer:
    """The right answer, or a wrong one with right manners."""
    return cut(content, len(content), **headers)


def cut(content: bytes, at: int, **headers: str) -> Answer:
    """Announces all of `content`, sends `at` bytes and hangs up."""
    return sending(content[:at], Content_Length=str(len(content)), **headers)


def status(code: int, **headers: str) -> Answer:
    return sending(b"no.\n", status=code, Content_Length="4", **headers)


def redirect(target: str, code: int = 302) -> Answer:
    return status(code, Location=target)


def first(*answers: Answer) -> Answer:
    """Each answer once, in order; the last one for ever."""
    left = list(answers)

    def answer(exchange: Exchange) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return answer
