"""A platform in memory: says what it is told to say, and fails when it is told to fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import config
from connectors.contract import (
    Batch,
    Capability,
    Connector,
    ConnectorContext,
    ConnectorSettings,
    ProbeResult,
    Reading,
    Rejection,
    SettingProblem,
    Window,
)
from scheduler.workspace import Workspace
from storage.evidence.protection import Protection
from storage.evidence.store import KindState, Record

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass
class Part:
    """One window of a kind."""

    records: Sequence[Record] = ()
    rejected: Sequence[Rejection] = ()
    counted: int | None = None
    hidden: int = 0
    fails: Exception | None = None
    """Raised after the records were handed over."""
    brought: Sequence[Record] = ()
    """Transitions that come along."""
    deleted: Sequence[str] = ()
    """Identifiers that a feed of deletions names."""
    present: Sequence[str] = ()
    """Identifiers that are named without contents."""
    complete: bool = False
    """Names everything there is."""
    until: datetime | None = None
    """End of a stretch of time; without it the window has no bounds."""


@dataclass
class Platform:
    """What a platform holds; `windows` maps a kind to its windows, read from the bookmark on."""

    windows: dict[str, list[Part]] = field(default_factory=dict)
    states: dict[str, KindState] = field(default_factory=dict)
    complete: bool = False
    found: Sequence[SettingProblem] = ()
    unreachable: Exception | None = None
    reads: int = 0
    columns: frozenset[str] = frozenset({"opened_at", "category"})
    lacking: frozenset[str] = frozenset()
    """Columns that the settings promise and a probe finds to be unreadable."""
    tracked: frozenset[str] = frozenset()
    mapped_to: str = "category"


class MemoryConnector(Connector):
    """Reads a `Platform`."""

    type: ClassVar[str] = "memory"
    settings_model = ConnectorSettings

    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        self.name = context.name
        self.platform = Platform()

    def capabilities(self) -> Mapping[str, Capability]:
        platform = self.platform
        found = {
            kind: Capability(platform.columns, platform.tracked, True, platform.complete)
            for kind in platform.windows
        }
        if any(part.brought for parts in platform.windows.values() for part in parts):
            found["transition"] = Capability(frozenset({"record_kind", "record_id"}))
        return found

    def problems(self) -> Sequence[SettingProblem]:
        self._ask()
        return self.platform.found

    def probe(self) -> Sequence[ProbeResult]:
        self._ask()
        states, lacking = self.platform.states, self.platform.lacking
        return [
            ProbeResult(
                kind,
                states.get(kind, KindState.READABLE),
                f"{kind} was looked at",
                replace(promised, columns=promised.columns - lacking, tracked=promised.tracked - lacking),
            )
            for kind, promised in self.capabilities().items()
        ]

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        parts = self.platform.windows.get(kind, [])
        brings = ("transition",) if any(part.brought for part in parts) else ()
        for number in range(int(bookmark or 0), len(parts)):
            complete = self.platform.complete or parts[number].complete
            until = parts[number].until
            yield Window(kind, str(number + 1), until=until, complete=complete, brings=brings)

    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        self.platform.reads += 1
        part = self.platform.windows[window.kind][int(window.bookmark) - 1]
        reading.counted, reading.hidden = part.counted, part.hidden
        reading.received = len(part.present) + len(part.records) + len(part.rejected)
        reading.rejected.extend(part.rejected)
        reading.requests = 1
        brought = {"transition": part.brought} if part.brought else {}
        yield Batch(
            {window.kind: part.records, **brought},
            part.rejected,
            {window.kind: part.deleted},
            {window.kind: part.present},
        )
        if part.fails is not None:
            raise part.fails

    def remap(self, kind: str, record: Record) -> Record:
        return replace(record, values={**record.values, self.platform.mapped_to: str(record.kept["group"])})

    def _ask(self) -> None:
        if self.platform.unreachable is not None:
            raise self.platform.unreachable


class MemoryWorkspace(Workspace):
    """A workspace whose connectors read platforms in memory."""

    def __init__(self, folder: Path, **platforms: Platform) -> None:
        file = folder / "itsm-maturity.yaml"
        if not file.exists():
            file.write_text("evidence: duckdb:evidence.duckdb\n", encoding="utf-8")
        super().__init__(config.load(file, {}))
        self._platforms = platforms

    def connectors(
        self, names: Sequence[str] = (), *, since: date | None = None, afresh: bool = False
    ) -> dict[str, Connector]:
        found: dict[str, Connector] = {}
        for name in names or self._platforms:
            context = ConnectorContext(name, self.configuration.folder, Protection(b"k" * 32), since)
            connector = MemoryConnector(ConnectorSettings(type="memory"), context)
            connector.platform = self._platforms[name]
            found[name] = connector
        return found


def incident(number: int, *, minutes: int = 0, **values: str) -> Record:
    """Return an incident; a later `minutes` is a newer copy."""
    opened = START + timedelta(hours=number)
    return Record(
        f"INC{number:05d}",
        {"opened_at": opened, "category": "network", **values},
        kept={"group": f"group {number}"},
        updated_at=opened + timedelta(minutes=minutes),
    )


def incidents(count: int, first: int = 1) -> list[Record]:
    """Return incidents with consecutive numbers."""
    return [incident(number) for number in range(first, first + count)]


def transition(number: int) -> Record:
    """Return the first change of an incident."""
    owner = f"INC{number:05d}"
    return Record(f"incident:{owner}:state:0", {"record_kind": "incident", "record_id": owner})
