"""Whatever hides, moves or fails while it is read: evidence equals the truth, or the reading says why not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Reading
from connectors.servicenow.drain import ClauseIgnoredError, Drain, Query
from connectors.servicenow.transport import Instance
from sandbox.servicenow import Access, Limits, Settings, faults, life, run, scattered, tail
from sandbox.servicenow.faults import Fault
from sandbox.servicenow.life import Mutation
from storage.errors import FatalError, RetriableError
from tests.connectors.servicenow.support import (
    NOW,
    QUICK,
    Store,
    connect,
    held,
    instance_tables,
    sandbox,
    settings,
    truth,
)

HIDING = {
    "10 %": scattered(0.1),
    "450 in a row": run(100, 450),
    "the last 800": tail(800),
    "all but a few": run(3, 1100),
}
BROKEN = [
    faults.cancelled(),
    faults.truncated(),
    faults.status(500),
    faults.status(502),
    faults.status(503),
    faults.status(504),
    faults.status(499),
    faults.accepted(),
    faults.rate_limited(seconds=0),
    faults.rate_limited(seconds=0, form="date"),
    faults.overloaded(),
    faults.hibernating(),
    faults.hibernating(503),
    faults.login_redirect(),
    faults.unauthenticated(),
    faults.reset(),
    faults.content_type(),
]


@pytest.mark.parametrize("hiding", HIDING)
def test_hidden_rows_end_nothing_and_are_counted(hiding: str) -> None:
    access = {"incident": Access(hidden=(HIDING[hiding],))}
    with sandbox(instance_tables(1200), access=access) as instance:
        store = Store()
        store.sync(connect(instance, page_size=100), "incident")
        assert held(store) == truth(instance)
        assert [reading.hidden for _, reading in store.readings] == [1200 - len(held(store))]


def test_hollow_rows_count_as_hidden() -> None:
    with sandbox(access={"incident": Access(hollow=scattered(0.2))}) as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        assert held(store) == truth(instance)
        assert store.readings[0][1].hidden == 120 - len(held(store)) > 0


def test_thousands_of_rows_within_one_second_arrive_once() -> None:
    tables = instance_tables(3000, spread=timedelta(0))
    for row in tables.rows("incident"):
        tables.put("incident", row | {"sys_updated_on": "2025-12-01 00:00:00"})
    with sandbox(tables, settings=Settings(unstable_ties=True)) as instance:
        store = Store()
        store.sync(connect(instance, page_size=250, window_rows=1000), "incident")
        assert held(store) == truth(instance)
        assert sum(reading.received for _, reading in store.readings) == 3000


@pytest.mark.parametrize(
    "mutation",
    [life.updates(7), life.deletes(7), life.inserts(5), life.late_commits(3, after=4)],
    ids=lambda mutation: mutation.name,
)
def test_life_while_it_is_read_loses_nothing(mutation: Mutation) -> None:
    with sandbox(instance_tables(800), life=[mutation.at("incident", times=25)]) as instance:
        store = Store()
        for _ in range(3):
            store.sync(connect(instance, store.ids), "incident")
            instance.life.settle()
            instance.clock.advance(timedelta(minutes=20))
        assert held(store) == truth(instance)


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_fault_now_and_then_is_survived(fault: Fault) -> None:
    with sandbox(instance_tables(600), faults=[fault.at("incident", probability=0.15)]) as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        assert held(store) == truth(instance)


@pytest.mark.parametrize("fault", [faults.cancelled(), faults.truncated()], ids=lambda fault: fault.name)
def test_a_broken_last_page_loses_nothing(fault: Fault) -> None:
    broken = fault.at("incident", last_page=True, times=3)
    with sandbox(instance_tables(300), faults=[broken]) as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        assert held(store) == truth(instance)


def test_pages_shrink_when_they_are_cancelled_and_grow_again() -> None:
    with sandbox(instance_tables(3000), settings=Settings(limits=Limits(cancelled_above=300))) as instance:
        reader = Instance(settings(instance, page_size=1000), folder=Path())
        drain = Drain(reader, Query("incident", ("sys_id",)))
        sizes = [len(page) for page in drain.pages()]
        reader.close()
        asked = [
            int(call.parameters["sysparm_limit"]) for call in instance.journal if call.table == "incident"
        ]
        assert sum(sizes) == 3000
        assert asked[:3] == [1000, 500, 250]
        assert 500 in asked[3:]
        assert len(asked) < 25


def test_an_instance_that_caps_its_pages_loses_nothing() -> None:
    with sandbox(instance_tables(400), settings=Settings(limits=Limits(page=30))) as instance:
        store = Store()
        store.sync(connect(instance, page_size=100), "incident")
        assert held(store) == truth(instance)


def test_a_server_that_hangs_is_left_and_asked_again() -> None:
    fault = faults.hang().at("incident", requests=[6])
    with sandbox(faults=[fault]) as instance:
        store = Store()
        store.sync(connect(instance, timeouts={"connect": 1, "read": 0.5}), "incident")
        assert held(store) == truth(instance)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_only_the_clock_of_the_instance_counts(minutes: int) -> None:
    with sandbox() as instance:
        instance.clock.set(NOW + timedelta(minutes=minutes))
        store = Store()
        store.sync(connect(instance), "incident")
        (window,) = connect(instance).windows("incident", None)
        assert window.until == NOW + timedelta(minutes=minutes - 5)
        assert held(store) == truth(instance)


def test_a_repeated_page_stops_the_table_by_name() -> None:
    fault = faults.repeated().at("incident", requests=range(9, 99))
    with (
        sandbox(instance_tables(600), faults=[fault]) as instance,
        pytest.raises(ClauseIgnoredError, match="order by sys_id"),
    ):
        Store().sync(connect(instance, workers=1), "incident")


def test_a_filter_that_is_left_out_later_on_stops_the_table_by_name() -> None:
    with sandbox() as instance:
        store = Store()
        store.sync(connect(instance), "incident")
        instance.clock.advance(timedelta(days=1))
        instance.writer.update("incident", instance.truth("incident")[0]["sys_id"], {})
        connector = connect(instance)
        (window,) = _windows(instance, connector, store, advance=timedelta(minutes=10))
        _strip(instance)
        with pytest.raises(ClauseIgnoredError, match="sys_updated_on") as raised:
            _read(connector, window)
        assert "query_range" in raised.value.hint
        connector.close()


def test_an_instance_that_fails_for_good_stops_with_an_error_that_can_be_resumed() -> None:
    fault = faults.status(503).at("incident", requests=range(8, 1000))
    with sandbox(instance_tables(2000), faults=[fault]) as instance:
        store = Store()
        with pytest.raises(RetriableError, match="503"):
            store.sync(connect(instance, window_rows=1000), "incident")
        instance.script_faults(())
        store.sync(connect(instance, window_rows=1000), "incident")
        assert held(store) == truth(instance)


def test_wrong_credentials_are_tried_twice_and_no_more() -> None:
    with sandbox() as instance:
        wrong = {"type": "basic", "user": instance.user, "password": "wrong"}
        connector = connect(instance, auth=wrong)
        for _ in range(3):
            with pytest.raises(FatalError, match="401"):
                connector.probe()
        connector.close()
        assert len(instance.journal) == 2


def _windows(instance: Any, connector: Any, store: Store, *, advance: timedelta) -> list[Any]:
    instance.clock.advance(advance)
    return list(connector.windows("incident", store.bookmarks["incident"]))


def _strip(instance: Any) -> None:
    instance._instance.rights._rules["incident"] = Access(without_range=frozenset({"sys_updated_on"}))


def _read(connector: Any, window: Any) -> None:
    list(connector.read(window, Reading()))


def test_an_instance_that_cancels_all_but_short_pages_is_read_to_the_end() -> None:
    limits = Settings(limits=Limits(cancelled_above=30))
    with sandbox(instance_tables(400), settings=limits) as instance:
        store = Store()
        store.sync(connect(instance, page_size=1000))
        assert held(store) == truth(instance)
        assert held(store, "service_level") == truth(instance, "task_sla")


def test_parts_are_found_where_only_single_rows_are_answered() -> None:
    limits = Settings(limits=Limits(cancelled_above=1))
    with sandbox(instance_tables(1200), settings=limits) as instance:
        connector = connect(instance, window_rows=1000, page_size=1000)
        assert len(list(connector.windows("incident", None))) > 1
        connector.close()


def test_a_reply_that_trickles_is_given_up_by_name_and_read_the_next_time() -> None:
    drips = faults.slow(2000).at("incident", requests=range(6, 10_000))
    with sandbox(instance_tables(300), faults=[drips]) as instance:
        store = Store()
        hasty: dict[str, Any] = {"timeouts": {"reply": 0.2}, "retries": QUICK | {"attempts": 2}}
        with pytest.raises(RetriableError, match=r"incident: the reply did not end in time") as raised:
            store.sync(connect(instance, page_size=300, **hasty), "incident")
        assert "where it stopped" in raised.value.hint
        instance.script_faults(())
        store.sync(connect(instance), "incident")
        assert held(store) == truth(instance)
