"""A table that feeds a kind and cannot fill a column changes no number that needs the column."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from evaluators.catalogue import shipped
from evaluators.derive import derive
from evaluators.results import Measurement
from evaluators.support import SupportMap
from sandbox.organisation import Organisation, Quality, generate
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, Feed, KindState, Support
from storage.records import KINDS
from tests.validity.acceptance_world import examination_of, policy_of
from tests.validity.copies import SIGN, copies_of

FED_TWICE = ("release", "request", "knowledge_use", "ci_relationship")
"""Kinds that several tables of a platform feed."""
OTHERS = tuple(name for name in KINDS if name not in FED_TWICE)
OWN, OTHER = "own table", "other table"
Found = Mapping[str, Measurement]


@lru_cache(maxsize=1)
def organisation() -> Organisation:
    return generate(Quality.everywhere(4, 2), seed=2, until=date(2026, 6, 17), incidents=1000)


@pytest.fixture(scope="module")
def both() -> Iterator[Path]:
    """An evidence file with the organisation twice, under other names."""
    with TemporaryDirectory() as folder:
        with copies_of(organisation(), Path(folder), 2):
            pass
        yield Path(folder) / "evidence.duckdb"


@pytest.fixture(scope="module")
def alone(both: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What is found in the organisation alone."""
    return _measured(both, tmp_path_factory.mktemp("alone"), "", frozenset())


def _measured(both: Path, folder: Path, kind: str, lacking: frozenset[str]) -> Found:
    """Measure everything where the second copy's records of a kind come from a table without columns."""
    file = folder / both.name
    shutil.copyfile(both, file)
    with duckdb.connect(str(file)) as connection:
        for name in KINDS:
            if name != kind:
                connection.execute(f"DELETE FROM stored.\"{name}\" WHERE id LIKE '%{SIGN}1'")
        if kind:
            emptied = ", ".join(f'"{name}" = NULL' for name in sorted(lacking))
            connection.execute(f"UPDATE stored.\"{kind}\" SET feed = '{OWN}'")
            connection.execute(
                f"UPDATE stored.\"{kind}\" SET feed = '{OTHER}', {emptied} WHERE id LIKE '%{SIGN}1'"
            )
    with open_store(f"duckdb:{file}", folder) as store:
        if kind:
            store.declare(_fed_twice(store, kind, lacking))
        derive(store, policy_of(organisation()))
        examination = examination_of(store, organisation())
        return {entry.id: examination.result(entry).measurement for entry in shipped().entries}


def _fed_twice(store: EvidenceStore, kind: str, lacking: frozenset[str]) -> Support:
    before = next(each for each in store.supports() if each.kind == kind)
    feeds = {OWN: Feed(before.columns, before.tracked), OTHER: Feed(before.columns - lacking)}
    return Support(before.source, kind, KindState.READABLE, before.columns, before.tracked, feeds=feeds)


def _needing(both: Path, kind: str, lacking: frozenset[str]) -> Sequence[str]:
    """Return the indicators that nothing could be said of without these columns."""
    with open_store(f"duckdb:{both}", both.parent) as store:
        supports = [
            Support(each.source, kind, each.state, each.columns - lacking) if each.kind == kind else each
            for each in store.supports()
        ]
    known = SupportMap(supports, policy_of(organisation()))
    return [
        entry.id
        for entry in shipped().entries
        if any(
            all(each.state is not None for each in known.answers(needs).values())
            for reading in entry.readings().values()
            if (needs := {name: reading.needed_of(name) for name in reading.kinds})
        )
    ]


def _changed(both: Path, folder: Path, kind: str, seed: int, alone: Found) -> tuple[list[str], list[str]]:
    mapped = sorted(column.name for column in KINDS[kind].mapped)
    lacking = frozenset(random.Random(f"{kind}{seed}").sample(mapped, (len(mapped) + 1) // 2))
    needing = [name for name in _needing(both, kind, lacking) if alone[name].value is not None]
    found = _measured(both, folder, kind, lacking)
    different = [
        f"{name} was {alone[name].value} (n={alone[name].n}), is {found[name].value} (n={found[name].n}) "
        f"beside {kind} without {sorted(lacking)}"
        for name in needing
        if (found[name].value, found[name].n) not in ((alone[name].value, alone[name].n), (None, 0))
    ]
    return needing, different


@pytest.mark.parametrize("kind", FED_TWICE)
def test_a_second_table_that_cannot_fill_a_column_changes_no_number_that_needs_it(
    both: Path, tmp_path: Path, alone: Found, kind: str
) -> None:
    needing, different = _changed(both, tmp_path, kind, 0, alone)
    assert needing
    assert different == []


@pytest.mark.validate
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_nor_does_it_for_any_other_kind(
    both: Path, tmp_path: Path, alone: Found, kind: str, seed: int
) -> None:
    assert _changed(both, tmp_path, kind, seed, alone)[1] == []
