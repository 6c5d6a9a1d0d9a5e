"""Reads record kinds from a Jira site."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from connectors.contract import (
    Batch,
    Capability,
    ConnectorSettings,
    ProbeResult,
    SettingProblem,
    Window,
)
from connectors.jira.feeds import Feed
from connectors.jira.plan import Planner
from connectors.jira.probe import Prober
from connectors.jira.reader import Reader
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Site
from connectors.jira.tables import ISSUE_KINDS
from connectors.platform.connector import PlatformConnector
from connectors.platform.intake import Intake
from connectors.platform.mapping import Columns
from connectors.platform.targets import suggestion
from connectors.platform.transport import Transport
from storage.evidence.store import Record


class JiraConnector(PlatformConnector[Reader]):
    """A Jira site, Cloud or Data Center: reads what changed, proves what it got, never writes."""

    type: ClassVar[str] = "jira"
    settings_model: ClassVar[builtins.type[ConnectorSettings]] = JiraSettings

    _settings: JiraSettings

    def _opened(self) -> Reader:
        return Reader(self._settings, self._context, Site(self._settings, self._context.folder))

    @cached_property
    def _prober(self) -> Prober:
        return Prober(self._reader)

    @property
    def transport(self) -> Transport | None:
        """The site; None before anything was asked."""
        return self._reader.site if self.is_open else None

    def capabilities(self) -> Mapping[str, Capability]:
        """Everything that the tables promise for the kinds asked for."""
        return {kind: self._reader.promised(kind) for kind in self._settings.kinds}

    def setting_problems(self) -> Iterator[SettingProblem]:
        """Yield projects, fields and issue types that the site does not have."""
        yield from self._unknown_projects()
        yield from self._unknown_fields()
        yield from self._unknown_types()

    def probed(self, kind: str) -> ProbeResult:
        """Return what is there of a kind."""
        return self._prober.probed(kind)

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield stretches of time in which something changed, and what is read as a whole when it is due."""
        if kind in self._settings.kinds:
            yield from Planner(self._reader, self._prober).windows(kind, bookmark)

    def batches(self, window: Window, intake: Intake) -> Iterator[Batch]:
        """Yield the batches of a window."""
        yield from Feed(self._reader, window, intake).batches()

    def columns_for(self, kind: str, record: Record) -> Columns | None:
        """Return the mapping of issues; what comes along with them, and snapshots, stay as they are."""
        return self._reader.columns(kind) if kind in ISSUE_KINDS else None

    def close(self) -> None:
        """Close the connections, if there are any."""
        super().close()
        vars(self).pop("_prober", None)

    def _unknown_projects(self) -> Iterator[SettingProblem]:
        for number, key in enumerate(self._settings.projects):
            if key not in self._reader.projects:
                near = suggestion(key, self._reader.projects)
                yield SettingProblem(
                    ("projects", number),
                    f"The account sees no project '{key}'{near}: correct it, or grant 'Browse projects'.",
                )

    def _unknown_fields(self) -> Iterator[SettingProblem]:
        for key, name in self._settings.map.items():
            if key.startswith("configuration_item."):
                yield from self._unknown_attribute(key, name)
            elif self._reader.fields.named(name) is None:
                near = self._reader.fields.near(name)
                yield SettingProblem(("map", key), f"The site has no field '{name}'{near}.")

    def _unknown_attribute(self, key: str, name: str) -> Iterator[SettingProblem]:
        known = self._reader.asset_attributes
        if name.casefold() not in known:
            near = suggestion(name.casefold(), known)
            yield SettingProblem(("map", key), f"No object of Assets has an attribute '{name}'{near}.")

    def _unknown_types(self) -> Iterator[SettingProblem]:
        known = {str(one.get("name") or ""): one for one in self._reader.types}
        words = {name.casefold() for name in known} | {str(one["id"]) for one in self._reader.types}
        words |= {str(one.get("untranslatedName") or "").casefold() for one in self._reader.types}
        for kind, names in self._settings.issue_types.items():
            for number, name in enumerate(names):
                if name.casefold() not in words:
                    near = suggestion(name, known)
                    yield SettingProblem(
                        ("issue_types", kind, number), f"The site has no issue type '{name}'{near}."
                    )
