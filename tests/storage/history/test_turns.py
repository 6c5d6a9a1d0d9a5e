"""One process at a time reads a source; a killed one keeps nobody away."""

from __future__ import annotations

import os
import signal
import time

from storage.history.store import History
from tests.storage.history.places import Place
from tests.storage.history.processes import fork_server, hold_turn


def test_a_turn_is_one_process_s_until_it_ends(place: Place) -> None:
    with place.open() as one, place.open() as other:
        with one.turn("corp") as first, other.turn("corp") as second:
            assert (first, second) == (True, False)
        with other.turn("corp") as after:
            assert after


def test_each_source_has_its_own(history: History) -> None:
    with history.turn("corp/a") as one, history.turn("apps") as other:
        assert (one, other) == (True, True)


def test_a_killed_process_keeps_nobody_away(place: Place) -> None:
    place.open().close()
    context = fork_server()
    held = context.Event()
    process = context.Process(target=hold_turn, args=(place, held))
    process.start()
    assert held.wait(60)
    with place.open() as history:
        with history.turn("corp") as running:
            assert not running
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
        # A server notices that the connection is gone a moment later.
        deadline, free = time.monotonic() + 30, False
        while not free and time.monotonic() < deadline:
            with history.turn("corp") as free:
                pass
        assert free
