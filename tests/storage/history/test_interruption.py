from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.errors import RetriableError
from storage.history import ALL_DEPARTMENTS
from tests.storage.history.places import Place, Server
from tests.storage.history.processes import fork_server, save_and_die_at, save_until_killed
from tests.storage.history.samples import assessment, large_assessment


def assert_only_whole_assessments(place: Place) -> int:
    with place.open() as history:
        found = history.assessments(department=ALL_DEPARTMENTS, limit=10000, detail=True)
        for stored in found.items:
            assert stored == large_assessment(stored.evidence_number)
        return found.total


def test_a_process_killed_while_saving_leaves_no_half_assessment(place: Place) -> None:
    context, chance = fork_server(), random.Random(20261122)
    for attempt in range(10):
        saved = context.Event()
        process = context.Process(target=save_until_killed, args=(place, attempt * 1000, saved))
        process.start()
        assert saved.wait(60)
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        process.join()
    assert assert_only_whole_assessments(place) >= 10


@pytest.mark.parametrize("table", ["", "_source", "_practice", "_attribute", "_query", "_indicator"])
def test_a_process_killed_between_two_tables_leaves_nothing(upgraded: Place, table: str) -> None:
    process = fork_server().Process(target=save_and_die_at, args=(upgraded, f"assessment{table} "))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert assert_only_whole_assessments(upgraded) == 0


@contextmanager
def before(statement: str, action: object) -> Iterator[None]:
    def act(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith(statement):
            assert callable(action)
            action()

    event.listen(Engine, "before_cursor_execute", act)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", act)


def test_a_save_that_is_interrupted_leaves_nothing(place: Place) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with place.open() as history:
        with before("INSERT INTO assessment_indicator", interrupt), pytest.raises(KeyboardInterrupt):
            history.save_assessment(assessment())
        assert history.latest() is None
        history.save_assessment(assessment())
        assert history.latest() == assessment()


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_connection_cut_in_mid_transaction_leaves_nothing_and_can_be_tried_again(
    place: Place, server: Server
) -> None:
    def cut() -> None:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{place.location.url.database}'"
        )

    with place.open() as history:
        with before("INSERT INTO assessment_indicator", cut), pytest.raises(RetriableError) as caught:
            history.save_assessment(assessment())
        assert caught.value.hint
        assert history.latest() is None
        history.save_assessment(assessment())
        cut()
        assert history.latest() == assessment()
