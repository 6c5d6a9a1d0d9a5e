"""Manipulated organisations: the same again with the same seed, nothing else touched, histories in order."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.gaming import SCENARIOS, VARIANTS, game
from sandbox.organisation.gaming.unrest import disquiet
from sandbox.organisation.table import Table
from storage.errors import UsageError

UNTIL = date(2026, 6, 17)


@cache
def honest() -> Organisation:
    """A small organisation that does not cheat; no test changes it."""
    return generate(Quality.of_level(2, 1), seed=1, until=UNTIL, months=15, incidents=2000)


def rows(table: Table) -> list[dict[str, object]]:
    """All rows of a table."""
    return [dict(row) for row in table.rows()]


def tables(organisation: Organisation) -> dict[str, Table]:
    """All tables of an organisation by name."""
    return {name: value for name, value in vars(organisation).items() if isinstance(value, Table)}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_manipulation_changes_some_records_and_leaves_those_handed_in_alone(scenario: str) -> None:
    before = {name: rows(table) for name, table in tables(honest()).items()}
    after = tables(game(honest(), scenario, seed=1, until=UNTIL))
    assert {name: rows(table) for name, table in tables(honest()).items()} == before
    assert any(rows(after[name]) != before[name] for name in before)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_seed_gives_the_same_records(scenario: str) -> None:
    once, twice = (tables(game(honest(), scenario, seed=3, until=UNTIL)) for _ in range(2))
    assert all(rows(once[name]) == rows(twice[name]) for name in once)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_histories_stay_numbered_from_zero_in_the_order_of_time(scenario: str) -> None:
    table = game(honest(), scenario, seed=1, until=UNTIL).transitions
    seen: dict[object, tuple[int, str]] = {}
    for row in sorted(rows(table), key=lambda row: (str(row["record_id"]), int(str(row["sequence"])))):
        step, at = seen.get(row["record_id"], (-1, ""))
        assert row["sequence"] == step + 1
        assert str(row["at"]) >= at
        seen[row["record_id"]] = (step + 1, str(row["at"]))
    assert len({row["id"] for row in rows(table)}) == len(table)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_changes_records_in_the_same_way_each_time(variant: str) -> None:
    before = tables(honest())
    once, twice = (tables(game(honest(), variant, seed=3, until=UNTIL)) for _ in range(2))
    changed = [name for name in before if rows(once[name]) != rows(before[name])]
    assert changed
    assert all(rows(once[name]) == rows(twice[name]) for name in changed)


def test_honest_unrest_adds_closed_imports_and_moves_no_opening() -> None:
    restless = disquiet(honest(), seed=1, until=UNTIL)
    opened = {row["id"]: row["opened_at"] for row in rows(restless.incidents)}
    assert opened.items() >= {row["id"]: row["opened_at"] for row in rows(honest().incidents)}.items()
    new = [row for row in rows(restless.incidents) if str(row["id"]).startswith("NEW")]
    assert {(row["created_by"], row["state"]) for row in new} == {("import.user", "Closed")}
    assert restless.truth == honest().truth


def test_nothing_is_resolved_by_a_person_on_the_public_holidays() -> None:
    restless = disquiet(honest(), seed=1, until=UNTIL)
    idle = [
        row["id"]
        for row in rows(restless.incidents)
        if "2026-04-03" <= str(row["resolved_at"]) < "2026-04-07"
        and not row["disposition"]
        and not row["parent_id"]
        and row["resolver"] != "import.user"
    ]
    assert idle == []


def test_the_truth_stays_and_says_what_was_done() -> None:
    gamed = game(honest(), "pause-abuse", seed=1, until=UNTIL)
    assert gamed.truth == {**honest().truth, "gamed": "pause-abuse"}


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        game(honest(), "magic", seed=1, until=UNTIL)
    assert "closure-burst" in refused.value.hint
