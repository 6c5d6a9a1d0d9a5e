"""Makes the JSON of rows: raw, as people read them, or both; with or without links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.servicenow.query import find_field, value_at
from sandbox.servicenow.store import Field, Row, Tables
from sandbox.serving.clock import FORMAT, read

Render = Callable[[Row], Any]


class Labels:
    """What people see in place of codes and references."""

    def __init__(
        self, tables: Tables, zone: ZoneInfo, language: str = "en", date_format: str = FORMAT
    ) -> None:
        self._tables = tables
        self._zone = zone
        self._language = language
        self._format = date_format
        self._choices: tuple[int, dict[tuple[str, str, str], str]] = (-1, {})

    def shown(self, table: str, element: str, field: Field, value: str) -> str | None:
        """Return the display value; None for a reference to a row that is gone."""
        if field.type == "reference":
            return self._reference(field.reference, value)
        if field.type == "glide_date_time":
            return self._moment(value)
        if field.type == "glide_duration":
            return _span(value)
        if field.type == "password2":
            return "********"
        return self._choice(table, element, value)

    def _reference(self, table: str, key: str) -> str | None:
        row = self._tables.row(table, key) if key else None
        if row is None:
            return None if key else ""
        return row.get(self._tables.schema.display_field(row["sys_class_name"]), "")

    def _moment(self, value: str) -> str:
        try:
            return read(value).astimezone(self._zone).strftime(self._format)
        except ValueError:
            return value

    def _choice(self, table: str, element: str, value: str) -> str:
        labels = self._known()
        for name in self._tables.schema.lineage(table):
            label = labels.get((name, element, value))
            if label is not None:
                return label
        return value

    def _known(self) -> dict[tuple[str, str, str], str]:
        version = self._tables.view("sys_choice").version
        if self._choices[0] != version:
            rows = self._tables.view("sys_choice").by_id.values()
            labels = {
                (row.get("name", ""), row.get("element", ""), row.get("value", "")): row.get("label", "")
                for row in rows
                if row.get("language", "en") == self._language
            }
            self._choices = (version, labels)
        return self._choices[1]


class Renderer:
    """Renders the rows of one reply."""

    def __init__(self, tables: Tables, labels: Labels, url: str) -> None:
        self._tables = tables
        self._labels = labels
        self._url = url

    def row_renderer(
        self,
        table: str,
        fields: Sequence[str],
        display: str,
        links: bool,
        blank: frozenset[str] = frozenset(),
    ) -> Callable[[Row], dict[str, Any]]:
        """Return what renders a row; unknown fields are left out without a word.

        `display` is sysparm_display_value: false, true or all. `blank` fields are shown empty.
        """
        known = {name: field for name in fields if (field := find_field(self._tables, table, name))}
        if display == "false" and not blank and not _needs_work(known, links):
            names = tuple(known)
            return lambda row: {name: row.get(name, "") for name in names}
        parts = {name: self._cell(table, name, field, display, links) for name, field in known.items()}
        parts |= dict.fromkeys(blank & set(known), _empty(display))
        return lambda row: {name: part(row) for name, part in parts.items()}

    def _cell(self, table: str, path: str, field: Field, display: str, links: bool) -> Render:
        read_ = value_at(self._tables, table, path)
        owner, element = self._owner(table, path), path.rpartition(".")[2]
        secret = field.type == "password2"

        def shown(value: str) -> str | None:
            return self._labels.shown(owner, element, field, value)

        link = self._link(field) if links and field.type == "reference" else None
        if display == "all":
            return lambda row: _both(read_(row), shown, link)
        if display == "true":
            return lambda row: _displayed(read_(row), shown, link)
        return lambda row: _raw("" if secret else read_(row), link)

    def _owner(self, table: str, path: str) -> str:
        for step in path.split(".")[:-1]:
            table = self._tables.schema.fields(table)[step].reference
        return table

    def _link(self, field: Field) -> Callable[[str], str]:
        return lambda value: f"{self._url}/api/now/table/{field.reference}/{value}"


def _needs_work(fields: Mapping[str, Field], links: bool) -> bool:
    return any(
        "." in name or field.type == "password2" or (links and field.type == "reference")
        for name, field in fields.items()
    )


def _raw(value: str, link: Callable[[str], str] | None) -> Any:
    return {"link": link(value), "value": value} if link and value else value


def _displayed(value: str, shown: Callable[[str], str | None], link: Callable[[str], str] | None) -> Any:
    text = shown(value)
    return {"display_value": text, "link": link(value)} if link and value else text


def _both(value: str, shown: Callable[[str], str | None], link: Callable[[str], str] | None) -> Any:
    both = {"display_value": shown(value), "value": value}
    return both | {"link": link(value)} if link and value else both


def _empty(display: str) -> Render:
    return (lambda row: {"display_value": "", "value": ""}) if display == "all" else (lambda row: "")


def _span(value: str) -> str:
    """Return a duration as people read it: it is stored as a moment after 1970."""
    try:
        passed = read(value) - read("1970-01-01 00:00:00")
    except ValueError:
        return value
    parts = [(passed.days, "Day"), (passed.seconds // 3600, "Hour"), (passed.seconds // 60 % 60, "Minute")]
    named = [f"{number} {word}{'s' * (number != 1)}" for number, word in parts if number]
    return " ".join(named) or f"{passed // timedelta(seconds=1)} Seconds"
