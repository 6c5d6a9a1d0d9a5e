"""How practices add up: process sets, weights of the mean index, component views (section 6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evaluators.practices import STAGED_SETS


class ComponentView(BaseModel):
    """A part of service management that is looked at by itself.

    Of `practices` it is as mature as the least mature one; else it is the mean achievement of the named
    attributes in all practices and of the named indicators.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    practices: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


VIEWS = (
    ComponentView(name="service delivery", practices=("incident", "request", "service-level")),
    ComponentView(name="release", practices=("release",)),
    ComponentView(name="event", practices=("monitoring",)),
    ComponentView(name="configuration management", practices=("configuration",)),
    ComponentView(
        name="multiple service departments",
        attributes=("3.2",),
        indicators=("inc-first-assignment-resolution", "inc-ping-pong-rate"),
    ),
)
"""The component views of the model: how departments work alike and hand work over is the last."""


class Composition(BaseModel):
    """How practices add up to one overall result; kept with every assessment as part of its catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sets: Mapping[str, Annotated[int, Field(ge=2, le=5)]] = Field(default_factory=lambda: dict(STAGED_SETS))
    """From which overall level on a practice is asked for."""
    weights: Mapping[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Weights of the mean index; 1 where not given."""
    views: tuple[ComponentView, ...] = VIEWS

    @field_validator("sets")
    @classmethod
    def _in_one_order(cls, given: Mapping[str, int]) -> Mapping[str, int]:
        """Bring the sets into the order of the model: ties go by it, and a database may forget it."""
        return {name: given[name] for name in STAGED_SETS if name in given}

    def with_own(
        self, sets: Mapping[str, int], weights: Mapping[str, float], views: tuple[ComponentView, ...]
    ) -> Composition:
        """Return it with a customer's settings: each replaces the one of its name, others are added."""
        named = {view.name: view for view in (*self.views, *views)}
        return Composition(
            sets={**self.sets, **sets}, weights={**self.weights, **weights}, views=tuple(named.values())
        )
