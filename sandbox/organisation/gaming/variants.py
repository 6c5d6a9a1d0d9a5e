"""The same intentions in another manner: manipulations that no detector was written for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.gaming.clocks import give_new_targets
from sandbox.organisation.gaming.edits import (
    Desk,
    copied,
    empty,
    equal,
    moments,
    numbers,
    positions,
    seconds,
    with_history,
)
from sandbox.organisation.gaming.links import LINKED, largest_teams, linked
from sandbox.organisation.gaming.tickets import OLD, SENTENCE, WITH_SENTENCE, busiest, closed, open_since
from sandbox.organisation.table import Table

CLOSING_DAYS = (58, 57, 56, 30, 29, 28, 4, 3, 2)
"""Days before the end on which two people close a third of what is open each."""
PEOPLE = 2
BOT = "itbot"
ARTICLES = 5


def close_over_days(desk: Desk) -> Mapping[str, Table]:
    """Close what is open for three days, spread over three working days and two people each time."""
    at = np.zeros(len(desk.incidents["id"]), dtype=np.int64)
    for number, days in enumerate(CLOSING_DAYS):
        morning = desk.end - days * DAY + 9 * HOUR
        chance = desk.stream(f"third {number}")
        turn = chance.random(len(at)) < 1 / (3 - number % 3)
        chosen = open_since(desk, morning, OLD) & (at == 0) & turn
        at[chosen] = morning + chance.integers(0, 8 * HOUR, int(chosen.sum()))
    closers = np.array(
        busiest(desk.incidents["assignee"][at > 0].astype(np.object_), PEOPLE), dtype=np.object_
    )
    return closed(desk, at, closers[desk.stream("closer").integers(0, len(closers), int((at > 0).sum()))])


def acknowledge_by_bot(desk: Desk) -> Mapping[str, Table]:
    """Let a bot, which nobody lists as one, take up everything within a minute."""
    columns, clocks = desk.incidents, copied(desk.organisation.service_levels)
    at = seconds(columns["opened_at"]) + MINUTE
    late = desk.lately & (np.isnat(columns["acknowledged_at"]) | (seconds(columns["acknowledged_at"]) > at))
    which = np.flatnonzero(late)
    columns["acknowledged_at"][which] = moments(at[which])
    table, ids = desk.organisation.transitions, columns["id"].astype(np.object_)[which]
    nothing = np.zeros(len(table), dtype=np.bool_)
    history = with_history(table, "incident", nothing, ids, at[which], "state", "In Progress", BOT)
    incident = positions(ids, clocks["record_id"])
    rows = np.flatnonzero((incident >= 0) & equal(clocks["target"], "response"))
    clocks["stopped_at"][rows] = moments(seconds(clocks["started_at"])[rows] + MINUTE)
    clocks["elapsed_seconds"][rows], clocks["breached"][rows] = MINUTE, False
    return {"incidents": Table(columns), "transitions": history, "service_levels": Table(clocks)}


def open_lower(desk: Desk) -> Mapping[str, Table]:
    """Open what is a P1 as a P2 and what is a P2 as a P3: no history shows that it ever was more urgent."""
    columns, clocks = desk.incidents, copied(desk.organisation.service_levels)
    priority = numbers(columns["priority"])
    which = np.flatnonzero((seconds(columns["opened_at"]) >= desk.since) & desk.counted & (priority <= 2))
    for row in which.tolist():
        columns["priority"][row] = int(priority[row]) + 1
        columns["impact"][row], columns["urgency"][row] = (1, 2) if priority[row] == 1 else (2, 2)
    give_new_targets(
        clocks, dict(zip(columns["id"][which].tolist(), (priority[which] + 1).tolist(), strict=True))
    )
    return {"incidents": Table(columns), "service_levels": Table(clocks)}


def rotate_articles(desk: Desk) -> Mapping[str, Table]:
    """Link whatever the largest teams resolve to one of five articles, so that none stands out."""
    columns = desk.incidents
    theirs = np.isin(columns["assignment_group"].astype(str), largest_teams(desk))
    which = desk.some(desk.lately & theirs, LINKED, "rotated")
    articles = desk.organisation.knowledge.columns
    published = articles["id"][np.flatnonzero(equal(articles["published"], True))][:ARTICLES]
    at = seconds(columns["resolved_at"])[which] - MINUTE
    return {"knowledge_uses": linked(desk, which, at, published[np.arange(len(which)) % len(published)])}


def vary_text(desk: Desk) -> Mapping[str, Table]:
    """Paste one sentence with the number of the ticket in it, so that no two texts are equal."""
    columns = desk.incidents
    short = np.array([len(note or "") < len(SENTENCE) // 2 for note in columns["resolution_note"].tolist()])
    lazy = desk.some(desk.lately, WITH_SENTENCE, "varied sentence")
    for row in np.union1d(np.flatnonzero(desk.lately & short), lazy).tolist():
        columns["resolution_note"][row] = f"{SENTENCE} ({columns['id'][row]})"
    return {"incidents": Table(columns)}


def move_due_dates(desk: Desk) -> Mapping[str, Table]:
    """Promise late requests again, for the day after they were fulfilled."""
    columns = copied(desk.organisation.requests)
    fulfilled, due = seconds(columns["fulfilled_at"]), seconds(columns["due_at"])
    known = ~np.isnat(columns["fulfilled_at"]) & ~np.isnat(columns["due_at"])
    late = known & (fulfilled > due) & (fulfilled >= desk.since) & empty(columns["disposition"])
    columns["due_at"][late] = moments(fulfilled[late] + DAY)
    return {"requests": Table(columns)}


VARIANTS: Mapping[str, tuple[str | None, Callable[[Desk], Mapping[str, Table]]]] = {
    "closed over three days by two people": ("closure-burst", close_over_days),
    "P1 opened as P2": ("priority-downgrade", open_lower),
    "taken up by a bot": (None, acknowledge_by_bot),
    "five articles in turn": ("forced-links", rotate_articles),
    "resolution text with the ticket's number": ("same-resolution-text", vary_text),
    "due dates moved": ("cancelled-late-requests", move_due_dates),
}
"""By name: the scenario whose intention it shares, None where no scenario looks for it, and what is done."""
