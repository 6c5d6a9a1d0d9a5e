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
from evaluators.practice import standing_of
from evaluators.publication import confirm
from evaluators.results import Assessment, AttributeResult, OverallResult, PracticeResult
from sandbox.organisation import Quality, generate
from tests.validity.acceptance_world import MEDIUM, TAKEN_AT, Levels, assessed, previous_of
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.kept import in_parallel
from tests.validity.planted import UNTIL

LOSS: Final = 0.15
"""Achievement that a core indicator loses."""
STABLE: Final = 5
LOSSY: Final = 2
BEFORE: Final = 3
"""Stable quarters before a loss."""
SEEDS: Final = (1,)
QUARTER: Final = timedelta(days=91)
NOT_TRIED: Final = "5.2"
"""Trends: their score is how sure an improvement is, and has no 15 points to lose in a quarter."""
ENTRIES: Final[Mapping[str, Indicator]] = {entry.id: entry for entry in shipped().entries}
CORE: Final = tuple(each for each in ENTRIES.values() if each.core and each.attribute != NOT_TRIED)


@dataclass(frozen=True)
class Quarter:
    """Records of one quarter: of a stable quality, or of one whose core indicators have lost."""

    seed: int
    take: int
    lossy: bool = False
    incidents: int = MEDIUM


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Assess stable and lossy quarters of organisations of level 5: everything has something to lose."""
    asked = [
        *(Quarter(seed, take) for seed in SEEDS for take in range(STABLE)),
        *(Quarter(seed, STABLE + take, lossy=True) for seed in SEEDS for take in range(LOSSY)),
    ]
    found = dict(zip(asked, in_parallel(quarter, asked), strict=True))
    told: dict[str, list[bool]] = {each.id: [] for each in CORE}
    false: list[Finding] = []
    for seed in SEEDS:
        stable = [each for asked, each in found.items() if asked.seed == seed and not asked.lossy]
        lossy = [each for asked, each in found.items() if asked.seed == seed and asked.lossy]
        false += false_alerts(stable)
        for entry in CORE:
            told[entry.id].append(detected(stable, lossy, entry))
    yield from detection(told, false, len(SEEDS) * (STABLE - 1) * len(found[asked[0]]), said)


def quarter(asked: Quarter) -> Levels:
    """Generate and assess one quarter, without what nobody looks at any more."""
    quality = Quality.everywhere(5, asked.seed)
    if asked.lossy:
        lost = {each.id: max(0.0, quality.indicators[each.id] - LOSS) for each in CORE}
        quality = replace(quality, indicators={**quality.indicators, **lost})
    seed = asked.seed + 1000 * asked.take
    return assessed(generate(quality, seed=seed, until=UNTIL, incidents=asked.incidents))


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
    share = 100 * sum(sum(each) for each in told.values()) / tried
    yield at_least(
        f"Change, {tried} losses of 15 points in a core indicator: told of within two assessments",
        share,
        90,
        "%",
    )
    yield at_most(
        f"Change, {assessments} assessments of stable practices: false alerts",
        len(false) / assessments,
        1 / 20,
        "an assessment",
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
