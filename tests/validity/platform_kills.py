"""kill -9 of a sync that reads a platform: at every page boundary, and at random moments.

Each time with fresh stores: a real process is killed, another one syncs to the end. Then evidence is the same
as after a sync that nobody disturbed, record by record, and no request asked for a stretch of time again
whose bookmark was stored.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.serving.exchange import Reply, Request
from sandbox.serving.fault import Fault, Strike
from sandbox.serving.journal import Call
from sandbox.serving.platform import SimulatedPlatform
from scheduler.sync import sync
from scheduler.workspace import open_workspace
from storage.evidence.store import EvidenceVersion
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.platform_world import CONFIGURATION, NAME, Place, copy_stores, empty_history

PAGES = 100
FEWER_PAGES = 40
"""For the random moments: three windows."""
MOMENTS = 200
SEED = 3
PATIENCE = 60.0
_ROUNDS = 5


@dataclass(frozen=True)
class Kill:
    """One kill and what was found after it."""

    where: str
    struck: bool
    wrong: tuple[str, ...] = ()


class Gate:
    """Holds the n-th page back until it is opened; `is_page` tells pages of records from other requests."""

    def __init__(self, table: str, is_page: Callable[[Request], bool]) -> None:
        self._table, self._is_page = table, is_page
        self._lock = Lock()
        self._left = 0
        self.reached, self._opened = Event(), Event()

    def close(self, number: int) -> None:
        """Hold the page with this number back, counted from now; 0 holds none."""
        with self._lock:
            self._left = number
            self.reached.clear()
            self._opened.clear()

    def open(self) -> None:
        """Let go on what is held back."""
        self._opened.set()

    def fault(self) -> Fault:
        """Return what makes a platform stop at this gate."""
        return Fault("gate", self._pass).at(self._table)

    def _pass(self, strike: Strike) -> Reply:
        if self._is_page(strike.request):
            with self._lock:
                self._left -= 1
                stop = self._left == 0
            if stop:
                self.reached.set()
                self._opened.wait(PATIENCE)
        return strike.reply


def sync_once(folder: str) -> None:
    """Sync as `itsm-maturity sync` does; to be run in a process of its own."""
    with open_workspace(Path(folder) / CONFIGURATION) as workspace:
        sync(workspace)


_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


@contextmanager
def _syncing(folder: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    process = _processes.Process(target=sync_once, args=(str(folder),))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


Instance = TypeVar("Instance", bound=SimulatedPlatform[Any])


class Range(Generic[Instance]):
    """Where kills are tried: one platform, fresh stores for each."""

    kinds: ClassVar[Sequence[str]]
    """Record kinds that are read in windows."""

    def __init__(self, instance: Instance, gate: Gate, folder: Path) -> None:
        self.instance, self.gate, self.folder = instance, gate, folder
        self.version = ""
        """Digest of evidence that nobody disturbed."""
        self.seconds = 0.0
        """What an undisturbed sync takes, with the start of its process."""
        self._number = 0

    @abstractmethod
    def configured(self, folder: Path) -> Place[Instance]:
        """Write a configuration and return the folder as a place."""

    @abstractmethod
    def reached(self, place: Any) -> Mapping[str, str]:
        """Return up to where each kind or table is stored, as history knows it."""

    @abstractmethod
    def differences(self, place: Any) -> list[str]:
        """Return what evidence has otherwise than the platform."""

    @abstractmethod
    def read_again(self, calls: Sequence[Call], reached: Mapping[str, str]) -> list[str]:
        """Return the requests for a stretch of time that a bookmark says is stored."""

    def measure(self) -> None:
        """Sync without a disturbance, in a process as the others."""
        place = self.fresh()
        with _syncing(place.folder) as process:
            process.join(PATIENCE)  # the first one also starts what starts the others
        place = self.fresh()
        begun = time.perf_counter()
        with _syncing(place.folder) as process:
            process.join(PATIENCE)
        self.seconds = time.perf_counter() - begun
        wrong = self._wrong_evidence(place, place.version())
        assert not wrong, wrong
        self.version = place.version().content

    def at_boundary(self, page: int) -> Kill:
        """Kill when the n-th page is asked for and before it comes."""
        place = self.fresh()
        self.gate.close(page)
        with _syncing(place.folder) as process:
            struck = self.gate.reached.wait(PATIENCE)
            process.kill()
            process.join()
        self.gate.close(0)
        self.gate.open()
        return self._finished(place, f"page {page}", struck)

    def at_moment(self, share: float) -> Kill:
        """Kill after a share of the time that a sync takes."""
        place = self.fresh()
        with _syncing(place.folder) as process:
            process.join(self.seconds * share)
            struck = process.is_alive()
            process.kill()
            process.join()
        return self._finished(place, f"{share:.3f} of the time", struck)

    def _finished(self, place: Place[Instance], where: str, struck: bool) -> Kill:
        """Sync to the end and compare."""
        reached = self.reached(place)
        before = len(self.instance.journal)
        with _syncing(place.folder) as process:
            process.join(PATIENCE)
            ended = process.exitcode == 0
        calls = list(self.instance.journal)[before:]
        version = place.version()
        wrong = [] if ended else ["the next sync did not end well"]
        wrong += self._wrong_evidence(place, version)
        wrong += [] if version.content == self.version else ["another digest than undisturbed"]
        wrong += self.read_again(calls, reached)
        shutil.rmtree(place.folder)
        return Kill(where, struck, tuple(wrong))

    def _wrong_evidence(self, place: Place[Instance], version: EvidenceVersion) -> list[str]:
        """Return what is lost, doubled or different; a known digest speaks for every record."""
        if version.content == self.version:
            with place.evidence() as evidence:
                held = [name for kind in self.kinds for name in evidence.ids(NAME, kind)]
            return [] if len(held) == len(set(held)) else ["records are there twice"]
        return self.differences(place)

    def fresh(self) -> Any:
        """Return a folder with a configuration and empty stores."""
        self._number += 1
        place = self.configured(self.folder / str(self._number))
        copy_stores(place.folder)
        self.instance.journal.clear()
        return place


def moments(number: int, seed: int) -> Iterator[float]:
    """Yield shares of the time that a sync takes, spread over it, in seeded order, some rounds of them."""
    chance = random.Random(seed)
    for _ in range(_ROUNDS):
        slots = [(slot + chance.random()) / number for slot in range(number)]
        chance.shuffle(slots)
        yield from slots


def kill_at_moments(place: Range[Any], number: int, seed: int) -> list[Kill]:
    """Kill until so many kills struck a running sync; the machine may be faster than before."""
    done: list[Kill] = []
    for share in moments(number, seed):
        done.append(place.at_moment(share))
        if sum(kill.struck for kill in done) >= number:
            break
    return done


Ranges = Callable[[int], Any]
"""Opens a range whose sync has so many pages, as a context; a function of a module."""


def kill_share(
    ranges: Ranges, boundaries: Sequence[int], others: Ranges, number: int, seed: int
) -> tuple[list[Kill], list[Kill]]:
    """Kill at some page boundaries, and at so many moments, on platforms of their own."""
    with ranges(PAGES) as place:
        done = [place.at_boundary(page) for page in boundaries]
    with others(FEWER_PAGES) as place:
        return done, kill_at_moments(place, number, seed)


def kill_figures(title: str, ranges: Ranges, others: Ranges) -> Iterator[Figure]:
    """Kill at all page boundaries of one range and at random moments of the other, two at a time."""
    pages = range(1, PAGES + 1)
    empty_history()  # made here, so that this process clears it away
    with ProcessPoolExecutor(2) as pool:
        halves = (pages[::2], pages[1::2])
        shares = pool.map(
            kill_share, (ranges,) * 2, halves, (others,) * 2, (MOMENTS // 2,) * 2, (SEED, SEED + 1)
        )
        boundaries, at_random = (list(chain(*kills)) for kills in zip(*shares, strict=True))
    kills = [*boundaries, *at_random]
    for kill in kills:
        if kill.wrong:
            sys.stdout.write(f"WRONG after kill at {kill.where}: {' | '.join(kill.wrong)}\n")
    struck = sum(kill.struck for kill in boundaries)
    yield at_least(f"{title}: kill -9 at each page boundary of {PAGES}", struck, PAGES, "kills")
    struck = sum(kill.struck for kill in at_random)
    yield at_least(f"{title}: kill -9 at random moments of a running sync", struck, MOMENTS, "kills")
    wrong = sum(bool(kill.wrong) for kill in kills)
    yield at_most(
        f"{title}: kills after which rows were lost, doubled, different or read again", wrong, 0, "kills"
    )


@contextmanager
def opened(make: Callable[[Path], Range[Any]], instance: SimulatedPlatform[Any]) -> Iterator[Any]:
    """Serve a platform, measure an undisturbed sync and yield the range."""
    with TemporaryDirectory() as name, instance:
        place = make(Path(name))
        place.measure()
        yield place
