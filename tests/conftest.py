"""Where the tests find real data, and what to do without it."""

import gzip
import os
import signal
from pathlib import Path

import hypothesis
import pytest

from mnist_cli.downloads.catalogue import FILES
from mnist_cli.paths import data_directory

# The workers of the suite share the cores; that NumPy starts a thread for each besides only costs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A shell that starts the suite in the background has Ctrl-C ignored, by all that tests start too.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The one line that names the folder of the real data: the book's weights, MNIST, people's digits.
TEST_DATA = Path(os.environ.get("MNIST_TEST_DATA", Path(__file__).parents[2] / "shared"))

# Where `mnist download` puts them, asked before a test changes the environment.
_DOWNLOADED = data_directory()

ROOT = Path(__file__).parents[1]

# HYPOTHESIS_PROFILE=nightly looks twenty times longer. Time is not measured here: no deadlines.
hypothesis.settings.register_profile("ordinary", max_examples=100, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the book's weights and the four MNIST files as mirrors have them."""
    folder = TEST_DATA / "data"
    if folder.is_dir():
        return folder
    if not all((_DOWNLOADED / file.name).is_file() for file in FILES):
        pytest.skip(f"needs real data: run 'mnist download' (looked in {_DOWNLOADED} and {folder})")
    folder = tmp_path_factory.mktemp("real-data")
    for file in FILES:
        content = (_DOWNLOADED / file.name).read_bytes()
        packed = gzip.compress(content, 1) if file.remote_name.endswith(".gz") else content
        (folder / file.remote_name).write_bytes(packed)
    return folder


def _handwriting(name: str) -> Path:
    """A folder with real handwriting by many people, and its labels in manifest.csv."""
    folder = TEST_DATA / name
    if not (folder / "manifest.csv").exists():
        pytest.skip(f"needs real data: there is no {folder} (set MNIST_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def shared_digits() -> Path:
    return _handwriting("digits")


@pytest.fixture(scope="session")
def shared_rows() -> Path:
    return _handwriting("digit-rows")


@pytest.fixture(scope="session")
def shared_strings() -> Path:
    return _handwriting("digit-strings")


@pytest.fixture(scope="session")
def book_weights(shared_data: Path) -> Path:
    """The book's sample_weight.pkl."""
    return shared_data / "sample_weight.pkl"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the data directory, the proxies or the settings of the person who runs it."""
    monkeypatch.setenv("MNIST_DATA_DIR", str(tmp_path / "data-directory"))
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in ("NO_COLOR", "FORCE_COLOR", "MNIST_DEBUG"):
            monkeypatch.delenv(name)
