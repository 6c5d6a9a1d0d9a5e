"""Runs all detectors and puts what they find beside the indicators it touches (section 5.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from evaluators.catalogue import Catalogue
from evaluators.gaming.bursts import closure_bursts
from evaluators.gaming.changes import back_dated
from evaluators.gaming.clocks import edited, paused
from evaluators.gaming.groups import split_groups
from evaluators.gaming.links import bulk_links, forced_links
from evaluators.gaming.scenarios import SCENARIOS, Limits, Scenario
from evaluators.gaming.scene import Scene
from evaluators.gaming.surveys import dropped_surveys
from evaluators.gaming.suspicion import SAMPLED, Finding, Suspicion
from evaluators.gaming.tickets import cancelled_late, downgraded, same_text, unspecific
from evaluators.gaming.without import beside
from evaluators.policy import Policy
from evaluators.support import SupportMap
from storage.evidence.store import EvidenceStore

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


def monitor(
    store: EvidenceStore,
    catalogue: Catalogue,
    policy: Policy,
    as_of: date,
    sources: frozenset[str] | None = None,
    limits: Mapping[str, Limits] = MappingProxyType({}),
) -> tuple[Suspicion, ...]:
    """Return what a human should look at; nothing of it changes a value or a level.

    The derive step has to be done for this evidence and policy. `sources` are those whose records count,
    None all; `limits` replaces single limits by scenario and name. A scenario that no source has the
    columns for is not looked for.
    """
    supports = [each for each in store.supports() if sources is None or each.source in sources]
    scene = Scene(store, catalogue, policy, as_of, SupportMap(supports, policy))
    found = []
    for scenario in SCENARIOS:
        in_force = scenario.in_force(limits.get(scenario.id, {}))
        finding = DETECTORS[scenario.id](scene, in_force)
        if finding is not None:
            found.append(_suspicion(scene, scenario, finding, in_force))
    return tuple(found)


def _suspicion(scene: Scene, scenario: Scenario, finding: Finding, limits: Limits) -> Suspicion:
    known = {entry.id for entry in scene.catalogue.entries}
    return Suspicion(
        scenario=scenario.id,
        title=scenario.title,
        sentence=finding.sentence,
        indicators=tuple(name for name in scenario.indicators if name in known),
        figures=tuple((name, round(float(value), 6)) for name, value in finding.figures.items()),
        limits=tuple(limits.items()),
        suspects=len(finding.suspects) or finding.count,
        record_kind=finding.record_kind,
        sample=finding.suspects[:SAMPLED],
        beside=beside(scene, finding, scenario.beside),
    )
