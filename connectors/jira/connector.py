"""Reads record kinds from a Jira site."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
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
from connectors.jira.answers import RefusedError
from connectors.jira.feeds import Feed
from connectors.jira.plan import Planner
from connectors.jira.probe import Prober
from connectors.jira.reader import Reader
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Site
from connectors.jira.snapshots import ASSETS
from connectors.jira.tables import ISSUE_KINDS
from connectors.platform.connector import PlatformConnector
from connectors.platform.intake import Intake
from connectors.platform.mapping import Columns
from connectors.platform.targets import suggestion
from connectors.platform.transport import Transport
from storage.errors import FatalError
from storage.evidence.store import KindState, Record


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
        yield from self._useless_filter()

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
                continue
            found = self._reader.fields.all_named(name)
            if not found:
                near = self._reader.fields.near(name)
                yield SettingProblem(("map", key), f"The site has no field '{name}'{near}.")
            elif len(found) > 1:
                ids = ", ".join(sorted(one.id for one in found))
                yield SettingProblem(
                    ("map", key), f"{len(found)} fields are named '{name}': write the id of one, {ids}."
                )

    def _unknown_attribute(self, key: str, name: str) -> Iterator[SettingProblem]:
        try:
            known = self._reader.asset_attributes
        except RefusedError as error:
            yield SettingProblem(("map", key), f"Its attributes cannot be read: {error.message} {ASSETS}")
            return
        if name.casefold() not in known:
            near = suggestion(name.casefold(), known)
            yield SettingProblem(
                ("map", key),
                f"No object of Assets has an attribute '{name}'{near}: correct it, or add it to the schema.",
            )

    def _useless_filter(self) -> Iterator[SettingProblem]:
        """Yield that no issue fits the filter, or that the site does not understand it."""
        if not self._settings.filter:
            return
        reader = self._reader
        kinds = [kind for kind in ISSUE_KINDS if kind in self.kinds and reader.is_there(kind)]
        try:
            if any(reader.search.oldest(reader.query(kind)) for kind in kinds):
                return
            there = any(reader.search.oldest(reader.query(kind, filtered=False)) for kind in kinds)
        except RefusedError as error:
            yield SettingProblem(("filter",), f"The site does not understand it: {error.said}.")
            return
        if there:
            yield SettingProblem(("filter",), "No issue fits it: correct it, or leave it away.")

    def refusal(self, found: Sequence[ProbeResult]) -> FatalError | None:
        """Return that no issue at all may be seen."""
        states = {one.state for one in found if one.kind in ISSUE_KINDS}
        if states != {KindState.DENIED}:
            return None
        return next(
            FatalError(f"The account may see no issue: {one.detail}", hint="docs/jira.md says how.")
            for one in found
            if one.kind in ISSUE_KINDS
        )

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
