"""One line of proof: what was measured, the bar, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import beta

ENOUGH = 100
"""Cases from which on a share is judged as it stands …"""
SURE = 0.95
"""… with fewer only where its one-sided bound lies on the same side of the bar."""


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its bar."""

    name: str
    figure: float
    unit: str
    bar: str
    holds: bool | None
    """None where there is no bar, or too few cases for a verdict."""
    cases: int | None = None
    """How many were tried."""
    reading: str = ""
    """How the bar is read where its words leave a choice, or why it is missed."""

    @property
    def verdict(self) -> str:
        """Return the word for whether the bar is held."""
        if self.holds is None:
            return "undecided" if self.bar else "shown"
        return "pass" if self.holds else "FAIL"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % interval of a share among cases in percent (Clopper-Pearson)."""
        if self.unit != "%" or not self.cases:
            return None
        return bounds(self.figure, self.cases, (1 + SURE) / 2)

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


def bounds(percent: float, cases: int, confidence: float = SURE) -> tuple[float, float]:
    """Return the lower and the upper bound of a share in percent, each at this confidence."""
    hits = round(percent * cases / 100)
    low = float(beta.ppf(1 - confidence, hits, cases - hits + 1)) if hits else 0.0
    high = float(beta.ppf(confidence, hits + 1, cases - hits)) if hits < cases else 1.0
    return 100 * low, 100 * high


def within(name: str, figure: float, expected: float, tolerance: float, unit: str) -> Figure:
    """Return a figure that must lie within a tolerance of what is expected."""
    holds = abs(figure - expected) <= tolerance
    return Figure(name, round(figure, 4), unit, f"{expected:g} ± {tolerance:g}", holds)


def at_least(
    name: str, figure: float, bar: float, unit: str, *, cases: int | None = None, reading: str = ""
) -> Figure:
    """Return a figure that must reach a bar."""
    holds = _decided(figure, unit, cases, bar, figure >= bar)
    return Figure(name, round(figure, 4), unit, f"≥ {bar:g}", holds, cases, reading)


def at_most(
    name: str, figure: float, bar: float, unit: str, *, cases: int | None = None, reading: str = ""
) -> Figure:
    """Return a figure that must not pass a bar."""
    holds = _decided(figure, unit, cases, bar, figure <= bar)
    return Figure(name, round(figure, 4), unit, f"≤ {bar:g}", holds, cases, reading)


def _decided(figure: float, unit: str, cases: int | None, bar: float, holds: bool) -> bool | None:
    """Return the verdict on a share; None where so few cases could as well have come out beyond the bar.

    A bar of 0 or 100 asks for every case, so each one counts as it is.
    """
    if unit != "%" or cases is None or cases >= ENOUGH or not 0 < bar < 100:
        return holds
    low, high = bounds(figure, cases)
    return None if low < bar < high else holds


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
