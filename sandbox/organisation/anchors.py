"""The sixteen incident indicators and their anchors, the sandbox's own copy (section 7 of the model)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """Where an indicator scores 0 % and 100 %; `zero` and `full` are in its unit."""

    indicator: str
    attribute: str
    core: bool
    zero: float
    full: float

    def value(self, achievement: float) -> float:
        """Return the raw value that scores `achievement` (0-1)."""
        return self.zero + achievement * (self.full - self.zero)

    def achievement(self, value: float) -> float:
        """Return the achievement (0-1) of a raw value (section 5.2)."""
        return round(min(1.0, max(0.0, (value - self.zero) / (self.full - self.zero))), 9)


ANCHORS: Mapping[str, Anchor] = {
    anchor.indicator: anchor
    for anchor in (
        Anchor("inc-response-within-target", "2.1", True, 50, 95),
        Anchor("inc-resolved-within-30-days", "2.1", False, 70, 97),
        Anchor("inc-record-completeness", "2.2", True, 60, 95),
        Anchor("inc-single-person-dependence", "2.2", False, 40, 10),
        Anchor("inc-sla-coverage", "3.1", True, 50, 98),
        Anchor("inc-priority-model-conformance", "3.1", False, 70, 98),
        Anchor("inc-team-record-consistency", "3.2", True, 50, 95),
        Anchor("inc-team-resolution-consistency", "3.2", False, 50, 95),
        Anchor("inc-sla-attainment", "4.1", True, 70, 95),
        Anchor("inc-resolution-in-control", "4.1", False, 70, 95),
        Anchor("inc-first-assignment-resolution", "4.2", True, 40, 80),
        Anchor("inc-ping-pong-rate", "4.2", False, 20, 3),
        Anchor("inc-automated-resolution", "5.1", True, 0, 15),
        Anchor("inc-major-incident-non-recurrence", "5.1", False, 60, 95),
        Anchor("inc-resolution-time-trend", "5.2", True, 0, 100),
        Anchor("inc-handoff-trend", "5.2", False, 0, 100),
    )
}

ATTRIBUTES: tuple[str, ...] = tuple(sorted({anchor.attribute for anchor in ANCHORS.values()}))


def attribute_achievements(indicators: Mapping[str, float]) -> dict[str, float]:
    """Achievement by attribute of all sixteen indicators (section 6.1, every indicator rated)."""
    return {attribute: _combine(attribute, indicators) for attribute in ATTRIBUTES}


def level_of(attributes: Mapping[str, float]) -> int:
    """Capability level 1-5 of eight attribute achievements (section 6.2)."""
    level = 1
    for candidate in range(2, 6):
        here = [value for name, value in attributes.items() if int(name[0]) == candidate]
        below = [value for name, value in attributes.items() if int(name[0]) < candidate]
        if all(value > 0.5 for value in here) and all(value > 0.85 for value in below):
            level = candidate
    return level


def _combine(attribute: str, indicators: Mapping[str, float]) -> float:
    members = [anchor for anchor in ANCHORS.values() if anchor.attribute == attribute]
    weights = [2.0 if anchor.core else 1.0 for anchor in members]
    values = [indicators[anchor.indicator] for anchor in members]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
    weakest = min(values)
    cap = 0.5 if weakest <= 0.15 else 0.85 if weakest <= 0.5 else 1.0
    return round(min(mean, cap), 9)
