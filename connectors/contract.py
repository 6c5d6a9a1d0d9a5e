"""What a connector is.

A connector reads one platform, never writes to it, and proves what it got. It yields records in
canonical form, in windows; the caller stores a window, then its ledger row, then its bookmark, so that
a killed run loses nothing and repeats at most one window.

A new connector is a class with this shape, found through the entry point group
`itsm_maturity.connectors`, and a test class derived from `connectors.conformance.ConnectorConformance`.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from storage.evidence.protection import Protection
from storage.evidence.store import Feed, KindState, Record


class ConnectorSettings(BaseModel):
    """Settings every connector has; a connector's own model derives from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    """Name of the connector's entry point."""


@dataclass(frozen=True)
class ConnectorContext:
    """What the product hands to every connector."""

    name: str
    """Its name in the configuration; the `source` of its records."""
    folder: Path
    """The configuration file's folder; relative paths start here."""
    protection: Protection
    """How persons and texts are protected before they are kept."""
    since: date | None = None
    """Oldest day wanted; None reads all there is."""
    stored: Callable[[str], Collection[str]] | None = None
    """Returns the identifiers of a kind's stored records, so that what is missing can be read; None where
    nothing is known to be stored."""


@dataclass(frozen=True)
class Capability:
    """What a connector can deliver of one record kind, as configured."""

    columns: frozenset[str]
    """Mapped columns it fills (a column that is empty in every record is then evidence of absence)."""
    tracked: frozenset[str] = frozenset()
    """Fields whose history it delivers as transitions."""
    incremental: bool = False
    """Reads only what changed since the bookmark."""
    deletes: bool = False
    """Says which records are gone."""
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """What each of several tables or files fills and follows that feed the kind; records name theirs."""


@dataclass(frozen=True)
class Asked:
    """How often a platform was asked."""

    requests: int = 0
    retries: int = 0
    """Requests among them that repeated a failed one."""

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.requests + other.requests, self.retries + other.retries)

    def __sub__(self, other: Asked) -> Asked:
        return Asked(self.requests - other.requests, self.retries - other.retries)


@dataclass(frozen=True)
class ProbeResult:
    """What is there for one record kind, found out by the real query."""

    kind: str
    state: KindState
    detail: str = ""
    """One sentence for an admin: what is missing and how to grant it."""
    capability: Capability | None = None
    """What the platform turned out to deliver, within what the settings promise; None: all of that."""
    asked: Asked = Asked()
    """What finding this out took."""


@dataclass(frozen=True)
class SettingProblem:
    """A setting that contradicts the platform; `path` leads to it below the connector's settings."""

    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Window:
    """One bounded part of a record kind, read and stored as a whole.

    `bookmark` is what to remember once it is stored; `since` and `until` are empty for snapshots.
    """

    kind: str
    bookmark: str
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    """Platform's own time at which a window without `until` was begun; what it lacks was gone by then."""
    complete: bool = False
    """Holds every record of the kind, so stored records are gone that are neither in it nor named by a
    batch's `present`. Of a kind in `brings` the same holds for those whose id begins with this kind
    (`incident:`)."""
    brings: tuple[str, ...] = ()
    """Other kinds that come along (a log of incidents brings transitions); they have no window of their
    own."""


@dataclass
class Rejection:
    """A row that could not be read."""

    position: str
    """Where it stands: `line 17`, a row id."""
    reason: str


@dataclass
class Batch:
    """Some records of a window, possibly of several kinds (a log yields incidents and transitions)."""

    records: Mapping[str, Sequence[Record]]
    rejected: Sequence[Rejection] = ()
    deleted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Identifiers by kind of records that the platform says are gone."""
    present: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Identifiers by kind of records that exist and whose contents were not asked for."""


@dataclass
class Reading:
    """Ledger of one window while it is read; a connector fills it as it goes."""

    counted: int | None = None
    """Rows the platform says there are; None where it does not say."""
    received: int = 0
    """Rows that came, rejected ones among them."""
    records: int = 0
    """Records of the window's kind made of them: fewer than rows where a log was folded."""
    hidden: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    """Requests among them that repeated a failed one."""


class Connector(ABC):
    """One configured platform. Raises only the errors of `storage.errors`."""

    type: ClassVar[str]
    """Name of its entry point."""
    settings_model: ClassVar[builtins.type[ConnectorSettings]]
    """Model its YAML is validated with."""

    @abstractmethod
    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        """Keep the settings; nothing is opened or asked yet."""

    @property
    def asked(self) -> Asked:
        """Everything that was asked so far, planning and probing too; nothing of who does not count it."""
        return Asked()

    @abstractmethod
    def capabilities(self) -> Mapping[str, Capability]:
        """What it delivers by record kind, from the settings alone, without asking the platform."""

    @abstractmethod
    def problems(self) -> Sequence[SettingProblem]:
        """Settings that contradict the platform (a column that is not there); all of them at once."""

    @abstractmethod
    def probe(self) -> Sequence[ProbeResult]:
        """Find out by the real query what is there, one result per kind of `capabilities`."""

    @abstractmethod
    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield what to read, oldest first; nothing when nothing changed since `bookmark`."""

    @abstractmethod
    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        """Read one window in batches, keeping `reading` current; reading it again gives the same records.

        Raises FatalError or RetriableError; a single bad row is a rejection and never an error, until the
        connector's tolerated share is passed.
        """

    @abstractmethod
    def remap(self, kind: str, record: Record) -> Record:
        """Map a stored record's kept fields again, with today's settings; needs no platform."""

    def close(self) -> None:
        """Release connections and files."""
