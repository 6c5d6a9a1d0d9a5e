"""Plants the quality asked of the practices beside incident management in the records of an organisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.organisation.anchors import PRACTICES, attribute_achievements, level_of
from sandbox.organisation.planting import (
    change,
    configuration,
    knowledge,
    monitoring,
    problem,
    release,
    request,
    service_level,
)
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.quality import Quality
from sandbox.organisation.world import World

Planter = Callable[[World, Draft, Asked], dict[str, float]]
"""Changes the draft, returns the raw values that it planted, by indicator."""
Preparation = Callable[[World, Draft, Asked], None]
"""Changes what all practices build on, before any of them is planted."""

PREPARATIONS: Mapping[str, Preparation] = {
    "configuration": configuration.prepare,
    "service-level": service_level.prepare,
}
"""In order: which item and which service stand on tickets and changes."""
PLANTERS: Mapping[str, Planter] = {
    "problem": problem.plant,
    "change": change.plant,
    "release": release.plant,
    "monitoring": monitoring.plant,
    "request": request.plant,
    "knowledge": knowledge.plant,
    "service-level": service_level.plant,
    "configuration": configuration.plant,
}
"""In order: a later one sees what the earlier ones planted and leaves it alone."""


def plant_practices(world: World, draft: Draft, quality: Quality) -> dict[str, dict[str, object]]:
    """Plant every practice that the quality names; return the truth of each."""
    named = {practice: Asked(practice, quality) for practice in PLANTERS if practice in quality.practices}
    for practice, prepare in PREPARATIONS.items():
        if practice in named:
            prepare(world, draft, named[practice])
    planted = {practice: PLANTERS[practice](world, draft, asked) for practice, asked in named.items()}
    draft.up_to_date(world.period.end)
    return {practice: truth(named[practice], values) for practice, values in planted.items()}


def truth(asked: Asked, values: Mapping[str, float]) -> dict[str, object]:
    """Return level, attributes and indicators of a practice as planted; what is not planted is left out."""
    anchors = PRACTICES[asked.practice]
    achieved = {name: anchor.achievement(values[name]) for name, anchor in anchors.items() if name in values}
    attributes = attribute_achievements(achieved)
    return {
        "level": level_of(attributes),
        "attributes": attributes,
        "indicators": {
            name: {
                "asked": round(asked.achievement(name), 9),
                "achievement": achievement,
                "value": round(values[name], 6),
            }
            for name, achievement in achieved.items()
        },
    }
