from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from storage.errors import FatalError
from storage.evidence.store import Record
from tests.connectors.support import connect, read, settings
from tests.connectors.test_files_conformance import LOG, LOG_SETTINGS

HEADER = LOG.splitlines()[0]


def folded(folder: Path, rows: str = LOG, text: str = LOG_SETTINGS) -> tuple[list[Record], list[Record]]:
    (folder / "log.csv").write_text(rows)
    found, _ = read(connect(folder, settings(text)))
    return found["incident"], found["transition"]


def changes(transitions: Sequence[Record], field: str, record: str = "INC1") -> list[tuple[object, object]]:
    return [
        (one.values["old_value"], one.values["new_value"])
        for one in transitions
        if one.values["field"] == field and one.values["record_id"] == record
    ]


def test_the_record_is_the_literal_last_row(tmp_path: Path) -> None:
    rows = LOG + "INC1,Closed,,,2026-02-01T12:00:00Z,bob@example.org\n"
    incident = folded(tmp_path, rows)[0][0]
    assert incident.values["state"] == "Closed"
    assert incident.values["assignee"] is None
    assert incident.updated_at == datetime(2026, 2, 1, 12, tzinfo=UTC)


def test_last_goes_back_to_the_last_value_that_is_not_empty(tmp_path: Path) -> None:
    rows = LOG + "INC1,Closed,,,2026-02-01T12:00:00Z,bob@example.org\n"
    assert folded(tmp_path, rows)[0][0].values["assignment_group"] == "DBA"


def test_first_is_the_first_value_that_is_not_empty(tmp_path: Path) -> None:
    text = LOG_SETTINGS.replace("state: state\n", "state: {first: state}\n", 1)
    rows = LOG.replace("INC1,New", "INC1,", 1)
    assert folded(tmp_path, rows, text)[0][0].values["state"] == "Active"


def test_at_first_is_the_time_of_the_first_row_that_fulfils_the_condition(tmp_path: Path) -> None:
    incidents, _ = folded(tmp_path)
    assert [one.values["acknowledged_at"] for one in incidents] == [
        datetime(2026, 2, 1, 9, 10, tzinfo=UTC),
        None,
    ]


@pytest.mark.parametrize(
    ("condition", "minute"),
    [
        ("{state: Active}", 10),
        ("{state: [Closed, Active]}", 10),
        ("{state: {not: New}}", 10),
        ("{state: {not: [New, Active]}}", None),
        ("{assignee: present}", 10),
        ("{assignee: missing}", 0),
        ("{state: New, group: Network}", 0),
        ("{all: [{state: Active}, {group: Network}]}", None),
        ("{any: [{state: Active}, {group: Network}]}", 0),
        ("{assignee: {not: someone}}", 10),
    ],
)
def test_conditions(tmp_path: Path, condition: str, minute: int | None) -> None:
    text = LOG_SETTINGS.replace("{state: {not: New}}", condition)
    rows = "\n".join(LOG.splitlines()[:4]) + "\n"
    expected = None if minute is None else datetime(2026, 2, 1, 9, minute, tzinfo=UTC)
    assert folded(tmp_path, rows, text)[0][0].values["acknowledged_at"] == expected


def test_only_changes_become_transitions_and_the_first_value_is_one(tmp_path: Path) -> None:
    _, transitions = folded(tmp_path)
    assert changes(transitions, "state") == [(None, "New"), ("New", "Active"), ("Active", "Closed")]
    assert changes(transitions, "assignment_group") == [(None, "Network"), ("Network", "DBA")]


def test_a_change_to_empty_is_a_transition(tmp_path: Path) -> None:
    _, transitions = folded(tmp_path, LOG + "INC1,Closed,,,2026-02-01T12:00:00Z,bob@example.org\n")
    assert changes(transitions, "assignment_group")[-1] == ("DBA", None)


def test_transitions_are_numbered_over_all_fields_and_say_when_and_by_whom(tmp_path: Path) -> None:
    incidents, transitions = folded(tmp_path)
    own = [one for one in transitions if one.values["record_id"] == "INC1"]
    assert [one.values["sequence"] for one in own] == list(range(6))
    assert own[3].id == "incident:INC1:assignment_group:3"
    assert own[3].values["at"] == datetime(2026, 2, 1, 9, 10, tzinfo=UTC)
    assert own[4].values["new_value"] == incidents[0].values["assignee"]
    assert own[5].values["actor"] == incidents[0].values["assignee"]


def test_actors_are_told_from_automation(tmp_path: Path) -> None:
    _, transitions = folded(tmp_path)
    assert {str(one.values["actor"]).partition(":")[0] for one in transitions[-2:]} == {"automation"}


def test_history_values_are_mapped_like_the_column(tmp_path: Path) -> None:
    mapped = "{column: state, values: {Active: Open, New: Open}}"
    text = LOG_SETTINGS.replace("history: {state: state", f"history: {{state: {mapped}")
    _, transitions = folded(tmp_path, text=text)
    assert changes(transitions, "state") == [(None, "Open"), ("Open", "Closed")]


def test_rows_are_put_in_order_by_number_or_time(tmp_path: Path) -> None:
    header, *rows = LOG.splitlines()
    numbered = [f"{row},{number}" for number, row in enumerate(rows, start=8)]
    text = LOG_SETTINGS.replace("{at: at,", "{at: at, order_by: [mods],")
    straight = folded(tmp_path, "\n".join([f"{header},mods", *numbered]) + "\n", text)
    turned = folded(tmp_path, "\n".join([f"{header},mods", *reversed(numbered)]) + "\n", text)
    assert by_id(straight) == by_id(turned) == by_id(folded(tmp_path))


def test_grouped_rows_give_the_same(tmp_path: Path) -> None:
    header, first, second, *rest = LOG.splitlines()
    grouped = "\n".join([header, first, *rest, second]) + "\n"
    text = LOG_SETTINGS.replace("{at: at,", "{at: at, grouped: true,")
    assert by_id(folded(tmp_path, grouped, text)) == by_id(folded(tmp_path))


def test_rows_that_only_seem_grouped_stop_the_sync(tmp_path: Path) -> None:
    text = LOG_SETTINGS.replace("{at: at,", "{at: at, grouped: true,")
    with pytest.raises(FatalError, match=r"log.csv line 4 goes back to an earlier one"):
        folded(tmp_path, LOG, text)


@pytest.mark.parametrize("repeated", [False, True], ids=["newest first", "the same log twice"])
def test_a_log_that_goes_back_in_time_is_refused_unless_it_is_put_in_order(
    tmp_path: Path, repeated: bool
) -> None:
    header, *rows = LOG.splitlines()
    disordered = "\n".join([header, *(rows * 2 if repeated else reversed(rows)), ""])
    with pytest.raises(FatalError, match="not in the order of time, or holds the same rows twice") as caught:
        folded(tmp_path, disordered)
    assert "`order_by: [at]`" in caught.value.hint
    text = LOG_SETTINGS.replace("{at: at,", "{at: at, order_by: [at],")
    assert by_id(folded(tmp_path, disordered, text)) == by_id(folded(tmp_path))


def test_a_row_without_key_or_time_takes_no_part(tmp_path: Path) -> None:
    bad = ",New,DBA,,2026-02-01T12:00:00Z,\nINC2,Closed,DBA,,,\nINC2,Closed,DBA,,soon,\n"
    (tmp_path / "log.csv").write_text(LOG + bad)
    text = LOG_SETTINGS.replace("type: files", "type: files\ntolerated_share: 50 %")
    found, reading = read(connect(tmp_path, settings(text)))
    assert [(one.position, one.reason) for one in reading.rejected] == [
        ("log.csv line 6", "number: is empty"),
        ("log.csv line 7", "at: is empty"),
        ("log.csv line 8", "at: a value like 'aaaa' is no date and time"),
    ]
    assert found["incident"][1].values["state"] == "New"
    assert (reading.received, reading.records) == (7, 2)


def test_a_record_whose_last_row_cannot_be_read_is_rejected_whole(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    text = LOG_SETTINGS.replace("type: files", "type: files\ntolerated_share: 50 %")
    text = text.replace("      state: state\n", "      impact: state\n")
    found, reading = read(connect(tmp_path, settings(text)))
    assert not found
    assert [one.position for one in reading.rejected] == ["log.csv line 5", "log.csv line 3"]


def test_a_log_over_several_files_is_one_log(tmp_path: Path) -> None:
    header, *rows = LOG.splitlines()
    whole = by_id(folded(tmp_path))
    (tmp_path / "part-1.csv").write_text("\n".join([header, *rows[:2]]) + "\n")
    (tmp_path / "part-2.csv").write_text("\n".join([header, *rows[2:]]) + "\n")
    found, _ = read(connect(tmp_path, settings(LOG_SETTINGS, path="part-*.csv")))
    assert by_id((found["incident"], found["transition"])) == whole


def test_a_log_declares_what_it_tracks(tmp_path: Path) -> None:
    capabilities = connect(tmp_path, settings(LOG_SETTINGS)).capabilities()
    assert capabilities["incident"].tracked == {"state", "assignment_group", "assignee"}
    assert "actor" in capabilities["transition"].columns


def test_transitions_have_no_window_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    connector = connect(tmp_path, settings(LOG_SETTINGS))
    assert list(connector.windows("transition", None)) == []
    assert next(connector.windows("incident", None)).brings == ("transition",)


ROW = st.tuples(
    st.sampled_from(["New", "Active", "Closed", ""]),
    st.sampled_from(["Network", "DBA", ""]),
    st.sampled_from(["ann@example.org", "svc_x", ""]),
)
HISTORIES = st.lists(st.lists(ROW, min_size=1, max_size=5), min_size=1, max_size=4)


@examples(max_examples=60, deadline=None, derandomize=True)
@given(HISTORIES, st.integers(0, 2**16))
def test_it_does_not_matter_how_the_rows_of_different_records_are_mixed(
    histories: list[list[tuple[str, str, str]]], seed: int
) -> None:
    queues = [
        [f"INC{key},{','.join(row)},2026-02-01T09:{minute:02}:00Z,svc" for minute, row in enumerate(rows)]
        for key, rows in enumerate(histories)
    ]
    apart = [row for queue in queues for row in queue]
    chosen = random.Random(seed)
    mixed = []
    while any(queues):
        mixed.append(chosen.choice([queue for queue in queues if queue]).pop(0))
    with TemporaryDirectory() as name:
        first = folded(Path(name), "\n".join([HEADER, *apart]) + "\n")
        second = folded(Path(name), "\n".join([HEADER, *mixed]) + "\n")
    assert by_id(first) == by_id(second)


@examples(max_examples=60, deadline=None, derandomize=True)
@given(HISTORIES)
def test_mapping_what_was_kept_changes_nothing(histories: list[list[tuple[str, str, str]]]) -> None:
    rows = [
        f"INC{key},{','.join(row)},2026-02-01T09:{minute:02}:00Z,svc"
        for key, rows in enumerate(histories)
        for minute, row in enumerate(rows)
    ]
    with TemporaryDirectory() as name:
        incidents, transitions = folded(Path(name), "\n".join([HEADER, *rows]) + "\n")
        connector = connect(Path(name), settings(LOG_SETTINGS))
        assert [connector.remap("incident", one) for one in incidents] == incidents
        assert [connector.remap("transition", one) for one in transitions] == transitions


def by_id(found: tuple[list[Record], list[Record]]) -> dict[str, Record]:
    return {record.id: record for records in found for record in records}
