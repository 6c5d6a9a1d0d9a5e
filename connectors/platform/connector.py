"""What connectors to platforms do alike: count what was asked, probe kind by kind, keep a ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.contract import Asked, Batch, Connector, ProbeResult, Reading, SettingProblem, Window
from connectors.platform.intake import Intake
from connectors.platform.transport import Transport
from storage.errors import FatalError, RetriableError
from storage.evidence.store import KindState


class PlatformConnector(Connector):
    """A connector that asks a platform through a `Transport`."""

    kinds: tuple[str, ...]
    """Record kinds to read."""
    tolerated_share: float
    """Share of rows that may be unreadable."""

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
        intake = Intake(reading, self.tolerated_share)
        try:
            for batch in self.batches(window, intake):
                _note(reading, self.asked - before)
                if batch.records or batch.rejected or batch.deleted or batch.present:
                    yield batch
        finally:
            _note(reading, self.asked - before)


def _note(reading: Reading, asked: Asked) -> None:
    reading.requests, reading.retries = asked.requests, asked.retries
