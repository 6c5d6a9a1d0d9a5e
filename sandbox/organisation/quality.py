"""How well an organisation works: the achievement asked for, by practice and attribute or by indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from sandbox.organisation.anchors import ANCHORS, ATTRIBUTES, EVERY, PRACTICES, Anchor
from sandbox.organisation.numbers import stream
from storage.errors import UsageError

BELOW, AT, ABOVE, FAR_ABOVE, SPREAD = 0.97, 0.78, 0.28, 0.08, 0.06
INCIDENT = "incident"


@dataclass(frozen=True)
class Quality:
    """Achievement (0-1) asked for.

    `attributes` maps all of 2.1 … 5.2 of incident management, `practices` those of any other practice that
    shall be planted; `indicators` overrides single indicators of any of them.
    """

    attributes: Mapping[str, float]
    indicators: Mapping[str, float] = field(default_factory=dict)
    practices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse unknown names, missing attributes and values outside 0-1."""
        asked = {INCIDENT: self.attributes, **self.practices}
        known = {name for practice in asked for name in PRACTICES.get(practice, ())}
        wrong = sorted(set(self.indicators) - known) + sorted(set(asked) - set(PRACTICES))
        wrong += sorted({name for each in asked.values() for name in set(each) ^ set(ATTRIBUTES)})
        values = chain(self.indicators.values(), *(each.values() for each in asked.values()))
        if wrong or not all(0.0 <= value <= 1.0 for value in values):
            raise UsageError(
                f"This is not a quality: {', '.join(wrong) or 'a value is outside 0-1'}.",
                hint=f"Give a number from 0 to 1 for each of {', '.join(ATTRIBUTES)}.",
            )

    def achievement(self, indicator: str) -> float:
        """Return the achievement asked of an indicator: its own, else its attribute's."""
        if indicator in self.indicators:
            return self.indicators[indicator]
        anchor = EVERY[indicator]
        attributes = self.attributes if anchor.practice == INCIDENT else self.practices[anchor.practice]
        return attributes[anchor.attribute]

    @classmethod
    def of_level(cls, level: int, seed: int) -> Quality:
        """Quality in the middle of `level`, each indicator ± 0.06 (section 8.1, mid-band).

        That of incident management alone: all other practices work as is assumed of them.
        """
        attributes = _middle(level)
        return cls(attributes, _scatter(attributes, seed))

    @classmethod
    def of_levels(cls, levels: Mapping[str, int], seed: int) -> Quality:
        """Quality in the middle of a level by practice; incident management is at 3 where it is not named.

        Practices that are not named work as is assumed of them.
        """
        asked = {practice: _middle(level) for practice, level in ({INCIDENT: 3} | dict(levels)).items()}
        return cls._of_practices(asked, seed)

    @classmethod
    def everywhere(cls, level: int, seed: int) -> Quality:
        """Quality in the middle of `level` in all nine practices."""
        return cls.of_levels(dict.fromkeys(PRACTICES, level), seed)

    @classmethod
    def random(cls, seed: int) -> Quality:
        """Quality whose attributes decrease, drawn from Beta(1.2, 0.7) (section 8.1, random family).

        That of incident management alone.
        """
        attributes = _decreasing(seed, "attributes")
        return cls(attributes, _scatter(attributes, seed))

    @classmethod
    def random_everywhere(cls, seed: int) -> Quality:
        """Quality drawn like this for each of the nine practices."""
        purposes = {practice: f"attributes of {practice}" for practice in PRACTICES}
        purposes[INCIDENT] = "attributes"
        return cls._of_practices(
            {practice: _decreasing(seed, purpose) for practice, purpose in purposes.items()}, seed
        )

    @classmethod
    def _of_practices(cls, asked: Mapping[str, Mapping[str, float]], seed: int) -> Quality:
        if unknown := sorted(set(asked) - set(PRACTICES)):
            raise UsageError(
                f"There is no practice {', '.join(unknown)}.", hint=f"Choose from {', '.join(PRACTICES)}."
            )
        others = {practice: attributes for practice, attributes in asked.items() if practice != INCIDENT}
        indicators = _scatter(asked[INCIDENT], seed)
        for practice, attributes in others.items():
            indicators |= _scatter(attributes, seed, f"quality of {practice}", PRACTICES[practice])
        return cls(asked[INCIDENT], indicators, others)


def _middle(level: int) -> dict[str, float]:
    if level not in range(1, 6):
        raise UsageError(f"There is no level {level}.", hint="Ask for a level from 1 to 5.")
    return {name: _band(int(name[0]) - level) for name in ATTRIBUTES}


def _decreasing(seed: int, purpose: str) -> dict[str, float]:
    drawn = sorted(stream(seed, purpose).beta(1.2, 0.7, len(ATTRIBUTES)).tolist(), reverse=True)
    return dict(zip(ATTRIBUTES, drawn, strict=True))


def _band(distance: int) -> float:
    if distance < 0:
        return BELOW
    return {0: AT, 1: ABOVE}.get(distance, FAR_ABOVE)


def _scatter(
    attributes: Mapping[str, float],
    seed: int,
    purpose: str = "quality",
    anchors: Mapping[str, Anchor] = ANCHORS,
) -> dict[str, float]:
    shifts = stream(seed, purpose).uniform(-SPREAD, SPREAD, len(anchors)).tolist()
    return {
        anchor.indicator: min(1.0, max(0.0, attributes[anchor.attribute] + shift))
        for anchor, shift in zip(anchors.values(), shifts, strict=True)
    }
