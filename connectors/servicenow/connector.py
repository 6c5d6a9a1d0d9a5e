"""Reads record kinds from a ServiceNow instance."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from connectors.contract import (
    Batch,
    Capability,
    ConnectorSettings,
    ProbeResult,
    SettingProblem,
    Window,
)
from connectors.platform.connector import PlatformConnector
from connectors.platform.intake import Intake
from connectors.platform.mapping import Columns
from connectors.platform.targets import suggestion
from connectors.platform.transport import Transport
from connectors.servicenow.feeds import Feed
from connectors.servicenow.plan import Planner, parsed
from connectors.servicenow.probe import refusal
from connectors.servicenow.reader import Reader
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.tables import TABLES
from connectors.servicenow.transport import Instance
from storage.errors import FatalError
from storage.evidence.store import Record


class ServiceNowConnector(PlatformConnector[Reader]):
    """A ServiceNow instance: reads what changed, proves what it got, never writes."""

    type: ClassVar[str] = "servicenow"
    settings_model: ClassVar[builtins.type[ConnectorSettings]] = ServiceNowSettings

    _settings: ServiceNowSettings

    def _opened(self) -> Reader:
        instance = Instance(self._settings, self._context.folder)
        return Reader(self._settings, self._context, instance)

    @property
    def transport(self) -> Transport | None:
        """The instance; None before anything was asked."""
        return self._reader.instance if self.is_open else None

    def capabilities(self) -> Mapping[str, Capability]:
        """Everything that the tables promise for the kinds asked for."""
        return self._reader.promised()

    def refusal(self, found: Sequence[ProbeResult]) -> FatalError | None:
        """Return why nothing at all can be read, where that is so."""
        return refusal(found)

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield stretches of time in which something changed, and what is read as a whole when it is due."""
        if kind in self._settings.kinds:
            yield from Planner(self._reader).windows(kind, bookmark)

    def batches(self, window: Window, intake: Intake) -> Iterator[Batch]:
        """Yield the batches of a window."""
        yield from Feed(self._reader, window, parsed(window), intake).batches()

    def columns_for(self, kind: str, record: Record) -> Columns | None:
        """Return the mapping of a record's table; transitions stay as they are, a history is read again."""
        if kind == "transition" or kind not in TABLES:
            return None
        own = (table for table in TABLES[kind] if record.feed in ("", table.feed))
        mappings = map(self._reader.mapping, own)
        return next((one for one in mappings if record.kept.keys() <= set(one.names)), None)

    def probed(self, kind: str) -> ProbeResult:
        """Ask every table of a kind for a row, with the query that reads it."""
        states = [self._reader.state(table) for table in TABLES[kind]]
        usable = self._reader.tables(kind)
        main = next((state for state in states if state.usable), states[0]) if usable else states[0]
        told = [*states, *(one for table in usable for one in self._reader.asides(table) if not one.usable)]
        detail = " ".join(dict.fromkeys(state.detail for state in told if state.detail))
        return ProbeResult(kind, main.state, detail, self._reader.capability(kind))

    def setting_problems(self) -> Iterator[SettingProblem]:
        """Yield own fields in `map` that the instance does not have."""
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
