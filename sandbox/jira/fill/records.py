"""Reads the records of an organisation, row by row, with moments as UNIX milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

Row = dict[str, Any]


class Records(Protocol):
    """Records of one kind by column; times in ISO 8601, None where there is no value."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns by name."""
        ...

    def column(self, name: str) -> list[Any]:
        """Return one column."""
        ...

    def __len__(self) -> int:
        """Return the number of rows."""
        ...


def milliseconds(text: object) -> int:
    """Return UNIX milliseconds of a moment in ISO 8601."""
    return round(datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp() * 1000)


def rows(organisation: object, attribute: str) -> Iterator[Row]:
    """Yield the rows of a kind, none where the organisation does not have it; `…_at` are milliseconds."""
    records: Records | None = getattr(organisation, attribute, None)
    if records is None or not len(records):
        return
    names = list(records.columns)
    columns = [_cells(name, records.column(name)) for name in names]
    for cells in zip(*columns, strict=True):
        yield dict(zip(names, cells, strict=True))


def _cells(name: str, cells: Iterable[Any]) -> list[Any]:
    if not name.endswith(("_at", "valid_until")) and name != "at":
        return list(cells)
    return [None if cell is None else milliseconds(cell) for cell in cells]
