"""What must not change a verdict: order, identifiers, zone of storage, repetition, volume (section 8.2)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import orjson

from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.results import IndicatorResult
from sandbox.organisation import Organisation
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.planting.draft import Snapshots
from sandbox.organisation.table import Table
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, Record
from storage.records import KINDS
from storage.records.schema import FieldClass, RecordKind
from tests.validity.acceptance_missing import attribute_of, numbers
from tests.validity.acceptance_world import (
    FEW,
    MEDIUM,
    TAKEN_AT,
    Case,
    Levels,
    assessed,
    organisation_of,
    policy_of,
)
from tests.validity.evidence import SOURCE, rows_of, support_of, table_of
from tests.validity.figures import Figure, at_most, shown
from tests.validity.planted import UNTIL

MERGED: Final = 2_000
"""Incidents of the organisation that is merged record by record, several times over."""
SURROUNDINGS: Final = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu"}
ELSEWHERE: Final = timezone(timedelta(hours=5, minutes=45))
IDENTITIES: Final = ("id", "name", "host_name", "serial_number", "ip_address", "cloud_id", "correlation_id")
REFERENCES: Final = ("service_id", "ci_id")
"""Named here too because some lead nowhere: such names stand in no register."""
WIDER: Final = 1.15
"""Ratio from which on an interval is wider by more than the chance of its draws."""
NARROWER: Final = 0.90
"""Ratio up to which an interval is narrower by more than that chance; 0.71 is what twice the records give."""
Copies = Mapping[str, Sequence[Record]]


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Yield what differs after changes that say nothing new, and after doubling."""
    yield from invariance(Case(3, 1, MERGED), said)
    yield from doubling(Case(3, 1, MEDIUM), said)
    yield from second_half(Case(3, 1, FEW))


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
    yield at_most(
        "Reproducibility: bytes that differ in a process with one core, hash seed and time zone of its own",
        difference(first[1], _elsewhere(case, practices)),
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


def _elsewhere(case: Case, practices: Sequence[str]) -> bytes:
    """Return the result of the same records in another process."""
    before = {name: os.environ.get(name) for name in SURROUNDINGS}
    os.environ.update(SURROUNDINGS)
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_on_one_core, case, tuple(practices)).result()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _on_one_core(case: Case, practices: Sequence[str]) -> bytes:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    organisation = organisation_of(case)
    records = {kind: list(records_of(organisation, kind)) for kind in KINDS}
    return merged(organisation, [records], practices)[1]


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
    once, twice = assessed(organisation), assessed(doubled(organisation, organisation))
    pairs = _rated(once, twice)
    moved = [pair for pair in pairs if _has_moved(*pair)]
    for before, after in moved:
        said(f"doubled: {before.id} {numbers(before)} became {numbers(after)}")
    yield at_most(
        "Doubled data: achievement moves by more than 0.5 point",
        len(moved),
        0,
        "indicators",
        cases=len(pairs),
        reading="; ".join(f"`{before.id}` {_points(before, after):+.1f}" for before, after in moved),
    )
    widths = _widths(pairs)
    wider = [name for name, ratio in widths.items() if ratio > WIDER]
    yield at_most(
        "Doubled data: intervals that are wider",
        len(wider),
        0,
        "intervals",
        cases=len(widths),
        reading=COPIED,
    )
    same = sum(ratio > NARROWER for ratio in widths.values())
    yield shown("Doubled data: intervals about as wide as before", same, "intervals", cases=len(widths))
    higher = sum((twice[name].level or 0) != (once[name].level or 0) for name in once)
    yield at_most("Doubled data: level changes", higher, 0, "practices", cases=len(once))


COPIED = (
    "by more than 15 %, the chance of resampling; a copy falls into the weeks of what it copies, so an "
    "interval from resampled weeks cannot become narrower by it: next lines"
)


def second_half(case: Case) -> Iterator[Figure]:
    """Put other records of the same quality beside an organisation: its intervals become narrower."""
    organisation, other = organisation_of(case), organisation_of(replace(case, take=1))
    ratios = list(_widths(_rated(assessed(organisation), assessed(doubled(organisation, other)))).values())
    name = "Twice the records, drawn on their own"
    yield at_most(
        f"{name}: median width of an interval", median(ratios), 0.8, "of what it was", cases=len(ratios)
    )
    wider = sum(ratio > WIDER for ratio in ratios)
    yield shown(f"{name}: intervals that are wider", wider, "intervals", cases=len(ratios), reading=DRAWN)


DRAWN = "by more than 15 %; a share that came out nearer to 50 % the second time has more chance in it"


def _rated(one: Levels, other: Levels) -> list[tuple[IndicatorResult, IndicatorResult]]:
    return [
        (before, after)
        for before, after in _paired(one, other)
        if before.achievement is not None and after.achievement is not None
    ]


def doubled(organisation: Organisation, other: Organisation) -> Organisation:
    """Return an organisation beside another one under other names, so that they share nothing."""
    names = {
        name: f"{name} (copy)"
        for kind in KINDS
        for column in (*IDENTITIES, *REFERENCES, *_persons(KINDS[kind]))
        for name in table_of(other, kind).columns.get(column, np.array([], np.object_)).tolist()
        if isinstance(name, str) and not name.startswith(("svc_", "import."))
    }
    copy = renamed(other, names)
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
            store.declare(support_of(KINDS[kind], table_of(organisation, kind)))
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


def _points(before: IndicatorResult, after: IndicatorResult) -> float:
    return 100 * ((after.achievement or 0.0) - (before.achievement or 0.0))


def _has_moved(before: IndicatorResult, after: IndicatorResult) -> bool:
    return abs(_points(before, after)) > 0.5 + 1e-7


def _widths(pairs: Sequence[tuple[IndicatorResult, IndicatorResult]]) -> dict[str, float]:
    """Return how wide intervals are as a multiple of what they were, by indicator."""
    found = {before.id: (_width(before), _width(after)) for before, after in pairs}
    return {name: after / before for name, (before, after) in found.items() if before and after is not None}


def _width(result: IndicatorResult) -> float | None:
    measured = result.measurement
    return None if measured.low is None or measured.high is None else measured.high - measured.low


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
