from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from connectors.contract import Reading
from connectors.files import FilesConnector, FilesSettings, connector, readers
from storage.errors import FatalError, SkippableError
from storage.evidence.store import KindState, Record
from tests.connectors.support import CSV, HEADER, INCIDENTS, ROWS, connect, load, read, settings

TOLERANT = INCIDENTS.replace("type: files", "type: files\ntolerated_share: 90 %")


def written(folder: Path, content: str | bytes = CSV, name: str = "incidents.csv") -> Path:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


def incidents(folder: Path, text: str = INCIDENTS, **changes: object) -> dict[str, Record]:
    found, _ = read(connect(folder, settings(text, **changes)))
    return {record.id: record for record in found["incident"]}


def one(folder: Path, columns: dict[str, object], row: dict[str, object]) -> Record:
    """Read one JSON object with a mapping of its own."""
    written(folder, orjson.dumps([{"id": "A", **row}]), "one.json")
    mapping = {"id": "id", **columns}
    chosen = {"type": "files", "records": {"incident": {"path": "one.json", "columns": mapping}}}
    found, reading = read(connect(folder, FilesSettings.model_validate(chosen)))
    assert not reading.rejected
    return found["incident"][0]


def test_values_take_the_type_of_their_column(tmp_path: Path) -> None:
    written(tmp_path)
    first = incidents(tmp_path)["INC1"].values
    assert first["opened_at"] == datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
    assert first["priority"] == 1
    assert first["assignment_group"] == "Network"
    assert str(first["caller"]).startswith("person:")
    assert first["resolution_note_length"] == len("Replaced the cable in room 4")


def test_an_empty_field_and_a_form_default_are_no_value(tmp_path: Path) -> None:
    written(tmp_path)
    second = incidents(tmp_path)["INC2"].values
    assert second["assignment_group"] is None
    assert second["resolution_note_length"] == 0
    assert second["resolution_note_fingerprint"] is None


@pytest.mark.parametrize("name", ["export.csv", "export.json"])
def test_a_nul_character_is_dropped(tmp_path: Path, name: str) -> None:
    rows = {
        "export.csv": b"id,group\nA,Net\x00work\n",
        "export.json": b'[{"id": "A", "group": "Net\\u0000work"}]',
    }
    written(tmp_path, rows[name], name)
    columns = {"id": "id", "assignment_group": "group"}
    chosen = {"type": "files", "records": {"incident": {"path": name, "columns": columns}}}
    found, _ = read(connect(tmp_path, FilesSettings.model_validate(chosen)))
    assert found["incident"][0].values["assignment_group"] == "Network"
    assert found["incident"][0].kept["group"] == "Network"


def test_a_field_that_is_not_mapped_is_not_kept(tmp_path: Path) -> None:
    written(tmp_path)
    columns = {"id": "number", "priority": {"column": "priority", "leading_number": True}}
    assert incidents(tmp_path, columns=columns)["INC1"].kept == {"number": "INC1", "priority": "1 - Critical"}


def test_persons_are_kept_as_pseudonyms_and_texts_as_length_and_fingerprint(tmp_path: Path) -> None:
    written(tmp_path)
    record = incidents(tmp_path)["INC1"]
    assert record.kept["caller"] == record.values["caller"]
    assert record.kept["notes"] == {
        "length": 28,
        "fingerprint": record.values["resolution_note_fingerprint"],
    }


def test_times_without_a_zone_are_read_in_the_time_zone(tmp_path: Path) -> None:
    written(tmp_path)
    text = INCIDENTS.replace("type: files", "type: files\ntime_zone: Europe/Berlin")
    assert incidents(tmp_path, text)["INC1"].values["opened_at"] == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("time", ["2026-02-01T08:30:00Z", "2026-02-01 09:30:00+01:00", "20260201T083000Z"])
def test_iso_8601_is_always_understood(tmp_path: Path, time: str) -> None:
    assert one(tmp_path, {"opened_at": "t"}, {"t": time}).values["opened_at"] == datetime(
        2026, 2, 1, 8, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("cell", "value"), [("true", True), ("Yes", True), (1, True), (False, False), ("no", False), ("0", False)]
)
def test_truth_is_written_in_several_ways(tmp_path: Path, cell: object, value: bool) -> None:
    assert one(tmp_path, {"major": "m"}, {"m": cell}).values["major"] is value


@pytest.mark.parametrize(
    ("cell", "seconds"), [("90", 90), ("01:30:00", 5400), ("2 00:00:01", 172801), (7.0, 7)]
)
def test_durations_are_seconds_or_a_clock(tmp_path: Path, cell: object, seconds: int) -> None:
    written(tmp_path, orjson.dumps([{"id": "S", "spent": cell}]), "sla.json")
    chosen = load("{type: files, records: {service_level: {path: sla.json, columns: {id: id}}}}")
    chosen["records"]["service_level"]["columns"]["elapsed_seconds"] = "spent"
    found, _ = read(connect(tmp_path, FilesSettings.model_validate(chosen)), "service_level")
    assert found["service_level"][0].values["elapsed_seconds"] == seconds


def test_values_replace_and_the_rest_is_taken_as_it_is(tmp_path: Path) -> None:
    source = {"column": "c", "values": {"1": "Hardware", "other": None, "blank": ""}}
    cells = (1, "other", "blank", "x")
    taken = [one(tmp_path, {"category": source}, {"c": cell}).values["category"] for cell in cells]
    assert taken == ["Hardware", None, None, "x"]


def test_the_first_of_several_fields_that_is_not_empty_counts(tmp_path: Path) -> None:
    source = {"first_of": ["a", "b", {"constant": "none"}]}
    rows: list[dict[str, object]] = [{"a": "1", "b": "2"}, {"a": " ", "b": "2"}, {}]
    assert [one(tmp_path, {"category": source}, row).values["category"] for row in rows] == ["1", "2", "none"]


def test_json_paths_lead_below_an_object(tmp_path: Path) -> None:
    row: dict[str, object] = {"group": {"name": "Network"}}
    assert one(tmp_path, {"assignment_group": "group.name"}, row).values["assignment_group"] == "Network"


def test_records_stand_where_records_at_says(tmp_path: Path) -> None:
    written(tmp_path, b'{"data": {"rows": [{"number": "INC1"}]}}', "deep.json")
    found = incidents(tmp_path, path="deep.json", records_at="data.rows", columns={"id": "number"})
    assert found.keys() == {"INC1"}


def test_updated_at_and_revision_say_which_copy_is_newer(tmp_path: Path) -> None:
    record = one(tmp_path, {"updated_at": "u", "revision": "r"}, {"u": "2026-01-01", "r": "4"})
    assert (record.updated_at, record.revision) == (datetime(2026, 1, 1, tzinfo=UTC), 4)
    assert record.values == {}


def test_encoding_and_delimiter_can_be_set(tmp_path: Path) -> None:
    written(tmp_path, "number;group\nINC1;Büro\n".encode("latin-1"))
    columns = {"id": "number", "assignment_group": "group"}
    found = incidents(tmp_path, encoding="latin-1", delimiter=";", columns=columns)
    assert found["INC1"].values["assignment_group"] == "Büro"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    written(tmp_path, CSV.encode("utf-8-sig"))
    assert incidents(tmp_path).keys() == {"INC1", "INC2"}


def test_two_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    written(tmp_path, "number,category,category\nINC1,Network,Switch\n")
    columns = {"id": {"position": 1}, "category": "category", "subcategory": "category#2"}
    assert incidents(tmp_path, columns=columns)["INC1"].values == {
        "category": "Network",
        "subcategory": "Switch",
    }


def test_names_replace_a_damaged_header_or_a_missing_one(tmp_path: Path) -> None:
    names = ["number", "opened", "priority", "group", "caller", "notes"]
    written(tmp_path, "x,x,x,x,x,x\n" + ROWS)
    assert incidents(tmp_path, names=names).keys() == {"INC1", "INC2"}
    written(tmp_path, ROWS)
    assert incidents(tmp_path, names=names, header=False).keys() == {"INC1", "INC2"}


def test_a_pattern_reads_all_files_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        written(tmp_path, f"number\n{name}1\n{name}2\n", f"incident-{name}.csv")
    found = incidents(tmp_path, path="incident-*.csv", columns={"id": "number"})
    assert list(found) == ["a1", "a2", "b1", "b2"]


@pytest.mark.parametrize("written_as", ["{folder}/incident-*.csv", "../{name}/incident-*.csv"])
def test_a_pattern_may_lead_anywhere(tmp_path: Path, written_as: str) -> None:
    written(tmp_path, "number\nINC1\n", "incident-a.csv")
    path = written_as.format(folder=tmp_path, name=tmp_path.name)
    assert incidents(tmp_path, path=path, columns={"id": "number"}).keys() == {"INC1"}


def test_a_file_whose_name_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    written(tmp_path, "number\nINC1\n", "incidents [1].csv")
    assert incidents(tmp_path, path="incidents [1].csv", columns={"id": "number"}).keys() == {"INC1"}


def test_bad_rows_are_counted_with_their_line_and_without_personal_data(tmp_path: Path) -> None:
    bad = (
        'INC3,01/02/2026 09:30,2 - High,Network,ann@example.org,"two\nlines"\n'
        "INC4,yesterday,2 - High,Network,ann@example.org,\n"
        "INC5,01/02/2026 09:30,urgent,Network,ann@example.org,\n"
        "INC6,ann@example.org\n"
        ",01/02/2026 09:30,2 - High,Network,ann@example.org,\n"
        'INC7,01/02/2026 09:30,"2" - High,Network,ann@example.org,\n'
        "INC8,01/02/2026 09:30,2 - High,Network,ann@example.org,\n"
    )
    written(tmp_path, CSV + bad)
    found, reading = read(connect(tmp_path, settings(TOLERANT)))
    assert [record.id for record in found["incident"]] == ["INC1", "INC2", "INC3", "INC8"]
    assert [(one.position, one.reason) for one in reading.rejected] == [
        ("incidents.csv line 6", "opened_at: a value like 'aaaaaaaaa' is no date and time"),
        ("incidents.csv line 7", "priority: a value like 'aaaaaa' does not begin with a number"),
        ("incidents.csv line 8", "has 2 fields in place of 6"),
        ("incidents.csv line 9", "id: is empty"),
        ("incidents.csv line 10", "is not valid CSV"),
    ]
    assert (reading.counted, reading.received, reading.records) == (9, 9, 4)


def test_a_person_in_the_wrong_field_is_not_named_when_the_row_is_rejected(tmp_path: Path) -> None:
    written(tmp_path, CSV + "INC3,Ann Example <ann@example.org>,3 - Low,Network,x,\n")
    connector = connect(tmp_path, settings(INCIDENTS))
    window = next(connector.windows("incident", None))
    with pytest.raises(FatalError) as caught:
        list(connector.read(window, Reading()))
    assert "opened_at: a value like 'Aaa Aaaaaaa <aaa@aaaaaaa.aaa>' is no date" in caught.value.message
    assert "Ann" not in caught.value.message


def test_more_bad_rows_than_tolerated_stop_the_sync_before_anything_is_stored(tmp_path: Path) -> None:
    written(tmp_path, CSV + "INC3\n")
    connector = connect(tmp_path, settings(INCIDENTS))
    window = next(connector.windows("incident", None))
    batches = connector.read(window, Reading())
    with pytest.raises(FatalError, match=r"1 of 3 rows .* first is incidents.csv line 4, has 1 fields"):
        next(batches)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_line_without_end_is_refused_before_it_fills_memory(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_LONGEST_LINE", 100)
    written(tmp_path, "number\n" + "x" * 1000, name)
    with pytest.raises(FatalError, match=r"has a line of more than 100 characters") as caught:
        read(connect(tmp_path, settings(INCIDENTS, path=name, columns={"id": "number"})))
    assert "one line per row" in caught.value.hint


def test_a_header_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_LONGEST_LINE", 100)
    written(tmp_path, "x" * 1000)
    assert "has a line of more than 100" in connect(tmp_path, settings(INCIDENTS)).probe()[0].detail
    assert not connect(tmp_path, settings(INCIDENTS)).problems()


def test_a_json_document_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_LARGEST_DOCUMENT", 100)
    written(tmp_path, orjson.dumps([{"number": f"INC{number}"} for number in range(20)]), "a.json")
    with pytest.raises(FatalError, match="a JSON document of more than 100 bytes") as caught:
        read(connect(tmp_path, settings(INCIDENTS, path="a.json", columns={"id": "number"})))
    assert "JSON lines" in caught.value.hint


def test_a_file_of_nothing_but_bad_rows_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "_BATCH", 10)
    written(tmp_path, "number,opened\n" + "x\n" * 1000)
    reading = Reading()
    reader = connect(tmp_path, settings(INCIDENTS, columns={"id": "number"}))
    with pytest.raises(FatalError, match="10 of 10 rows cannot be read"):
        list(reader.read(next(reader.windows("incident", None)), reading))


def test_bad_json_objects_and_lines_are_rejected(tmp_path: Path) -> None:
    written(
        tmp_path,
        b'{"number": "INC1"}\n{"number"\n[1]\n{"number": ["INC2"]}\n\n{"number": "INC3"}\n',
        "a.jsonl",
    )
    found, reading = read(connect(tmp_path, settings(TOLERANT, path="a.jsonl", columns={"id": "number"})))
    assert [record.id for record in found["incident"]] == ["INC1", "INC3"]
    assert [one.position for one in reading.rejected] == [f"a.jsonl line {line}" for line in (2, 3, 4)]


def zipped(**members: str) -> bytes:
    path = Path(members.pop("at"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return path.read_bytes()


def test_a_member_of_an_archive_is_chosen_by_name(tmp_path: Path) -> None:
    zipped(at=str(tmp_path / "all.zip"), incidents=CSV, problems="id\nP1\n")
    assert incidents(tmp_path, path="all.zip", member="incidents.csv").keys() == {"INC1", "INC2"}
    with pytest.raises(FatalError, match="more than one file") as caught:
        incidents(tmp_path, path="all.zip")
    assert caught.value.hint == "Set `member` to one of incidents.csv, problems.csv."


LONG = HEADER + "\n" + ROWS * 200


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv.gz", gzip.compress(LONG.encode())[:-40], "is truncated or damaged"),
        ("a.csv.gz", LONG.encode(), "is truncated or damaged"),
        ("a.zip", b"PK\x03\x04 and then nothing", "is truncated or damaged"),
        ("a.csv", CSV[:-60].encode(), "breaks off in its last row"),
        ("a.csv", (CSV + 'INC3,"01/02/').encode(), "breaks off in its last row"),
        ("a.json", b'[{"number": "INC1"}, {"numb', "is not complete JSON"),
        ("a.json", b'{"rows": []}', "has no list at its top or under `result`"),
        ("a.jsonl", b'{"number": "INC1"}\n{"numb', "breaks off in its last row"),
        ("a.csv", CSV.replace("cable", "Tür").encode("latin-1"), "is not utf-8-sig text"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"number,opened\n", "has no field 'priority'"),
    ],
)
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    written(tmp_path, content, name)
    connector = connect(tmp_path, settings(INCIDENTS, path=name))
    with pytest.raises(FatalError, match=told) as caught:
        read(connector)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_truncated_archive_gives_no_window(tmp_path: Path) -> None:
    written(tmp_path, gzip.compress(LONG.encode())[:-8], "a.csv.gz")
    with pytest.raises(FatalError, match="truncated"):
        next(connect(tmp_path, settings(INCIDENTS, path="a.csv.gz")).windows("incident", None))


def test_a_folder_in_place_of_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "incidents.csv").mkdir()
    with pytest.raises(FatalError, match="is a folder"):
        read(connect(tmp_path, settings(INCIDENTS)))


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (CSV, KindState.READABLE),
        (HEADER + "\n", KindState.EMPTY),
        ("", KindState.UNKNOWN),
        (None, KindState.ABSENT),
    ],
)
def test_the_probe_says_what_is_there(tmp_path: Path, content: str | None, state: KindState) -> None:
    if content is not None:
        written(tmp_path, content)
    (result,) = connect(tmp_path, settings(INCIDENTS)).probe()
    assert result.state is state
    assert bool(result.detail) is (state in (KindState.UNKNOWN, KindState.ABSENT))


def problems(connector: FilesConnector) -> dict[tuple[str | int, ...], str]:
    return {problem.path: problem.message for problem in connector.problems()}


def test_a_field_that_is_not_in_the_header_is_a_problem_at_its_setting(tmp_path: Path) -> None:
    written(tmp_path)
    columns = {"id": "number", "caller": "callr", "category": {"first_of": ["group", "group#2"]}}
    found = problems(connect(tmp_path, settings(INCIDENTS, columns=columns)))
    assert found == {
        ("records", "incident", "columns", "caller"): (
            "incidents.csv has no field 'callr' (did you mean 'caller'?)."
        ),
        ("records", "incident", "columns", "category", "first_of", 1): (
            "incidents.csv has no field 'group#2' (did you mean 'group'?)."
        ),
    }


def test_a_key_that_no_json_object_has_is_a_problem(tmp_path: Path) -> None:
    written(tmp_path, b'[{"number": "1"}, {"group": {"name": "x"}}]', "a.json")
    columns = {"id": "number", "assignment_group": "group.name", "category": "group.nam"}
    found = problems(connect(tmp_path, settings(INCIDENTS, path="a.json", columns=columns)))
    assert list(found) == [("records", "incident", "columns", "category")]


def test_a_missing_file_is_no_problem_of_the_settings(tmp_path: Path) -> None:
    assert problems(connect(tmp_path, settings(INCIDENTS))) == {}


def bookmark(folder: Path, *, key: bytes = b"test", **changes: object) -> str:
    return next(connect(folder, settings(INCIDENTS, **changes), key=key).windows("incident", None)).bookmark


def test_contents_mapping_and_key_decide_whether_a_file_is_read_again(tmp_path: Path) -> None:
    written(tmp_path)
    known = bookmark(tmp_path)
    (tmp_path / "moved.csv").write_text(CSV)
    assert bookmark(tmp_path, path="moved.csv") == known
    changed = {
        bookmark(tmp_path, key=b"another"),
        bookmark(tmp_path, columns={"id": "number"}),
        bookmark(tmp_path, complete=True),
    }
    written(tmp_path, CSV + "INC3,,,,,\n")
    changed.add(bookmark(tmp_path))
    assert len(changed | {known}) == 5


def test_a_changed_mapping_is_applied_to_what_was_kept(tmp_path: Path) -> None:
    written(tmp_path)
    record = incidents(tmp_path)["INC1"]
    columns = {"id": "number", "category": "group", "impact": {"column": "priority", "leading_number": True}}
    again = connect(tmp_path, settings(INCIDENTS, columns=columns)).remap("incident", record)
    assert again.values == {"category": "Network", "impact": 1}
    assert (again.id, again.kept) == (record.id, record.kept)


def test_a_record_that_does_not_fit_a_changed_mapping_can_be_skipped(tmp_path: Path) -> None:
    written(tmp_path)
    record = incidents(tmp_path)["INC1"]
    connector = connect(tmp_path, settings(INCIDENTS, columns={"id": "number", "impact": "group"}))
    with pytest.raises(SkippableError, match="impact: a value like 'Aaaaaaa' is no whole number") as caught:
        connector.remap("incident", record)
    assert caught.value.position == "incident INC1"


def test_a_complete_file_says_so(tmp_path: Path) -> None:
    written(tmp_path)
    connector = connect(tmp_path, settings(INCIDENTS, complete=True))
    assert connector.capabilities()["incident"].deletes
    assert next(connector.windows("incident", None)).complete
