"""Reads what clients write: fields of issues by id, key or name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.jira.store import Moment, Project, Site, User

_SPANS = {"w": 144_000, "d": 28_800, "h": 3600, "m": 60}
"""Seconds: a week has five days of eight hours."""


class InputError(ValueError):
    """What a client wrote cannot be; `errors` by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


class Input:
    """Reads fields for one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def fields(self, given: Mapping[str, Any], project: Project | None = None) -> dict[str, Any]:
        """Return fields as the site keeps them; raises InputError."""
        found: dict[str, Any] = {}
        if "project" in given:
            project = found["project"] = self.project(given["project"])
        for name, value in given.items():
            if name != "project":
                found[name] = self._value(name, value, project)
        return found

    def project(self, value: Any) -> Project:
        """Return a project; raises InputError."""
        key = value.get("id") or value.get("key") if isinstance(value, Mapping) else value
        project = self._site.project(str(key or ""))
        if project is None:
            raise InputError({"project": "valid project is required"})
        return project

    def _value(self, name: str, value: Any, project: Project | None) -> Any:
        if value is None:
            return None
        if name == "issuetype":
            found = _among(self._site.types, value)
            if found is None:
                raise InputError({"issuetype": "issue type is required"})
            return found
        if name in ("priority", "resolution"):
            room = self._site.priorities if name == "priority" else self._site.resolutions
            found = _among(room, value)
            if found is None:
                raise InputError({name: f"The {name} selected is invalid."})
            return found
        if name in ("assignee", "reporter"):
            return self.user(value, name)
        if name in ("fixVersions", "versions", "components") and project is not None:
            rooms = self._site.components if name == "components" else self._site.versions
            room = {each.id: each for each in rooms.get(project.id, ())}
            return [each for part in value if (each := _among(room, part)) is not None]
        return self._plain(name, value)

    def _plain(self, name: str, value: Any) -> Any:
        if name == "labels" and any(" " in str(label) for label in value):
            raise InputError({"labels": f"The label '{value[0]}' contains spaces which is invalid."})
        if name == "summary" and "\n" in str(value):
            raise InputError({"summary": "The summary is invalid because it contains newline characters."})
        if name == "resolutiondate":
            return Moment(int(value))
        return value

    def user(self, value: Any, name: str = "assignee") -> User | None:
        """Return a user; -1 is automatic, nobody here. Raises InputError."""
        key = value
        if isinstance(value, Mapping):
            key = value.get("accountId") or value.get("name")
        if key in (None, "", "-1"):
            return None
        user = self._site.find_user(str(key))
        if user is None:
            raise InputError({name: f"User '{key}' does not exist."})
        return user


def _among(room: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, Mapping):
        value = {"id": value, "name": value}
    id_, name = str(value.get("id", "")), value.get("name")
    return room.get(id_) or next((each for each in room.values() if each.name == name), None)


def seconds(text: str) -> int:
    """Return the seconds of a text such as `1d 2h`."""
    return sum(int(count) * _SPANS[unit] for count, unit in re.findall(r"(\d+)\s*([wdhm])", text))
