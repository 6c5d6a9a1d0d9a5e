"""What configuration management was planted with is in the records: counted again from them alone."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate, write_export
from sandbox.organisation.export import LOG_FIELDS
from tests.sandbox.linked import REFERENCES, by_id, table
from tests.sandbox.recount import DAY, Recount, Row, known, moment

UNTIL = date(2026, 6, 17)
END = datetime.combine(UNTIL, time(0), UTC)
AROUND = DAY
HARDWARE = ("server", "database", "network device")
KEYS = ("serial_number", "host_name", "cloud_id", "correlation_id")


@cache
def planted(level: int = 3) -> Organisation:
    return generate(Quality.of_levels({"configuration": level}, 1), seed=1, until=UNTIL, incidents=12_000)


@cache
def items() -> list[Row]:
    return [row for row in planted().configuration_items.rows() if row["operational"]]


@cache
def hardware() -> list[Row]:
    return [row for row in items() if row["class"] in HARDWARE]


@cache
def incidents() -> list[Row]:
    return Recount(planted(), UNTIL).incidents


def value(indicator: str, level: int = 3) -> float:
    truth: Any = planted(level).truth["practices"]
    return float(truth["configuration"]["indicators"][indicator]["value"])


def age(*moments: object) -> float:
    """Days since the last of these, without end where there is none."""
    found = [at for at in map(moment, moments) if at is not None]
    return (END - max(found)) / DAY if found else float("inf")


def fresh(row: Row) -> bool:
    last_change = row["updated_at"] if not str(row["changed_by"]).startswith("svc_") else None
    names = ("last_discovered_at", "verified_at", "changed_by_person_at", "created_at")
    return age(last_change, *(row[name] for name in names)) < 61


def complete(row: Row) -> bool:
    where = row["environment"] or row["criticality"]
    return bool(row["name"] and row["class"] and row["status"] and where and team(row))


def team(row: Row) -> object:
    return row["owner_group"] or row["support_group"]


@cache
def repeated() -> frozenset[object]:
    keys: dict[object, set[object]] = defaultdict(set)
    for row in items():
        for name in KEYS:
            if row[name]:
                keys[row["class"], name, row[name]].add(row["id"])
    return frozenset(each for ids in keys.values() if len(ids) > 1 for each in ids)


@cache
def staffed() -> frozenset[object]:
    groups = planted().groups.rows()
    return frozenset(
        row["name"] for row in groups if row["active"] and int(row["active_member_count"] or 0) >= 2
    )


def owned(row: Row) -> bool:
    return row["owner_group"] in staffed() or row["support_group"] in staffed()


def checked(row: Row) -> bool:
    days = age(row["last_discovered_at"], row["verified_at"])
    return days < 91 or (days < 366 and row["criticality"] != "critical")


def discovered(row: Row) -> bool:
    return row["discovery_source"] != "manual entry" and age(row["last_discovered_at"]) < 31


SHARES: dict[str, tuple[Callable[[], list[Row]], Callable[[Row], bool]]] = {
    "cfg-freshness": (items, fresh),
    "cfg-duplicate-free": (items, lambda row: row["id"] not in repeated()),
    "cfg-required-completeness": (items, complete),
    "cfg-ownership": (items, owned),
    "cfg-verified-share": (items, checked),
    "cfg-discovery-share": (hardware, discovered),
}


@pytest.mark.parametrize("indicator", SHARES)
def test_a_share_of_the_items_is_the_one_planted(indicator: str) -> None:
    population, test = SHARES[indicator]
    rows = population()
    asked = value(indicator) / 100
    assert abs(mean(map(test, rows)) - asked) < 5 * sqrt(asked * (1 - asked) / len(rows))


def test_teams_that_fall_behind_own_what_was_planted() -> None:
    kept: dict[object, list[bool]] = defaultdict(list)
    for row in items():
        kept[team(row)].append(complete(row))
    usual = median(mean(found) for found in kept.values())
    behind = sum(len(found) for found in kept.values() if len(found) >= 60 and mean(found) < usual - 0.2)
    assert 100 * (1 - behind / len(items())) == pytest.approx(value("cfg-owner-consistency"), abs=0.01)


def test_services_on_tickets_stand_on_two_levels_as_often_as_planted() -> None:
    below: dict[object, set[object]] = defaultdict(set)
    for row in planted().ci_relationships.rows():
        below[row["parent_id"]].add(row["child_id"])
    working = {row["id"] for row in items()}
    named = {row["service_id"] for row in [*incidents(), *planted().changes.rows()]} - {None}

    def mapped(service: object) -> bool:
        return bool(working & {deep for part in below[service] for deep in below[part]})

    assert 100 * mean(map(mapped, named)) == pytest.approx(value("cfg-service-mapping"), abs=2)


@cache
def every_item() -> dict[object, Row]:
    return dict(by_id(planted(), "configuration_item"))


def valid(row: Row) -> bool:
    named = [every_item()[row[name]] for name in ("ci_id", "service_id") if row[name]]
    return any(item["operational"] or (known(item["retired_at"]) > known(row["opened_at"])) for item in named)


def test_tickets_name_what_is_in_operation_as_often_as_planted() -> None:
    since = END - 180 * DAY
    changes = [row for row in planted().changes.rows() if not row["disposition"]]
    changes = [row for row in changes if since <= known(row["opened_at"]) < END]
    opened = [row for row in incidents() if known(row["opened_at"]) >= since]
    assert 100 * mean(map(valid, [*opened, *changes])) == pytest.approx(
        value("cfg-used-in-operations"), abs=0.3
    )


def drifts() -> list[Row]:
    return [row for row in planted().transitions.rows() if row["record_kind"] == "configuration_item"]


def test_drift_has_work_around_it_as_often_as_planted() -> None:
    work: dict[object, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in planted().changes.rows():
        agreed = row["approved_at"] or row["type"] == "standard" or row["gate_passed"]
        if agreed and not row["disposition"] and not row["unauthorised"] and row["actual_start_at"]:
            end = row["actual_end_at"] or row["planned_end_at"] or row["actual_start_at"]
            work[row["ci_id"]].append((known(row["actual_start_at"]) - AROUND, known(end) + AROUND))

    def explained(row: Row) -> bool:
        at = known(row["at"])
        return any(began <= at <= ended for began, ended in work[row["record_id"]])

    asked = value("cfg-drift-explained") / 100
    rows = drifts()
    assert abs(mean(map(explained, rows)) - asked) < 4 * sqrt(asked * (1 - asked) / len(rows))


def test_what_drifted_is_controlled_and_in_production() -> None:
    owners = [every_item()[row["record_id"]] for row in drifts()]
    assert all(item["controlled"] and item["environment"] == "production" for item in owners)


def test_an_item_has_the_model_that_it_drifted_to_last() -> None:
    last = {row["record_id"]: row["new_value"] for row in drifts()}
    assert all(every_item()[item]["model"] == model for item, model in last.items())


def test_urgent_incidents_were_foreseen_as_often_as_planted() -> None:
    above: dict[object, set[object]] = defaultdict(set)
    for row in planted().ci_relationships.rows():
        above[row["child_id"]].add(row["parent_id"])
    changes = by_id(planted(), "change")
    rows = [row for row in incidents() if row["caused_by_change_id"] and row["service_id"]]
    rows = [row for row in rows if int(row["priority"] or 5) <= 2]

    def foreseen(row: Row) -> bool:
        change = changes[row["caused_by_change_id"]]
        reached: set[object] = {change["ci_id"], change["service_id"]}
        for _ in range(3):
            reached |= {parent for each in reached for parent in above[each]}
        return row["service_id"] in reached

    asked = value("cfg-impact-prediction-recall") / 100
    assert len(rows) >= 50
    assert abs(mean(map(foreseen, rows)) - asked) < 4 * sqrt(asked * (1 - asked) / len(rows))


def test_corrections_become_more_frequent_where_they_do_not_improve() -> None:
    moved = [known(row["at"]) for row in planted().transitions.rows() if row["field"] == "ci_id"]
    middle = END - 365 * DAY
    assert value("cfg-ci-correction-trend") == 0
    assert sum(at < middle for at in moved) < 0.7 * sum(at >= middle for at in moved)


def test_corrections_stand_between_opening_and_resolution_in_the_order_of_time() -> None:
    found = by_id(planted(), "incident")
    history: dict[object, list[Row]] = defaultdict(list)
    for row in planted().transitions.rows():
        history[row["record_id"]].append(row)
    for record, changes in history.items():
        assert [row["sequence"] for row in changes] == list(range(len(changes)))
        assert [row["at"] for row in changes] == sorted(str(row["at"]) for row in changes)
        for change in changes:
            if change["field"] == "ci_id":
                incident = found[record]
                assert change["new_value"] == incident["ci_id"]
                assert known(incident["opened_at"]) < known(change["at"]) < known(incident["resolved_at"])


def bad_months(shares: Iterable[float]) -> int:
    """Months of the second half more than three sigma below the centre of the first (no logits)."""
    values = list(shares)
    first, judged = values[: len(values) // 2], values[len(values) // 2 :]
    steps = [abs(later - earlier) for earlier, later in pairwise(first)]
    limit = median(first) - 3 * median(steps) / 0.954
    return sum(each < limit for each in judged)


@pytest.mark.parametrize("level", [3, 5])
def test_as_many_earlier_months_fell_out_of_control_as_planted(level: int) -> None:
    months = planted(level).snapshots["cfg-health-in-control"]
    today = 1.0
    assert len(months) == 23
    out = bad_months([*(good / counted for _, good, counted in months), today])
    assert 100 * (1 - out / 12) == pytest.approx(value("cfg-health-in-control", level))


@pytest.mark.parametrize(("level", "better"), [(3, False), (5, True)])
def test_earlier_months_rise_only_where_health_improves(level: int, better: bool) -> None:
    months = planted(level).snapshots["cfg-health-trend"]
    shares = [good / counted for _, good, counted in months]
    rises = sum(
        (later > earlier) - (later < earlier)
        for place, earlier in enumerate(shares)
        for later in shares[place + 1 :]
    )
    assert (rises > 0) == better == (value("cfg-health-trend", level) == 100)


def test_the_last_earlier_month_is_the_one_before_this() -> None:
    days = [day for day, _, _ in planted().snapshots["cfg-health-trend"]]
    assert days[-1] == date(2026, 6, 1)
    assert [day.day for day in days] == [1] * 23


@pytest.mark.parametrize("kind", ["incident", "change", "configuration_item", "ci_relationship"])
def test_what_is_referred_to_exists(kind: str) -> None:
    for column, target in REFERENCES[kind].items():
        there = set(table(planted(), target).column("id"))
        assert set(table(planted(), kind).column(column)) - {None} <= there


def test_owners_are_groups_of_the_organisation() -> None:
    names = {None, *planted().groups.column("name")}
    for column in ("owner_group", "support_group"):
        assert set(planted().configuration_items.column(column)) <= names


def test_urgent_incidents_keep_their_item_and_service() -> None:
    before = generate(Quality.of_levels({}, 1), seed=1, until=UNTIL, incidents=12_000)
    pairs = zip(before.incidents.rows(), planted().incidents.rows(), strict=True)
    for one, other in pairs:
        if int(one["priority"] or 5) <= 2:
            assert (one["ci_id"], one["service_id"]) == (other["ci_id"], other["service_id"])
        assert bool(one["ci_id"]) == bool(other["ci_id"])


def test_an_export_tells_the_history_of_incidents_in_its_log_alone(tmp_path: Path) -> None:
    write_export(planted(), tmp_path)
    with (tmp_path / "incident_log.csv").open(encoding="utf-8", newline="") as file:
        numbers = {row[0] for row in csv.reader(file)}
    assert numbers - {"id", "number"} <= set(planted().incidents.column("id")) | {next(iter(LOG_FIELDS))}


def test_every_indicator_is_planted() -> None:
    truth: Any = planted().truth["practices"]
    assert len(truth["configuration"]["indicators"]) == 14


def test_histories_have_ids_of_their_own() -> None:
    counts = Counter(planted().transitions.column("id"))
    assert max(counts.values()) == 1
