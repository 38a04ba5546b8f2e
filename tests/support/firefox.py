"""Firefox without a window, by Marionette, the protocol that it speaks without a driver."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

_PATIENCE = 120  # seconds for all that is done with it


@contextlib.contextmanager
def firefox():
    """Run the Firefox that is installed; gives `send(command, **parameters)` of WebDriver."""
    executable = shutil.which("firefox") or shutil.which("firefox-esr")
    if executable is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Of the ports one that is free.
        Path(profile, "user.js").write_text('user_pref("marionette.port", 0);\n')
        command = [executable, "--headless", "--marionette", "--no-remote", "--profile", profile]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as running:
            # One that says nothing, and does not end, is ended: then there are no more lines.
            watchdog = threading.Timer(_PATIENCE, running.kill)
            watchdog.start()
            try:
                address = ("127.0.0.1", _port(running.stdout))
                with (
                    socket.create_connection(address, timeout=60) as connection,
                    connection.makefile("rb") as stream,
                ):
                    yield _speak(connection, stream)
            finally:
                watchdog.cancel()
                running.terminate()


def _port(lines):
    """Where it listens, once it says so."""
    for line in lines:
        if found := re.search(r"Listening on port (\d+)", line):
            return int(found[1])
    return pytest.fail("Firefox ended before it listened")


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
