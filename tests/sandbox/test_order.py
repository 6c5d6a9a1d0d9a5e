"""Times of the further records stand in order, and nothing is told that has not happened yet."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sandbox.organisation import Organisation
from storage.records import KINDS
from storage.records.schema import ColumnType
from tests.sandbox.linked import CASES, END, TABLES, organisation, rows
from tests.sandbox.recount import Row, known, moment

PLANNED = {"planned_start_at", "planned_end_at", "baselined_at", "planned_at", "due_at", "valid_until"}
PLANNED |= {"original_due_at"}
ORDERS = {
    "problem": ("opened_at", "root_cause_at", "known_error_at", "resolved_at", "closed_at"),
    "change": ("opened_at", "actual_start_at", "actual_end_at", "closed_at"),
    "release": ("opened_at", "started_at", "committed_at", "approved_at", "released_at", "failed_at"),
    "configuration_item": ("created_at", "first_discovered_at", "last_discovered_at", "retired_at"),
    "alert": ("opened_at", "last_event_at", "closed_at"),
    "request": ("opened_at", "approval_requested_at", "approved_at", "fulfilled_at", "closed_at"),
    "knowledge": ("created_at", "published_at", "revised_at", "retired_at"),
    "survey": ("sent_at", "answered_at"),
    "outage": ("started_at", "ended_at"),
}
MORE_ORDERS = (
    ("change", "opened_at", "approved_at"),
    ("change", "opened_at", "planned_start_at"),
    ("change", "planned_start_at", "planned_end_at"),
    ("release", "committed_at", "tested_at"),
    ("release", "tested_at", "approved_at"),
    ("release", "failed_at", "restored_at"),
    ("alert", "opened_at", "acknowledged_at"),
    ("alert", "acknowledged_at", "closed_at"),
    ("alert", "opened_at", "ticketed_at"),
    ("alert", "remediated_at", "closed_at"),
    ("request", "opened_at", "acknowledged_at"),
    ("request", "acknowledged_at", "closed_at"),
    ("knowledge", "published_at", "confirmed_at"),
    ("knowledge", "confirmed_at", "retired_at"),
)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"level {case[0]}")
def made(request: pytest.FixtureRequest) -> Organisation:
    return organisation(*request.param)


def moments(kind: str, row: Row) -> list[str]:
    columns = [c.name for c in KINDS[kind].mapped if c.type is ColumnType.TIMESTAMP]
    return [name for name in columns if name not in PLANNED and row.get(name) is not None]


@pytest.mark.parametrize("kind", ORDERS)
def test_the_stages_of_a_record_follow_each_other(made: Organisation, kind: str) -> None:
    for row in rows(made, kind):
        stages = [at for at in (moment(row[name]) for name in ORDERS[kind]) if at is not None]
        assert all(before <= after for before, after in pairwise(stages)), row


@pytest.mark.parametrize(("kind", "before", "after"), MORE_ORDERS)
def test_one_comes_before_the_other(made: Organisation, kind: str, before: str, after: str) -> None:
    for row in rows(made, kind):
        first, second = moment(row[before]), moment(row[after])
        assert first is None or second is None or first <= second, row


@pytest.mark.parametrize("kind", sorted(set(TABLES) - {"incident", "transition", "service_level"}))
def test_records_are_as_old_as_the_last_thing_that_happened_to_them(made: Organisation, kind: str) -> None:
    for row in rows(made, kind):
        updated = known(row["updated_at"])
        assert updated < END
        assert all(known(row[name]) <= updated for name in moments(kind, row)), row


def test_most_changes_are_approved_before_they_start(made: Organisation) -> None:
    done = [row for row in rows(made, "change") if row["actual_start_at"]]
    given = [row for row in done if row["approved_at"]]
    before = [row for row in given if known(row["approved_at"]) <= known(row["actual_start_at"])]
    assert 0.85 < len(before) / len(done) < 0.99


def test_most_changes_stay_in_their_window(made: Organisation) -> None:
    planned = [row for row in rows(made, "change") if row["planned_start_at"] and row["actual_end_at"]]
    kept = [
        row
        for row in planned
        if known(row["planned_start_at"]) <= known(row["actual_start_at"])
        and known(row["actual_end_at"]) <= known(row["planned_end_at"])
    ]
    assert 0.7 < len(kept) / len(planned) < 0.9


def test_what_is_not_done_has_no_outcome(made: Organisation) -> None:
    for change in rows(made, "change"):
        assert (change["outcome"] is None) == (change["actual_end_at"] is None)
        assert (change["close_code"] is None) == (change["outcome"] is None)
        assert change["backed_out"] == (change["outcome"] == "backed_out")
    for problem in rows(made, "problem"):
        assert (problem["resolution_code"] is None) == (problem["resolved_at"] is None)
        assert (problem["root_cause_code"] is None) == (problem["root_cause_at"] is None)
        assert problem["known_error"] == (problem["known_error_at"] is not None)
    for request in rows(made, "request"):
        assert (request["fulfiller"] is None) == (request["fulfilled_at"] is None)


def test_cancelled_work_is_never_done(made: Organisation) -> None:
    for kind, end in (("change", "actual_end_at"), ("release", "released_at"), ("request", "fulfilled_at")):
        cancelled = [row for row in rows(made, kind) if row["disposition"]]
        assert all(row[end] is None for row in cancelled)


def test_retired_items_are_out_of_operation(made: Organisation) -> None:
    for item in rows(made, "configuration_item"):
        assert item["operational"] == (item["retired_at"] is None)
        assert (item["status"] == "Retired") == (item["retired_at"] is not None)
