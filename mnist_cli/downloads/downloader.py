"""From mirrors, or a folder, to files in the data directory, named once their content is right."""

import io
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from mnist_cli import paths
from mnist_cli.downloads.catalogue import FILES, RemoteFile, SourceError, store
from mnist_cli.errors import DownloadError, FileError, printable
from mnist_cli.files.reading import AnyPath, open_regular, system_words
from mnist_cli.files.writing import atomic_writer
from mnist_cli.spec import ignore

Status: TypeAlias = Literal["downloaded", "copied", "present", "failed", "missing", "damaged"]
Places: TypeAlias = Sequence[str | Path]  # addresses, or files of a folder
Note: TypeAlias = Callable[[str], None]  # something to know, already escaped, without a full stop
Advance: TypeAlias = Callable[[RemoteFile, str, int], None]  # a file, its source, bytes so far

_OTHER_WAYS = (
    "Check the network and try again, name another server with --mirror URL,"
    " or take the files from a folder with --from DIR."
)
_OTHER_FOLDER = "Name another folder, or leave --from out to ask the mirrors."


@dataclass(frozen=True)
class Outcome:
    """What became of one file; None stands for what is not known of it."""

    name: str
    status: Status  # "missing" and "damaged" only where nothing was to be changed
    path: Path | None = None
    bytes: int | None = None  # of its right, decompressed content
    sha256: str | None = None
    source: str | None = None  # where it came from now: a file, an address without its query
    error: str | None = None  # what went wrong, already escaped


def download(
    files: Iterable[RemoteFile] = FILES,
    *,
    data_dir: AnyPath | None = None,
    mirrors: Sequence[str] = (),
    source_dir: AnyPath | None = None,
    force: bool = False,
    note: Note = ignore,
    advance: Advance = ignore,
) -> tuple[Outcome, ...]:
    """Bring `files` from mirrors or `source_dir`; `failure` makes an error of what was not had."""
    if source_dir is not None and not os.path.isdir(source_dir):  # noqa: PTH112 - Path's fails for a name that is too long
        raise FileError("there is no such folder", source=source_dir, hint="Name another one.")
    folder = paths.data_directory(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"this cannot be the data directory: {system_words(error)}"
        hint = "Name another one with --data-dir DIR."
        raise FileError(problem, source=folder, hint=hint) from None
    failed = f"not copied from {_named(source_dir)}" if source_dir else "no mirror delivered it"
    dead: dict[str, str] = {}
    outcomes = []
    for file in files:
        (outcome,) = check([file], data_dir=folder)
        if outcome.status == "damaged":
            note(f"{outcome.error}; it is fetched anew")
        if outcome.status != "present" or force:
            places: Places = file.urls(mirrors)
            if source_dir is not None:
                places = _candidates(file, Path(source_dir))
            outcome = _obtain(file, folder / file.name, places, note, advance, dead)
            if outcome.error is not None:
                outcome = replace(outcome, error=f"{failed}: {outcome.error}")
        outcomes.append(outcome)
    return tuple(outcomes)


def _obtain(
    file: RemoteFile, path: Path, places: Places, note: Note, advance: Advance, dead: dict[str, str]
) -> Outcome:
    """Store a file from the first place that delivers it; `dead` servers are not asked again."""
    reason = "there is no such file in it"
    for place in places:
        # The query of an address may hold a token.
        source = place.partition("?")[0] if isinstance(place, str) else str(place)
        server = urlsplit(place).netloc if isinstance(place, str) else ""
        if server in dead:
            reason = dead[server]
            continue
        for is_last in (False, True):
            try:
                # The target comes first: without room for a file, no server is asked for it.
                with atomic_writer(path, overwrite=True) as target, _open(place, file) as raw:
                    store(raw, file, target, partial(advance, file, source))
                status: Status = "downloaded" if server else "copied"
                return Outcome(file.name, status, path, file.bytes, file.sha256, source)
            except SourceError as error:
                fault = error
            if is_last or fault.again is None:
                break
            time.sleep(fault.again)
        reason = fault.reason
        if fault.dead:
            dead[server] = reason
        note(f"{printable(source, limit=200)}: {reason}")
    return Outcome(file.name, "failed", error=reason)


def _candidates(file: RemoteFile, folder: Path) -> list[Path]:
    """What bears the name of `file` in `folder`, in any spelling."""
    spelled = (folder / spelling for spelling in paths.spellings(file.name))
    return [path for path in spelled if os.path.lexists(path)]


def _open(place: str | Path, file: RemoteFile) -> io.RawIOBase:
    """What is at an address or a path; `SourceError` where that is no file."""
    if isinstance(place, str):
        from mnist_cli.downloads.web import ask

        return ask(place, file)
    try:
        return open_regular(place)
    except FileError as error:
        raise SourceError(error.problem) from None


def check(
    files: Iterable[RemoteFile] = FILES, *, data_dir: AnyPath | None = None
) -> tuple[Outcome, ...]:
    """Whether files are ``present``, ``missing`` or ``damaged``; changes nothing."""
    folder = paths.data_directory(data_dir)
    outcomes = []
    for file in files:
        outcome = Outcome(file.name, "missing", error=f"missing in {_named(folder)}")
        for path in _candidates(file, folder)[:1]:  # the one that all commands read
            try:
                with _open(path, file) as raw:
                    store(raw, file)
                outcome = Outcome(file.name, "present", path, file.bytes, file.sha256)
            except SourceError as error:
                problem = f"{_named(path)} is damaged: {error}"
                outcome = Outcome(file.name, "damaged", path, error=problem)
        outcomes.append(outcome)
    return tuple(outcomes)


def failure(outcomes: Sequence[Outcome], source_dir: AnyPath | None = None) -> DownloadError | None:
    """One error for all that could not be had, from `source_dir` if given, or is not right."""
    bad = [outcome for outcome in outcomes if outcome.error is not None]
    if not bad:
        return None
    names: dict[str | None, list[str]] = {}
    for outcome in bad:
        names.setdefault(outcome.error, []).append(outcome.name)
    problem = "; ".join(f"{', '.join(who)}: {what}" for what, who in names.items())
    if len(outcomes) > 1:
        problem = f"{len(bad)} of {len(outcomes)} files failed: {problem}"
    hint = _OTHER_FOLDER if source_dir else _OTHER_WAYS
    if all(outcome.status != "failed" for outcome in bad):
        hint = "Run 'mnist download' to get what is missing or damaged."
    return DownloadError(problem, hint=hint)


def _named(path: AnyPath) -> str:
    return printable(str(path), limit=200)
