from __future__ import annotations

from pathlib import Path

from tests.interface.conftest import Command


def test_a_practice_has_the_steps_to_its_next_level(assessed: Path, run: Command) -> None:
    (plan,) = run(assessed, "roadmap", "--practice", "incident", "--json").json["practices"]
    assert plan["goal"] == plan["level"] + 1
    assert plan["steps"]
    assert plan["steps"][-1]["level_after"] >= plan["goal"]
    indexes = [each["index_after"] for each in plan["steps"]]
    assert indexes == sorted(indexes)
    assert indexes[-1] >= plan["goal"] > plan["index"]


def test_the_text_names_values_targets_records_and_what_to_do(assessed: Path, run: Command) -> None:
    (plan,) = run(assessed, "roadmap", "--practice", "incident", "--json").json["practices"]
    text = " ".join(run(assessed, "roadmap", "--practice", "incident").out.split())
    for step in plan["steps"]:
        assert step["indicator"] in text
        assert " ".join(step["servicenow"].split()) in text
    for words in ("Index then", "expert default", "assumption", "certified"):
        assert words in text
    counted = [each for each in plan["steps"] if each["affected"]]
    for step in counted:
        affected = step["affected"]
        assert f"{affected['against']:,} of {affected['of']:,} count against it" in text


def test_without_a_practice_it_says_what_the_overall_level_waits_for(assessed: Path, run: Command) -> None:
    found = run(assessed, "roadmap", "--json").json
    overall = run(assessed, "history", "--json").json["items"][0]["overall"]
    assert found["overall"]["goal"] == overall["level"] + 1
    assert found["practices"]
    assert all((each["level"] or 1) < found["overall"]["goal"] for each in found["practices"])
    assert all(each["goal"] == found["overall"]["goal"] for each in found["practices"])
    assert "waits for" in run(assessed, "roadmap").out


def test_what_is_not_rated_is_a_step_to_get_evidence(assessed: Path, run: Command) -> None:
    # Only incidents and their clocks are exported: all other practices have nothing to show.
    (plan,) = run(assessed, "roadmap", "--practice", "change", "--json").json["practices"]
    assert plan["level"] is None
    assert {each["kind"] for each in plan["steps"]} == {"connect"}
    assert "Get evidence first" in run(assessed, "roadmap", "--practice", "change").out


def test_unknown_names_are_wrong_usage(assessed: Path, run: Command) -> None:
    assert "Did you mean 'incident'?" in run(assessed, "roadmap", "--practice", "incidents").err
    assert run(assessed, "roadmap", "--department", "Nowhere").code == 2


def test_before_any_assessment_it_says_how_to_get_one(fresh: Path, run: Command) -> None:
    answer = run(fresh, "roadmap")
    assert answer.code == 1
    assert "itsm-maturity assess" in answer.err
