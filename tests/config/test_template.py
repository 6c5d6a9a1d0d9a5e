"""What init writes is a configuration that loads, whatever the exported file looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import load
from config.document import Document
from config.schema import schema
from config.template import Answers, guess_mapping, log_fields, render, unused_fields, yaml_text
from storage.errors import UsageError
from tests.config.support import loaded, schema_faults

SERVICENOW = ("number", "incident_state", "sys_mod_count", "caller_id", "opened_at", "sys_created_at")
LABELS = (
    "Number",
    "Opened",
    "Created",
    "Resolved",
    "Priority",
    "Assignment group",
    "Assigned to",
    "Resolve time",
)
JIRA = (
    "Summary",
    "Issue key",
    "Issue id",
    "Status",
    "Priority",
    "Assignee",
    "Created",
    "Updated",
    "Resolved",
)


def test_servicenow_field_names_are_known() -> None:
    assert guess_mapping(SERVICENOW) == {
        "id": "number",
        "opened_at": "opened_at",
        "revision": "sys_mod_count",
        "state": "incident_state",
        "caller": "caller_id",
    }


def test_servicenow_labels_are_known_and_opened_is_preferred_to_created() -> None:
    assert guess_mapping(LABELS) == {
        "id": "Number",
        "opened_at": "Opened",
        "resolved_at": "Resolved",
        "priority": "Priority",
        "assignment_group": "Assignment group",
        "assignee": "Assigned to",
    }


def test_jira_names_are_known() -> None:
    assert guess_mapping(JIRA) == {
        "id": "Issue key",
        "opened_at": "Created",
        "resolved_at": "Resolved",
        "updated_at": "Updated",
        "state": "Status",
        "priority": "Priority",
        "assignee": "Assignee",
    }


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*SERVICENOW, *LABELS, *JIRA, "key", "sys_id", "Team", "x"])))
def test_a_field_is_never_used_twice(header: list[str]) -> None:
    guessed = guess_mapping(header)
    assert len(set(guessed.values())) == len(guessed)
    assert set(guessed.values()) <= set(header)


@pytest.mark.parametrize(
    "header", [SERVICENOW, LABELS, JIRA, ("sys_id", "a: b #", "'", '"x"', "${HOME}", "")]
)
def test_what_is_written_loads_without_problems_and_fits_the_schema(
    tmp_path: Path, header: tuple[str, ...]
) -> None:
    text = render(Answers("exports", "exports/incident-*.csv", header, "Europe/London"))
    configuration = loaded(tmp_path, text)
    assert configuration.policy().time_zone == "Europe/London"
    assert schema_faults(Document.parse(text, "f").data, schema(), schema()) == []


def test_every_commented_setting_is_right_once_uncommented(tmp_path: Path) -> None:
    text = render(Answers("exports", "a.csv", ("number", "opened_at", "made_up")))
    active = re.sub(r"^( *)#(?=[a-z]|  +\S)", r"\1", text, flags=re.MULTILINE)
    active = re.sub(r"^ *# .*\n", "", active, flags=re.MULTILINE)
    (tmp_path / "our-indicators.yaml").write_text("[]\n")
    (tmp_path / "c.yaml").write_text(active)
    configuration = load(tmp_path / "c.yaml", {"ITSM_MATURITY_KEY": "0123456789abcdef"})
    shown = set(Document.parse(active, "f").mapping)
    assert shown == set(type(configuration.settings).model_fields)


def test_a_commented_default_is_the_default(tmp_path: Path) -> None:
    plain = loaded(tmp_path, "connectors: {}\n").policy()
    text = """\
assess: {window: 90 days, time_zone: UTC}
response_targets: {P1: 30 min, P2: 2 h, P3: 8 h, P4: 8 h, P5: 8 h}
calendars: {default: {hours: "08:00-18:00 Mon-Fri"}}
exclude: {warm_up: 60 days}
states:
  waiting: [on hold, awaiting*, pending*, waiting*]
  ended: [resolved, closed, canceled, cancelled, completed, done]
"""
    assert loaded(tmp_path, text).policy() == plain


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_field_name_comes_back_as_it_was(name: str) -> None:
    document = Document.parse(f"a: {{b: {yaml_text(name)}}}\n", "f")
    assert document.data == {"a": {"b": name.replace("${", "$${")}}


def test_a_field_that_identifies_a_record_is_asked_for() -> None:
    with pytest.raises(UsageError) as caught:
        render(Answers("exports", "a.csv", ("foo", "bar")))
    assert "foo, bar" in caught.value.hint


def test_an_answer_completes_and_corrects_the_guess(tmp_path: Path) -> None:
    answers = Answers("exports", "a.csv", ("foo", "Opened"), columns={"id": "foo", "closed_at": "Opened"})
    assert "          id: foo\n" in render(answers)
    loaded(tmp_path, render(answers))


def test_opened_by_and_created_by_are_known() -> None:
    assert guess_mapping(["Opened by"]) == {"created_by": "Opened by"}
    assert guess_mapping(["Opened by", "Created by"]) == {"created_by": "Created by"}


def test_parts_of_an_object_are_not_listed_beside_it() -> None:
    header = ("a", "a.value", "a.link", "b", "b.display_value", "c.value")
    assert unused_fields(header, {"b.display_value"}) == ["a", "c.value"]


@pytest.mark.parametrize("either_first", [False, True])
def test_a_log_with_dates_and_an_encoding_loads(tmp_path: Path, either_first: bool) -> None:
    header = ("number", "state", "assigned_to", "sys_updated_at", "Updated by")
    log = log_fields(header, guess_mapping(header))
    assert log is not None
    assert (log.actor, log.order_by) == ("Updated by", "sys_updated_at")
    reading = {"encoding": "windows-1252", "delimiter": "\t"}
    text = render(
        Answers(
            "a",
            "a.csv",
            header,
            reading=reading,
            date_formats=("%d/%m/%Y",),
            either_first=either_first,
            log=log,
        )
    )
    loaded(tmp_path, text)
    assert ("# Check this: month first" in text) is either_first
    assert "%m/%d" not in text.replace("(%m/%d/%Y)", "")


def test_a_file_whose_rows_have_no_time_is_no_log() -> None:
    assert log_fields(("number", "state"), {"id": "number", "state": "state"}) is None


def test_a_name_that_no_connector_may_have_is_refused() -> None:
    with pytest.raises(UsageError):
        render(Answers("My Exports", "a.csv", SERVICENOW))
