"""How long to wait for which server, in the light of how the servers behaved so far in a run.

Many dead servers must not add up to minutes, and one that was waited for in vain is not waited for
at full length again; but it is asked again, since it may only lack one of the files.
"""

import threading

from mnist_cli.downloads.fetch import Limits
from mnist_cli.downloads.verify import SourceError


class Patience:
    """What is known of the servers; shared by the threads of a run."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._stalled: set[str] = set()
        self._offline: dict[str, SourceError] = {}
        self._answered = False
        self._wasted = 0.0  # seconds

    def limits(self, host: str) -> Limits:
        """How long to wait for `host`."""
        with self._lock:
            nobody_answers = bool(self._stalled) and not self._answered
            unpromising = host in self._stalled or nobody_answers or self._spent()
        return self._limits.shortened() if unpromising else self._limits

    def exhausted(self) -> bool:
        """Whether failed attempts have taken all the time that they may."""
        with self._lock:
            return self._spent()

    def refuse_offline(self, host: str) -> None:
        """Raise the `SourceError` of a server that was not even found before."""
        with self._lock:
            error = self._offline.get(host)
        if error is not None:
            raise error

    def disappointed(self, host: str, error: SourceError, seconds: float) -> None:
        """`host` did not deliver a file, and took so many seconds over it."""
        with self._lock:
            self._wasted += seconds
            if error.stalled:
                self._stalled.add(host)
            elif error.offline:
                self._offline[host] = error
            else:
                self._answered = True

    def satisfied(self) -> None:
        """A server delivered a file."""
        with self._lock:
            self._answered = True

    def _spent(self) -> bool:
        return self._wasted > self._limits.wasted
