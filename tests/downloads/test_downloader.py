"""Downloads from real servers on this computer, with everything that can go wrong with them."""

import gzip
import io
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.servers import Exchange, body, cut, first, redirect, sending, serving, status

from mnist_cli import paths
from mnist_cli.downloads import web
from mnist_cli.downloads.catalogue import FILES, SourceError, select, store
from mnist_cli.downloads.downloader import Outcome, check, download, failure
from mnist_cli.errors import FileError

NAME = "t10k-labels-idx1-ubyte"
(FILE,) = select((NAME,))
LABELS = (paths.embedded_directory() / NAME).read_bytes()
PACKED = gzip.compress(LABELS)
WRONG = LABELS[:5000] + bytes([LABELS[5000] ^ 1]) + LABELS[5001:]
PAGE = b"\r\n <!DOCTYPE html><html><body>Log in to our network</body></html>"

GOOD = body(PACKED)
CHUNK = b"%x\r\n%s\r\n" % (len(PACKED), PACKED)  # as chunked transfer encoding has it
ZEROS = bytes(1 << 16)
HASTY = 0.5  # seconds, only for servers that stall


def fetch(folder, *mirrors, **options):
    """Download the test labels."""
    (outcome,) = download([FILE], data_dir=folder, mirrors=mirrors, **options)
    return outcome


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What a good mirror may do

GOOD_ANSWERS = {
    "gzip": GOOD,
    "not packed": body(LABELS),
    "content encoding": body(PACKED, Content_Encoding="gzip"),
    "wrong type": body(PACKED, Content_Type="text/html"),
    "chunked": sending(CHUNK, b"0\r\n\r\n", Transfer_Encoding="chunked"),
    "no length": sending(PACKED),
    "redirected": first(redirect("/x/t10k-labels-idx1-ubyte.gz", 301), redirect("?x=1", 307), GOOD),
}


@pytest.mark.parametrize("answer", GOOD_ANSWERS)
def test_a_good_mirror_delivers_the_file(answer, tmp_path):
    told = []
    with serving(default=GOOD_ANSWERS[answer]) as mirror:
        outcome = fetch(tmp_path, mirror.url, advance=lambda *step: told.append(step))
    assert told == sorted(told, key=lambda step: step[2])
    assert told[-1] == (FILE, outcome.source, 10_008)
    expected = (NAME, "downloaded", tmp_path / NAME, 10_008, FILE.sha256)
    assert outcome == Outcome(*expected, source=f"{mirror.url}/{NAME}.gz")
    assert contents(tmp_path) == {NAME: LABELS}


# What a bad mirror may do: how often it is asked, and what the user reads

WRONG_SUM = (
    "wrong content: its SHA-256 is"
    " 60b6d414fe20bf2507b025e095526f7c5dd9e13628786697b9e62526e111aee6,"
    f" expected {FILE.sha256}"
)
LONG_NAME = b"\x1f\x8b\x08\x08" + bytes(6)  # the head of a gzip file, up to the name in it
FAULTS = {
    "cut": (cut(PACKED, 1000), 2, "cut short: the connection ended too early"),
    "cut unannounced": (sending(PACKED[:1000]), 1, "its gzip stream is cut: it has no end"),
    "cut in chunks": (sending(CHUNK, Transfer_Encoding="chunked"), 2, "the connection ended too"),
    "hangs up": (Exchange.hang_up, 2, "cut short: the connection ended"),
    "403": (status(403), 1, "HTTP 403 (Forbidden)"),
    "404": (status(404), 1, "HTTP 404 (Not Found)"),
    "503": (status(503, Retry_After="0"), 2, "HTTP 503 (Service Unavailable)"),
    "unknown status": (status(799), 1, "HTTP 799 (unknown)"),
    "redirects to a file": (redirect("file:///etc/passwd"), 1, "the address of a redirect, or"),
    "redirects for ever": (sending(then=ZEROS, status=302, Location="/"), 6, "redirected more"),
    "redirects in a circle": (redirect(f"/mnist/{NAME}.gz"), 6, "redirected more than 5 times"),
    "web page": (body(PAGE, Content_Type="image/gif"), 1, "a web page (a login page, perhaps)"),
    "one bit changed": (body(gzip.compress(WRONG)), 1, WRONG_SUM),
    "gzip bomb": (body(gzip.compress(bytes(40_000_000))), 1, "more than 10,008 bytes of content"),
    "never ends": (sending(then=ZEROS), 1, "more than 10,008 bytes of content"),
    "never ends, after gzip": (sending(PACKED, then=ZEROS), 1, "it sent more than 75,644 bytes"),
    "gzip header never ends": (sending(LONG_NAME, then=b"n" * 65536), 1, "it sent more than 75,"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_mirror_is_named_with_its_fault_and_leaves_nothing_behind(fault, tmp_path):
    answer, asked, words = FAULTS[fault]
    notes = []
    with serving(default=answer) as mirror:
        outcome = fetch(tmp_path, mirror.url, note=notes.append)
    assert (outcome.status, len(mirror.requests)) == ("failed", asked)
    assert words in str(outcome.error)
    (note,) = notes
    assert note.startswith(f"{mirror.url}/{NAME}.gz: ")
    assert words in note
    assert contents(tmp_path) == {}


def test_mirrors_are_asked_in_turn_until_one_delivers(tmp_path):
    notes = []
    with serving() as mirror:
        dead = mirror.url
    bad = [cut(LABELS, 5000), body(WRONG), status(404)]
    with ExitStack() as opened:
        short, wrong, plain, good, spare = (
            opened.enter_context(serving(default=answer)).url for answer in (*bad, GOOD, GOOD)
        )
        secure = plain.replace("http:", "https:")  # which it does not understand
        outcome = fetch(tmp_path, dead, short, wrong, secure, good, spare, note=notes.append)
    assert (outcome.status, outcome.source) == ("downloaded", f"{good}/{NAME}.gz")
    assert contents(tmp_path) == {NAME: LABELS}
    named = [note.partition(f"/{NAME}.gz: ") for note in notes]
    assert [url for url, _, _ in named] == [dead, short, wrong, secure]
    assert named[0][2] == "it cannot be reached"
    assert named[3][2] == "no secure connection could be made"


def hang_in_the_body(exchange):
    cut(PACKED, 1000)(exchange)
    exchange.wait()


STALLS = {
    Exchange.wait: "it did not answer in time",
    hang_in_the_body: "it did not answer in time",
    sending(*map(bytes, zip(PACKED, strict=True)), pause=0.05): "it is too slow",
}


def test_a_server_that_stalls_is_left_for_the_next_one_and_not_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(web, "PATIENCE", HASTY)
    files = [FILE, replace(FILE, name="other-labels")]

    def stall(answer, folder):
        notes = []
        with serving(default=answer) as bad, serving(default=GOOD) as good:
            mirrors = [bad.url, good.url]
            outcomes = download(files, data_dir=folder, mirrors=mirrors, note=notes.append)
            assert len(bad.requests) == 1
        assert {outcome.status for outcome in outcomes} == {"downloaded"}
        assert contents(folder) == {file.name: LABELS for file in files}
        (note,) = notes
        assert note.endswith(f": {STALLS[answer]}")

    with ThreadPoolExecutor() as pool:  # all at once, for each takes its time
        list(pool.map(stall, STALLS, (tmp_path / name for name in "abc")))


def test_a_passing_fault_is_mended_by_asking_once_more(tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    passing = [cut(LABELS, 5000), Exchange.hang_up]
    passing += [status(503, Retry_After=told) for told in ("0", "7", "9" * 5000, "soon")]
    for number, fault in enumerate(passing):
        with serving(default=first(fault, GOOD)) as mirror:
            assert fetch(tmp_path / str(number), mirror.url).status == "downloaded"
            assert len(mirror.requests) == 2
        assert contents(tmp_path / str(number)) == {NAME: LABELS}
    assert slept == [0, 0, 0, 7, 10, 1]


def test_without_network_each_server_is_looked_up_and_named_once(tmp_path, monkeypatch):
    asked = []

    def no_such_name(host, *_, **__):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    notes = []
    mirrors = ["http://one.invalid/mnist", "http://two.invalid/mnist"]
    error = str(failure(download(data_dir=tmp_path, mirrors=mirrors, note=notes.append)))
    assert asked == ["one.invalid", "two.invalid"]
    assert notes == [f"{url}/{FILES[0].name}.gz: its name cannot be looked up" for url in mirrors]
    assert "no mirror delivered it: its name cannot be looked up. Check the network" in error
    assert all(error.count(file.name) == 1 for file in FILES)


# What the environment says of the network


def test_a_proxy_from_the_environment_is_used(tmp_path, monkeypatch):
    with serving(default=GOOD) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/mnist"))
        assert fetch(tmp_path, "http://mirror.invalid/mnist").status == "downloaded"
        assert proxy.requests == [f"http://mirror.invalid/mnist/{NAME}.gz"]
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")  # nobody listens there
    assert fetch(tmp_path / "other", "http://mirror.invalid/mnist").error == (
        "no mirror delivered it: the proxy of the environment does not let us through"
    )


def test_what_the_environment_has_wrong_is_said_and_not_shown(tmp_path, monkeypatch):
    missing = str(tmp_path / "missing.pem")
    unusable = "http://", "http://[::1", "http://me:secret@h:port", "http://me:secret@"
    for variable, value in (
        *(("CURL_CA_BUNDLE", missing), ("REQUESTS_CA_BUNDLE", missing)),
        *(("https_proxy", each) for each in (*unusable, "ftp://me:secret@h:1", "http://a b:1")),
        ("ALL_PROXY", "socks5://me:secret@h:1"),
    ):
        with monkeypatch.context() as environment:
            environment.delenv("REQUESTS_CA_BUNDLE", raising=False)
            environment.setenv(variable, value)
            error = fetch(tmp_path, "https://mirror.invalid/").error
        assert error.endswith(" or CURL_CA_BUNDLE, cannot be used")
        assert variable in error
        assert "secret" not in error


# What is nobody's business


def test_no_mirror_gets_a_login_from_netrc(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"  # which requests reads unasked
    netrc.write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(default=GOOD) as other, serving() as mirror:
        mirror.default = redirect(f"{other.url}/{NAME}.gz")
        assert fetch(tmp_path / "data", mirror.url).status == "downloaded"
        sent = [*mirror.headers, *other.headers]
    assert len(sent) == 2
    assert not any("Authorization" in headers for headers in sent)


def test_a_query_is_asked_with_and_never_shown(tmp_path):
    notes = []
    with serving(default=first(status(404), GOOD)) as mirror:
        outcome = fetch(tmp_path, *[f"{mirror.url}?token=secret"] * 2, note=notes.append)
        assert mirror.requests == [f"/mnist/{NAME}.gz?token=secret"] * 2
    assert outcome.source == f"{mirror.url}/{NAME}.gz"
    assert notes == [f"{mirror.url}/{NAME}.gz: HTTP 404 (Not Found)"]


# What may lie in the data directory


def put(folder, name, content):
    """A data directory with such a file."""
    folder.mkdir()
    (folder / name).write_bytes(content)
    return folder


def test_a_right_file_is_left_alone_and_nothing_is_asked(tmp_path):
    spellings = [NAME, f"{NAME}.gz", "t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"]
    with serving(default=GOOD) as mirror:
        for number, (name, content) in enumerate(product(spellings, [LABELS, PACKED])):
            folder = put(tmp_path / str(number), name, content)
            outcome = fetch(folder, mirror.url)
            assert outcome == Outcome(NAME, "present", folder / name, 10_008, FILE.sha256)
            assert contents(folder) == {name: content}
    assert mirror.requests == []


@pytest.mark.parametrize(
    ("name", "content"), [(NAME, b""), (NAME, WRONG), (f"{NAME}.gz", PACKED[:-1])]
)
def test_a_damaged_file_is_replaced_with_a_word_on_it(name, content, tmp_path):
    notes, folder = [], put(tmp_path / "data", name, content)
    with serving(default=GOOD) as mirror:
        assert fetch(folder, mirror.url, note=notes.append).status == "downloaded"
    assert (folder / NAME).read_bytes() == LABELS
    assert check([FILE], data_dir=folder)[0].status == "present"
    (note,) = notes
    assert note.startswith(f"{folder / name} is damaged: ")
    assert note.endswith("; it is fetched anew")


def test_force_fetches_anew_and_never_loses_a_right_file(tmp_path):
    (tmp_path / NAME).write_bytes(LABELS)
    before = (tmp_path / NAME).stat().st_ino
    with serving(default=first(body(gzip.compress(WRONG)), GOOD)) as mirror:
        options = {"data_dir": tmp_path, "mirrors": [mirror.url], "force": True}
        assert download([FILE], **options)[0].status == "failed"
        assert contents(tmp_path) == {NAME: LABELS}
        assert download([FILE], **options)[0].status == "downloaded"
    assert contents(tmp_path) == {NAME: LABELS}
    assert (tmp_path / NAME).stat().st_ino != before


def test_two_downloads_into_one_folder_do_not_harm_each_other(tmp_path):
    meanwhile = []

    def answer(exchange):
        """The second download begins and ends while the first waits for this."""
        second = fetch(tmp_path, good.url)
        meanwhile.append((second.status, len(contents(tmp_path))))
        GOOD(exchange)

    with serving(default=GOOD) as good, serving(default=answer) as mirror:
        assert fetch(tmp_path, mirror.url).status == "downloaded"
    assert meanwhile == [("downloaded", 2)]  # its file, and that in which the first one writes
    assert contents(tmp_path) == {NAME: LABELS}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_or_no_folder_is_refused_before_anything_is_asked(tmp_path):
    os.mkfifo(tmp_path / NAME)
    (tmp_path / "file").touch()
    with serving(default=GOOD) as mirror:
        with pytest.raises(FileError, match="found a pipe, expected a file"):
            fetch(tmp_path, mirror.url)
        with pytest.raises(FileError, match="this cannot be the data directory: file exists"):
            fetch(tmp_path / "file", mirror.url)
    assert mirror.requests == []


# From a folder


def test_a_damaged_copy_is_passed_over_for_a_right_one(tmp_path):
    stick, notes = put(tmp_path / "stick", NAME, WRONG), []
    (stick / f"{NAME}.gz").write_bytes(PACKED)
    (outcome,) = download([FILE], data_dir=tmp_path / "data", source_dir=stick, note=notes.append)
    expected = (NAME, "copied", tmp_path / "data" / NAME, 10_008, FILE.sha256)
    assert outcome == Outcome(*expected, source=str(stick / f"{NAME}.gz"))
    assert notes[0].startswith(f"{stick / NAME}: wrong content")
    assert contents(tmp_path / "data") == {NAME: LABELS}
    assert contents(stick) == {NAME: WRONG, f"{NAME}.gz": PACKED}


def test_a_folder_without_the_file_or_none_at_all_is_named(tmp_path):
    (outcome,) = download([FILE], data_dir=tmp_path / "data", source_dir=tmp_path)
    assert outcome.error == f"not copied from {tmp_path}: there is no such file in it"
    assert "--mirror" in str(failure([outcome]))
    words = str(failure([outcome], tmp_path))
    assert words.endswith("Name another folder, or leave --from out to ask the mirrors.")
    assert str(tmp_path) in words
    with pytest.raises(FileError, match="gone: there is no such folder"):
        download([FILE], data_dir=tmp_path, source_dir=tmp_path / "gone")


# Checking


def test_check_tells_present_missing_and_damaged_and_changes_nothing(tmp_path):
    (tmp_path / NAME).write_bytes(LABELS)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(LABELS)
    before = contents(tmp_path)
    outcomes = check(select(("test", "train")), data_dir=tmp_path)
    assert [outcome.status for outcome in outcomes] == ["missing", "damaged", "missing", "present"]
    assert contents(tmp_path) == before
    error = str(failure(outcomes))
    assert error.startswith("3 of 4 files failed: ")
    assert error.endswith("Run 'mnist download' to get what is missing or damaged.")
    assert "cut short: 10,008 of 60,008 bytes" in error
    assert check([FILE], data_dir=tmp_path / "data")[0].status == "missing"
    assert not (tmp_path / "data").exists()


# The content


@given(st.integers(0, len(PACKED) - 1), st.binary(max_size=1))
def test_a_changed_or_cut_file_is_never_taken_for_the_right_one(position, byte):
    damaged = PACKED[:position] + (byte + PACKED[position + 1 :] if byte else b"")
    target = io.BytesIO()
    try:
        store(io.BytesIO(damaged), FILE, target, lambda _: None)
    except SourceError:
        return
    assert target.getvalue() == LABELS  # a change in the header, the time stamp for instance
