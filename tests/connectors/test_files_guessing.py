"""What is found out about an export before anything is configured."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files.guessing import Dates, dates_in, encoding_of, has_several_rows
from connectors.files.readers import row_file
from connectors.files.settings import RecordFile

FILE = RecordFile.model_validate({"path": "a.csv", "columns": {"id": "id"}})


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2026-01-31 10:00:00", "2026-01-31T10:00:00Z"], ()),
        (["31/01/2026 10:00"], ("%d/%m/%Y %H:%M",)),
        (["31/01/2026 10:00", "01/02/2026 10:00:05"], ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")),
        (["01/31/2026 10:00:00 PM"], ("%m/%d/%Y %I:%M:%S %p",)),
        (["31.01.2026 23:59"], ("%d.%m.%Y %H:%M",)),
        (["31-01-2026 23:59:01"], ("%d-%m-%Y %H:%M:%S",)),
        (["31/Jan/26 9:30 AM", "2026-01-31"], ("%d/%b/%y %I:%M %p",)),
        (["31/01/2026"], ("%d/%m/%Y",)),
        (["31/01/2026", "31.01.2026 23:59"], ("%d/%m/%Y", "%d.%m.%Y %H:%M")),
        (["?", "31.01.2026"], ("%d.%m.%Y",)),
    ],
)
def test_formats_that_read_every_date_are_found(texts: list[str], formats: tuple[str, ...]) -> None:
    assert dates_in(texts) == Dates(formats)


@pytest.mark.parametrize("more", [[], ["31.01.2026 10:00"]])
def test_day_first_is_chosen_and_told_where_month_first_fits_as_well(more: list[str]) -> None:
    found = dates_in(["01/02/2026 10:00", *more])
    assert found.formats[0] == "%d/%m/%Y %H:%M"
    assert found.either_first


@settings(derandomize=True, max_examples=50, deadline=None)
@given(
    st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)), min_size=1, max_size=8),
    st.sampled_from(["%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p"]),
)
def test_never_both_orders_of_day_and_month(moments: list[datetime], form: str) -> None:
    found = dates_in([moment.strftime(form) for moment in moments])
    assert found.formats
    assert len({one[:5] for one in found.formats}) == 1


def test_dates_of_both_orders_are_not_understood() -> None:
    found = dates_in(["31/01/2026", "01/31/2026"])
    assert found.formats == ()
    assert "order of day and month" in found.unread


def test_a_strange_date_is_told_by_its_shape_alone() -> None:
    assert dates_in(["31/01/2026", "week 12"]).unread == "a value like 'aaaa 99' is no date and time"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id\nBüro\n".encode(), "utf-8-sig"),
        ("id\nBüro\n".encode("utf-8-sig"), "utf-8-sig"),
        ("id\nBüro\n".encode("utf-16"), "utf-16"),
        ("id\nBüro €\n".encode("windows-1252"), "windows-1252"),
        (b"id\nB\x81\n", "latin-1"),
        (b"", "utf-8-sig"),
        (b"id\n" + b"a\n" * 2**20 + b"\xfc\n", "windows-1252"),
    ],
)
def test_the_encoding_of_the_whole_file_is_found(tmp_path: Path, content: bytes, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert encoding_of(tmp_path / "a.csv", FILE) == encoding


@pytest.mark.parametrize(
    ("rows", "at", "several"),
    [
        ("A,1\nB,1\n", "at", False),
        ("A,1\nB,1\nA,2\n", "at", True),
        ("A,1\nA,1\n", "at", False),
        ("A,1\nA,1\n", None, True),
    ],
)
def test_several_rows_of_one_record_are_noticed(
    tmp_path: Path, rows: str, at: str | None, several: bool
) -> None:
    (tmp_path / "a.csv").write_text("id,at\n" + rows)
    assert has_several_rows(row_file(tmp_path / "a.csv", FILE, frozenset()), "id", at) is several
