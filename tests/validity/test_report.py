"""How a run of proofs is kept, taken up again and written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.validity import report
from tests.validity.figures import Figure, at_least

SHARE = at_least("A share", 96, 95, "%", cases=200, reading="as it says")


def test_a_run_that_was_broken_off_goes_on_after_the_proofs_that_had_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def first() -> Iterator[Figure]:
        ran.append("first")
        yield SHARE

    def second() -> Iterator[Figure]:
        ran.append("second")
        yield SHARE
        if ran == ["first", "second"]:
            raise KeyboardInterrupt

    monkeypatch.setattr(report, "PROOFS", {"first": first, "second": second})
    files = {name: tmp_path / f"{name}.json" for name in report.PROOFS}
    with pytest.raises(KeyboardInterrupt):
        report.proven(files)
    proofs = report.proven(files)
    assert ran == ["first", "second", "second"]
    assert [(each.name, each.figures) for each in proofs] == [("first", (SHARE,)), ("second", (SHARE,))]


def test_the_page_shows_figure_interval_bar_cases_verdict_and_reading_of_every_line() -> None:
    page = report.page([report.Proof("proof", 61.4, (SHARE,))], "## Below\n")
    assert "| A share | 96 % | 92.3 to 98.3 | ≥ 95 | 200 | pass | as it says |" in page
    assert page.index("A share") < page.index("## Below") < page.index("| proof | 61 |")


def test_every_proof_that_uses_one_core_is_a_proof() -> None:
    assert set(report.ALONE) <= set(report.PROOFS)
