"""What Service Management adds to issues: clocks that promise something, and approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.answers import Json, moment_of, shown
from connectors.jira.people import People
from connectors.jira.tables import CLOCKS
from storage.evidence.store import Record, Value

Cycle = Mapping[str, Any]


def clock_records(
    kind: str, issue: str, field: str, target: str, clock: Any, updated_at: datetime
) -> Iterator[Record]:
    """Yield a record for each cycle of one clock; a clock that never started has none."""
    if not isinstance(clock, dict):
        return
    name = str(clock.get("name") or "")
    for number, cycle in enumerate(cycles_of(clock)):
        values: dict[str, Value] = {"record_kind": kind, "record_id": issue, "name": name, "target": target}
        values |= {"type": type_of(name), **_values(cycle)}
        yield Record(f"{kind}:{issue}:{field}:{number}", values, {}, updated_at, 0)


def cycles_of(clock: Any) -> list[Cycle]:
    """Return the cycles of a clock, the one that runs last."""
    if not isinstance(clock, dict):
        return []
    running = clock.get("ongoingCycle")
    return [*(clock.get("completedCycles") or ()), *([running] if running else [])]


def _values(cycle: Cycle) -> dict[str, Value]:
    started, stopped = time_of(cycle, "startTime"), time_of(cycle, "stopTime")
    # Of a clock that runs, what has elapsed is another figure with every look at it.
    elapsed = _span(cycle, "elapsedTime") if stopped else None
    values: dict[str, Value] = {
        "target_seconds": _span(cycle, "goalDuration"),
        "started_at": started,
        "stopped_at": stopped,
        "due_at": time_of(cycle, "breachTime"),
        "breached": bool(cycle.get("breached")),
        "elapsed_seconds": elapsed,
    }
    if started and stopped and elapsed is not None:
        values["paused_seconds"] = max(0, int((stopped - started).total_seconds()) - elapsed)
    return values


def targets_of(names: Mapping[str, str]) -> dict[str, str]:
    """Return what each clock promises, by field: a response, a resolution, or what its name says."""
    told = {field: _told(name) for field, name in names.items()}
    # Where none is named after a resolution, a name tells nothing (`Gold customers`): they promise the usual.
    unnamed = {} if "resolution" in told.values() else dict.fromkeys(names, "resolution")
    return {field: told[field] or unnamed.get(field) or name for field, name in names.items()}


def _told(name: str) -> str:
    low = name.casefold()
    for target in ("response", "resolution"):
        for word in CLOCKS[target]:
            before, found, _ = low.partition(word)
            if found:
                # `Time to close after resolution` begins where a resolution clock stops.
                return target if CLOCKS["after"].isdisjoint(before.split()) else name
    return ""


def type_of(name: str) -> str:
    """Return SLA, OLA or UC."""
    low = name.casefold()
    return next((one for one in ("OLA", "UC") if any(low.startswith(word) for word in CLOCKS[one])), "SLA")


def time_of(cycle: Cycle, name: str) -> datetime | None:
    """Return a time of a cycle."""
    given = cycle.get(name)
    if not isinstance(given, dict):
        return None
    written = given.get("epochMillis", given.get("jira"))
    return moment_of(written).replace(microsecond=0) if written else None


def _span(cycle: Cycle, name: str) -> int | None:
    given = cycle.get(name)
    millis = given.get("millis") if isinstance(given, dict) else None
    return None if millis is None else round(millis / 1000)


def clock_cells(fields: Json, targets: Mapping[str, str]) -> dict[str, str]:
    """Return what the clocks of an issue say about it, by name in sources; `targets` by field of a clock."""
    found: dict[str, str] = {}
    kept: list[bool] = []
    for field, target in targets.items():
        clock = fields.get(field)
        cycles = cycles_of(clock)
        if not cycles or not isinstance(clock, dict):
            continue
        if target == "response":
            _tell_answer(found, cycles)
        elif target == "resolution" and type_of(str(clock.get("name") or "")) == "SLA":
            kept += [not one.get("breached") for one in cycles]
            _tell_target(found, cycles[-1])
    if kept:
        found["made_sla"] = "true" if all(kept) else "false"
    return found


def _tell_answer(found: dict[str, str], cycles: list[Cycle]) -> None:
    stopped = time_of(cycles[0], "stopTime")
    if stopped is not None:
        found["clock_answered_at"] = shown(stopped)


def _tell_target(found: dict[str, str], cycle: Cycle) -> None:
    due = time_of(cycle, "breachTime")
    if due is not None:
        found["target_at"] = shown(due)


CELLS = frozenset(
    {
        "approved_at",
        "approver",
        "approval",
        "approval_count",
        "manual_approval_count",
        "approval_requested_at",
        "approval_seconds",
        "stage",
    }
)
_AUTOMATION = "automation:"


def approval_cells(approvals: Any, people: People) -> dict[str, str]:
    """Return what the approvals of an issue say about it, by name in sources.

    One without any approver or decision was asked for and never answered.
    """
    every = [one for one in approvals or () if isinstance(one, dict)] if isinstance(approvals, list) else []
    if not every:
        return {"approval": "not requested", "approval_count": "0", "manual_approval_count": "0"}
    given = [one for one in every if one.get("finalDecision") == "approved"]
    found = {
        "approval": _standing(every, given),
        "approval_count": str(len(given)),
        "manual_approval_count": str(sum(_by_person(one, people) for one in given)),
    }
    asked = [at for one in every if (at := time_of(one, "createdDate"))]
    done = [(at, one) for one in given if (at := time_of(one, "completedDate"))]
    if asked:
        found["approval_requested_at"] = shown(min(asked))
    if done:
        _tell_last(found, max(done, key=lambda pair: pair[0]), asked, people)
    if found["approval"] == "rejected":
        found["stage"] = "Rejected"
    return found


def _standing(every: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> str:
    if any(one.get("finalDecision") == "declined" for one in every):
        return "rejected"
    return "approved" if len(given) == len(every) else "requested"


def _tell_last(
    found: dict[str, str],
    last: tuple[datetime, Mapping[str, Any]],
    asked: Sequence[datetime],
    people: People,
) -> None:
    at, approval = last
    if found["approval"] == "approved":
        found["approved_at"] = shown(at)
    approver = next(iter(_approvers(approval, people)), "")
    if approver:
        found["approver"] = approver
    if asked:
        found["approval_seconds"] = str(max(0, int((at - min(asked)).total_seconds())))


def _approvers(approval: Mapping[str, Any], people: People) -> list[str]:
    """Return the accounts that approved."""
    return [
        account
        for one in approval.get("approvers") or ()
        if one.get("approverDecision") == "approved" and (account := people.account(one.get("approver")))
    ]


def _by_person(approval: Mapping[str, Any], people: People) -> bool:
    accounts = _approvers(approval, people)
    return any(not (people.pseudonym(one) or _AUTOMATION).startswith(_AUTOMATION) for one in accounts)
