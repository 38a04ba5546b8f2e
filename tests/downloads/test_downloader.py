"""Downloads from real servers on this computer, with everything that can go wrong with them."""

import gzip
import io
import os
import shutil
import socket
import subprocess
import threading
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal_of
from support.servers import (
    Answer,
    Exchange,
    body,
    chunked,
    cut,
    drip,
    drip_head,
    first,
    hang,
    hang_up,
    redirect,
    sending,
    serving,
    status,
)

from mnist_cli import paths
from mnist_cli.downloads import fetch as fetching
from mnist_cli.downloads.catalogue import FILES, RemoteFile, select
from mnist_cli.downloads.downloader import Outcome, Reporter, check, download, failure
from mnist_cli.downloads.fetch import SourceError, store
from mnist_cli.errors import DownloadError, FileError

NAME = "t10k-labels-idx1-ubyte"
(FILE,) = select((NAME,))
LABELS = (paths.embedded_directory() / NAME).read_bytes()
PACKED = gzip.compress(LABELS)
WRONG = LABELS[:5000] + bytes([LABELS[5000] ^ 1]) + LABELS[5001:]
TEST_FILES = select(("test",))
CONTENT = {file: (paths.embedded_directory() / file.name).read_bytes() for file in TEST_FILES}
SERVED = {file.remote_name: body(gzip.compress(raw, 1)) for file, raw in CONTENT.items()}
PAGE = b"\r\n <!DOCTYPE html><html><body>Log in to our network</body></html>"

GOOD = body(PACKED)
ZEROS = bytes(1 << 16)
HASTY = 0.5  # seconds, only for servers that stall


class Log(Reporter):
    """What a download reported."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps: list[tuple[str, int]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def advance(self, file: RemoteFile, source: str, done: int) -> None:
        assert source
        self.steps.append((file.name, done))


def fetch(folder: Path, *mirrors: str, log: Log | None = None) -> Outcome:
    """Download the test labels."""
    (outcome,) = download([FILE], data_dir=folder, mirrors=mirrors, reporter=log)
    return outcome


@pytest.fixture
def _hasty(monkeypatch):
    """Wait as short as one can for servers that stall."""
    monkeypatch.setattr(fetching, "PATIENCE", HASTY)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What a good mirror may do


GOOD_ANSWERS: dict[str, Answer] = {
    "gzip": GOOD,
    "stored gzip": body(gzip.compress(LABELS, compresslevel=0)),
    "two members": body(gzip.compress(LABELS[:77]) + gzip.compress(LABELS[77:])),
    "zero padding": body(PACKED + bytes(100)),
    "not packed": body(LABELS),
    "content encoding": body(PACKED, Content_Encoding="gzip"),
    "wrong type": body(PACKED, Content_Type="text/html"),
    "chunked": chunked(PACKED, size=1),
    "no length": sending(PACKED),
    "redirected": first(redirect("/x/t10k-labels-idx1-ubyte.gz", 301), redirect("?x=1", 307), GOOD),
}


def test_a_good_mirror_delivers_the_file(tmp_path):
    for what, answer in GOOD_ANSWERS.items():
        folder = tmp_path / what
        with serving(default=answer) as mirror:
            outcome = fetch(folder, mirror.url)
            assert mirror.headers[0]["Accept-Encoding"] == "identity"
        expected = (NAME, "downloaded", folder / NAME, 10_008, FILE.sha256)
        assert outcome == Outcome(*expected, source=f"{mirror.url}/{NAME}.gz"), what
        assert contents(folder) == {NAME: LABELS}


def test_it_is_told_how_far_each_file_is(tmp_path):
    log = Log()
    with serving(SERVED) as mirror:
        outcomes = download(TEST_FILES, data_dir=tmp_path, mirrors=[mirror.url], reporter=log)
        assert mirror.requests == [f"/mnist/{name}" for name in SERVED]
    assert failure(outcomes) is None
    for file in TEST_FILES:
        steps = [done for name, done in log.steps if name == file.name]
        assert steps == sorted(steps)
        assert steps[-1] == file.bytes


def test_a_proxy_from_the_environment_is_used(tmp_path, monkeypatch):
    with serving(default=GOOD) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/mnist"))
        outcome = fetch(tmp_path, "http://mirror.invalid/mnist")
        assert outcome.status == "downloaded"
        assert proxy.requests == [f"http://mirror.invalid/mnist/{NAME}.gz"]


# What a bad mirror may do, and the words the user sees

FAULTS: dict[str, tuple[Answer, str]] = {
    "cut": (cut(PACKED, 1000), "cut short: the connection ended too early"),
    "cut unannounced": (sending(PACKED[:1000]), "its gzip stream is cut: it has no end"),
    "cut, not packed": (sending(LABELS[:-1]), "cut short: 10,007 of 10,008 bytes"),
    "cut in chunks": (chunked(PACKED, end=False), "cut short: the connection ended too early"),
    "hangs up": (hang_up, "cut short: the connection ended"),
    "is no web server": (
        lambda exchange: exchange.wfile.write(b"220 ftp ready\r\n") and None,
        "cut short: the connection ended",
    ),
    "404": (status(404), "HTTP 404 (Not Found)"),
    "503": (status(503, Retry_After="0"), "HTTP 503 (Service Unavailable)"),
    "unknown status": (status(799), "HTTP 799 (unknown)"),
    "redirects to a file": (redirect("file:///etc/passwd"), "to an address that is not followed"),
    "redirects with a login": (redirect("http://me:you@h/"), "to an address that is not followed"),
    "redirects without saying where": (status(302), "HTTP 302 (Found)"),
    "redirects in a circle": (redirect(f"/mnist/{NAME}.gz"), "redirected more than 5 times"),
    "web page, packed": (body(gzip.compress(PAGE)), "a web page (a login page, perhaps)"),
    "one bit changed": (
        body(gzip.compress(WRONG)),
        "wrong content: its SHA-256 is 60b6d414fe20bf2507b025e095526f7c5dd9e13628786697b9e62526e111"
        f"aee6, expected {FILE.sha256}",
    ),
    "damaged gzip": (body(PACKED[:99] + b"\xff\xff" + PACKED[101:]), "gzip stream is damaged"),
    "something behind the gzip": (body(PACKED + b"x"), "gzip stream is damaged"),
    "gzip bomb": (body(gzip.compress(bytes(40_000_000))), "more than 10,008 bytes of content"),
    "never ends": (sending(then=ZEROS), "more than 10,008 bytes of content"),
    "never ends, after gzip": (sending(PACKED, then=ZEROS), "it sent more than 75,644 bytes"),
    "gzip header never ends": (
        sending(b"\x1f\x8b\x08\x08" + bytes(6), then=b"n" * 65536),
        "it sent more than 75,644 bytes",
    ),
}

# What may be better in a moment is asked for once more.
ASKED = {"cut": 2, "cut in chunks": 2, "hangs up": 2, "is no web server": 2, "503": 2}
ASKED["redirects in a circle"] = 6

STALLS: dict[str, tuple[Answer, str]] = {
    "hangs": (hang, f"no answer within {HASTY} s"),
    "drips its head": (drip_head(), f"no answer within {HASTY} s"),
    "hangs in the body": (cut(PACKED, 1000, waits=True), "it stalled: less than 10,000 bytes"),
    "drips": (drip(PACKED), f"it stalled: less than 10,000 bytes a second over {HASTY} s"),
}


def test_a_bad_mirror_leaves_nothing_behind_and_the_next_one_delivers(tmp_path):
    for fault, (answer, words) in FAULTS.items():
        log, folder = Log(), tmp_path / fault
        with serving(default=answer) as bad, serving(default=GOOD) as good:
            alone = fetch(folder, bad.url)
            assert words in str(alone.error)
            assert len(bad.requests) == ASKED.get(fault, 1), fault
            assert contents(folder) == {}

            both = fetch(folder, bad.url, good.url, log=log)
            assert both.source == f"{good.url}/{NAME}.gz"
        (note,) = log.notes
        assert note.startswith(f"{bad.url}/{NAME}.gz: ")
        assert words in note
        assert contents(folder) == {NAME: LABELS}


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("stall", STALLS)
def test_a_server_that_stalls_is_left_for_the_next_one_and_not_asked_again(stall, tmp_path):
    answer, words = STALLS[stall]
    log = Log()
    with serving(default=answer) as bad, serving(SERVED) as good:
        mirrors = [bad.url, good.url]
        outcomes = download(TEST_FILES, data_dir=tmp_path, mirrors=mirrors, reporter=log)
        assert len(bad.requests) == 1
    assert {outcome.status for outcome in outcomes} == {"downloaded"}
    (note,) = log.notes
    assert words in note
    assert contents(tmp_path).keys() == {file.name for file in TEST_FILES}


def test_a_server_that_is_never_too_slow_has_no_more_than_twenty_minutes(tmp_path, monkeypatch):
    assert fetching._LONGEST == 20 * 60
    monkeypatch.setattr(fetching, "PATIENCE", 0.2)
    monkeypatch.setattr(fetching, "_LONGEST", 0.5)
    log, (images, _) = Log(), TEST_FILES
    slowly = drip(CONTENT[images], 0.01, 4000)
    with serving(default=slowly) as slow, serving(SERVED) as good:
        mirrors = [slow.url, good.url]
        (outcome,) = download([images], data_dir=tmp_path, mirrors=mirrors, reporter=log)
    assert outcome.status == "downloaded"
    assert "too slow: not all came within 0.5 s" in log.notes[0]


@pytest.mark.usefixtures("_hasty")
def test_a_name_whose_look_up_hangs_is_left_too(tmp_path, monkeypatch):
    over = threading.Event()
    look_up = socket.getaddrinfo

    def hanging(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "slow.invalid":
            over.wait(60)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    with serving(default=GOOD) as good:
        outcome = fetch(tmp_path, "http://slow.invalid", good.url)
    over.set()
    assert outcome.status == "downloaded"


def test_a_dead_port_leads_to_the_next_mirror(tmp_path):
    log = Log()
    with serving() as mirror:
        dead = mirror.url
    with serving(default=GOOD) as good:
        assert fetch(tmp_path, dead, good.url, log=log).status == "downloaded"
    assert log.notes == [f"{dead}/{NAME}.gz: it cannot be reached"]


def test_a_passing_fault_is_mended_by_asking_once_more(tmp_path, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    passing = [cut(PACKED, 9), hang_up]
    passing += [status(503, Retry_After=told) for told in ("0", "7", "9" * 5000, "soon", "-1")]
    for number, fault in enumerate(passing):
        with serving(default=first(fault, GOOD)) as mirror:
            assert fetch(tmp_path / str(number), mirror.url).status == "downloaded"
            assert len(mirror.requests) == 2
        assert contents(tmp_path / str(number)) == {NAME: LABELS}
    assert slept == [0, 0, 0, 7, fetching.PATIENCE, 1, 1]


def test_without_network_each_server_is_looked_up_and_named_once(tmp_path, monkeypatch):
    asked: list[str] = []

    def no_such_name(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    log = Log()
    mirrors = ["http://one.invalid/mnist", "http://two.invalid/mnist"]
    outcomes = download(data_dir=tmp_path, mirrors=mirrors, reporter=log)
    assert asked == ["one.invalid", "two.invalid"]
    first_file = f"{FILES[0].name}.gz"
    assert log.notes == [f"{url}/{first_file}: its name cannot be looked up" for url in mirrors]
    error = str(failure(outcomes))
    assert "no mirror delivered it: its name cannot be looked up. Check the network" in error
    assert error.count("\n") == 0
    assert all(file.name in error for file in FILES)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
               "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
               "-keyout", "key.pem", "-out", "certificate.pem"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return both


def test_https_needs_a_trusted_certificate_and_is_not_left_for_http(
    tmp_path, certificate, monkeypatch
):
    with serving(default=GOOD) as plain, serving(certificate=certificate) as secure:
        secure.default = redirect(f"{plain.url}/{NAME}.gz")
        assert "its TLS certificate is not trusted" in str(fetch(tmp_path, secure.url).error)
        assert secure.requests == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        outcome = fetch(tmp_path, secure.url)
        assert "redirected to an address that is not followed" in str(outcome.error)
        assert plain.requests == []
        assert contents(tmp_path) == {}

        plain.default, secure.default = redirect(f"{secure.url}/{NAME}.gz"), GOOD
        assert fetch(tmp_path, plain.url).status == "downloaded"


def test_certificates_that_cannot_be_loaded_are_blamed_on_the_environment(tmp_path, monkeypatch):
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    for variable in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        for bundle in (garbage, tmp_path / "missing.pem"):
            monkeypatch.setenv(variable, str(bundle))
            error = refusal_of(fetch, tmp_path, "https://127.0.0.1:9/mnist", error=DownloadError)
            assert error == (
                "the environment names certificates that cannot be loaded."
                " Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it."
            )
    with serving(default=GOOD) as mirror:  # plain http needs none
        assert fetch(tmp_path / "data", mirror.url).status == "downloaded"


def test_a_proxy_address_that_cannot_be_used_is_blamed_on_the_environment(tmp_path, monkeypatch):
    for variable in ("http_proxy", "ALL_PROXY"):
        for proxy in ("http://", "http://[::1", "http://me:secret@h:port", "http://me:secret@",
                      "ftp://me:secret@h:1", "socks5://me:secret@h:1", "http://a b:1"):  # fmt: skip
            monkeypatch.setenv(variable, proxy)
            error = refusal_of(fetch, tmp_path, "http://mirror.invalid/mnist", error=DownloadError)
            assert error == (
                "the environment names a proxy without a usable address."
                " Correct http_proxy, https_proxy, ALL_PROXY or the system's settings."
            )
        monkeypatch.setenv(variable, "http://me:secret@127.0.0.1:9")  # nobody listens there
        assert fetch(tmp_path, "http://mirror.invalid/mnist").error == (
            "no mirror delivered it: the proxy of the environment does not let us through"
        )
        monkeypatch.delenv(variable)


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
    log = Log()
    with serving(default=first(status(404), GOOD)) as mirror:
        outcome = fetch(tmp_path, *[f"{mirror.url}?token=secret"] * 2, log=log)
        assert mirror.requests == [f"/mnist/{NAME}.gz?token=secret"] * 2
    assert outcome.source == f"{mirror.url}/{NAME}.gz"
    assert log.notes == [f"{mirror.url}/{NAME}.gz: HTTP 404 (Not Found)"]


# What may lie in the data directory


def test_a_right_file_is_left_alone_and_nothing_is_asked(tmp_path):
    spellings = [NAME, f"{NAME}.gz", "t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"]
    with serving(default=GOOD) as mirror:
        for number, (name, content) in enumerate(product(spellings, [LABELS, PACKED])):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / name).write_bytes(content)
            outcome = fetch(folder, mirror.url)
            assert outcome == Outcome(NAME, "present", folder / name, 10_008, FILE.sha256)
            assert contents(folder) == {name: content}
    assert mirror.requests == []


def test_a_damaged_file_is_replaced_with_a_word_on_it(tmp_path):
    damaged = [(NAME, b""), (NAME, LABELS[:-1]), (NAME, WRONG), (f"{NAME}.gz", PACKED[:-1])]
    damaged += [("t10k-labels.idx1-ubyte.gz", gzip.compress(WRONG))]
    for number, (name, content) in enumerate(damaged):
        log, folder = Log(), tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(content)
        with serving(default=GOOD) as mirror:
            assert fetch(folder, mirror.url, log=log).status == "downloaded"
        assert (folder / NAME).read_bytes() == LABELS
        assert check([FILE], data_dir=folder)[0].status == "present"
        (note,) = log.notes
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
    meanwhile: list[tuple[str, int]] = []

    def answer(exchange: Exchange) -> None:
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


def test_a_file_is_copied_from_a_folder_in_any_spelling(tmp_path):
    for name, content in [(NAME, LABELS), ("t10k-labels.idx1-ubyte.gz", PACKED)]:
        stick, folder = tmp_path / name, tmp_path / f"data {name}"
        stick.mkdir()
        (stick / name).write_bytes(content)
        (outcome,) = download([FILE], data_dir=folder, source_dir=stick)
        expected = (NAME, "copied", folder / NAME, 10_008, FILE.sha256)
        assert outcome == Outcome(*expected, source=str(stick / name))
        assert contents(folder) == {NAME: LABELS}
        assert contents(stick) == {name: content}


def test_a_damaged_copy_is_passed_over_for_a_right_one(tmp_path):
    (tmp_path / NAME).write_bytes(WRONG)
    (tmp_path / f"{NAME}.gz").write_bytes(PACKED)
    log = Log()
    (outcome,) = download([FILE], data_dir=tmp_path / "data", source_dir=tmp_path, reporter=log)
    assert outcome.source == str(tmp_path / f"{NAME}.gz")
    assert log.notes[0].startswith(f"{tmp_path / NAME}: wrong content")


def test_a_folder_without_the_file_or_none_at_all_is_named(tmp_path):
    (outcome,) = download([FILE], data_dir=tmp_path / "data", source_dir=tmp_path)
    assert outcome.error == f"not copied from {tmp_path}: there is no such file in it"
    assert "--mirror" in str(failure([outcome]))
    (tmp_path / NAME).write_bytes(WRONG)
    (damaged,) = download([FILE], data_dir=tmp_path / "data", source_dir=tmp_path)
    for failed in (outcome, damaged):
        words = str(failure([failed], tmp_path))
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


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255), st.booleans())
def test_a_changed_or_cut_file_is_never_taken_for_the_right_one(position, change, cut_there):
    damaged = bytearray(PACKED[:position] if cut_there else PACKED)
    if not cut_there:
        damaged[position] ^= change
    target = io.BytesIO()
    try:
        store(io.BytesIO(damaged), FILE, target, lambda _: None)  # type: ignore[arg-type]
    except SourceError:
        return
    assert target.getvalue() == LABELS  # a change in the header, the time stamp for instance
