"""Organisations by name: their truth is as they are named, and the product finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config import load
from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.policy import Exclusions
from evaluators.results import Assessment
from sandbox.organisation import PROFILES, Organisation, configuration, exported_kinds, profile
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.gaming import SCENARIOS
from sandbox.organisation.merging import REFERENCES
from sandbox.organisation.table import Table
from storage.errors import UsageError
from tests.validity.evidence import evidence_of
from tests.validity.planted import POLICY

UNTIL = date(2026, 6, 17)
FEW = 4_000
LEVELS = {"firefighting": 1, "repeatable": 2, "defined": 3, "managed": 4, "optimizing": 5}
Levels = dict[tuple[str, str | None], tuple[int | None, int]]


@cache
def small(name: str) -> Organisation:
    return profile(name).generate(seed=1, until=UNTIL, incidents=FEW)


def planted(truth: Mapping[str, Any]) -> dict[str, int]:
    """Levels by practice."""
    return {"incident": truth["level"]} | {name: own["level"] for name, own in truth["practices"].items()}


def test_there_is_a_profile_of_every_name() -> None:
    special = {"uneven", "declining", "improving", "gamed", "no-cmdb", "small"}
    assert set(PROFILES) == set(LEVELS) | special
    with pytest.raises(UsageError, match="no profile 'chaotic'") as refused:
        profile("chaotic")
    assert "firefighting" in refused.value.hint


@pytest.mark.parametrize(("name", "level"), LEVELS.items())
def test_all_nine_practices_work_at_the_level_of_the_profile(name: str, level: int) -> None:
    assert planted(small(name).truth) == dict.fromkeys(PRACTICES, level)


def test_the_departments_of_uneven_lie_two_levels_apart() -> None:
    truth: Any = small("uneven").truth
    low, high = (planted(part) for part in truth["departments"].values())
    assert {high[name] - low[name] for name in PRACTICES} == {2}
    groups = {str(group) for group in small("uneven").incidents.column("assignment_group") if group}
    assert {group.split()[0] for group in groups} == set(truth["departments"])


@pytest.mark.parametrize(("name", "before", "after"), [("declining", 4, 2), ("improving", 2, 4)])
def test_a_changing_organisation_has_two_truths_and_the_day_between(
    name: str, before: int, after: int
) -> None:
    truth: Any = small(name).truth
    assert set(planted(truth["before"]).values()) == {before}
    assert set(planted(truth).values()) == {after}
    assert truth["changed_on"] == "2025-09-17"


def test_a_gamed_organisation_works_as_before_and_says_how_it_cheats() -> None:
    truth = small("gamed").truth
    assert set(planted(truth).values()) == {2}
    assert set(PROFILES["gamed"].gamed) <= set(SCENARIOS)
    assert truth["gamed"] == list(PROFILES["gamed"].gamed)
    honest = replace(PROFILES["gamed"], gamed=()).generate(seed=1, until=UNTIL, incidents=FEW)
    assert honest.incidents.column("priority") != small("gamed").incidents.column("priority")


def test_without_a_cmdb_there_are_neither_items_nor_a_truth_of_them() -> None:
    made = small("no-cmdb")
    assert (len(made.configuration_items), len(made.ci_relationships)) == (0, 0)
    assert planted(made.truth) == dict.fromkeys(set(PRACTICES) - {"configuration"}, 3)
    assert not {"configuration_item", "ci_relationship"} & set(exported_kinds(made))


def test_small_has_two_thousand_incidents_a_year() -> None:
    made = profile("small").generate(seed=1, until=UNTIL)
    assert len([key for key in made.incidents.column("id") if str(key).startswith("INC")]) == 4_000
    assert set(planted(made.truth).values()) == {3}


@pytest.mark.parametrize("name", ["uneven", "declining"])
def test_what_is_put_together_refers_only_to_what_is_there(name: str) -> None:
    made = small(name)
    tables = {key: value for key, value in vars(made).items() if isinstance(value, Table)}
    for key, table in tables.items():
        ids = table.column("id")
        assert len(ids) == len(set(ids)), key
        for column in set(REFERENCES) & set(table.columns):
            known = set(tables[REFERENCES[column]].column("id"))
            assert {cell for cell in table.column(column) if cell} <= known, f"{key}.{column}"


@pytest.mark.parametrize("name", PROFILES)
def test_the_configuration_knows_what_no_record_says(name: str, tmp_path: Path) -> None:
    made = small(name)
    file = tmp_path / "itsm-maturity.yaml"
    file.write_text(configuration("export", UNTIL, exported_kinds(made), made.truth), encoding="utf-8")
    policy = load(file, {}).policy()
    assert policy.active_users == made.truth["active_users"]
    assert policy.exclusions.go_live == date(2024, 6, 17)


def assessed(made: Organisation, folder: Path, as_of: date = UNTIL) -> Assessment:
    """Assess the records of the kinds that the organisation has, put straight into an evidence store."""
    truth: Any = made.truth
    exclusions = Exclusions(go_live=date.fromisoformat(truth["go_live"]))
    policy = replace(POLICY, active_users=truth["active_users"], exclusions=exclusions)
    kinds = ("incident", "transition", *exported_kinds(made))
    request = Request(
        as_of=as_of,
        taken_at=datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC),
        past=lambda name, department: () if department else made.snapshots.get(name, ()),
    )
    with evidence_of(made, folder, kinds) as store:
        return assess(store, shipped(), policy, request)


def found(made: Organisation, folder: Path, as_of: date = UNTIL) -> Levels:
    """Levels by practice and department, proven and possible."""
    practices = assessed(made, folder, as_of).practices
    return {(each.practice, each.department): (each.level, each.possible) for each in practices}


def whole(levels: Levels) -> dict[str, int | None]:
    return {practice: level for (practice, department), (level, _) in levels.items() if department is None}


@pytest.mark.validate
@pytest.mark.parametrize(("name", "level"), LEVELS.items())
def test_the_product_finds_the_level_of_the_profile(name: str, level: int, tmp_path: Path) -> None:
    levels = whole(found(profile(name).generate(seed=1, until=UNTIL), tmp_path))
    assert levels == dict.fromkeys(PRACTICES, level)


@pytest.mark.validate
def test_the_product_finds_departments_two_levels_apart(tmp_path: Path) -> None:
    """Of practices whose consistency can be told within a department."""
    levels = found(profile("uneven").generate(seed=1, until=UNTIL), tmp_path)
    for practice in ("incident", "change", "release", "request", "knowledge"):
        assert levels[practice, "Applications"][0] == 1, practice
        assert levels[practice, "Infrastructure"][0] == 3, practice


@pytest.mark.validate
def test_the_product_does_not_assess_a_cmdb_that_is_not_there(tmp_path: Path) -> None:
    levels = found(profile("no-cmdb").generate(seed=1, until=UNTIL), tmp_path)
    assert levels["configuration", None][0] is None
    for practice in set(PRACTICES) - {"configuration"}:
        proven, possible = levels[practice, None]
        assert (proven or 1) <= 3 <= possible, practice
    assert whole(levels)["incident"] == 3


@pytest.mark.validate
@pytest.mark.parametrize(("name", "sign"), [("declining", -1), ("improving", 1)])
def test_assessments_before_and_after_the_change_differ_in_its_direction(
    name: str, sign: int, tmp_path: Path
) -> None:
    made = profile(name).generate(seed=1, until=UNTIL)
    day = date.fromisoformat(str(made.truth["changed_on"]))
    (tmp_path / "then").mkdir()
    (tmp_path / "now").mkdir()
    then, now = whole(found(made, tmp_path / "then", day)), whole(found(made, tmp_path / "now"))
    for practice in ("incident", "change", "request"):
        assert sign * ((now[practice] or 0) - (then[practice] or 0)) == 2, practice


@pytest.mark.validate
def test_a_small_organisation_is_never_found_better_than_it_is(tmp_path: Path) -> None:
    """Small samples push a level down, never up (section 8.1): here of one practice, by one level."""
    levels = whole(found(profile("small").generate(seed=1, until=UNTIL), tmp_path))
    assert {level for level in levels.values() if level != 3} <= {2}
    assert list(levels.values()).count(3) >= len(PRACTICES) - 1
