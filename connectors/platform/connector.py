"""What connectors to platforms do alike: count what was asked, probe kind by kind, keep a ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Generic, Protocol, TypeVar, cast

from connectors.contract import (
    Asked,
    Batch,
    Connector,
    ConnectorContext,
    ConnectorSettings,
    ProbeResult,
    Reading,
    SettingProblem,
    Window,
)
from connectors.platform.intake import Intake
from connectors.platform.mapping import Columns, UnreadableError
from connectors.platform.settings import PlatformSettings
from connectors.platform.transport import Transport
from storage.errors import FatalError, RetriableError, SkippableError
from storage.evidence.store import KindState, Record


class Closing(Protocol):
    """What one sync shares."""

    def close(self) -> None:
        """Close the connections."""


Reader = TypeVar("Reader", bound=Closing)


class PlatformConnector(Connector, Generic[Reader]):
    """A connector that asks a platform through a `Transport`, with what one sync shares in a reader."""

    _settings: PlatformSettings

    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        self._settings = cast("PlatformSettings", settings)
        self._context = context
        self.kinds = self._settings.kinds

    @cached_property
    def _reader(self) -> Reader:
        return self._opened()

    @property
    def is_open(self) -> bool:
        """Whether anything was asked."""
        return "_reader" in vars(self)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self.is_open:
            self._reader.close()
            del self._reader

    @abstractmethod
    def _opened(self) -> Reader:
        """Return what reads the platform during one sync."""

    @property
    @abstractmethod
    def transport(self) -> Transport | None:
        """What asks the platform; None before anything was asked."""

    @abstractmethod
    def setting_problems(self) -> Iterator[SettingProblem]:
        """Yield settings that contradict the platform."""

    @abstractmethod
    def probed(self, kind: str) -> ProbeResult:
        """Return what is there of a kind."""

    @abstractmethod
    def batches(self, window: Window, intake: Intake) -> Iterator[Batch]:
        """Yield the batches of a window."""

    @abstractmethod
    def columns_for(self, kind: str, record: Record) -> Columns | None:
        """Return the mapping of a record that was kept; None for one that stays as it is."""

    def remap(self, kind: str, record: Record) -> Record:
        """Map what was kept again."""
        columns = self.columns_for(kind, record) if record.kept else None
        if columns is None:
            return record
        try:
            values = columns.values(record.kept)
        except UnreadableError as error:
            raise SkippableError(
                f"does not fit the mapping: {error}", position=f"{kind} {record.id}"
            ) from None
        return replace(record, values=values)

    def refusal(self, found: Sequence[ProbeResult]) -> FatalError | None:
        """Return why nothing at all can be read, where that is so."""
        return None

    @property
    def asked(self) -> Asked:
        """Every request that was sent, tokens among them."""
        transport = self.transport
        return Asked(transport.requests, transport.retries) if transport else Asked()

    def problems(self) -> Sequence[SettingProblem]:
        """Return settings that contradict the platform; nothing while it is away."""
        try:
            return list(self.setting_problems())
        except (FatalError, RetriableError):
            return []

    def probe(self) -> Sequence[ProbeResult]:
        """Find out what is there of every kind.

        Raises FatalError when the account is refused; a platform that is away is unknown.
        """
        found: list[ProbeResult] = []
        away = ""
        for kind in self.kinds:
            before = self.asked
            try:
                found.append(ProbeResult(kind, KindState.UNKNOWN, away) if away else self.probed(kind))
            except RetriableError as error:
                away = f"{error.message} {error.hint}"
                found.append(ProbeResult(kind, KindState.UNKNOWN, away))
            found[-1] = replace(found[-1], asked=self.asked - before)
        if (refused := self.refusal(found)) is not None:
            raise refused
        return found

    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        """Read a window; `counted` is the platform's own count, `hidden` what it counts and does not show."""
        before = self.asked
        intake = Intake(reading, self._settings.tolerated_share)
        try:
            for batch in self.batches(window, intake):
                _note(reading, self.asked - before)
                if batch.records or batch.rejected or batch.deleted or batch.present:
                    yield batch
        finally:
            _note(reading, self.asked - before)


def _note(reading: Reading, asked: Asked) -> None:
    reading.requests, reading.retries = asked.requests, asked.retries
