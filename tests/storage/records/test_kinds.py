from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import UsageError
from storage.records import KINDS, kind
from storage.records.documentation import markdown
from storage.records.schema import Column, ColumnType, Dating, FieldClass, Origin, RecordKind, joined

ROOT = Path(__file__).resolve().parents[3]
EVERY = pytest.mark.parametrize("each", KINDS.values(), ids=lambda each: each.name)
PERSONS = {
    *("assignee", "caller", "created_by", "resolver", "requester", "approver", "implementer", "executor"),
    *("owner", "changed_by", "acknowledged_by", "closed_by", "requested_for", "fulfiller", "author", "user"),
    *("respondent", "manager", "actor"),
}


def test_the_kinds_are_those_of_the_model_in_order() -> None:
    assert list(KINDS) == [
        *("incident", "problem", "change", "release", "configuration_item", "ci_relationship", "event"),
        *("alert", "service_level", "request", "knowledge", "knowledge_use", "survey", "outage", "group"),
        "transition",
    ]


def test_a_kind_is_found_by_its_name() -> None:
    assert kind("change") is KINDS["change"]


def test_an_unknown_kind_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'incident'") as failure:
        kind("incidents")
    assert "configuration_item" in failure.value.hint


@EVERY
def test_column_names_are_unique_plain_words(each: RecordKind) -> None:
    names = [column.name for column in each.columns]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name) for name in [each.name, *names])


@EVERY
def test_no_column_takes_a_name_the_store_needs(each: RecordKind) -> None:
    from storage.evidence.tables import RESERVED

    assert not RESERVED & set(each.by_name)


@EVERY
def test_every_column_says_what_it_means(each: RecordKind) -> None:
    assert each.doc.endswith(".")
    for column in each.columns:
        assert column.doc[0].isupper() or column.doc.split(",")[0].split()[0].islower(), column.name
        assert not column.doc.endswith("."), column.name


@EVERY
def test_persons_are_of_class_person_and_nothing_else_is(each: RecordKind) -> None:
    assert {c.name for c in each.columns if c.field_class is FieldClass.PERSON} == PERSONS & set(each.by_name)


@EVERY
def test_of_a_free_text_length_and_fingerprint_remain(each: RecordKind) -> None:
    texts = [column for column in each.columns if column.field_class is FieldClass.TEXT]
    assert {column.type for column in texts if column.name.endswith("_length")} <= {ColumnType.INTEGER}
    assert {column.type for column in texts if column.name.endswith("_fingerprint")} <= {ColumnType.TEXT}
    lengths = {c.name.removesuffix("_length") for c in texts if c.name.endswith("_length")}
    fingerprints = {c.name.removesuffix("_fingerprint") for c in texts if c.name.endswith("_fingerprint")}
    assert lengths == fingerprints
    assert len(texts) == 2 * len(lengths)


@EVERY
def test_only_computed_columns_need_something(each: RecordKind) -> None:
    for column in each.columns:
        assert bool(column.needs) is (column.origin is not Origin.MAPPED), column.name


@EVERY
def test_what_a_column_needs_exists(each: RecordKind) -> None:
    for column in each.columns:
        for need in column.needs:
            for alternative in need.split("|"):
                assert _exists(alternative, each), f"{each.name}.{column.name} needs {alternative}"


@EVERY
def test_what_is_computed_at_ingest_needs_mapped_columns_alone(each: RecordKind) -> None:
    for column in each.of_origin(Origin.RECORD):
        assert {each.by_name[need].origin for need in column.needs} == {Origin.MAPPED}


@EVERY
def test_a_column_from_a_current_one_is_current(each: RecordKind) -> None:
    for column in each.of_origin(Origin.RECORD):
        if any(each.by_name[need].dating is Dating.CURRENT_ONLY for need in column.needs):
            assert column.dating is Dating.CURRENT_ONLY, column.name


@EVERY
def test_history_is_kept_of_columns_of_the_kind(each: RecordKind) -> None:
    assert set(each.tracked) <= set(each.by_name)


@EVERY
def test_durations_are_whole_seconds(each: RecordKind) -> None:
    assert {c.type for c in each.columns if c.name.endswith("_seconds")} <= {ColumnType.INTEGER}
    assert {c.type for c in each.columns if c.name.endswith("_at")} <= {ColumnType.TIMESTAMP}


def test_configuration_items_show_todays_state() -> None:
    dated = {c.name for c in KINDS["configuration_item"].columns if c.dating is Dating.DATED}
    assert dated == {"created_at", "first_discovered_at", "retired_at", "created_by", "creator_type"}


def test_a_moment_and_a_day_have_an_age_that_is_stored_nowhere() -> None:
    incident = KINDS["incident"]
    age = incident.by_name["opened_at_age_days"]
    assert (age.type, age.origin, age.needs) == (ColumnType.INTEGER, Origin.VIRTUAL, ("opened_at",))
    assert age not in incident.columns
    assert "opened_on_age_days" in incident.by_name
    assert "priority_age_days" not in incident.by_name


def test_the_age_of_a_current_column_is_current() -> None:
    item = KINDS["configuration_item"]
    assert item.by_name["verified_at_age_days"].dating is Dating.CURRENT_ONLY
    assert item.by_name["created_at_age_days"].dating is Dating.DATED


def test_joined_kinds_have_the_columns_they_share_and_the_name_of_the_kind() -> None:
    both = joined([KINDS["incident"], KINDS["request"]])
    assert both.name == "incident and request"
    assert {"opened_at", "priority", "record_kind", "opened_at_age_days"} <= set(both.by_name)
    assert not {"item", "resolver"} & set(both.by_name)
    assert joined([KINDS["incident"]]) is KINDS["incident"]


def test_columns_of_one_name_and_different_types_are_not_shared() -> None:
    text = RecordKind("one", "One.", (Column("size", ColumnType.TEXT, "Size"),))
    number = RecordKind("other", "Other.", (Column("size", ColumnType.INTEGER, "Size"),))
    assert list(joined([text, number]).by_name) == ["record_kind"]


def test_the_page_of_record_kinds_is_current() -> None:
    page = ROOT / "docs" / "records.md"
    assert page.read_text(encoding="utf-8") == markdown(), (
        "run `python -m storage.records.documentation > docs/records.md`"
    )


def test_record_kinds_load_without_an_engine() -> None:
    code = "import sys, storage.records, storage.evidence, storage.evidence.store; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"pyarrow", "duckdb", "orjson", "tenacity"} & set(loaded.stdout.split())


def _exists(need: str, each: RecordKind) -> bool:
    place, colon, name = need.removeprefix("each:").rpartition(":")
    if not colon:
        other, dot, column = name.partition(".")
        return column in KINDS[other].by_name if dot else name in each.by_name
    if place == "policy":
        return name in {
            "automation",
            "priority_matrix",
            "response_targets",
            "departments",
            "migration",
            "active_users",
        }
    return name in each.tracked if place == "transition" else place in KINDS and not name


def test_a_column_knows_its_defaults() -> None:
    column = Column("category", ColumnType.TEXT, "Category")
    assert (column.field_class, column.dating, column.origin) == (
        FieldClass.PLAIN,
        Dating.DATED,
        Origin.MAPPED,
    )
