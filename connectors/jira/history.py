"""What an issue's history tells: when it was taken up, resolved, reopened and by whom, and every change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.jira.answers import Json
from connectors.jira.people import People
from connectors.jira.tables import STATUSES
from connectors.jira.times import moment_of, shown

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


@dataclass(frozen=True)
class Change:
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
        name = str(item.get("fieldId") or item.get("field") or "")
        values = (item.get(key) for key in ("from", "fromString", "to", "toString"))
        yield Change(at, f"{entry['id']}:{number}", actor, name, *values)


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
