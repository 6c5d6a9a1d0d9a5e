"""What is missing: indicators, records, a whole source, a column that nobody fills (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np

from evaluators import ladder
from evaluators.catalogue import shipped
from evaluators.results import IndicatorResult, PracticeResult, State
from evaluators.standing import standing_of
from sandbox.organisation import Organisation
from sandbox.organisation.numbers import Flags
from sandbox.organisation.table import Table
from storage.records import KINDS
from storage.records.schema import Origin
from tests.validity.acceptance_levels import MID_BAND
from tests.validity.acceptance_world import (
    FEW,
    MEDIUM,
    Case,
    Levels,
    Outcome,
    assessed,
    crowd,
    mid_band,
    organisation_of,
)
from tests.validity.evidence import PLURALS, table_of
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.kept import in_parallel

DROPS: Final = 20
"""Random choices of indicators to drop for each practice and share."""
STAYS: Final = {0.1: 95.0, 0.3: 90.0}
"""Share of the records that get lost, and in how many practices the level has to stay, in percent."""
FOLLOWERS: Final = ("transition", "service_level")
"""Records that go with the one they belong to."""
REGISTERS: Final = ("group", "ci_relationship", "configuration_item", "knowledge")
"""What work refers to."""
SOURCES: Final = (
    "alert", "change", "configuration_item", "event", "knowledge", "outage", "problem", "release", "request",
    "service_level", "survey",
)  # fmt: skip
FIELDS: Final = (
    ("incident", "category"),
    ("incident", "caused_by_change_id"),
    ("change", "risk"),
    ("problem", "resolution_code"),
    ("request", "item"),
    ("knowledge", "category"),
    ("configuration_item", "discovery_source"),
    ("release", "planned_at"),
    ("alert", "acknowledged_at"),
)
ABSENT: Final = (State.NOT_SUPPORTED, State.NOT_CONNECTED)


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Drop indicators and records."""
    for share in (0.1, 0.2, 0.3):
        yield from dropped_indicators(crowd(MID_BAND), share)
    yield from dropped_records(LOSSES, said)


def exact(
    case: Case = Case(3, 1, FEW),  # noqa: B008 - immutable
    said: Callable[[object], None] = print,
    sources: Sequence[str] = SOURCES,
    fields: Sequence[tuple[str, str]] = FIELDS,
) -> Iterator[Figure]:
    """Take away whole kinds and columns: what needs them is not rated, all else is as before."""
    organisation = organisation_of(case)
    whole = assessed(organisation)
    wrong = [line for kind in sources for line in lost_source(organisation, whole, kind)]
    for line in wrong:
        said(line)
    yield at_most(
        f"Missing source, {len(sources)} tried: rated without it, or another number changed",
        len(wrong),
        0,
        "indicators",
    )
    wrong = [line for kind, field in fields for line in lost_field(organisation, whole, kind, field)]
    for line in wrong:
        said(line)
    yield at_most(
        f"Blanked and not supported, {len(fields)} columns: taken for the other, or another number changed",
        len(wrong),
        0,
        "indicators",
    )


def dropped_indicators(outcomes: Sequence[Outcome], share: float) -> Iterator[Figure]:
    """Yield whether the truth stays between proven and possible when indicators cannot be rated."""
    within = above = tried = 0
    for number, outcome in enumerate(outcomes):
        rng = np.random.default_rng((number, round(100 * share)))
        for _ in range(DROPS):
            proven, possible = _without(outcome.result, rng, share)
            within += proven <= outcome.truth <= possible
            above += proven > outcome.truth
            tried += 1
    name = f"Missing indicators, {share:.0%} at random"
    yield at_least(f"{name}: truth between proven and possible", 100 * within / tried, 97, "%", cases=tried)
    yield at_most(f"{name}: proven level above the truth", 100 * above / tried, 0.5, "%", cases=tried)


def _without(result: PracticeResult, rng: np.random.Generator, share: float) -> tuple[int, int]:
    own = result.indicators
    gone = set(rng.choice(len(own), round(share * len(own)), replace=False).tolist())
    left = [_unrated(each) if place in gone else each for place, each in enumerate(own)]
    standing = standing_of(left)
    skipped = standing.not_applicable
    assessed_at_all = ladder.is_assessed(standing.proven, not_applicable=skipped)
    proven = ladder.level(standing.proven, not_applicable=skipped) if assessed_at_all else 1
    return proven, ladder.level(standing.possible, not_applicable=skipped)


def _unrated(result: IndicatorResult) -> IndicatorResult:
    lost = replace(result.measurement, state=State.NOT_CONNECTED, value=None)
    return replace(result, measurement=lost, achievement=None)


class Lost(StrEnum):
    """What a share of gets lost."""

    ALL = "all records"
    WORK = "the work alone"


READINGS: Final[Mapping[Lost, str]] = {
    Lost.ALL: (
        "records of every kind alike, items, services and articles among them; a record's history and clocks "
        "go with it. A link to a record that is lost leads nowhere, which no reader can tell from bad work"
    ),
    Lost.WORK: "the other reading, a smaller sample of the same organisation: what work refers to stays",
}


@dataclass(frozen=True)
class Loss:
    """A share of an organisation's records that gets lost."""

    case: Case
    share: float
    of: Lost = Lost.ALL


TRIED: Final = {Lost.ALL: 12, Lost.WORK: 12}
"""Organisations that records are dropped from: nine practices each."""
LOSSES: Final = tuple(
    Loss(case, share, lost)
    for lost, count in TRIED.items()
    for share in STAYS
    for case in mid_band(MEDIUM, (1, 2, 3))[:count]
)


def dropped_records(losses: Sequence[Loss], said: Callable[[object], None]) -> Iterator[Figure]:
    """Yield how often the level is the same without some of the records."""
    whole = {(each.case, each.result.practice): each.found for each in crowd(MID_BAND)}
    answers = dict(zip(losses, in_parallel(levels_without, losses), strict=True))
    for lost in Lost:
        for share, bar in STAYS.items():
            own = {each: levels for each, levels in answers.items() if (each.of, each.share) == (lost, share)}
            same = list(_unchanged(own, whole, said))
            figure, cases = 100 * sum(same) / len(same), len(same)
            name = f"Missing records, {share:.0%} of {lost} at random: level as with all"
            yield at_least(name, figure, bar, "%", cases=cases, reading=READINGS[lost])


def _unchanged(
    answers: Mapping[Loss, Mapping[str, tuple[int, str]]],
    whole: Mapping[tuple[Case, str], int],
    said: Callable[[object], None],
) -> Iterator[bool]:
    for loss, levels in answers.items():
        for practice, (found, reason) in levels.items():
            before = whole[loss.case, practice]
            if before != found:
                said(f"{loss} {practice}: {before} became {found}. {reason}")
            yield before == found


def levels_without(loss: Loss) -> dict[str, tuple[int, str]]:
    """Assess an organisation that lost records; return level and reason by practice."""
    spared = REGISTERS if loss.of is Lost.WORK else ()
    left = assessed(thinned(organisation_of(loss.case), loss.share, loss.case.seed, spared))
    return {name: (result.level or 0, result.reason) for name, result in left.items()}


def thinned(
    organisation: Organisation, share: float, seed: int, spared: Sequence[str] = REGISTERS
) -> Organisation:
    """Lose a share of the records of every kind that is not spared, and what belongs to them."""
    rng = np.random.default_rng((seed, round(100 * share)))
    tables: dict[str, Table] = {}
    gone: set[str] = set()
    for kind in KINDS:
        if kind in (*FOLLOWERS, *spared):
            continue
        table = table_of(organisation, kind)
        lost = rng.random(len(table)) < share
        gone |= set(table.columns["id"][lost].tolist())
        tables[attribute_of(kind)] = kept(table, ~lost)
    for kind in FOLLOWERS:
        table = table_of(organisation, kind)
        stays = np.array([owner not in gone for owner in table.columns["record_id"].tolist()], dtype=np.bool_)
        tables[attribute_of(kind)] = kept(table, stays)
    return replace(organisation, **tables)  # type: ignore[arg-type]


def attribute_of(kind: str) -> str:
    """Return the name of an organisation's table of a record kind."""
    return PLURALS.get(kind, f"{kind}s")


def kept(table: Table, rows: Flags) -> Table:
    """Return some rows of a table."""
    return Table({name: values[rows] for name, values in table.columns.items()})


# --- Exact --------------------------------------------------------------------------------------------


def lost_source(organisation: Organisation, whole: Levels, kind: str) -> Iterator[str]:
    """Yield what is wrong when a kind is not connected at all."""
    left = assessed(organisation, kinds=tuple(each for each in KINDS if each != kind))
    for before, after in _paired(whole, left):
        read = needs_of(before.id)
        if kind in read.needed and after.achievement is not None:
            yield f"without {kind}: {after.id} is still rated, {numbers(after)}"
        if kind not in read.kinds and numbers(before) != numbers(after):
            yield f"without {kind}: {before.id} was {numbers(before)}, is {numbers(after)}"


def lost_field(organisation: Organisation, whole: Levels, kind: str, field: str) -> Iterator[str]:
    """Yield what is wrong when a column is empty in all rows, and when no source has it."""
    table, name = table_of(organisation, kind), attribute_of(kind)
    others = {each: values for each, values in table.columns.items() if each != field}
    empty = Table({**others, field: _nothing(table, field)})
    blanked = assessed(replace(organisation, **{name: empty}))  # type: ignore[arg-type]
    without = assessed(replace(organisation, **{name: Table(others)}))  # type: ignore[arg-type]
    column, lower = f"{kind}.{field}", 0
    pairs = zip(_paired(whole, without), _paired(whole, blanked), strict=True)
    for (before, unsupported), (_, blank) in pairs:
        read = needs_of(before.id)
        if column not in read.columns:
            yield from _changed(column, before, unsupported, blank)
        elif column in read.needed:
            yield from _taken_for_the_other(column, before, unsupported, blank)
            lower += (blank.achievement or 0.0) < (before.achievement or 0.0)
    if not lower:
        yield f"{column} blanked: no indicator that needs it is lower"


def _changed(
    column: str, before: IndicatorResult, unsupported: IndicatorResult, blank: IndicatorResult
) -> Iterator[str]:
    for what, after in (("not supported", unsupported), ("blanked", blank)):
        if numbers(before) != numbers(after):
            yield f"{column} {what}: {before.id} was {numbers(before)}, is {numbers(after)}"


def _taken_for_the_other(
    column: str, before: IndicatorResult, unsupported: IndicatorResult, blank: IndicatorResult
) -> Iterator[str]:
    if unsupported.measurement.state not in ABSENT:
        yield f"{column} not supported: {before.id} is {numbers(unsupported)}"
    if before.measurement.state not in ABSENT and blank.measurement.state in ABSENT:
        yield f"{column} blanked: {before.id} is taken as not supported"


def _nothing(table: Table, field: str) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    if table.columns[field].dtype.kind == "M":
        return np.full(len(table), np.datetime64("NaT"), dtype="datetime64[s]")
    return np.full(len(table), None, dtype=np.object_)


def _paired(one: Levels, other: Levels) -> Iterator[tuple[IndicatorResult, IndicatorResult]]:
    for name in one:
        yield from zip(one[name].indicators, other[name].indicators, strict=True)


def numbers(result: IndicatorResult) -> tuple[object, ...]:
    """Return what must be equal; resampled limits are not, their seed is the evidence as a whole."""
    found = result.measurement
    value = None if found.value is None else round(found.value, 9)
    return found.state.value, value, found.numerator, found.denominator, found.n, result.achievement


@dataclass(frozen=True)
class Needs:
    """What an indicator reads, as kinds (`problem`) and mapped columns (`incident.category`)."""

    kinds: frozenset[str]
    columns: frozenset[str]
    needed: frozenset[str]
    """Kinds and columns of them without which it cannot be measured."""


@cache
def needs_of(indicator: str) -> Needs:
    """Return what an indicator declares to read, columns that are derived followed to their origin."""
    entry, catalogue = shipped().indicator(indicator), shipped()
    columns: set[str] = set()
    needed: set[str] = set()
    for reading in entry.readings().values():
        for kind in reading.kinds:
            excluded = {name for rule in catalogue.exclusions.get(kind, ()) for name in rule.when.columns}
            named = {*reading.columns, *excluded, *reading.window.columns}
            for need in reading.needs:
                named.update(need.split("|"))
            for name in named:
                columns |= origins(kind, name)
        if len(reading.kinds) == 1:
            [kind] = reading.kinds
            needed.add(kind)
            for need in reading.needed_of(kind):
                needed |= required(kind, need)
    for other in entry.measure.references().values():
        columns |= needs_of(other).columns
    kinds = {name.partition(".")[0] for name in columns | needed}
    return Needs(frozenset(kinds), frozenset(columns), frozenset(needed))


def origins(kind: str, name: str) -> frozenset[str]:
    """Return all mapped columns that a need leads to, every alternative of it."""
    if "|" in name:
        return frozenset[str]().union(*(origins(kind, each) for each in name.split("|")))
    other, colon, _ = name.partition(":")
    if colon:
        return frozenset() if other == "policy" else frozenset({other})
    other, dot, column = name.partition(".")
    if dot:
        return origins(other, column)
    if name not in KINDS[kind].by_name or KINDS[kind].by_name[name].origin is Origin.MAPPED:
        return frozenset({f"{kind}.{name}"})
    found = (origins(kind, need) for need in KINDS[kind].by_name[name].needs)
    return frozenset({kind}).union(*found)


def required(kind: str, need: str) -> frozenset[str]:
    """Return the kinds and mapped columns that a need cannot do without: none where it has alternatives."""
    if "|" in need:
        return frozenset.intersection(*(required(kind, each) for each in need.split("|")))
    other, colon, _ = need.partition(":")
    if colon:
        return frozenset() if other == "policy" else frozenset({other})
    other, dot, column = need.partition(".")
    if dot:
        return required(other, column) | {other}
    if KINDS[kind].by_name[need].origin is Origin.MAPPED:
        return frozenset({kind, f"{kind}.{need}"})
    return frozenset({kind}).union(*(required(kind, each) for each in KINDS[kind].by_name[need].needs))
