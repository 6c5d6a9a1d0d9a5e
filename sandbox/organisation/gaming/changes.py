"""Back-dated changes: approvals that were entered after the work, with a date before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.gaming.edits import Desk, copied, empty, moments, seconds, with_history
from sandbox.organisation.table import Table

FORGOTTEN = 0.08
"""Share of the other changes whose approval is put in order like this."""


def back_date(desk: Desk) -> Mapping[str, Table]:
    """Date approval, and where needed the record, before the work; the history knows when it was typed."""
    columns = copied(desk.organisation.changes)
    start, end = seconds(columns["actual_start_at"]), seconds(columns["actual_end_at"])
    known = ~np.isnat(columns["actual_start_at"]) & ~np.isnat(columns["actual_end_at"])
    lately = empty(columns["disposition"]) & known & (end >= desk.since) & (end < desk.end - DAY)
    late = np.isnat(columns["approved_at"]) | (seconds(columns["approved_at"]) > start)
    which = np.union1d(np.flatnonzero(lately & late), desk.some(lately & ~late, FORGOTTEN, "forgotten"))
    said = start[which] - HOUR
    columns["approved_at"][which] = moments(said)
    columns["opened_at"][which] = moments(np.minimum(seconds(columns["opened_at"])[which], said - HOUR))
    columns["approval"][which] = "approved"
    typed = end[which] + desk.stream("typed").integers(HOUR, DAY, len(which))
    nothing = np.zeros(len(desk.organisation.transitions), dtype=np.bool_)
    transitions = with_history(
        desk.organisation.transitions,
        "change",
        nothing,
        columns["id"].astype(np.object_)[which],
        typed,
        "approval",
        "approved",
        columns["assignee"][which],
    )
    return {"changes": Table(columns), "transitions": transitions}
