from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.files import FilesSettings
from tests.connectors.support import INCIDENTS, load, settings
from tests.connectors.test_files_conformance import LOG_SETTINGS

COLUMNS = ("records", "incident", "columns")


def mistakes(text: str) -> dict[tuple[str | int, ...], str]:
    """Return the messages that a wrong configuration is answered with, by where."""
    with pytest.raises(ValidationError) as caught:
        FilesSettings.model_validate(load(text))
    return {one["loc"]: one["msg"] for one in caught.value.errors()}


def mapped(column: str, source: Any, text: str = INCIDENTS) -> FilesSettings:
    loaded = load(text)
    loaded["records"]["incident"]["columns"][column] = source
    return FilesSettings.model_validate(loaded)


@pytest.mark.parametrize(
    ("column", "source", "where", "told"),
    [
        ("prioritty", "x", (), r"'prioritty' is not a column of incident \(did you mean 'priority'\?\)"),
        ("resolver_type", "x", (), "is computed by this program and cannot be mapped"),
        ("department", "x", (), "is computed by this program and cannot be mapped"),
        ("resolution_note_length", "x", (), "is made of a text; map 'resolution_note'"),
        ("channel", {"column": "a", "constant": "phone"}, (), "column and constant exclude each other"),
        ("channel", {}, (), "the origin of the value is missing"),
        ("channel", {"colum": "a"}, ("colum",), "Extra inputs"),
        ("channel", {"constant": ["a"]}, ("constant",), "A constant is one text, number or truth value"),
        ("priority", {"constant": "high"}, (), "priority is of type integer: 'high' is no whole number"),
        ("priority", {"column": "p", "values": {"High": "urgent"}}, (), "'urgent' is no whole number"),
        ("category", {"column": "c", "leading_number": True}, (), "leading_number gives a number"),
        ("opened_at", {"constant": "soon"}, (), "'soon' is no date and time"),
        ("resolver", {"column": "by", "values": {"a": "b"}}, (), "A person is kept as a pseudonym"),
        ("resolver", {"constant": "me"}, (), "A person is kept as a pseudonym"),
        ("category", {"column": "c", "defaults": ["x"]}, (), "`defaults` belong to free texts"),
        ("resolved_at", {"first": "closed"}, (), "need `log`"),
        ("resolved_at", {"first_of": ["a", {"position": 0}]}, ("first_of", 1, "position"), "greater than"),
        ("resolved_at", {"at_first": {"state": {"is": 1}}}, ("at_first",), "condition on 'state' cannot be"),
        ("category", "caller", (), "'caller' is kept as plain value here and as person for columns.caller"),
    ],
)
def test_a_wrong_mapping_is_told_where_it_stands(
    column: str, source: Any, where: tuple[str | int, ...], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        mapped(column, source)
    assert [one["loc"] for one in caught.value.errors()] == [(*COLUMNS, column, *where)]


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes("""
type: files
time_zone: Europe/Londn
date_formats: ["%d/%m/%Y", dd/MM/yyyy]
tolerated_share: much
records:
  incidnt: {path: a.csv, columns: {id: a}}
  transition: {path: a.csv, columns: {id: a}}
  incident:
    path: a.csv
    encoding: utf-99
    columns: {id: a, prioritty: b, channel: {colum: c}}
    history: {stat: a}
""")
    assert list(found) == [
        ("time_zone",),
        ("date_formats", 1),
        ("tolerated_share",),
        ("records", "incidnt"),
        ("records", "incident", "columns", "channel", "colum"),
        ("records", "incident", "columns", "prioritty"),
        ("records", "incident", "encoding"),
        ("records", "incident", "history", "stat"),
        ("records", "transition", "columns"),
    ]
    assert "did you mean 'Europe/London'?" in found["time_zone",]
    assert "did you mean 'incident'?" in found["records", "incidnt"]
    assert "there are state, assignment_group" in found["records", "incident", "history", "stat"]


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"log": None}, ("history",), "A history needs `log`"),
        ({"log": {"at": "at", "key": "other"}}, ("log", "key"), "differs from the id"),
        ({"log": {"at": "at", "actor": "group"}}, ("log", "actor"), "'group' is kept as person here"),
        ({"columns": {"state": "state"}}, ("log",), "`key` is missing"),
        ({"columns": {"id": "number", "updated_at": "at"}}, ("columns", "updated_at"), "last row"),
        ({"header": False}, ("header",), "Without a header line"),
    ],
)
def test_a_log_that_contradicts_itself_is_refused(
    changes: dict[str, object], where: tuple[str | int, ...], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        settings(LOG_SETTINGS, **changes)
    assert ("records", "incident", *where) in [one["loc"] for one in caught.value.errors()]


def test_a_record_needs_an_id() -> None:
    assert ("records", "incident", "columns") in mistakes(INCIDENTS.replace("id: number", "state: number"))


@pytest.mark.parametrize(("written", "share"), [("1 %", 0.01), ("2.5%", 0.025), ("0.1", 0.1), ("0", 0.0)])
def test_a_share_is_a_percentage_or_a_fraction(written: str, share: float) -> None:
    text = INCIDENTS.replace("type: files", f"type: files\ntolerated_share: {written}")
    assert settings(text).tolerated_share == pytest.approx(share)


@pytest.mark.parametrize("written", ["1", "101 %", "-1 %", "true", "x %"])
def test_a_share_that_could_mean_two_things_is_refused(written: str) -> None:
    text = INCIDENTS.replace("type: files", f"type: files\ntolerated_share: {written}")
    assert list(mistakes(text)) == [("tolerated_share",)]


def test_the_schema_for_editors_allows_a_plain_name() -> None:
    schema = FilesSettings.model_json_schema()
    assert {"type": "string"} in schema["$defs"]["Source"]["anyOf"]
