from __future__ import annotations

from pathlib import Path

from tests.interface.conftest import Command


def configuration(folder: Path) -> Path:
    return folder / "itsm-maturity.yaml"


def test_records_of_a_connector_that_is_no_longer_configured_do_not_count(done: Path, run: Command) -> None:
    before = run(done, "explain", "inc-ping-pong-rate", "--json").json["indicators"][0]
    text = configuration(done).read_text(encoding="utf-8")
    configuration(done).write_text(text.replace("  org:\n", "  renamed:\n"), encoding="utf-8")
    assert run(done, "sync").code == 0
    shown = run(done, "assess")
    assert "org is not configured any more: its records are left out" in " ".join(shown.out.split())
    after = run(done, "explain", "inc-ping-pong-rate", "--json").json["indicators"][0]
    assert (after["numerator"], after["denominator"]) == (before["numerator"], before["denominator"])


def test_two_connectors_with_the_same_records_are_pointed_out(done: Path, run: Command) -> None:
    text = configuration(done).read_text(encoding="utf-8")
    connector = text[text.index("  org:\n") : text.index("assess:")]
    twin = connector.replace("  org:\n", "  twin:\n")
    configuration(done).write_text(text.replace("assess:", twin + "assess:"), encoding="utf-8")
    assert run(done, "sync").code == 0
    shown = " ".join(run(done, "assess").out.split())
    assert (
        "org and twin share 1,200 ids of incidents: if these are the same records, they count twice" in shown
    )


def test_a_file_with_unreadable_rows_is_reported_until_it_is_mended(fresh: Path, run: Command) -> None:
    log = fresh / "export" / "service_levels.csv"
    lines = log.read_text(encoding="utf-8").splitlines()
    log.write_text("\n".join([*lines, ",".join("x" for _ in lines[0].split(","))]), encoding="utf-8")
    first, second = run(fresh, "sync"), run(fresh, "sync")
    assert (first.code, second.code) == (1, 1)
    assert "1 rows could not be read" in second.out
    log.write_text("\n".join(lines), encoding="utf-8")
    assert [run(fresh, "sync").code, run(fresh, "sync").code] == [0, 0]


def test_a_day_to_come_is_not_assessed(done: Path, run: Command) -> None:
    answer = run(done, "assess", "--as-of", "2090-01-01")
    assert answer.code == 2
    assert "still to come" in answer.err


def test_history_marks_a_change_that_comes_from_other_thresholds(done: Path, run: Command) -> None:
    own = done / "own.yaml"
    own.write_text("indicators:\n  - {id: inc-ping-pong-rate, anchors: {zero: 90}}\n", encoding="utf-8")
    with configuration(done).open("a", encoding="utf-8") as file:
        file.write(f"indicators: {own}\n")
    assert run(done, "assess").code == 0
    newest = run(done, "history", "--indicator", "inc-ping-pong-rate").out.splitlines()
    assert any("points ≠" in line for line in newest)
