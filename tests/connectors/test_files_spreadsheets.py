"""What spreadsheets make of an export is understood, or told in one sentence."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract import Reading
from connectors.files import FilesConnector
from storage.errors import FatalError
from storage.evidence.store import KindState
from tests.connectors.support import CSV, HEADER, INCIDENTS, connect, read, settings

TOLERANT = INCIDENTS.replace("type: files", "type: files\ntolerated_share: 90 %")


def connector(
    folder: Path, content: str | bytes, name: str = "incidents.csv", text: str = INCIDENTS, **changes: object
) -> FilesConnector:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return connect(folder, settings(text, path=name, **changes))


def ids(found: FilesConnector) -> list[str]:
    records, reading = read(found)
    assert reading.rejected == []
    return [record.id for record in records["incident"]]


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "\ufeffSEP=;\n"])
def test_a_first_line_that_names_the_delimiter_is_obeyed(tmp_path: Path, first: str) -> None:
    found = connector(tmp_path, first + CSV.replace(",", ";"))
    assert found.problems() == []
    assert ids(found) == ["INC1", "INC2"]


def test_lines_are_counted_from_the_one_that_names_the_delimiter(tmp_path: Path) -> None:
    found = connector(tmp_path, "sep=;\n" + CSV.replace(",", ";") + "INC3\n", text=TOLERANT)
    assert [one.position for one in read(found)[1].rejected] == ["incidents.csv line 5"]


def test_a_set_delimiter_stands_above_the_line_that_names_one(tmp_path: Path) -> None:
    assert ids(connector(tmp_path, "sep=;\n" + CSV, delimiter=",")) == ["INC1", "INC2"]


def test_rows_without_any_value_are_skipped(tmp_path: Path) -> None:
    found = connector(tmp_path, CSV + ",,,,,\n , ,,,,\n,,\n\n,,,,,")
    records, reading = read(found)
    assert len(records["incident"]) == 2
    assert (reading.received, reading.rejected) == (2, [])


def test_a_file_that_breaks_off_in_empty_fields_is_still_noticed(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="breaks off"):
        read(connector(tmp_path, CSV + ",,"))


def test_texts_wrapped_in_a_formula_are_taken_out(tmp_path: Path) -> None:
    content = CSV.replace("number,", '"=""number""",').replace("INC1,", '="INC1",')
    assert ids(connector(tmp_path, content.replace("INC2,", '"=""INC2""",'))) == ["INC1", "INC2"]


@pytest.mark.parametrize("end", [",\n", "\n"])
def test_a_delimiter_at_the_end_of_the_header_does_no_harm(tmp_path: Path, end: str) -> None:
    header, *rows = CSV.splitlines()
    content = f"{header},\n" + "".join(row + end for row in rows)
    assert ids(connector(tmp_path, content)) == ["INC1", "INC2"]


@pytest.mark.parametrize(("sign", "written"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_a_wrong_delimiter_is_told_once(tmp_path: Path, sign: str, written: str) -> None:
    found = connector(tmp_path, CSV.replace(",", sign))
    (problem,) = found.problems()
    assert problem.path == ("records", "incident", "path")
    assert f"has one field 'number{sign}opened" in problem.message
    assert problem.message.endswith(f'set `delimiter` to "{written}".')


def test_a_comma_is_told_where_another_delimiter_is_set(tmp_path: Path) -> None:
    (problem,) = connector(tmp_path, CSV, delimiter=";").problems()
    assert problem.message.endswith('set `delimiter` to ",".')


def test_a_byte_order_mark_is_never_shown(tmp_path: Path) -> None:
    content = CSV.encode("utf-8-sig")
    assert ids(connector(tmp_path, content, encoding="utf-8")) == ["INC1", "INC2"]
    columns = {"id": "numbr"}
    (problem,) = connector(tmp_path, content, encoding="utf-8", columns=columns).problems()
    assert "did you mean 'number'?" in problem.message


@pytest.mark.parametrize("name", ["incidents.xlsx", "incidents.csv", "incidents.zip"])
def test_an_excel_workbook_is_told_whatever_its_name(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "book", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    found = connector(tmp_path, (tmp_path / "book").read_bytes(), name)
    with pytest.raises(FatalError, match="is an Excel workbook") as caught:
        read(found)
    assert "save it as CSV UTF-8" in caught.value.hint
    assert found.probe()[0].state is KindState.UNKNOWN


def test_a_character_of_another_encoding_late_in_the_file_names_the_setting(tmp_path: Path) -> None:
    late = CSV.encode() + CSV.encode().split(b"\n", 1)[1] * 2000 + "INC9,,,Büro,,\n".encode("latin-1")
    with pytest.raises(FatalError, match="is not utf-8-sig text") as caught:
        read(connector(tmp_path, late))
    assert "`encoding`" in caught.value.hint


MONTH_FIRST = HEADER + "\n" + "".join(f"INC{day},02/{day}/2026 09:30,,,,\n" for day in range(1, 29))


def test_the_probe_tells_dates_that_cannot_be_read(tmp_path: Path) -> None:
    (result,) = connector(tmp_path, MONTH_FIRST).probe()
    assert result.state is KindState.READABLE
    assert result.detail.startswith(
        "16 of 28 rows cannot be read; the first is incidents.csv line 14, opened_at: "
    )
    assert "Set `date_formats`" in result.detail


def test_the_probe_says_when_no_sampled_row_can_be_read(tmp_path: Path) -> None:
    (result,) = connector(tmp_path, MONTH_FIRST.replace("/2026", "/26")).probe()
    assert result.state is KindState.UNKNOWN
    assert result.detail.startswith("28 of 28 rows")


def test_the_probe_does_not_blame_dates_for_other_faults(tmp_path: Path) -> None:
    (result,) = connector(tmp_path, CSV.replace("1 - Critical", "urgent")).probe()
    assert result.detail.startswith("1 of 2 rows")
    assert "date_formats" not in result.detail


def test_the_probe_reads_the_beginning_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(CSV.replace("01/02/2026", "soon"))
    (tmp_path / "a.csv").write_text(CSV + CSV.split("\n", 1)[1] * 500)
    (result,) = connect(tmp_path, settings(INCIDENTS, path="?.csv")).probe()
    assert result.detail.startswith("2 of 102 rows cannot be read; the first is b.csv line 2")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv.gz", gzip.compress(CSV.encode())[:-20]), ("a.zip", b"PK\x03\x04 and then nothing")],
)
def test_the_probe_notices_a_damaged_archive(tmp_path: Path, name: str, content: bytes) -> None:
    (result,) = connector(tmp_path, content, name).probe()
    assert result.state is KindState.UNKNOWN
    assert "truncated or damaged" in result.detail


def test_too_many_bad_dates_name_the_setting_first_and_the_share_last(tmp_path: Path) -> None:
    found = connector(tmp_path, MONTH_FIRST)
    with pytest.raises(
        FatalError, match=r"16 of 28 rows cannot be read, more than the tolerated 1 %; "
    ) as caught:
        list(found.read(next(found.windows("incident", None)), Reading()))
    assert caught.value.hint.startswith("Set `date_formats`")
    assert caught.value.hint.endswith("or raise `tolerated_share`.")


def test_a_missing_file_is_told_as_written_and_in_full(tmp_path: Path) -> None:
    found = connect(tmp_path, settings(INCIDENTS))
    told = f"There is no file incidents.csv ({tmp_path / 'incidents.csv'})"
    assert found.probe()[0].detail == f"{told}."
    with pytest.raises(FatalError) as caught:
        read(found)
    assert caught.value.message == f"{told} for incident."


def test_an_absolute_path_is_told_once(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.csv")
    (result,) = connect(tmp_path, settings(INCIDENTS, path=path)).probe()
    assert result.detail == f"There is no file {path}."


def test_dates_read_after_all_have_the_right_order(tmp_path: Path) -> None:
    text = INCIDENTS.replace("%d/%m/%Y", "%m/%d/%Y")
    found, _ = read(connector(tmp_path, MONTH_FIRST, text=text))
    assert found["incident"][-1].values["opened_at"] == datetime(2026, 2, 28, 9, 30, tzinfo=UTC)


def test_a_field_that_has_a_delimiter_in_its_name_is_no_problem_once_mapped(tmp_path: Path) -> None:
    columns = {"id": "number, or key"}
    found = connector(tmp_path, "number, or key\nINC1\n", delimiter=";", columns=columns)
    assert found.problems() == []
    assert ids(found) == ["INC1"]


def test_the_probe_does_not_judge_the_order_of_a_log_by_a_few_rows(tmp_path: Path) -> None:
    rows = "INC1,New,2026-02-02\nINC1,Active,2026-02-01\nINC2,New,2026-02-02\nINC1,Closed,2026-02-03\n"
    log = {"at": "at", "grouped": True}
    columns, history = {"id": "number"}, {"state": "state"}
    found = connector(tmp_path, f"number,state,at\n{rows}", log=log, columns=columns, history=history)
    assert [(one.kind, one.state, one.detail) for one in found.probe()] == [
        ("incident", KindState.READABLE, ""),
        ("transition", KindState.READABLE, ""),
    ]
