"""Manipulated incidents: closed in bursts, filled with 'Other', with the same text, in split groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.gaming.edits import (
    Desk,
    copied,
    empty,
    equal,
    extended,
    moments,
    numbers,
    seconds,
    with_history,
)
from sandbox.organisation.numbers import Flags, Integers, Words, rank_within
from sandbox.organisation.table import Table

BURST_DAYS = (2, 30, 58)
"""Days before the end on whose evening somebody closes what is open."""
OLD = 3 * DAY
SENTENCE = "issue analysed and resolved, user informed, ticket closed"
WITH_OTHER, WITH_SENTENCE = 0.35, 0.15
PART = 18
"""Incidents of 90 days that a part of a split group gets."""


def close_in_bursts(desk: Desk) -> Mapping[str, Table]:
    """Close whatever is open for three days, all by one person on a few evenings."""
    at = np.zeros(len(desk.incidents["id"]), dtype=np.int64)
    for days in BURST_DAYS:
        evening = desk.end - days * DAY - 7 * HOUR
        chosen = open_since(desk, evening, OLD) & (at == 0)
        at[chosen] = evening + 20 * rank_within(np.zeros(int(chosen.sum()), dtype=np.int64))
    [closer] = busiest(desk.incidents["assignee"][at > 0].astype(np.object_), 1)
    return closed(desk, at, np.full(int((at > 0).sum()), closer, dtype=np.object_))


def open_since(desk: Desk, moment: int, age: int) -> Flags:
    """Say which incidents that count have been open for `age` seconds at a moment."""
    opened, resolved = seconds(desk.incidents["opened_at"]), seconds(desk.incidents["resolved_at"])
    ended = np.where(np.isnat(desk.incidents["resolved_at"]), desk.end, resolved)
    return np.asarray(desk.counted & (opened < moment - age) & (ended > moment), dtype=np.bool_)


def busiest(names: Words, count: int) -> list[str]:
    """Return those who stand there most often, the most frequent first."""
    known, counts = np.unique(names[~empty(names)].astype(str), return_counts=True)
    return [str(name) for name in known[np.argsort(-counts, kind="stable")][:count]]


def closed(desk: Desk, at: Integers, closers: Words) -> Mapping[str, Table]:
    """Close incidents at the moments given, 0 for those left alone; `closers` are those of the others."""
    columns, which = desk.incidents, np.flatnonzero(at)
    columns["resolved_at"][which] = columns["closed_at"][which] = moments(at[which])
    columns["updated_at"][which] = moments(at[which])
    columns["resolver"][which], columns["state"][which] = closers, "Closed"
    return {
        "incidents": Table(columns),
        "transitions": _closed_early(desk, which, at, closers),
        "service_levels": _stopped(desk, which, at),
    }


def _closed_early(desk: Desk, which: Integers, at: Integers, closers: Words) -> Table:
    """Return the history as if nothing had happened after the closing."""
    table, ids = desk.organisation.transitions, desk.incidents["id"].astype(np.object_)
    until = dict(zip(ids[which].tolist(), at[which].tolist(), strict=True))
    limit = np.array([until.get(name, desk.end) for name in table.columns["record_id"].tolist()])
    dropped = seconds(table.columns["at"]) >= limit
    return with_history(table, "incident", dropped, ids[which], at[which], "state", "Closed", closers)


def _stopped(desk: Desk, which: Integers, at: Integers) -> Table:
    """Stop the clocks of closed incidents with them."""
    columns = copied(desk.organisation.service_levels)
    until = dict(zip(desk.incidents["id"][which].tolist(), at[which].tolist(), strict=True))
    stop = np.array([until.get(name, 0) for name in columns["record_id"].tolist()], dtype=np.int64)
    started, stopped = seconds(columns["started_at"]), seconds(columns["stopped_at"])
    running = np.isnat(columns["stopped_at"]) | (stopped > stop)
    rows = np.flatnonzero((stop > started) & running)
    elapsed = np.maximum(stop[rows] - started[rows] - numbers(columns["paused_seconds"][rows]), 0)
    columns["stopped_at"][rows] = columns["updated_at"][rows] = moments(stop[rows])
    columns["elapsed_seconds"][rows] = elapsed
    columns["breached"][rows] = (elapsed > numbers(columns["target_seconds"][rows])).astype(np.object_)
    return Table(columns)


def fill_with_other(desk: Desk) -> Mapping[str, Table]:
    """Pick 'Other' where a field had become mandatory."""
    columns = desk.incidents
    columns["category"][desk.some(desk.lately, WITH_OTHER, "other")] = "Other"
    for field in ("close_code", "service_id"):
        columns[field][np.flatnonzero(desk.lately & empty(columns[field]))] = "Other"
    return {"incidents": Table(columns)}


def repeat_text(desk: Desk) -> Mapping[str, Table]:
    """Paste one sentence where there was none, or a word, and on some others to save time."""
    columns = desk.incidents
    lengths = np.array([len(note or "") for note in columns["resolution_note"].tolist()])
    columns["resolution_note"][np.flatnonzero(desk.lately & (lengths < len(SENTENCE) // 2))] = SENTENCE
    columns["resolution_note"][desk.some(desk.lately, WITH_SENTENCE, "sentence")] = SENTENCE
    return {"incidents": Table(columns)}


def split_group(desk: Desk) -> Mapping[str, Table]:
    """Divide the two largest teams but one into parts that are too small to be compared."""
    columns = desk.incidents
    names, counts = np.unique(columns["assignment_group"][desk.lately].astype(str), return_counts=True)
    by_size = names[np.argsort(-counts, kind="stable")]
    groups, transitions = desk.organisation.groups, copied(desk.organisation.transitions)
    since = seconds(columns["opened_at"]) >= desk.since
    for name in by_size[1:3].tolist():
        rows = np.flatnonzero(equal(columns["assignment_group"], name) & (desk.lately | since))
        rows = rows[desk.stream(f"split {name}").permutation(len(rows))]
        parts = 1 + np.arange(len(rows)) // PART
        named = np.array([f"{name} {part}" for part in parts.tolist()], dtype=np.object_)
        columns["assignment_group"][rows] = named
        _rename(transitions, dict(zip(columns["id"][rows].tolist(), named.tolist(), strict=True)), name)
        groups = _with_parts(groups, name, sorted(set(named.tolist())))
    return {"incidents": Table(columns), "transitions": Table(transitions), "groups": groups}


def _rename(
    transitions: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]],
    parts: dict[str, str],
    name: str,
) -> None:
    for column in ("old_value", "new_value"):
        for row in np.flatnonzero(equal(transitions[column], name)).tolist():
            transitions[column][row] = parts.get(str(transitions["record_id"][row]), name)


def _with_parts(groups: Table, name: str, parts: list[str]) -> Table:
    [row] = np.flatnonzero(equal(groups.columns["name"], name))[:1].tolist()
    like = {column: values[row] for column, values in groups.columns.items()}
    ids = np.array([f"{like['id']}-{number}" for number in range(len(parts))], dtype=np.object_)
    return extended(groups, len(parts), {**like, "id": ids, "name": np.array(parts, dtype=np.object_)})
