"""Runs all checks and says which indicators they make doubtful (section 4, erratum B5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from evaluators.catalogue import Indicator
from evaluators.gaming.scene import Scene
from evaluators.quality.checks import BY_ID, IN_BUSINESS_TIME, LEAST, Check
from evaluators.quality.finding import SAMPLED, QualityFinding
from evaluators.quality.night import openings
from evaluators.quality.reads import read_by
from evaluators.quality.rules import Rule, rules
from evaluators.support import plural
from storage.errors import ItsmMaturityError
from storage.records import KINDS

Reads = Mapping[str, frozenset[str]]
"""What each indicator reads, by id."""


def examine(
    scene: Scene, indicators: Iterable[Indicator], now: datetime
) -> tuple[tuple[QualityFinding, ...], tuple[str, ...]]:
    """Return what is doubtful in the records that these indicators read, and which checks could not run.

    Checks without a doubtful record say nothing. A check whose query fails is noted and fails nothing else.
    """
    reads = {indicator.id: read_by(indicator) for indicator in indicators}
    kinds = frozenset().union(*reads.values()) & set(KINDS)
    found: list[QualityFinding] = []
    notes = []
    for kind in (name for name in KINDS if name in kinds):
        try:
            found += _of_kind(scene, kind, reads, now)
        except ItsmMaturityError as error:
            notes.append(f"not run: the quality checks of {plural(kind)} ({error.message})")
    return tuple(found), tuple(notes)


def _of_kind(scene: Scene, kind: str, reads: Reads, now: datetime) -> Iterator[QualityFinding]:
    for rule in rules(scene, kind, now):
        records = scene.records(kind, *rule.needs)
        if records is not None:
            yield from _counted(scene, rule, records, reads)
    if kind in IN_BUSINESS_TIME:
        yield from _by_night(scene, kind, reads)


def _counted(scene: Scene, rule: Rule, records: str, reads: Reads) -> Iterator[QualityFinding]:
    check, limit = BY_ID[rule.check], _limit(scene, BY_ID[rule.check])
    needed = {_atom(rule.kind, name) for name in rule.columns} or {rule.kind}
    touched = tuple(name for name, atoms in reads.items() if needed <= atoms)
    if limit is not None and not touched:
        return
    doubtful = f"COALESCE({rule.suspect}, FALSE)"
    row = scene.row(
        f"SELECT COUNT(*) AS total, COUNT(*) FILTER (WHERE {doubtful}) AS suspects FROM {records} AS r "
        f"WHERE {rule.among}"
    )
    if not row["suspects"]:
        return
    total, suspects = int(row["total"]), int(row["suspects"])
    failed = limit is not None and suspects >= LEAST and suspects > limit * total
    sample = scene.rows(
        f"SELECT r.id FROM {records} AS r WHERE ({rule.among}) AND {doubtful} ORDER BY 1 LIMIT {SAMPLED}"
    )
    yield QualityFinding(
        check=check.id,
        title=check.title,
        sentence=_sentence(check, rule.kind, rule.columns, suspects, total, limit),
        record_kind=rule.kind,
        columns=rule.columns,
        suspects=suspects,
        total=total,
        limit=limit,
        failed=failed,
        indicators=touched if failed else (),
        sample=tuple(str(each["id"]) for each in sample),
    )


def _by_night(scene: Scene, kind: str, reads: Reads) -> Iterator[QualityFinding]:
    found, check = openings(scene, kind), BY_ID["time-zone"]
    limit = _limit(scene, check) or 1.0
    if found is None or not found.shifted or found.outside <= limit * found.total:
        return
    reckoned = {f"{kind}.{name}" for name in IN_BUSINESS_TIME[kind]}
    yield QualityFinding(
        check=check.id,
        title=check.title,
        sentence=_sentence(check, kind, ("opened_at",), found.outside, found.total, limit),
        record_kind=kind,
        columns=("opened_at",),
        suspects=found.outside,
        total=found.total,
        limit=limit,
        failed=True,
        indicators=tuple(name for name, atoms in reads.items() if reckoned & atoms),
    )


def _limit(scene: Scene, check: Check) -> float | None:
    return scene.examination.policy.quality.get(check.id, check.limit) if check.limit is not None else None


def _atom(kind: str, name: str) -> str:
    prefix, colon, rest = name.partition(":")
    return f"{prefix}:{kind}.{rest}" if colon else f"{kind}.{name}"


def _sentence(
    check: Check, kind: str, columns: tuple[str, ...], suspects: int, total: int, limit: float | None
) -> str:
    named = [name for name in columns if ":" not in name]
    where = f" ({', '.join(named)})" if named else ""
    usual = f"; up to {100 * limit:g} % is let pass" if limit is not None else ""
    share = f"{100 * suspects / total:.1f} %{usual}"
    return f"{suspects:,} of {total:,} {plural(kind)}{where}: {check.doc} ({share})."
