"""Changes from a file of their own, as an exported audit table has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.files import FilesSettings
from storage.evidence.store import Record
from tests.connectors.support import connect, load, read, settings

SETTINGS = """
type: files
records:
  incident:
    path: incidents.csv
    tracked: [state, assignee]
    columns: {id: number, state: state, assignee: assigned_to}
  transition:
    path: audit.csv
    complete: true
    columns:
      id: sys_id
      record_kind: {column: tablename, values: {task: incident}}
      record_id: document
      field: {column: fieldname, values: {incident_state: state, assigned_to: assignee}}
      old_value: {column: oldvalue, values: {"1": New, "6": Resolved}}
      new_value: {column: newvalue, values: {"1": New, "6": Resolved}}
      at: created
      sequence: checkpoint
      actor: user
"""
INCIDENTS = "number,state,assigned_to\nINC1,Resolved,ann@example.org\n"
AUDIT = """\
sys_id,tablename,document,fieldname,oldvalue,newvalue,created,checkpoint,user
a1,task,INC1,incident_state,1,6,2026-02-01T10:00:00Z,2,ann@example.org
a2,task,INC1,assigned_to,,ann@example.org,2026-02-01T09:00:00Z,1,bob@example.org
a3,task,INC1,short_description,Ann's laptop,Laptop,2026-02-01T09:00:00Z,1,bob@example.org
a4,problem,PRB1,incident_state,1,6,2026-02-01T09:00:00Z,1,bob@example.org
"""


def changes(folder: Path, audit: str = AUDIT) -> dict[str, Record]:
    (folder / "incidents.csv").write_text(INCIDENTS)
    (folder / "audit.csv").write_text(audit)
    found, _ = read(connect(folder, settings(SETTINGS)), "transition")
    return {record.id: record for record in found["transition"]}


def test_a_change_is_read_with_what_the_mapping_makes_of_its_values(tmp_path: Path) -> None:
    values = changes(tmp_path)["a1"].values
    assert [values[name] for name in ("record_kind", "record_id", "field")] == ["incident", "INC1", "state"]
    assert [values[name] for name in ("old_value", "new_value", "sequence")] == ["New", "Resolved", 2]


def test_a_person_is_a_pseudonym_in_the_change_and_in_what_is_kept_of_it(tmp_path: Path) -> None:
    change = changes(tmp_path)["a2"]
    assert str(change.values["new_value"]).startswith("person:")
    assert change.values["old_value"] is None
    assert "ann@example.org" not in repr(change)


def test_the_person_of_a_change_is_the_same_as_on_the_record(tmp_path: Path) -> None:
    change = changes(tmp_path)["a2"]
    [incident] = read(connect(tmp_path, settings(SETTINGS)))[0]["incident"]
    assert change.values["new_value"] == incident.values["assignee"]


def test_what_was_mapped_again_is_the_same_change(tmp_path: Path) -> None:
    connector = connect(tmp_path, settings(SETTINGS))
    for change in changes(tmp_path).values():
        assert connector.remap("transition", change).values == change.values


def test_changes_of_fields_that_are_not_tracked_are_left_out(tmp_path: Path) -> None:
    assert set(changes(tmp_path)) == {"a1", "a2"}


def test_a_kind_says_which_history_it_has(tmp_path: Path) -> None:
    capabilities = connect(tmp_path, settings(SETTINGS)).capabilities()
    assert capabilities["incident"].tracked == {"state", "assignee"}
    assert {"actor", "old_value", "at"} <= capabilities["transition"].columns


def test_another_list_of_tracked_fields_has_the_changes_read_again(tmp_path: Path) -> None:
    changes(tmp_path)
    before = next(connect(tmp_path, settings(SETTINGS)).windows("transition", None)).bookmark
    fewer = settings(SETTINGS.replace("[state, assignee]", "[state]"))
    assert next(connect(tmp_path, fewer).windows("transition", None)).bookmark != before


@pytest.mark.parametrize(
    ("change", "where", "told"),
    [
        (("tracked: [state, assignee]", "tracked: [stat]"), ("incident", "tracked", 0), "there are state"),
        (("      sequence: checkpoint\n", ""), ("transition", "columns"), "needs sequence as well"),
        (
            (SETTINGS[SETTINGS.index("  transition") :], ""),
            ("incident", "tracked"),
            "no file of `transition`",
        ),
        (
            (
                "    columns: {id: number, state",
                "    log: {at: at}\n    history: {state: state}\n    columns: {id: number, state",
            ),
            ("incident", "history"),
            "not in both",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(
    change: tuple[str, str], where: tuple[str, ...], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        FilesSettings.model_validate(load(SETTINGS.replace(*change)))
    assert [one["loc"] for one in caught.value.errors()] == [("records", *where)]
