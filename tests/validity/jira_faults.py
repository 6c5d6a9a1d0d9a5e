"""Every fault of a simulated Jira, alone and in seeded mixtures: equal, or stopped and resumable.

A run syncs a site that misbehaves, compares, lets the misbehaviour end, syncs again and compares again. It is
`equal` when evidence had all there was to read after the first sync, `stopped` when that sync named an error,
kept the ledger of what is missing and a later sync made evidence equal, and `wrong` otherwise.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sandbox.jira import Clock, Limits, SandboxJira, Settings, faults, life
from sandbox.jira.life import Mutation
from sandbox.jira.settings import Mode
from sandbox.serving.fault import Fault
from tests.connectors.jira.support import MODES
from tests.connectors.jira.support import site as small_site
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.jira_truth import differences
from tests.validity.jira_world import SETTLED, STEP, WEEK, Site, site
from tests.validity.platform_world import NAME, NOW, Outcome

MIXTURES = 80
LEAST_RUNS = 200
KINDS = ("incident", "change", "transition", "release")
SHARE = 0.05
"""Of an organisation: 50 incidents, 15 changes and what hangs on them."""
_MOST_REQUESTS = 1500
_SENTENCE = 30
"""Signs that a message has at least."""
_ROUNDS = 3

Verdict = Literal["equal", "stopped", "wrong"]
PAGES: Mapping[Mode, str] = {"cloud": "issue/bulkfetch", "data_center": "search"}
"""Requests that bring issues."""


@dataclass(frozen=True)
class Case:
    """One run: what is wrong with a site, and how the connector is set up."""

    name: str
    mode: Mode = "cloud"
    seed: int = 1
    faults: Sequence[Fault] = ()
    life: Sequence[Mutation] = ()
    settings: Settings = field(default_factory=Settings)
    changes: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[SandboxJira], None] | None = None
    """Changes the site after the first sync, whose consequences the next one must find."""
    wait: timedelta = STEP
    """What passes before the next sync: the time in which it finds out what goes on."""
    late: bool = False
    """Searches show what was written only later, so that the first sync cannot have it."""
    expects: Verdict | None = None
    """What has to come of it, where only one thing can."""
    strikes: bool = True
    """Whether every fault is meant to strike."""


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    case: str
    verdict: Verdict
    said: tuple[str, ...] = ()
    """What is wrong, or what the product said it stopped for."""
    struck: Mapping[str, int] = field(default_factory=dict)


def judge(case: Case) -> Result:
    """Run a case."""
    jira = SandboxJira(
        small_site(SHARE),
        case.mode,
        seed=case.seed,
        settings=case.settings,
        faults=case.faults,
        life=case.life,
        clock=Clock(NOW),
    )
    with site(jira, **case.changes) as place:
        wrong, said = _first(case, place)
        stopped = bool(said)
        wrong += _missed(case, jira)
        wrong += _rest(case, place)
        wrong += _manners(jira)
        verdict: Verdict = "stopped" if stopped else "equal"
        if case.expects not in (None, verdict):
            wrong.append(f"{verdict} where it has to be {case.expects}")
        struck = dict(jira.journal.faults())
    return Result(case.name, "wrong" if wrong else verdict, (*wrong, *said), struck)


def _first(case: Case, place: Site) -> tuple[list[str], list[str]]:
    """Sync; return what is wrong, and what the product said where it stopped."""
    outcome = place.sync()
    wrong, said = _told(outcome)
    if not case.life and not case.late:
        failed = set(outcome.failed) if outcome.report else set(KINDS)
        # History comes with the issues: of a kind that stopped half way, some of it is not there yet.
        failed |= {"transition"} if failed & {"incident", "change"} else set()
        wrong += [one for one in _differences(place, KINDS) if not (_kind(one) in failed and "lost" in one)]
    return wrong, said


def _kind(difference: str) -> str:
    return difference.partition(":")[0]


def _told(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Return what is wrong with how failures are told, and the words."""
    if outcome.report is None:
        named = outcome.named and len(outcome.error) > _SENTENCE
        return ([] if named else [f"crash: {outcome.error}"]), [outcome.error]
    wrong = [
        f"{kind}: the ledger does not say why it fails: {message}"
        for kind, message in outcome.failed.items()
        if len(message) < _SENTENCE or " " not in message or kind not in outcome.in_ledger
    ]
    return wrong, [f"{kind}: {message}" for kind, message in outcome.failed.items()]


def _differences(place: Site, kinds: Sequence[str]) -> list[str]:
    with place.evidence() as evidence:
        return differences(place.instance, evidence, NAME, kinds)


def _missed(case: Case, jira: SandboxJira) -> list[str]:
    certain = {fault.name for fault in case.faults} if case.strikes else set()
    return [f"{name} never struck" for name in sorted(certain - set(jira.journal.faults()))]


def _rest(case: Case, place: Site) -> list[str]:
    """Return what is wrong once nothing misbehaves any more."""
    place.calm()
    if case.then is not None:
        case.then(place.instance)
    wrong: list[str] = []
    for _ in range(_ROUNDS if case.life or case.late else 1):
        place.advance(case.wait)
        outcome = place.sync()
        if outcome.failed or outcome.report is None:
            return [f"without faults: {outcome.error} {outcome.failed}"]
        wrong = [f"at the end {one}" for one in _differences(place, KINDS)]
        if not wrong:
            break
    return wrong


def _manners(jira: SandboxJira) -> list[str]:
    try:
        jira.journal.assert_no_writes()
    except AssertionError as error:
        return [str(error)]
    return [f"{len(jira.journal)} requests"] if len(jira.journal) > _MOST_REQUESTS else []


# Single faults ------------------------------------------------------------------------------------

IMPATIENT = {"timeouts": {"connect": 1, "read": 0.3, "run": 60}}
"""For servers that hang."""
SURVIVED: Mapping[str, Fault] = {
    "429, Retry-After in seconds": faults.rate_limited(),
    "429, Retry-After 0": faults.rate_limited(form="zero"),
    "429, Retry-After with decimals": faults.rate_limited(form="decimal"),
    "429, Retry-After as a date": faults.rate_limited(form="date"),
    "429, reset time alone": faults.rate_limited(form="none"),
    "429, nothing but the status": faults.rate_limited("", form="none", reset=False),
    "429 of a gateway, a page": faults.gateway(),
    "403, a page of the network": faults.forbidden_page(),
    "401 once": faults.unauthenticated(),
    "500": faults.status(500),
    "502": faults.status(502),
    "503": faults.unavailable(),
    "503 with Retry-After": faults.unavailable("0"),
    "504": faults.status(504),
    "login page": faults.login_page(),
    "reset at once": faults.reset(),
    "reset in the body": faults.reset(0.5),
    "connection closed early": faults.truncated(),
    "JSON ends early": faults.broken(),
    "server hangs": faults.hang(),
    "body stands still": faults.stalled(),
    "rows twice": faults.repeated(),
    "history capped": faults.capped_history(),
}
"""Faults that one more request gets over, or that do no harm."""
PATIENT: Mapping[str, Fault] = {
    "429 of an hour's quota": faults.quota(1847),
    "410": faults.removed(),
    "403": faults.forbidden(),
}
"""Faults that stop a sync, which goes on there once they are over."""
_SLOW = {"server hangs", "body stands still"}
_HARMLESS_FOR_EVER = {"rows twice", "history capped"}


def single_faults(modes: Sequence[Mode] = MODES) -> Iterator[Case]:
    """Yield every fault at the first and at a later page of issues, and for ever."""
    paged = Settings(limits=Limits(page_server=20, bulk=100))
    for mode in modes:
        for label, fault in {**SURVIVED, **PATIENT}.items():
            changes = IMPATIENT if label in _SLOW else {}
            expects: Verdict = "stopped" if label in PATIENT else "equal"
            for number, where in ((1, "first page"), (2, "second page")):
                at = _page(mode, number)
                struck = fault.at(PAGES[mode], requests={at})
                yield Case(f"{label}, {where}", mode, 1, [struck], (), paged, changes, expects=expects)
            lasting = fault.at(PAGES[mode], requests=range(_page(mode, 1), 10_000))
            expects = "equal" if label in _HARMLESS_FOR_EVER else "stopped"
            yield Case(f"{label}, for ever", mode, 1, [lasting], (), paged, changes, expects=expects)


def _page(mode: Mode, number: int) -> int:
    """Return which request of its route a page of issues is; on Data Center searches count and probe too."""
    return number if mode == "cloud" else 7 + number


def pages() -> Iterator[Case]:
    """Yield what searches of each kind do with their pages."""
    few = Settings(limits=Limits(page_ids=10, page=15))
    for label, fault, expects in (
        ("page token expired once", faults.expired_token().at("search/jql", times=1), "equal"),
        ("page token expired again and again", faults.expired_token().at("search/jql"), "stopped"),
        ("page token repeated", faults.repeated_token().at("search/jql"), "stopped"),
        ("last page with token", faults.last_with_token().at("search/jql"), "equal"),
        ("rows skipped", faults.skipped(2).at("search/jql", requests={6, 7}), "equal"),
        ("empty page", faults.empty_page().at("issue/bulkfetch", requests={1}), "equal"),
        ("issue errors", faults.failed_issues().at("issue/bulkfetch", requests={1}), "equal"),
        ("warning", faults.warned().at("search/jql", requests=range(4, 99)), "stopped"),
    ):
        verdict: Any = expects
        yield Case(label, faults=[fault], settings=few, expects=verdict)
        if "bulkfetch" not in fault.when.table:
            yield Case(
                f"{label}, OAuth", faults=[fault], settings=few, changes={"oauth": True}, strikes=False
            )
    small = Settings(limits=Limits(page_server=12))
    for requests in ({9, 10}, range(8, 14)):
        skipped = faults.skipped(2).at("search", requests=requests)
        yield Case(f"rows skipped {len(requests)} times", "data_center", faults=[skipped], settings=small)
    empty = faults.empty_page().at("search", requests={9})
    yield Case("empty page", "data_center", faults=[empty], settings=small, expects="equal")


def conditions() -> Iterator[Case]:
    """Yield sites that are difficult without failing."""
    for mode in MODES:
        for name, limits in {
            "shrinking pages": Limits(shrinking=0.6, page_ids=20),
            "changelog capped at one entry": Limits(changelog=1),
            "changes in pages of three": Limits(changelog=2, changes=3),
            "pages of seven": Limits(page_server=7, page_ids=7, page=7),
            "headers of a token bucket": Limits(bucket=100_000),
        }.items():
            yield Case(name, mode, settings=Settings(limits=limits), expects="equal")
        for zone in ("America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"):
            yield Case(f"profile in {zone}", mode, settings=Settings(zone=ZoneInfo(zone)), expects="equal")
            busy = [life.updates(2).at(PAGES[mode], times=9)]
            zoned = Settings(zone=ZoneInfo(zone), coarse_times=True)
            yield Case(f"profile in {zone}, busy, times to the minute", mode, life=busy, settings=zoned)
        ties = Settings(unstable_ties=True, coarse_times=True, limits=Limits(page_server=7))
        yield Case("ties in another order each time", mode, settings=ties, expects="equal")
        yield from _lives(mode)
    oauth = {"oauth": True}
    yield Case("token expires on the way", changes=oauth, settings=Settings(token_seconds=1), expects="equal")
    for label in ("503", "reset at once", "429, Retry-After 0"):
        struck = SURVIVED[label].at(area="token", requests={1})
        yield Case(f"{label}, token", faults=[struck], changes=oauth, expects="equal")


def _lives(mode: Mode) -> Iterator[Case]:
    for hours in (0.1, 6):
        behind = Settings(index_lag=hours * 3600)
        for name, mutation in {"inserts": life.inserts(3), "updates": life.updates(3)}.items():
            going_on = [mutation.at("*", requests=range(8, 14))]
            wait = SETTLED if hours > 1 else STEP
            yield Case(f"index {hours} h behind, {name}", mode, life=going_on, settings=behind, wait=wait)
    for name, mutation, wait in (
        ("3 inserts a request", life.inserts(3), STEP),
        ("3 updates a request", life.updates(3), STEP),
        ("2 moves a request", life.moves(2), STEP),
        ("2 deletes a request", life.deletes(2), WEEK),
        ("back-dated inserts", life.inserts(2, age=timedelta(days=40)), WEEK),
    ):
        yield Case(f"{name}", mode, life=[mutation.at("*", requests=range(8, 20))], wait=wait)
    yield Case("deleted between syncs", mode, then=_delete, wait=WEEK, expects="equal")


def _delete(jira: SandboxJira) -> None:
    for number in sorted(jira.site.issues)[::17]:
        jira.writer.delete(jira.site.issues[number])


# Mixtures -----------------------------------------------------------------------------------------

_LIVING: Sequence[Mutation] = (life.updates(3), life.updates(1), life.inserts(2), life.moves(1))


def mixture(seed: int) -> Case:
    """Return the mixture of a seed: several faults at once, life going on, habits and limits."""
    chance = random.Random(f"jira {seed}")
    mode: Mode = chance.choice(MODES)
    labels = chance.sample(sorted({**SURVIVED, **PATIENT}), chance.randint(2, 5))
    struck = [
        {**SURVIVED, **PATIENT}[label].at("*", probability=chance.choice((0.02, 0.05, 0.1)), times=8)
        for label in labels
        if label not in _SLOW
    ]
    if chance.random() < 0.4:
        struck.append(faults.expired_token().at("search/jql", probability=0.2, times=4))
    if chance.random() < 0.3:
        struck.append(faults.failed_issues().at("issue/bulkfetch", probability=0.3, times=8))
    living = chance.sample(_LIVING, chance.choice((0, 0, 1, 2)))
    limits = Limits(
        page_server=chance.choice((7, 15, 1000)),
        page_ids=chance.choice((10, 5000)),
        changelog=chance.choice((2, 40)),
        shrinking=chance.choice((0, 0.5)),
    )
    habits = Settings(
        limits=limits,
        unstable_ties=chance.random() < 0.5,
        coarse_times=chance.random() < 0.5,
        index_lag=chance.choice((0, 0, 120, 3600)),
        zone=ZoneInfo(chance.choice(("Etc/UTC", "America/New_York", "Europe/London"))),
    )
    return Case(
        f"mixture {seed}: {', '.join(labels)}; {', '.join(one.name for one in living) or 'no life'}",
        mode,
        seed,
        struck,
        [one.at("*", requests=range(5, 60), probability=0.1) for one in living],
        habits,
        {"oauth": mode == "cloud" and chance.random() < 0.3},
        wait=SETTLED,
        late=bool(habits.index_lag),
        strikes=False,
    )


# All of it ----------------------------------------------------------------------------------------


def single_cases() -> Iterator[Case]:
    """Yield everything that is tried alone."""
    yield from single_faults()
    yield from pages()
    yield from conditions()


def told(result: Result) -> str:
    """Return a line about a run that was wrong."""
    return f"WRONG {result.case} (struck: {dict(result.struck)}): {' | '.join(result.said)}"


def judge_single(number: int) -> Result:
    """Judge one of the single cases; by number, since cases hold functions that no process can be sent."""
    return judge(list(single_cases())[number])


def judge_mixture(seed: int) -> Result:
    """Judge a mixture."""
    return judge(mixture(seed))


def figures() -> Iterator[Figure]:
    """Run all, two at a time, and count the verdicts; wrong ones are printed."""
    count: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    number = len(list(single_cases()))
    with ProcessPoolExecutor(2) as pool:
        singles = pool.map(judge_single, range(number), chunksize=4)
        mixed = pool.map(judge_mixture, range(1, MIXTURES + 1), chunksize=4)
        for result in (*singles, *mixed):
            count[result.verdict] += 1
            struck.update(result.struck)
            if result.verdict == "wrong":
                sys.stdout.write(f"{told(result)}\n")
    runs = count.total()
    yield at_least("Jira fault matrix: runs", runs, LEAST_RUNS, "runs")
    yield at_most("Jira fault matrix: silently short, long or different", count["wrong"], 0, "runs")
    yield at_least("Jira fault matrix: evidence equals the truth at once", count["equal"], runs / 2, "runs")
    yield at_least(
        "Jira fault matrix: stopped by name, then resumed to the truth", count["stopped"], 1, "runs"
    )
    yield at_least("Jira fault matrix: faults that struck", struck.total(), runs, "faults")
