"""Improving a single record never lowers what is measured of it (laws of sections 6.1 to 6.3)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evaluators import ladder
from evaluators.examination import Examination
from evaluators.policy import Exclusions, Policy
from evaluators.results import IndicatorResult
from evaluators.standing import standing_of
from evaluators.support import SupportMap
from tests.evaluators.world import SOURCE, World

POLICY = Policy(
    automation=("healer",),
    departments={"*": "IT"},
    priority_matrix={(1, 1): 1, (2, 2): 2, (3, 3): 3},
    exclusions=Exclusions(enabled=False),
)
RECORDS = 160
STEPS = 150
SHARES = (
    "inc-response-within-target",
    "inc-resolved-within-30-days",
    "inc-record-completeness",
    "inc-single-person-dependence",
    "inc-sla-coverage",
    "inc-priority-model-conformance",
    "inc-sla-attainment",
    "inc-first-assignment-resolution",
    "inc-ping-pong-rate",
    "inc-automated-resolution",
)
"""Methods P and B: a single record may never pull them the wrong way."""
SERIES = (
    "inc-team-record-consistency",
    "inc-team-resolution-consistency",
    "inc-resolution-in-control",
    "inc-resolution-time-trend",
    "inc-handoff-trend",
)
"""Methods D, C and T: a better record may move the reference, but no value by more than a point."""


@dataclass
class Case:
    """One incident with its flaws; improving takes one of them away."""

    name: str
    opened: datetime
    columns: dict[str, Any]
    clock: dict[str, Any] | None
    groups: list[str | None]
    minutes: int = 600
    touched: bool = False
    flaws: list[str] = field(default_factory=list)

    def put(self, world: World, source: str = SOURCE) -> None:
        """Write the incident as it is now."""
        resolved = self.opened + timedelta(minutes=self.minutes)
        world.incident(
            id=self.name, opened_at=self.opened, resolved_at=resolved, source=source, **self.columns
        )
        steps = [
            (self.opened + timedelta(minutes=step), group, None) for step, group in enumerate(self.groups)
        ]
        world.changes(self.name, "assignment_group", steps, source=source)
        actor = "person:ann" if self.touched else self.columns["resolver"]
        began = self.opened + timedelta(minutes=2)
        world.changes(self.name, "state", [(began, "Work", actor)], source=source)
        if self.clock is not None:
            world.service_level(self.name, id=f"{self.name}-sla", source=source, **self.clock)


def resolve_sooner(case: Case) -> None:
    case.minutes = 600


def answer_in_time(case: Case) -> None:
    case.columns["acknowledged_at"] = case.opened + timedelta(minutes=5)


def name_the_item(case: Case) -> None:
    case.columns["ci_id"] = f"srv-{case.name}"


def write_a_note(case: Case) -> None:
    case.columns["resolution_note_length"] = 60


def do_not_bounce(case: Case) -> None:
    case.groups = [case.groups[0], None, case.groups[0]]
    case.columns["reassignment_count"] = 0


def do_not_reopen(case: Case) -> None:
    case.columns["reopen_count"] = 0


def promise(case: Case) -> None:
    case.clock = {"started_at": case.opened, "breached": False}


def promise_earlier(case: Case) -> None:
    case.clock = {**(case.clock or {}), "started_at": case.opened + timedelta(minutes=1)}


def keep_the_promise(case: Case) -> None:
    case.clock = {**(case.clock or {}), "breached": False}


def share_the_work(case: Case) -> None:
    case.columns["resolver"] = "person:bob"


def leave_it_to_the_machine(case: Case) -> None:
    case.touched = False


IMPROVEMENTS: Mapping[str, Callable[[Case], None]] = {
    "late": resolve_sooner,
    "unanswered": answer_in_time,
    "no item": name_the_item,
    "no note": write_a_note,
    "bounced": do_not_bounce,
    "reopened": do_not_reopen,
    "no clock": promise,
    "late clock": promise_earlier,
    "breached": keep_the_promise,
    "one person": share_the_work,
    "touched": leave_it_to_the_machine,
}
CONCERNED: Mapping[str, tuple[str, ...]] = {
    "late": ("inc-resolved-within-30-days",),
    "unanswered": ("inc-response-within-target",),
    "no item": ("inc-record-completeness", "inc-automated-resolution"),
    "no note": ("inc-record-completeness",),
    "bounced": ("inc-first-assignment-resolution", "inc-ping-pong-rate"),
    "reopened": ("inc-first-assignment-resolution", "inc-automated-resolution"),
    "no clock": ("inc-sla-coverage", "inc-sla-attainment"),
    "late clock": ("inc-sla-coverage",),
    "breached": ("inc-sla-attainment",),
    "one person": ("inc-single-person-dependence",),
    "touched": ("inc-automated-resolution",),
}
"""What is measured again after every improvement; all is after every tenth."""


def flawed(number: int, chance: random.Random) -> Case:
    opened = datetime(2026, 4, 1 + number % 28, 9, 0, tzinfo=UTC)
    name, level = f"INC{number:03d}", 1 + number % 3
    flaws = [flaw for flaw in IMPROVEMENTS if chance.random() < 0.22]
    automated = number % 6 == 0
    impossible = {"one person"} if automated else {"touched"}
    if "no clock" in flaws:
        impossible |= {"late clock", "breached"}
    flaws = [flaw for flaw in flaws if flaw not in impossible]
    person = "person:ann" if "one person" in flaws else ("person:bob", "person:cy")[number % 5 > 2]
    columns: dict[str, Any] = {
        "priority": level,
        "impact": level,
        "urgency": level,
        "category": ("Network", "Mail")[number % 2],
        "assignment_group": ("Desk", "Core", "Web")[number % 3],
        "ci_id": None if "no item" in flaws else f"srv-{name}",
        "service_id": None,
        "resolver": "automation:healer" if automated else person,
        "acknowledged_at": None if "unanswered" in flaws else opened + timedelta(minutes=5),
        "close_code": None,
        "resolution_note_length": 5 if "no note" in flaws else 60,
        "reassignment_count": 2 if "bounced" in flaws else 0,
        "reopen_count": int("reopened" in flaws),
    }
    late = opened + timedelta(minutes=90 if "late clock" in flaws else 1)
    clock = None if "no clock" in flaws else {"started_at": late, "breached": "breached" in flaws}
    groups: list[str | None] = ["Desk", "Core", "Desk"] if "bounced" in flaws else ["Desk", None, "Desk"]
    minutes = 31 * 1440 if "late" in flaws else 600
    return Case(name, opened, columns, clock, groups, minutes, "touched" in flaws, flaws)


def results(examination: Examination, names: tuple[str, ...]) -> dict[str, IndicatorResult]:
    return {name: examination.result(examination.catalogue.indicator(name)) for name in names}


def attributes(found: Mapping[str, IndicatorResult]) -> dict[str, float | None]:
    return standing_of(list(found.values())).proven


def flawed_cases() -> list[Case]:
    chance = random.Random(42)
    return [flawed(number, chance) for number in range(RECORDS)]


def organisations(world: World, cases: list[Case], chosen: list[tuple[Case, str]]) -> Examination:
    """Write the organisation before and after every improvement, each as a source of its own.

    Derived and stored at once, as one source of them knows nothing of another: a store for each of them
    would take a hundred times as long.
    """
    for step in range(len(chosen) + 1):
        if step:
            case, flaw = chosen[step - 1]
            IMPROVEMENTS[flaw](case)
        for case in cases:
            case.put(world, f"step {step}")
    return world.examination(POLICY)


def of_step(everything: Examination, step: int) -> Examination:
    """Return the examination of one organisation alone."""
    supports = [each for each in everything.store.supports() if each.source == f"step {step}"]
    return replace(everything, supports=SupportMap(supports, POLICY))


def improvements(cases: list[Case]) -> list[tuple[Case, str]]:
    possible = [(case, flaw) for case in cases for flaw in case.flaws]
    random.Random(7).shuffle(possible)
    assert len(possible) >= STEPS
    return possible[:STEPS]


def test_no_single_improvement_lowers_an_achievement_an_attribute_or_the_level(world: World) -> None:
    cases = flawed_cases()
    chosen = improvements(cases)
    assert {flaw for _, flaw in chosen} == set(IMPROVEMENTS)
    everything = organisations(world, cases, chosen)
    before = results(of_step(everything, 0), SHARES)
    assert all(one.achievement is not None for one in before.values())
    first = before
    for step, (case, flaw) in enumerate(chosen, start=1):
        after = before | results(of_step(everything, step), SHARES if step % 10 == 0 else CONCERNED[flaw])
        for name, one in after.items():
            assert (one.achievement or 0.0) >= (before[name].achievement or 0.0), (case.name, flaw, name)
        was, now = attributes(before), attributes(after)
        assert all((now[name] or 0.0) >= (was[name] or 0.0) for name in now), (case.name, flaw)
        assert ladder.level(now) >= ladder.level(was), (case.name, flaw)
        assert ladder.index(now) >= ladder.index(was), (case.name, flaw)
        before = after
    # And all of it together was worth something.
    assert sum(one.achievement or 0.0 for one in before.values()) > sum(
        one.achievement or 0.0 for one in first.values()
    )


def test_a_single_improvement_lowers_no_comparison_or_series_by_more_than_a_point(world: World) -> None:
    cases = flawed_cases()
    for case in cases:
        case.put(world)
    for month in range(1, 12):
        world.incidents(
            20 + month, opened_at=datetime(2025, month, 20, 9, tzinfo=UTC), category=None, made_sla=True
        )
        for week in range(4):
            day = datetime(2025, 6 + month // 2, 1 + 7 * week, 9, tzinfo=UTC)
            world.incidents(11, opened_at=day, lasting=timedelta(minutes=500 + 40 * (week % 2)))
    before = results(world.examination(POLICY), SERIES)
    for case, flaw in improvements(cases)[:12]:
        IMPROVEMENTS[flaw](case)
        case.put(world)
        after = results(world.examination(POLICY), SERIES)
        for name, one in after.items():
            was, now = before[name].measurement.value or 0.0, one.measurement.value or 0.0
            assert now >= was - 1.0, (case.name, flaw, name)
        before = after
