"""Whatever the quality and the seed: records, history and clocks tell one story."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.anchors import ATTRIBUTES
from tests.sandbox.recount import Row, known, moment, number

UNTIL = date(2026, 3, 11)
END = datetime.combine(UNTIL, time(0), UTC)
NEXT = {
    None: {"New"},
    "New": {"In Progress", "Canceled"},
    "In Progress": {"On Hold", "Resolved", "Canceled"},
    "On Hold": {"In Progress"},
    "Resolved": {"In Progress", "Closed"},
}

few = settings(
    derandomize=True,
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
achievements = st.lists(st.floats(0, 1), min_size=8, max_size=8)


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    quality = Quality(dict(zip(ATTRIBUTES, draw(achievements), strict=True)))
    return generate(
        quality,
        seed=draw(st.integers(0, 1000)),
        until=UNTIL,
        months=draw(st.integers(15, 24)),
        incidents=draw(st.integers(1000, 1500)),
        groups=draw(st.integers(5, 40)),
    )


def histories(organisation: Organisation) -> dict[object, list[Row]]:
    found: dict[object, list[Row]] = defaultdict(list)
    for change in organisation.transitions.rows():
        found[change["record_id"]].append(change)
    return found


def of_field(changes: list[Row], name: str) -> list[Row]:
    return [change for change in changes if change["field"] == name]


@few
@given(organisations())
def test_every_change_follows_from_the_one_before(organisation: Organisation) -> None:
    for changes in histories(organisation).values():
        assert [change["sequence"] for change in changes] == list(range(len(changes)))
        assert all(known(a["at"]) <= known(b["at"]) for a, b in pairwise(changes))
        for name in ("state", "assignment_group", "assignee"):
            own = of_field(changes, name)
            assert [change["old_value"] for change in own] == [None, *(c["new_value"] for c in own[:-1])][
                : len(own)
            ]
            assert all(change["old_value"] != change["new_value"] for change in own)


@few
@given(organisations())
def test_states_follow_the_life_of_an_incident(organisation: Organisation) -> None:
    for changes in histories(organisation).values():
        states = of_field(changes, "state")
        for change in states:
            assert change["new_value"] in NEXT[change["old_value"]]  # type: ignore[index]
        if states[-1]["new_value"] == "Closed":
            assert known(states[-1]["at"]) - known(states[-2]["at"]) == timedelta(days=5)


@few
@given(organisations())
def test_incidents_show_what_their_history_ends_with(organisation: Organisation) -> None:
    changes = histories(organisation)
    for row in organisation.incidents.rows():
        own = changes[row["id"]]
        groups, assignees = of_field(own, "assignment_group"), of_field(own, "assignee")
        states = of_field(own, "state")
        again = [c for c in states if c["old_value"] == "Resolved" and c["new_value"] == "In Progress"]
        assert row["state"] == states[-1]["new_value"]
        assert row["assignment_group"] == groups[-1]["new_value"]
        assert row["assignee"] == (assignees[-1]["new_value"] if assignees else None)
        assert row["reassignment_count"] == len(groups) - 1
        assert row["reopen_count"] == len(again)
        assert row["updated_at"] == own[-1]["at"]
        if row["resolver"] and not str(row["resolver"]).startswith("svc_"):
            assert row["resolver"] == row["assignee"]


@few
@given(organisations())
def test_times_are_in_order_but_for_a_few_wrong_clocks(organisation: Organisation) -> None:
    negative = 0
    for row in organisation.incidents.rows():
        opened, taken, closed = (
            known(row["opened_at"]),
            moment(row["acknowledged_at"]),
            moment(row["closed_at"]),
        )
        resolved = moment(row["resolved_at"])
        stages = [stage for stage in (opened, taken, closed) if stage is not None]
        assert stages == sorted(stages)
        assert stages[-1] < END
        if resolved is not None:
            assert taken is not None
            negative += resolved < opened
            assert resolved < opened or taken <= resolved < END
    assert negative <= 0.01 * len(organisation.incidents)


@few
@given(organisations())
def test_clocks_agree_with_the_times_they_measure(organisation: Organisation) -> None:
    incidents = {row["id"]: row for row in organisation.incidents.rows()}
    for clock in organisation.service_levels.rows():
        owner = incidents[clock["record_id"]]
        started, stopped = known(clock["started_at"]), moment(clock["stopped_at"])
        late = number(clock["elapsed_seconds"]) > number(clock["target_seconds"])
        assert clock["breached"] == (late and not clock["cancelled"])
        assert known(owner["opened_at"]) <= started < END
        if clock["target"] == "resolution":
            wall = ((stopped or END) - started).total_seconds() - number(clock["paused_seconds"])
            assert clock["cancelled"] or number(clock["elapsed_seconds"]) == wall
            due = started + timedelta(
                seconds=number(clock["target_seconds"]) + number(clock["paused_seconds"])
            )
            assert known(clock["due_at"]) == due


@few
@given(organisations())
def test_little_is_dirty_and_some_work_is_open(organisation: Organisation) -> None:
    rows = list(organisation.incidents.rows())
    by_id = {row["id"]: row for row in rows}
    dirty = [
        row
        for row in rows
        if row["disposition"] or row["parent_id"] or row["created_by"] == "import.user" or not row["caller"]
    ]
    assert 0.01 <= len(dirty) / len(rows) <= 0.03
    assert organisation.truth["uncounted"] == len(dirty)
    assert any(row["state"] in ("New", "In Progress", "On Hold") for row in rows)
    for child in (row for row in rows if row["parent_id"]):
        parent = by_id[child["parent_id"]]
        assert known(parent["opened_at"]) <= known(child["opened_at"])
        assert parent not in dirty


@few
@given(organisations())
def test_open_incidents_have_no_resolution(organisation: Organisation) -> None:
    for row in organisation.incidents.rows():
        if row["resolved_at"] is None:
            assert row["resolver"] is None
            assert row["close_code"] is None
            assert row["resolution_note"] is None
