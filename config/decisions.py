"""Settings that decide on levels: how practices add up, what is doubted, what does not apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from config.values import Day, Text, from_level, one_of, weight
from evaluators.gaming import BY_NAME as SCENARIOS
from evaluators.practices import PRACTICES, STAGED_SETS
from evaluators.quality import CHECKS

Practice = Annotated[
    str,
    BeforeValidator(one_of(PRACTICES, "a practice")),
    WithJsonSchema({"type": "string", "enum": list(PRACTICES)}),
]
FromLevel = Annotated[int, BeforeValidator(from_level), WithJsonSchema({"enum": [2, 3, 4, 5]})]
Weight = Annotated[float, BeforeValidator(weight), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MeanView(Section):
    """A component view that is the mean of attributes in all practices and of single indicators."""

    attributes: tuple[Literal["2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2"], ...] = Field(
        default=(), description="Attributes (`3.2`), of every practice."
    )
    indicators: tuple[Text, ...] = Field(default=(), description="Identifiers of indicators.")


class OverallSettings(Section):
    """How practices add up to the overall level; what is not given is as in the model."""

    sets: Mapping[Practice, FromLevel] = Field(
        default_factory=dict,
        description="From which overall level on a practice is asked for (`monitoring: 3`). Default: "
        "incident, request and change from 2; service-level, configuration, problem, knowledge and release "
        "from 3; monitoring from 4.",
    )
    weights: Mapping[Practice, Weight] = Field(
        default_factory=dict, description="Weights of the mean index (`incident: 2`); 1 where not given."
    )
    views: Mapping[Text, tuple[Practice, ...] | MeanView] = Field(
        default_factory=dict,
        description="Component views beside the model's: a list of practices (as mature as the least of "
        "them), or attributes and indicators (their mean). One of the same name replaces the model's.",
    )

    @model_validator(mode="after")
    def _begins_at_two(self) -> Self:
        if 2 not in {**STAGED_SETS, **self.sets}.values():
            raise ValueError(
                "no practice is asked for from level 2, so level 2 would mean nothing; leave one"
            )
        return self

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        for name, view in self.views.items():
            if not (view if isinstance(view, tuple) else view.attributes or view.indicators):
                raise ValueError(f"the view '{name}' is empty; list its practices, attributes or indicators")
        return self


CHECK_NAMES = tuple(check.id for check in CHECKS if check.limit is not None)
ScenarioName = Annotated[
    str,
    BeforeValidator(one_of(tuple(SCENARIOS), "a scenario of the gaming monitor")),
    WithJsonSchema({"type": "string", "enum": list(SCENARIOS)}),
]
CheckName = Annotated[
    str,
    BeforeValidator(one_of(CHECK_NAMES, "a check of the quality gate")),
    WithJsonSchema({"type": "string", "enum": list(CHECK_NAMES)}),
]


class DoubtSettings(Section):
    """From when on records are doubted; what is not given is as shipped. No value changes by it."""

    gaming: Mapping[ScenarioName, Mapping[Text, Annotated[float, Field(ge=0)]]] = Field(
        default_factory=dict,
        description="Limits of the gaming monitor by scenario (`closure-burst: {a_day: 40}`).",
    )
    quality: Mapping[CheckName, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="Share of doubtful records above which a check of the quality gate fails "
        "(`durations: 0.05`).",
    )

    @model_validator(mode="after")
    def _known_limits(self) -> Self:
        for scenario, limits in self.gaming.items():
            known = SCENARIOS[scenario].in_force()
            for name in limits.keys() - known.keys():
                raise ValueError(f"{scenario} has no limit {name}; choose from {', '.join(known)}")
        return self


class Exempt(Section):
    """One indicator, or a whole practice, that a person declared not applicable."""

    indicator: Text | None = Field(default=None, description="Identifier of the indicator; or `practice`.")
    practice: Practice | None = Field(
        default=None,
        description="The whole practice: nothing of it counts, and no overall level asks for it.",
    )
    reason: Text = Field(description="Why it does not apply.")
    owner: Text = Field(description="Who decided and answers for it; a role rather than a name.")
    until: Day = Field(description="Last day it holds.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.indicator is None) == (self.practice is None):
            raise ValueError("name either an indicator or a practice")
        return self
