"""kill -9 of a sync that reads ServiceNow: at every page boundary, and at random moments.

Each time with fresh stores: a real process is killed, another one syncs to the end. Then evidence is the same
as after a sync that nobody disturbed, record by record, and no request asked for a stretch of time again
whose bookmark was stored.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock

from sandbox.servicenow import Clock, SandboxServiceNow, Tables
from sandbox.servicenow.faults import Fault
from sandbox.serving.exchange import Reply
from sandbox.serving.fault import Strike
from sandbox.serving.journal import Call
from scheduler.sync import sync
from scheduler.workspace import open_workspace
from storage.evidence.store import EvidenceVersion
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.servicenow_truth import View, differences, found
from tests.validity.servicenow_world import (
    CONFIGURATION,
    NAME,
    NOW,
    PAGE,
    Site,
    configure,
    copy_stores,
    empty_history,
    tables,
)

PAGES = 100
FEWER_PAGES = 40
"""For the random moments: three windows."""
MOMENTS = 200
SEED = 3
_KINDS = {"incident": "incident", "transition": "metric_instance"}
"""Kinds that are read in windows, with their tables."""
_SINCE = re.compile(r"sys_updated_on>=(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_PATIENCE = 60.0
_ROUNDS = 5


@dataclass(frozen=True)
class Kill:
    """One kill and what was found after it."""

    where: str
    struck: bool
    wrong: tuple[str, ...] = ()


class Gate:
    """Holds the n-th page of the incidents back until it is opened."""

    def __init__(self) -> None:
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
        """Return what makes an instance stop at this gate."""
        return Fault("gate", self._pass).at("incident")

    def _pass(self, strike: Strike) -> Reply:
        if strike.request.parameters.get("sysparm_limit") == str(PAGE):
            with self._lock:
                self._left -= 1
                stop = self._left == 0
            if stop:
                self.reached.set()
                self._opened.wait(_PATIENCE)
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


def crowd(pages: int) -> Tables:
    """Return tables with so many pages of incidents, spread over more than a year."""
    made = tables(min(1000, pages * PAGE))
    rows, chance = made.rows("incident"), random.Random(pages)
    missing = pages * PAGE - len(rows)
    copies = [rows[number % len(rows)] for number in range(missing)]
    fresh = [{**row, "sys_id": f"{chance.getrandbits(128):032x}"} for row in copies]
    made.add("incident", fresh)
    return made


@dataclass
class Range:
    """Where kills are tried: one instance, fresh stores for each."""

    instance: SandboxServiceNow
    gate: Gate
    folder: Path
    pages: int
    version: str = ""
    """Digest of evidence that nobody disturbed."""
    seconds: float = 0.0
    """What an undisturbed sync takes, with the start of its process."""
    _number: int = 0

    def measure(self) -> None:
        """Sync without a disturbance, in a process as the others."""
        place = self.fresh()
        with _syncing(place.folder) as process:
            process.join(_PATIENCE)  # the first one also starts what starts the others
        place = self.fresh()
        begun = time.perf_counter()
        with _syncing(place.folder) as process:
            process.join(_PATIENCE)
        self.seconds = time.perf_counter() - begun
        wrong = self._wrong_evidence(place, place.version())
        assert not wrong, wrong
        self.version = place.version().content

    def at_boundary(self, page: int) -> Kill:
        """Kill when the n-th page is asked for and before it comes."""
        place = self.fresh()
        self.gate.close(page)
        with _syncing(place.folder) as process:
            struck = self.gate.reached.wait(_PATIENCE)
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

    def _finished(self, place: Site, where: str, struck: bool) -> Kill:
        """Sync to the end and compare."""
        reached = place.bookmarks(tuple(_KINDS))
        before = len(self.instance.journal)
        with _syncing(place.folder) as process:
            process.join(_PATIENCE)
            ended = process.exitcode == 0
        calls = list(self.instance.journal)[before:]
        version = place.version()
        wrong = [] if ended else ["the next sync did not end well"]
        wrong += self._wrong_evidence(place, version)
        wrong += [] if version.content == self.version else ["another digest than undisturbed"]
        wrong += read_again(calls, reached)
        shutil.rmtree(place.folder)
        return Kill(where, struck, tuple(wrong))

    def _wrong_evidence(self, place: Site, version: EvidenceVersion) -> list[str]:
        """Return what is lost, doubled or different; a known digest speaks for every record."""
        if version.content == self.version:
            with place.evidence() as evidence:
                held = [name for kind in _KINDS for name in evidence.ids(NAME, kind)]
            return [] if len(held) == len(set(held)) else ["records are there twice"]
        view = View(self.instance, {})
        with place.evidence() as evidence:
            held_by_kind = {kind: found(kind, view, evidence, NAME) for kind in _KINDS}
        return [one for kind, held in held_by_kind.items() for one in differences(kind, view, held)]

    def fresh(self) -> Site:
        """Return a folder with a configuration and empty stores."""
        self._number += 1
        folder = self.folder / str(self._number)
        configure(folder, self.instance, window_rows=1000, timeouts={"read": _PATIENCE})
        copy_stores(folder)
        self.instance.journal.clear()
        return Site(folder, self.instance)


def read_again(calls: Sequence[Call], reached: dict[str, str]) -> list[str]:
    """Return the requests for rows of a stretch of time that a bookmark says is stored."""
    wrong: list[str] = []
    for table, limit in reached.items():
        pages = [
            call.parameters["sysparm_query"]
            for call in calls
            if call.table == table
            and call.area == "table"
            and call.parameters.get("sysparm_limit") == str(PAGE)
        ]
        again = [query for query in pages if _begin(query) < limit]
        wrong += (
            [f"{table}: {len(again)} pages of what was stored up to {limit} read again: {again[0]}"]
            if again
            else []
        )
    return wrong


def _begin(query: str) -> str:
    found_at = _SINCE.search(query)
    return found_at[1] if found_at else ""


@contextmanager
def killing_range(pages: int) -> Iterator[Range]:
    """Serve so many pages of incidents and measure an undisturbed sync."""
    gate = Gate()
    instance = SandboxServiceNow(crowd(pages), clock=Clock(NOW), faults=[gate.fault()])
    with TemporaryDirectory() as name, instance:
        place = Range(instance, gate, Path(name), pages)
        place.measure()
        yield place


def moments(number: int, seed: int) -> Iterator[float]:
    """Yield shares of the time that a sync takes, spread over it, in seeded order, some rounds of them."""
    chance = random.Random(seed)
    for _ in range(_ROUNDS):
        slots = [(slot + chance.random()) / number for slot in range(number)]
        chance.shuffle(slots)
        yield from slots


def kill_at_moments(place: Range, number: int, seed: int) -> list[Kill]:
    """Kill until so many kills struck a running sync; the machine may be faster than before."""
    done: list[Kill] = []
    for share in moments(number, seed):
        done.append(place.at_moment(share))
        if sum(kill.struck for kill in done) >= number:
            break
    return done


def kill_share(boundaries: Sequence[int], number: int, seed: int) -> tuple[list[Kill], list[Kill]]:
    """Kill at some page boundaries, and at so many moments, on instances of its own."""
    with killing_range(PAGES) as place:
        done = [place.at_boundary(page) for page in boundaries]
    with killing_range(FEWER_PAGES) as place:
        return done, kill_at_moments(place, number, seed)


def figures() -> Iterator[Figure]:
    """Kill at all page boundaries and at random moments, on two instances side by side."""
    pages = range(1, PAGES + 1)
    empty_history()  # made here, so that this process clears it away
    with ProcessPoolExecutor(2) as pool:
        shares = pool.map(kill_share, (pages[::2], pages[1::2]), (MOMENTS // 2,) * 2, (SEED, SEED + 1))
        boundaries, at_random = (list(chain(*kills)) for kills in zip(*shares, strict=True))
    kills = [*boundaries, *at_random]
    for kill in kills:
        if kill.wrong:
            sys.stdout.write(f"WRONG after kill at {kill.where}: {' | '.join(kill.wrong)}\n")
    struck = sum(kill.struck for kill in boundaries)
    yield at_least(f"ServiceNow: kill -9 at each page boundary of {PAGES}", struck, PAGES, "kills")
    struck = sum(kill.struck for kill in at_random)
    yield at_least("ServiceNow: kill -9 at random moments of a running sync", struck, MOMENTS, "kills")
    wrong = sum(bool(kill.wrong) for kill in kills)
    yield at_most(
        "ServiceNow: kills after which rows were lost, doubled, different or read again", wrong, 0, "kills"
    )
