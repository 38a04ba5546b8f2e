"""From mirrors, or a folder, to verified files in the data directory.

A file is decompressed and hashed while it comes in, and gets its name when its content is right;
whatever goes wrong with one mirror leads to the next one. Two files come side by side.
"""

import io
import os
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Literal, TypeAlias

from mnist_cli import paths
from mnist_cli.downloads.catalogue import FILES, RemoteFile, check_mirror
from mnist_cli.downloads.fetch import Body, Limits, StoppedError, host_of, shown, without_login
from mnist_cli.downloads.patience import Patience
from mnist_cli.downloads.verify import Found, SourceError, look, verified
from mnist_cli.errors import DownloadError, FileError, printable
from mnist_cli.files import AnyPath, atomic_writer, open_regular, remove_abandoned

Status: TypeAlias = Literal["downloaded", "copied", "present", "failed", "missing", "damaged"]

_SIDE_BY_SIDE = 2
_RETRY_AFTER = 1.0  # seconds, where the server names no time
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
        The address or file it was taken from in this run.
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


@dataclass(frozen=True)
class Started:
    """A file begins to come in, perhaps once more."""

    file: RemoteFile
    source: str


@dataclass(frozen=True)
class Advanced:
    """So many bytes of a file's content are there."""

    file: RemoteFile
    done: int


@dataclass(frozen=True)
class Noted:
    """Something the user should know, already escaped, without a full stop."""

    text: str


@dataclass(frozen=True)
class Finished:
    """A file is done with, well or badly."""

    outcome: Outcome


Event: TypeAlias = Started | Advanced | Noted | Finished


def download(
    files: Iterable[RemoteFile] = FILES,
    *,
    data_dir: AnyPath | None = None,
    mirrors: Iterable[str] = (),
    source_dir: AnyPath | None = None,
    force: bool = False,
    limits: Limits | None = None,
    report: Callable[[Event], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Bring `files` into the data directory; one outcome each, in the same order.

    A file that is there already and right is left alone, unless `force`; a damaged one is replaced.
    `mirrors` are asked instead of the built-in ones; with `source_dir` the files are copied from
    that folder and nothing is downloaded. `report` is called in this thread with what happens.

    Files that could not be had are among the outcomes; `failure` makes one error of them. Raises
    `FileError` when one of the folders cannot be used, `ValueError` for an impossible mirror.
    """
    files, mirrors = tuple(dict.fromkeys(files)), tuple(mirrors)
    for url in mirrors:
        check_mirror(url)
    source = None if source_dir is None else _existing_folder(source_dir)
    folder = _usable_folder(paths.data_directory(data_dir))
    for file in FILES:
        remove_abandoned(folder / file.name)
    return _Run(files, folder, mirrors, source, force, limits or Limits()).outcomes(report)


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
    """One call of `download`: what its two threads share."""

    def __init__(
        self,
        files: tuple[RemoteFile, ...],
        folder: Path,
        mirrors: tuple[str, ...],
        source_dir: Path | None,
        force: bool,
        limits: Limits,
    ) -> None:
        self._files = files
        self._folder = folder
        self._mirrors = mirrors
        self._source_dir = source_dir
        self._force = force
        self._patience = Patience(limits)
        self._notes: set[str] = set()
        self._stop = threading.Event()
        self._waiting: queue.SimpleQueue[RemoteFile] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()

    def outcomes(self, report: Callable[[Event], None]) -> tuple[Outcome, ...]:
        """Do the work, and tell `report` of it."""
        for file in self._files:
            self._waiting.put(file)
        workers = [
            threading.Thread(target=self._work, name=f"download-{number}")
            for number in range(min(_SIDE_BY_SIDE, len(self._files)))
        ]
        outcomes: dict[str, Outcome] = {}
        try:
            for worker in workers:
                worker.start()
            while len(outcomes) < len(self._files):
                event = self._next_event()
                report(event)
                if isinstance(event, Finished):
                    outcomes[event.outcome.name] = event.outcome
        finally:  # with Ctrl-C, too, the temporary files are gone before this returns
            self._stop.set()
            for worker in workers:
                if worker.ident is not None:
                    worker.join()
        return tuple(outcomes[file.name] for file in self._files)

    def _next_event(self) -> Event:
        while True:
            try:
                event = self._events.get(timeout=0.2)  # without one, Windows ignores Ctrl-C here
            except queue.Empty:
                continue
            if isinstance(event, BaseException):
                raise event
            return event

    # What follows runs in the two threads.

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._events.put(Finished(self._obtain(self._waiting.get_nowait())))
        except (queue.Empty, StoppedError):
            pass
        except BaseException as error:  # a bug: it is raised where somebody sees it
            self._events.put(error)

    def _obtain(self, file: RemoteFile) -> Outcome:
        try:
            found = look(file, self._folder)
            self._announce_repair(found)
            if found.right is not None and not self._force:
                outcome = _have(file, "present", found.right)
            elif self._source_dir is not None:
                outcome = self._copy(file, self._source_dir)
            else:
                outcome = self._fetch(file)
            self._remove_damaged(found, outcome)
        except FileError as error:
            problem = f"{error.problem} (data directory {_named(self._folder)})"
            return Outcome(file.name, "failed", error=problem, hint=error.hint)
        except DownloadError as error:
            return Outcome(file.name, "failed", error=error.problem, hint=error.hint)
        return outcome

    def _announce_repair(self, found: Found) -> None:
        follows = "it is to be replaced" if found.right is None else "it is to be removed"
        for path, reason in found.damaged.items():
            self._note(f"{_named(path)}: {reason}; {follows}")

    def _remove_damaged(self, found: Found, outcome: Outcome) -> None:
        """Remove damaged files that bear another spelling of the right one's name."""
        for path in found.damaged:
            if path != outcome.path:
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    raise FileError(f"cannot remove the damaged {_named(path)}") from None

    def _copy(self, file: RemoteFile, source_dir: Path) -> Outcome:
        problem = f"there is no such file in {_named(source_dir)}"
        for spelling in paths.spellings(file.name):
            path = source_dir / spelling
            if not os.path.lexists(path):
                continue
            try:
                self._store(file, str(path), partial(_open_source, path))
                return _have(file, "copied", self._folder / file.name, str(path))
            except SourceError as error:
                problem = f"{_named(path)}: {error.reason}"
                self._note(problem)
        raise DownloadError(problem, hint="Name a folder that holds the files with --from DIR.")

    def _fetch(self, file: RemoteFile) -> Outcome:
        urls = file.urls(self._mirrors)
        errors: list[SourceError] = []
        for url in urls:
            try:
                self._fetch_from(file, url)
                return _have(file, "downloaded", self._folder / file.name, without_login(url))
            except SourceError as error:
                errors.append(error)
                where = printable(host_of(url)) if error.offline else shown(url)
                follows = "" if len(errors) == len(urls) else "; trying the next mirror"
                self._note(f"{where}: {error.reason}{follows}")
        if all(error.offline for error in errors):
            problem = "no mirror can be reached; there seems to be no network"
        elif len(urls) == 1:
            problem = f"the only mirror failed: {errors[-1].reason}"
        else:
            problem = f"none of {len(urls)} mirrors delivered it, the last one: {errors[-1].reason}"
        raise DownloadError(problem, hint=_OTHER_WAYS)

    def _fetch_from(self, file: RemoteFile, url: str) -> None:
        """Fetch from one mirror, with a second attempt when the first one's error may pass."""
        host = host_of(url)
        self._patience.refuse_offline(host)
        started = monotonic()
        try:
            try:
                self._attempt(file, url)
            except SourceError as error:
                if not error.passing or self._patience.exhausted():
                    raise
                wait = _RETRY_AFTER if error.retry_after is None else error.retry_after
                wait = min(wait, self._patience.limits(host).retry_wait)
                when = f"in {wait:.0f} s" if wait >= 1 else "now"
                self._note(f"{shown(url)}: {error.reason}; trying once more {when}")
                if self._stop.wait(wait):
                    raise StoppedError from None
                self._attempt(file, url)
        except SourceError as error:
            self._patience.disappointed(host, error, monotonic() - started)
            raise
        self._patience.satisfied()

    def _attempt(self, file: RemoteFile, url: str) -> None:
        limits = self._patience.limits(host_of(url))
        self._store(
            file, without_login(url), partial(Body, url, limits, file.wire_limit, self._stop)
        )

    def _store(self, file: RemoteFile, source: str, open_: Callable[[], io.RawIOBase]) -> None:
        # The folder is tried first: without room for a file, no server is asked for it.
        with atomic_writer(self._folder / file.name, overwrite=True) as target, open_() as raw:
            self._events.put(Started(file, source))
            done = 0
            for piece in verified(raw, file):
                if self._stop.is_set():
                    raise StoppedError
                target.write(piece)
                done += len(piece)
                self._events.put(Advanced(file, done))

    def _note(self, text: str) -> None:
        if text not in self._notes:  # two files may find the same server dead
            self._notes.add(text)
            self._events.put(Noted(text))


def _open_source(path: Path) -> io.RawIOBase:
    try:
        return open_regular(path)
    except FileError as error:
        raise SourceError(error.problem) from None


def _have(file: RemoteFile, status: Status, path: Path, source: str | None = None) -> Outcome:
    return Outcome(file.name, status, path, file.bytes, file.sha256, source)


def _state(file: RemoteFile, folder: Path) -> Outcome:
    found = look(file, folder)
    if found.damaged:
        path, reason = next(iter(found.damaged.items()))
        problem = f"{_named(path)} is damaged: {reason}"
        return Outcome(file.name, "damaged", path, error=problem, hint=_MEND)
    if found.right is None:
        return Outcome(file.name, "missing", error=f"missing in {_named(folder)}", hint=_MEND)
    return _have(file, "present", found.right)


def _usable_folder(folder: Path) -> Path:
    """The data directory, made if need be. Raises `FileError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "an impossible name"
        reason = "it is not a folder" if isinstance(error, FileExistsError) else words.lower()
        raise FileError(
            f"this cannot be the data directory: {reason}",
            source=folder,
            hint="Name another one with --data-dir DIR.",
        ) from None
    return folder


def _existing_folder(folder: AnyPath) -> Path:
    if not os.path.isdir(folder):  # noqa: PTH112 - Path's fails for a name that is too long
        raise FileError("there is no such folder", source=folder, hint="Check --from DIR.")
    return Path(folder)


def _named(path: Path) -> str:
    return printable(str(path), limit=200)
