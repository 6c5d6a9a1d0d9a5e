"""One record becomes better: nothing that is said of the organisation may fall (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from evaluators.catalogue import Indicator, shipped
from evaluators.derive import derive
from evaluators.examination import Examination
from evaluators.ladder import index, level
from evaluators.practice import standing_of
from evaluators.results import IndicatorResult
from storage.evidence.store import EvidenceStore, Record
from storage.records import KINDS
from tests.validity.acceptance_missing import needs_of
from tests.validity.acceptance_planted import JUDGED
from tests.validity.acceptance_same import records_of
from tests.validity.acceptance_world import Case, examination_of, mid_band, organisation_of, policy_of
from tests.validity.evidence import SOURCE, evidence_of
from tests.validity.figures import Figure, at_least, at_most, shown
from tests.validity.kept import in_parallel

ASKED: Final = 10_000
SIZE: Final = 2_000
ADJUSTED: Final = (*JUDGED, "stratified_share", "case_mix", "matched_ratio")
"""Families whose fall by at most one point of achievement is allowed."""
ALLOWED: Final = 0.01
TIMED: Final = frozenset({"resolved_at", "fulfilled_at"})
"""Columns that a clock has to agree with: one record cannot be better alone where it has one."""
Row = Mapping[str, Any]
Better = Callable[[Row, "Samples"], dict[str, Any] | None]


@dataclass(frozen=True)
class Samples:
    """What a record may be filled with: values that other records of the organisation have."""

    values: Mapping[str, Sequence[Any]]
    rng: np.random.Generator

    def one(self, column: str) -> Any:
        """Return a value of a column (`problem.open`), none where nothing has one."""
        found = self.values.get(column, ())
        return found[int(self.rng.integers(len(found)))] if found else None


def filled(column: str, source: str, **others: Any) -> Better:
    """Return the improvement that fills an empty column."""

    def change(row: Row, samples: Samples) -> dict[str, Any] | None:
        value = samples.one(source)
        return {column: value, **others} if row[column] is None and value is not None else None

    return change


def sooner(column: str, since: str, limit: timedelta, better: timedelta) -> Better:
    """Return the improvement that lets something late happen in time."""

    def change(row: Row, _: Samples) -> dict[str, Any] | None:
        late = row[since] and row[column] and row[column] - row[since] > limit
        return {column: row[since] + better} if late else None

    return change


def turned(column: str, bad: Sequence[Any], good: Any, **others: Any) -> Better:
    """Return the improvement that replaces a bad value by a good one."""
    return lambda row, _: {column: good, **others} if row[column] in bad else None


def described(column: str) -> Better:
    """Return the improvement that writes a note where there is none."""
    return lambda row, _: (
        {f"{column}_length": 400, f"{column}_fingerprint": None} if not row[f"{column}_length"] else None
    )


def authorised(row: Row, _: Samples) -> dict[str, Any] | None:
    """Agree a change before it starts."""
    started, approved = row["actual_start_at"], row["approved_at"]
    if not started or (approved and approved <= started):
        return None
    return {"approved_at": row["opened_at"], "approval": "approved"}


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IMPROVEMENTS: Final[Sequence[tuple[str, str, Better]]] = (
    ("service_level", "a target is met", turned("breached", (True,), False)),
    ("incident", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("incident", "a category", filled("category", "incident.category")),
    ("incident", "a resolution note", described("resolution_note")),
    ("incident", "a link to an open problem", filled("problem_id", "problem.open")),
    ("incident", "resolved in time", sooner("resolved_at", "opened_at", 30 * DAY, 20 * DAY)),
    ("incident", "taken up at once", sooner("acknowledged_at", "opened_at", HOUR, timedelta(minutes=5))),
    ("incident", "not reopened", turned("reopen_count", (1, 2, 3), 0)),
    ("incident", "not passed on", turned("reassignment_count", (1, 2, 3, 4), 0)),
    ("change", "agreed before its start", authorised),
    ("change", "done without failing",
     turned("outcome", ("failed", "backed_out", "successful_with_issues"), "successful", backed_out=False)),
    ("change", "a close note", described("close_note")),
    ("change", "a plan to go back", described("backout_plan_note")),
    ("change", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("problem", "its cause in time", sooner("root_cause_at", "opened_at", 30 * DAY, 20 * DAY)),
    ("problem", "a workaround", described("workaround_note")),
    ("problem", "a root cause", described("root_cause_note")),
    ("request", "delivered in time", sooner("fulfilled_at", "opened_at", 30 * DAY, 5 * DAY)),
    ("request", "not reopened", turned("reopen_count", (1, 2, 3), 0)),
    ("survey", "a satisfied user", turned("points", (1, 2, 3), 5)),
    ("knowledge", "an owner", filled("owner", "knowledge.owner", owner_active=True)),
    ("knowledge", "an owner group", filled("owner_group", "knowledge.owner_group")),
    ("configuration_item", "an owner", filled("owner", "configuration_item.owner")),
    ("configuration_item", "a support group", filled("support_group", "configuration_item.support_group")),
    ("configuration_item", "an environment", filled("environment", "configuration_item.environment")),
    ("configuration_item", "verified", filled("verified_at", "configuration_item.verified_at")),
    ("alert", "taken up at once", sooner("acknowledged_at", "opened_at", HOUR, timedelta(minutes=2))),
    ("alert", "a link to an item", filled("ci_id", "configuration_item.spare")),
    ("release", "tested", turned("test_gate_passed", (False,), True)),
    ("release", "a model", filled("model", "release.model")),
    ("outage", "who was hit", filled("affected_users", "outage.affected_users")),
)  # fmt: skip


@dataclass(frozen=True)
class Fall:
    """Something that is lower after a record became better; `points` are of achievement."""

    what: str
    indicator: str
    points: float
    allowed: bool


@dataclass(frozen=True)
class Tries:
    """What came of the improvements of one organisation."""

    tried: int
    falls: tuple[Fall, ...]


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Improve records one by one in organisations of all levels."""
    found = list(in_parallel(improved, mid_band(SIZE, (1,))))
    falls = [fall for each in found for fall in each.falls]
    tried = sum(each.tried for each in found)
    for fall in falls:
        said(fall)
    bad = sum(not fall.allowed for fall in falls)
    name = "Monotone: better single records by which"
    yield at_most(f"{name} anything falls", bad, 0, "records", cases=tried, reading=EXEMPT)
    yield shown(
        f"{name} D, C, T or case-mix falls, by a point at most", len(falls) - bad, "records", cases=tried
    )
    yield at_least("Monotone: better single records that were tried", tried, ASKED, "records", reading=DEAR)


EXEMPT = (
    "methods D, C and T and those adjusted for the mix of cases may fall by one point of achievement; "
    "`chg-risk-rating-predictiveness` is no monotone figure: a change of high risk that goes well makes the "
    "rating a worse forecast"
)
DEAR = (
    "each is a merge, a derivation and a run of the indicators that read the changed columns, 2 to 3 seconds "
    "of one core: ten thousand do not fit into an hour"
)


def improved(case: Case, sorts: Sequence[str] = ()) -> Tries:
    """Improve a record in each way (or those of some names), each on top of the ones before."""
    wanted = [each for each in IMPROVEMENTS if not sorts or each[1] in sorts]
    organisation = organisation_of(case)
    rng = np.random.default_rng((case.level or 0, case.seed))
    records = {kind: {each.id: each for each in records_of(organisation, kind)} for kind in KINDS}
    samples = Samples(_samples(records), rng)
    falls: list[Fall] = []
    tried = 0
    with TemporaryDirectory() as folder, evidence_of(organisation, Path(folder)) as store:
        derive(store, policy_of(organisation))
        before = _results(examination_of(store, organisation), _all())
        for kind, what, better in wanted:
            chosen = _choose(records[kind], better, samples)
            if chosen is None:
                continue
            record, changed = chosen
            records[kind][record.id] = _store(store, kind, record, changed)
            derive(store, policy_of(organisation))
            touched = [each for each in _all() if _reads(each, kind, changed)]
            after = before | _results(examination_of(store, organisation), touched)
            falls += _falls(f"{kind}: {what} ({case})", before, after)
            before, tried = after, tried + 1
    return Tries(tried, tuple(falls))


def _samples(records: Mapping[str, Mapping[str, Record]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for kind, rows in records.items():
        for row in rows.values():
            for column, value in row.values.items():
                if value is not None:
                    found.setdefault(f"{kind}.{column}", []).append(value)
    used = {*found.get("incident.ci_id", ()), *found.get("change.ci_id", ()), *found.get("alert.ci_id", ())}
    items = records["configuration_item"].values()
    found["configuration_item.spare"] = [
        each.id for each in items if each.values["operational"] and each.id not in used
    ]
    found["problem.open"] = [
        each.id for each in records["problem"].values() if each.values["resolved_at"] is None
    ]
    return found


def _choose(
    rows: Mapping[str, Record], better: Better, samples: Samples
) -> tuple[Record, dict[str, Any]] | None:
    records, clocked = list(rows.values()), set(samples.values.get("service_level.record_id", ()))
    for place in samples.rng.permutation(len(records))[:2000].tolist():
        changed = better(records[place].values, samples)
        if changed and not (TIMED & changed.keys() and records[place].id in clocked):
            return records[place], changed
    return None


def _store(store: EvidenceStore, kind: str, record: Record, changed: Mapping[str, Any]) -> Record:
    assert record.updated_at is not None
    later = record.updated_at + timedelta(seconds=1)
    new = replace(record, values={**record.values, **changed}, updated_at=later, revision=record.revision + 1)
    store.merge(SOURCE, kind, [new])
    return new


def _all() -> list[Indicator]:
    return [indicator for practice in shipped().practices for indicator in practice.indicators]


def _reads(indicator: Indicator, kind: str, changed: Mapping[str, Any]) -> bool:
    return any(f"{kind}.{column}" in needs_of(indicator.id).columns for column in changed)


def _results(examination: Examination, indicators: Sequence[Indicator]) -> dict[str, IndicatorResult]:
    return {each.id: examination.result(each) for each in indicators}


def _falls(
    what: str, before: Mapping[str, IndicatorResult], after: Mapping[str, IndicatorResult]
) -> Iterator[Fall]:
    """Yield indicators that fall, and practices that fall though none of their indicators may."""
    mixed = set()
    for name, one in before.items():
        points = 100 * ((after[name].achievement or 0.0) - (one.achievement or 0.0))
        if one.achievement is not None and points < -1e-7:
            adjusted = shipped().indicator(name).measure.family in ADJUSTED
            mixed.add(one.practice)
            yield Fall(what, name, points, adjusted and points >= -100 * ALLOWED)
    for practice in {each.practice for each in before.values()} - mixed:
        lower, upper = _attributes(before, practice), _attributes(after, practice)
        fallen = any((upper[name] or 0.0) < (lower[name] or 0.0) for name in lower)
        if fallen or level(upper) < level(lower) or index(upper) < index(lower):
            yield Fall(what, practice, 0.0, False)


def _attributes(results: Mapping[str, IndicatorResult], practice: str) -> dict[str, float | None]:
    return standing_of([each for each in results.values() if each.practice == practice]).proven
