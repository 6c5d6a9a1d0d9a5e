"""What goes on while an instance is read, and what time it is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sandbox.servicenow import Clock, SandboxServiceNow, Tables, life
from sandbox.servicenow.life import Mutation
from tests.sandbox.servicenow.support import Client, ids, served

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _after(mutation: Mutation, requests: int = 1, *, tables: Tables | None = None) -> SandboxServiceNow:
    instance = SandboxServiceNow(tables or served(100), life=[mutation], clock=Clock(NOON))
    with instance:
        for _ in range(requests):
            Client(instance).page(limit=1)
    return instance


def test_rows_appear_with_the_stamp_of_now() -> None:
    rows = _after(life.inserts(7).at("incident")).truth("incident")
    assert len(rows) == 107
    assert sum(row["sys_created_on"] == "2026-05-01 12:00:00" for row in rows) == 7


def test_updates_move_the_stamp_and_the_counter() -> None:
    rows = _after(life.updates(7).at("incident")).truth("incident")
    moved = [row for row in rows if row["sys_updated_on"] == "2026-05-01 12:00:00"]
    assert (len(rows), len(moved), {row["sys_mod_count"] for row in moved}) == (100, 7, {"1"})


def test_deletes_leave_a_trace_where_they_are_audited() -> None:
    instance = _after(life.deletes(7).at("incident"))
    assert len(instance.truth("incident")) == 93
    traces = instance.truth("sys_audit_delete")
    assert {row["tablename"] for row in traces} == {"incident"}
    assert not {row["documentkey"] for row in traces} & set(ids(instance.truth("incident")))
    assert not _after(life.deletes(7, audited=False).at("incident")).truth("sys_audit_delete")


def test_thousands_may_come_in_one_second() -> None:
    rows = _after(life.burst(3000).at("incident", times=1), 2).truth("incident")
    assert len(rows) == 3100
    assert len({row["sys_updated_on"] for row in rows}) == 101


def test_rows_may_come_with_a_stamp_of_the_past() -> None:
    rows = _after(life.back_dated(2, age=timedelta(days=3)).at("incident")).truth("incident")
    assert sum(row["sys_updated_on"] == "2026-04-28 12:00:00" for row in rows) == 2


def test_a_row_may_change_without_its_stamp() -> None:
    before = served(100).rows("incident")
    after = _after(life.silent(5, state="99").at("incident")).truth("incident")
    assert [row["sys_updated_on"] for row in after] == [row["sys_updated_on"] for row in before]
    assert sum(row["state"] == "99" for row in after) == 5


def test_a_commit_may_come_later_than_its_stamp() -> None:
    mutation = life.late_commits(1, after=2, age=timedelta(seconds=5)).at("incident", times=1)
    assert len(_after(mutation, 2).truth("incident")) == 100
    instance = _after(mutation, 3)
    assert len(instance.truth("incident")) == 101
    assert "2026-05-01 11:59:55" in {row["sys_updated_on"] for row in instance.truth("incident")}


def test_what_is_on_its_way_can_be_settled() -> None:
    instance = _after(life.late_commits(3, after=50).at("incident", times=1))
    instance.life.settle()
    assert len(instance.truth("incident")) == 103


def test_active_service_levels_are_rewritten() -> None:
    tables = Tables()
    tables.add("task_sla", [{"number": str(at), "active": str(at < 10).lower()} for at in range(20)])
    with SandboxServiceNow(tables, life=[life.churn(0.5).at("task_sla")], clock=Clock(NOON)) as instance:
        Client(instance).page("task_sla")
        moved = [row for row in instance.truth("task_sla") if row.get("sys_updated_on")]
        assert (len(moved), {row["active"] for row in moved}) == (5, {"true"})


def test_old_rows_rotate_away() -> None:
    instance = SandboxServiceNow(
        served(100),
        life=[life.rotation(timedelta(minutes=30)).at("incident")],
        clock=Clock(datetime(2026, 1, 1, 1, 40, tzinfo=UTC)),
    )
    with instance:
        Client(instance).page()
        assert len(instance.truth("incident")) == 30


def test_the_same_seed_lives_the_same_life() -> None:
    one, two = (_after(life.deletes(5).at("incident"), 3).truth("incident") for _ in range(2))
    assert one == two


def test_the_date_of_an_answer_is_the_instance_s_own() -> None:
    clock = Clock(NOON, per_request=timedelta(minutes=1))
    with SandboxServiceNow(served(1), clock=clock) as instance:
        client = Client(instance)
        dates = [parsedate_to_datetime(client.page().headers["Date"]) for _ in range(2)]
        assert dates == [NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]
        clock.set(NOON - timedelta(days=1))
        assert clock.text() == "2026-04-30 12:00:00"


def test_a_clock_may_go_minutes_wrong() -> None:
    ahead = Clock(offset=timedelta(minutes=5)).now() - datetime.now(UTC)
    assert timedelta(minutes=4) < ahead < timedelta(minutes=6)
