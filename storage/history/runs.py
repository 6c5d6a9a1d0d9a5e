"""Runs of the product and what each asked of a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Run:
    """One run; `finished_at` and `outcome` are empty while it goes on, and for ever if it was killed."""

    id: str
    kind: str
    """sync or assess."""
    connector: str | None
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    message: str = ""


@dataclass(frozen=True)
class LedgerRow:
    """What was asked of a platform and what came, for one window of one record kind.

    `counted` is what the platform says there is (None where it does not say), `stored` and `changed` are
    the rows inserted and updated, `seconds` the wall-clock time.
    """

    connector: str
    kind: str
    counted: int | None
    received: int
    distinct: int
    stored: int
    changed: int
    unchanged: int
    older: int
    deleted: int
    hidden: int
    rejected: int
    requests: int
    retries: int
    seconds: float
    outcome: str
    """stored, unchanged, failed, absent, denied …"""
    message: str = ""
    window_since: datetime | None = None
    window_until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What evidence lacks of one record kind of one source: the sums of its ledger that still hold.

    Numbers are rows. `hidden` ones are counted by the platform and did not come, None where it did not
    count; `rejected` ones came and could not be read.
    """

    connector: str
    kind: str
    read_with: str
    """Kind of the windows it came in: its own, or that of the records whose history it is."""
    evidence_store: str
    begun: bool = False
    """Whether nothing that was read before is missing from these sums."""
    whole: bool = False
    """Whether everything there is was read to its end at least once."""
    base_hidden: int | None = 0
    """Of the first reading, then of the last window that named everything there is."""
    base_rejected: int = 0
    doubtful: int = 0
    """Stored records that the last window which named everything did not name, and that were kept."""
    windows_hidden: int | None = 0
    """Of all stretches of time that were read since the base."""
    windows_rejected: int = 0
    snapshot_hidden: int | None = 0
    """Of the last reading without bounds that did not claim to name everything."""
    snapshot_rejected: int = 0

    @property
    def hidden(self) -> int | None:
        """Rows that the platform counts and evidence lacks; None where that is not known."""
        parts = (self.base_hidden, self.windows_hidden, self.snapshot_hidden)
        known = [part for part in parts if part is not None]
        return sum(known) if self.whole and len(known) == len(parts) else None

    @property
    def rejected(self) -> int | None:
        """Rows that could not be read; None where that is not known."""
        return self.base_rejected + self.windows_rejected + self.snapshot_rejected if self.whole else None


@dataclass(frozen=True)
class PlannedJob:
    """A job as it was last planned: all its times after `since` by this schedule have a `JobRun`."""

    name: str
    schedule: str
    since: datetime


@dataclass(frozen=True)
class JobRun:
    """What became of one time at which a job was due, or of one further try of it."""

    job: str
    due_at: datetime
    attempt: int
    """How many times in a row it was tried, counted from 1; 0 where it was not begun."""
    state: str
    """running, done, failed, missed (nobody was there, or a later time stood for it) or skipped (the one
    before still ran, or waited to be tried again)."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_at: datetime | None = None
    """When a failed one is tried again."""
    message: str = ""
