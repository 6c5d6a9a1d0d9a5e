"""What an issue's history tells: when it was taken up, resolved, reopened and by whom, and every change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.jira import cells
from connectors.jira.answers import Json, moment_of, shown
from connectors.jira.people import People
from connectors.jira.tables import STATUSES
from connectors.platform.mapping import moment
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType

if TYPE_CHECKING:
    from connectors.jira.fields import Layout

DONE, NEW = "done", "new"


@dataclass(frozen=True)
class Status:
    """One status of a site."""

    id: str
    name: str
    english: str
    category: str
    """new, indeterminate, done or undefined; the same in every language."""

    def means(self, meaning: str) -> bool:
        """Whether it has one of the meanings that only a name tells."""
        words = STATUSES[meaning]
        return self.name.casefold() in words or self.english.casefold() in words


def status_of(described: Json) -> Status:
    """Return a status as a site describes it."""
    category = (described.get("statusCategory") or {}).get("key") or "undefined"
    name = str(described.get("name") or "")
    return Status(str(described.get("id")), name, str(described.get("untranslatedName") or name), category)


class Change(NamedTuple):
    """One changed field."""

    at: datetime
    id: str
    actor: str
    """Account, empty where nobody is said to have made it."""
    field: str
    before: Any
    before_text: Any
    after: Any
    after_text: Any


def changes_of(issue: Json, people: People) -> list[Change]:
    """Return every changed field of an issue, oldest first."""
    histories = (issue.get("changelog") or {}).get("histories") or ()
    found = [change for entry in histories for change in _changes(entry, people)]
    return sorted(found, key=lambda one: (one.at, int(one.id.partition(":")[0] or 0), one.id))


def _changes(entry: Json, people: People) -> Iterator[Change]:
    at, actor = moment_of(entry["created"]), people.account(entry.get("author"))
    for number, item in enumerate(entry.get("items") or ()):
        given = item.get
        yield Change(
            at,
            f"{entry['id']}:{number}",
            actor,
            str(given("fieldId") or given("field") or ""),
            given("from"),
            given("fromString"),
            given("to"),
            given("toString"),
        )


class Story:
    """The way of one issue through its workflow."""

    def __init__(
        self,
        current: Status,
        moves: Sequence[Change],
        statuses: Mapping[str, Status],
        ended: str = "",
    ) -> None:
        """Know the steps; `ended` is when the issue says it ended, where no step does."""
        self._current = current
        self._statuses = statuses
        self._ended = ended
        self._steps = [(one, self._status(one.before), self._status(one.after)) for one in moves]

    def _status(self, identifier: Any) -> Status:
        name = str(identifier)
        if name == self._current.id:
            return self._current
        return self._statuses.get(name) or Status(name, "", "", "undefined")

    def cells(self) -> dict[str, str]:
        """Return what it tells, by name in sources; actors are accounts."""
        found: dict[str, str] = {"reopen_count": str(self._reopened())}
        taken_up = next((one for one, _, after in self._steps if after.category != NEW), None)
        begun = next((one for one, _, after in self._steps if after.means("implementing")), None)
        _tell(found, "taken_up_at", taken_up)
        _tell(found, "implementing_at", begun, "implementer")
        current = self._current
        if current.category == DONE:
            self._tell_end(found)
        if current.means("cancelled"):
            found["ended_as"] = current.english
        if current.means("declined"):
            found["stage"] = "Rejected"
        return found

    def _tell_end(self, found: dict[str, str]) -> None:
        entered = self._last(lambda before, after: after.category == DONE and before.category != DONE)
        arrived = self._last(lambda before, after: after.id == self._current.id)
        abandoned = self._current.means("cancelled") or self._current.means("declined")
        if not abandoned:
            for name in ("resolved_at", "implemented_at"):
                _tell(found, name, entered, "resolver")
                if entered is None and self._ended:
                    found[name] = self._ended
        if abandoned or self._current.means("closed"):
            _tell(found, "closed_at", arrived)

    def _last(self, fits: Any) -> Change | None:
        return next((one for one, before, after in reversed(self._steps) if fits(before, after)), None)

    def _reopened(self) -> int:
        return sum(before.category == DONE and after.category != DONE for _, before, after in self._steps)


def _tell(found: dict[str, str], name: str, change: Change | None, actor: str = "") -> None:
    if change is None:
        return
    found[name] = shown(change.at)
    if actor and change.actor:
        found[actor] = change.actor


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
