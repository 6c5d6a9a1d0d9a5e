from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import evaluators.references
from config import load
from evaluators.catalogue import Catalogue
from scheduler.recompute import differences
from storage.history import History, StoredAssessment
from tests.interface.conftest import Command

OVERALL = """
overall:
  sets: {release: 2, monitoring: 2}
  weights: {incident: 3, service-level: 0.5}
  views:
    front office: [incident, request]
    teams: {attributes: ["3.2"], indicators: [inc-ping-pong-rate]}
"""
BOUGHT = (
    "exemptions:\n  - {practice: release, reason: all software is bought, owner: it-director, until: %s}\n"
)


def append(folder: Path, text: str) -> None:
    with (folder / "itsm-maturity.yaml").open("a", encoding="utf-8") as stream:
        stream.write(text)


def latest(folder: Path) -> tuple[StoredAssessment, Catalogue]:
    configuration = load(folder / "itsm-maturity.yaml", os.environ)
    with History.open(configuration.history, folder) as history:
        stored = history.latest()
        assert stored is not None
        content = history.catalogue(stored.catalogue)
        assert content is not None
        return stored, Catalogue.of_content(content)


def overall(answer: Any) -> Any:
    return answer.json["overall"]


def test_own_process_sets_weights_and_views_count_and_come_out_again_of_history_alone(
    done: Path, run: Command
) -> None:
    plain = overall(run(done, "assess", "--json"))
    append(done, OVERALL)
    found = overall(run(done, "assess", "--json"))
    views = {view["name"]: view for view in found["views"]}
    assert found["mean_index"] != plain["mean_index"]
    assert {"front office", "teams", "service delivery"} <= {*views}
    stored, catalogue = latest(done)
    assert differences(stored, catalogue) == []
    # What the file says now plays no part any more, and another composition would be noticed.
    other = Catalogue(catalogue.practices, catalogue.exclusions)
    assert [each.where for each in differences(stored, other)] == ["overall"]


def test_a_practice_declared_not_applicable_is_removed_while_the_exemption_lasts(
    done: Path, run: Command
) -> None:
    append(done, BOUGHT % "2026-11-01")
    answer = run(done, "assess", "--json")
    release = next(each for each in answer.json["practices"] if each["practice"] == "release")
    assert release["level"] is None
    assert "all software is bought (it-director)" in release["reason"]
    assert "release" not in overall(answer)["unassessed"]
    text = " ".join(run(done, "assess").out.split())
    assert "Declared not applicable: Release (exempt until 2026-11-01: all software is bought" in text
    stored, catalogue = latest(done)
    assert differences(stored, catalogue) == []


def test_an_exemption_that_is_over_exempts_nothing(done: Path, run: Command) -> None:
    append(done, BOUGHT % "2026-10-31")
    assert "release" in overall(run(done, "assess", "--json"))["unassessed"]


def test_what_others_published_changes_no_result(
    done: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def result() -> Any:
        found = run(done, "assess", "--practice", "incident", "--json").json
        return {key: value for key, value in found.items() if key not in ("assessment", "taken_at")}

    with_table = result()
    nothing: Callable[[], dict[str, object]] = dict
    monkeypatch.setattr(evaluators.references, "references", nothing)
    assert "Elsewhere" not in run(done, "explain", "inc-ping-pong-rate").out
    assert result() == with_table


def test_the_json_of_indicators_is_an_own_file_as_it_stands(fresh: Path, run: Command) -> None:
    append(fresh, BOUGHT % "2030-01-01")
    shown = run(fresh, "indicators", "--json")
    (fresh / "own.json").write_text(shown.out, encoding="utf-8")
    append(fresh, "indicators: own.json\n")
    again = {each["id"]: each for each in run(fresh, "indicators", "--json").json}
    for entry in shown.json:
        pasted = again[entry["id"]]
        assert {**entry, "own": True, "rule": pasted["rule"]} == pasted


def test_assess_and_check_name_an_exemption_that_is_over_with_owner_and_day(done: Path, run: Command) -> None:
    append(done, BOUGHT % "2026-10-31")
    told = (
        "The exemption of release ended on 2026-10-31, so it counts again. it-director decides whether to "
        "renew it or to delete it from the configuration."
    )
    assert told in run(done, "assess", "--json").json["notes"]
    assert told in " ".join(run(done, "assess").out.split())
    checked = run(done, "check")
    assert (checked.code, told in " ".join(checked.out.split())) == (1, True)
    assert run(done, "check", "--json").json["lapsed"] == [told]


def test_an_exemption_that_is_over_is_named_only_where_its_practice_is_assessed(
    done: Path, run: Command
) -> None:
    append(done, BOUGHT % "2026-10-31")
    notes = run(done, "assess", "--practice", "incident", "--json").json["notes"]
    assert not [each for each in notes if "exemption" in each]


def test_an_exemption_in_force_needs_no_look(done: Path, run: Command) -> None:
    append(done, BOUGHT % "2099-12-31")
    checked = run(done, "check", "--json")
    assert (checked.code, checked.json["lapsed"]) == (0, [])
