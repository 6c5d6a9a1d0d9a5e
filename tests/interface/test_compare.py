from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.interface.conftest import Command


def ids(folder: Path, run: Command) -> tuple[str, str]:
    newer, older = run(folder, "history", "--json").json["items"]
    return older["assessment"], newer["assessment"]


def test_the_last_two_are_compared_where_none_is_named(assessed: Path, run: Command) -> None:
    older, newer = ids(assessed, run)
    found = run(assessed, "compare", "--json").json
    assert (found["before"]["assessment"], found["after"]["assessment"]) == (older, newer)
    assert len(found["practices"]) + len(found["neither"]) == 9
    named = run(assessed, "compare", older[:6], newer[:6], "--json").json
    assert named == found


def test_the_terms_of_every_practice_sum_to_its_change(assessed: Path, run: Command) -> None:
    found = run(assessed, "compare", "--json").json
    moved = 0
    for each in found["practices"]:
        own = [one for one in each["attributes"] if one["attribute"] == each["moved_by"]]
        terms = sum(term["index"] for one in own for term in one["terms"])
        assert terms + each["held_back"] == pytest.approx(each["index"], abs=1e-6)
        assert each["index"] == pytest.approx(each["after"]["index"] - each["before"]["index"])
        for one in each["attributes"]:
            assert sum(term["points"] for term in one["terms"]) == pytest.approx(one["points"], abs=1e-5)
            moved += 1
    assert moved > 3


def test_one_practice_is_told_in_sentences_with_its_numbers(assessed: Path, run: Command) -> None:
    (change,) = run(assessed, "compare", "--practice", "incident", "--json").json["practices"]
    text = " ".join(run(assessed, "compare", "--practice", "incident").out.split())
    assert change["sentences"][0].startswith("Index ")
    for sentence in change["sentences"]:
        assert " ".join(sentence.split()) in text
    assert "certified" in text


def test_other_thresholds_are_named_and_told_apart_from_other_work(done: Path, run: Command) -> None:
    (done / "own.yaml").write_text(
        "indicators:\n  - id: inc-response-within-target\n    anchors: {zero: 20, full: 100}\n"
        "  - id: inc-record-completeness\n    anchors: {zero: 95, full: 99.9}\n",
        encoding="utf-8",
    )
    with (done / "itsm-maturity.yaml").open("a", encoding="utf-8") as stream:
        stream.write("indicators: own.yaml\n")
    assert run(done, "assess", "--as-of", "2026-11-01").code == 0
    found = run(done, "compare", "--practice", "incident", "--json").json
    (change,) = found["practices"]
    # The same day's evidence: all that changed are the rules.
    kinds = {term["kind"] for each in change["attributes"] for term in each["terms"]}
    assert kinds == {"rule"}
    assert change["restated_index"] == pytest.approx(change["after"]["index"])
    assert any("catalogue is another" in note for note in found["notes"])
    assert "The rules are others" in " ".join(run(done, "compare", "--practice", "incident").out.split())


def test_an_unknown_assessment_practice_or_department_is_wrong_usage(assessed: Path, run: Command) -> None:
    older, newer = ids(assessed, run)
    unknown = run(assessed, "compare", older, "ffffffff", "--json")
    assert (unknown.code, unknown.json["error"]["type"]) == (2, "UsageError")
    assert "Did you mean 'incident'?" in run(assessed, "compare", "--practice", "incidents").err
    assert run(assessed, "compare", "--department", "Nowhere").code == 2
    alone = run(assessed, "compare", newer)
    assert (alone.code, "Name both" in alone.err) == (2, True)
    twice = run(assessed, "compare", newer, newer[:8])
    assert (twice.code, "one assessment" in twice.err) == (2, True)


def test_with_no_assessments_it_says_how_to_get_two(fresh: Path, run: Command) -> None:
    answer = run(fresh, "compare")
    assert answer.code == 1
    assert "itsm-maturity assess" in answer.err


def test_a_practice_without_a_level_is_named_and_not_reckoned_with(assessed: Path, run: Command) -> None:
    found = run(assessed, "compare", "--json").json
    levels = [(each["before"]["level"], each["after"]["level"]) for each in found["practices"]]
    assert levels
    assert all(None not in pair for pair in levels)
    assert {"problem", "change", "release", "configuration"} <= set(found["neither"])
    text = run(assessed, "compare").out
    assert "Not compared, for want of a level in both:" in text
    assert "Problem: not assessed in either." in text


def test_a_practice_that_was_declared_not_applicable_in_between_is_no_progress(
    done: Path, run: Command
) -> None:
    with (done / "itsm-maturity.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "exemptions: [{practice: incident, reason: outsourced, owner: it-director, until: 2027-01-01}]\n"
        )
    run(done, "assess")
    found = run(done, "compare", "--json").json
    assert "incident" not in {each["practice"] for each in found["practices"]}
    assert "incident" in found["only_before"]
    text = " ".join(run(done, "compare").out.split())
    assert re.search(r"Incident: level \d \(\w+\) in the first, declared not applicable in the second", text)


def test_a_practice_that_was_left_out_of_one_assessment_is_not_looked_at_in_it(
    done: Path, run: Command
) -> None:
    run(done, "assess", "--practice", "incident")
    text = " ".join(run(done, "compare").out.split())
    assert re.search(r"Service level: level \d \(\w+\) in the first, not looked at in the second", text)


def test_the_last_two_of_a_practice_are_those_that_looked_at_it(done: Path, run: Command) -> None:
    older, newer = ids(done, run)
    run(done, "assess", "--practice", "request")
    found = run(done, "compare", "--practice", "incident", "--json").json
    assert (found["before"]["assessment"], found["after"]["assessment"]) == (older, newer)
