"""What each check counts, as conditions on one record kind `r` in DuckDB's dialect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evaluators.gaming import BY_NAME
from evaluators.gaming.bursts import burst_rule
from evaluators.gaming.scene import Scene
from evaluators.measures.base import quoted
from evaluators.quality.checks import AHEAD, CODES, DURATIONS, ENDED, FIRST, RANGES
from storage.evidence import relation
from storage.records import KINDS
from storage.records.schema import ColumnType

TOLERANCE = timedelta(hours=1)
"""Clocks of two systems may differ by so much."""


@dataclass(frozen=True)
class Rule:
    """One check of one kind: what is doubtful among what."""

    check: str
    kind: str
    needs: tuple[str, ...]
    """What a source must fill for the check to say anything."""
    among: str
    suspect: str
    columns: tuple[str, ...]
    """What is doubtful; an indicator is affected that reads all of it (`transition:state`: the history)."""


def rules(scene: Scene, kind: str, now: datetime) -> Iterator[Rule]:
    """Yield all checks of a kind."""
    if kind in DURATIONS:
        yield _durations(scene, kind, *DURATIONS[kind])
    yield from _future(scene, kind, now)
    if kind in ENDED:
        yield from _histories(scene, kind, ENDED[kind])
    if kind in FIRST:
        yield _duplicates(scene, kind, FIRST[kind])
    if kind == "incident":
        yield from _endings(scene)
    yield from _codes(scene, kind)


def _lately(scene: Scene, *columns: str) -> str:
    return " OR ".join(scene.between(f"r.{name}", scene.past_since, scene.until) for name in columns)


def _durations(scene: Scene, kind: str, begin: str, end: str) -> Rule:
    return Rule(
        check="durations",
        kind=kind,
        needs=(begin, end),
        among=f"r.{begin} IS NOT NULL AND r.{end} IS NOT NULL AND ({_lately(scene, begin, end)})",
        suspect=f"r.{end} <= r.{begin}",
        columns=(begin, end),
    )


def _future(scene: Scene, kind: str, now: datetime) -> Iterator[Rule]:
    latest = (now.astimezone(UTC) + TOLERANCE).replace(tzinfo=None)
    for column in KINDS[kind].mapped:
        if column.type is ColumnType.TIMESTAMP and column.name not in AHEAD:
            yield Rule(
                check="future-moments",
                kind=kind,
                needs=(column.name,),
                among=f"r.{column.name} >= DATE '{scene.past_since}'",
                suspect=f"r.{column.name} > TIMESTAMP '{latest}'",
                columns=(column.name,),
            )


def _histories(scene: Scene, kind: str, ended: str) -> Iterator[Rule]:
    changed = (
        f"(r.source, r.id) IN (SELECT t.source, t.record_id FROM {relation('transition')} AS t "
        f"WHERE t.record_kind = '{kind}' AND t.field = 'state')"
    )
    yield Rule(
        check="state-history",
        kind=kind,
        needs=(ended, "transition:state"),
        among=_lately(scene, ended),
        suspect=f"NOT {changed}",
        columns=("transition:state",),
    )
    steps = (
        "SELECT s.source, s.record_id, s.at, LAG(s.at) OVER (PARTITION BY s.source, s.record_id, "
        f"s.field ORDER BY s.sequence) AS earlier FROM {relation('transition')} AS s "
        f"WHERE s.record_kind = '{kind}'"
    )
    backwards = (
        f"(r.source, r.id) IN (SELECT t.source, t.record_id FROM ({steps}) AS t JOIN {relation(kind)} AS o "
        "ON o.source = t.source AND o.id = t.record_id "
        "WHERE t.at < t.earlier OR t.at < o.opened_at - INTERVAL 1 MINUTE)"
    )
    yield Rule(
        check="clock-jumps",
        kind=kind,
        needs=("opened_at", "transition:state"),
        among=f"({_lately(scene, 'opened_at')}) AND {changed}",
        suspect=backwards,
        columns=("transition:state",),
    )


def _duplicates(scene: Scene, kind: str, first: str) -> Rule:
    same = f"lower(trim(id)), {first}"
    return Rule(
        check="duplicate-ids",
        kind=kind,
        needs=(first,),
        among=_lately(scene, first),
        suspect=f"(lower(trim(r.id)), r.{first}) IN (SELECT {same} FROM {relation(kind)} GROUP BY {same} "
        "HAVING COUNT(*) > 1)",
        columns=(),
    )


def _endings(scene: Scene) -> Iterator[Rule]:
    """Yield the checks of how incidents end."""
    limits = BY_NAME["closure-burst"].in_force(scene.examination.policy.gaming.get("closure-burst", {}))
    burst = burst_rule(scene, limits)
    if burst is not None and isinstance(burst.suspect, str):
        yield Rule(
            check="closure-bursts",
            kind="incident",
            needs=burst.needs,
            among=scene.between("r.resolved_on", scene.past_since, scene.until),
            suspect=burst.suspect,
            columns=("resolved_at",),
        )
    together, needs = "r.closed_at = r.resolved_at", ("resolved_at", "closed_at")
    earlier = (
        f"(r.source, r.id) IN (SELECT t.source, t.record_id FROM {relation('transition')} AS t "
        f"JOIN {relation('incident')} AS o ON o.source = t.source AND o.id = t.record_id "
        "WHERE t.record_kind = 'incident' AND t.field = 'state' AND lower(t.new_value) LIKE 'resolved%' "
        "AND t.at < o.resolved_at - INTERVAL 1 MINUTE)"
    )
    told = scene.records("incident", *needs, "transition:state") is not None
    yield Rule(
        check="closed-as-resolved",
        kind="incident",
        needs=(*needs, "transition:state") if told else needs,
        among=f"r.closed_at IS NOT NULL AND ({_lately(scene, 'resolved_at')})",
        suspect=f"{together} AND {earlier}" if told else together,
        columns=("resolved_at",),
    )


def _codes(scene: Scene, kind: str) -> Iterator[Rule]:
    known = {
        name: f"r.{name} BETWEEN {low} AND {high}" for name, (low, high) in RANGES.get(kind, {}).items()
    } | {
        name: f"lower(r.{name}) IN ({', '.join(map(quoted, values))})"
        for name, values in CODES.get(kind, {}).items()
    }
    for name, condition in known.items():
        first = FIRST.get(kind)
        yield Rule(
            check="unknown-codes",
            kind=kind,
            needs=(name,),
            among=f"r.{name} IS NOT NULL" + (f" AND ({_lately(scene, first)})" if first else ""),
            suspect=f"NOT ({condition})",
            columns=(name,),
        )
