"""Makes records of the issues of one kind: a row of cells, its columns, and what else stands in an issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.contract import Rejection
from connectors.jira import cells
from connectors.jira.answers import Json, moment_of, shown, stamp
from connectors.jira.fields import ENDS, USERS, Field, Layout
from connectors.jira.history import Change, Status, Story, Transitions, changes_of, status_of
from connectors.jira.search import is_whole
from connectors.jira.service import approval_cells, clock_cells, clock_records
from connectors.platform.mapping import UnreadableError, kept_of
from storage.evidence.store import Record, Value

_MOVED = "issuetype"


@dataclass
class Made:
    """What became of some issues."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    deleted: dict[str, list[str]] = field(default_factory=dict)
    """Records of another kind that an issue was before."""

    def add(self, kind: str, records: Iterable[Record]) -> None:
        """Add records of a kind."""
        self.records.setdefault(kind, []).extend(records)


class Issues:
    """The issues of one kind on one site."""

    def __init__(self, layout: Layout, brought: Sequence[str]) -> None:
        self.layout = layout
        self.kind = layout.kind
        self.transitions = Transitions(layout)
        self._site = layout.site
        self._people = layout.people
        self._brought = frozenset(brought)
        self._steps = [layout.columns.step(name) for name in layout.columns.names]
        prefix = "first:"
        self._entered = {
            name: found
            for name in layout.columns.names
            if name.startswith(prefix) and (found := layout.found.get(name.removeprefix(prefix)))
        }

    def made(self, issues: Iterable[Json]) -> Made:
        """Return the records of some issues; one whose history did not come whole is rejected."""
        made = Made()
        for issue in issues:
            position = f"issue {issue['id']}"
            if not is_whole(issue):
                made.rejected.append(Rejection(position, "its history did not come whole"))
                continue
            try:
                self._add(made, issue)
            except UnreadableError as error:
                made.rejected.append(Rejection(position, str(error)))
            except (KeyError, TypeError, ValueError, AttributeError):
                made.rejected.append(Rejection(position, "it does not look like an issue"))
        return made

    def _add(self, made: Made, issue: Json) -> None:
        name, fields, kind = str(issue["id"]), issue["fields"], self.kind.name
        changes: dict[str, list[Change]] = {}
        for change in changes_of(issue, self._people):
            changes.setdefault(change.field, []).append(change)
        status = self._status(fields["status"])
        updated_at = moment_of(fields["updated"])
        row = self._row(issue, changes, status)
        kept = kept_of(row, self._steps)
        values = self.layout.columns.values(kept)
        made.add(kind, [Record(name, values, kept, updated_at, 0)])
        if "service_level" in self._brought:
            for clock, target in self.layout.clocks.items():
                cycles = clock_records(kind, name, clock, target, fields.get(clock), updated_at)
                made.add("service_level", cycles)
        if "transition" in self._brought:
            made.add("transition", self.transitions.of(issue, changes, row))
        if "survey" in self._brought:
            made.add("survey", self._survey(name, fields, values, updated_at))
        for before in self._kinds_before(changes.get(_MOVED, ())):
            made.deleted.setdefault(before, []).append(name)

    def _row(self, issue: Json, changes: Mapping[str, Sequence[Change]], status: Status) -> dict[str, str]:
        fields, layout = issue["fields"], self.layout
        row = {"created": stamp(fields["created"]), "status": status.name}
        row |= {name: self._people.account(fields.get(name)) for name in USERS}
        for name, (identifier, cell) in layout.cells.items():
            value = fields.get(identifier)
            # Most fields of most issues are empty; of few that says something.
            if (value is not None or name in layout.telling) and (text := cell(value)):
                row[name] = text
        ended = next((stamp(fields[name]) for name in ENDS if fields.get(name)), "")
        row |= Story(status, changes.get("status", ()), self._site.statuses, ended).cells()
        row |= clock_cells(fields, layout.clocks)
        if "duedate" in row and "target_at" in row:
            # Of a day and the moment at which the clock breaks, the moment is what was promised.
            row["duedate"] = row["target_at"]
        approvals = layout.found.get("approvals")
        if approvals is not None:
            row = approval_cells(fields.get(approvals.id), self._people) | row
        row |= self._linked(fields.get("issuelinks") or ()) | cells.articles(issue.get("links"))
        row |= self._counted(changes)
        return row | self._answered(fields, row)

    def _status(self, given: Any) -> Status:
        """Return an issue's status; what the issue says of its category goes before what the site says."""
        said = status_of(given)
        known = self._site.statuses.get(said.id)
        if known is None or said.category not in ("undefined", known.category):
            return said
        return known

    def _answered(self, fields: Json, row: Mapping[str, str]) -> dict[str, str]:
        said = (
            cells.first_public_answer(fields.get("comment"), row["reporter"], self._people)
            if self.layout.comments
            else ""
        )
        found = min((one for one in (said, row.get("clock_answered_at", "")) if one), default="")
        return {"answered_at": found} if found else {}

    def _counted(self, changes: Mapping[str, Sequence[Change]]) -> dict[str, str]:
        """Count changes of the group from one to another, and find when texts were first entered."""
        found: dict[str, str] = {}
        if group := self.layout.found.get("group"):
            moved = [one for one in _of(group, changes) if one.before_text and one.after_text]
            found["reassignment_count"] = str(len(moved))
        for name, entered in self._entered.items():
            if times := [one.at for one in _of(entered, changes) if one.after_text]:
                found[name] = shown(min(times))
        return found

    def _linked(self, links: Iterable[Json]) -> dict[str, str]:
        others: dict[str, list[int]] = {name: [] for name in self.kind.links}
        for link in links:
            side = "outwardIssue" if "outwardIssue" in link else "inwardIssue"
            other = link.get(side) or {}
            words = str((link.get("type") or {}).get(side.removesuffix("Issue")) or "")
            kind = self._site.kinds.get(str((other.get("fields", {}).get("issuetype") or {}).get("id")), "")
            for name, rule in self.kind.links.items():
                if rule.fits(kind, words):
                    others[name].append(int(other["id"]))
        found = {f"link:{name}": str(min(ids)) for name, ids in others.items() if ids}
        return found | {f"count:{name}": str(len(set(ids))) for name, ids in others.items()}

    def _kinds_before(self, changes: Sequence[Change]) -> set[str]:
        return {self._site.kinds.get(str(one.before), "") for one in changes} - {self.kind.name, ""}

    def _survey(
        self, name: str, fields: Json, values: Mapping[str, Value], updated_at: datetime
    ) -> Iterator[Record]:
        """Yield what the customer answered; whether anybody was asked who did not answer is not known."""
        field_ = self.layout.found.get("satisfaction")
        rating = (fields.get(field_.id) or {}) if field_ else {}
        mark = rating.get("rating") if isinstance(rating, dict) else None
        if not mark:
            return
        at = self.layout.found.get("satisfaction_at")
        written = fields.get(at.id) if at else None
        answer: dict[str, Value] = {
            "answered_at": moment_of(written).replace(microsecond=0) if written else None,
            "record_kind": self.kind.name,
            "record_id": name,
            "service_id": values.get("service_id"),
            "assignment_group": values.get("assignment_group"),
            "respondent": self._people.pseudonym(self._people.account(fields.get("reporter"))),
            "score": (int(mark) - 1) * 25,
            "points": 5,
        }
        yield Record(f"{self.kind.name}:{name}", answer, {}, updated_at, 0)


def _of(field_: Field, changes: Mapping[str, Sequence[Change]]) -> list[Change]:
    """Return the changes of a field, which a history calls by its id or by its name."""
    return [one for name in (field_.id, field_.name) for one in changes.get(name, ())]
