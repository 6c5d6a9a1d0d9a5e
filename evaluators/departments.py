"""Departments: which ones do enough of a practice to be assessed, and which fall behind (section 6.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from evaluators.catalogue import Practice
from evaluators.measures.base import quoted
from evaluators.results import PracticeResult
from storage.evidence import relation
from storage.evidence.store import EvidenceStore
from storage.records import KINDS

SMALLEST = 30
"""Records of a practice in a year below which a department is not assessed."""
YEAR = timedelta(days=365)
DATES = ("opened_on", "resolved_on", "stopped_on", "occurred_on", "used_on", "answered_on")
"""Columns that place a record in the year, the first that a kind has; kinds without count whole."""
FAR = 2
"""Levels below the organisation at which a department stands out …"""
MUCH = 0.20
"""… if such departments hold more than this share of the volume."""


def volumes_of(
    store: EvidenceStore, practice: Practice, sources: Sequence[str], as_of: date
) -> dict[str | None, int]:
    """Return the records of a practice's main kind in the year before a day, by department.

    None stands for the organisation, records without a department among them. Small departments are left out.
    """
    kind = main_kind(practice)
    counted: dict[str | None, int] = dict(_counted(store, kind, sources, as_of))
    whole = sum(counted.values())
    large = {name: n for name, n in sorted(_named(counted).items()) if n >= SMALLEST}
    volumes: dict[str | None, int] = {None: whole}
    volumes.update(large)
    return volumes


def main_kind(practice: Practice) -> str:
    """Return the record kind that most indicators of a practice read first."""
    kinds = Counter(indicator.kinds[0] for indicator in practice.indicators)
    return min(kinds, key=lambda kind: (-kinds[kind], kind))


def lagging(results: Sequence[PracticeResult]) -> Iterator[str]:
    """Yield a sentence for each practice where much work is done two or more levels below (section 6.7)."""
    for whole in results:
        if whole.department is None and whole.level is not None and whole.volume:
            behind = [each for each in results if _is_far_below(each, whole)]
            held = sum(each.volume or 0 for each in behind)
            if held > MUCH * whole.volume:
                names = ", ".join(f"{each.department} (level {each.level})" for each in behind)
                share = 100 * held / whole.volume
                yield (
                    f"{whole.practice}: departments that hold {share:.0f} % of the volume are "
                    f"{FAR} or more levels below the organisation's level {whole.level}: {names}"
                )


def _is_far_below(each: PracticeResult, whole: PracticeResult) -> bool:
    if each.department is None or each.practice != whole.practice or each.level is None:
        return False
    return each.level <= (whole.level or 0) - FAR


def _counted(
    store: EvidenceStore, kind: str, sources: Sequence[str], as_of: date
) -> Iterator[tuple[str | None, int]]:
    if "department" not in KINDS[kind].by_name or not sources:
        return
    dated = next((name for name in DATES if name in KINDS[kind].by_name), None)
    year = f" AND {dated} >= DATE '{as_of - YEAR}' AND {dated} < DATE '{as_of}'" if dated else ""
    rows = store.query(
        f"SELECT department, COUNT(*) AS n FROM {relation(kind)} "
        f"WHERE source IN ({', '.join(map(quoted, sources))}){year} GROUP BY 1 ORDER BY 1"
    )
    for row in rows.to_pylist():
        yield row["department"], row["n"]


def _named(counted: Mapping[str | None, int]) -> dict[str, int]:
    return {name: n for name, n in counted.items() if name is not None}
