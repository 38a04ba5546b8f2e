"""The files that `mnist download` fetches: where from, how large, and how a right one is known.

Mirrors compress the MNIST files differently, so sizes and SHA-256 are those of the decompressed
bytes. They are also what makes plain ``http`` mirrors acceptable.
"""

import difflib
from dataclasses import dataclass

from mnist_cli import paths
from mnist_cli.downloads.addresses import below
from mnist_cli.errors import printable
from mnist_cli.spec import BOOK_WEIGHTS, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

_MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://azureopendatastorage.blob.core.windows.net/mnist",
)
_WEIGHTS_MIRRORS = (
    "https://raw.githubusercontent.com/oreilly-japan/deep-learning-from-scratch/master/ch03",
    # The Korean edition's copy: the same bytes.
    "https://raw.githubusercontent.com/WegraLee/deep-learning-from-scratch/master/ch03",
    "https://cdn.jsdelivr.net/gh/oreilly-japan/deep-learning-from-scratch@master/ch03",
)
_MNIST_LICENCE = "CC BY-SA 3.0, Y. LeCun and C. Cortes"
_WEIGHTS_LICENCE = "MIT, K. Saitoh"


@dataclass(frozen=True)
class RemoteFile:
    """One file of the table.

    Attributes
    ----------
    name:
        Its name on this computer, where it is stored decompressed.
    group:
        ``train``, ``test`` or ``weights``.
    bytes, sha256:
        Size and checksum of the decompressed content.
    licence:
        Licence and owner.
    remote_name:
        Its name on a mirror.
    mirrors:
        The built-in base addresses, in the order in which they are asked.
    """

    name: str
    group: str
    bytes: int
    sha256: str
    licence: str
    remote_name: str
    mirrors: tuple[str, ...]

    @property
    def wire_limit(self) -> int:
        """The most bytes that a mirror may send: gzip adds little even where it gains nothing."""
        return self.bytes + self.bytes // 100 + (64 << 10)

    def urls(self, mirrors: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The addresses to ask, in order; `mirrors` stand in for the built-in ones."""
        return tuple(below(base, self.remote_name) for base in mirrors or self.mirrors)


# Of the decompressed content.
_SHA256 = {
    TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    BOOK_WEIGHTS: "b7f55a27988ba34c3777b0f1bbd464817c8a4db855723e6ff26f703501917a13",
}


def _mnist(name: str, group: str, size: int) -> RemoteFile:
    gzipped = f"{name}.gz"
    return RemoteFile(name, group, size, _SHA256[name], _MNIST_LICENCE, gzipped, _MNIST_MIRRORS)


def _weights(name: str, size: int) -> RemoteFile:
    sha256 = _SHA256[name]
    return RemoteFile(name, "weights", size, sha256, _WEIGHTS_LICENCE, name, _WEIGHTS_MIRRORS)


FILES = (
    _mnist(TRAIN_IMAGES, "train", 47_040_016),
    _mnist(TRAIN_LABELS, "train", 60_008),
    _mnist(TEST_IMAGES, "test", 7_840_016),
    _mnist(TEST_LABELS, "test", 10_008),
    _weights(BOOK_WEIGHTS, 181_853),
)


def select(names: tuple[str, ...] = ()) -> tuple[RemoteFile, ...]:
    """The files that `names` mean, each once, in the order of the table; no names mean all.

    A name is ``train``, ``test``, ``weights`` or a file's own, in any spelling that the tool reads.

    Raises
    ------
    ValueError
        For any other name; the message says which one is near.
    """
    wanted: set[str] = set()
    for name in names:
        meant = {file.name for file in FILES if name in (file.group, *paths.spellings(file.name))}
        if not meant:
            known = ["train", "test", "weights", *(file.name for file in FILES)]
            near = difflib.get_close_matches(name.lower()[:80], known, n=1, cutoff=0.7)
            question = f". Did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"'{printable(name)}' is none of {', '.join(known)}{question}")
        wanted |= meant
    return tuple(file for file in FILES if not names or file.name in wanted)
