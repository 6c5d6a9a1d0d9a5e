"""Internal targets: clocks for the stays of tickets with the groups they pass through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, business_seconds
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.promises import TABLE
from sandbox.organisation.table import words
from sandbox.organisation.world import World

LONG = 4 * HOUR
"""Business time with one group that needs a target."""
ALLOWED = 16 * HOUR


@dataclass(frozen=True)
class _Stays:
    """Stays of tickets that two groups or more had, in order."""

    kind: Words
    record: Words
    ticket: Integers
    started: Integers
    ended: Integers

    @property
    def long(self) -> Flags:
        """Those that need a target."""
        lasted = business_seconds(self.ended) - business_seconds(self.started)
        return np.asarray(lasted > LONG, dtype=np.bool_)


def agree_internally(world: World, draft: Draft, asked: Asked) -> float:
    """Give as many tickets a clock for every long stay as are missing; return the share in percent.

    Tickets that stay nowhere for long need none, so the others have the fewer to themselves.
    """
    stays = _stays(draft)
    count = int(stays.ticket.max(initial=-1)) + 1
    needs = np.zeros(count, dtype=np.bool_)
    needs[stays.ticket[stays.long]] = True
    ended = np.zeros(count, dtype=np.int64)
    np.maximum.at(ended, stays.ticket, stays.ended)
    recent = (ended >= world.period.end - 90 * DAY) & (ended < world.period.end)
    without = 1 - float(needs[recent].mean()) if recent.any() else 0.0
    share = asked.share("slm-internal-target-coverage")
    chance = float(np.clip((share - without) / max(1 - without, 0.01), 0.0, 1.0))
    agreed = needs & (world.stream("plant internal targets").random(count) < chance)
    _clocks(world, draft, stays, np.flatnonzero(agreed[stays.ticket] & stays.long))
    return 100 * (without + (1 - without) * chance)


def _stays(draft: Draft) -> _Stays:
    """Return the stays of the tickets that count, from their history of groups."""
    table = "transitions"
    which = draft.equal(table, "field", "assignment_group") & draft.known(table, "new_value")
    which &= np.isin(draft.words(table, "record_kind"), ("incident", "request"))
    kind, record = draft.words(table, "record_kind")[which], draft.words(table, "record_id")[which]
    team, at = draft.words(table, "new_value")[which], draft.seconds(table, "at")[which]
    counted = among(record, np.concatenate([_counting(draft, "incidents"), _counting(draft, "requests")]))
    kind, record, team, at = kind[counted], record[counted], team[counted], at[counted]
    _, ticket = np.unique(record.astype(str), return_inverse=True)
    order = np.lexsort((at, ticket))
    kind, record, team, at, ticket = kind[order], record[order], team[order], at[order], ticket[order]
    same = np.zeros(len(ticket), dtype=np.bool_)
    same[1:] = (ticket[1:] == ticket[:-1]) & (team[1:] == team[:-1])
    kind, record, team, at, ticket = kind[~same], record[~same], team[~same], at[~same], ticket[~same]
    ends = _ends(draft, kind, record)
    following = np.append(ticket[1:] == ticket[:-1], False)
    ended = np.where(following, np.append(at[1:], 0), ends)
    several = np.bincount(ticket)[ticket] >= 2
    _, compact = np.unique(ticket[several], return_inverse=True)
    return _Stays(kind[several], record[several], compact, at[several], np.minimum(ended, ends)[several])


def _counting(draft: Draft, table: str) -> Words:
    counts = ~draft.known(table, "disposition")
    if table == "incidents":
        counts &= ~draft.known(table, "parent_id") & ~draft.equal(table, "created_by", "import.user")
    return draft.words(table, "id")[counts]


def _ends(draft: Draft, kind: Words, record: Words) -> Integers:
    """Return when each ticket was resolved or fulfilled, else far in the future."""
    ends = np.zeros(len(record), dtype=np.int64)
    for name, ended in (("incident", "resolved_at"), ("request", "fulfilled_at")):
        part = kind == name
        place = draft.position(f"{name}s", record[part])
        ends[part] = draft.seconds(f"{name}s", ended)[place]
    return ends


def _clocks(world: World, draft: Draft, stays: _Stays, which: Integers) -> None:
    generator, count = world.stream("plant internal clocks"), len(which)
    started = np.minimum(stays.started[which] + generator.integers(0, 90, count), stays.ended[which] - 1)
    stopped = stays.ended[which]
    past = stopped < world.period.end
    running = np.minimum(stopped, world.period.end)
    elapsed = np.maximum(business_seconds(running) - business_seconds(started), 0)
    draft.append(
        TABLE,
        count,
        id=words([f"OLA{number:07d}" for number in range(1, count + 1)]),
        record_kind=stays.kind[which],
        record_id=stays.record[which],
        name=words(np.full(count, "Handling by a group")),
        type=words(np.full(count, "OLA")),
        target=words(np.full(count, "handling")),
        target_seconds=words(np.full(count, ALLOWED)),
        started_at=started.astype("datetime64[s]"),
        stopped_at=np.where(past, stopped, np.datetime64("NaT").astype(np.int64)).astype("datetime64[s]"),
        breached=words(elapsed > ALLOWED),
        cancelled=words(np.zeros(count, dtype=np.bool_)),
        elapsed_seconds=words(elapsed),
        paused_seconds=words(np.zeros(count, dtype=np.int64)),
        updated_at=np.where(past, stopped, started).astype("datetime64[s]"),
    )
