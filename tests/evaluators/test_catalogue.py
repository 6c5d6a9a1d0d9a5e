from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from evaluators.catalogue import Catalogue, CatalogueError, Indicator, shipped, with_own
from evaluators.catalogue.problems import CatalogueProblem
from tests.evaluators.world import World, entry, share

SPECIFICATION = Path(__file__).resolve().parents[3] / "shared" / "spec" / "catalogue.yaml"
WINDOWS = {
    "W90": {"days": 90},
    "W180": {"days": 180},
    "WK52": {"weeks": 52},
    "M24": {"months": 24},
    "cohort T-120d..T-30d": {"days": 90, "ending_days_ago": 30},
    # The formula asks for resolved in (T-365d, T-90d].
    "W365": {"days": 275, "ending_days_ago": 90},
}


def specified() -> dict[str, dict[str, Any]]:
    if not SPECIFICATION.exists():
        pytest.skip("the specification of the catalogue is not beside this repository")
    from ruamel.yaml import YAML

    entries = YAML(typ="safe").load(SPECIFICATION.read_text(encoding="utf-8"))["indicators"]
    return {one["id"]: one for one in entries if one["p"] == "incident"}


def plain(text: object) -> str:
    return " ".join(str(text).split())


# --- The shipped catalogue against the specification ---


@pytest.mark.shared
def test_the_incident_practice_has_the_specified_indicators_in_order() -> None:
    wanted = [(one["id"], one["a"], one["core"]) for one in specified().values()]
    shown = [(one.id, one.attribute, one.core) for one in shipped().practice("incident").indicators]
    assert shown == wanted


@pytest.mark.shared
def test_anchors_units_windows_samples_and_scopes_are_as_specified() -> None:
    for name, wanted in specified().items():
        found = shipped().indicator(name)
        assert (found.anchors.zero, found.anchors.full) == (wanted["x0"], wanted["x100"]), name
        assert found.anchors.scale == {"lin": "linear"}.get(wanted.get("scale", "lin"), "log"), name
        assert found.better_up is (wanted["d"] == "up"), name
        assert found.unit == wanted["u"], name
        assert found.minimum_sample == int(str(wanted["n"]).split()[0]), name
        assert found.scope == {"both": "both", "org": "organisation"}[wanted["sc"]], name
        length = found.window.model_dump(exclude_none=True, exclude={"of"}, exclude_defaults=True)
        assert length == WINDOWS[wanted["w"]], name


@pytest.mark.shared
def test_the_texts_are_as_specified() -> None:
    for name, wanted in specified().items():
        found = shipped().indicator(name)
        texts = {
            "q": found.question,
            "seed": found.characteristic,
            "f": found.formula,
            "src": found.anchors.origin,
            "g": found.gaming,
            "c": found.counter_check,
            "sn": found.remediation.servicenow,
            "ji": found.remediation.jira,
        }
        for key, text in texts.items():
            assert plain(text) == plain(wanted[key]), (name, key)


@pytest.mark.shared
def test_a_threshold_that_rests_on_judgement_is_marked() -> None:
    for name, wanted in specified().items():
        # Anchors around a measured value or a published practice are still chosen by experts.
        judged = "expert default" in wanted["src"] or "BPI Challenge" in wanted["src"]
        assert shipped().indicator(name).anchors.expert_default is judged, name


def test_every_attribute_has_one_core_indicator() -> None:
    core = [one.attribute for one in shipped().practice("incident").indicators if one.core]
    assert core == ["2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2"]


def test_core_indicators_weigh_twice() -> None:
    assert {(one.core, one.effective_weight) for one in shipped().entries} == {(True, 2.0), (False, 1.0)}


# --- Own entries ---


def own(*entries: object) -> Catalogue:
    return with_own(shipped(), {"indicators": list(entries)})


def problems(*entries: object) -> tuple[CatalogueProblem, ...]:
    with pytest.raises(CatalogueError) as raised:
        own(*entries)
    return raised.value.problems


def test_an_override_changes_the_keys_it_gives_and_no_others() -> None:
    before = shipped().indicator("inc-sla-coverage")
    catalogue = own({"id": "inc-sla-coverage", "anchors": {"full": 90, "origin": "agreed by the board"}})
    after = catalogue.indicator("inc-sla-coverage")
    assert (after.anchors.zero, after.anchors.full, after.anchors.origin) == (50, 90, "agreed by the board")
    assert after.own
    changed = {"anchors": before.anchors, "own": False}
    assert after.model_copy(update=changed) == before
    assert [one.id for one in catalogue.entries] == [one.id for one in shipped().entries]


def test_a_part_of_the_remediation_may_be_given() -> None:
    remediation = (
        own({"id": "inc-sla-coverage", "remediation": {"jira": "ask Kim"}})
        .indicator("inc-sla-coverage")
        .remediation
    )
    assert remediation.jira == "ask Kim"
    assert remediation.servicenow == shipped().indicator("inc-sla-coverage").remediation.servicenow


def test_an_indicator_may_be_demoted_from_core() -> None:
    demoted = own({"id": "inc-automated-resolution", "core": False}).indicator("inc-automated-resolution")
    assert (demoted.core, demoted.effective_weight) == (False, 1.0)


def test_a_weight_may_be_set() -> None:
    half = own({"id": "inc-automated-resolution", "weight": 0.5}).indicator("inc-automated-resolution")
    assert (half.core, half.effective_weight) == (True, 0.5)


def test_a_new_indicator_comes_last_in_its_practice_and_is_measured(world: World) -> None:
    world.incidents(30, knowledge_used=True)
    world.incidents(10, knowledge_used=False)
    rule = entry(share("knowledge_used"), id="own-knowledge-use")
    assert own(rule).practice("incident").indicators[-1].id == "own-knowledge-use"
    result = world.measure(rule)
    assert (result.measurement.value, result.achievement) == (75.0, 0.75)


def test_the_shipped_catalogue_stays_as_it_is() -> None:
    before = shipped().version
    own({"id": "inc-sla-coverage", "core": False})
    assert shipped().version == before


def test_a_threshold_on_a_logarithmic_scale_is_read_on_logarithms(world: World) -> None:
    # 10 of 100 on 1 -> 100: ln 10 / ln 100 is half.
    world.incidents(10, reopen_count=1)
    world.incidents(90)
    anchors = {"zero": 1, "full": 100, "scale": "log", "origin": "a test", "expert_default": True}
    assert world.measure(entry(share("reopen_count = 1"), anchors=anchors)).achievement == 0.5


# --- What is wrong with own entries ---


def test_all_problems_are_told_at_once_each_with_its_place() -> None:
    found = problems(
        entry(share("prioritty = 1"), id="own-one"),
        entry(share("priority = 1 AND upper(category) = 'X'"), id="own-two"),
        entry(share("priority = 1"), id="own-three", anchors=anchors(5, 5)),
        entry(share("priority = 1"), id="own-four", practice="incidents"),
        entry(share("priority = 1"), id="own-five"),
        entry(share("priority = 2"), id="own-five"),
        {"id": "own-six", "practice": "incident"},
        "not an entry",
    )
    told = {(problem.path[1], problem.path[2:]): problem for problem in found}
    assert "did you mean 'priority'?" in told[0, ("measure", "numerator")].message
    function = told[1, ("measure", "numerator")]
    assert "function UPPER is not allowed" in function.message
    assert function.offset == len("priority = 1 AND ")
    assert "same value" in told[2, ("anchors",)].message
    assert "did you mean 'incident'?" in told[3, ("practice",)].message
    assert "'own-five' is here twice" in told[5, ("id",)].message
    assert {place for number, place in told if number == 6} >= {("question",), ("measure",), ("anchors",)}
    assert "a mapping with an `id`" in told[7, ()].message


def anchors(zero: float, full: float, **more: Any) -> dict[str, Any]:
    return {"zero": zero, "full": full, "origin": "a test", "expert_default": True, **more}


def test_all_problems_of_one_entry_are_told_at_once() -> None:
    bad = entry(
        share("prioritty = 1"),
        anchors=anchors(5, 5),
        window={"days": 90, "of": "opened_at"},
        minimum_sample=0,
        colour="blue",
    )
    assert {problem.path[2:] for problem in problems(bad)} == {
        ("measure", "numerator"),
        ("anchors",),
        ("window",),
        ("minimum_sample",),
        ("colour",),
    }


def test_a_predicate_inside_another_measure_is_told_with_its_place() -> None:
    measure = {"family": "conforming_volume", "of": share("now() > opened_at")}
    found = problems(entry(measure))
    assert [problem.path for problem in found] == [("indicators", 0, "measure", "of", "numerator")]
    assert found[0].offset == 0


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (share("priority = 'high'"), "cannot be compared"),
        (share("priority"), "not a condition"),
        (share("priority = 1", matured_by="due"), "'due' is not a column of incident"),
        (share("priority = 1", group="team"), "'team' is not a column of incident"),
        (
            {"family": "mean_completeness", "items": [["category", "serviceid"]]},
            "'serviceid' is not a column of incident (did you mean 'service_id'?)",
        ),
        (
            {"family": "mean_completeness", "items": [["category"]], "group": "1 FROM incident --"},
            "is not a column of incident",
        ),
        (
            {"family": "total_ratio", "numerator": "category", "denominator": "open_seconds"},
            "'category' is not a column of whole numbers",
        ),
        (
            {
                "family": "modal_share",
                "value": "priority",
                "cells": ["impact"],
                "declared": "matrix",
                "dominance": {"above": 90, "cap": 50},
            },
            "'matrix' is not a column of incident",
        ),
        (
            {
                "family": "in_control",
                "of": {"family": "case_mix_ratio", "duration": "resolved_at", "strata": ["priority"]},
            },
            "'resolved_at' is not a column of whole numbers",
        ),
        (
            {
                "family": "stratified_share",
                "numerator": "major",
                "denominator": "major IS NOT NULL",
                "stratum": "category",
                "weights": {1: 1},
            },
            "'category' is not a column of whole numbers",
        ),
    ],
)
def test_columns_are_checked_against_the_record_kind(measure: dict[str, Any], sentence: str) -> None:
    found = problems(entry(measure))
    assert len(found) == 1
    assert sentence in found[0].message


def test_a_ceiling_names_an_indicator_there_is() -> None:
    measure = {
        "family": "improvement",
        "of": share("major"),
        "better": "down",
        "ceiling": "inc-sla-atainment",
    }
    found = problems(entry(measure, unit="score"))
    assert [problem.path for problem in found] == [("indicators", 0, "measure", "ceiling")]
    assert "did you mean 'inc-sla-attainment'?" in found[0].message


def test_a_ceiling_may_be_an_own_indicator() -> None:
    measure = {"family": "improvement", "of": share("major"), "better": "down", "ceiling": "own-other"}
    catalogue = own(entry(measure, unit="score"), entry(share("major"), id="own-other"))
    assert catalogue.indicator("own-indicator").unit == "score"


@pytest.mark.parametrize("data", [None, [], {}, {"indicators": {}}, "text"])
def test_a_file_without_entries_is_told_what_it_needs(data: object) -> None:
    with pytest.raises(CatalogueError) as raised:
        with_own(shipped(), data)
    assert "`indicators` with a list" in raised.value.problems[0].message


def test_other_keys_of_the_file_are_refused() -> None:
    with pytest.raises(CatalogueError) as raised:
        with_own(shipped(), {"indicators": [], "indicator": []})
    assert [(one.path, one.message) for one in raised.value.problems] == [
        (("indicator",), "unknown key 'indicator'")
    ]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"attribute": "6.1"}, ("attribute",)),
        ({"id": "Not An Id"}, ("id",)),
        ({"kind": "incidents"}, ("kind",)),
        (
            {"anchors": {"zero": 0, "full": 5, "scale": "log", "origin": "x", "expert_default": True}},
            ("anchors",),
        ),
        ({"scope": "department"}, ("scope",)),
        ({"window": {"days": 90, "weeks": 1, "of": "opened_on"}}, ("window",)),
        ({"measure": {"family": "average"}}, ("measure",)),
    ],
)
def test_each_key_is_checked(changes: dict[str, Any], place: tuple[str, ...]) -> None:
    found = problems(entry(share("priority = 1")) | changes)
    assert place in [problem.path[2:] for problem in found]


# --- Content and version ---


def test_the_content_gives_an_equal_catalogue_again_also_through_json() -> None:
    catalogue = own(entry(share("priority = 1")), {"id": "inc-sla-coverage", "core": False})
    stored = orjson.loads(orjson.dumps(catalogue.content()))
    again = Catalogue.of_content(stored)
    assert again == catalogue
    assert again.version == catalogue.version
    assert [one.rule for one in again.entries] == [one.rule for one in catalogue.entries]


def changed_texts() -> list[dict[str, Any]]:
    rule: Indicator = shipped().indicator("inc-sla-coverage")
    return [
        {"anchors": {"full": 97}},
        {"core": False},
        {"question": f"{rule.question} "},
        {"minimum_sample": 31},
        {"measure": share("resolution_target_attached_seconds <= 3601")},
        {"window": {"days": 91, "of": "opened_on"}},
        {"remediation": {"jira": "nothing"}},
    ]


def test_any_change_changes_the_version_and_the_rule() -> None:
    versions = [own({"id": "inc-sla-coverage", **change}) for change in changed_texts()]
    assert len({catalogue.version for catalogue in [*versions, shipped()]}) == len(versions) + 1
    rules = {catalogue.indicator("inc-sla-coverage").rule for catalogue in [*versions, shipped()]}
    assert len(rules) == len(versions) + 1
    other = {catalogue.indicator("inc-ping-pong-rate").rule for catalogue in [*versions, shipped()]}
    assert len(other) == 1


def test_the_version_names_the_release_of_the_model() -> None:
    assert shipped().version.startswith("1.0+")
    assert len(shipped().version) == len("1.0+") + 12


def test_mistakes_in_own_entries_are_said_in_plain_words() -> None:
    with pytest.raises(CatalogueError) as caught:
        own(
            {"id": "inc-ping-pong-rate", "weigth": 2, "attribute": 4.2},
            {"id": "inc-new-one", "practice": "incident"},
        )
    said = [problem.message for problem in caught.value.problems]
    assert "unknown key 'weigth' (did you mean 'weight'?)" in said
    assert any(
        message.startswith("'4.2' is not one of '2.1'") and message.endswith("in quotes") for message in said
    )
    assert "the key 'question' is missing" in said
