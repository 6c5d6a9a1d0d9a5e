"""What release management was planted with is in the records: counted again from them alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import sqrt
from statistics import mean, median
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.recount import DAY, Row, known, moment, number

UNTIL = date(2026, 6, 17)
END = datetime.combine(UNTIL, time(0), UTC)
HOUR = timedelta(hours=1)
SIZES_ONLY = {"Minor release", "Patch release"}


@cache
def planted() -> Organisation:
    return generate(Quality.of_levels({"release": 3}, 1), seed=1, until=UNTIL, incidents=12_000)


@cache
def records() -> list[Row]:
    return list(planted().releases.rows())


@cache
def deployments() -> list[Row]:
    return [row for row in records() if row["type"] == "deployment" and row["environment"] == "production"]


@cache
def releases() -> list[Row]:
    return [row for row in records() if row["type"] == "release"]


@cache
def shipped() -> list[Row]:
    return [row for row in releases() if row["released_at"]]


def value(indicator: str) -> float:
    truth: Any = planted().truth["practices"]
    return float(truth["release"]["indicators"][indicator]["value"])


def tried_before(row: Row) -> bool:
    at = trials().get((row["service_id"], row["version"]))
    return row["version"] is not None and at is not None and at < known(row["started_at"])


@cache
def trials() -> dict[tuple[object, object], datetime]:
    return {
        (row["service_id"], row["version"]): known(row["released_at"])
        for row in records()
        if row["environment"] == "staging"
    }


def verified(row: Row) -> bool:
    tested = moment(row["tested_at"])
    in_time = tested is not None and tested <= known(row["released_at"])
    return in_time or bool(row["test_gate_passed"]) or tried_before(row)


def linked(row: Row) -> bool:
    approved = moment(row["approved_at"])
    itself = approved is not None and approved <= known(row["started_at"])
    return itself or bool(row["change_id"] and row["change_linked_automatically"])


def due() -> list[Row]:
    """Releases whose planned day is 30 days ago or more, but for those given up before work began."""
    return [row for row in releases() if known(row["planned_at"]) < END - 30 * DAY and row["started_at"]]


def completed(row: Row) -> bool:
    return row["released_at"] is not None and known(row["released_at"]) - known(row["planned_at"]) <= 30 * DAY


def kept(row: Row) -> bool:
    delay = known(row["released_at"]) - known(row["baselined_at"])
    return delay <= 3 * DAY or 10 * delay <= known(row["released_at"]) - known(row["started_at"])


def everything() -> list[Row]:
    return [*deployments(), *shipped()]


SHARES: dict[str, tuple[Callable[[], list[Row]], Callable[[Row], bool]]] = {
    "rel-recorded-deployment-share": (deployments, lambda row: bool(row["version"] or row["parent_id"])),
    "rel-completion-rate": (due, completed),
    "rel-model-use": (everything, lambda row: row["model"] is not None and row["model"] not in SIZES_ONLY),
    "rel-pre-release-verification": (deployments, verified),
    "rel-schedule-adherence": (shipped, kept),
    "rel-automated-deployment-share": (
        deployments,
        lambda row: bool(row["pipeline"]) and not row["manual_steps"],
    ),
    "rel-deployment-change-linkage": (deployments, linked),
}


@pytest.mark.parametrize("indicator", SHARES)
def test_a_share_of_the_records_is_the_one_planted(indicator: str) -> None:
    population, test = SHARES[indicator]
    rows = population()
    asked = value(indicator) / 100
    assert abs(mean(map(test, rows)) - asked) < 4 * sqrt(asked * (1 - asked) / len(rows)) + 1e-9


def test_four_items_are_known_of_what_was_shipped_as_often_as_planted() -> None:
    items = [
        (
            row["version"],
            row["owner"],
            number(row["change_count"]) + number(row["issue_count"]),
            row["released_at"],
        )
        for row in shipped()
    ]
    assert 100 * mean(sum(map(bool, row)) / 4 for row in items) == pytest.approx(
        value("rel-content-traceability"), abs=4
    )


def failures() -> set[object]:
    """Deployments that were rolled back, seen to fail, or followed by a hotfix within 72 hours."""
    failed: set[object] = {row["id"] for row in deployments() if row["failed_at"] or row["rolled_back"]}
    for rows in by_service().values():
        for later in (row for row in rows if row["hotfix"]):
            failed |= {
                row["id"]
                for row in rows
                if timedelta(0) < known(later["released_at"]) - known(row["released_at"]) <= 72 * HOUR
            }
    return failed


def by_service() -> dict[object, list[Row]]:
    found: dict[object, list[Row]] = defaultdict(list)
    for row in deployments():
        found[row["service_id"]].append(row)
    return found


def test_as_many_of_the_last_deployments_failed_as_planted() -> None:
    failed = failures()
    late = [row for row in deployments() if known(row["released_at"]) >= END - 90 * DAY]
    asked = value("rel-change-failure-rate") / 100
    assert abs(mean(row["id"] in failed for row in late) - asked) < 4 * sqrt(asked * (1 - asked) / len(late))


def test_failures_become_more_frequent_where_they_do_not_improve() -> None:
    failed, middle = failures(), END - 365 * DAY
    early = [row["id"] in failed for row in deployments() if known(row["released_at"]) < middle]
    late = [row["id"] in failed for row in deployments() if known(row["released_at"]) >= middle]
    assert value("rel-change-failure-trend") == 0
    assert mean(early) < mean(late)


def test_failures_last_as_long_as_planted() -> None:
    hours = [
        (known(row["restored_at"]) - known(row["failed_at"])) / HOUR
        for row in deployments()
        if row["restored_at"]
    ]
    assert median(hours) == pytest.approx(value("rel-failed-deployment-recovery-time"), rel=0.25)


def test_the_service_in_the_middle_deploys_as_often_as_planted() -> None:
    late = Counter(row["service_id"] for row in deployments() if known(row["released_at"]) >= END - 90 * DAY)
    assert median(late.values()) / 90 * 30.4375 == pytest.approx(value("rel-deployment-frequency"), abs=0.35)


def test_teams_that_do_not_test_hold_the_volume_planted() -> None:
    late = [row for row in deployments() if known(row["released_at"]) >= END - 365 * DAY]
    tests: dict[object, list[bool]] = defaultdict(list)
    for row in late:
        tests[row["assignment_group"]].append(verified(row))
    best = max(mean(found) for found in tests.values())
    behind = sum(len(found) for found in tests.values() if mean(found) < best - 0.25)
    assert 100 * (1 - behind / len(late)) == pytest.approx(value("rel-product-consistency"), abs=4)


def test_lead_times_get_longer_where_they_do_not_improve() -> None:
    def lead(row: Row) -> float:
        return (known(row["released_at"]) - known(row["committed_at"])) / HOUR

    early = [lead(row) for row in deployments() if known(row["released_at"]) < END - 365 * DAY]
    late = [lead(row) for row in deployments() if known(row["released_at"]) >= END - 365 * DAY]
    assert value("rel-lead-time-trend") == 0
    assert median(early) < median(late)


def test_what_a_deployment_refers_to_is_there() -> None:
    organisation = planted()
    there = {None, *organisation.releases.column("id"), *organisation.changes.column("id")}
    there |= {*organisation.configuration_items.column("id")}
    for column in ("parent_id", "change_id", "service_id", "ci_id"):
        assert {row[column] for row in records()} <= there


def test_a_change_that_a_deployment_names_did_not_cause_incidents() -> None:
    causes = set(planted().incidents.column("caused_by_change_id")) - {None}
    assert not causes & {row["change_id"] for row in deployments()}


def test_every_indicator_is_planted() -> None:
    truth: Any = planted().truth["practices"]
    assert len(truth["release"]["indicators"]) == 14


def test_the_same_arguments_give_the_same_deployments() -> None:
    again = generate(Quality.of_levels({"release": 3}, 1), seed=1, until=UNTIL, incidents=12_000)
    assert list(again.releases.rows()) == records()
