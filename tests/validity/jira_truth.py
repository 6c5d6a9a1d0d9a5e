"""What evidence must hold, worked out from a simulated site alone, and where it differs.

Nothing of the connector is used: which issue becomes which record, and the values that matter, are said here
once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.jira import SandboxJira
from sandbox.jira.store import Issue
from storage.evidence import relation
from storage.evidence.store import EvidenceStore

KINDS: Mapping[str, str] = {"Incident": "incident", "Change": "change"}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "incident": ("updated_at", "opened_at", "state", "priority", "reopen_count", "closed_at"),
    "change": ("updated_at", "opened_at", "state", "priority", "actual_start_at"),
    "transition": ("record_kind", "record_id", "old_value", "new_value", "at"),
    "service_level": ("record_kind", "record_id", "name", "started_at", "breached"),
    "release": ("name", "state", "released_at"),
}
Values = tuple[object, ...]


def seen(jira: SandboxJira) -> list[Issue]:
    """Return the issues that the account may see, of the kinds that are read."""
    return [
        one
        for number, one in sorted(jira.site.issues.items())
        if one.type.name in KINDS and jira.instance.shown(one)
    ]


def expected(jira: SandboxJira, kind: str) -> dict[str, Values]:
    """Return the values of every record by id."""
    if kind == "release":
        return dict(_releases(jira))
    if kind == "transition":
        return {name: values for one in seen(jira) for name, values in _moves(one)}
    return {str(one.id): _issue(one, kind) for one in seen(jira) if KINDS[one.type.name] == kind}


def _at(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms // 1000, UTC).replace(tzinfo=None)


def _statuses(issue: Issue) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the moves of an issue through its workflow, oldest first."""
    return [
        (entry.at, change)
        for entry in issue.histories
        for change in entry.items
        if change["field"] == "status"
    ]


def _issue(issue: Issue, kind: str) -> Values:
    priority = issue.fields.get("priority")
    values: Values = (
        datetime.fromtimestamp(issue.updated / 1000, UTC).replace(tzinfo=None),
        _at(issue.created),
        issue.status.name,
        int(priority.id) if priority is not None else None,
    )
    moves = _statuses(issue)
    if kind == "change":
        begun = (at for at, move in moves if move["toString"] == "Implementing")
        return (*values, _at(next(begun, None)))
    ended = {"Completed", "Closed", "Canceled"}
    reopened = sum(move["fromString"] in ended and move["toString"] not in ended for _, move in moves)
    last = {"Closed", "Canceled"}
    closed = [at for at, move in moves if move["toString"] == issue.status.name in last]
    return (*values, reopened, _at(max(closed, default=None)))


def _moves(issue: Issue) -> Iterator[tuple[str, Values]]:
    """Yield the changes of state, under the names that do not depend on who tells them."""
    kind, name = KINDS[issue.type.name], str(issue.id)
    for number, (at, move) in enumerate(_statuses(issue)):
        yield f"{name}:{number}", (kind, name, move["fromString"], move["toString"], _at(at))


def _releases(jira: SandboxJira) -> Iterator[tuple[str, Values]]:
    for versions in jira.site.versions.values():
        for one in versions:
            released = bool(one.content.get("released"))
            day = one.content.get("releaseDate") if released else None
            at = datetime.fromisoformat(day) if day else None
            yield one.id, (one.name, "Released" if released else "Unreleased", at)


def held(kind: str, evidence: EvidenceStore, source: str) -> dict[str, Values]:
    """Return the same as evidence has it."""
    columns = COLUMNS[kind]
    listed = ", ".join(f'"{name}"' for name in ("id", *columns))
    where = "AND field = 'state' AND old_value IS NOT NULL" if kind == "transition" else ""
    rows = evidence.query(
        f"SELECT {listed} FROM {relation(kind)} WHERE source = '{source}' {where} ORDER BY id"
    ).to_pylist()
    if kind != "transition":
        return {row["id"]: tuple(row[name] for name in columns) for row in rows}
    return dict(_numbered(rows))


def _numbered(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Values]]:
    count: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: (row["at"], int(row["id"].split(":")[2]), row["id"])):
        number = count[row["record_id"]] = count.get(row["record_id"], -1) + 1
        yield f"{row['record_id']}:{number}", tuple(row[name] for name in COLUMNS["transition"])


def differences(jira: SandboxJira, evidence: EvidenceStore, source: str, kinds: Iterable[str]) -> list[str]:
    """Return what is lost, changed, or there without being on the site."""
    said: list[str] = []
    for kind in kinds:
        wanted, found = expected(jira, kind), held(kind, evidence, source)
        lost, more = wanted.keys() - found.keys(), found.keys() - wanted.keys()
        said += [f"{kind}: {len(lost)} of {len(wanted)} lost"] if lost else []
        said += [f"{kind}: {len(more)} too many"] if more else []
        other = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
        if other:
            name = other[0]
            said.append(f"{kind}: {len(other)} different, {name}: {found[name]} for {wanted[name]}")
    return said
