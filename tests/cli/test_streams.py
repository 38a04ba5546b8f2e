"""Standard streams that are closed, full or read by nobody, and signals."""

import os
import re
import signal
import subprocess

import pytest
from PIL import Image
from support.commands import MNIST, mnist_process
from support.folders import names
from support.pictures import saved

from mnist_cli import load_network

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shells, pipes and signals of POSIX")


def shell(line, folder, **environment):
    """Run a line of shell in which `mnist` is the command; return stdout, stderr and exit code."""
    command = " ".join(f"'{word}'" for word in MNIST)
    done = subprocess.run(
        ["bash", "-c", f'mnist() {{ {command} "$@"; }}; {line}'],
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": ""} | environment,  # which flushes for us
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout, done.stderr, done.returncode


@pytest.fixture
def folder(tmp_path, shared_data):
    """An empty folder, in which the training files are found."""
    os.environ["MNIST_DATA_DIR"] = str(shared_data)  # the autouse fixture puts it back
    return tmp_path


@pytest.mark.parametrize(
    "sink", ["2>/dev/full", "2>&1 | head -1 >/dev/null; exit ${PIPESTATUS[0]}"]
)
def test_work_goes_on_when_nobody_gets_the_messages(folder, sink):
    train = "mnist train --limit 100 --epochs 3 --output w.pkl"
    assert shell(f"{train} {sink}", folder)[2] == 0
    assert names(folder) == ["w.json", "w.pkl"]


def test_the_exit_code_is_the_work_s_own_also_when_nobody_reads_the_result(folder):
    _, error, code = shell("mnist predict nothing.png -i 1 | true; exit ${PIPESTATUS[0]}", folder)
    assert (code, "there is no such file" in error) == (1, True)
    line = "mnist --help | true; exit ${PIPESTATUS[0]}"
    for buffered in ("1", ""):
        assert shell(line, folder, PYTHONUNBUFFERED=buffered) == ("", "", 0)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("inspect --json >&-", "standard output: cannot write: it is closed."),
        ("--help >/dev/full", "standard output: cannot write: no space left on device."),
        ("predict -i 1 >/dev/full", "standard output: cannot write: no space left on device."),
        ("predict - <&-", "-: standard input is closed. Name a file."),
    ],
)
def test_a_stream_that_is_closed_or_full_is_one_line(folder, line, error):
    assert shell(f"mnist {line}", folder) == ("", f"Error: {error}\n", 1)


def test_with_no_stream_at_all_an_error_goes_nowhere_else(folder):
    assert shell("mnist inspect nothing.pkl <&- 2>&-", folder) == ("", "", 1)
    assert shell("mnist eval --limit 100 --runs 1 --export e.svg <&- >&- 2>&-", folder)[2] == 1
    assert (folder / "e.svg").exists()


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "Interrupted"), (signal.SIGHUP, 129, "Terminated")],
)
def test_a_signal_keeps_the_best_weights_so_far(folder, number, code, word):
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("this signal is ignored here, as nohup has it")
    options = ("--limit=400", "--epochs=100000", "--activation=relu", "--output=w.pkl")
    command, pipe = [*MNIST, "train", *options], subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr.readline().startswith("epoch 1/")
        process.send_signal(number)
        output, error = process.communicate(timeout=60)
    assert (output, process.returncode) == ("", code)
    assert word in error.splitlines()[-1]
    assert re.search("Note: the best weights so far, of epoch .*, are in w.pkl.partial\n", error)
    assert names(folder) == ["w.pkl.json", "w.pkl.partial"]
    assert load_network(folder / "w.pkl.partial").activation == "relu"


def test_a_signal_that_a_library_takes_for_a_fault_of_its_own_is_a_signal(folder):
    """NumPy, interrupted while its parts are loaded, raises an ImportError instead."""
    (folder / "numpy.py").write_text(
        "import os, signal, time\n"
        "try:\n"
        "    os.kill(os.getpid(), getattr(signal, os.environ['NUMBER']))\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    raise ImportError('numpy cannot be loaded') from None\n"
    )
    line = "PYTHONPATH=. mnist inspect"
    assert shell(line, folder, NUMBER="SIGINT") == ("", "Interrupted.\n", 130)
    assert shell(line, folder, NUMBER="SIGTERM") == ("", "Terminated.\n", 143)


def test_what_libraries_warn_of_is_not_shown(tmp_path):
    half = saved(Image.new("L", (40, 40)), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\0\x0e\1")
    (tmp_path / "half.jpg").write_bytes(half)
    shown = mnist_process("predict", tmp_path / "half.jpg", PYTHONWARNINGS="always")
    assert (shown.stderr, shown.code) == ("", 0)
