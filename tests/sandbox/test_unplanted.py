"""Organisations of incident management alone stay what they were, and planting touches only what it may."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import date
from functools import cache

import numpy as np
import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.table import Table

UNTIL = date(2026, 6, 17)
DIGESTS = {
    (2, 12): "e0416f4c241289234eb9bd7ab39ccfd4be3986a9dda6a7fffdba4eb685722d43",
    (4, 7): "8ed8de78dacdfa530cb07856684f5891f680e3b5b0739f8e0bf5b391a8023659",
}
"""SHA-256 of all records and the truth, by level and seed, before further practices could be planted."""
MOVED = {"service_id", "ci_id", "problem_id", "caused_by_change_id", "updated_at"}


def digest(organisation: Organisation) -> str:
    found = hashlib.sha256()
    for field in fields(organisation):
        if field.name == "truth":
            found.update(repr(sorted(organisation.truth.items(), key=lambda pair: pair[0])).encode())
            continue
        table = getattr(organisation, field.name)
        for name in table.columns if isinstance(table, Table) else ():
            found.update(name.encode())
            found.update(repr(table.column(name)).encode())
    return found.hexdigest()


@cache
def organisation(quality: str) -> Organisation:
    levels = {"incident": 3, "problem": 4, "change": 4}
    chosen = Quality.of_level(3, 5) if quality == "incident" else Quality.of_levels(levels, 5)
    return generate(chosen, seed=5, until=UNTIL, months=15, incidents=3_000)


@pytest.mark.parametrize(("level", "seed"), DIGESTS)
def test_incident_management_alone_gives_the_same_bytes_as_ever(level: int, seed: int) -> None:
    made = generate(
        Quality.of_level(level, seed), seed=seed, until=UNTIL, months=15, incidents=1500, groups=8
    )
    assert digest(made) == DIGESTS[level, seed]


def test_planting_other_practices_leaves_incidents_but_for_places_and_links() -> None:
    alone, planted = organisation("incident").incidents, organisation("planted").incidents
    for name in set(alone.columns) - MOVED:
        assert planted.column(name) == alone.column(name), name


def test_planting_leaves_places_and_causes_of_urgent_incidents() -> None:
    alone, planted = organisation("incident").incidents, organisation("planted").incidents
    urgent = np.array([priority <= 2 for priority in alone.columns["priority"]])
    for name in ("service_id", "ci_id"):
        assert planted.columns[name][urgent].tolist() == alone.columns[name][urgent].tolist()


def test_planting_never_fills_or_empties_the_place_of_an_incident() -> None:
    alone, planted = organisation("incident").incidents, organisation("planted").incidents
    for name in ("service_id", "ci_id"):
        before = [cell is None for cell in alone.column(name)]
        assert [cell is None for cell in planted.column(name)] == before


def test_the_truth_of_incident_management_does_not_hang_on_other_practices() -> None:
    alone, planted = organisation("incident").truth, organisation("planted").truth
    assert {name: planted[name] for name in alone} == alone


@pytest.mark.parametrize("kind", ["problems", "changes", "incidents"])
def test_no_record_is_older_than_its_last_moment(kind: str) -> None:
    columns = getattr(organisation("planted"), kind).columns
    end = np.datetime64(UNTIL, "s")
    for name, values in columns.items():
        if values.dtype.kind == "M" and name != "updated_at":
            late = ~np.isnat(values) & (values < end) & ~(columns["updated_at"] >= values)
            assert not late.any(), name


def test_every_link_of_planted_records_leads_somewhere() -> None:
    made = organisation("planted")
    known = {kind: set(getattr(made, kind).column("id")) for kind in ("problems", "changes", "incidents")}
    for kind, column, target in (
        ("incidents", "problem_id", "problems"),
        ("incidents", "caused_by_change_id", "changes"),
        ("problems", "first_incident_id", "incidents"),
        ("problems", "fix_change_id", "changes"),
        ("changes", "problem_id", "problems"),
    ):
        named = {cell for cell in getattr(made, kind).column(column) if cell is not None}
        assert named, (kind, column)
        assert named <= known[target], (kind, column)


def test_the_same_seed_plants_the_same() -> None:
    levels = {"incident": 3, "problem": 4, "change": 4}
    again = generate(Quality.of_levels(levels, 5), seed=5, until=UNTIL, months=15, incidents=3_000)
    assert digest(again) == digest(organisation("planted"))
