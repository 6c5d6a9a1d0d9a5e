"""What other processes do to a history, started from a fork server so that each takes milliseconds."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier, Event

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.history.upgrade import upgrade
from tests.storage.history.places import Place
from tests.storage.history.samples import large_assessment


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
