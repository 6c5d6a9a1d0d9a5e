"""Reads record kinds from a ServiceNow instance."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar, cast

from connectors.contract import (
    Asked,
    Batch,
    Capability,
    Connector,
    ConnectorContext,
    ConnectorSettings,
    ProbeResult,
    Reading,
    SettingProblem,
    Window,
)
from connectors.files.sources import suggestion
from connectors.platform.intake import Intake
from connectors.platform.mapping import UnreadableError
from connectors.servicenow.feeds import Feed
from connectors.servicenow.plan import Planner, parsed
from connectors.servicenow.probe import refusal
from connectors.servicenow.reader import Reader
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.tables import TABLES
from connectors.servicenow.transport import Instance
from storage.errors import FatalError, RetriableError, SkippableError
from storage.evidence.store import KindState, Record


class ServiceNowConnector(Connector):
    """A ServiceNow instance: reads what changed, proves what it got, never writes."""

    type: ClassVar[str] = "servicenow"
    settings_model: ClassVar[builtins.type[ConnectorSettings]] = ServiceNowSettings

    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        self._settings = cast("ServiceNowSettings", settings)
        self._context = context

    @cached_property
    def _reader(self) -> Reader:
        instance = Instance(self._settings, self._context.folder)
        return Reader(self._settings, self._context, instance)

    @property
    def asked(self) -> Asked:
        """Every request that was sent, tokens among them."""
        if "_reader" not in vars(self):
            return Asked()
        return Asked(self._reader.instance.requests, self._reader.instance.retries)

    def capabilities(self) -> Mapping[str, Capability]:
        """Everything that the tables promise for the kinds asked for."""
        return self._reader.promised()

    def problems(self) -> Sequence[SettingProblem]:
        """Return own fields in `map` that the instance does not have; nothing while it is away."""
        try:
            return list(self._unknown_fields())
        except (FatalError, RetriableError):
            return []

    def probe(self) -> Sequence[ProbeResult]:
        """Ask every table for a row, with the query that reads it.

        Raises FatalError when the account is refused; an instance that is away is unknown.
        """
        found: list[ProbeResult] = []
        away = ""
        for kind in self._settings.kinds:
            before = self.asked
            try:
                found.append(ProbeResult(kind, KindState.UNKNOWN, away) if away else self._probed(kind))
            except RetriableError as error:
                away = f"{error.message} {error.hint}"
                found.append(ProbeResult(kind, KindState.UNKNOWN, away))
            found[-1] = replace(found[-1], asked=self.asked - before)
        if (refused := refusal(found)) is not None:
            raise refused
        return found

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield stretches of time in which something changed, and what is read as a whole when it is due."""
        if kind in self._settings.kinds:
            yield from Planner(self._reader).windows(kind, bookmark)

    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        """Read a window; `counted` is the instance's own count, `hidden` what it counts and does not show."""
        before = self.asked
        intake = Intake(reading, self._settings.tolerated_share)
        try:
            for batch in Feed(self._reader, window, parsed(window), intake).batches():
                _note(reading, self.asked - before)
                if batch.records or batch.rejected or batch.deleted or batch.present:
                    yield batch
        finally:
            _note(reading, self.asked - before)

    def remap(self, kind: str, record: Record) -> Record:
        """Map what was kept again; transitions stay as they are, a changed history is read again."""
        if kind == "transition" or kind not in TABLES or not record.kept:
            return record
        for table in TABLES[kind]:
            mapping = self._reader.mapping(table)
            if record.kept.keys() <= set(mapping.names):
                try:
                    values = mapping.values(record.kept)
                except UnreadableError as error:
                    raise SkippableError(
                        f"does not fit the mapping: {error}", position=f"{kind} {record.id}"
                    ) from None
                return Record(record.id, values, record.kept, record.updated_at, record.revision)
        return record

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "_reader" in vars(self):
            self._reader.close()
            del self._reader

    def _probed(self, kind: str) -> ProbeResult:
        states = [self._reader.state(table) for table in TABLES[kind]]
        usable = self._reader.tables(kind)
        main = next((state for state in states if state.usable), states[0]) if usable else states[0]
        told = [*states, *(one for table in usable for one in self._reader.asides(table) if not one.usable)]
        detail = " ".join(dict.fromkeys(state.detail for state in told if state.detail))
        return ProbeResult(kind, main.state, detail, self._reader.capability(kind))

    def _unknown_fields(self) -> Iterator[SettingProblem]:
        for key, field in self._settings.map.items():
            kind = key.partition(".")[0]
            if kind not in self._settings.kinds:
                continue
            table = TABLES[kind][0]
            known = self._reader.fields_of(table)
            if field in self._reader.state(table).missing or (known and field not in known):
                kept = "that the account can read" if field in known or not known else ""
                near = "" if field in known else suggestion(field, known)
                said = " ".join(part for part in (f"{table.name} has no field '{field}'", kept) if part)
                yield SettingProblem(("map", key), f"{said}{near}.")


def _note(reading: Reading, asked: Asked) -> None:
    reading.requests, reading.retries = asked.requests, asked.retries
