"""Firefox without a window, by Marionette, the protocol that it speaks without a driver."""

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


@contextlib.contextmanager
def firefox():
    """Run the Firefox that is installed; gives `send(command, **parameters)` of WebDriver."""
    executable = shutil.which("firefox") or shutil.which("firefox-esr")
    if executable is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        Path(profile, "user.js").write_text(f'user_pref("marionette.port", {port});\n')
        command = [executable, "--headless", "--marionette", "--no-remote", "--profile", profile]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                with _connect(port) as connection, connection.makefile("rb") as stream:
                    yield _speak(connection, stream)
            finally:
                running.terminate()


def _connect(port):
    for _ in range(150):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        time.sleep(0.2)
    pytest.fail("Firefox does not answer")


def _speak(connection, stream):
    def read():
        length = b""
        while (byte := stream.read(1)) != b":":
            length += byte
        return json.loads(stream.read(int(length)))

    def send(command, **parameters):
        message = json.dumps([0, 1, command, parameters])
        connection.sendall(f"{len(message)}:{message}".encode())
        _, _, error, result = read()
        assert error is None, error
        return result

    read()  # it says who it is
    send("WebDriver:NewSession", capabilities={})
    return send
