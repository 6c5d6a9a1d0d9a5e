from __future__ import annotations

import csv
from pathlib import Path

from tests.interface.conftest import FEW, Command

ASSESS_KEYS = {"assessment", "taken_at", "as_of", "kind", "catalogue", "overall", "practices"}
OVERALL_KEYS = {"level", "possible", "index", "weakest", "mean_index"}
PRACTICE_KEYS = {
    "practice",
    "department",
    "level",
    "possible",
    "confirmed",
    "index",
    "breadth",
    "coverage",
    "confidence",
    "bottleneck",
    "attributes",
    "indicators",
}
INDICATOR_KEYS = {
    "id",
    "state",
    "value",
    "low",
    "high",
    "unit",
    "numerator",
    "denominator",
    "n",
    "achievement",
    "reason",
}
LEDGER_KEYS = {
    "kind",
    "counted",
    "received",
    "stored",
    "changed",
    "deleted",
    "hidden",
    "requests",
    "seconds",
    "outcome",
}


PRACTICES = (
    "incident",
    "problem",
    "change",
    "release",
    "configuration",
    "monitoring",
    "service-level",
    "request",
    "knowledge",
)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_sync_prints_the_ledger_as_json(fresh: Path, run: Command) -> None:
    answer = run(fresh, "sync", "--json")
    (connector,) = answer.json["connectors"]
    kinds = {each["kind"]: each for each in connector["records"]}
    assert (answer.code, answer.err) == (0, "")
    assert (connector["connector"], connector["outcome"]) == ("org", "stored")
    assert set(kinds) == {"incident", "service_level", "transition"}
    assert all(set(each) >= LEDGER_KEYS for each in kinds.values())
    assert kinds["incident"]["stored"] == FEW
    assert kinds["incident"]["received"] == len(rows(fresh / "export" / "incident_log.csv"))


def test_a_second_sync_changes_nothing(fresh: Path, run: Command) -> None:
    run(fresh, "sync")
    answer = run(fresh, "sync", "--json")
    (connector,) = answer.json["connectors"]
    assert (answer.code, connector["outcome"]) == (0, "unchanged")
    assert all(each["stored"] == each["changed"] == 0 for each in connector["records"])


def test_sync_shows_people_a_table(fresh: Path, run: Command) -> None:
    answer = run(fresh, "sync")
    assert answer.code == 0
    assert str(FEW) in answer.out
    assert "stored" in answer.out
    assert answer.err == "", "no progress where nobody watches"


def test_a_row_that_cannot_be_read_is_named_and_exits_with_1(fresh: Path, run: Command) -> None:
    file = fresh / "export" / "service_levels.csv"
    text = file.read_text(encoding="utf-8")
    line = text[: text.index(",resolution,")].count("\n") + 1
    file.write_text(text.replace(",resolution,", ",resolution,soon", 1), encoding="utf-8")
    answer = run(fresh, "sync")
    assert answer.code == 1
    assert "partial" in answer.out
    assert f"line {line}" in answer.out


def test_a_file_that_is_gone_is_named_absent_and_the_others_are_stored(fresh: Path, run: Command) -> None:
    (fresh / "export" / "service_levels.csv").unlink()
    answer = run(fresh, "sync", "--json")
    kinds = {each["kind"]: each for each in answer.json["connectors"][0]["records"]}
    assert answer.code == 1
    assert kinds["service_level"]["outcome"] == "absent"
    assert kinds["incident"]["outcome"] == "stored"


def test_a_mapped_field_that_is_not_there_is_a_configuration_error_with_its_place(
    fresh: Path, run: Command
) -> None:
    file = fresh / "itsm-maturity.yaml"
    file.write_text(file.read_text("utf-8").replace("category: category", "category: categroy"), "utf-8")
    answer = run(fresh, "sync", "--json")
    error = answer.json["error"]
    assert (answer.code, error["type"]) == (2, "ConfigurationError")
    assert "categroy" in error["message"]
    assert error["where"][0].startswith(f"{file}:9:")
    assert not (fresh / "evidence.duckdb").exists(), "nothing was read"


def test_an_unknown_connector_is_answered_with_the_nearest(fresh: Path, run: Command) -> None:
    answer = run(fresh, "sync", "orgg")
    assert answer.code == 2
    assert "Did you mean 'org'?" in answer.err


def test_assess_prints_the_shape_programs_depend_on(done: Path, run: Command) -> None:
    answer = run(done, "assess", "--json")
    found = answer.json
    practices = {each["practice"]: each for each in found["practices"]}
    practice = practices["incident"]
    assert answer.code == 0
    assert set(practices) == set(PRACTICES)
    assert set(found) >= ASSESS_KEYS
    assert set(found["overall"]) >= OVERALL_KEYS
    assert all(set(each) >= PRACTICE_KEYS for each in found["practices"])
    assert practice["department"] is None
    assert [each["attribute"] for each in practice["attributes"]] == [
        "2.1",
        "2.2",
        "3.1",
        "3.2",
        "4.1",
        "4.2",
        "5.1",
        "5.2",
    ]
    assert all(set(each) >= {"achievement", "rating"} for each in practice["attributes"])
    assert len(practice["indicators"]) == 16
    assert all(set(each) >= INDICATOR_KEYS for each in practice["indicators"])
    assert found["as_of"] == "2026-11-01"


def test_assess_begins_with_all_practices_at_a_glance(done: Path, run: Command) -> None:
    out = run(done, "assess").out
    lines = out.splitlines()
    (incident,) = (line for line in lines if line.startswith("Incident "))
    (problem,) = (line for line in lines if line.startswith("Problem "))
    assert incident.split()[1] in "12345"
    assert problem.split()[1] == "–", "without records of problems there is no level"
    assert "Release (no source delivers releases)" in " ".join(out.split())


def test_assess_of_one_practice_shows_that_one_alone(done: Path, run: Command) -> None:
    out = run(done, "assess", "--practice", "incident").out
    assert not [line for line in out.splitlines() if line.startswith("Problem")]
    assert "Overall" not in out
    assert "2.1 Performed" in out


def test_assess_of_one_practice_says_where_the_last_results_of_the_others_are(
    done: Path, run: Command
) -> None:
    whole = run(done, "history", "--json").json["items"][0]["assessment"]
    answer = run(done, "assess", "--practice", "incident")
    text = " ".join(answer.out.split())
    assert "Assessed now: Incident. Not assessed now, the last results stay: Problem not assessed," in text
    assert f"assessment {whole} as of 1 Nov 2026" in text
    found = run(done, "assess", "--practice", "incident", "--json").json["earlier"]
    assert {each["practice"] for each in found} == set(PRACTICES) - {"incident"}
    assert {each["assessment"] for each in found} == {whole}


def test_after_an_assessment_of_one_practice_the_others_are_explained_from_the_last_whole_one(
    done: Path, run: Command
) -> None:
    whole = run(done, "history", "--json").json["items"][0]["assessment"]
    part = run(done, "assess", "--practice", "incident", "--json").json["assessment"]
    assert run(done, "explain", "incident", "--json").json["assessment"] == part
    assert run(done, "explain", "inc-sla-attainment", "--json").json["assessment"] == part
    assert run(done, "explain", "service-level", "--json").json["assessment"] == whole
    assert run(done, "explain", "departments", "--json").json["assessment"] == whole
    assert run(done, "roadmap", "--json").json["assessment"] == whole
    assert run(done, "roadmap", "--practice", "incident", "--json").json["assessment"] == part


def test_assess_of_two_practices_judges_no_whole(done: Path, run: Command) -> None:
    out = run(done, "assess", "--practice", "incident", "--practice", "request").out
    assert "Assessed now: Incident and Request." in out
    assert "Overall" not in out
    assert "Components" not in out


def test_assess_says_proven_and_possible_the_reason_and_the_next_step(done: Path, run: Command) -> None:
    answer = run(done, "assess", "--practice", "incident")
    text = " ".join(answer.out.split())
    assert answer.code == 0
    assert "proven" in text
    assert "possible" in text
    assert "Why:" in text
    assert "Next step:" in text
    assert "† this threshold is an expert default" in text
    assert "no certified ITIL or ISO/IEC 33020 assessment" in text
    assert "inc-major-incident-non-recurrence" in text
    assert "Last read completely" in text


def test_what_assess_prints_fits_80_columns(done: Path, run: Command) -> None:
    for command in (["assess"], ["history"], ["explain", "incident"], ["indicators"], ["check"], ["sync"]):
        answer = run(done, *command)
        assert max(map(len, answer.out.splitlines())) <= 80, command


def test_assess_as_of_an_earlier_day_says_it_is_reconstructed(done: Path, run: Command) -> None:
    answer = run(done, "assess", "--as-of", "2026-06-01", "--json")
    assert (answer.json["as_of"], answer.json["kind"]) == ("2026-06-01", "reconstructed")


def test_assess_before_any_sync_says_to_sync_first(fresh: Path, run: Command) -> None:
    answer = run(fresh, "assess", "--json")
    assert answer.code == 1
    assert "itsm-maturity sync" in answer.json["error"]["hint"]


def test_assess_where_nothing_can_be_rated_exits_with_1(fresh: Path, run: Command) -> None:
    run(fresh, "sync")
    answer = run(fresh, "assess", "--as-of", "2020-01-01", "--json")
    assert answer.code == 1
    assert answer.json["practices"][0]["level"] is None


def test_the_same_evidence_gives_the_same_numbers(done: Path, run: Command) -> None:
    first, second = (run(done, "assess", "--json").json for _ in range(2))
    assert first["practices"] == second["practices"]
    assert first["assessment"] != second["assessment"]
