"""`mnist download` as people run it: real processes, real signals, real servers."""

import gzip
import json
import os
import signal
import subprocess
import threading
import time

import pytest
from support.commands import MNIST, mnist, on_a_terminal
from support.servers import body, cut, serving, slow_until, status

from mnist_cli import paths
from mnist_cli.downloads.catalogue import FILES

IMAGES = "t10k-images-idx3-ubyte"
LABELS = "t10k-labels-idx1-ubyte"
CONTENT = {name: (paths.embedded_directory() / name).read_bytes() for name in (IMAGES, LABELS)}
SERVED = {f"{name}.gz": gzip.compress(raw, compresslevel=1) for name, raw in CONTENT.items()}
GOOD = {name: body(content) for name, content in SERVED.items()}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")


@pytest.fixture
def folder(tmp_path):
    """The data directory; not yet there."""
    return tmp_path / "data"


def start(*arguments, **options):
    """Run ``mnist download`` as a process of its own."""
    command = [*MNIST, "download", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options)


def run(*arguments):
    """Exit code, standard output and standard error of ``mnist download`` in this process."""
    ended = mnist("download", *map(str, arguments))
    return ended.code, ended.stdout, ended.stderr


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def wait_for_temporary(folder):
    """The file that a download is writing, as soon as there is one with something in it."""
    for _ in range(3000):
        for path in folder.glob(".*.tmp"):
            if path.stat().st_size:
                return path
        time.sleep(0.01)
    raise AssertionError("no download began within 30 s")


# All is well


def test_everything_the_first_time_and_nothing_asked_the_second(folder, shared_data):
    everything = {file.remote_name: shared_data / file.remote_name for file in FILES}
    with serving({name: body(path.read_bytes()) for name, path in everything.items()}) as mirror:
        code, out, err = run("--data-dir", folder, "--mirror", mirror.url + "/")
        assert (code, len(mirror.requests)) == (0, 5)
        assert len(err.splitlines()) == 5  # one for each file
        for file in FILES:
            whence = f"{mirror.url}/{file.remote_name}"
            assert f"{file.name}: {file.bytes:,} bytes from {whence}\n" in err
        last = out.splitlines()[-1]
        assert "mnist eval --weights sample_weight.pkl --batch-size 100 --data-dir" in last
        assert names(folder) == sorted(file.name for file in FILES)

        code, out, err = run("--data-dir", folder, "--mirror", mirror.url)
        assert (code, err, len(mirror.requests)) == (0, "", 5)
        assert out.count(" present ") == 5

    # --quiet prints nothing, and a folder is as good a source
    assert run("--data-dir", folder, "--check", "--quiet") == (0, "", "")
    code, out, err = run("--data-dir", folder / "copy", "--from", folder)
    assert code == 0
    assert out.count(" copied ") == 5
    assert names(folder / "copy") == sorted(file.name for file in FILES)


def test_json_says_what_became_of_each_file(folder):
    with serving({f"{LABELS}.gz": GOOD[f"{LABELS}.gz"]}) as mirror:
        code, out, err = run("test", "--data-dir", folder, "--mirror", mirror.url, "--json")
        source = f"{mirror.url}/{LABELS}.gz"
    assert code == 1
    failed, got = json.loads(out)
    fields = ("name", "path", "status", "bytes", "sha256", "source", "error")
    error = "no mirror delivered it: HTTP 404 (Not Found)"
    values = (IMAGES, None, "failed", None, None, None, error)
    assert failed == dict(zip(fields, values, strict=True))
    values = (LABELS, str(folder / LABELS), "downloaded", 10_008, FILES[3].sha256, source, None)
    assert got == dict(zip(fields, values, strict=True))
    assert err.splitlines()[-1].startswith(f"Error: 1 of 2 files failed: {IMAGES}: no mirror deliv")


def test_list_shows_what_there_is_and_uses_no_network(folder):
    folder.mkdir()
    (folder / LABELS).write_bytes(CONTENT[LABELS])
    code, out, err = run("--list", "--data-dir", folder)
    assert (code, err) == (0, "")
    for file in FILES:
        assert file.name in out
        assert f"{file.bytes:,}" in out
        assert file.origin.licence in out
        assert all(f" {base}/\n" in out for base in file.origin.mirrors)
    assert out.count(" present\n") == 1

    code, out, err = run("--list", "--json", "--data-dir", folder)
    document = json.loads(out)
    assert [entry["status"] for entry in document] == ["missing"] * 3 + ["present", "missing"]
    assert document[4]["mirrors"] == list(FILES[4].urls())


def test_nothing_is_wider_than_the_terminal(folder, tmp_path):
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    long = folder / ("x" * 100)
    with serving(GOOD) as good, serving() as bad:
        mirrors = ["--mirror", bad.url, "--mirror", good.url]
        for arguments in (["--list"], ["test", "--from", tmp_path], ["test", "--force", *mirrors]):
            ended = on_a_terminal("download", *arguments, "--data-dir", long, columns=60)
            rows = ended.lines
            assert max(map(len, rows)) <= 60
            assert ended.code == 0
            assert any(IMAGES in row for row in rows)
    assert any("Note:" in row for row in rows)


# Something is wrong


def test_check_fails_where_something_is_missing_or_damaged(folder):
    folder.mkdir()
    (folder / LABELS).write_bytes(CONTENT[LABELS][:-1])
    code, out, err = run("test", "--check", "--data-dir", folder)
    assert code == 1
    assert [line.split() for line in out.splitlines()[:3]] == [
        ["file", "status", "bytes"],
        [IMAGES, "missing"],
        [LABELS, "damaged"],
    ]
    assert err.startswith("Error: 2 of 2 files failed: ")
    assert len(err.splitlines()) == 1
    assert names(folder) == [LABELS]


def test_when_all_mirrors_fail_one_line_names_the_file_and_what_to_do(folder):
    with serving() as one, serving(default=status(403)) as two:
        code, out, err = run(LABELS, "--data-dir", folder, "--mirror", one.url, "--mirror", two.url)
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            f"Note: {one.url}/{LABELS}.gz: HTTP 404 (Not Found)",
            f"Note: {two.url}/{LABELS}.gz: HTTP 403 (Forbidden)",
            f"Error: {LABELS}: no mirror delivered it: HTTP 403 (Forbidden)."
            " Check the network and try again, name another server with --mirror URL,"
            " or take the files from a folder with --from DIR.",
        ]
    assert names(folder) == []


def test_a_full_disk_leaves_nothing_behind(folder):
    import resource  # not on Windows

    def limit_file_size():  # any write beyond it fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    with serving(GOOD) as mirror:
        process = start(
            "test", "--data-dir", folder, "--mirror", mirror.url, preexec_fn=limit_file_size
        )
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith(f"Error: {folder / IMAGES}: cannot write it: file too")
    assert names(folder) == []


# Signals, and several at once


def test_ctrl_c_leaves_nothing_behind(folder):
    with (
        serving(default=cut(SERVED[f"{IMAGES}.gz"], 400_000, waits=True)) as mirror,
        start(IMAGES, "--data-dir", folder, "--mirror", mirror.url) as process,
    ):
        wait_for_temporary(folder)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert names(folder) == []


def test_the_run_after_a_killed_one_succeeds(folder):
    with serving(default=cut(SERVED[f"{IMAGES}.gz"], 400_000, waits=True)) as mirror:
        with start(IMAGES, "--data-dir", folder, "--mirror", mirror.url) as process:
            left = wait_for_temporary(folder)
            process.kill()
        mirror.answers = GOOD
        code, _, _ = run("test", "--data-dir", folder, "--mirror", mirror.url)
    assert code == 0
    assert names(folder) == [left.name, IMAGES, LABELS]


def test_two_downloads_into_one_folder_do_not_harm_each_other(folder):
    go_on = threading.Event()
    slow = slow_until(go_on, SERVED[f"{IMAGES}.gz"])
    with (
        serving({f"{IMAGES}.gz": slow}) as slow_mirror,
        serving(GOOD) as mirror,
        start(IMAGES, "--data-dir", folder, "--mirror", slow_mirror.url) as process,
    ):
        being_written = wait_for_temporary(folder)
        code, _, _ = run("test", "--data-dir", folder, "--mirror", mirror.url)
        assert code == 0
        assert (folder / IMAGES).read_bytes() == CONTENT[IMAGES]
        assert being_written.exists()
        go_on.set()
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "Error" in err) == (0, False)
    assert names(folder) == [IMAGES, LABELS]
    assert (folder / IMAGES).read_bytes() == CONTENT[IMAGES]
