"""All indicators and their anchors, the sandbox's own copy (section 7 of the model, in anchors.toml)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Anchor:
    """Where an indicator scores 0 % and 100 %; `zero` and `full` are in its unit."""

    indicator: str
    attribute: str
    core: bool
    zero: float
    full: float
    practice: str = "incident"
    logarithmic: bool = False

    def value(self, achievement: float) -> float:
        """Return the raw value that scores `achievement` (0-1)."""
        if self.logarithmic:
            return float(self.zero * (self.full / self.zero) ** achievement)
        return self.zero + achievement * (self.full - self.zero)

    def achievement(self, value: float) -> float:
        """Return the achievement (0-1) of a raw value (section 5.2)."""
        if self.logarithmic:
            way = math.log(max(value, 1e-9) / self.zero) / math.log(self.full / self.zero)
        else:
            way = (value - self.zero) / (self.full - self.zero)
        return round(min(1.0, max(0.0, way)), 9)


def _read() -> dict[str, dict[str, Anchor]]:
    text = resources.files("sandbox.organisation").joinpath("anchors.toml").read_text("utf-8")
    return {
        practice: {name: _anchor(practice, name, *cells) for name, cells in indicators.items()}
        for practice, indicators in tomllib.loads(text).items()
    }


def _anchor(
    practice: str, name: str, attribute: str, core: str, zero: float, full: float, scale: str = ""
) -> Anchor:
    return Anchor(name, attribute, core == "core", zero, full, practice, scale == "log")


PRACTICES: Mapping[str, Mapping[str, Anchor]] = _read()
"""Anchors by practice and indicator, in the order of the model."""
ANCHORS: Mapping[str, Anchor] = PRACTICES["incident"]
"""The sixteen indicators of incident management."""
EVERY: Mapping[str, Anchor] = {
    name: anchor for indicators in PRACTICES.values() for name, anchor in indicators.items()
}
"""All 128 by indicator."""
ATTRIBUTES: tuple[str, ...] = tuple(sorted({anchor.attribute for anchor in ANCHORS.values()}))


def attribute_achievements(indicators: Mapping[str, float]) -> dict[str, float]:
    """Achievement by attribute of the indicators of one practice, every one of them rated (section 6.1)."""
    present = {EVERY[name].attribute for name in indicators}
    return {name: _combine(name, indicators) for name in ATTRIBUTES if name in present}


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
    members = [EVERY[name] for name in indicators if EVERY[name].attribute == attribute]
    weights = [2.0 if anchor.core else 1.0 for anchor in members]
    values = [indicators[anchor.indicator] for anchor in members]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
    weakest = min(values)
    cap = 0.5 if weakest <= 0.15 else 0.85 if weakest <= 0.5 else 1.0
    return round(min(mean, cap), 9)
