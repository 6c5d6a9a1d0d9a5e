"""The example configuration reads the public ServiceNow log as section 11 A of the model says."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Reading
from connectors.files import FilesSettings
from storage.evidence.store import Record
from tests.connectors.support import SHARED, connect, load, read

EXAMPLE = Path(__file__).parents[2] / "config" / "examples" / "uci-servicenow-log.yaml"
FOLDER = SHARED / "data" / "uci-servicenow-log"

needs_log = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.exists(), reason="../shared/data/uci-servicenow-log is absent"),
]


def example(path: str = "log.csv") -> FilesSettings:
    text = re.sub(r"\$\{UCI_LOG:-[^}]*\}", path, EXAMPLE.read_text())
    return FilesSettings.model_validate(load(text)["connectors"]["uci"])


def test_a_copy_with_a_damaged_header_is_read_by_position(tmp_path: Path) -> None:
    settings = example()
    names = list(settings.records["incident"].names)
    damaged = ["category" if name == "subcategory" else name for name in names]
    damaged[1] = "ident_state"
    row = ["?"] * len(names)
    row[0], row[1], row[13], row[16], row[17] = (
        "INC1",
        "New",
        "29/2/2016 01:23",
        "Category 5",
        "Subcategory 7",
    )
    (tmp_path / "log.csv").write_text(",".join(damaged) + "\n" + ",".join(row) + "\n")
    found, _ = read(connect(tmp_path, settings))
    values = found["incident"][0].values
    assert (values["state"], values["category"], values["subcategory"]) == (
        "New",
        "Category 5",
        "Subcategory 7",
    )


@pytest.fixture(scope="module")
def log() -> tuple[Mapping[str, list[Record]], Reading]:
    return read(connect(FOLDER, example("incident_event_log.zip")))


@pytest.fixture(scope="module")
def incidents(log: tuple[Mapping[str, list[Record]], Reading]) -> list[Record]:
    return log[0]["incident"]


@pytest.fixture(scope="module")
def transitions(log: tuple[Mapping[str, list[Record]], Reading]) -> dict[str, list[Record]]:
    """Transitions by incident."""
    found = defaultdict(list)
    for one in log[0]["transition"]:
        found[str(one.values["record_id"])].append(one)
    return found


@pytest.fixture(scope="module")
def expected() -> Any:
    return json.loads((FOLDER / "expected.json").read_text())


def column(records: Sequence[Record], name: str) -> list[Any]:
    return [record.values[name] for record in records]


class TestUciLog:
    """Figures that were computed from the log independently."""

    pytestmark = needs_log

    def test_every_update_is_read_and_every_incident_made(
        self, log: tuple[Mapping[str, list[Record]], Reading], expected: Any
    ) -> None:
        reading = log[1]
        assert (reading.received, reading.counted, reading.rejected) == (141_712, 141_712, [])
        assert reading.records == len(log[0]["incident"]) == expected["incidents"]

    @pytest.mark.parametrize("name", ["priority", "impact"])
    def test_codes_are_numbers(self, incidents: list[Record], expected: Any, name: str) -> None:
        found = Counter(column(incidents, name))
        assert found == {int(code[0]): count for code, count in expected[name].items()}

    def test_flags_are_those_of_the_last_row(self, incidents: list[Record], expected: Any) -> None:
        assert column(incidents, "made_sla").count(True) == expected["made_sla"]["true"]
        assert column(incidents, "knowledge_used").count(True) == expected["knowledge"]["true"]
        assert Counter(column(incidents, "state")) == expected["incident_state"]
        assert Counter(column(incidents, "channel")) == expected["contact_type"]

    def test_counters_are_those_of_the_last_row(self, incidents: list[Record], expected: Any) -> None:
        moved, reopened = column(incidents, "reassignment_count"), column(incidents, "reopen_count")
        assert round(sum(moved) / len(moved), 4) == expected["reassign_mean"]
        assert (max(moved), max(reopened)) == (expected["reassign_max"], expected["reopen_max"])
        assert sum(count > 0 for count in reopened) == expected["reopened_n"]

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("ci_id", "cmdb_ci"),
            ("problem_id", "problem_id"),
            ("fix_change_id", "rfc"),
            ("caused_by_change_id", "caused_by"),
            ("assignment_group", "assignment_group"),
            ("assignee", "assigned_to"),
            ("category", "category"),
            ("subcategory", "subcategory"),
            ("close_code", "closed_code"),
            ("resolver", "resolved_by"),
        ],
    )
    def test_what_is_empty_in_the_last_row_stays_empty(
        self, incidents: list[Record], expected: Any, name: str, key: str
    ) -> None:
        filled = [value for value in column(incidents, name) if value is not None]
        assert round(100 * len(filled) / len(incidents), 4) == pytest.approx(
            expected[f"linked_{key}"]["final_pct"], abs=0.0005
        )

    def test_a_missing_resolution_is_the_first_row_that_says_resolved(
        self, incidents: list[Record], expected: Any
    ) -> None:
        without = [one for one in incidents if "resolved_at" not in one.kept]
        assert len(without) == expected["resolved_missing"]
        assert all(one.values["resolved_at"] is not None for one in incidents)
        from_closing = [one for one in without if one.values["resolved_at"] == one.values["closed_at"]]
        assert len([one for one in from_closing if in_cohort(one) and not resolved_row(one)]) == 3

    def test_incidents_resolved_within_30_days(self, incidents: list[Record]) -> None:
        cohort = [one for one in incidents if in_cohort(one)]
        assert len(cohort) == 21_571
        both = zip(column(cohort, "opened_at"), column(cohort, "resolved_at"), strict=True)
        in_time = sum(resolved - opened <= timedelta(days=30) for opened, resolved in both)
        assert round(100 * in_time / len(cohort), 2) == 95.27

    def test_ping_pong(self, incidents: list[Record], transitions: dict[str, list[Record]]) -> None:
        paths = [groups(transitions[one.id]) for one in incidents if in_cohort(one)]
        paths = [path for path in paths if path]
        assert len(paths) == 21_199
        back = sum(len(set(path)) < len(path) for path in paths)
        assert round(100 * back / len(paths), 2) == 10.87

    def test_paused_share_of_open_time(
        self, incidents: list[Record], transitions: dict[str, list[Record]]
    ) -> None:
        spent: Counter[str] = Counter()
        for one in filter(in_cohort, incidents):
            states = [change for change in transitions[one.id] if change.values["field"] == "state"]
            ends = [*(change.values["at"] for change in states[1:]), one.updated_at]
            for change, end in zip(states, ends, strict=True):
                began = change.values["at"]
                assert isinstance(began, datetime)
                assert isinstance(end, datetime)
                spent[str(change.values["new_value"])] += int((end - began).total_seconds())
        paused = sum(seconds for state, seconds in spent.items() if state.startswith("Awaiting "))
        opened = sum(seconds for state, seconds in spent.items() if state not in ("Resolved", "Closed"))
        assert round(100 * paused / opened, 2) == 38.70

    def test_mapping_again_gives_the_same(self, incidents: list[Record]) -> None:
        connector = connect(FOLDER, example("incident_event_log.zip"))
        assert all(connector.remap("incident", one) == one for one in incidents[::50])

    def test_nobody_is_named(self, log: tuple[Mapping[str, list[Record]], Reading]) -> None:
        everything = repr([one for records in log[0].values() for one in records[:5000]])
        assert not re.findall(r"(?:Caller|Resolver|Updated by|Resolved by) +\d+", everything)


def in_cohort(incident: Record) -> bool:
    opened = incident.values["opened_at"]
    assert isinstance(opened, datetime)
    return "2016-03-01" <= opened.date().isoformat() < "2016-05-18"


def resolved_row(incident: Record) -> bool:
    """Whether a row said Resolved: two conditions are kept, and both have a time then."""
    return len([name for name in incident.kept if name.startswith("at_first(")]) == 2


def groups(transitions: Sequence[Record]) -> list[object]:
    """Return the groups an incident went through: empty ones skipped, equal neighbours as one."""
    path: list[object] = []
    for one in transitions:
        group = one.values["new_value"]
        if one.values["field"] == "assignment_group" and group is not None and path[-1:] != [group]:
            path.append(group)
    return path
