from __future__ import annotations

import io
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from interface.cli.render import verdict
from scheduler.review import explained
from scheduler.workspace import open_workspace
from tests.interface.conftest import Command


def test_history_lists_assessments_newest_first_without_their_details(assessed: Path, run: Command) -> None:
    found = run(assessed, "history", "--json").json
    assert [each["as_of"] for each in found["items"]] == ["2026-11-01", "2026-10-25"]
    assert (found["total"], found["limit"], found["offset"]) == (2, 50, 0)
    practices = found["items"][0]["practices"]
    assert all("attributes" not in each and "indicators" not in each for each in practices)
    assert "incident" in {each["practice"] for each in practices}
    assert len(practices) == 9


def test_history_with_detail_shows_attributes_and_indicators_as_text(assessed: Path, run: Command) -> None:
    lines = run(assessed, "history", "--practice", "incident", "--detail", "--limit", "1").out.splitlines()
    assert any(line.startswith("2.1 ") and "4.2" in line for line in lines)
    assert any(line.startswith("inc-sla-attainment ") for line in lines)


def test_history_with_detail_has_attributes_and_indicators(assessed: Path, run: Command) -> None:
    found = run(assessed, "history", "--detail", "--json").json
    practices = {each["practice"]: each for each in found["items"][0]["practices"]}
    assert all(len(each["attributes"]) == 8 for each in practices.values())
    assert len(practices["incident"]["indicators"]) == 16
    assert len(practices["problem"]["indicators"]) == 14


def test_history_shows_the_confirmed_level_and_when_each_assessment_was_taken(
    assessed: Path, run: Command
) -> None:
    items = run(assessed, "history", "--json").json["items"]
    lines = run(assessed, "history").out.splitlines()
    assert lines[0].split() == ["Scope", "Proven", "Possible", "Confirmed", "Index", "Change", "Coverage"]
    for item in items:
        taken = datetime.fromisoformat(item["taken_at"])
        moment = f"{taken.day} {taken:%b %Y %H:%M} UTC"
        (heading,) = [n for n, line in enumerate(lines) if item["assessment"] in line]
        assert f"taken {moment}" in lines[heading]
        practice = item["practices"][0]
        assert lines[heading + 1].split()[1:4] == [
            str(practice[name]) for name in ("level", "possible", "confirmed")
        ]


def test_history_of_an_indicator_has_that_one_alone(assessed: Path, run: Command) -> None:
    found = run(assessed, "history", "--indicator", "inc-ping-pong-rate", "--json").json
    for item in found["items"]:
        assert [each["id"] for each in item["practices"][0]["indicators"]] == ["inc-ping-pong-rate"]
    shown = run(assessed, "history", "--indicator", "inc-ping-pong-rate").out
    assert shown.count("2026") >= 2


def test_history_shows_the_change_against_the_one_before(assessed: Path, run: Command) -> None:
    items = run(assessed, "history", "--json").json["items"]
    new, old = (each["practices"][0]["index"] for each in items)
    shown = run(assessed, "history").out
    assert f"{new - old:+.2f}" in shown
    limited = run(assessed, "history", "--limit", "1").out
    assert f"{new - old:+.2f}" in limited, "the one before counts even where it is not shown"
    assert "25 Oct 2026" not in limited


def test_history_pages_and_filters(assessed: Path, run: Command) -> None:
    second = run(assessed, "history", "--limit", "1", "--offset", "1", "--json").json
    assert [each["as_of"] for each in second["items"]] == ["2026-10-25"]
    recent = run(assessed, "history", "--since", "2026-10-30", "--json").json
    assert [each["as_of"] for each in recent["items"]] == ["2026-11-01"]
    other = run(assessed, "history", "--practice", "change", "--json").json
    assert [[one["practice"] for one in each["practices"]] for each in other["items"]] == [["change"]] * 2


def test_history_without_any_assessment_says_how_to_get_one(fresh: Path, run: Command) -> None:
    answer = run(fresh, "history")
    assert answer.code == 0
    assert "itsm-maturity assess" in " ".join(answer.out.split())


def test_runs_show_what_was_asked_and_what_came(assessed: Path, run: Command) -> None:
    found = run(assessed, "history", "--runs", "--json").json
    assert [each["kind"] for each in found] == ["assess", "assess", "sync"]
    assert {line["kind"] for line in found[2]["ledger"]} == {"incident", "service_level", "transition"}
    assert all(each["finished_at"] for each in found)
    assert "sync org: stored" in run(assessed, "history", "--runs").out


def test_explain_a_practice_says_why_and_what_next(assessed: Path, run: Command) -> None:
    answer = run(assessed, "explain", "incident")
    assert answer.code == 0
    for words in (
        "proven",
        "possible",
        "Why not level",
        "What to do next",
        "bottleneck",
        "itsm-maturity explain inc-",
    ):
        assert words in answer.out


def test_explain_answers_first_and_in_words_that_need_no_standard(assessed: Path, run: Command) -> None:
    found = run(assessed, "explain", "incident", "--json").json["practices"][0]
    lines = run(assessed, "explain", "incident").out.splitlines()
    level, text = found["level"], " ".join(" ".join(lines).split())
    assert lines[2].startswith(f"Incident is at level {level} (")
    assert found["possible"] > level
    assert f"as far as records show; up to level {found['possible']} (" in text
    order = [f"Why not level {level + 1}", "What to do next", "How sure is this?", "The whole picture"]
    places = [next(n for n, line in enumerate(lines) if line.startswith(each)) for each in order]
    assert places == sorted(places)
    held = next(each for each in found["attributes"] if each["attribute"] == found["bottleneck"])
    assert held["achievement"] is None
    assert f'"all teams work alike" ({found["bottleneck"]}), which nothing shows yet' in text
    worst = min(
        (each for each in found["indicators"] if each["attribute"] == found["bottleneck"]),
        key=lambda each: (each["achievement"] or 0.0, each["id"]),
    )
    assert f"({worst['id']})" in text
    assert worst["reason"].rstrip(".") in text


def test_explain_names_the_worst_answer_its_scale_and_the_records_behind_it(assessed: Path) -> None:
    with open_workspace(assessed / "itsm-maturity.yaml") as workspace:
        found = explained(workspace, subject="incident")
    (practice,) = found.practices("incident")
    held = replace(practice, level=3, possible=3, bottleneck="4.2")
    console = Console(width=500, file=io.StringIO())
    for part in verdict.render(found, held, ()):
        console.print(part)
    text = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    worst = verdict.weakest(held)
    scale = found.catalogue.indicator(worst.id).anchors
    achieved = next(each for each in held.attributes if each.attribute == "4.2").achievement
    assert worst.attribute == "4.2"
    assert f"(4.2), which is at {100 * (achieved or 0):.0f} %: more than 50 % is needed." in text
    assert f"{scale.zero:.1f} % would be nothing, {scale.full:.1f} % everything ({worst.id})." in text
    assert f"Records to look at {', '.join(worst.measurement.sample)} All that" in text
    assert "Level 4 also waits for" in text


def test_explain_says_what_is_not_assessed_and_what_to_connect(assessed: Path, run: Command) -> None:
    text = " ".join(run(assessed, "explain", "problem").out.split())
    assert "Problem is not assessed." in text
    assert "What to do next" in text
    assert "no source delivers problems" in text


def test_explain_an_indicator_says_everything_about_it(assessed: Path, run: Command) -> None:
    text = " ".join(run(assessed, "explain", "inc-first-assignment-resolution").out.split())
    for words in (
        "Does the first team it reaches solve it?",
        "4.2 Integrated and automated",
        "group reassignments = 0",
        " of ",
        "expert default",
        "Where most of the gap is",
        "Records to look at: INC",
        "How it can be gamed",
        "What to do in ServiceNow",
        "What to do in Jira",
    ):
        assert words in text


def test_explain_shows_a_series_where_the_indicator_is_one(assessed: Path, run: Command) -> None:
    answer = run(assessed, "explain", "inc-resolution-time-trend")
    assert answer.code == 0
    assert "Over time" in answer.out or "Not rated" in answer.out


def test_explain_as_json_has_the_entry_and_the_details(assessed: Path, run: Command) -> None:
    found = run(assessed, "explain", "inc-ping-pong-rate", "--json").json
    (indicator,) = found["indicators"]
    assert indicator["id"] == "inc-ping-pong-rate"
    assert indicator["entry"]["anchors"]["expert_default"] is True
    assert {"window", "series", "groups", "sample", "aggregates", "reason"} <= set(indicator)
    practice = run(assessed, "explain", "incident", "--json").json
    assert len(practice["indicators"]) == 16
    assert practice["practices"][0]["reason"]


@pytest.mark.parametrize("indicator", ["inc-ping-pong-rate", "inc-sla-attainment", "inc-record-completeness"])
def test_explain_sql_prints_a_query_that_runs_elsewhere(assessed: Path, run: Command, indicator: str) -> None:
    query = run(assessed, "explain", indicator, "--sql").out
    assert query.startswith(f"-- {indicator}")
    (tree,) = duckdb.extract_statements(query)
    assert tree.type == duckdb.StatementType.SELECT


def test_explain_finds_an_assessment_by_the_start_of_its_id(assessed: Path, run: Command) -> None:
    older = run(assessed, "history", "--json").json["items"][1]
    answer = run(assessed, "explain", "incident", "--assessment", older["assessment"][:6], "--json")
    assert answer.json["assessment"] == older["assessment"]


def test_explain_an_unknown_name_suggests_the_nearest(assessed: Path, run: Command) -> None:
    answer = run(assessed, "explain", "inc-ping-pong")
    assert answer.code == 2
    assert "Did you mean 'inc-ping-pong-rate'?" in answer.err


def test_explain_an_unknown_assessment_is_wrong_usage(assessed: Path, run: Command) -> None:
    answer = run(assessed, "explain", "incident", "--assessment", "ffffffff", "--json")
    assert (answer.code, answer.json["error"]["type"]) == (2, "UsageError")


def test_explain_before_any_assessment_says_how_to_get_one(fresh: Path, run: Command) -> None:
    answer = run(fresh, "explain", "incident")
    assert answer.code == 1
    assert "itsm-maturity assess" in answer.err


def test_explain_needs_no_evidence(done: Path, run: Command) -> None:
    (done / "evidence.duckdb").unlink()
    shutil.rmtree(done / "export")
    assert run(done, "explain", "incident").code == 0
    assert run(done, "history").code == 0


def test_indicators_is_the_list_of_entries(fresh: Path, run: Command) -> None:
    found = run(fresh, "indicators", "--json").json
    assert len(found) == 128
    assert len({each["practice"] for each in found}) == 9
    assert {"id", "practice", "attribute", "question", "anchors", "remediation", "gaming"} <= set(found[0])


def test_indicators_marks_expert_defaults_and_exemptions(fresh: Path, run: Command) -> None:
    file = fresh / "itsm-maturity.yaml"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(
            "exemptions:\n  - {indicator: inc-automated-resolution, reason: no automation here, "
            "owner: desk-lead, until: 2030-06-30}\n"
        )
    text = run(fresh, "indicators", "--practice", "incident").out
    assert "†" in text
    assert "inc-automated-resolution until 30 Jun 2030: no automation here (desk-lead)" in " ".join(
        text.split()
    )
    entries = {each["id"]: each for each in run(fresh, "indicators", "--json").json}
    assert entries["inc-automated-resolution"]["exemption"]["owner"] == "desk-lead"


def test_an_exempt_indicator_is_not_applicable_while_the_exemption_lasts(done: Path, run: Command) -> None:
    file = done / "itsm-maturity.yaml"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(
            "exemptions:\n  - {indicator: inc-automated-resolution, reason: no automation here, "
            "owner: desk-lead, until: 2026-11-01}\n"
        )
    found = run(done, "assess", "--practice", "incident", "--json").json["practices"][0]["indicators"]
    states = {each["id"]: each["state"] for each in found}
    assert states["inc-automated-resolution"] == "not_applicable"


def test_own_indicators_that_are_wrong_are_named_with_their_place(fresh: Path, run: Command) -> None:
    (fresh / "own.yaml").write_text(
        "indicators:\n  - id: inc-sla-coverage\n    anchors: {zero: 50, full: 50}\n", encoding="utf-8"
    )
    with (fresh / "itsm-maturity.yaml").open("a", encoding="utf-8") as stream:
        stream.write("indicators: own.yaml\n")
    answer = run(fresh, "indicators", "--json")
    error = answer.json["error"]
    assert answer.code == 2
    assert error["where"][0].startswith(f"{fresh / 'own.yaml'}:3:")


def test_own_indicators_are_marked(fresh: Path, run: Command) -> None:
    (fresh / "own.yaml").write_text(
        "indicators:\n  - id: inc-sla-coverage\n    anchors: {zero: 40}\n", encoding="utf-8"
    )
    with (fresh / "itsm-maturity.yaml").open("a", encoding="utf-8") as stream:
        stream.write("indicators: own.yaml\n")
    entries = {each["id"]: each for each in run(fresh, "indicators", "--json").json}
    assert entries["inc-sla-coverage"]["own"] is True
    assert entries["inc-sla-coverage"]["anchors"]["zero"] == 40
    assert "(own)" in run(fresh, "indicators").out
