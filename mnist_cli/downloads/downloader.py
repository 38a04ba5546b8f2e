"""From mirrors, or a folder, to verified files in the data directory.

A file is decompressed and hashed while it comes in, and gets its name when its content is right;
whatever goes wrong with one mirror leads to the next one.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from mnist_cli import paths
from mnist_cli.downloads.addresses import check_mirror, host_of, shown, without_secrets
from mnist_cli.downloads.catalogue import FILES, RemoteFile
from mnist_cli.downloads.fetch import fetch
from mnist_cli.downloads.verify import SourceError, copy, look, present
from mnist_cli.errors import DownloadError, FileError, printable
from mnist_cli.files import AnyPath, atomic_writer, remove_abandoned, system_words

Status: TypeAlias = Literal["downloaded", "copied", "present", "failed", "missing", "damaged"]

Fill: TypeAlias = Callable[[BinaryIO, Callable[[int], None]], None]

_WASTED = 6  # times the patience: failed attempts of a run may take so long together
_OTHER_WAYS = (
    "Check the network and try again, name another server with --mirror URL,"
    " or take the files from a folder with --from DIR."
)
_MEND = "Run 'mnist download' to get what is missing or damaged."


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    name:
        Its name in the table of remote files.
    status:
        ``downloaded``, ``copied`` (from a folder), ``present`` (and right) or ``failed``; where
        nothing was to be changed, also ``missing`` or ``damaged``.
    path:
        Where it lies; None when no file of this name is there.
    bytes, sha256:
        Size and checksum of the right, decompressed content; None unless it is there.
    source:
        The address, without secrets, or the file that it was taken from in this run.
    error, hint:
        What went wrong and what to do about it, already escaped.
    """

    name: str
    status: Status
    path: Path | None = None
    bytes: int | None = None
    sha256: str | None = None
    source: str | None = None
    error: str | None = None
    hint: str = ""


class Reporter:
    """What is told of a download while it runs; this one keeps it to itself."""

    def note(self, text: str) -> None:
        """Something the user should know, already escaped, without a full stop."""

    def advance(self, file: RemoteFile, source: str, done: int) -> None:
        """So many bytes of a file are there; fewer than before when it is begun anew."""


def download(
    files: Iterable[RemoteFile] = FILES,
    *,
    data_dir: AnyPath | None = None,
    mirrors: Iterable[str] = (),
    source_dir: AnyPath | None = None,
    force: bool = False,
    patience: float = 10.0,
    reporter: Reporter | None = None,
) -> tuple[Outcome, ...]:
    """Bring `files` into the data directory; one outcome each, in the same order.

    A file that is there already and right is left alone, unless `force`; a damaged one is replaced.
    `mirrors` are asked instead of the built-in ones; with `source_dir` the files are copied from
    that folder and nothing is downloaded. `patience` is the time in seconds that a server may let
    us wait. Files that could not be had are among the outcomes; `failure` makes an error of them.

    Raises
    ------
    FileError
        When the data directory cannot be used.
    ValueError
        For an impossible mirror.
    """
    mirrors = tuple(mirrors)
    for url in mirrors:
        check_mirror(url)
    folder = _usable_folder(paths.data_directory(data_dir))
    for file in FILES:
        remove_abandoned(folder / file.name)
    stick = None if source_dir is None else Path(source_dir)
    run = _Run(folder, mirrors, stick, patience, reporter or Reporter())
    return tuple(run.obtain(file, force) for file in dict.fromkeys(files))


def check(
    files: Iterable[RemoteFile] = FILES, *, data_dir: AnyPath | None = None
) -> tuple[Outcome, ...]:
    """Whether the files of the data directory are ``present``, ``missing`` or ``damaged``.

    Changes nothing.
    """
    folder = paths.data_directory(data_dir)
    return tuple(_state(file, folder) for file in files)


def failure(outcomes: Iterable[Outcome]) -> DownloadError | None:
    """One error for all files that could not be had or are not right; None when there are none."""
    outcomes = tuple(outcomes)
    bad = [outcome for outcome in outcomes if outcome.error is not None]
    if not bad:
        return None
    names: dict[str | None, list[str]] = {}
    for outcome in bad:
        names.setdefault(outcome.error, []).append(outcome.name)
    problem = "; ".join(f"{', '.join(who)}: {what}" for what, who in names.items())
    if len(outcomes) > 1:
        verb = "failed" if any(outcome.status == "failed" for outcome in bad) else "are not right"
        problem = f"{len(bad)} of {len(outcomes)} files {verb}: {problem}"
    hints = dict.fromkeys(outcome.hint for outcome in bad if outcome.hint)
    return DownloadError(problem, hint=" ".join(hints))


class _Run:
    """One call of `download`, and what it learns of the servers."""

    def __init__(
        self,
        folder: Path,
        mirrors: tuple[str, ...],
        source_dir: Path | None,
        patience: float,
        reporter: Reporter,
    ) -> None:
        self._folder = folder
        self._mirrors = mirrors
        self._source_dir = source_dir
        self._patience = patience
        self._reporter = reporter
        self._noted: set[str] = set()
        self._hopeless: dict[str, SourceError] = {}  # by host
        self._wasted = 0.0  # seconds

    def obtain(self, file: RemoteFile, force: bool) -> Outcome:
        """Have `file` in the data directory, and nothing damaged under its name."""
        try:
            right, damaged = look(file, self._folder)
            for path, reason in damaged.items():
                follows = "it is to be replaced" if right is None else "it is to be removed"
                self._note(f"{_named(path)}: {reason}; {follows}")
            if right is not None and not force:
                outcome = _have(file, "present", right)
            elif self._source_dir is not None:
                outcome = self._copy(file, self._source_dir)
            else:
                outcome = self._fetch(file)
            for path in damaged:
                if path != outcome.path:  # it bears another spelling of the name
                    _remove(path)
        except FileError as error:
            problem = f"{error.problem} (data directory {_named(self._folder)})"
            return Outcome(file.name, "failed", error=problem, hint=error.hint)
        except DownloadError as error:
            return Outcome(file.name, "failed", error=error.problem, hint=error.hint)
        return outcome

    def _copy(self, file: RemoteFile, source_dir: Path) -> Outcome:
        problem = f"there is no such file in {_named(source_dir)}"
        for path in present(file, source_dir):
            try:
                self._store(file, str(path), partial(copy, path, file))
                return _have(file, "copied", self._folder / file.name, str(path))
            except SourceError as error:
                problem = f"{_named(path)}: {error.reason}"
                self._note(problem)
        raise DownloadError(problem, hint="Name a folder that holds the files with --from DIR.")

    def _fetch(self, file: RemoteFile) -> Outcome:
        urls = file.urls(self._mirrors)
        reason = ""
        for number, url in enumerate(urls, 1):
            try:
                self._fetch_from(file, url)
                return _have(file, "downloaded", self._folder / file.name, without_secrets(url))
            except SourceError as error:
                reason = error.reason
                where = printable(host_of(url)) if error.dead else shown(url)
                follows = "" if number == len(urls) else "; trying the next mirror"
                self._note(f"{where}: {reason}{follows}")
        who = f"none of {len(urls)} mirrors delivered it, the last one"
        if len(urls) == 1:
            who = "the only mirror failed"
        raise DownloadError(f"{who}: {reason}", hint=_OTHER_WAYS)

    def _fetch_from(self, file: RemoteFile, url: str) -> None:
        """Fetch from one mirror, with a second attempt when the first one's error may pass."""
        host = host_of(url)
        if host in self._hopeless:
            raise self._hopeless[host]
        fill = partial(fetch, url, file, self._patience)
        started = time.monotonic()
        try:
            try:
                self._store(file, without_secrets(url), fill)
            except SourceError as error:
                if error.again is None or self._wasted > _WASTED * self._patience:
                    raise
                wait = min(error.again, self._patience)
                when = f"in {wait:.0f} s" if wait >= 1 else "now"
                self._note(f"{shown(url)}: {error.reason}; trying once more {when}")
                time.sleep(wait)
                self._store(file, without_secrets(url), fill)
        except SourceError as error:
            self._wasted += time.monotonic() - started
            if error.dead or self._wasted > _WASTED * self._patience:
                self._hopeless[host] = error
            raise

    def _store(self, file: RemoteFile, source: str, fill: Fill) -> None:
        # The folder is tried first: without room for a file, no server is asked for it.
        with atomic_writer(self._folder / file.name, overwrite=True) as target:
            fill(target, partial(self._reporter.advance, file, source))

    def _note(self, text: str) -> None:
        if text not in self._noted:  # many files may find the same server dead
            self._noted.add(text)
            self._reporter.note(text)


def _have(file: RemoteFile, status: Status, path: Path, source: str | None = None) -> Outcome:
    return Outcome(file.name, status, path, file.bytes, file.sha256, source)


def _state(file: RemoteFile, folder: Path) -> Outcome:
    right, damaged = look(file, folder)
    if damaged:
        path, reason = next(iter(damaged.items()))
        problem = f"{_named(path)} is damaged: {reason}"
        return Outcome(file.name, "damaged", path, error=problem, hint=_MEND)
    if right is None:
        return Outcome(file.name, "missing", error=f"missing in {_named(folder)}", hint=_MEND)
    return _have(file, "present", right)


def _usable_folder(folder: Path) -> Path:
    """The data directory, made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = "it is not a folder" if isinstance(error, FileExistsError) else system_words(error)
        hint = "Name another one with --data-dir DIR."
        problem = f"this cannot be the data directory: {words}"
        raise FileError(problem, source=folder, hint=hint) from None
    return folder


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        raise FileError(f"cannot remove the damaged {_named(path)}") from None


def _named(path: Path) -> str:
    return printable(str(path), limit=200)
