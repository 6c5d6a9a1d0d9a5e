"""A small organisation for tests: records with sensible defaults in a real evidence store."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from evaluators.assessment import Request, assess
from evaluators.catalogue import Catalogue, Indicator, shipped, with_own
from evaluators.derive import derive
from evaluators.examination import Examination
from evaluators.policy import Exclusions, Policy
from evaluators.results import Assessment, IndicatorResult
from evaluators.support import SupportMap
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, KindState, Record, Support
from storage.records import KINDS
from storage.records.schema import ColumnType

TODAY = date(2026, 6, 15)
"""A Monday; the day of every assessment unless said otherwise."""
TAKEN_AT = datetime(2026, 6, 15, 6, 0, tzinfo=UTC)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
SOURCE = "desk"
EVERYTHING_COUNTS = Policy(exclusions=Exclusions(enabled=False))

INCIDENT: Mapping[str, Any] = {
    "opened_at": "2026-06-01 09:00",
    "state": "Closed",
    "priority": 3,
    "impact": 2,
    "urgency": 2,
    "category": "Network",
    "service_id": "mail",
    "ci_id": "srv-1",
    "assignment_group": "Network",
    "assignee": "person:ann",
    "caller": "person:caller",
    "created_by": "person:caller",
    "resolver": "person:ann",
    "channel": "phone",
    "reassignment_count": 0,
    "reopen_count": 0,
    "close_code": "Solved",
}
"""A Monday morning's incident that gives no cause for complaint; resolved two hours later."""


def moment(text: str | datetime) -> datetime:
    """Read `2026-06-01 09:00` as UTC."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text).replace(tzinfo=UTC)


def entry(measure: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An own catalogue entry with `measure`; `changes` replace any of its keys."""
    return {
        "id": "own-indicator",
        "practice": "incident",
        "attribute": "4.2",
        "question": "Is it so?",
        "characteristic": "none",
        "formula": "in words",
        "kind": "incident",
        "window": {"days": 90, "of": "opened_on"},
        "measure": dict(measure),
        "unit": "%",
        "anchors": {"zero": 0, "full": 100, "origin": "a test", "expert_default": True},
        "minimum_sample": 1,
        "scope": "both",
        "gaming": "none",
        "counter_check": "none",
        "remediation": {"servicenow": "do this", "jira": "do that"},
    } | changes


def share(numerator: str, denominator: str | None = None, **more: Any) -> dict[str, Any]:
    """The parameters of a share."""
    picked = {} if denominator is None else {"denominator": denominator}
    return {"family": "share", "numerator": numerator} | picked | more


class World:
    """Records of one or more sources, and the answers that the evaluators give about them."""

    def __init__(self, store: EvidenceStore) -> None:
        """Start without records in an open, empty store."""
        self.store = store
        self.catalogue: Catalogue = shipped()
        self.absent: dict[str, set[str]] = {}
        """Columns by source and kind (`desk.incident`) that its mapping does not fill."""
        self._numbers = self._revisions = 0
        self._records: dict[tuple[str, str], dict[str, Record]] = {}
        self._pending: dict[tuple[str, str], set[str]] = {}
        self._kinds: dict[tuple[str, str], KindState] = {}

    # --- Records ---

    def incident(self, **columns: Any) -> str:
        """Add an incident, or replace the one with this `id`; returns its id."""
        name = self._name(columns)
        resolves = "resolved_at" not in columns
        values = {
            **INCIDENT,
            "resolution_note_length": 40,
            "resolution_note_fingerprint": f"f{name}",
            **columns,
        }
        opened = moment(values["opened_at"])
        if resolves:
            values["resolved_at"] = opened + values.get("lasting", timedelta(hours=2))
        ended = values["resolved_at"]
        if "closed_at" not in columns and ended is not None:
            values["closed_at"] = moment(ended) + timedelta(hours=1)
        stored = {
            column: value for column, value in values.items() if column not in ("id", "source", "lasting")
        }
        self._put(columns.get("source", SOURCE), "incident", name, stored)
        return name

    def incidents(self, count: int, **columns: Any) -> list[str]:
        """Add `count` alike incidents."""
        return [self.incident(**columns) for _ in range(count)]

    def record(self, kind: str, **columns: Any) -> str:
        """Add a record of any kind, or replace the one with this `id`; nothing is filled in for it."""
        source, name = columns.pop("source", SOURCE), self._name(columns)
        columns.pop("id", None)
        self._put(source, kind, name, columns)
        return name

    def changes(
        self,
        incident: str,
        field: str,
        steps: Iterable[tuple[str | datetime, str | None, str | None]],
        **more: Any,
    ) -> None:
        """Add the history of a field: (at, new value, actor) in order, in place of an earlier one.

        `kind` names the kind of the record, incident unless said otherwise.
        """
        source, before = more.get("source", SOURCE), more.get("before")
        for position, (at, value, actor) in enumerate(steps):
            columns = {
                "record_kind": more.get("kind", "incident"),
                "record_id": incident,
                "field": field,
                "old_value": before,
                "new_value": value,
                "at": at,
                "sequence": position,
                "actor": actor,
            }
            self._put(source, "transition", f"{incident}-{field}-{position}", columns)
            before = value

    def service_level(self, incident: str, **columns: Any) -> str:
        """Attach a resolution SLA, started on 2026-06-01 09:00 unless said otherwise."""
        source, name = columns.pop("source", SOURCE), self._name(columns)
        columns.pop("id", None)
        values = {
            "record_kind": "incident",
            "record_id": incident,
            "name": "Resolution",
            "type": "SLA",
            "target": "resolution",
            "target_seconds": 28_800,
            "started_at": "2026-06-01 09:00",
            "stopped_at": "2026-06-01 11:00",
            "breached": False,
            "cancelled": False,
            **columns,
        }
        self._put(source, "service_level", name, values)
        return name

    def delivers(self, kind: str, *, source: str = SOURCE, state: KindState = KindState.READABLE) -> None:
        """Say that a source has a kind, also without records of it."""
        self._kinds[source, kind] = state

    def lacks(self, *columns: str, source: str = SOURCE, kind: str = "incident") -> None:
        """Say that a source's mapping does not fill these columns (`history of state`: not tracked)."""
        self.absent.setdefault(f"{source}.{kind}", set()).update(columns)

    def next_number(self) -> int:
        """Return a number that was not given before."""
        self._numbers += 1
        return self._numbers

    def _name(self, columns: Mapping[str, Any]) -> str:
        number = self.next_number()
        return str(columns.get("id", f"R{number:06d}"))

    def _put(self, source: str, kind: str, name: str, values: Mapping[str, Any]) -> None:
        types = {column.name: column.type for column in KINDS[kind].mapped}
        typed = {
            column: moment(value) if types[column] is ColumnType.TIMESTAMP and value is not None else value
            for column, value in values.items()
            if value is not None and column != "updated_at"
        }
        updated = values.get("updated_at") or typed.get("closed_at") or typed.get("opened_at") or BEGINNING
        records = self._records.setdefault((source, kind), {})
        self._kinds.setdefault((source, kind), KindState.READABLE)
        if name in records and records[name].values == typed and "updated_at" not in values:
            return
        # A replacement must not be older than what it replaces, or the store keeps the old one.
        newest = max(
            moment(updated), (records[name].updated_at or BEGINNING) if name in records else BEGINNING
        )
        self._revisions += 1
        self._pending.setdefault((source, kind), set()).add(name)
        records[name] = Record(name, typed, updated_at=newest, revision=self._revisions)

    # --- Into the store ---

    def records(self) -> dict[tuple[str, str], list[Record]]:
        """What has been added, by source and kind."""
        return {key: list(records.values()) for key, records in self._records.items()}

    def stored(self, policy: Policy = EVERYTHING_COUNTS) -> EvidenceStore:
        """Write what has been added since the last time, and derive."""
        for (source, kind), names in self._pending.items():
            records = self._records[source, kind]
            self.store.merge(source, kind, [records[name] for name in sorted(names)])
        self._pending.clear()
        self.declare()
        derive(self.store, policy)
        return self.store

    def declare(self) -> None:
        """Write what every source can say."""
        # Who delivers the history of incidents delivers transitions, even if none has happened yet.
        history = {
            (source, "transition"): state
            for (source, kind), state in self._kinds.items()
            if KINDS[kind].tracked
        }
        for (source, kind), state in (history | self._kinds).items():
            absent = self.absent.get(f"{source}.{kind}", set())
            columns = frozenset(column.name for column in KINDS[kind].mapped) - absent
            tracked = frozenset(name for name in KINDS[kind].tracked if f"history of {name}" not in absent)
            self.store.declare(Support(source, kind, state, columns, tracked))

    # --- Answers ---

    def column(self, name: str, policy: Policy = EVERYTHING_COUNTS, kind: str = "incident") -> dict[str, Any]:
        """Return a column of all records of a kind by id."""
        rows = self.stored(policy).query(f'SELECT id, "{name}" AS value FROM "{kind}" ORDER BY id')
        return {row["id"]: row["value"] for row in rows.to_pylist()}

    def examination(
        self, policy: Policy = EVERYTHING_COUNTS, as_of: date = TODAY, **more: Any
    ) -> Examination:
        """Return the examination that an assessment would make."""
        self.stored(policy)
        return Examination(
            store=self.store,
            catalogue=more.pop("catalogue", self.catalogue),
            policy=policy,
            as_of=as_of,
            reconstructed=more.pop("reconstructed", False),
            supports=SupportMap(self.store.supports(), policy),
            evidence=self.store.version().content,
            exemptions=more.pop("exemptions", {}),
        )

    def measure(
        self,
        wanted: str | Mapping[str, Any],
        policy: Policy = EVERYTHING_COUNTS,
        as_of: date = TODAY,
        **more: Any,
    ) -> IndicatorResult:
        """Measure one shipped indicator by its id, or an own entry."""
        name = wanted if isinstance(wanted, str) else str(wanted["id"])
        catalogue = self.catalogue
        if not isinstance(wanted, str):
            catalogue = with_own(catalogue, {"indicators": [dict(wanted)]})
        examination = self.examination(policy, as_of, catalogue=catalogue, **more)
        return examination.result(catalogue.indicator(name))

    def assess(self, policy: Policy = EVERYTHING_COUNTS, as_of: date = TODAY, **request: Any) -> Assessment:
        """Assess the incident practice, or the `practices` asked for."""
        catalogue = request.pop("catalogue", self.catalogue)
        request.setdefault("practices", ("incident",))
        asked = Request(as_of=as_of, taken_at=request.pop("taken_at", TAKEN_AT), **request)
        return assess(self.stored(policy), catalogue, policy, asked)


def new_world(empty: Path, folder: Path, name: str = "evidence") -> World:
    """Return a world in a copy of an empty store; the caller closes `world.store`."""
    file = folder / f"{name}.duckdb"
    file.write_bytes(empty.read_bytes())
    store = open_store(f"duckdb:{file.name}", folder)
    store.__enter__()
    return World(store)


def only(catalogue: Catalogue, indicators: Sequence[str]) -> Catalogue:
    """Return the catalogue with these indicators alone."""
    practices = []
    for practice in catalogue.practices:
        kept: tuple[Indicator, ...] = tuple(one for one in practice.indicators if one.id in indicators)
        practices.append(practice.model_copy(update={"indicators": kept}))
    return replace(catalogue, practices=tuple(practices))


def ids(rows: pa.Table) -> list[str]:
    """Return the ids of a query's rows."""
    return [str(value) for value in rows.column("id").to_pylist()]


def organisation(world: World, months: int = 13, each: int = 60) -> None:
    """Fill a world with an organisation that does some things well and others not.

    Everything an indicator asks for is there: histories, targets, several teams, people and automations,
    more than a year of months. Numbers come from a fixed sequence.
    """
    chance = random.Random(2026)
    for number in range(months * each):
        day = date(2026, 6, 14) - timedelta(days=number * 365 * months // (12 * months * each))
        _one_of_many(world, chance, f"INC{number:04d}", f"{day} {chance.randint(8, 15):02d}:15")


def _one_of_many(world: World, chance: random.Random, name: str, opened_at: str) -> None:
    team, opened = chance.choice(("Network", "Mail", "Desk", "Apps")), moment(opened_at)
    robot = chance.random() < 0.1
    bounces = 0 if robot else chance.choice((0, 0, 0, 1, 2))
    lasting = timedelta(minutes=chance.randint(2, 9) if robot else chance.randint(30, 900))
    impact, urgency = chance.choice((1, 2, 2, 3)), chance.choice((1, 2, 3))
    resolver = "automation:healer" if robot else chance.choice(("person:ann", "person:bob", "person:cy"))
    world.incident(
        id=name,
        opened_at=opened,
        lasting=lasting,
        assignment_group=team,
        impact=impact,
        urgency=urgency,
        priority=min(impact + urgency - 1 + (chance.random() < 0.1), 5),
        category=chance.choice(("Network", "Mail", "Apps", None)),
        ci_id=chance.choice((None, *(f"srv-{number}" for number in range(60)))),
        service_id=chance.choice(("mail", "pay", None)),
        close_code=chance.choice(("Solved", "Workaround", None)),
        resolver=resolver,
        reassignment_count=bounces,
        reopen_count=int(chance.random() < 0.05),
    )
    _history(world, chance, name, opened, lasting, team, bounces, resolver)
    if chance.random() < 0.9:
        late = opened + timedelta(minutes=chance.choice((0, 5, 90)))
        world.service_level(
            name,
            id=f"{name}-sla",
            started_at=late,
            stopped_at=opened + lasting,
            breached=chance.random() < 0.15,
        )


def _history(
    world: World,
    chance: random.Random,
    name: str,
    opened: datetime,
    lasting: timedelta,
    team: str,
    bounces: int,
    resolver: str,
) -> None:
    taken = opened + min(timedelta(minutes=chance.choice((5, 20, 400))), lasting)
    states = [
        (opened, "New", "person:caller"),
        (taken, "Work", resolver),
        (opened + lasting, "Closed", resolver),
    ]
    world.changes(name, "state", states)
    visited = {0: [team], 1: ["Desk 0", team], 2: [team, "Desk 0", team]}[bounces]
    steps = [(opened + lasting * step / 4, group, "person:caller") for step, group in enumerate(visited)]
    world.changes(name, "assignment_group", steps if resolver.startswith("person") else steps[:1])
