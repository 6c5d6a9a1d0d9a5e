"""One line of proof: what was measured, the bar, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its bar."""

    name: str
    figure: float
    unit: str
    bar: str
    holds: bool | None
    """None where there is no bar: the figure is shown beside one that has."""
    cases: int | None = None
    """How many were tried."""
    reading: str = ""
    """How the bar is read where its words leave a choice, or why it is missed."""

    @property
    def verdict(self) -> str:
        """Return the word for whether the bar is held."""
        return "shown" if self.holds is None else "pass" if self.holds else "FAIL"

    def __str__(self) -> str:
        """Return a line of a log."""
        tried = "" if self.cases is None else f", {self.cases:,} cases"
        return f"{self.verdict}  {self.name}: {self.figure:g} {self.unit} ({self.bar or 'no bar'}{tried})"

    def as_json(self) -> dict[str, Any]:
        """Return the shape of build/validity.json."""
        plain = asdict(self)
        return plain | {"pass": plain.pop("holds")}

    @classmethod
    def of_json(cls, shape: Mapping[str, Any]) -> Figure:
        """Return what `as_json` wrote."""
        others = {name: value for name, value in shape.items() if name != "pass"}
        return cls(**others, holds=shape["pass"])


def within(name: str, figure: float, expected: float, tolerance: float, unit: str) -> Figure:
    """Return a figure that must lie within a tolerance of what is expected."""
    holds = abs(figure - expected) <= tolerance
    return Figure(name, round(figure, 4), unit, f"{expected:g} ± {tolerance:g}", holds)


def at_least(
    name: str, figure: float, bar: float, unit: str, *, cases: int | None = None, reading: str = ""
) -> Figure:
    """Return a figure that must reach a bar."""
    return Figure(name, round(figure, 4), unit, f"≥ {bar:g}", figure >= bar, cases, reading)


def at_most(
    name: str, figure: float, bar: float, unit: str, *, cases: int | None = None, reading: str = ""
) -> Figure:
    """Return a figure that must not pass a bar."""
    return Figure(name, round(figure, 4), unit, f"≤ {bar:g}", figure <= bar, cases, reading)


def between(
    name: str,
    figure: float,
    bars: tuple[float, float],
    unit: str,
    *,
    cases: int | None = None,
    reading: str = "",
) -> Figure:
    """Return a figure that must lie between two bars."""
    low, high = bars
    return Figure(name, round(figure, 4), unit, f"{low:g} to {high:g}", low <= figure <= high, cases, reading)


def shown(name: str, figure: float, unit: str, *, cases: int | None = None, reading: str = "") -> Figure:
    """Return a figure that no bar asks for, beside one that has a bar."""
    return Figure(name, round(figure, 4), unit, "", None, cases, reading)
