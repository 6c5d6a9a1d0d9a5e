"""A rough instance: pages recover their size, and a sync that gave up goes on where it stopped."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.servicenow.drain import Drain, Query, pages
from connectors.servicenow.pagesize import PageSize
from connectors.servicenow.transport import Instance
from sandbox.servicenow import faults
from storage.errors import RetriableError
from tests.connectors.servicenow.support import (
    QUICK,
    Store,
    connect,
    held,
    instance_tables,
    sandbox,
    settings,
    truth,
)

ROWS, PAGE = 6000, 50


def test_pages_cancelled_at_random_do_not_end_in_single_rows() -> None:
    cancelled = [faults.cancelled().at("incident", probability=0.1)]
    with sandbox(instance_tables(ROWS), faults=cancelled) as instance:
        reader = Instance(settings(instance, page_size=PAGE), Path())
        rows = sum(len(page) for page in Drain(reader, Query("incident", ("sys_id",))).pages())
        reader.close()
        assert rows == ROWS
        assert len(instance.journal) < 2 * ROWS / PAGE


def test_queries_of_a_page_each_win_back_what_one_of_them_lost() -> None:
    with sandbox(faults=[faults.cancelled().at("incident", times=3)]) as instance:
        reader = Instance(settings(instance, page_size=200), Path())
        for _ in range(30):
            assert sum(len(page) for page in pages(reader, Query("incident", ("sys_id",)))) == 120
        reader.close()
        asked = [int(call.parameters["sysparm_limit"]) for call in instance.journal.calls("incident")]
        assert asked[:4] == [200, 100, 50, 25]
        assert asked[-10:] == [200] * 10


def test_a_page_size_that_failed_at_once_is_tried_again_later_each_time() -> None:
    size, asked = PageSize(1000), []
    for _ in range(60):
        asked.append(size.rows)
        (size.cancelled if size.rows > 300 else size.answered)(size.rows)
    tried = [number for number, rows in enumerate(asked) if rows == 500]
    apart = [after - before for before, after in pairwise(tried)]
    assert asked[:3] == [1000, 500, 250]
    assert apart == sorted(set(apart))


@pytest.mark.parametrize("audit", [False, True])
def test_a_window_of_history_with_its_actors_is_small_enough_for_the_retries_of_a_sync(audit: bool) -> None:
    with sandbox(instance_tables(2000)) as instance:
        connector = connect(instance, audit=audit)
        windows = list(connector.windows("transition", None))
        connector.close()
        assert len(windows) == (2 if audit else 1)


def test_a_sync_that_gave_up_goes_on_with_the_window_it_stopped_in() -> None:
    rough = [one.at("sys_audit", probability=0.1) for one in (faults.cancelled(), faults.status(503))]
    few = QUICK | {"budget": 12}
    with sandbox(instance_tables(5000), faults=rough) as instance:
        wanted, store, stored = truth(instance, "metric_instance"), Store(), [0]
        while held(store, "transition") != wanted:
            connector = connect(instance, store.ids, audit=True, page_size=500, retries=few)
            with suppress(RetriableError):
                store.sync(connector, "transition")
            connector.close()
            assert len(store.readings) > stored[-1]
            stored.append(len(store.readings))
        assert len(stored) > 2
        # Each row was received once: no window that was stored was read again.
        assert sum(reading.received for _, reading in store.readings) == len(wanted)
