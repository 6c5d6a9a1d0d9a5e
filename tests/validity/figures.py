"""One line of proof: what was measured, the bar, and whether it holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its bar."""

    name: str
    figure: float
    unit: str
    bar: str
    holds: bool

    def as_json(self) -> dict[str, Any]:
        """Return the shape of build/validity.json."""
        plain = asdict(self)
        return plain | {"pass": plain.pop("holds")}


def within(name: str, figure: float, expected: float, tolerance: float, unit: str) -> Figure:
    """Return a figure that must lie within a tolerance of what is expected."""
    holds = abs(figure - expected) <= tolerance
    return Figure(name, round(figure, 4), unit, f"{expected:g} ± {tolerance:g}", holds)


def at_least(name: str, figure: float, bar: float, unit: str) -> Figure:
    """Return a figure that must reach a bar."""
    return Figure(name, round(figure, 4), unit, f"≥ {bar:g}", figure >= bar)


def at_most(name: str, figure: float, bar: float, unit: str) -> Figure:
    """Return a figure that must not pass a bar."""
    return Figure(name, round(figure, 4), unit, f"≤ {bar:g}", figure <= bar)
