"""Organisations of a known level in all nine practices, assessed from records to level (section 8.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from evaluators import ladder
from evaluators.achievement import achievements
from evaluators.catalogue import shipped
from evaluators.derive import derive
from evaluators.examination import Examination
from evaluators.policy import Policy
from evaluators.practice import assess_practice
from evaluators.publication import Previous
from evaluators.results import PracticeResult
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS
from evaluators.support import SupportMap
from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.anchors import PRACTICES
from storage.evidence.store import EvidenceStore
from storage.records import KINDS
from tests.validity.evidence import evidence_of
from tests.validity.kept import in_parallel
from tests.validity.planted import POLICY, UNTIL

TAKEN_AT: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC)
MEDIUM: Final = 50_000
"""Incidents in 24 months, all other kinds in proportion: the medium volume of section 8.1.

Of all indicators that count records but one the sample is ten times the minimum and more.
"""
SMALL: Final = 15_000
"""Three times the minimum and more."""
FEW: Final = 6_000
"""Enough to rate every indicator."""
LEVELS: Final = (1, 2, 3, 4, 5)
Levels = Mapping[str, PracticeResult]


@dataclass(frozen=True)
class Case:
    """An organisation to generate: of one level in all practices, or of random quality where it is None."""

    level: int | None
    seed: int
    incidents: int = MEDIUM
    take: int = 0
    """Other records of the same quality."""


@dataclass(frozen=True)
class Outcome:
    """What was planted in one practice and what was found; draws are those of the weekly block bootstrap."""

    case: Case
    truth: int
    planted: Mapping[str, float]
    """Values by indicator."""
    result: PracticeResult
    """Without the draws of its indicators."""
    levels: tuple[int, ...]
    indexes: tuple[float, ...]

    @property
    def found(self) -> int:
        """Level that was found; 0 where the practice could not be assessed."""
        return self.result.level or 0

    def __str__(self) -> str:
        """Return a line of a log."""
        return (
            f"{self.case} {self.result.practice}: planted {self.truth}, found {self.found} "
            f"(index {self.result.index:.2f}). {'' if self.found == self.truth else self.result.reason}"
        )


def organisation_of(case: Case) -> Organisation:
    """Generate what a case asks for."""
    quality = (
        Quality.random_everywhere(case.seed)
        if case.level is None
        else Quality.everywhere(case.level, case.seed)
    )
    # the same seed at two levels would draw the same luck twice: one that is bad would count five times
    seed = case.seed + 100 * (case.level or 0) + 1000 * case.take
    return generate(quality, seed=seed, until=UNTIL, incidents=case.incidents)


def policy_of(organisation: Organisation) -> Policy:
    """Return the rules an organisation is assessed by."""
    users: Any = organisation.truth.get("active_users")
    return replace(POLICY, active_users=users)


def truth_of(organisation: Organisation, practice: str) -> tuple[int, dict[str, float]]:
    """Return level and values that were planted in a practice."""
    truth: Any = organisation.truth
    own = truth if practice == "incident" else truth["practices"][practice]
    return int(own["level"]), {name: float(each["value"]) for name, each in own["indicators"].items()}


def levels_in(
    store: EvidenceStore,
    organisation: Organisation,
    practices: Sequence[str] = tuple(PRACTICES),
    previous: Callable[[str, str | None], Previous | None] = lambda _practice, _department: None,
) -> Levels:
    """Assess practices of the organisation as a whole, as `assess` does, without its departments."""
    catalogue = shipped()
    derive(store, policy_of(organisation))
    examination = examination_of(store, organisation)
    return {
        name: assess_practice(
            examination, catalogue.practice(name), {None: 0}, previous, lambda _done, _indicator: None
        )[0]
        for name in practices
    }


def examination_of(store: EvidenceStore, organisation: Organisation) -> Examination:
    """Return what all indicators share when an organisation is looked at, its columns being derived."""
    policy = policy_of(organisation)
    return Examination(
        store=store,
        catalogue=shipped(),
        policy=policy,
        as_of=UNTIL,
        reconstructed=False,
        supports=SupportMap(store.supports(), policy, TAKEN_AT),
        evidence=store.version().content,
        exemptions={},
        past=lambda name, _department: organisation.snapshots.get(name, ()),
    )


def assessed(
    organisation: Organisation,
    practices: Sequence[str] = tuple(PRACTICES),
    kinds: Iterable[str] = tuple(KINDS),
    previous: Callable[[str, str | None], Previous | None] = lambda _practice, _department: None,
) -> Levels:
    """Put records of these kinds into a store of their own and assess them."""
    with TemporaryDirectory() as folder, evidence_of(organisation, Path(folder), kinds) as store:
        return levels_in(store, organisation, practices, previous)


def outcomes_of(case: Case) -> list[Outcome]:
    """Generate, assess and compare one organisation."""
    organisation = organisation_of(case)
    return [
        _outcome(case, *truth_of(organisation, name), result)
        for name, result in assessed(organisation).items()
    ]


@cache
def crowd(cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
    """Return the outcomes of many organisations, once for all figures that look at them."""
    return tuple(outcome for found in in_parallel(outcomes_of, cases) for outcome in found)


def mid_band(incidents: int, seeds: Iterable[int]) -> tuple[Case, ...]:
    """Return an organisation of every level with every seed."""
    return tuple(Case(level, seed, incidents) for seed in seeds for level in LEVELS)


def random_family(incidents: int, seeds: Iterable[int]) -> tuple[Case, ...]:
    """Return organisations of random quality."""
    return tuple(Case(None, seed, incidents) for seed in seeds)


def previous_of(result: PracticeResult, confirmed: int) -> Previous | None:
    """Return what the next assessment has to know of one that confirmed this level."""
    return Previous(result.level, confirmed, result.probability_at_least) if result.level else None


def agreement(pairs: Sequence[tuple[int, int]]) -> float:
    """Return the quadratic weighted kappa of pairs of levels; 1 where there is nothing to disagree about."""
    one, other = np.array(pairs, dtype=np.float64).T
    chance = float(((one[:, None] - other[None, :]) ** 2).mean())
    return 1.0 - float(((one - other) ** 2).mean()) / chance if chance else 1.0


def _outcome(case: Case, truth: int, planted: Mapping[str, float], result: PracticeResult) -> Outcome:
    attributes = _attribute_draws(result)
    levels = ladder.draw_levels(attributes, CONFIDENCE_DRAWS)
    rows = [
        ladder.index(
            {name: None if np.isnan(x := values[row]) else float(x) for name, values in attributes.items()}
        )
        for row in range(CONFIDENCE_DRAWS)
    ]
    return Outcome(case, truth, planted, lightened(result), tuple(levels.tolist()), tuple(rows))


def _attribute_draws(result: PracticeResult) -> dict[str, FloatArray]:
    catalogue = shipped()
    drawn: dict[str, list[tuple[float, bool, FloatArray]]] = {name: [] for name in ladder.ATTRIBUTES}
    for each in result.indicators:
        if each.achievement is not None:
            anchors = catalogue.indicator(each.id).anchors
            values = achievements(np.array(each.measurement.draws), anchors.zero, anchors.full, anchors.scale)
            capped = np.minimum(values, round(each.measurement.cap, 9))
            drawn[each.attribute].append((each.weight, each.core, capped))
    return {name: ladder.attribute_draws(each, CONFIDENCE_DRAWS) for name, each in drawn.items()}


def lightened(result: PracticeResult) -> PracticeResult:
    """Drop what nobody looks at any more, so that many fit into memory."""
    return replace(
        result,
        indicators=tuple(
            replace(
                each,
                query="",
                measurement=replace(each.measurement, draws=(), series=(), groups=(), sample=()),
            )
            for each in result.indicators
        ),
    )
