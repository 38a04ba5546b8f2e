"""`mnist download` as people run it: real processes, real signals, real servers."""

import gzip
import json
import os
import signal
import subprocess

import pytest
from support.commands import MNIST, mnist
from support.folders import names
from support.servers import body, cut, serving

from mnist_cli import paths
from mnist_cli.downloads.catalogue import FILES

IMAGES = "t10k-images-idx3-ubyte"
LABELS = "t10k-labels-idx1-ubyte"
CONTENT = {name: (paths.embedded_directory() / name).read_bytes() for name in (IMAGES, LABELS)}
SERVED = {f"{name}.gz": gzip.compress(raw, compresslevel=1) for name, raw in CONTENT.items()}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")


@pytest.fixture
def folder(tmp_path):
    """The data directory; not yet there."""
    return tmp_path / "data"


def run(*arguments):
    """Exit code, standard output and standard error of ``mnist download`` in this process."""
    ended = mnist("download", *map(str, arguments))
    return ended.code, ended.stdout, ended.stderr


def test_everything_the_first_time_and_nothing_asked_the_second(folder, tmp_path, shared_data):
    everything = {file.remote_name: shared_data / file.remote_name for file in FILES}
    with serving({name: body(path.read_bytes()) for name, path in everything.items()}) as mirror:
        code, _, err = run("--data-dir", folder, "--mirror", mirror.url + "/")
        assert (code, len(mirror.requests)) == (0, 5)
        assert err.splitlines()[-1].endswith(f" bytes from {mirror.url}/{FILES[-1].remote_name}")
        assert names(folder) == sorted(file.name for file in FILES)

        code, out, err = run("--data-dir", folder, "--mirror", mirror.url)
        assert (code, err, len(mirror.requests)) == (0, "", 5)
        assert out.count(" present ") == 5

    # --quiet prints nothing, and a folder is as good a source
    assert run("--data-dir", folder, "--check", "--quiet") == (0, "", "")
    code, out, _ = run("--data-dir", tmp_path / "copy", "--from", folder)
    assert (code, out.count(" copied "), names(tmp_path / "copy")) == (0, 5, names(folder))


def test_json_says_what_became_of_each_file(folder):
    with serving({f"{LABELS}.gz": body(SERVED[f"{LABELS}.gz"])}) as mirror:
        code, out, err = run("test", "--data-dir", folder, "--mirror", mirror.url, "--json")
        source = f"{mirror.url}/{LABELS}.gz"
    failed, got = json.loads(out)
    assert got == {
        "name": LABELS, "path": str(folder / LABELS), "status": "downloaded", "bytes": 10_008,
        "sha256": FILES[3].sha256, "source": source, "error": None,
    }  # fmt: skip
    error = "no mirror delivered it: HTTP 404 (Not Found)"
    assert failed == dict.fromkeys(got) | {"name": IMAGES, "status": "failed", "error": error}
    assert (code, f"\nError: 1 of 2 files failed: {IMAGES}: {error}" in err) == (1, True)


def test_list_shows_what_there_is_and_check_fails_unless_all_is_right(folder):
    folder.mkdir()
    (folder / LABELS).write_bytes(CONTENT[LABELS])
    code, out, err = run("--list", "--data-dir", folder)
    assert (code, err) == (0, "")
    assert out.count(" present\n") == 1
    assert all(words in out for file in FILES for words in (file.name, file.origin.licence))
    *_, last = json.loads(run("--list", "--json", "--data-dir", folder)[1])
    assert (last["status"], last["mirrors"]) == ("missing", list(FILES[4].urls()))

    code, out, err = run("test", "--check", "--data-dir", folder)
    assert err.startswith(f"Error: 1 of 2 files failed: {IMAGES}: missing in ")
    assert (code, names(folder)) == (1, [LABELS])


def test_ctrl_c_leaves_nothing_behind(folder):
    meanwhile = []

    def answer(exchange):
        cut(SERVED[f"{IMAGES}.gz"], 400_000)(exchange)
        meanwhile.extend(names(folder))
        process.send_signal(signal.SIGINT)
        exchange.wait()

    with serving(default=answer) as mirror:
        command = [*MNIST, "download", IMAGES, "--data-dir", folder, "--mirror", mirror.url]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, "Traceback" in err) == (130, "", False)
    (temporary,) = meanwhile
    assert temporary.startswith(f".{IMAGES}.")
    assert names(folder) == []
