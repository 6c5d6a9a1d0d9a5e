"""What it takes to raise an indicator, as data (section 6.9)."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]


class Feasibility(BaseModel):
    """How likely a raise is to come about; cost is divided by it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proven_inside: Positive
    unproven: Positive


class Effort(BaseModel):
    """Effort classes and feasibility, and what they rest on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str
    expert_default: bool
    attributes: dict[str, Positive]
    indicators: dict[str, Positive]
    feasibility: Feasibility
    points_a_quarter: Positive

    def of(self, indicator: str, attribute: str) -> float:
        """Return the effort class of an indicator: its own, else its attribute's."""
        return self.indicators.get(indicator, self.attributes[attribute])

    def cost(self, gap: float, effort: float, *, proven_inside: bool) -> float:
        """Return gap (points of achievement) × effort / feasibility."""
        feasibility = self.feasibility.proven_inside if proven_inside else self.feasibility.unproven
        return gap * effort / feasibility

    def quarters(self, gap: float) -> int:
        """Return how many quarters a gap in points takes, at least one."""
        return max(1, math.ceil(round(gap / self.points_a_quarter, 9)))


@lru_cache(maxsize=1)
def shipped_effort() -> Effort:
    """Return the classes that come with the product."""
    from ruamel.yaml import YAML

    text = resources.files("evaluators.roadmap").joinpath("effort.yaml").read_text(encoding="utf-8")
    return Effort.model_validate(YAML(typ="safe").load(text))
