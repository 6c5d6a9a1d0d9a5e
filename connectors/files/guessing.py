"""Finds out from an export how it is written: its encoding, its dates, whether it is a log."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, islice
from pathlib import Path

from connectors.files.opening import opened
from connectors.files.readers import Row, RowFile
from connectors.files.settings import RecordFile
from connectors.files.values import NO_DATE, Conversion, UnreadableError

SAMPLE = 2_000
"""Rows that dates are looked for in."""

_LOOKED_THROUGH = 100_000
"""Rows within which a log returns to a record."""

_DAY_FIRST, _MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"
_DAYS = (_DAY_FIRST, _MONTH_FIRST, "%d.%m.%Y", "%d-%m-%Y", "%d/%b/%y")
_CLOCKS = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")


@dataclass(frozen=True)
class Dates:
    """How dates are written."""

    formats: tuple[str, ...] = ()
    """Those that read every date, none where all are ISO 8601 or not understood."""
    either_first: bool = False
    """Whether month first would read every date as well."""
    unread: str = ""
    """Why the dates are not understood; empty where they are."""


def encoding_of(path: Path, settings: RecordFile) -> str:
    """Return the first usual encoding in which a whole file, unpacked, is text."""
    with opened(path, settings) as stream:
        marked = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    usual = ("utf-16", "windows-1252") if marked else ("utf-8-sig", "windows-1252")
    return next((name for name in usual if _is_text(path, settings, name)), "latin-1")


def _is_text(path: Path, settings: RecordFile, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened(path, settings) as stream:
        try:
            while block := stream.read(2**20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def sampled(file: RowFile, fields: Sequence[str], most: int = SAMPLE) -> list[Sequence[object]]:
    """Return these fields of a file's first rows."""
    return [row.cells for row in islice(file.rows(fields), most) if isinstance(row, Row)]


def dates_in(texts: Iterable[str]) -> Dates:
    """Return how dates are written, day first where month first fits as well.

    A text without any digit stands for no date and is passed over.
    """
    dates = [text for text in dict.fromkeys(texts) if any(map(str.isdecimal, text)) and not _is_iso(text)]
    if not dates:
        return Dates()
    for days in [*combinations(_DAYS, 1), *combinations(_DAYS, 2)]:
        both = _DAY_FIRST in days and _MONTH_FIRST in days
        if not both and (formats := _reading(days, dates)):
            swapped = [_MONTH_FIRST if day == _DAY_FIRST else day for day in days]
            return Dates(formats, either_first=_DAY_FIRST in days and bool(_reading(swapped, dates)))
    strange = next((text for text in dates if not _reading(_DAYS, [text])), None)
    reason = (
        "no one order of day and month fits" if strange is None else str(UnreadableError(NO_DATE, strange))
    )
    return Dates(unread=reason)


def _reading(days: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the formats of these days that are needed to read every text; none when one cannot be read."""
    candidates = [day + clock for day in days for clock in _CLOCKS]
    needed: set[str] = set()
    for text in texts:
        found = next((form for form in candidates if _fits(text, form)), None)
        if found is None:
            return ()
        needed.add(found)
    return tuple(form for form in candidates if form in needed)


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_iso(text: str) -> bool:
    try:
        Conversion("UTC", ()).timestamp(text)
    except UnreadableError:
        return False
    return True


def has_several_rows(file: RowFile, key: str, at: str | None) -> bool:
    """Return whether one record has several rows; with `at`, the field of a time, rows of different times."""
    seen: dict[object, object] = {}
    wanted = [key, at] if at else [key]
    for number, row in enumerate(islice(file.rows(wanted), _LOOKED_THROUGH)):
        if not isinstance(row, Row) or row.cells[0] is None:
            continue
        name, mark = str(row.cells[0]), str(row.cells[1]) if at else str(number)
        if seen.setdefault(name, mark) != mark:
            return True
    return False
