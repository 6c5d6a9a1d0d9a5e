from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import ConfigurationError
from tests.config.support import FILE, lines, loaded

ENTRY = """\
- id: own-one
  practice: incident
  attribute: "2.1"
  question: Is it?
  characteristic: c
  formula: f
  kind: incident
  window: {days: 90, of: opened_on}
  measure: {family: share, numerator: priority = 1, denominator: priority IS NOT NULL}
  unit: "%"
  anchors: {zero: 50, full: 95, origin: ours, expert_default: true}
  minimum_sample: 30
  scope: both
  gaming: g
  counter_check: c
  remediation: {servicenow: s, jira: j}
"""

NUMERATOR = "numerator: priority = 1"

PREDICATES = [
    ("prioritty = 1", "9:40", "'prioritty' is not a column of incident (did you mean 'priority'?)"),
    ("priority = 1 AND nobody = 2", "9:57", "'nobody' is not a column of incident"),
    ("priority = (SELECT 1)", "9:59", "subqueries are not allowed"),
    ("priority = 1; DROP TABLE incident", "9:52", "';' is not allowed"),
    ("now() > opened_at", "9:40", "function NOW is not allowed"),
    ("read_csv('/etc/passwd') = 1", "9:40", "function READ_CSV is not allowed"),
    ("opened_at > DATE '2026-01-01'", "9:57", "casts are not allowed"),
    ("priority = ", "9:49", "the condition cannot be read"),
    ("priority = 1 OR (priority = 2", "9:68", "the condition cannot be read"),
    ("priority = 'high'", "9:12", "which cannot be compared"),
    ("priority + 1", "9:12", "is a number, not a condition"),
    ("incident.priority = 1", "9:40", "qualified columns are not allowed"),
    ("state LIKE 5", "9:51", "LIKE needs a text"),
    ("CASE WHEN priority = 1 THEN 1 ELSE 0 END = 1", "9:50", "CASE is not allowed"),
    ("priority = 1.5e400", "9:51", "predicates reckon in integers"),
    ("", "9:39", "the condition is empty"),
]

CHANGES = [
    (NUMERATOR, "numerator: 7", "9:39", "a condition is a text such as"),
    ("family: share", "family: shared", "9:12", "'shared' is not a family (did you mean 'share'?)"),
    ("family: share, ", "", "9:12", "should be a measure with its family"),
    ("denominator", "denominater", "9:66", "unknown key 'denominater'"),
    ("kind: incident", "kind: incidents", "7:9", "'incidents' is not a record kind"),
    ("kind: incident", "kind: []", "7:9", "a list of such names"),
    ("of: opened_on", "of: open_on", "8:11", "'open_on' is not a date column"),
    ("days: 90", "days: -90", "8:18", "should be greater than 0"),
    ("days: 90", "days: ninety", "8:18", "'ninety' is not a whole number"),
    ("days: 90", "days: 90, weeks: 3", "8:11", "exactly one of days, weeks, months and quarters"),
    ('"2.1"', "2.1", "3:14", "in quotes"),
    ('"2.1"', '"6.1"', "3:14", "'6.1' is not one of"),
    ("scope: both", "scope: all", "13:10", "'all' is not one of 'both' or 'organisation'"),
    ("sample: 30", "sample: 0", "12:19", "should be greater than or equal to 1"),
    ("sample: 30", "sample: many", "12:19", "'many' is not a whole number"),
    ("zero: 50", "zero: 95", "11:12", "anchors zero and full are the same value"),
    ("zero: 50", "zero: .nan", "11:19", "is not a number"),
    ("zero: 50", "zero: .inf", "11:19", "is not a number"),
    ("zero: 50", "zero: 0, scale: log", "11:12", "anchors on a log scale must be above 0"),
    ("scope: both", "scope: both\n  better: down", "14:11", "the anchors 50 and 95 go the other way"),
    ("scope: both", "scope: both\n  weight: 0", "14:11", "should be greater than 0"),
    ("scope: both", "scope: both\n  weight: .inf", "14:11", "is not a number"),
    ("scope: both", "scope: both\n  waight: 3", "14:11", "unknown key 'waight' (did you mean 'weight'?)"),
    ("scope: both", "scope: both\n  core: perhaps", "14:9", "'perhaps' is not true or false"),
    ("scope: both", "scope: both\n  exemption: {reason: r}", "14:14", "`exemptions` in the configuration"),
    ("id: own-one", "id: Own One", "1:7", "is not an id"),
    ("id: own-one", "id: 5", "1:3", "an entry is a mapping with an `id`, a text"),
    ("  practice: incident\n", "", "1:3", "a new indicator names its practice"),
    ("practice: incident", "practice: incidents", "2:13", "(did you mean 'incident'?)"),
    ("  gaming: g\n", "", "1:3", "the key 'gaming' is missing"),
    ("servicenow: s, ", "", "16:3", "the key 'servicenow' is missing"),
]

FILES = [
    ("- {id: inc-sla-coverage, anchors: {zero: 97, full: 50}}\n", "1:35", "the wrong way round"),
    ("- {id: inc-sla-coverage, anchors: {full: 10}}\n", "1:35", "the wrong way round"),
    ("- {id: inc-sla-coverage, anchors: 50}\n", "1:35", "is not a mapping"),
    ("- {id: inc-sla-coverage, scale: log}\n", "1:33", "it belongs in `anchors`"),
    ("- {id: inc-sla-coverage, practice: problem}\n", "1:36", "belongs to incident"),
    ("- inc-sla-coverage\n", "1:3", "an entry is a mapping with an `id`, a text"),
    ("indicators: inc-sla-coverage\n", "1:1", "`indicators` with a list of entries"),
    ("indicators: []\nextra: 1\n", "2:8", "unknown key 'extra'"),
    ("- id: [\n", "2:1", "is not valid YAML"),
    (ENTRY + ENTRY, "17:7", "'own-one' is here twice"),
    (ENTRY + ENTRY.replace("unit: ", "units: "), "17:7", "'own-one' is here twice"),
]

SETTINGS = [
    ("exemptions: [{indicator: inc-sla-coverag, %s}]", "1:26", "(did you mean 'inc-sla-coverage'?)"),
    ("exemptions: [{practice: releases, %s}]", "1:25", "(did you mean 'release'?)"),
    ("exemptions: [{practice: release, indicator: inc-sla-coverage, %s}]", "1:14", "either an indicator"),
    ("exemptions: [{%s}]", "1:14", "name either an indicator or a practice"),
    ("overall: {sets: {incident: 1}}", "1:28", "write 2, 3, 4 or 5"),
    ("overall: {sets: {incident: two}}", "1:28", "write 2, 3, 4 or 5"),
    ("overall: {sets: {incidents: 2}}", "1:18", "(did you mean 'incident'?)"),
    (
        "overall: {sets: {incident: 3, request: 3, change: 3}}",
        "1:10",
        "no practice is asked for from level 2",
    ),
    ("overall: {sets: [incident]}", "1:17", "should be a mapping"),
    ("overall: {weights: {incident: 0}}", "1:31", "is not a weight"),
    ("overall: {weights: {incident: .nan}}", "1:31", "is not a weight"),
    ("overall: {weights: {incident: much}}", "1:31", "is not a weight"),
    ("overall: {weight: {incident: 1}}", "1:11", "(did you mean 'weights'?)"),
    ("overall: {views: {x: []}}", "1:10", "the view 'x' is empty"),
    ("overall: {views: {x: {}}}", "1:10", "the view 'x' is empty"),
    ("overall: {views: {x: [incidents]}}", "1:23", "(did you mean 'incident'?)"),
    ("overall: {views: {x: incident}}", "1:22", "should be a list ([a, b]) or a mapping"),
    ("overall: {views: {x: {attributes: [3.2]}}}", "1:36", "put it in quotes"),
    ("overall: {views: {x: {indicators: [inc-nope]}}}", "1:36", "there is no indicator 'inc-nope'"),
    ("overall: {views: {x: {practices: [incident]}}}", "1:23", "known here: attributes, indicators"),
    ("indicators: nowhere.yaml", "1:13", "there is no such file"),
]


MISSPELT = [
    "- id: inc-sla-coverge\n  anchors: {full: 99}\n",
    "- id: inc-sla-coverge\n  measure: {family: share, numerator: p, denominator: q}\n",
]


def told(folder: Path, own: str, settings: str = "") -> list[str]:
    (folder / "own.yaml").write_text(own, encoding="utf-8")
    return lines(folder, f"{settings}indicators: own.yaml\n")


def test_the_entry_that_the_mistakes_are_made_in_is_right(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(ENTRY, encoding="utf-8")
    assert loaded(tmp_path, "indicators: own.yaml\n").catalogue.indicator("own-one").own


@pytest.mark.parametrize(("predicate", "place", "words"), PREDICATES)
def test_a_wrong_predicate_is_told_where_it_stands(
    tmp_path: Path, predicate: str, place: str, words: str
) -> None:
    (line,) = told(tmp_path, ENTRY.replace(NUMERATOR, f'numerator: "{predicate}"'))
    assert line.startswith(f"own.yaml:{place} [0].measure")
    assert words in line


@pytest.mark.parametrize(("right", "wrong", "place", "words"), CHANGES)
def test_a_wrong_key_or_value_is_told_where_it_stands(
    tmp_path: Path, right: str, wrong: str, place: str, words: str
) -> None:
    (line,) = told(tmp_path, ENTRY.replace(right, wrong, 1))
    assert line.startswith(f"own.yaml:{place} ")
    assert words in line


@pytest.mark.parametrize(("own", "place", "words"), FILES)
def test_a_wrong_file_of_entries_is_told_where_it_is_wrong(
    tmp_path: Path, own: str, place: str, words: str
) -> None:
    assert any(line.startswith(f"own.yaml:{place} ") and words in line for line in told(tmp_path, own))


@pytest.mark.parametrize("own", MISSPELT)
def test_a_misspelt_id_is_one_mistake_with_the_nearest_name(tmp_path: Path, own: str) -> None:
    (line,) = told(tmp_path, own)
    assert line.startswith("own.yaml:1:7 [0].id: there is no indicator 'inc-sla-coverge' to change")
    assert "(did you mean 'inc-sla-coverage'?)" in line


@pytest.mark.parametrize(("text", "place", "words"), SETTINGS)
def test_wrong_exemptions_sets_weights_and_views_are_told_where_they_stand(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    filled = text.replace("%s", "reason: r, owner: o, until: 2030-01-01")
    (line,) = lines(tmp_path, filled + "\n")
    assert line.startswith(f"{FILE}:{place} ")
    assert words in line


def test_what_is_wrong_in_both_files_is_told_at_once_and_in_order(tmp_path: Path) -> None:
    own = ENTRY.replace("priority = 1", "nobody = 1") + "- {id: inc-sla-coverage, anchors: {full: 10}}\n"
    found = told(tmp_path, own, "asses: {}\nexemptions: [{indicator: none-such, reason: r}]\n")
    assert [line.split(" ")[0] for line in found] == [
        f"{FILE}:1:1",
        f"{FILE}:2:14",
        f"{FILE}:2:14",
        f"{FILE}:2:26",
        "own.yaml:9:39",
        "own.yaml:17:35",
    ]


def test_a_wrong_entry_stops_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- {id: inc-sla-coverage, anchors: {full: 10}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        loaded(tmp_path, "indicators: own.yaml\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == [FILE, "own.yaml"]
