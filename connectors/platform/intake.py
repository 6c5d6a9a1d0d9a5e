"""Keeps the ledger of a window, and minds how many rows cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.contract import Batch, Reading, Rejection
from storage.errors import FatalError
from storage.evidence.store import Record

_FEW_REJECTIONS = 5


class Intake:
    """Keeps a window's reading current and minds the share of rows that may be unreadable."""

    def __init__(self, reading: Reading, tolerated: float) -> None:
        self.reading = reading
        self._tolerated = tolerated
        self._counted: int | None = 0

    def batch(
        self,
        kind: str,
        records: Sequence[Record] = (),
        rejected: Sequence[Rejection] = (),
        *,
        deleted: Sequence[str] = (),
        present: Sequence[str] = (),
    ) -> Batch:
        """Return a batch; raises FatalError when too many rows were rejected."""
        found = self.reading
        found.records += len(records)
        found.rejected.extend(rejected)
        bad = len(found.rejected)
        if bad > max(_FEW_REJECTIONS, self._tolerated * max(found.received, found.counted or 0)):
            raise FatalError(
                f"{bad} of {found.received} rows of {kind} cannot be read, more than `tolerated_share`; "
                f"the first is {found.rejected[0].position}: {found.rejected[0].reason}.",
                hint="Correct `map`, or raise `tolerated_share`.",
            )
        return Batch(
            {kind: records}, rejected, *({kind: names} if names else {} for names in (deleted, present))
        )

    def settle(self, counted: int | None, came: int) -> None:
        """Note how many rows of a query the instance counts, and how many of them did not come."""
        self._counted = None if counted is None or self._counted is None else self._counted + counted
        self.reading.counted = self._counted
        self.reading.hidden += max(0, counted - came) if counted is not None else 0

    def beside(self, rows: int) -> None:
        """Note rows that were read again, or by their names: as many are counted as came."""
        self.reading.received += rows
        self._counted = None if self._counted is None else self._counted + rows
        if self.reading.counted is not None:
            self.reading.counted += rows
