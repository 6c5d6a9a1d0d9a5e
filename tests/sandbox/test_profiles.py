"""Organisations by name: their truth is as they are named, and the product finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config import load
from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.policy import Exclusions, Policy
from evaluators.publication import Previous
from evaluators.results import Assessment
from sandbox.organisation import (
    PROFILES,
    Organisation,
    Quality,
    configuration,
    exported_kinds,
    generate,
    profile,
)
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.gaming import SCENARIOS
from sandbox.organisation.merging import REFERENCES
from sandbox.organisation.nuisance import FULL
from sandbox.organisation.table import Table
from storage.errors import UsageError
from storage.evidence import relation
from storage.evidence.store import EvidenceStore
from storage.records import KINDS
from storage.records.schema import FieldClass, RecordKind
from tests.validity.acceptance_missing import ABSENT, needs_of, numbers
from tests.validity.acceptance_world import levels_in
from tests.validity.evidence import evidence_of
from tests.validity.planted import POLICY, UNTIL
from tests.validity.profiles import (
    CONSISTENT,
    DATED,
    LEVELS,
    MOVING,
    Visit,
    apart,
    at_home,
    days_of,
    moved,
    seen,
)

FEW, FEWEST = 4_000, 2_000


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
    file.write_text(configuration(made, "export", UNTIL), encoding="utf-8")
    policy = load(file, {}).policy()
    assert policy.active_users == made.truth["active_users"]
    assert policy.exclusions.go_live == date(2024, 6, 17)


def rules(made: Organisation) -> Policy:
    """What a configuration says of the organisation."""
    truth: Any = made.truth
    exclusions = Exclusions(go_live=date.fromisoformat(truth["go_live"]))
    return replace(POLICY, active_users=truth["active_users"], exclusions=exclusions)


@contextmanager
def stored(made: Organisation, folder: Path) -> Iterator[EvidenceStore]:
    """Yield the records of the kinds that the organisation has, put straight into an evidence store."""
    folder.mkdir(exist_ok=True)
    with evidence_of(made, folder, ("incident", "transition", *exported_kinds(made))) as store:
        yield store


def assessed(
    store: EvidenceStore,
    made: Organisation,
    *practices: str,
    as_of: date = UNTIL,
    before: Previous | None = None,
) -> Assessment:
    """Assess some practices, or all; `before` is what the assessment before found of the organisation."""
    request = Request(
        as_of=as_of,
        taken_at=datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC),
        practices=practices or None,
        previous=lambda _practice, department: None if department else before,
        past=lambda name, department: () if department else made.snapshots.get(name, ()),
    )
    return assess(store, shipped(), rules(made), request)


def levels(assessment: Assessment) -> dict[str | None, int | None]:
    """Levels by department, None for the organisation."""
    return {each.department: each.level for each in assessment.practices}


def told(kind: RecordKind, store: EvidenceStore) -> list[dict[str, Any]]:
    """All that a kind's records say, of persons and texts only where there is one: each store has a key."""
    secret = {each.name for each in kind.mapped if each.field_class is not FieldClass.PLAIN}
    names = ["id", "updated_at", *(each.name for each in kind.mapped)]
    shown = (f'"{name}" IS NOT NULL AS "{name}"' if name in secret else f'"{name}"' for name in names)
    rows = store.query(f"SELECT {', '.join(shown)} FROM {relation(kind.name)} ORDER BY id").to_pylist()
    for row in rows:
        if row.get("field") == "assignee":
            row |= {name: row[name] is not None for name in ("old_value", "new_value")}
    return [
        {name: cell.strip() if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows
    ]


@pytest.mark.parametrize("name", ["uneven", "gamed", "no-cmdb"])
def test_exported_files_carry_every_record_and_every_change(name: str, tmp_path: Path) -> None:
    made = profile(name).generate(seed=1, until=UNTIL, incidents=FEWEST)
    with (
        at_home(made, tmp_path) as workspace,
        workspace.evidence() as read,
        stored(made, tmp_path / "planted") as planted,
    ):
        mapped = {each.kind: each.columns for each in planted.supports()}
        for support in read.supports():
            assert told(KINDS[support.kind], read) == told(KINDS[support.kind], planted), support.kind
            assert support.columns == mapped.pop(support.kind), support.kind
    assert mapped == {}


@pytest.mark.parametrize(("name", "level"), LEVELS.items())
def test_the_product_finds_the_level_of_the_profile(name: str, level: int, tmp_path: Path) -> None:
    with stored(small(name), tmp_path) as store:
        assert levels(assessed(store, small(name), "incident"))[None] == level


def test_the_product_finds_departments_two_levels_apart(tmp_path: Path) -> None:
    with stored(small("uneven"), tmp_path) as store:
        found = levels(assessed(store, small("uneven"), "incident"))
    assert found == {None: 2, "Applications": 1, "Infrastructure": 3}


@pytest.mark.parametrize(("name", "confirmed"), [("declining", [4, 4, 2, 2]), ("improving", [2, 2, 4, 4])])
def test_a_change_is_confirmed_by_the_second_assessment_after_it(
    name: str, confirmed: list[int], tmp_path: Path
) -> None:
    made, found, before = small(name), [], None
    with stored(made, tmp_path) as store:
        for day in days_of(made):
            [whole] = (
                each
                for each in assessed(store, made, "incident", as_of=day, before=before).practices
                if not each.department
            )
            assert whole.level is not None
            assert whole.confirmed is not None
            before = Previous(whole.level, whole.confirmed, whole.probability_at_least)
            found.append(whole.confirmed)
    assert found == confirmed


def test_what_a_gamed_organisation_does_is_named_and_does_not_lift_it(tmp_path: Path) -> None:
    with stored(small("gamed"), tmp_path) as store:
        found = assessed(store, small("gamed"), "incident", "service-level")
    assert {each.scenario for each in found.suspicions} == set(PROFILES["gamed"].gamed)
    assert {each.confirmed for each in found.practices if not each.department} == {2}


def test_without_a_cmdb_configuration_is_not_connected_and_all_other_numbers_stay(tmp_path: Path) -> None:
    without = small("no-cmdb")
    same = generate(
        Quality.of_levels({name: 3 for name in PRACTICES if name != "configuration"}, 1),
        seed=1,
        until=UNTIL,
        incidents=FEW,
        nuisance=FULL,
    )
    with stored(same, tmp_path / "with") as store:
        whole = levels_in(store, same)
    with stored(without, tmp_path / "without") as store:
        left = levels_in(store, without)
    assert left["configuration"].level is None
    lost = {"configuration_item", "ci_relationship"}
    for practice, result in left.items():
        for before, after in zip(whole[practice].indicators, result.indicators, strict=True):
            read = needs_of(after.id)
            if lost & read.needed:
                assert after.measurement.state in ABSENT, after.id
            elif not lost & read.kinds:
                assert numbers(after) == numbers(before), after.id


def test_a_small_organisation_is_found_at_its_level(tmp_path: Path) -> None:
    with stored(small("small"), tmp_path) as store:
        assert levels(assessed(store, small("small"), "incident"))[None] == 3


@pytest.mark.validate
@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_of_its_usual_size_is_found_through_files(name: str) -> None:
    found = seen(Visit(name))
    if name in LEVELS:
        assert set(found.whole().values()) == {LEVELS[name]}
    elif name in MOVING:
        assert moved(found, MOVING[name]) == list(DATED)
    elif name == "uneven":
        assert apart(found) == list(CONSISTENT)
    elif name == "gamed":
        assert set(found.named) == set(PROFILES["gamed"].gamed)
        assert {levels[-1] for levels in found.confirmed.values()} <= {1, 2}
    elif name == "no-cmdb":
        assert found.whole()["configuration"] is None
        assert found.whole()["incident"] == 3
        assert max(each or 0 for each in found.whole().values()) == 3
    else:
        assert set(found.whole().values()) <= {2, 3}
        assert list(found.whole().values()).count(3) >= len(PRACTICES) - 1
