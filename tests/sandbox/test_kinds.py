"""Records of every kind: how many, in which columns, of which types, from which chance."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.organisation import Assumptions, Organisation, Quality, generate
from sandbox.organisation.assumptions import ChangeAssumptions
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass, RecordKind
from tests.sandbox.linked import CASES, TABLES, UNTIL, ordinary, organisation, table

TYPES = {ColumnType.TEXT: str, ColumnType.INTEGER: int, ColumnType.BOOLEAN: bool, ColumnType.DATE: date}
VOLUMES = {
    "problem": (500, 750),
    "change": (5900, 6100),
    "release": (150, 150),
    "configuration_item": (4000, 4000),
    "ci_relationship": (8900, 9000),
    "event": (6000, 10000),
    "alert": (10000, 10000),
    "request": (15000, 15000),
    "knowledge": (400, 400),
    "knowledge_use": (8000, 13000),
    "survey": (4500, 6500),
    "outage": (240, 330),
}
LINKS = {"caused_by_change_id", "fix_change_id", "knowledge_used"}


def types_of(kind: RecordKind) -> dict[str, ColumnType]:
    """Return what a record may carry: mapped columns, with texts in words."""
    found = {"id": ColumnType.TEXT, "updated_at": ColumnType.TIMESTAMP}
    for column in kind.mapped:
        if column.field_class is FieldClass.TEXT:
            found[column.name.rsplit("_", 1)[0]] = ColumnType.TEXT
        else:
            found[column.name] = column.type
    return found


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"level {case[0]}")
def test_records_carry_only_columns_of_their_kind_with_the_right_types(
    case: tuple[int, int, int], kind: str
) -> None:
    found, known = table(organisation(*case), kind), types_of(KINDS[kind])
    assert set(found.columns) <= set(known)
    for name, values in found.columns.items():
        assert len(values) == len(found)
        if known[name] is ColumnType.TIMESTAMP:
            assert values.dtype.kind == "M", name
        else:
            assert {type(cell) for cell in values.tolist()} <= {TYPES[known[name]], type(None)}, name


def test_every_kind_is_there() -> None:
    assert set(TABLES) == set(KINDS)


@pytest.mark.parametrize("kind", VOLUMES)
def test_volumes_are_in_proportion_to_the_incidents(kind: str) -> None:
    low, high = VOLUMES[kind]
    assert low <= len(table(ordinary(), kind)) <= high


def test_items_are_of_all_classes_and_some_are_new_retired_or_double() -> None:
    items = ordinary().configuration_items
    classes = items.column("class")
    assert set(classes) == {"service", "application", "server", "database", "network device"}
    assert 0.02 < sum(map(bool, items.column("retired_at"))) / len(items) < 0.08
    assert 10 <= sum(map(bool, items.column("duplicate_of_id"))) <= 100


def test_some_changes_cause_incidents_and_some_fix_them() -> None:
    incidents = ordinary().incidents
    assert 50 <= sum(map(bool, incidents.column("caused_by_change_id"))) <= 500
    assert 50 <= sum(map(bool, incidents.column("fix_change_id"))) <= 300


def changed() -> Organisation:
    level, seed, groups = CASES[1]
    assumptions = Assumptions(changes=ChangeAssumptions(volume=0.5, emergency=0.2))
    quality = Quality.of_level(level, seed)
    return generate(
        quality,
        seed=seed,
        until=UNTIL,
        months=18,
        incidents=3000,
        groups=groups,
        assumptions=assumptions,
    )


def test_what_is_assumed_of_other_practices_leaves_incidents_and_truth_alone() -> None:
    usual, other = organisation(*CASES[1]), changed()
    for name in set(usual.incidents.columns) - LINKS:
        assert other.incidents.column(name) == usual.incidents.column(name), name
    for kind in ("transition", "service_level"):
        assert list(table(other, kind).rows()) == list(table(usual, kind).rows())
    assert other.truth == usual.truth
    assert len(other.changes) == 1500


def test_what_is_assumed_of_one_practice_leaves_unlinked_practices_alone() -> None:
    usual, other = organisation(*CASES[1]), changed()
    for kind in ("configuration_item", "ci_relationship", "alert", "event", "request", "knowledge", "survey"):
        assert list(table(other, kind).rows()) == list(table(usual, kind).rows()), kind


def test_the_same_seed_gives_the_same_records_and_another_one_others() -> None:
    level, seed, groups = CASES[1]
    settings = {"until": UNTIL, "months": 18, "incidents": 3000, "groups": groups}
    quality = Quality.of_level(level, seed)
    again = generate(quality, seed=seed, **settings)  # type: ignore[arg-type]
    other = generate(quality, seed=seed + 1, **settings)  # type: ignore[arg-type]
    for kind in TABLES:
        rows = list(table(organisation(*CASES[1]), kind).rows())
        assert list(table(again, kind).rows()) == rows, kind
        assert list(table(other, kind).rows()) != rows, kind
