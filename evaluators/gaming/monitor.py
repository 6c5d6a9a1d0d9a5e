"""Runs all detectors and puts what they find beside the indicators it touches (section 5.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evaluators.catalogue import Practice
from evaluators.examination import Examination
from evaluators.gaming.bursts import closure_bursts
from evaluators.gaming.changes import back_dated
from evaluators.gaming.clocks import edited, paused
from evaluators.gaming.downgrades import downgraded
from evaluators.gaming.groups import split_groups
from evaluators.gaming.links import bulk_links, forced_links
from evaluators.gaming.scenarios import SCENARIOS, Limits, Scenario
from evaluators.gaming.scene import Scene
from evaluators.gaming.surveys import dropped_surveys
from evaluators.gaming.suspicion import SAMPLED, Finding, Suspicion
from evaluators.gaming.tickets import cancelled_late, same_text, unspecific
from evaluators.gaming.without import beside
from storage.errors import ItsmMaturityError

Detector = Callable[[Scene, Limits], Finding | None]

DETECTORS: Mapping[str, Detector] = MappingProxyType(
    {
        "closure-burst": closure_bursts,
        "priority-downgrade": downgraded,
        "pause-abuse": paused,
        "category-other": unspecific,
        "same-resolution-text": same_text,
        "edits-after-stop": edited,
        "group-splitting": split_groups,
        "survey-drop": dropped_surveys,
        "bulk-links": bulk_links,
        "forced-links": forced_links,
        "back-dated-changes": back_dated,
        "cancelled-late-requests": cancelled_late,
    }
)


@dataclass(frozen=True)
class Watched:
    """What a human should look at, and what could not be looked for."""

    suspicions: tuple[Suspicion, ...] = ()
    notes: tuple[str, ...] = ()
    """Scenarios that were not run, each with the reason."""


def monitor(examination: Examination, practices: Iterable[Practice]) -> Watched:
    """Look for every scenario that touches these practices; nothing of it changes a value or a level.

    The derive step has to be done for this evidence and policy. A scenario that no source has the columns
    for is not looked for; one whose query fails is noted and fails nothing else.
    """
    scene = Scene(examination)
    touchable = {indicator.id for practice in practices for indicator in practice.indicators}
    found, notes = [], []
    for scenario in SCENARIOS:
        touched = tuple(name for name in scenario.indicators if name in touchable)
        try:
            suspicion = _suspicion(scene, scenario, touched) if touched else None
        except ItsmMaturityError as error:
            notes.append(f"not run: the search for {_lowered(scenario.title)} ({error.message})")
        else:
            found += [suspicion] if suspicion is not None else []
    return Watched(tuple(found), tuple(notes))


def _suspicion(scene: Scene, scenario: Scenario, touched: tuple[str, ...]) -> Suspicion | None:
    limits = scenario.in_force(scene.examination.policy.gaming.get(scenario.id, {}))
    finding = DETECTORS[scenario.id](scene, limits)
    if finding is None:
        return None
    return Suspicion(
        scenario=scenario.id,
        title=scenario.title,
        sentence=finding.sentence,
        indicators=touched,
        figures=tuple((name, round(float(value), 6)) for name, value in finding.figures.items()),
        limits=tuple((name, float(value)) for name, value in limits.items()),
        suspects=len(finding.suspects) or finding.count,
        record_kind=finding.record_kind,
        sample=finding.suspects[:SAMPLED],
        beside=beside(scene, finding, [name for name in scenario.beside if name in touched]),
    )


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]
