"""Refuses what a database would keep wrongly, on every database alike and before anything is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime

from storage.errors import UsageError

LARGEST_INTEGER = 2**63 - 1


def refuse_unstorable(value: object, where: str) -> None:
    """Raise UsageError naming the first part of `value` that would not come back as it is.

    These are NaN and infinite numbers, times without a zone, texts that are no valid UTF-8 or hold a
    NUL, integers beyond 64 bits outside of lists, and types no column knows (numpy integers).
    """
    if value is None or isinstance(value, (str, float, int, date)):
        _refuse_scalar(value, where)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_key(key, f"a key of {where}")
            refuse_unstorable(item, f"{where}.{key}")
    elif isinstance(value, (tuple, list)):
        for position, item in enumerate(value):
            refuse_unstorable(item, f"{where}[{position}]")
    elif is_dataclass(value):
        for field in fields(value):
            _refuse_field(getattr(value, field.name), f"{where}.{field.name}")
    else:
        _refuse_scalar(value, where)


def _refuse_field(value: object, where: str) -> None:
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise _refusal(where, value, "an integer beyond 64 bits")
    refuse_unstorable(value, where)


def _refuse_key(value: object, where: str) -> None:
    if not isinstance(value, str):
        raise _refusal(where, value, f"of type {type(value).__name__}, which would come back as text")
    _refuse_scalar(value, where)


def _refuse_scalar(value: object, where: str) -> None:
    problem = _problem(value)
    if problem:
        raise _refusal(where, value, problem)


def _problem(value: object) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else "not a finite number"
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, datetime):
        return None if value.utcoffset() is not None else "a time without a zone"
    if value is None or isinstance(value, (bool, int, date)):
        return None
    return f"of type {type(value).__name__}, which history does not keep"


def _text_problem(value: str) -> str | None:
    if "\0" in value:
        return "a text with a NUL character"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "a text that is no valid Unicode"
    return None


def _refusal(where: str, value: object, problem: str) -> UsageError:
    return UsageError(
        f"{where} is {problem} ({str(value)[:40]!r}), so nothing was stored",
        hint="Correct the value before saving; what cannot be computed is stored as None with a reason.",
    )
