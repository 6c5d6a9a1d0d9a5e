"""Texts for people, where they depend on nothing but numbers."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from interface.cli.output import Rate, figures_text
from interface.cli.render.sync import ledger_of
from interface.cli.words import completeness
from scheduler import ledger
from storage.history import LedgerRow


def shown(*lines: LedgerRow, width: int = 80) -> str:
    out = io.StringIO()
    Console(width=width, file=out).print(ledger_of("corp", lines))
    return out.getvalue()


def line(**figures: object) -> LedgerRow:
    row = ledger.row("corp", "incident", "stored")
    return replace(row, counted=20, received=20, stored=20, seconds=1.0, **figures)  # type: ignore[arg-type]


def test_completeness_is_100_percent_only_where_nothing_is_missing() -> None:
    assert completeness(1.0) == "100 %"
    assert completeness(20_149_999 / 20_150_000) == "99.9 %"
    assert completeness(0.99255) == "99.2 %"
    assert completeness(0.0) == "0.0 %"
    assert completeness(None) == "unknown"


def test_figures_that_are_zero_everywhere_take_no_room() -> None:
    text = shown(line())
    for name in ("Hidden", "Rejected", "Requests", "Retries"):
        assert name not in text


def test_requests_retries_hidden_and_rejected_are_shown_where_there_are_any() -> None:
    text = shown(line(requests=7, retries=2, hidden=3, rejected=1), width=120)
    for name in ("Hidden", "Rejected", "Requests", "Retries"):
        assert name in text


def test_no_figure_is_cut_however_long_it_is() -> None:
    large = line(requests=12_345, retries=67, hidden=8_901_234, changed=5_678_901, deleted=2_345_678)
    large = replace(large, kind="configuration_item", counted=123_456_789, received=114_555_555)
    text = shown(large, replace(ledger.row("corp", "event", "absent")), width=60)
    words = " ".join(text.split())
    for figure in ("123,456,789 counted", "114,555,555 came", "5,678,901 changed", "2,345,678 gone"):
        assert figure in words
    assert "8,901,234 hidden; 12,345 requests, 67 retries" in words
    assert "absent: event" in words
    assert "…" not in text


def test_the_windows_of_a_kind_are_added_up() -> None:
    text = shown(line(requests=2), line(requests=3))
    assert text.count("incident") == 1
    assert " 40 " in text
    assert " 5 " in text


def test_what_is_said_of_several_windows_is_said_of_their_sum() -> None:
    parts = [ledger.KindReport(ledger.judged(line(hidden=hidden))) for hidden in (0, 206, 3)]
    (total,) = ledger.totals(parts)
    assert total.row.message == "209 rows are there but hidden from this user."
    failed = ledger.KindReport(ledger.row("corp", "incident", "failed", "The platform is busy."))
    (total,) = ledger.totals([*parts, failed])
    assert (total.row.outcome, total.row.message) == ("failed", "The platform is busy.")


def test_progress_says_how_many_rows_came_and_how_fast() -> None:
    rate = Rate()
    assert rate.per_second("reading incident", 500, 10.0) is None
    assert rate.per_second("reading incident", 900, 10.5) is None, "too little was seen"
    assert rate.per_second("reading incident", 2500, 14.0) == 500
    assert rate.per_second("storing incident", 2500, 15.0) is None
    assert rate.per_second("reading problem", 10, 16.0) is None
    assert figures_text(20_000, 51_000, 1200.4) == "20,000 of 51,000, 1,200/s"
    assert figures_text(20_000, None, None) == "20,000"
    assert figures_text(3, 16, 0.4) == "3 of 16"
