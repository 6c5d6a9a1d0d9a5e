"""Every fault of the simulator's lists, alone and in seeded mixtures: equal, or stopped and resumable.

A run syncs an instance that misbehaves, compares, lets the misbehaviour end, syncs again and compares again.
It is `equal` when evidence had all there was to read after the first sync, `stopped` when that sync named an
error, kept the ledger of what is missing and the next sync made evidence equal, and `wrong` otherwise.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sandbox.servicenow import (
    Access,
    Clock,
    Latency,
    Limits,
    SandboxServiceNow,
    Settings,
    Tables,
    faults,
    life,
    run,
    scattered,
    tail,
)
from sandbox.servicenow.faults import Fault
from sandbox.servicenow.life import Mutation, Scene
from scheduler.sync import INCREMENTAL, Options
from storage.records import KINDS
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.platform_world import NAME, NOW, Outcome
from tests.validity.servicenow_truth import TABLES, View, differences, found, visible_and_all
from tests.validity.servicenow_world import INCIDENTS, LAG, PAGE, STEP, Site, site, tables

MIXTURES = 210
LEAST_RUNS = 300
USUAL = ("incident", "change", "service_level")
WEEK = timedelta(days=8)
"""More than the days between two comparisons of all identifiers."""
FULL = Options(full=True)
_NOT_READ = frozenset({"denied", "absent", "hidden"})
_MOST_REQUESTS = 2500
_MOST_ROUNDS = 14
_SENTENCE = 30
"""Signs that a message has at least."""

Verdict = Literal["equal", "stopped", "wrong"]
Finds = Literal["next", "sweep", "full"]


@dataclass(frozen=True)
class Case:
    """One run: what is wrong with an instance, and how the connector is set up."""

    name: str
    seed: int = 1
    faults: Sequence[Fault] = ()
    life: Sequence[Mutation] = ()
    access: Mapping[str, Access] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    changes: Mapping[str, Any] = field(default_factory=dict)
    incidents: int = INCIDENTS
    prepare: Callable[[Tables], None] = lambda _: None
    """Changes rows before the instance starts."""
    then: Callable[[SandboxServiceNow], None] | None = None
    """Changes the instance after the first sync, whose consequences the next one must find."""
    again: Callable[[SandboxServiceNow], None] | None = None
    """The same once more."""
    clock: timedelta = timedelta(0)
    """How far the instance's clock is ahead of ours."""
    per_request: timedelta = timedelta(0)
    every_request: bool = False
    latency: float = 0.0
    zipped: bool = False
    finds: Finds = "next"
    """Which sync finds out what life did: the next one, one a week later, or one that reads everything."""
    expects: Verdict | None = None
    """What has to come of it, where only one thing can."""
    strikes: bool = True
    """Whether a fault is meant to strike for certain."""
    brief: bool = False
    """Not synced again where evidence was equal at once."""
    for_good: bool = False
    """It stays as it is, so that no later sync can do better."""
    patient: timedelta | None = None
    """Time after which an instance that sent the product away is asked again, until it ends."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds that are configured."""
        return tuple(self.changes.get("records", ("incident",)))


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    case: str
    seed: int
    verdict: Verdict
    said: tuple[str, ...] = ()
    """What is wrong, or what the product said it stopped for."""
    struck: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0


def judge(case: Case) -> Result:
    """Run a case."""
    instance = SandboxServiceNow(
        _prepared(case),
        seed=case.seed,
        settings=case.settings,
        access=case.access,
        faults=case.faults,
        life=case.life,
        latency=Latency.constant(case.latency),
        clock=Clock(NOW + case.clock, per_request=case.per_request),
        zipped=case.zipped,
    )
    with site(instance, **_changes(case, instance)) as place:
        judged = _Judged(case, place)
        verdict = judged.verdict()
        struck = instance.journal.faults()
        return Result(case.name, case.seed, verdict, tuple(judged.said), dict(struck), len(instance.journal))


def _prepared(case: Case) -> Tables:
    made = tables(case.incidents)
    case.prepare(made)
    return made


def _changes(case: Case, instance: SandboxServiceNow) -> dict[str, Any]:
    changes = dict(case.changes)
    if changes.get("auth") == "oauth":
        secrets = {"client_id": instance.client_id, "client_secret": instance.client_secret}
        changes["auth"] = {"type": "oauth", "grant": "client_credentials", **secrets}
    return changes


class _Judged:
    """The judgement of one run."""

    def __init__(self, case: Case, place: Site) -> None:
        self.case = case
        self.place = place
        self.view = View(place.instance, case.access)
        self.said: list[str] = []

    def verdict(self) -> Verdict:
        """Sync with faults, without them, and compare after each."""
        begun = self.place.instance.clock.now()
        outcome = self._first()
        wrong = [*self._of_first(outcome, begun - LAG), *self._not_struck()]
        stopped = bool(outcome.failed or outcome.report is None)
        if stopped or not self.case.brief:
            wrong += self._of_rest()
        wrong += self._manners()
        verdict: Verdict = "stopped" if stopped else "equal"
        if self.case.expects not in (None, verdict):
            wrong.append(f"{verdict} where it has to be {self.case.expects}")
        if wrong:
            self.said = [*wrong, *self.said]
            return "wrong"
        return verdict

    def _first(self) -> Outcome:
        outcome = self.place.sync()
        for _ in range(_MOST_ROUNDS if self.case.patient else 0):
            if not outcome.failed and outcome.report is not None:
                break
            self.place.advance(self.case.patient or STEP)
            outcome = self.place.sync()
        return outcome

    def _of_first(self, outcome: Outcome, until: datetime) -> list[str]:
        """Return what is wrong after the first sync: silence about something that is missing."""
        if outcome.report is None:
            self.said.append(outcome.error)
            return [] if outcome.named and len(outcome.error) > _SENTENCE else [f"crash: {outcome.error}"]
        told = {kind: outcome.of(kind) for kind in self._kinds(outcome)}
        failed = [kind for kind, word in told.items() if word == "failed"]
        stored = [kind for kind, word in told.items() if word not in {"failed", *_NOT_READ}]
        wrong = [
            f"{kind} is called {told[kind]}, which it is not"
            for kind in told.keys() - {*failed, *stored}
            if not self._refused(kind)
        ]
        wrong += self._of_messages(outcome)
        if not self.case.life:
            # What is stored of a kind that failed half way must be right all the same.
            wrong += [one for one in self._differences(failed) if "lost" not in one]
            wrong += self._differences(stored)
        elif self.case.finds == "next":
            wrong += self._differences(stored, until=until, whole=False)
        return [*wrong, *self._of_ledger(outcome)]

    def _of_messages(self, outcome: Outcome) -> list[str]:
        """Return what is wrong with how failures are told: by report and ledger, in words."""
        wrong: list[str] = []
        for kind, message in outcome.failed.items():
            self.said.append(f"{kind}: {message}")
            if len(message) < _SENTENCE or " " not in message:
                wrong.append(f"{kind} fails without a reason: {message}")
            if kind not in outcome.in_ledger:
                wrong.append(f"{kind}: the ledger does not say what is missing")
        return wrong

    def _of_ledger(self, outcome: Outcome) -> list[str]:
        """Return where the ledger does not tell how many rows are hidden."""
        if self.case.life or outcome.report is None or len(self.place.outcomes) > 1:
            return []
        wrong = []
        for each in outcome.report.records:
            seen, there = visible_and_all(each.row.kind, self.place.instance)
            if self._rule(each.row.kind).before_query:
                continue  # The platform's own count agrees with such a rule: nobody can tell.
            if each.row.outcome not in {"failed", *_NOT_READ} and each.row.hidden != there - seen:
                wrong.append(f"{each.row.kind}: {there - seen} hidden, the ledger says {each.row.hidden}")
        return wrong

    def _refused(self, kind: str) -> bool:
        """Whether the account may not see the kind, or may not ask for a stretch of time."""
        seen, _ = visible_and_all(kind, self.place.instance)
        rule = self._rule(kind)
        return bool(rule.without_range or rule.refused or rule.denied or rule.closed) or not seen

    def _rule(self, kind: str) -> Access:
        (table, *_) = TABLES.get(kind, (kind,))
        return self.case.access.get(table, Access())

    def _of_rest(self) -> list[str]:
        """Return what is wrong once nothing misbehaves any more."""
        place, case = self.place, self.case
        place.calm()
        if case.for_good:
            outcome = place.sync()
            return [] if outcome.failed else ["it stops once and not again"]
        wrong: list[str] = []
        for change in (case.then, case.again) if case.then else (None,):
            if change is not None:
                change(place.instance)
            place.advance(WEEK if case.finds == "sweep" else case.patient or STEP)
            outcome = place.sync(FULL if case.finds == "full" else INCREMENTAL)
            if outcome.failed or outcome.report is None:
                wrong.append(f"without faults: {outcome.error} {outcome.failed}")
                continue
            kinds = [kind for kind in self._kinds(outcome) if outcome.of(kind) not in _NOT_READ]
            wrong += [f"at the end {one}" for one in self._differences(kinds)]
        return wrong

    def _differences(
        self, kinds: Sequence[str], until: datetime | None = None, whole: bool = True
    ) -> list[str]:
        with self.place.evidence() as evidence:
            held = {kind: found(kind, self.view, evidence, NAME) for kind in kinds}
        return [
            one
            for kind, rows in held.items()
            for one in differences(kind, self.view, rows, until=until, whole=whole)
        ]

    def _kinds(self, outcome: Outcome) -> list[str]:
        return [each.row.kind for each in outcome.report.records] if outcome.report else []

    def _not_struck(self) -> list[str]:
        certain = {fault.name for fault in self.case.faults} if self.case.strikes else set()
        missed = certain - set(self.place.instance.journal.faults())
        return [f"{name} never struck" for name in sorted(missed)]

    def _manners(self) -> list[str]:
        journal, wrong = self.place.instance.journal, []
        try:
            journal.assert_no_writes()
            journal.assert_fields_always_given()
        except AssertionError as error:
            wrong.append(str(error))
        if len(journal) > _MOST_REQUESTS:
            wrong.append(f"{len(journal)} requests")
        return wrong


# Which requests of a table are its pages --------------------------------------------------------


@lru_cache
def pages_of(table: str, records: Sequence[str] = ("incident",), incidents: int = INCIDENTS) -> list[int]:
    """Return which requests of a table are pages of its first reading, counted from 1, undisturbed."""
    with site(SandboxServiceNow(tables(incidents), clock=Clock(NOW)), records=list(records)) as place:
        place.sync()
        calls = place.instance.journal.calls(table, area="table")
        asked = [call.parameters for call in calls]
        return [
            number
            for number, each in enumerate(asked, 1)
            if int(each["sysparm_limit"]) == PAGE and "sys_id" in each["sysparm_fields"]
        ]


def places(pages: Sequence[int]) -> dict[str, int]:
    """Return the requests that stand for the first, a middle and the last page."""
    return {"first page": pages[0], "middle page": pages[len(pages) // 2], "last page": pages[-1]}


# Single faults ----------------------------------------------------------------------------------

IMPATIENT = {"timeouts": {"connect": 1, "read": 0.3, "run": 60}}
"""For servers that hang."""
SURVIVED: Mapping[str, Fault] = {
    "401 once": faults.unauthenticated(),
    "401 asking for a second factor, once": faults.second_factor(),
    "429 by a rule, Retry-After in seconds": faults.rate_limited(seconds=0),
    "429 by a rule, Retry-After as a date": faults.rate_limited(seconds=0, form="date"),
    "429 by a rule, reset time alone": faults.rate_limited(seconds=0, form="none"),
    "429 of the full semaphore": faults.overloaded(),
    "202": faults.accepted(),
    "499": faults.status(499),
    "500": faults.status(500),
    "502": faults.status(502),
    "503": faults.status(503),
    "503 with Retry-After": faults.status(503, retry_after="0"),
    "504": faults.status(504),
    "reset at once": faults.reset(),
    "reset in the body": faults.reset(0.5),
    "connection closed early": faults.truncated(),
    "server hangs": faults.hang(),
    "cancelled, valid JSON with an error": faults.cancelled("error"),
    "cancelled, no row came": faults.cancelled("error", kept=0),
    "cancelled, every row came": faults.cancelled("error", kept=1),
    "cancelled, truncated JSON": faults.cancelled("truncated"),
    "cancelled, error within the rows": faults.cancelled("broken"),
    "hibernation page, 200": faults.hibernating(),
    "hibernation page, 503": faults.hibernating(503),
    "sign-on page": faults.login_redirect(),
    "wrong content type": faults.content_type(),
    "content type text/plain": faults.content_type("text/plain"),
}
"""Faults that one more request gets over."""
FATAL: Mapping[str, Fault] = {"rows twice": faults.repeated()}
"""Faults after which nothing can be believed any more."""
_SLOW = {"server hangs"}


def reading(table: str, *kinds: str) -> Mapping[str, Any]:
    """Return the settings with which a table is read: with incidents, unless it tells of something else."""
    first = kinds or ("incident",)
    return {"records": (*first, "knowledge_use") if table == "m2m_kb_task" else first}


def single_faults(where: Sequence[str] = ("first page", "middle page", "last page")) -> Iterator[Case]:
    """Yield every fault once at each of some pages of the incidents."""
    found_at = places(pages_of("incident"))
    for name in where:
        for label, fault in {**SURVIVED, **FATAL}.items():
            yield Case(
                f"{label}, {name}",
                faults=[fault.at("incident", requests={found_at[name]})],
                changes=IMPATIENT if label in _SLOW else {},
                expects="stopped" if label in FATAL else "equal",
            )


def lasting_faults() -> Iterator[Case]:
    """Yield every fault from the middle of the incidents on, for ever."""
    middle = places(pages_of("incident"))["middle page"]
    for label, fault in {**SURVIVED, **FATAL}.items():
        yield Case(
            f"{label}, for ever",
            faults=[fault.at("incident", requests=range(middle, 10_000))],
            changes=IMPATIENT if label in _SLOW else {},
            expects="stopped",
        )


def faults_elsewhere() -> Iterator[Case]:
    """Yield faults of other requests than the incidents' pages: probes, counts, references, companions."""
    for table in (
        "metric_definition",
        "metric_instance",
        "sys_user",
        "sys_user_group",
        "m2m_kb_task",
        "sys_choice",
    ):
        for label in ("503", "cancelled, valid JSON with an error", "hibernation page, 200"):
            again = SURVIVED[label].at(table, probability=0.4)
            changes = reading(table)
            yield Case(f"{label}, now and then, {table}", faults=[again], strikes=False, changes=changes)
            lasting = SURVIVED[label].at(table)
            yield Case(f"{label}, for ever, {table}", faults=[lasting], expects="stopped", changes=changes)
    for number in range(1, 6):
        struck = faults.status(503).at("incident", requests=range(number, 10_000))
        yield Case(f"503 for ever from request {number} of the incidents", faults=[struck], expects="stopped")
    members = faults.status(503).at("sys_user_grmember", area="*")
    yield Case("503 for ever, counts of members", faults=[members], expects="stopped")
    refused = faults.status(503).at("em_event", area="stats", requests={1, 2})
    yield Case("503, counts of events", faults=[refused], changes={"records": ["incident", "event"]})
    early = faults.cancelled("truncated").at("incident", requests={1, 2, 3})
    yield Case("cancelled probes", faults=[early])


def token_faults() -> Iterator[Case]:
    """Yield what can happen to an OAuth token."""
    oauth = {"auth": "oauth"}
    brief, steps = Settings(token_seconds=20), timedelta(seconds=1)
    yield Case(
        "token expires within a window", settings=brief, changes=oauth, per_request=steps, expects="equal"
    )
    yield Case(
        "token expires with every page", settings=Settings(token_seconds=3), changes=oauth, per_request=steps
    )
    for label in ("503", "hibernation page, 200", "202", "429 of the full semaphore", "reset at once"):
        struck = SURVIVED[label].at(area="token", requests={1})
        yield Case(f"{label}, token", faults=[struck], changes=oauth)
    refused = faults.unauthenticated().at(area="token", requests=range(2, 100))
    yield Case(
        "no second token",
        settings=brief,
        changes=oauth,
        per_request=steps,
        faults=[refused],
        expects="stopped",
    )


# What an account may not see, what an instance limits, what goes on --------------------------------


def conditions() -> Iterator[Case]:
    """Yield instances that are difficult without failing."""
    yield from _hidden_rows()
    yield from _access()
    yield from _limits()
    yield from _ways_to_it()
    yield from _clocks()
    yield from _life()
    yield from _between_syncs()


def _hidden_rows() -> Iterator[Case]:
    large: dict[str, Any] = {"incidents": 1000, "expects": "equal"}
    for name, hidden in {
        "10 % hidden": scattered(0.1),
        "half hidden": scattered(0.5),
        "450 hidden in a row": run(100, 450),
        "the first 450 hidden": run(0, 450),
        "the last 800 hidden": tail(800),
        "all but three hidden": run(3, 2000),
    }.items():
        yield Case(name, access={"incident": Access(hidden=(hidden,))}, **large)
    both = Access(hidden=(scattered(0.1), run(200, 300), tail(150)))
    yield Case("10 %, 300 in a row and the last 150 hidden", access={"incident": both}, **large)
    yield Case("10 % come as {}", access={"incident": Access(hollow=scattered(0.1))}, **large)
    yield Case("200 in a row come as {}", access={"incident": Access(hollow=run(40, 200))}, **large)
    pages = Settings(limits=Limits(page=30))
    hidden_rows = {"incident": Access(hidden=(run(100, 450),))}
    yield Case("450 hidden in a row, pages capped at 30", access=hidden_rows, settings=pages, **large)
    for table in ("metric_instance", "sys_user", "sys_user_group", "m2m_kb_task", "sys_choice"):
        some_hidden = {table: Access(hidden=(scattered(0.1),))}
        yield Case(f"10 % hidden, {table}", access=some_hidden, changes=reading(table))
    rules = {
        name: Access(hidden=(scattered(0.1, seed),))
        for seed, name in enumerate(("change_request", "task_sla"))
    }
    yield Case("10 % hidden of changes and clocks", access=rules, changes={"records": USUAL})


def _access() -> Iterator[Case]:
    for name, rule in {
        "denied": Access(denied=True),
        "closed to web services": Access(closed=True),
        "query_range missing": Access(without_range=frozenset({"sys_updated_on"})),
        "query refused": Access(refused=frozenset({"sys_updated_on"})),
    }.items():
        yield Case(f"{name}, incident", access={"incident": rule})
        yield Case(f"{name}, metric_instance", access={"metric_instance": rule})
    stripped = Access(without_range=frozenset({"sys_id"}))
    for table in ("incident", "metric_instance"):
        yield Case(
            f"range on sys_id missing, {table}", access={table: stripped}, expects="stopped", for_good=True
        )
    absent = Access(fields={"close_code": "absent", "priority": "empty"})
    yield Case("fields absent and empty", access={"incident": absent}, expects="equal")
    yield Case("before-query rule", access={"incident": Access(before_query="active=false")}, expects="equal")
    for unknown in ("drop", "no_rows", "forbidden"):
        yield Case(f"unknown clauses: {unknown}", settings=Settings(unknown_clause=unknown), expects="equal")


def _limits() -> Iterator[Case]:
    many: dict[str, Any] = {"expects": "equal"}
    yield Case("pages capped at 7", settings=Settings(limits=Limits(page=7)), **many)
    yield Case(
        "pages above 60 cancelled",
        settings=Settings(limits=Limits(cancelled_above=60)),
        changes={"page_size": 300},
    )
    yield Case(
        "one thread, no queue, four workers",
        settings=Settings(limits=Limits(threads=1, queue=0)),
        changes={"workers": 4, "retries": {"attempts": 20, "wait": 0.02, "longest": 2, "budget": 5000}},
    )
    hourly = Settings(limits=Limits(per_hour=45))
    yield Case("45 requests an hour", settings=hourly, patient=timedelta(hours=1))
    windows = {"window_rows": 1000, "page_size": 250}
    yield Case("several windows", incidents=1000, changes=windows, prepare=_crowd(2500), **many)


def _ways_to_it() -> Iterator[Case]:
    yield Case("replies zipped", zipped=True, expects="equal")
    yield Case("every request takes 20 ms", latency=0.02, expects="equal")
    yield Case("ties in another order each time", settings=Settings(unstable_ties=True), expects="equal")
    at = places(pages_of("incident"))["middle page"]
    yield Case(
        "a page that drips", faults=[faults.slow(40_000).at("incident", requests={at})], expects="equal"
    )
    yield Case("every kind", changes={"records": list(KINDS)}, expects="equal")
    yield Case("every kind, four workers", changes={"records": list(KINDS), "workers": 4}, expects="equal")


def _clocks() -> Iterator[Case]:
    for minutes in (-5, 5, -60, 60):
        off = timedelta(minutes=minutes)
        yield Case(f"clock {minutes:+d} minutes", clock=off, expects="equal")
        busy = [edits(3).at("incident"), life.inserts(2).at("incident"), life.deletes(1).at("incident")]
        yield Case(
            f"clock {minutes:+d} minutes, busy", clock=off, life=busy, per_request=timedelta(seconds=2)
        )
        yield Case(
            f"clock {minutes:+d} minutes, deleted silently and put back",
            clock=off,
            then=_vanish,
            again=_put_back,
            finds="sweep",
        )


def edits(count: int = 1) -> Mutation:
    """Change what matters of some rows, with their stamps."""

    def effect(scene: Scene) -> None:
        for row in scene.chosen(count):
            changed = {name: value() for name, value in _edited(scene.random).items() if name in row}
            scene.writer.update(scene.table, row["sys_id"], changed)

    return Mutation("edit", effect)


def _edited(chance: random.Random) -> dict[str, Callable[[], str]]:
    return {
        "priority": lambda: str(chance.randint(1, 5)),
        "close_code": lambda: chance.choice(("Duplicate", "User error", "")),
        "close_notes": lambda: "changed" * chance.randint(0, 9),
        "has_breached": lambda: chance.choice(("true", "false")),
    }


def _crowd(count: int) -> Callable[[Tables], None]:
    """Put so many incidents into one second."""

    def prepare(made: Tables) -> None:
        likeness = made.rows("incident")[0]
        second = {"sys_created_on": "2026-05-05 05:05:05", "sys_updated_on": "2026-05-05 05:05:05"}
        chance = random.Random(count)
        made.add(
            "incident",
            [{**likeness, **second, "sys_id": f"{chance.getrandbits(128):032x}"} for _ in range(count)],
        )

    return prepare


def _life() -> Iterator[Case]:
    wide = {"page_size": 250}
    yield Case("3,000 rows in one second", prepare=_crowd(3000), changes=wide, expects="equal")
    unstable = Settings(unstable_ties=True)
    capped = {"page_size": 250, "window_rows": 1000}
    yield Case(
        "3,000 rows in one second, ties in any order, small windows",
        prepare=_crowd(3000),
        changes=capped,
        settings=unstable,
        expects="equal",
    )
    arrive = life.burst(3000).at("incident", requests={7})
    yield Case("3,000 rows arrive in one second", life=[arrive], changes=wide)
    for name, mutation in {
        "7 updates per request": edits(7),
        "7 deletes per request": life.deletes(7),
        "7 inserts per request": life.inserts(7),
        "rows are committed late": life.late_commits(3, after=4),
        "stamps of a node five minutes behind": life.burst(2, age=LAG),
    }.items():
        for table in ("incident", "metric_instance") if "delete" not in name else ("incident",):
            yield Case(f"{name}, {table}", life=[mutation.at(table, times=25)])
        running = [mutation.at("incident", times=25)]
        yield Case(f"{name}, clock runs", life=running, per_request=timedelta(seconds=7))
    for table in ("change_request", "task_sla", "sysapproval_approver", "task_ci", "m2m_kb_task"):
        some = [edits(3).at(table, times=8), life.inserts(2).at(table, times=8)]
        yield Case(f"life of {table}", life=some, changes=reading(table, *USUAL))
    # While its pages are read, so that some were there and are gone, or the other way round.
    meanwhile = range(6, 11)
    gone, late = life.deletes(3, audited=False), life.back_dated(3)
    for table in ("incident", "metric_instance", "task_sla"):
        # What a change followed is not looked at again because that has gone.
        finds: Finds = "full" if table == "metric_instance" else "sweep"
        vanish = [gone.at(table, requests=meanwhile)]
        yield Case(f"deleted without a trace, {table}", life=vanish, changes={"records": USUAL}, finds=finds)
        arrive_late = [late.at(table, requests=meanwhile)]
        yield Case(f"back-dated, {table}", life=arrive_late, changes={"records": USUAL}, finds="sweep")
    silent = life.silent(5, priority="1").at("incident", times=5)
    yield Case("changed without a stamp", life=[silent], finds="full")
    yield Case(
        "clocks are rewritten",
        life=[life.churn().at("task_sla", times=10)],
        changes={"records": USUAL},
        prepare=_running,
    )
    rotated = [life.rotation().at("em_event", times=2)]
    yield Case("events are rotated", life=rotated, changes={"records": ["incident", "event"]})


def _running(made: Tables) -> None:
    """Let a third of the clocks run."""
    for row in made.rows("task_sla")[::3]:
        made.put("task_sla", {**row, "active": "true", "stage": "in_progress", "end_time": ""})


def _between_syncs() -> Iterator[Case]:
    yield Case("deleted between syncs", then=_delete(), again=_delete())
    yield Case("deleted, then restored with its old stamps", then=_delete(), again=_put_back, finds="sweep")
    yield Case("deleted, then restored with new stamps", then=_delete(), again=_restore)
    links = reading("m2m_kb_task")
    yield Case("articles linked and unlinked", then=_link, again=_unlink, changes=links, finds="sweep")
    yield Case("articles linked", then=_link, again=_link, changes=links)
    yield Case(
        "clocks end", then=_end_clocks, again=_end_clocks, prepare=_running, changes={"records": USUAL}
    )
    yield Case("members come and go", then=_join, again=_leave)


_GONE: dict[int, list[Mapping[str, str]]] = {}
"""Rows that a story took away, by instance."""


def _delete(*, audited: bool = True) -> Callable[[SandboxServiceNow], None]:
    def change(instance: SandboxServiceNow) -> None:
        chosen = instance.truth("incident")[5:150:29]
        _GONE[id(instance)] = list(chosen)
        for row in chosen:
            instance.writer.delete("incident", row["sys_id"], audited=audited)

    return change


_vanish = _delete(audited=False)


def _put_back(instance: SandboxServiceNow) -> None:
    for row in _GONE.pop(id(instance)):
        instance.tables.put("incident", row)


def _restore(instance: SandboxServiceNow) -> None:
    for row in _GONE.pop(id(instance)):
        instance.writer.insert(
            "incident", {**row, "sys_updated_on": instance.clock.text(), "sys_mod_count": "9"}
        )


def _link(instance: SandboxServiceNow) -> None:
    article = instance.truth("kb_knowledge")[0]["sys_id"]
    linked = {row["task"] for row in instance.truth("m2m_kb_task")}
    free = [row["sys_id"] for row in instance.truth("incident") if row["sys_id"] not in linked]
    for task in free[:7]:
        instance.writer.insert("m2m_kb_task", {"task": task, "kb_knowledge": article})


def _unlink(instance: SandboxServiceNow) -> None:
    for row in instance.truth("m2m_kb_task")[:9]:
        instance.writer.delete("m2m_kb_task", row["sys_id"])


def _end_clocks(instance: SandboxServiceNow) -> None:
    running = [row for row in instance.truth("task_sla") if row["active"] == "true"]
    ended = {"active": "false", "stage": "completed", "end_time": instance.clock.text()}
    for row in running[::2]:
        instance.writer.update("task_sla", row["sys_id"], ended)


def _join(instance: SandboxServiceNow) -> None:
    group = instance.truth("sys_user_group")[0]["sys_id"]
    for user in instance.truth("sys_user")[:5]:
        instance.writer.insert("sys_user_grmember", {"group": group, "user": user["sys_id"]})


def _leave(instance: SandboxServiceNow) -> None:
    for row in instance.truth("sys_user_grmember")[::6]:
        instance.writer.delete("sys_user_grmember", row["sys_id"])


# Mixtures -----------------------------------------------------------------------------------------

_MIXED_TABLES = (
    "*",
    "incident",
    "incident",
    "metric_instance",
    "change_request",
    "task_sla",
    "sys_*",
    "m2m_kb_task",
)
_MIXED_LIFE: Sequence[Mutation] = (
    edits(7),
    edits(1),
    life.inserts(3),
    life.deletes(2),
    life.deletes(7),
    life.late_commits(2, after=3),
    life.burst(300),
)


def mixture(seed: int) -> Case:
    """Return the mixture of a seed: several faults at once, rows hidden, life going on, limits."""
    chance = random.Random(f"mixture {seed}")
    labels = chance.sample(sorted(set(SURVIVED) - _SLOW), chance.randint(2, 5))
    some: list[Fault] = [_somewhere(SURVIVED[label], chance) for label in labels]
    if chance.random() < 0.1:
        some.append(faults.hang().at("incident", requests={chance.randint(5, 12)}))
    if chance.random() < 0.15:
        some.append(
            SURVIVED[chance.choice(labels)].at("incident", requests=range(chance.randint(2, 14), 10_000))
        )
    if chance.random() < 0.25:
        some.append(
            faults.cancelled(chance.choice(("error", "truncated", "broken"))).at(
                "incident", last_page=True, times=3
            )
        )
    living = chance.sample(_MIXED_LIFE, chance.choice((0, 0, 1, 2)))
    oauth = {"auth": "oauth"} if chance.random() < 0.3 else {}
    return Case(
        f"mixture {seed}: {', '.join(labels)}; {', '.join(one.name for one in living) or 'no life'}",
        seed=seed,
        faults=some,
        life=[one.at("incident", times=chance.choice((3, 12))) for one in living],
        access=_mixed_access(chance),
        settings=_mixed_settings(chance, expiring=bool(oauth)),
        changes={
            **IMPATIENT,
            "records": _mixed_records(chance),
            "page_size": chance.choice((50, 50, 150)),
            **oauth,
        },
        clock=timedelta(minutes=chance.choice((0, 0, -5, 5))),
        per_request=timedelta(seconds=chance.choice((0, 0, 1, 5))),
        zipped=chance.random() < 0.3,
        strikes=False,
    )


def _somewhere(fault: Fault, chance: random.Random) -> Fault:
    table = chance.choice(_MIXED_TABLES)
    if chance.random() < 0.5:
        return fault.at(table, probability=chance.choice((0.03, 0.1, 0.2)))
    return fault.at(table, requests=set(chance.sample(range(1, 25), 3)))


def _mixed_access(chance: random.Random) -> dict[str, Access]:
    hidden = {
        "none": (),
        "some": (scattered(0.1, chance.randint(1, 99)),),
        "run": (run(chance.randint(0, 200), 90),),
        "tail": (tail(120),),
        "several": (scattered(0.2), run(60, 75)),
    }[chance.choice(("none", "none", "some", "run", "tail", "several"))]
    rules = {"incident": Access(hidden=hidden)} if hidden else {}
    if chance.random() < 0.2:
        rules["metric_instance"] = Access(hollow=scattered(0.1))
    return rules


def _mixed_settings(chance: random.Random, *, expiring: bool) -> Settings:
    limits = Limits(page=chance.choice((0, 0, 0, 20)), cancelled_above=chance.choice((0, 0, 60)))
    seconds = chance.choice((15, 60)) if expiring else 1800
    return Settings(limits=limits, token_seconds=seconds, unstable_ties=chance.random() < 0.3)


def _mixed_records(chance: random.Random) -> list[str]:
    if chance.random() < 0.05:
        return list(KINDS)
    return [
        "incident",
        *(kind for kind in ("change", "service_level", "problem", "request") if chance.random() < 0.2),
    ]


# The proof ------------------------------------------------------------------------------------------


def single_cases() -> Iterator[Case]:
    """Yield everything that is tried alone."""
    yield from single_faults()
    yield from lasting_faults()
    yield from faults_elsewhere()
    yield from token_faults()
    yield from conditions()


def told(result: Result) -> str:
    """Return a line about a run that was wrong, with what it takes to repeat it."""
    return (
        f"WRONG {result.case} (seed {result.seed}; struck: {dict(result.struck)}): {' | '.join(result.said)}"
    )


def judge_single(number: int) -> Result:
    """Judge one of the single cases; by number, since cases hold functions that no process can be sent."""
    return judge(list(single_cases())[number])


def judge_mixture(seed: int) -> Result:
    """Judge a mixture."""
    return judge(mixture(seed))


def results(mixtures: int = MIXTURES) -> Iterator[Result]:
    """Run everything, two at a time."""
    number = len(list(single_cases()))
    with ProcessPoolExecutor(2) as pool:
        yield from pool.map(judge_single, range(number), chunksize=4)
        yield from pool.map(judge_mixture, range(1, mixtures + 1), chunksize=4)


def figures() -> Iterator[Figure]:
    """Run all and count the verdicts; wrong ones are printed with their seed and faults."""
    count: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    requests = 0
    for result in results():
        count[result.verdict] += 1
        struck.update(result.struck)
        requests += result.requests
        if result.verdict == "wrong":
            sys.stdout.write(f"{told(result)}\n")
    runs = count.total()
    yield at_least("ServiceNow fault matrix: runs", runs, LEAST_RUNS, "runs")
    yield at_most("ServiceNow fault matrix: silently short, long or different", count["wrong"], 0, "runs")
    yield at_least(
        "ServiceNow fault matrix: evidence equals the truth at once", count["equal"], runs / 2, "runs"
    )
    yield at_least(
        "ServiceNow fault matrix: stopped by name, then resumed to the truth", count["stopped"], 1, "runs"
    )
    yield at_least("ServiceNow fault matrix: faults that struck", struck.total(), runs, "faults")
