"""`mnist download` as people run it: real processes, real signals, real servers."""

import os
import signal
import subprocess
from functools import partial

import pytest
from support.commands import MNIST, mnist
from support.folders import names
from support.servers import body, cut, serving

from mnist_cli.downloads.catalogue import FILES
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import TEST_IMAGES, TEST_LABELS

LABELS = (embedded_directory() / TEST_LABELS).read_bytes()

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")

run = partial(mnist, "download")


@pytest.fixture
def folder(tmp_path):
    """The data directory; not yet there."""
    return tmp_path / "data"


def test_everything_the_first_time_and_nothing_asked_the_second(folder, tmp_path, shared_data):
    answers = {file.remote_name: (shared_data / file.remote_name).read_bytes() for file in FILES}
    with serving({name: body(content) for name, content in answers.items()}) as mirror:
        first = run("--data-dir", folder, "--mirror", mirror.url + "/")
        assert (first.code, len(mirror.requests)) == (0, 5)
        source = f"{mirror.url}/{FILES[-1].remote_name}"
        assert first.stderr.splitlines()[-1].endswith(f" bytes from {source}")
        assert names(folder) == sorted(file.name for file in FILES)

        second = run("--data-dir", folder, "--mirror", mirror.url)
        assert (second.code, second.stderr, len(mirror.requests)) == (0, "", 5)
        assert second.stdout.count(" present ") == 5

    quiet = run("--data-dir", folder, "--check", "--quiet")
    assert (quiet.code, quiet.stdout.count(" present "), quiet.stderr) == (0, 5, "")
    copied = run("--data-dir", tmp_path / "copy", "--from", folder)  # as good a source
    assert (copied.code, copied.stdout.count(" copied ")) == (0, 5)
    assert names(tmp_path / "copy") == names(folder)


def test_json_says_what_became_of_each_file(folder):
    with serving({f"{TEST_LABELS}.gz": body(LABELS)}) as mirror:
        done = run("test", "--data-dir", folder, "--mirror", mirror.url, "--json")
        source = f"{mirror.url}/{TEST_LABELS}.gz"
    failed, got = done.document
    assert got == {
        "name": TEST_LABELS, "path": str(folder / TEST_LABELS), "status": "downloaded",
        "bytes": 10_008, "sha256": FILES[3].sha256, "source": source, "error": None,
    }  # fmt: skip
    error = "no mirror delivered it: HTTP 404 (Not Found)"
    assert failed == dict.fromkeys(got) | {"name": TEST_IMAGES, "status": "failed", "error": error}
    assert done.code == 1
    assert f"\nError: 1 of 2 files failed: {TEST_IMAGES}: {error}" in done.stderr


def test_list_shows_what_there_is_and_check_fails_unless_all_is_right(folder):
    folder.mkdir()
    (folder / TEST_LABELS).write_bytes(LABELS)
    listed = run("--list", "--data-dir", folder)
    assert (listed.code, listed.stderr) == (0, "")
    assert listed.stdout.count(" present\n") == 1
    assert all(
        words in listed.stdout for file in FILES for words in (file.name, file.origin.licence)
    )
    *_, last = run("--list", "--json", "--data-dir", folder).document
    assert (last["status"], last["mirrors"]) == ("missing", list(FILES[4].urls()))

    checked = run("test", "--check", "--data-dir", folder)
    assert checked.stderr.startswith(f"Error: 1 of 2 files failed: {TEST_IMAGES}: missing in ")
    assert (checked.code, names(folder)) == (1, [TEST_LABELS])


def test_ctrl_c_leaves_nothing_behind(folder):
    meanwhile = []

    def answer(exchange):
        cut((embedded_directory() / TEST_IMAGES).read_bytes(), 400_000)(exchange)
        meanwhile.extend(names(folder))
        process.send_signal(signal.SIGINT)
        exchange.wait()

    with serving(default=answer) as mirror:
        command = [*MNIST, "download", TEST_IMAGES, "--data-dir", folder, "--mirror", mirror.url]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, "Traceback" in err) == (130, "", False)
    (temporary,) = meanwhile
    assert temporary.startswith(f".{TEST_IMAGES}.")
    assert names(folder) == []
