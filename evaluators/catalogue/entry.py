"""One catalogue entry: an indicator as data (design decision 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from evaluators.measures import Measure
from evaluators.measures.population import Reading
from evaluators.windows import Window
from storage.records import KINDS
from storage.records.schema import RECORD_KIND, joined

ATTRIBUTES = {
    "2.1": "Performed",
    "2.2": "Recorded and owned",
    "3.1": "Standardised",
    "3.2": "Deployed alike",
    "4.1": "Measured and controlled",
    "4.2": "Integrated and automated",
    "5.1": "Proactive",
    "5.2": "Improving",
}
"""The two attributes of each level (section 3 of the model)."""

AttributeName = Literal["2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2"]

ALWAYS_UP = ("improvement", "in_control", "conforming_volume")
"""Families whose value is better when higher, whatever they are made of."""


class Strict(BaseModel):
    """Model that refuses unknown keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ProblemsError(ValueError):
    """More than one thing wrong with a value; `problems` holds a sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Anchors(Strict):
    """Values where achievement is 0 % and 100 %, and where they come from (section 5.2)."""

    zero: float
    full: float
    scale: Literal["linear", "log"] = "linear"
    origin: str
    expert_default: bool
    """Rests wholly or partly on expert judgement; shown wherever the threshold is shown."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.zero == self.full:
            raise ValueError("anchors zero and full are the same value")
        if self.scale == "log" and min(self.zero, self.full) <= 0:
            raise ValueError("anchors on a log scale must be above 0")
        return self


class Remediation(Strict):
    """What to do about it, by platform."""

    servicenow: str
    jira: str


class Indicator(Strict):
    """One question to the evidence, with everything needed to answer, rate and dispute it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$")]
    practice: str
    attribute: AttributeName
    core: bool = False
    question: str
    characteristic: str
    """The level characteristic it is evidence of."""
    formula: str
    """The formula in words."""
    kind: str | tuple[str, ...]
    """Record kind it reads, or several that are read as one."""
    window: Window
    measure: Measure
    unit: str
    anchors: Anchors
    better: Literal["up", "down"] | None = None
    """Direction in which the value gets better, where it is declared: the anchors must agree."""
    minimum_sample: Annotated[int, Field(ge=1)]
    """Records, teams or periods, as the measure counts."""
    scope: Literal["both", "organisation"]
    whole: bool = False
    """Says nothing of a source some of whose records cannot answer: without these the rest would mislead."""
    gaming: str
    counter_check: str
    remediation: Remediation
    weight: Annotated[float, Field(gt=0)] | None = None
    experimental: bool = False
    own: bool = False
    """Written by the customer, not shipped."""

    @property
    def effective_weight(self) -> float:
        """Weight in its attribute: as set, else 2 for core and 1 for others (section 6.1)."""
        return self.weight if self.weight is not None else (2.0 if self.core else 1.0)

    @property
    def better_up(self) -> bool:
        """Whether a higher value is better; follows from the anchors."""
        return self.anchors.full > self.anchors.zero

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds that it reads."""
        return (self.kind,) if isinstance(self.kind, str) else self.kind

    def readings(self) -> Mapping[str, Reading]:
        """Return all that it asks of evidence, its own records first."""
        own = Reading(self.kinds, self.window, self.measure.needs(), self.measure.columns())
        return {"records": own, **self.measure.also(self.kinds, self.window)}

    @property
    def rule(self) -> str:
        """Digest of the entry; changes when anything in it changes."""
        text = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]

    @field_validator("kind", mode="before")
    @classmethod
    def _kinds_exist(cls, given: object) -> object:
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list | tuple) or not names:
            raise ValueError("a kind is the name of a record kind, or a list of such names")
        for name in names:
            if name not in KINDS:
                raise ValueError(f"'{name}' is not a record kind; choose from {', '.join(KINDS)}")
        if len(set(names)) < len(names):
            raise ValueError("a record kind is named twice")
        telling = [name for name in names if RECORD_KIND in KINDS[name].by_name]
        if telling and len(names) > 1:
            raise ValueError(f"{telling[0]} cannot be joined with others: it has its own {RECORD_KIND}")
        return given

    @field_validator("window", "measure")
    @classmethod
    def _columns_exist(cls, value: Window | Measure, others: ValidationInfo) -> Window | Measure:
        # A wrong kind has been reported already, and says nothing about columns.
        named = others.data.get("kind")
        if named is None:
            return value
        kinds = [named] if isinstance(named, str) else named
        problems = value.problems(joined([KINDS[name] for name in kinds]))
        if problems:
            raise ProblemsError(problems)
        return value

    @field_validator("anchors")
    @classmethod
    def _anchors_go_up(cls, anchors: Anchors, others: ValidationInfo) -> Anchors:
        measure = others.data.get("measure")
        if measure is not None and measure.family in ALWAYS_UP and anchors.full < anchors.zero:
            raise ValueError(f"the value of {measure.family} gets better upwards: zero must be below full")
        return anchors

    @field_validator("better")
    @classmethod
    def _anchors_agree(cls, better: str | None, others: ValidationInfo) -> str | None:
        anchors = others.data.get("anchors")
        if better is not None and anchors is not None and (anchors.full > anchors.zero) != (better == "up"):
            raise ValueError(f"the anchors {anchors.zero:g} and {anchors.full:g} go the other way")
        return better
