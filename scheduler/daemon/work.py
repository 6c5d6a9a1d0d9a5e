"""A run in a thread of its own, on stores that it writes only while its daemon leads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any, cast

from config import Configuration
from scheduler.daemon.jobs import FAILED, Job, Outcome, attempted
from scheduler.daemon.runner import STOPPED
from scheduler.workspace import Workspace
from storage.errors import ItsmMaturityError
from storage.evidence.store import EvidenceStore
from storage.history import History
from storage.history.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVIDENCE = RLock()
"""One run at a time holds evidence, as one process at a time does."""


class StopRequestedError(ItsmMaturityError):
    """The daemon is to end: the run stops after the page in hand."""


class GuardedWorkspace(Workspace):
    """A workspace whose history refuses to be written once another daemon leads."""

    def __init__(self, configuration: Configuration, lease: Lease, stop: Event) -> None:
        super().__init__(configuration)
        self._lease = lease
        self._stop = stop

    @cached_property
    def history(self) -> History:
        """The history, which this lease writes."""
        opened = super().history
        opened.write_only_as(self._lease)
        return opened

    def evidence(self) -> EvidenceStore:
        """Return the evidence, for one run at a time and while the daemon leads."""
        return cast("EvidenceStore", self._held())

    @contextmanager
    def _held(self) -> Iterator[EvidenceStore]:
        while not _EVIDENCE.acquire(timeout=0.5):
            self.go_on()
        try:
            with super().evidence() as evidence:
                # What is merged late does no harm, older copies never win; that it is tried is refused here.
                self.history.require_lease()
                yield evidence
        finally:
            _EVIDENCE.release()

    def go_on(self, *_: object) -> None:
        """Raise StopRequestedError when the run is to end."""
        if self._stop.is_set():
            raise StopRequestedError(STOPPED)


class ThreadWork:
    """A run that goes on in its thread."""

    def __init__(self, job: Job, open_workspace: Callable[[Event], AbstractContextManager[Any]]) -> None:
        self._job = job
        self._stop = Event()
        self._open = open_workspace
        self._outcome: Outcome | None = None
        self._thread = Thread(target=self._run, name=job.name, daemon=True)
        self._thread.start()

    def outcome(self) -> Outcome | None:
        """Return how it ended; None while it goes on."""
        return self._outcome

    def stop(self) -> None:
        """Ask it to end after the page in hand."""
        self._stop.set()

    def _run(self) -> None:
        def run() -> Outcome:
            with self._open(self._stop) as workspace:
                return self._job.run(workspace, workspace.go_on)

        found = attempted(run)
        stopped = self._stop.is_set() and found.state == FAILED
        self._outcome = Outcome(FAILED, STOPPED) if stopped else found
