"""What is planted of problem management is in the records: counted again by other code."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from statistics import median

import pytest

from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.chance import DAY, END, UNTIL, Row, agrees, known, moment, planted, rows_of, share, within

CASES = [(2, 21), (3, 22), (5, 24)]
cases = pytest.mark.parametrize(("level", "seed"), CASES)


@cache
def organisation(level: int, seed: int) -> Organisation:
    return generate(Quality.of_levels({"problem": level}, seed), seed=seed, until=UNTIL, incidents=12_000)


def value(level: int, seed: int, indicator: str) -> float:
    return planted(organisation(level, seed), "problem")[indicator]


def problems(level: int, seed: int) -> list[Row]:
    return rows_of(organisation(level, seed).problems)


def incidents(level: int, seed: int) -> list[Row]:
    found = rows_of(organisation(level, seed).incidents)
    return [row for row in found if row["created_by"] != "import.user"]


def unsolved(row: Row) -> bool:
    return row["resolved_at"] is None and row["closed_at"] is None and known(row["opened_at"]) < END


def age(row: Row) -> float:
    return (END - known(row["opened_at"])) / DAY


def place(row: Row) -> tuple[object, object] | None:
    where = row["ci_id"] or row["service_id"]
    return (where, row["category"]) if where else None


@cases
def test_a_share_of_the_gravest_incidents_has_a_problem_in_time(level: int, seed: int) -> None:
    by_id = {row["id"]: row for row in problems(level, seed)}
    first: dict[object, list[Row]] = defaultdict(list)
    for row in by_id.values():
        first[row["first_incident_id"]].append(row)
    grave = [row for row in incidents(level, seed) if row["priority"] == 1 or row["major"]]

    def covered(row: Row) -> bool:
        tied = [*first[row["id"]], *([by_id[row["problem_id"]]] if row["problem_id"] in by_id else [])]
        return any(known(p["opened_at"]) <= known(row["resolved_at"]) + 14 * DAY for p in tied)

    counted = share(within(grave, "resolved_at", 365), covered)
    assert agrees(counted, value(level, seed, "prb-major-incident-coverage"))


@cases
def test_so_many_are_resolved_of_those_opened(level: int, seed: int) -> None:
    every = problems(level, seed)
    ratio = len(within(every, "resolved_at", 365)) / len(within(every, "opened_at", 365))
    assert ratio == pytest.approx(value(level, seed, "prb-throughput"), abs=0.12)


@cases
def test_four_fields_are_filled_as_often_as_asked(level: int, seed: int) -> None:
    tied = Counter(row["problem_id"] for row in organisation(level, seed).incidents.rows())

    def filled(row: Row) -> float:
        proactive = row["origin"] in ("trend", "event", "review", "vendor")
        occasion = proactive or tied[row["id"]] or row["incident_count"] or row["first_incident_id"]
        items = (
            row["root_cause_code"] or len(row["root_cause_note"] or "") >= 50,
            row["workaround_note"] or row["knowledge_id"] or row["fix_note"],
            row["service_id"] or row["ci_id"],
            occasion,
        )
        return sum(map(bool, items)) / 4

    resolved = within(problems(level, seed), "resolved_at", 365)
    mean = 100 * sum(map(filled, resolved)) / len(resolved)
    assert mean == pytest.approx(value(level, seed, "prb-record-completeness"), abs=4)


@cases
def test_a_share_of_what_stays_open_is_a_documented_known_error(level: int, seed: int) -> None:
    still = [row for row in problems(level, seed) if unsolved(row) and age(row) > 30]
    counted = share(still, lambda row: row["known_error"] and (row["workaround_note"] or row["knowledge_id"]))
    assert agrees(counted, value(level, seed, "prb-known-error-documented"))


@cases
def test_a_share_of_the_causes_is_found_within_30_days(level: int, seed: int) -> None:
    cohort = within(problems(level, seed), "opened_at", 395, 30)

    def soon(row: Row) -> bool:
        at = moment(row["root_cause_at"])
        return at is not None and at - known(row["opened_at"]) <= 30 * DAY

    assert agrees(share(cohort, soon), value(level, seed, "prb-root-cause-within-30-days"))


@cases
def test_a_share_is_resolved_within_120_days(level: int, seed: int) -> None:
    cohort = within(problems(level, seed), "opened_at", 485, 120)

    def soon(row: Row) -> bool:
        at = moment(row["resolved_at"])
        return at is not None and at - known(row["opened_at"]) <= 120 * DAY

    assert agrees(share(cohort, soon), value(level, seed, "prb-resolved-within-120-days"))


@cases
def test_a_share_of_the_backlog_is_old_and_not_accepted(level: int, seed: int) -> None:
    still = [row for row in problems(level, seed) if unsolved(row)]
    counted = share(still, lambda row: age(row) > 180 and not row["risk_accepted"])
    assert agrees(counted, value(level, seed, "prb-aged-backlog-share"))


@cases
def test_the_departments_that_take_part_hold_the_planted_volume(level: int, seed: int) -> None:
    made = organisation(level, seed)
    department = {row["name"]: row["department"] for row in made.groups.rows()}
    working = {department[row["assignment_group"]] for row in problems(level, seed)}
    recent = within(incidents(level, seed), "opened_at", 365)
    good, count = share(recent, lambda row: department[row["assignment_group"]] in working)
    planted_share = value(level, seed, "prb-department-participation")
    assert 100 * good / count == pytest.approx(planted_share, abs=0.5)


def recurring(level: int, seed: int) -> list[Row]:
    recent = within(incidents(level, seed), "opened_at", 90)
    cells = Counter(place(row) for row in recent)
    return [row for row in recent if place(row) and cells[place(row)] >= 5]


@cases
def test_a_share_of_recurring_incidents_is_tied_to_an_active_problem(level: int, seed: int) -> None:
    by_id = {row["id"]: row for row in problems(level, seed)}

    def active(row: Row) -> bool:
        problem = by_id.get(row["problem_id"])
        if problem is None:
            return False
        end = moment(problem["resolved_at"])
        return bool(problem["known_error"]) or end is None or end >= known(row["opened_at"])

    counted = share(recurring(level, seed), active)
    assert agrees(counted, value(level, seed, "prb-repeat-incident-coverage"), off=1)


@cases
def test_a_share_of_permanent_fixes_goes_through_a_change_that_was_done_before(level: int, seed: int) -> None:
    changes = {row["id"]: row for row in organisation(level, seed).changes.rows()}
    fixed = [
        row
        for row in within(problems(level, seed), "resolved_at", 365)
        if row["resolution_code"] == "Fix applied"
    ]
    counted = share(fixed, lambda row: row["fix_change_id"])
    assert agrees(counted, value(level, seed, "prb-fix-through-change"))
    for row in fixed:
        if row["fix_change_id"]:
            change = changes[row["fix_change_id"]]
            assert change["problem_id"] == row["id"]
            assert known(change["actual_end_at"]) < known(row["resolved_at"])


@cases
def test_a_share_is_found_before_it_hurts(level: int, seed: int) -> None:
    urgent: dict[object, list[datetime]] = defaultdict(list)
    for row in incidents(level, seed):
        if row["priority"] <= 2:
            urgent[row["service_id"]].append(known(row["opened_at"]))

    def before(row: Row) -> bool:
        opened = known(row["opened_at"])
        quiet = not any(opened - 30 * DAY <= at < opened for at in urgent[row["service_id"]])
        return row["origin"] in ("trend", "event", "review", "vendor") and quiet

    counted = share(within(problems(level, seed), "opened_at", 365), before)
    assert agrees(counted, value(level, seed, "prb-proactive-share"))


@cases
def test_a_share_of_the_fixes_stops_the_incidents(level: int, seed: int) -> None:
    cells: dict[object, list[datetime]] = defaultdict(list)
    for row in incidents(level, seed):
        if place(row):
            cells[place(row)].append(known(row["opened_at"]))
    judged: list[Row] = []
    for row in within(problems(level, seed), "resolved_at", 365, 91):
        fixed = known(row["resolved_at"])
        around = cells[place(row)] if row["ci_id"] else []
        before = sum(fixed - 90 * DAY <= at < fixed for at in around)
        after = sum(fixed <= at < fixed + 90 * DAY for at in around)
        if before >= 5:
            judged.append({"stopped": after <= before / 4})
    assert agrees(
        share(judged, lambda row: row["stopped"]), value(level, seed, "prb-fix-effectiveness"), least=20
    )


def repeats(level: int, seed: int, days: float, until_days: float) -> float:
    ended: dict[object, list[datetime]] = defaultdict(list)
    for row in incidents(level, seed):
        if place(row) and row["resolved_at"]:
            ended[place(row)].append(known(row["resolved_at"]))

    def again(row: Row) -> bool:
        opened = known(row["opened_at"])
        return any(opened - 30 * DAY <= at < opened for at in ended[place(row)])

    good, count = share(
        [r for r in within(incidents(level, seed), "opened_at", days, until_days) if place(r)], again
    )
    return good / count


@cases
def test_repeating_moves_as_the_trend_says(level: int, seed: int) -> None:
    first, last = repeats(level, seed, 690, 600), repeats(level, seed, 90, 0)
    falls = value(level, seed, "prb-repeat-incident-trend") == 100
    assert (last < 0.8 * first) if falls else (last > 1.1 * first)


@cases
def test_the_time_to_a_cause_moves_as_the_trend_says(level: int, seed: int) -> None:
    def days(since: float, until: float) -> float:
        found = within(problems(level, seed), "root_cause_at", since, until)
        return median((known(row["root_cause_at"]) - known(row["opened_at"])) / DAY for row in found)

    falls = value(level, seed, "prb-time-to-cause-trend") == 100
    assert (days(180, 0) < 0.7 * days(700, 500)) if falls else (days(180, 0) > 1.3 * days(700, 500))
