"""Change detection: a planted loss is told of within two assessments, stable work is not (section 8.2).

Loss and stability are planted in records: quarters that share no record are generated from one quality, and
two more from the same quality whose core indicators achieve 15 points less. A loss is tried in one indicator
at a time: of the lossy quarters a trial takes that indicator alone and all others of stable ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from evaluators.alerts import Finding, Rule, findings
from evaluators.catalogue import Indicator, shipped
from evaluators.publication import confirm
from evaluators.results import Assessment, AttributeResult, OverallResult, PracticeResult
from evaluators.standing import standing_of
from sandbox.organisation import Quality, generate
from tests.validity.acceptance_levels import QUARTERS, STABLE_LEVELS, STABLE_SEEDS
from tests.validity.acceptance_world import (
    MEDIUM,
    TAKEN_AT,
    Case,
    Levels,
    Outcome,
    assessed,
    crowd,
    lightened,
    previous_of,
)
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.kept import in_parallel
from tests.validity.planted import UNTIL

LOSS: Final = 0.15
"""Achievement that a core indicator loses: with its weight of two thirds the ten points of an attribute that
the rule asks for."""
HIGHEST: Final = 5
"""Level of the organisations that lose: everything has something to lose there."""
LOSSY: Final = 2
BEFORE: Final = 3
"""Stable quarters before a loss."""
QUARTER: Final = timedelta(days=91)
NOT_TRIED: Final = "5.2"
"""Trends: their score is how sure an improvement is, and has no 15 points to lose in a quarter."""
ENTRIES: Final[Mapping[str, Indicator]] = {entry.id: entry for entry in shipped().entries}
CORE: Final = tuple(each for each in ENTRIES.values() if each.core and each.attribute != NOT_TRIED)
STABLE: Final = tuple(
    Case(level, seed, MEDIUM, take)
    for level in (*STABLE_LEVELS, HIGHEST)
    for seed in STABLE_SEEDS
    for take in range(QUARTERS + 1)
)


@dataclass(frozen=True)
class Lossy:
    """A quarter of an organisation of the highest level whose core indicators have lost."""

    seed: int
    take: int
    incidents: int = MEDIUM


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Look at quarters in which nothing changed, and at such as have lost."""
    years = years_of(crowd(STABLE))
    asked = [Lossy(seed, QUARTERS + 1 + number) for seed in STABLE_SEEDS for number in range(LOSSY)]
    lost = dict(zip(asked, in_parallel(lossy_quarter, asked), strict=True))
    told: dict[str, list[bool]] = {each.id: [] for each in CORE}
    for seed in STABLE_SEEDS:
        lossy = [levels for each, levels in lost.items() if each.seed == seed]
        for entry in CORE:
            told[entry.id].append(detected(years[HIGHEST, seed], lossy, entry))
    false = [finding for year in years.values() for finding in false_alerts(year)]
    tried = sum(len(practices) for year in years.values() for practices in year[1:])
    yield from detection(told, false, tried, said)


def years_of(outcomes: Sequence[Outcome]) -> dict[tuple[int, int], list[Levels]]:
    """Return the quarters of each organisation, by level and seed."""
    years: dict[tuple[int, int], dict[int, dict[str, PracticeResult]]] = {}
    for each in outcomes:
        quarters = years.setdefault((each.case.level or 0, each.case.seed), {})
        quarters.setdefault(each.case.take, {})[each.result.practice] = each.result
    return {key: [quarters[take] for take in sorted(quarters)] for key, quarters in years.items()}


def lossy_quarter(asked: Lossy) -> Levels:
    """Generate and assess a quarter whose core indicators achieve less."""
    quality = Quality.everywhere(HIGHEST, asked.seed)
    lost = {each.id: max(0.0, quality.indicators[each.id] - LOSS) for each in CORE}
    quality = replace(quality, indicators={**quality.indicators, **lost})
    seed = asked.seed + 100 * HIGHEST + 1000 * asked.take
    found = assessed(generate(quality, seed=seed, until=UNTIL, incidents=asked.incidents))
    return {name: lightened(each) for name, each in found.items()}


def detection(
    told: Mapping[str, Sequence[bool]],
    false: Sequence[Finding],
    assessments: int,
    said: Callable[[object], None],
) -> Iterator[Figure]:
    """Yield the share of losses that were told of, and false alerts by stable practice-assessment."""
    for name, each in told.items():
        if not all(each):
            said(f"{name}: {each.count(False)} of {len(each)} losses were not told of")
    for finding in false:
        said(f"false: {finding.rule} {finding.practice} {finding.subject}: {finding.sentence}")
    tried = sum(len(each) for each in told.values())
    share = 100 * sum(map(sum, told.values())) / tried
    yield at_least(
        f"Change, {tried} losses of 15 points in a core indicator: told of within two assessments",
        share,
        90,
        "%",
        cases=tried,
        reading=SMALLEST,
    )
    yield at_most(
        f"Change, {assessments} assessments of stable practices: false alerts",
        len(false) / assessments,
        1 / 20,
        "an assessment",
        cases=assessments,
    )


SMALLEST: Final = (
    "points of achievement; by section 6.10 an attribute has to fall by ten, which is what the loss makes of "
    "it, or the indicator by three sigma: where a sample leaves the indicator more than five points of "
    "sigma, chance hides the loss"
)


def detected(stable: Sequence[Levels], lossy: Sequence[Levels], entry: Indicator) -> bool:
    """Say whether a loss in one indicator alone is told of in one of the quarters that have it."""
    history = [assessment(each, number) for number, each in enumerate(stable[:BEFORE])]
    for number, lost in enumerate(lossy):
        base = stable[BEFORE + number] if BEFORE + number < len(stable) else stable[-1]
        now = assessment(with_loss(base, lost, entry), BEFORE + number)
        if any(_is_of(each, entry) for each in findings(history, now, ENTRIES)):
            return True
        history.append(now)
    return False


def false_alerts(stable: Sequence[Levels]) -> list[Finding]:
    """Return what is told of quarters in which nothing changed; levels are confirmed as in a product."""
    found: list[Finding] = []
    history: list[Assessment] = []
    before: dict[str, PracticeResult] = {}
    for number, levels in enumerate(stable):
        before = {name: _published(before.get(name), each) for name, each in levels.items()}
        now = assessment(before, number)
        found += findings(history, now, ENTRIES)
        history.append(now)
    return found


def _published(before: PracticeResult | None, now: PracticeResult) -> PracticeResult:
    """Return a practice with the level that is confirmed after the quarter before."""
    if before is None or before.confirmed is None or now.level is None:
        return now
    previous = previous_of(before, before.confirmed)
    return replace(now, confirmed=confirm(previous, now.level, now.probability_at_least))


def with_loss(stable: Levels, lossy: Levels, entry: Indicator) -> Levels:
    """Return stable practices in which one indicator is that of a lossy quarter."""
    own = stable[entry.practice]
    [lost] = [each for each in lossy[entry.practice].indicators if each.id == entry.id]
    results = tuple(lost if each.id == entry.id else each for each in own.indicators)
    proven = standing_of(results).proven
    attributes = tuple(AttributeResult(name, value, "") for name, value in proven.items())
    return {**stable, entry.practice: replace(own, indicators=results, attributes=attributes)}


def assessment(levels: Mapping[str, PracticeResult], number: int) -> Assessment:
    """Return an assessment of a quarter."""
    return Assessment(
        id=f"quarter {number}",
        taken_at=TAKEN_AT + number * QUARTER,
        as_of=UNTIL + number * QUARTER,
        kind="live",
        catalogue="",
        policy="",
        evidence_store="",
        evidence_number=0,
        evidence_content="",
        overall=OverallResult(None, None, None, None, None),
        practices=tuple(levels.values()),
        sources=(),
    )


def _is_of(finding: Finding, entry: Indicator) -> bool:
    rules = {Rule.OUT_OF_CONTROL: entry.id, Rule.ATTRIBUTE_FELL: entry.attribute}
    return finding.practice == entry.practice and rules.get(finding.rule) == finding.subject
