"""How well an organisation works: the achievement asked for, by attribute or by indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.organisation.anchors import ANCHORS, ATTRIBUTES
from sandbox.organisation.numbers import stream
from storage.errors import UsageError

BELOW, AT, ABOVE, FAR_ABOVE, SPREAD = 0.97, 0.78, 0.28, 0.08, 0.06


@dataclass(frozen=True)
class Quality:
    """Achievement (0-1) asked for.

    `attributes` maps all of 2.1 … 5.2; `indicators` overrides single indicators.
    """

    attributes: Mapping[str, float]
    indicators: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse unknown names, missing attributes and values outside 0-1."""
        wrong = sorted(set(self.attributes) ^ set(ATTRIBUTES)) + sorted(set(self.indicators) - set(ANCHORS))
        values = [*self.attributes.values(), *self.indicators.values()]
        if wrong or not all(0.0 <= value <= 1.0 for value in values):
            raise UsageError(
                f"This is not a quality: {', '.join(wrong) or 'a value is outside 0-1'}.",
                hint=f"Give a number from 0 to 1 for each of {', '.join(ATTRIBUTES)}.",
            )

    def achievement(self, indicator: str) -> float:
        """Return the achievement asked of an indicator: its own, else its attribute's."""
        return self.indicators.get(indicator, self.attributes[ANCHORS[indicator].attribute])

    @classmethod
    def of_level(cls, level: int, seed: int) -> Quality:
        """Quality in the middle of `level`, each indicator ± 0.06 (section 8.1, mid-band)."""
        if level not in range(1, 6):
            raise UsageError(f"There is no level {level}.", hint="Ask for a level from 1 to 5.")
        attributes = {name: _band(int(name[0]) - level) for name in ATTRIBUTES}
        return cls(attributes, _scatter(attributes, seed))

    @classmethod
    def random(cls, seed: int) -> Quality:
        """Quality whose attributes decrease, drawn from Beta(1.2, 0.7) (section 8.1, random family)."""
        drawn = sorted(stream(seed, "attributes").beta(1.2, 0.7, len(ATTRIBUTES)).tolist(), reverse=True)
        attributes = dict(zip(ATTRIBUTES, drawn, strict=True))
        return cls(attributes, _scatter(attributes, seed))


def _band(distance: int) -> float:
    if distance < 0:
        return BELOW
    return {0: AT, 1: ABOVE}.get(distance, FAR_ABOVE)


def _scatter(attributes: Mapping[str, float], seed: int) -> dict[str, float]:
    shifts = stream(seed, "quality").uniform(-SPREAD, SPREAD, len(ANCHORS)).tolist()
    return {
        anchor.indicator: min(1.0, max(0.0, attributes[anchor.attribute] + shift))
        for anchor, shift in zip(ANCHORS.values(), shifts, strict=True)
    }
