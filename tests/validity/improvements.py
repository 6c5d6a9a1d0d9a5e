"""Ways in which a single record becomes better: resolved in time, a link that was missing, no bounce."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from storage.evidence.store import Record

TIMED: Final = frozenset({"resolved_at", "fulfilled_at"})
"""Columns that a clock has to agree with: one record cannot be better alone where it has one."""
Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Record]]
"""Records by kind and id."""
Better = Callable[[Row, "Samples"], dict[str, Any] | None]


@dataclass(frozen=True)
class Samples:
    """What a record may be filled with: values that other records of the organisation have."""

    values: Mapping[str, Sequence[Any]]
    rng: np.random.Generator

    def one(self, column: str) -> Any:
        """Return a value of a column (`problem.open`), none where nothing has one."""
        found = self.values.get(column, ())
        return found[int(self.rng.integers(len(found)))] if found else None

    @classmethod
    def of(cls, records: Rows, rng: np.random.Generator) -> Samples:
        """Collect what records have, items that nothing refers to and problems that are open."""
        found: dict[str, list[Any]] = {}
        for kind, rows in records.items():
            for row in rows.values():
                for column, value in row.values.items():
                    if value is not None:
                        found.setdefault(f"{kind}.{column}", []).append(value)
        used = {name for kind in ("incident", "change", "alert") for name in found.get(f"{kind}.ci_id", ())}
        items, problems = records["configuration_item"].values(), records["problem"].values()
        found["configuration_item.spare"] = [
            each.id for each in items if each.values["operational"] and each.id not in used
        ]
        found["problem.open"] = [each.id for each in problems if each.values["resolved_at"] is None]
        return cls(found, rng)


def filled(column: str, source: str, **others: Any) -> Better:
    """Return the improvement that fills an empty column."""

    def change(row: Row, samples: Samples) -> dict[str, Any] | None:
        value = samples.one(source)
        return {column: value, **others} if row[column] is None and value is not None else None

    return change


def sooner(column: str, since: str, limit: timedelta, better: timedelta) -> Better:
    """Return the improvement that lets something late happen in time."""

    def change(row: Row, _: Samples) -> dict[str, Any] | None:
        late = row[since] and row[column] and row[column] - row[since] > limit
        return {column: row[since] + better} if late else None

    return change


def turned(column: str, bad: Sequence[Any], good: Any, **others: Any) -> Better:
    """Return the improvement that replaces a bad value by a good one."""
    return lambda row, _: {column: good, **others} if row[column] in bad else None


def described(column: str) -> Better:
    """Return the improvement that writes a note where there is none."""
    return lambda row, _: (
        {f"{column}_length": 400, f"{column}_fingerprint": None} if not row[f"{column}_length"] else None
    )


def authorised(row: Row, _: Samples) -> dict[str, Any] | None:
    """Agree a change before it starts."""
    started, approved = row["actual_start_at"], row["approved_at"]
    if not started or (approved and approved <= started):
        return None
    return {"approved_at": row["opened_at"], "approval": "approved"}


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IMPROVEMENTS: Final[Sequence[tuple[str, str, Better]]] = (
    ("service_level", "a target is met", turned("breached", (True,), False)),
    ("incident", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("incident", "a category", filled("category", "incident.category")),
    ("incident", "a resolution note", described("resolution_note")),
    ("incident", "a link to an open problem", filled("problem_id", "problem.open")),
    ("incident", "resolved in time", sooner("resolved_at", "opened_at", 30 * DAY, 20 * DAY)),
    ("incident", "taken up at once", sooner("acknowledged_at", "opened_at", HOUR, timedelta(minutes=5))),
    ("incident", "not reopened", turned("reopen_count", (1, 2, 3), 0)),
    ("incident", "not passed on", turned("reassignment_count", (1, 2, 3, 4), 0)),
    ("change", "agreed before its start", authorised),
    ("change", "done without failing",
     turned("outcome", ("failed", "backed_out", "successful_with_issues"), "successful", backed_out=False)),
    ("change", "a close note", described("close_note")),
    ("change", "a plan to go back", described("backout_plan_note")),
    ("change", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("problem", "its cause in time", sooner("root_cause_at", "opened_at", 30 * DAY, 20 * DAY)),
    ("problem", "a workaround", described("workaround_note")),
    ("problem", "a root cause", described("root_cause_note")),
    ("request", "delivered in time", sooner("fulfilled_at", "opened_at", 30 * DAY, 5 * DAY)),
    ("request", "not reopened", turned("reopen_count", (1, 2, 3), 0)),
    ("survey", "a satisfied user", turned("points", (1, 2, 3), 5)),
    ("knowledge", "an owner", filled("owner", "knowledge.owner", owner_active=True)),
    ("knowledge", "an owner group", filled("owner_group", "knowledge.owner_group")),
    ("configuration_item", "an owner", filled("owner", "configuration_item.owner")),
    ("configuration_item", "a support group", filled("support_group", "configuration_item.support_group")),
    ("configuration_item", "an environment", filled("environment", "configuration_item.environment")),
    ("configuration_item", "verified", filled("verified_at", "configuration_item.verified_at")),
    ("alert", "taken up at once", sooner("acknowledged_at", "opened_at", HOUR, timedelta(minutes=2))),
    ("alert", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("release", "tested", turned("test_gate_passed", (False,), True)),
    ("release", "a model", filled("model", "release.model")),
    ("outage", "who was hit", filled("affected_users", "outage.affected_users")),
)  # fmt: skip
