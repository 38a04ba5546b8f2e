"""Real HTTP servers on 127.0.0.1 that misbehave as told. An answer is called with an exchange."""

import contextlib
import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Exchange(BaseHTTPRequestHandler):
    """One request, given to the answer that the mirror holds for the file's name."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.headers.append(dict(self.headers))
        answer = self.server.answers.get(self.path.rsplit("/", 1)[-1], self.server.default)
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may leave at any moment
            answer(self)

    def wait(self):
        """Say nothing until the test is over; an answer, too."""
        self.server.over.wait(60)

    def hang_up(self):
        """Close the connection without a word; an answer, too."""

    def log_message(self, *_):
        pass


class Mirror(ThreadingHTTPServer):
    """A server with an answer for each file name, and a memory of what it was asked."""

    daemon_threads = False  # closing waits for them: a test ends when its connections have

    def __init__(self, answers, default):
        super().__init__(("127.0.0.1", 0), Exchange)
        self.answers = answers
        self.default = default
        self.requests, self.headers = [], []
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/mnist"

    def handle_error(self, *_):
        """Clients that hang up are part of the tests."""


@contextlib.contextmanager
def serving(answers=None, default=None):
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


def sending(*parts, status=200, pause=0, then=b"", **headers):
    """Sends parts with pauses, and `then` something for ever."""

    def answer(exchange):
        exchange.send_response(status)
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.end_headers()
        for part in itertools.chain(parts, itertools.repeat(then) if then else ()):
            exchange.wfile.write(part)
            if exchange.server.over.wait(pause):
                return

    return answer


def body(content, **headers):
    """The right answer, or a wrong one with right manners."""
    return cut(content, len(content), **headers)


def cut(content, at, **headers):
    """Announces all of `content`, sends `at` bytes and hangs up."""
    return sending(content[:at], Content_Length=str(len(content)), **headers)


def status(code, **headers):
    return sending(b"no.\n", status=code, Content_Length="4", **headers)


def redirect(target, code=302):
    return status(code, Location=target)


def first(*answers):
    """Each answer once, in order; the last one for ever."""
    left = [*answers]
    return lambda exchange: (left.pop(0) if len(left) > 1 else left[0])(exchange)
