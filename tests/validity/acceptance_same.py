"""What must not change a verdict: order, identifiers, zone of storage, repetition, volume (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import orjson

from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.results import IndicatorResult, State
from sandbox.organisation import Organisation
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.planting.draft import Snapshots
from sandbox.organisation.table import Table
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, KindState, Record, Support
from storage.records import KINDS
from storage.records.schema import FieldClass, RecordKind
from tests.validity.acceptance_missing import attribute_of, numbers
from tests.validity.acceptance_world import (
    LARGE,
    TAKEN_AT,
    Case,
    Levels,
    assessed,
    organisation_of,
    policy_of,
)
from tests.validity.evidence import SOURCE, rows_of, table_of
from tests.validity.figures import Figure, at_most
from tests.validity.planted import UNTIL

MERGED: Final = 2_000
"""Incidents of the organisation that is merged record by record, several times over."""
ELSEWHERE: Final = timezone(timedelta(hours=5, minutes=45))
CELLS: Final = (
    "conforming_volume", "stratified_share", "macro_share", "cell_spread", "cell_frequency",
    "dominated_cells", "modal_share", "covered_volume", "named_share", "in_control", "improvement",
    "rate_drop",
)  # fmt: skip
"""Families that judge teams, cells, services or periods from a least number of records on."""
IDENTITIES: Final = ("id", "name", "host_name", "serial_number", "ip_address", "cloud_id", "correlation_id")
WIDER: Final = 1.15
"""Ratio from which on an interval is wider by more than the chance of its draws.

A copy falls into the same weeks, so intervals of the weekly block bootstrap stay as wide as they were.
"""
Copies = Mapping[str, Sequence[Record]]


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Yield what differs after changes that say nothing new, and after doubling."""
    yield from invariance(Case(3, 1, MERGED), said)
    yield from doubling(Case(3, 1, LARGE), said)


def invariance(
    case: Case, said: Callable[[object], None], practices: Sequence[str] = tuple(PRACTICES)
) -> Iterator[Figure]:
    """Merge the same records in order, shuffled, twice, and with times of another zone."""
    organisation = organisation_of(case)
    records = {kind: list(records_of(organisation, kind)) for kind in KINDS}
    first = merged(organisation, [records], practices)
    yield at_most(
        "Reproducibility: bytes that differ between two runs on two stores of the same records",
        difference(first[1], merged(organisation, [records], practices)[1]),
        0,
        "bytes",
    )
    rng = np.random.default_rng(case.seed)
    shuffled = {kind: [rows[place] for place in rng.permutation(len(rows))] for kind, rows in records.items()}
    abroad = {kind: [_moved(each, ELSEWHERE) for each in rows] for kind, rows in records.items()}
    for name, batches in (
        ("records in another order", [shuffled]),
        ("the whole extract twice", [records, shuffled]),
        ("times stored in another zone", [abroad]),
    ):
        digest, result = merged(organisation, batches, practices)
        different = difference(first[1], result) + (digest != first[0])
        yield at_most(f"Invariance: bytes of the result that differ, {name}", different, 0, "bytes")
    yield from renamed_ids(organisation, said, practices)


def renamed_ids(
    organisation: Organisation, said: Callable[[object], None], practices: Sequence[str]
) -> Iterator[Figure]:
    """Give all incidents other identifiers, in the opposite order."""
    ids = organisation.incidents.columns["id"].tolist()
    count = len(ids)
    other = renamed(organisation, {name: f"TKT{count - place:08d}" for place, name in enumerate(ids)})
    wrong = list(_changes(assessed(organisation, practices), assessed(other, practices)))
    for line in wrong:
        said(line)
    yield at_most("Invariance: numbers that differ with other identifiers", len(wrong), 0, "indicators")


def doubling(case: Case, said: Callable[[object], None]) -> Iterator[Figure]:
    """Put a copy of everything beside itself: other records, groups, items and persons with the same work."""
    organisation = organisation_of(case)
    once, twice = assessed(organisation), assessed(doubled(organisation))
    pairs = [
        (before, after)
        for before, after in _paired(once, twice)
        if before.achievement is not None and after.achievement is not None
    ]
    moved = [pair for pair in pairs if _has_moved(*pair)]
    for before, after in moved:
        said(f"doubled: {before.id} {numbers(before)} became {numbers(after)}")
    judged = [before.id for before, _ in moved if not _in_cells(before)]
    apart = len(moved) - len(judged)
    yield at_most(
        f"Doubled data: achievement moves by more than 0.5 point, {len(pairs)} indicators "
        f"(not judged: {apart} of those with least sizes of teams, cells or periods)",
        len(judged),
        0,
        "indicators",
    )
    wider = [before.id for before, after in pairs if not _in_cells(before) and _is_wider(before, after)]
    for name in wider:
        said(f"doubled: the interval of {name} is wider")
    yield at_most("Doubled data: intervals that are wider", len(wider), 0, "indicators")
    higher = sum((twice[name].level or 0) != (once[name].level or 0) for name in once)
    yield at_most("Doubled data: level changes", higher, 0, "practices")


def doubled(organisation: Organisation) -> Organisation:
    """Return an organisation beside its copy, which shares nothing with it."""
    names = {
        name: f"{name} (copy)"
        for kind in KINDS
        for column in (*IDENTITIES, *_persons(KINDS[kind]))
        for name in table_of(organisation, kind).columns.get(column, np.array([], np.object_)).tolist()
        if isinstance(name, str) and not name.startswith(("svc_", "import."))
    }
    copy = renamed(organisation, names)
    tables = {
        attribute_of(kind): Table(
            {
                name: np.concatenate([values, table_of(copy, kind).columns[name]])
                for name, values in table_of(organisation, kind).columns.items()
            }
        )
        for kind in KINDS
    }
    users: Any = organisation.truth.get("active_users")
    truth = {**organisation.truth}
    if users is not None:
        truth["active_users"] = (
            {month: 2 * n for month, n in users.items()} if isinstance(users, dict) else 2 * users
        )
    return replace(organisation, truth=truth, snapshots=_twice(organisation.snapshots), **tables)


def renamed(organisation: Organisation, names: Mapping[str, str]) -> Organisation:
    """Replace whole cells, wherever they stand."""
    tables = {
        attribute_of(kind): Table(
            {
                name: _translated(values, names)
                for name, values in table_of(organisation, kind).columns.items()
            }
        )
        for kind in KINDS
    }
    return replace(organisation, **tables)  # type: ignore[arg-type]


def merged(
    organisation: Organisation, batches: Sequence[Copies], practices: Sequence[str]
) -> tuple[str, bytes]:
    """Merge records as a connector does, assess; return digest of the evidence and the result as bytes."""
    with TemporaryDirectory() as folder, open_store("duckdb:evidence.duckdb", Path(folder)) as store:
        for batch in batches:
            for kind, records in batch.items():
                store.merge(SOURCE, kind, records)
        for kind in KINDS:
            store.declare(_support(organisation, kind))
        return store.version().content, _written(store, organisation, practices)


def difference(one: bytes, other: bytes) -> int:
    """Count bytes that differ."""
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def records_of(organisation: Organisation, kind: str) -> Iterator[Record]:
    """Yield the records of a kind as a connector delivers them."""
    known = KINDS[kind]
    mapped = [column.name for column in known.mapped]
    for row in rows_of(known, table_of(organisation, kind)).to_pylist():
        values = {name: _aware(row[name]) for name in mapped}
        yield Record(row["id"], values, updated_at=row["updated_at"].replace(tzinfo=UTC))


def _written(store: EvidenceStore, organisation: Organisation, practices: Sequence[str]) -> bytes:
    request = Request(
        as_of=UNTIL,
        taken_at=TAKEN_AT,
        practices=tuple(practices),
        past=lambda name, department: () if department else organisation.snapshots.get(name, ()),
    )
    assessment = assess(store, shipped(), policy_of(organisation), request)
    # A store has a name of its own and counts its commits; the identifier of an assessment hangs on them.
    plain = replace(assessment, id="", evidence_store="", evidence_number=0)
    return orjson.dumps(asdict(plain), option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def _support(organisation: Organisation, kind: str) -> Support:
    known, columns = KINDS[kind], table_of(organisation, kind).columns
    filled = frozenset(
        column.name
        for column in known.mapped
        if (column.name.rsplit("_", 1)[0] if column.field_class is FieldClass.TEXT else column.name)
        in columns
    )
    return Support(SOURCE, kind, KindState.READABLE, filled, frozenset(known.tracked))


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _moved(record: Record, zone: tzinfo) -> Record:
    values = {
        name: value.astimezone(zone) if isinstance(value, datetime) else value
        for name, value in record.values.items()
    }
    return replace(record, values=values, updated_at=record.updated_at and record.updated_at.astimezone(zone))


def _changes(one: Levels, other: Levels) -> Iterator[str]:
    for before, after in _paired(one, other):
        if numbers(before) != numbers(after):
            yield f"{before.id} was {numbers(before)}, is {numbers(after)}"


def _paired(one: Levels, other: Levels) -> Iterator[tuple[IndicatorResult, IndicatorResult]]:
    for name in one:
        yield from zip(one[name].indicators, other[name].indicators, strict=True)


def _has_moved(before: IndicatorResult, after: IndicatorResult) -> bool:
    return abs((after.achievement or 0.0) - (before.achievement or 0.0)) > 0.005 + 1e-9


def _in_cells(result: IndicatorResult) -> bool:
    return shipped().indicator(result.id).measure.family in CELLS


def _is_wider(before: IndicatorResult, after: IndicatorResult) -> bool:
    one, other = before.measurement, after.measurement
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return other.state is State.MEASURED and other.high - other.low > WIDER * (one.high - one.low)


def _persons(kind: RecordKind) -> list[str]:
    return [column.name for column in kind.mapped if column.field_class is FieldClass.PERSON]


def _twice(snapshots: Mapping[str, Snapshots]) -> dict[str, Snapshots]:
    return {
        name: tuple((day, 2 * fulfilled, 2 * counted) for day, fulfilled, counted in kept)
        for name, kept in snapshots.items()
    }


def _translated(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], names: Mapping[str, str]
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    if values.dtype.kind != "O":
        return values
    result = np.empty(len(values), dtype=np.object_)
    result[:] = [names.get(cell, cell) if isinstance(cell, str) else cell for cell in values.tolist()]
    return result
