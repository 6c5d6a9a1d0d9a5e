"""Turns the history of an issue into transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.jira import cells
from connectors.jira.answers import Json
from connectors.jira.history import Change
from connectors.jira.layout import Layout
from connectors.jira.times import moment_of, shown
from connectors.platform.mapping import moment
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType

Changes = Mapping[str, Sequence[Change]]
"""By field, oldest first."""
_SYSTEM = ("status", "assignee", "priority")


@dataclass(frozen=True)
class Tracking:
    """A field whose changes are kept: its canonical name, its name in sources, what a history calls it."""

    canonical: str
    source: str
    names: frozenset[str]


class Step(NamedTuple):
    """One change of a tracked field, in canonical words."""

    at: datetime
    id: str
    field: str
    actor: str
    before: str | None
    after: str | None


class Transitions:
    """Makes the transitions of the issues of one kind."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kind = layout.kind
        self._people = layout.people
        self._statuses = layout.site.statuses
        self._tracking = list(self._tracked_fields())

    @property
    def tracked(self) -> frozenset[str]:
        """Canonical fields whose history is there."""
        return frozenset(one.canonical for one in self._tracking)

    def _tracked_fields(self) -> Iterator[Tracking]:
        for name, canonical in self._kind.tracked.items():
            mapped = self._layout.mapped.get(canonical)
            own = self._layout.site.fields.named(mapped) if mapped else None
            one = own or self._layout.found.get(name)
            if one is not None:
                yield Tracking(canonical, name, frozenset((one.id, one.name)))
            elif name in _SYSTEM:
                yield Tracking(canonical, name, frozenset((name,)))

    def of(self, issue: Json, changes: Changes, row: Mapping[str, str]) -> Iterator[Record]:
        """Yield every change of a tracked field; the value an issue began with is a change from nothing."""
        name, fields = str(issue["id"]), issue["fields"]
        updated_at = moment_of(fields["updated"])
        steps = [step for one in self._tracking for step in self._steps_of(one, fields, changes, row)]
        rank: dict[int, int] = {}
        for step in sorted(steps, key=lambda one: (one.at, one.id)):
            second = int(step.at.timestamp())
            rank[second] = rank.get(second, -1) + 1
            values: dict[str, Value] = {
                "record_kind": self._kind.name,
                "record_id": name,
                "field": step.field,
                "old_value": step.before,
                "new_value": step.after,
                "at": step.at.replace(microsecond=0),
                "sequence": second * 100 + min(rank[second], 99),
                "actor": self._people.pseudonym(step.actor),
            }
            yield Record(f"{self._kind.name}:{name}:{step.id}", values, {}, updated_at, 0)

    def _steps_of(
        self, one: Tracking, fields: Json, changes: Changes, row: Mapping[str, str]
    ) -> Iterator[Step]:
        own = [change for name in one.names for change in changes.get(name, ())]
        begun = self._value(one, own[0].before, own[0].before_text) if own else self._present(one, row)
        if begun is not None:
            creator = self._people.account(fields.get("creator"))
            created = moment_of(fields["created"])
            yield Step(created, f"0:{one.canonical}", one.canonical, creator, None, begun)
        for change in own:
            old = self._value(one, change.before, change.before_text)
            new = self._value(one, change.after, change.after_text)
            if old != new:
                yield Step(change.at, change.id, one.canonical, change.actor, old, new)

    def _present(self, one: Tracking, row: Mapping[str, str]) -> str | None:
        """Return the present value, which it had from the beginning where no change is told."""
        text = row.get(f"map:{one.canonical}") or row.get(one.source) or ""
        if one.source == "assignee":
            return self._people.pseudonym(text)
        return text or None if one.source == "status" else self._canonical(one.canonical, text)

    def _value(self, one: Tracking, identifier: Any, text: Any) -> str | None:
        """Return a value of a history as the column would hold it."""
        if one.source == "status":
            known = self._statuses.get(str(identifier))
            return known.name if known else (str(text) if text else None)
        if one.source == "assignee":
            return self._people.pseudonym(self._people.named(identifier, text))
        if one.source == "items":
            return cells.item_id(str(text or identifier or "")) or None
        if one.source == "services":
            return str(identifier or text or "") or None
        return self._canonical(one.canonical, str(text or ""))

    def _canonical(self, canonical: str, text: str) -> str | None:
        found = self._kind.columns[canonical]
        column = KINDS[self._kind.name].by_name[canonical]
        if found.values is not None:
            replaced = found.values.get(text)
            text = replaced if replaced is not None else ("" if found.strict else text)
        if column.type is ColumnType.TIMESTAMP and text:
            return _time(text)
        return text or None


def _time(text: str) -> str | None:
    try:
        return shown(datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else moment(text))
    except ValueError:
        try:
            return shown(moment_of(text))
        except ValueError:
            return None
