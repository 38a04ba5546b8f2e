"""The files that `mnist download` fetches: where from, and how a right one is known."""

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import BinaryIO
from urllib.parse import urlsplit

from mnist_cli import paths, spec
from mnist_cli.checks import unknown_name
from mnist_cli.files.gzipped import DamagedGzipError, decompressed
from mnist_cli.files.reading import system_words
from mnist_cli.spec import BOOK_WEIGHTS, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

_CHUNK = 64 << 10
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8

# Less than RFC 3986 lets pass: no user name or password, and none of what programs read in
# different ways. The server that is shown is then the one that is asked.
_ADDRESS = re.compile(
    r"https?://(\w[\w.-]*|\[[0-9a-f:.]+\])(:[0-9]+)?"  # server and port
    r"([/?#][!-\[\]-~]*)?",  # all of ASCII that is printed, but the backslash
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Origin:
    """Where files come from."""

    licence: str  # and owner
    mirrors: tuple[str, ...]  # that are asked, in this order
    suffix: str = ""  # of a name there


@dataclass(frozen=True)
class RemoteFile:
    """One file of the table."""

    name: str  # on this computer, where it is stored decompressed
    bytes: int  # of the content: mirrors compress differently
    sha256: str  # of the same; it makes plain ``http`` safe
    group: str
    origin: Origin

    @property
    def remote_name(self) -> str:
        """Its name on a mirror."""
        return self.name + self.origin.suffix

    def urls(self, mirrors: Sequence[str] = ()) -> tuple[str, ...]:
        """The addresses to ask, in order; `mirrors`, with a query, stand in for the built-in."""
        bases = map(urlsplit, mirrors or self.origin.mirrors)
        paths = ((base, f"{base.path.rstrip('/')}/{self.remote_name}") for base in bases)
        return tuple(base._replace(path=path, fragment="").geturl() for base, path in paths)


_MNIST = Origin(
    "CC BY-SA 3.0, Y. LeCun and C. Cortes",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        "https://azureopendatastorage.blob.core.windows.net/mnist",
    ),
    ".gz",
)
_BOOK = Origin(
    "MIT, K. Saitoh",
    (
        "https://raw.githubusercontent.com/oreilly-japan/deep-learning-from-scratch/master/ch03",
        # The Korean edition's copy: the same bytes.
        "https://raw.githubusercontent.com/WegraLee/deep-learning-from-scratch/master/ch03",
        "https://cdn.jsdelivr.net/gh/oreilly-japan/deep-learning-from-scratch@master/ch03",
    ),
)

_TRAIN = (
    (TRAIN_IMAGES, 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    (TRAIN_LABELS, 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
)
_TEST = (
    (TEST_IMAGES, 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    (TEST_LABELS, 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
FILES = (
    *(RemoteFile(*each, "train", _MNIST) for each in _TRAIN),
    *(RemoteFile(*each, "test", _MNIST) for each in _TEST),
    RemoteFile(BOOK_WEIGHTS, 181_853, spec.BOOK_WEIGHTS_SHA256, "weights", _BOOK),
)


def select(names: tuple[str, ...] = ()) -> tuple[RemoteFile, ...]:
    """The files of these names and groups, or all; `ValueError` for a name that means none."""
    meanings = {file: {file.group, *paths.spellings(file.name)} for file in FILES}
    for name in names:
        if not any(name in meant for meant in meanings.values()):
            known = dict.fromkeys(word for file in FILES for word in (file.group, file.name))
            raise unknown_name("file or group", name, known)
    return tuple(file for file, meant in meanings.items() if not names or meant & set(names))


def check_mirror(url: str) -> None:
    """Raise `ValueError`, which shows no password, for what is no base address of a mirror."""
    with contextlib.suppress(ValueError):  # of a port or an IPv6 address that cannot be
        if _ADDRESS.fullmatch(url) and urlsplit(url).port != 0:
            return
    raise ValueError(
        "expected an address like https://example.org/mnist, in ASCII,"
        " without a user name, password, blank or backslash"
    )


@dataclass(eq=False)
class SourceError(Exception):
    """Why one server or one file did not deliver."""

    reason: str  # already escaped
    dead: bool = False  # it let us wait for nothing: it is not asked again
    again: float | None = None  # seconds after which it may deliver


def store(
    raw: io.RawIOBase,
    file: RemoteFile,
    target: BinaryIO | None = None,
    advance: Callable[[int], None] = spec.ignore,
) -> None:
    """Write what `raw` holds, gzipped or not; `SourceError` as soon as it cannot be `file`."""
    checksum, count = sha256(), 0
    for part in _decompress(raw):
        if count == 0 and part.lstrip(_BLANK).startswith(b"<"):
            raise SourceError("this is a web page (a login page, perhaps), not the file")
        count += len(part)
        if count > file.bytes:
            raise SourceError(f"too long: more than {file.bytes:,} bytes of content")
        checksum.update(part)
        if target is not None:
            target.write(part)
        advance(count)
    if count < file.bytes:
        raise SourceError(f"cut short: {count:,} of {file.bytes:,} bytes of content")
    if checksum.hexdigest() != file.sha256:
        found = f"its SHA-256 is {checksum.hexdigest()}, expected {file.sha256}"
        raise SourceError(f"wrong content: {found}")


def _decompress(raw: io.RawIOBase) -> Iterator[bytes]:
    """Yield the content in parts."""
    try:
        with decompressed(raw) as content:
            yield from iter(partial(content.read, _CHUNK), b"")
    except DamagedGzipError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {system_words(error)}") from None
