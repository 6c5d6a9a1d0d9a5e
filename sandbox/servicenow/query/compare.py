"""What the operators mean for one value, as the database behind an instance sees it.

Text is compared without regard to case, an empty value is NULL: it is never before or after anything,
and `!=`, `NOT IN` and `NOT LIKE` include it.
"""

from __future__ import annotations

from collections.abc import Callable

Test = Callable[[str], bool]
_DATES = frozenset({"glide_date_time", "glide_date", "glide_duration", "GUID"})
_NUMBERS = frozenset({"integer", "decimal"})
_LONGEST_DATE = {"glide_date_time": " 00:00:00", "glide_duration": " 00:00:00"}


def tester(operator: str, value: str, type_: str) -> Test | None:
    """Return a test of one value; None where the operator does not fit the value."""
    if operator in _PLAIN:
        return _PLAIN[operator]
    if operator in _TEXTS:
        return _TEXTS[operator](value.lower())
    if operator in ("=", "!="):
        return _equality(value, type_, operator == "=")
    if operator in ("IN", "NOT IN"):
        return _membership(value, operator == "IN")
    if operator == "BETWEEN":
        return _between(value, type_)
    return _range(operator, value, type_)


def key_of(type_: str) -> Callable[[str], object]:
    """Return what values of a type are ordered by; an empty one comes first."""
    if type_ in _NUMBERS:
        return lambda value: number if (number := _number(value)) is not None else float("-inf")
    return _same if type_ in _DATES else str.lower


def literal(value: str, type_: str) -> str:
    """Return a value as stored: a day without a time begins at midnight."""
    return value + _LONGEST_DATE[type_] if type_ in _LONGEST_DATE and len(value) == 10 else value


def _same(value: str) -> str:
    return value


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _equality(value: str, type_: str, wanted: bool) -> Test:
    if not value:
        return (lambda cell: not cell) if wanted else bool
    if type_ in _NUMBERS and (number := _number(value)) is not None:
        return lambda cell: (_number(cell) == number) is wanted
    expected = literal(value, type_).lower()
    return lambda cell: (cell.lower() == expected) is wanted


def _membership(value: str, wanted: bool) -> Test:
    members = frozenset(part.strip().lower() for part in value.split(","))
    return lambda cell: (cell.lower() in members) is wanted


def _between(value: str, type_: str) -> Test | None:
    low, separator, high = value.partition("@")
    first, last = _range(">=", low, type_), _range("<=", high, type_)
    if not separator or first is None or last is None:
        return None
    return lambda cell: first(cell) and last(cell)


def _range(operator: str, value: str, type_: str) -> Test | None:
    if operator not in _ORDERED:
        return None
    if type_ in _NUMBERS:
        return _numeric(operator, value)
    if type_ in _DATES:
        return _ORDERED[operator](literal(value, type_))
    folded = _ORDERED[operator](value.lower())
    return lambda cell: folded(cell.lower())


def _numeric(operator: str, value: str) -> Test | None:
    bound = _number(value)
    if bound is None:
        return None
    compare = _SIGNS[operator]
    return lambda cell: (number := _number(cell)) is not None and compare(number, bound)


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
}
_ORDERED: dict[str, Callable[[str], Test]] = {
    ">": lambda bound: lambda cell: cell > bound and cell != "",
    ">=": lambda bound: lambda cell: cell >= bound and cell != "",
    "<": lambda bound: lambda cell: "" < cell < bound,
    "<=": lambda bound: lambda cell: "" < cell <= bound,
}
_TEXTS: dict[str, Callable[[str], Test]] = {
    "LIKE": lambda part: lambda cell: part in cell.lower(),
    "CONTAINS": lambda part: lambda cell: part in cell.lower(),
    "NOT LIKE": lambda part: lambda cell: part not in cell.lower(),
    "STARTSWITH": lambda part: lambda cell: cell.lower().startswith(part),
    "ENDSWITH": lambda part: lambda cell: cell.lower().endswith(part),
}
_PLAIN: dict[str, Test] = {
    "ISEMPTY": lambda cell: not cell,
    "EMPTYSTRING": lambda cell: not cell,
    "ISNOTEMPTY": bool,
    "ANYTHING": lambda cell: True,
}
