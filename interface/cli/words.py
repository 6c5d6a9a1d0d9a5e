"""Numbers, dates and names as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime

from evaluators.catalogue import ATTRIBUTES
from evaluators.explanation import LEVELS, number

MEANINGS = {
    "2.1": "the work gets done in usual time",
    "2.2": "records can be relied on, and no work hangs on one person",
    "3.1": "targets, models and categories exist and are used",
    "3.2": "all teams work alike",
    "4.1": "targets are met, and steadily",
    "4.2": "practices are linked, hand-offs are few, and machines do what they can",
    "5.1": "trouble is foreseen and prevented",
    "5.2": "results get better, or stay at their best",
}
"""What each attribute asks for, to somebody who knows no standard (section 3 of the model)."""
NOT_A_CERTIFICATE = (
    "Measured from records with a published model; this is no certified ITIL or ISO/IEC 33020 assessment."
)
"""What the result is not, said wherever a level is shown."""


def count(value: int | None) -> str:
    """Return a whole number with separators, `1,234`; a dash for none."""
    return "–" if value is None else f"{value:,}"


def share(value: float | None, digits: int = 0) -> str:
    """Return a share of 0-1 in percent, `62 %`; a dash for none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def completeness(value: float | None) -> str:
    """Return a completeness of 0-1 cut to one decimal, so that 100 % means all; `unknown` for none."""
    if value is None:
        return "unknown"
    return "100 %" if value >= 1 else f"{math.floor(value * 1000 + 1e-9) / 10:.1f} %"


def certainty(value: float) -> str:
    """Return a probability found by resampling, which can never say 100 %."""
    return "over 99 %" if value > 0.99 else share(value)


def quantity(value: float | None, unit: str) -> str:
    """Return a value in its unit, `61.6 %` or `4.5 (h)`; a score stands alone, a dash for none."""
    if value is None:
        return "–"
    if unit == "score":
        return number(value, "").removesuffix(" ()")
    return number(value, "%" if unit.startswith("%") else unit)


def plain(value: float) -> str:
    """Return a value without needless decimals: `95`, `72.5`, `0.25`."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def day(value: date | None) -> str:
    """Return a day, `22 Nov 2026`; a dash for none."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """Return a moment in UTC, `22 Nov 2026 15:48 UTC`; `never` for none."""
    if value is None:
        return "never"
    utc = value.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return a duration: `0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s"


def bar(value: float | None, width: int = 20) -> str:
    """Return a bar as long as a share of 0-1; dots where there is no value."""
    if value is None:
        return "·" * width
    filled = round(max(0.0, min(1.0, value)) * width)
    return "█" * filled + "░" * (width - filled)


def practice_name(practice: str) -> str:
    """Return a practice as a heading: `service-level` becomes `Service level`."""
    return practice.replace("-", " ").capitalize()


def level_name(level: int | None) -> str:
    """Return `level 2 (Repeatable)`, or `not assessed`."""
    return "not assessed" if level is None else f"level {level} ({LEVELS[level]})"


def attribute_name(attribute: str) -> str:
    """Return `2.2 Recorded and owned`."""
    return f"{attribute} {ATTRIBUTES.get(attribute, '')}".strip()


def meaning(attribute: str) -> str:
    """Return what an attribute asks for, in everyday words."""
    return MEANINGS.get(attribute, attribute)


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return `1 record` or `2 records`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    items = list(names)
    return f" {last} ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
