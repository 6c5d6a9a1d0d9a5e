"""One record becomes better: nothing that is said of the organisation may fall (section 8.2).

Improvements are tried in many copies of a small organisation that stand in one store (`copies`): merged as a
connector merges, derived, and measured by the product's queries, which answer for all copies at once. A copy
takes several in one round, but only such as no indicator reads two of: each indicator changes by one record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from evaluators.catalogue import Catalogue, Indicator
from evaluators.derive import derive
from evaluators.examination import Examination, Scopes
from evaluators.ladder import index, level
from evaluators.results import IndicatorResult
from evaluators.standing import standing_of
from evaluators.support import SupportMap
from sandbox.organisation import Organisation
from storage.evidence.store import Record
from storage.records import KINDS
from tests.validity.acceptance_missing import kept, needs_of
from tests.validity.acceptance_planted import JUDGED
from tests.validity.acceptance_same import records_of
from tests.validity.acceptance_world import LEVELS, TAKEN_AT, Case, organisation_of, policy_of
from tests.validity.copies import catalogue_of_copies, copies_of, named
from tests.validity.evidence import SOURCE, table_of
from tests.validity.figures import Figure, at_least, at_most, shown
from tests.validity.improvements import IMPROVEMENTS, TIMED, Better, Samples
from tests.validity.kept import in_parallel
from tests.validity.planted import UNTIL

ASKED: Final = 10_000
SIZE: Final = 1_000
"""Incidents of the organisation that is copied, the fewest that can be generated."""
FEW: Final = {"alert": 1_500, "event": 1_500, "request": 1_000}
"""Records that are left of kinds which do not become fewer with the incidents."""
COPIES: Final = 64
ROUNDS: Final = 3
SEEDS: Final = (1,)
ADJUSTED: Final = (*JUDGED, "stratified_share", "case_mix", "matched_ratio")
"""Families whose fall by at most one point of achievement is allowed."""
ALLOWED: Final = 0.01
Results = dict[str, IndicatorResult]


@dataclass(frozen=True)
class Fall:
    """Something that is lower after a record became better; `points` are of achievement."""

    what: str
    indicator: str
    points: float
    allowed: bool


@dataclass(frozen=True)
class Tries:
    """What came of the improvements of one organisation."""

    tried: int
    falls: tuple[Fall, ...]


@dataclass(frozen=True)
class Trial:
    """An organisation whose copies are improved, a few rounds one after the other."""

    case: Case
    copies: int = COPIES
    rounds: int = ROUNDS
    sorts: tuple[str, ...] = ()
    """Names of the improvements that are tried, all where it is empty."""


@dataclass(frozen=True)
class Improved:
    """One record of a copy that became better, and the indicators that read what changed."""

    what: str
    kind: str
    record: Record
    touched: frozenset[str]


class OfCopies(Examination):
    """Looks at copies alone: together they are no organisation that anything is said of."""

    def _measured(self, indicator: Indicator) -> Scopes:
        return "", {}


@dataclass
class Workshop:
    """Copies, what stands in them by now, and what was found last."""

    organisation: Organisation
    store: Any
    trial: Trial
    rows: dict[tuple[int, str, str], Record] = field(default_factory=dict)
    """Records that were improved, as the organisation itself names things, by copy, kind and id."""

    def merge(self, chosen: Mapping[int, Sequence[Improved]]) -> None:
        """Store what became better, as a connector stores newer records, and derive again."""
        new: dict[str, list[Record]] = defaultdict(list)
        for copy, improved in chosen.items():
            for each in improved:
                self.rows[copy, each.kind, each.record.id] = each.record
                values = named(KINDS[each.kind], {**each.record.values, "id": each.record.id}, copy)
                new[each.kind].append(replace(each.record, id=values.pop("id"), values=values))
        for kind, records in new.items():
            assert self.store.merge(SOURCE, kind, records).updated == len(records)
        self.derive()

    def derive(self) -> None:
        """Bring derived columns up to what is stored."""
        derive(self.store, policy_of(self.organisation))

    def results(self, asked: Mapping[str, Sequence[int]]) -> dict[int, Results]:
        """Measure indicators, each in some copies: one query for all of them."""
        found: dict[int, Results] = defaultdict(dict)
        policy = policy_of(self.organisation)
        supports = SupportMap(self.store.supports(), policy, TAKEN_AT)
        for name, copies in asked.items():
            examination = OfCopies(
                store=self.store,
                catalogue=catalogue(),
                policy=policy,
                as_of=UNTIL,
                reconstructed=False,
                supports=supports,
                evidence="",  # the same seed before and after: only records make a difference
                exemptions={},
                past=lambda each, _copy: self.organisation.snapshots.get(each, ()),
                departments=tuple(map(str, copies)),
            )
            for copy in copies:
                found[copy][name] = examination.result(catalogue().indicator(name), str(copy))
        return found


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that copies are rated by."""
    return catalogue_of_copies()


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Improve records one by one in organisations of all levels."""
    trials = [Trial(Case(level, seed, SIZE)) for seed in SEEDS for level in LEVELS]
    found = list(in_parallel(improved, trials))
    yield from figures_of(
        [fall for each in found for fall in each.falls], sum(each.tried for each in found), said
    )


def figures_of(falls: Sequence[Fall], tried: int, said: Callable[[object], None]) -> Iterator[Figure]:
    """Yield the lines of the acceptance table."""
    for fall in falls:
        if not fall.allowed:
            said(fall)
    bad = [fall for fall in falls if not fall.allowed]
    steps = Counter(fall.indicator for fall in bad if is_adjusted(fall.indicator))
    others = Counter(fall.indicator for fall in bad) - steps
    name = "Monotone: better single records by which"
    yield at_most(
        f"{name} anything falls but D, C, T and case-mix",
        others.total(),
        0,
        "records",
        cases=tried,
        reading=_listed(others, RANKING if "chg-risk-rating-predictiveness" in others else COPIED),
    )
    yield at_most(
        f"{name} D, C, T or case-mix falls by more than a point",
        steps.total(),
        0,
        "records",
        cases=tried,
        reading=_listed(steps, STEPS) if steps else "",
    )
    few = len(falls) - len(bad)
    yield shown(f"{name} D, C, T or case-mix falls by a point at most", few, "records", cases=tried)
    yield at_least("Monotone: better single records that were tried", tried, ASKED, "records")


def _listed(falls: Counter[str], why: str) -> str:
    return "; ".join([*(f"`{name}` {count}" for name, count in falls.most_common()), why])


COPIED: Final = (
    "in copies of small organisations, merged, derived and measured by the product's own queries; minimum "
    "samples of more than 20 records are lowered to 10 there, so that small copies are rated"
)
RANKING: Final = (
    "the formula asks how well the rating tells which changes fail, and a change of high risk that goes well "
    "makes it a worse forecast: no exception of the model covers that"
)
STEPS: Final = (
    "a record moves a week across the line of its control chart, or the centre that later weeks are judged "
    "by: the formula moves in steps of a whole week or a run of eight"
)


def improved(trial: Trial) -> Tries:
    """Improve records of every copy but the first, round by round, each on top of the ones before."""
    organisation = smaller(organisation_of(trial.case))
    rng = np.random.default_rng((trial.case.level or 0, trial.case.seed))
    choice = Choice.of(organisation, rng, trial.sorts)
    falls: list[Fall] = []
    tried = 0
    with TemporaryDirectory() as folder, copies_of(organisation, Path(folder), trial.copies) as store:
        shop = Workshop(organisation, store, trial)
        shop.derive()
        names, copies = [each.id for each in catalogue().entries], range(trial.copies)
        before = shop.results(dict.fromkeys(names, copies))
        for _ in range(trial.rounds):
            chosen = {copy: choice.improvements(shop.rows, copy) for copy in copies[1:]}
            shop.merge(chosen)
            after = shop.results(_touched(chosen))
            falls += _unread(before[0], after[0])
            for copy, several in chosen.items():
                for each in several:
                    own = {name: after[copy][name] for name in each.touched}
                    falls += _falls(
                        f"{each.kind}: {each.what} ({trial.case})", before[copy], before[copy] | own
                    )
                before[copy] |= after[copy]
                tried += len(several)
            before[0] |= after[0]
    return Tries(tried, tuple(falls))


def smaller(organisation: Organisation) -> Organisation:
    """Take away most records of the kinds that are many in every organisation."""
    rng = np.random.default_rng(1)
    tables = {}
    for kind, left in FEW.items():
        table = table_of(organisation, kind)
        tables[f"{kind}s"] = kept(table, rng.random(len(table)) * len(table) < left)
    return replace(organisation, **tables)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Choice:
    """Chooses what becomes better in a copy."""

    records: Mapping[str, Mapping[str, Record]]
    samples: Samples
    open: Mapping[tuple[str, str], Sequence[str]]
    """Ids of the records that could become better, by kind and improvement."""
    sorts: Sequence[tuple[str, str, Better]]

    @classmethod
    def of(cls, organisation: Organisation, rng: np.random.Generator, sorts: Sequence[str]) -> Choice:
        """Find out which records could become better."""
        records = {kind: {each.id: each for each in records_of(organisation, kind)} for kind in KINDS}
        samples = Samples.of(records, rng)
        clocked = set(samples.values.get("service_level.record_id", ()))
        wanted = [each for each in IMPROVEMENTS if not sorts or each[1] in sorts]
        could = {
            (kind, what): [
                row.id
                for row in records[kind].values()
                if (changed := better(row.values, samples))
                and not (TIMED & changed.keys() and row.id in clocked)
            ]
            for kind, what, better in wanted
        }
        return cls(records, samples, could, [each for each in wanted if could[each[:2]]])

    def improvements(self, rows: Mapping[tuple[int, str, str], Record], copy: int) -> list[Improved]:
        """Return improvements of a copy of which no indicator reads two."""
        found: list[Improved] = []
        read: set[str] = set()
        for place in self.samples.rng.permutation(len(self.sorts)).tolist():
            kind, what, better = self.sorts[place]
            ids = self.open[kind, what]
            name = ids[int(self.samples.rng.integers(len(ids)))]
            row = rows.get((copy, kind, name), self.records[kind][name])
            changed = better(row.values, self.samples)
            touched = reading(kind, frozenset(changed or ()))
            again = any((each.kind, each.record.id) == (kind, name) for each in found)
            if changed and touched and not touched & read and not again:
                read |= touched
                found.append(Improved(what, kind, _newer(row, changed), touched))
        return found


def _newer(row: Record, changed: Mapping[str, Any]) -> Record:
    assert row.updated_at is not None
    later = row.updated_at + timedelta(seconds=1)
    return replace(row, values={**row.values, **changed}, updated_at=later, revision=row.revision + 1)


@cache
def reading(kind: str, changed: frozenset[str]) -> frozenset[str]:
    """Return the indicators that read one of the changed columns."""
    return frozenset(
        each.id
        for each in catalogue().entries
        if any(f"{kind}.{column}" in needs_of(each.id).columns for column in changed)
    )


def _touched(chosen: Mapping[int, Sequence[Improved]]) -> dict[str, list[int]]:
    """Return where indicators have to be measured again, the first copy always."""
    found: dict[str, list[int]] = defaultdict(lambda: [0])
    for copy, several in chosen.items():
        for each in several:
            for name in sorted(each.touched):
                found[name].append(copy)
    return found


def _unread(before: Results, after: Results) -> Iterator[Fall]:
    """Yield indicators that move in the copy in which nothing became better."""
    for name, one in after.items():
        points = 100 * ((one.achievement or 0.0) - (before[name].achievement or 0.0))
        if abs(points) > NOTHING:
            yield Fall(
                "nothing in this copy", name, points, is_adjusted(name) and abs(points) <= 100 * ALLOWED
            )


NOTHING: Final = 1e-7
"""Points that are no difference."""


def is_adjusted(name: str) -> bool:
    """Say whether an indicator may fall by a point: methods D, C and T, and adjusted ones."""
    return catalogue().indicator(name).measure.family in ADJUSTED


def _falls(what: str, before: Results, after: Results) -> Iterator[Fall]:
    """Yield indicators that fall, and practices that fall though none of their indicators may."""
    mixed = set()
    for name, one in before.items():
        points = 100 * ((after[name].achievement or 0.0) - (one.achievement or 0.0))
        if one.achievement is not None and points < -NOTHING:
            mixed.add(one.practice)
            yield Fall(what, name, points, is_adjusted(name) and points >= -100 * ALLOWED)
    for practice in {each.practice for each in before.values()} - mixed:
        lower, upper = _attributes(before, practice), _attributes(after, practice)
        fallen = any((upper[name] or 0.0) < (lower[name] or 0.0) for name in lower)
        if fallen or level(upper) < level(lower) or index(upper) < index(lower):
            yield Fall(what, practice, 0.0, False)


def _attributes(results: Results, practice: str) -> dict[str, float | None]:
    return standing_of([each for each in results.values() if each.practice == practice]).proven
