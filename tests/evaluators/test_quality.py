"""The quality gate counts doubtful records and lowers coverage; it never touches a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from evaluators.assessment import Request, examination_of
from evaluators.catalogue import shipped
from evaluators.gaming.scene import Scene
from evaluators.policy import Policy
from evaluators.quality import CHECKS, QualityFinding
from evaluators.quality.checks import AHEAD, CODES, DURATIONS, ENDED, FIRST, IN_BUSINESS_TIME, RANGES
from evaluators.quality.gate import examine
from evaluators.quality.reads import read_by
from evaluators.results import Assessment
from storage.records import KINDS
from tests.evaluators.world import EVERYTHING_COUNTS, TAKEN_AT, TODAY, World, moment, organisation

NEVER = replace(EVERYTHING_COUNTS, quality={check.id: 1.0 for check in CHECKS})
ALWAYS = replace(EVERYTHING_COUNTS, quality={check.id: 0.0 for check in CHECKS})
WORKDAYS = [day for day in range(1, 90) if (TODAY - timedelta(days=day)).weekday() < 5]


def found(world: World, policy: Policy = EVERYTHING_COUNTS) -> dict[str, QualityFinding]:
    """What the gate says of the incident practice, by check; of several columns the first."""
    asked = Request(as_of=TODAY, taken_at=TAKEN_AT)
    examination = examination_of(world.stored(policy), world.catalogue, policy, asked)
    findings, notes = examine(Scene(examination), world.catalogue.practice("incident").indicators, TAKEN_AT)
    assert notes == ()
    return {each.check: each for each in reversed(findings)}


def failed(world: World, policy: Policy = EVERYTHING_COUNTS) -> list[str]:
    """The checks that fail."""
    return [name for name, each in found(world, policy).items() if each.failed]


def some(world: World, count: int) -> list[str]:
    """Incidents that nobody doubts: one after the other on working mornings, with a history."""
    ids = []
    for number in range(count):
        opened = moment(f"{TODAY - timedelta(days=WORKDAYS[number % len(WORKDAYS)])} 09:00")
        name = world.incident(
            opened_at=opened + timedelta(seconds=number), resolver=f"person:{number // 3 % 97}"
        )
        world.changes(name, "state", [(opened + timedelta(minutes=90), "Resolved", "person:ann")])
        ids.append(name)
    return ids


def backwards(world: World, name: str) -> None:
    """Let an incident end before it began."""
    world.incident(id=name, opened_at="2026-06-01 09:00", resolved_at="2026-06-01 08:00")


def to_come(world: World, name: str) -> None:
    """Let an incident be resolved next year."""
    world.incident(id=name, resolved_at="2027-06-01 09:00")


def jumping(world: World, name: str) -> None:
    """Let the history of an incident run backwards."""
    steps = [("2026-06-01 12:00", "In Progress", None), ("2026-06-01 11:00", "Resolved", None)]
    world.incident(id=name, opened_at="2026-06-01 10:00")
    world.changes(name, "state", [(at, value, None) for at, value, _ in steps])


def closed_at_once(world: World, name: str) -> None:
    """Date the resolution at the closure, days after the history says."""
    world.incident(
        id=name,
        opened_at="2026-06-01 09:00",
        resolved_at="2026-06-06 12:00",
        closed_at="2026-06-06 12:00",
    )
    world.changes(name, "state", [("2026-06-01 12:00", "Resolved", None)])


@pytest.mark.parametrize(
    ("check", "spoil", "most", "total"),
    [
        ("durations", backwards, 5, 250),
        ("future-moments", to_come, 5, 250),
        ("clock-jumps", jumping, 5, 250),
        ("closed-as-resolved", closed_at_once, 10, 20),
    ],
)
def test_a_check_holds_at_its_limit_and_fails_above(
    world: World, check: str, spoil: Callable[[World, str], None], most: int, total: int
) -> None:
    ids = some(world, total)
    for name in ids[:most]:
        spoil(world, name)
    finding = found(world)[check]
    assert (finding.suspects, finding.failed, finding.indicators) == (most, False, ())
    spoil(world, ids[most])
    finding = found(world)[check]
    assert (finding.suspects, finding.failed) == (most + 1, True)
    assert len(finding.sample) == 5
    assert finding.indicators


def test_ended_without_a_history_fails_above_a_fifth(world: World) -> None:
    some(world, 40)
    ids = [world.incident(opened_at=f"2026-06-0{1 + number % 5} 10:00") for number in range(11)]
    world.changes(ids[0], "state", [("2026-06-02 11:00", "Resolved", "person:ann")])
    assert (found(world)["state-history"].suspects, failed(world)) == (10, [])
    world.incident(id="one more", opened_at="2026-06-02 10:00")
    assert failed(world) == ["state-history"]


def test_the_same_id_with_blanks_or_other_case_fails_above_one_percent(world: World) -> None:
    some(world, 594)
    for number in range(3):
        opened = f"2026-06-01 1{number}:00"
        world.incident(id=f"INC{number}", opened_at=opened)
        world.incident(id=f"inc{number} ", opened_at=opened)
    assert (found(world)["duplicate-ids"].suspects, failed(world)) == (6, [])
    world.incident(id="INC9", opened_at="2026-06-02 10:00")
    world.incident(id=" INC9", opened_at="2026-06-02 10:00")
    assert failed(world) == ["duplicate-ids"]


def test_openings_half_of_which_lie_after_hours_are_let_pass_and_one_more_is_not(world: World) -> None:
    def opened(number: int, hour: int) -> None:
        day = TODAY - timedelta(days=WORKDAYS[number % len(WORKDAYS)])
        name = world.incident(opened_at=f"{day} {hour}:00", resolver=f"person:{number}")
        world.changes(name, "state", [(f"{day} {hour}:30", "Resolved", "person:ann")])

    for number in range(60):
        opened(number, 17)
        opened(number, 18)
    assert found(world) == {}
    opened(60, 18)
    finding = found(world)["time-zone"]
    assert (finding.suspects, finding.total, finding.failed) == (61, 121, True)
    assert "inc-response-within-target" in finding.indicators
    assert "inc-resolved-within-30-days" not in finding.indicators


def test_openings_around_the_clock_are_no_shifted_zone(world: World) -> None:
    for number in range(240):
        day = TODAY - timedelta(days=WORKDAYS[number % len(WORKDAYS)])
        name = world.incident(opened_at=f"{day} {number % 24:02d}:00", resolver=f"person:{number}")
        world.changes(name, "state", [(f"{day} {number % 24:02d}:30", "Resolved", "person:ann")])
    assert "time-zone" not in found(world)


def test_closures_of_one_person_on_one_day_fail_above_five_percent(world: World) -> None:
    some(world, 400)
    for number in range(21):
        world.incident(
            opened_at=f"2026-05-{1 + number:02d} 09:00",
            resolved_at=f"2026-06-06 16:{number:02d}",
            resolver="person:1",
        )
    assert (found(world)["closure-bursts"].suspects, failed(world)) == (21, [])
    world.incident(opened_at="2026-05-20 09:00", resolved_at="2026-06-06 16:30", resolver="person:1")
    assert failed(world) == ["closure-bursts"]


def test_without_a_history_every_resolution_at_the_closure_is_doubted(world: World) -> None:
    world.lacks("history of state")
    for number in range(20):
        day = f"2026-06-{1 + number % 5:02d}"
        world.incident(
            opened_at=f"{day} 09:{number:02d}", resolved_at=f"{day} 12:00", closed_at=f"{day} 12:00"
        )
    assert failed(world) == ["closed-as-resolved"]


def test_unknown_codes_are_counted_and_fail_nothing(world: World) -> None:
    for name in some(world, 10):
        world.incident(id=name, priority=9, disposition="lost")
    finding = found(world)["unknown-codes"]
    assert (finding.suspects, finding.limit, finding.failed) == (10, None, False)


def test_an_ordinary_organisation_is_not_doubted(world: World) -> None:
    organisation(world, months=3)
    assert failed(world) == []


def test_limits_can_be_set(world: World) -> None:
    for name in some(world, 100)[:6]:
        backwards(world, name)
    assert failed(world) == ["durations"]
    assert failed(world, replace(EVERYTHING_COUNTS, quality={"durations": 0.06})) == []


# --- What an assessment makes of it ---


def spoiled(world: World) -> World:
    """An organisation with every kind of dirt."""
    organisation(world)
    for number in range(30):
        backwards(world, f"INC{number:04d}")
        to_come(world, f"INC{number + 30:04d}")
        jumping(world, f"INC{number + 60:04d}")
        world.incident(id=f"INC{number + 90:04d}", priority=77, opened_at="0001-01-02 00:00")
        world.incident(id=f"inc{number + 120:04d}", opened_at="2026-06-01 09:00")
        world.incident(id=f"INC{number + 120:04d}", opened_at="2026-06-01 09:00")
    return world


def values(assessment: Assessment) -> list[object]:
    """All that no check may change."""
    names = ("level", "possible", "confirmed", "index", "breadth", "probability", "probability_at_least")
    more = ("bottleneck", "attributes", "indicators")
    return [getattr(each, name) for each in assessment.practices for name in (*names, *more)]


def test_no_check_changes_a_value_an_achievement_a_level_or_an_index(world: World) -> None:
    spoiled(world)
    never, always = world.assess(NEVER), world.assess(ALWAYS)
    assert not any(each.failed for each in never.quality)
    assert len({each.check for each in always.quality if each.failed}) >= 4
    assert values(never) == values(always)
    assert never.overall == always.overall
    assert all(
        one.coverage > other.coverage
        for one, other in zip(never.practices, always.practices, strict=True)
        if one.coverage
    )


def test_dirty_evidence_is_counted_and_shown_and_breaks_nothing(world: World) -> None:
    assessment = spoiled(world).assess()
    counted = {each.check: each.suspects for each in assessment.quality}
    assert counted["durations"] == 30
    assert counted["future-moments"] == 30
    # Those that were moved to another day have a history before their opening as well.
    assert counted["clock-jumps"] >= 30
    assert counted["duplicate-ids"] == 60
    assert not [note for note in assessment.notes if note.startswith("not run")]


def test_each_failed_check_halves_what_an_indicator_covers(world: World) -> None:
    ids = some(world, 100)
    clean = world.assess(NEVER).practices[0]
    for name in ids[:30]:
        backwards(world, name)
    touched = set(found(world)["durations"].indicators)
    spoilt = world.assess().practices[0]
    rated = [each for each in spoilt.indicators if each.achievement is not None]
    halved = sum(each.weight for each in rated if each.id in touched)
    assert halved > 0
    applicable = sum(each.weight for each in spoilt.indicators)
    full = sum(each.weight * (0.5 if each.measurement.low_precision else 1) for each in rated)
    assert clean.coverage == pytest.approx(full / applicable)
    assert spoilt.coverage < clean.coverage


# --- Data ---


def test_columns_of_the_checks_exist() -> None:
    named = [
        *((kind, column) for kind, pair in DURATIONS.items() for column in pair),
        *ENDED.items(),
        *FIRST.items(),
        *(
            (kind, column)
            for each in (IN_BUSINESS_TIME, RANGES, CODES)
            for kind in each
            for column in each[kind]
        ),
    ]
    assert [pair for pair in named if pair[1] not in KINDS[pair[0]].by_name] == []
    assert {column.name for kind in KINDS.values() for column in kind.mapped} >= AHEAD


def test_what_an_indicator_reads_follows_from_its_columns() -> None:
    reads = read_by(shipped().indicator("inc-response-within-target"))
    assert {"incident", "incident.opened_at", "incident.response_seconds"} <= reads
    assert "incident.category" not in reads


def test_history_counts_as_needed_where_there_is_no_other_way() -> None:
    assert "transition:incident.state" in read_by(shipped().indicator("slm-pause-share"))
    assert "transition:incident.state" not in read_by(shipped().indicator("inc-response-within-target"))
