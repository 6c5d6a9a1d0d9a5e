"""What other processes do to a history, started from a fork server so that each takes milliseconds."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier, Event

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.errors import ItsmMaturityError
from storage.history.upgrade import upgrade
from tests.storage.history.places import Place
from tests.storage.history.samples import NOON, large_assessment


def fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def save_until_killed(place: Place, first: int, saved: Event) -> None:
    with place.open() as history:
        for number in itertools.count(first):
            history.save_assessment(large_assessment(number))
            saved.set()


def save_and_die_at(place: Place, table: str) -> None:
    """Save one assessment; die by SIGKILL just before rows are sent to this table."""

    def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            os.kill(os.getpid(), signal.SIGKILL)

    with place.open() as history:
        event.listen(Engine, "before_cursor_execute", die)
        history.save_assessment(large_assessment(7))


def open_together(place: Place, barrier: Barrier) -> None:
    barrier.wait()
    place.open().close()


def migrate(place: Place, migrations: str) -> None:
    upgrade(place.location, migrations=migrations)


def hold_turn(place: Place, held: Event) -> None:
    with place.open() as history, history.turn("corp") as ours:
        if ours:
            held.set()
        signal.pause()


def lead_and_write(place: Place, writing: Event, ended: Event) -> None:
    """Lead, and stop in the middle of a transaction, long enough to be killed or frozen there."""

    def wait(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO run"):
            writing.set()
            time.sleep(2)

    with place.open() as history:
        lease = history.take_lease("late")
        assert lease is not None
        history.write_only_as(lease)
        event.listen(Engine, "before_cursor_execute", wait)
        try:
            history.start_run("sync", "corp", NOON)
        except ItsmMaturityError:
            ended.set()
