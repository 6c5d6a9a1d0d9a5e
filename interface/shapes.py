"""Results as plain data for programs; keys are stable, more may be added (design: `--json` shapes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evaluators.departments import lagging
from evaluators.gaming import Suspicion
from evaluators.references import references_of
from evaluators.results import Assessment, AttributeResult, IndicatorResult, PracticeResult

if TYPE_CHECKING:
    from pathlib import Path

    from config.template_platform import PlatformAnswers
    from evaluators.catalogue import Indicator
    from evaluators.funnel import Comparison
    from scheduler.check import CheckReport
    from scheduler.ledger import KindReport, SyncReport
    from scheduler.review import Earlier, Explained, InForce
    from storage.errors import ItsmMaturityError
    from storage.history import JobRun, LedgerRow, Page, Run

Shape = dict[str, Any]


def assessment_shape(assessment: Assessment, *, detail: bool = True) -> Shape:
    """Return an assessment; without `detail` its practices lack attributes and indicators."""
    return {
        "assessment": assessment.id,
        "taken_at": assessment.taken_at,
        "as_of": assessment.as_of,
        "kind": assessment.kind,
        "catalogue": assessment.catalogue,
        "policy": assessment.policy,
        "evidence": {
            "store": assessment.evidence_store,
            "number": assessment.evidence_number,
            "content": assessment.evidence_content,
        },
        "overall": asdict(assessment.overall),
        "practices": [practice_shape(practice, detail=detail) for practice in assessment.practices],
        "sources": [asdict(source) for source in assessment.sources],
        "notes": list(assessment.notes),
        "suspicions": [suspicion_shape(each) for each in assessment.suspicions],
        "quality": [asdict(finding) for finding in assessment.quality],
    }


def suspicion_shape(suspicion: Suspicion) -> Shape:
    """Return what looks manipulated, its figures and limits by name."""
    return asdict(suspicion) | {"figures": dict(suspicion.figures), "limits": dict(suspicion.limits)}


def practice_shape(practice: PracticeResult, *, detail: bool = True) -> Shape:
    """Return one practice in one scope."""
    shape: Shape = {
        "practice": practice.practice,
        "department": practice.department,
        "level": practice.level,
        "possible": practice.possible,
        "confirmed": practice.confirmed,
        "index": practice.index,
        "breadth": practice.breadth,
        "coverage": practice.coverage,
        "confidence": practice.confidence,
        "probability": practice.probability,
        "bottleneck": practice.bottleneck,
        "reason": practice.reason,
        "next_step": practice.next_step,
        "kinds": list(practice.kinds),
        "completeness": practice.completeness,
        "volume": practice.volume,
    }
    if detail:
        shape["attributes"] = [attribute_shape(attribute) for attribute in practice.attributes]
        shape["indicators"] = [indicator_shape(indicator) for indicator in practice.indicators]
    return shape


def attribute_shape(attribute: AttributeResult) -> Shape:
    """Return one attribute."""
    return {
        "attribute": attribute.attribute,
        "achievement": attribute.achievement,
        "rating": attribute.rating,
    }


def indicator_shape(indicator: IndicatorResult) -> Shape:
    """Return one indicator without the records behind it."""
    found = indicator.measurement
    return {
        "id": indicator.id,
        "attribute": indicator.attribute,
        "core": indicator.core,
        "state": found.state.value,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "unit": indicator.unit,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "n": found.n,
        "n_unit": found.n_unit,
        "low_precision": found.low_precision,
        "achievement": indicator.achievement,
        "reason": found.reason,
    }


def indicator_detail(indicator: IndicatorResult) -> Shape:
    """Return one indicator with everything that explains it."""
    found = indicator.measurement
    return indicator_shape(indicator) | {
        "practice": indicator.practice,
        "weight": indicator.weight,
        "window": {"from": indicator.window[0], "until": indicator.window[1]},
        "rule": indicator.rule,
        "cap": found.cap,
        "series": [{"period": period, "value": value, "n": n} for period, value, n in found.series],
        "groups": [{"group": group, "value": value, "n": n} for group, value, n in found.groups],
        "sample": list(found.sample),
        "aggregates": dict(found.aggregates),
    }


def page_shape(items: list[Shape], total: int, limit: int, offset: int) -> Shape:
    """Return a page of a list."""
    return {"items": items, "total": total, "limit": limit, "offset": offset}


def earlier_shape(others: Sequence[Earlier]) -> list[Shape]:
    """Return the last results of practices that an assessment left out."""
    return [
        {"assessment": each.assessment, "as_of": each.as_of} | practice_shape(each.result, detail=False)
        for each in others
    ]


def history_shape(page: Page[Assessment], *, detail: bool) -> Shape:
    """Return a page of assessments, newest first."""
    items = [assessment_shape(each, detail=detail) for each in page.items[: page.limit]]
    return page_shape(items, page.total, page.limit, page.offset)


def runs_shape(runs: Sequence[tuple[Run, Sequence[LedgerRow]]]) -> list[Shape]:
    """Return runs, newest first, each with its ledger; `finished_at` is null for one that did not end."""
    return [asdict(run) | {"ledger": [asdict(line) for line in lines]} for run, lines in runs]


def job_runs_shape(runs: Sequence[JobRun]) -> list[Shape]:
    """Return what became of due times of the daemon's jobs, in the keys of other runs and its own."""
    return [
        {"id": None, "kind": "job", "connector": None, "outcome": run.state, "ledger": []} | asdict(run)
        for run in runs
    ]


def sync_shape(report: SyncReport) -> Shape:
    """Return the ledger of a sync."""
    return {
        "connectors": [
            {
                "connector": each.connector,
                "outcome": each.outcome,
                "message": each.message,
                "records": [kind_shape(kind) for kind in each.records],
            }
            for each in report.connectors
        ]
    }


def kind_shape(report: KindReport) -> Shape:
    """Return what came of one record kind."""
    shape = asdict(report.row) | {"rejections": list(report.rejections)}
    del shape["connector"]
    return shape


def explanation_shape(found: Explained, subject: str, queries: Mapping[str, str]) -> Shape:
    """Return a practice or one indicator with the rules it was rated by."""
    shape = assessment_shape(found.assessment, detail=False)
    del shape["practices"], shape["overall"]
    shape["subject"] = subject
    shape["practices"] = [practice_shape(each) for each in found.practices(subject)]
    shape["indicators"] = [
        indicator_detail(result)
        | {
            "department": practice.department,
            "entry": _entry(found, result.id),
            "query": queries.get(result.id),
        }
        for name in found.indicators_of(subject)
        for practice, result in found.indicators(name)
    ]
    return shape


def departments_shape(
    assessment: Assessment, practices: Sequence[PracticeResult], compared: Sequence[Comparison]
) -> Shape:
    """Return the departments of an assessment: levels, their range, who is far behind, and the funnels."""
    shape = assessment_shape(assessment, detail=False)
    del shape["practices"], shape["overall"]
    names = dict.fromkeys(each.practice for each in practices if each.department is not None)
    return shape | {
        "practices": [_range_shape(name, practices) for name in names],
        "behind": list(lagging(assessment.practices)),
        "funnel": [asdict(each) for each in compared],
    }


def _range_shape(practice: str, practices: Sequence[PracticeResult]) -> Shape:
    own = [each for each in practices if each.practice == practice and each.department is not None]
    levels = [each.level for each in own if each.level is not None]
    return {
        "practice": practice,
        "lowest": min(levels, default=None),
        "highest": max(levels, default=None),
        "departments": [practice_shape(each, detail=False) for each in own],
    }


def _entry(found: Explained, indicator: str) -> Shape | None:
    entry = found.entry(indicator)
    return entry_shape(entry) if entry is not None else None


def entry_shape(entry: Indicator) -> Shape:
    """Return a catalogue entry."""
    shape: Shape = entry.model_dump(mode="json")
    return shape | {
        "weight": entry.effective_weight,
        "rule": entry.rule,
        "references": [each.model_dump(exclude={"indicator"}) for each in references_of(entry.id)],
    }


def check_shape(report: CheckReport) -> Shape:
    """Return what a check found."""
    return {
        "connectors": [asdict(each) for each in report.connectors],
        "indicators": report.indicators,
        "unratable": [asdict(each) for each in report.unratable],
        "lapsed": list(report.lapsed),
    }


def begun_shape(
    file: Path,
    answers: PlatformAnswers,
    unset: Sequence[str],
    report: CheckReport | None,
    failure: ItsmMaturityError | None,
) -> Shape:
    """Return what `init` wrote for a platform; `connection` is null where it was not tried or failed."""
    error = (
        {"type": type(failure).__name__, "message": failure.message, "hint": failure.hint}
        if failure
        else None
    )
    return {
        "configuration": str(file),
        "url": answers.url,
        "auth": answers.way,
        "user": answers.user,
        "platform": answers.platform.type,
        "projects": list(answers.projects) or None,
        "records": list(answers.records) or None,
        "unset": list(unset),
        "connection": check_shape(report) if report is not None else None,
        "error": error,
    }


def indicators_shape(found: InForce) -> list[Shape]:
    """Return the catalogue entries in force, each with what exempts it or its practice."""
    exemptions = {each.practice or each.indicator: asdict(each) for each in found.exemptions}
    return [
        entry_shape(each) | {"exemption": exemptions.get(each.id) or exemptions.get(each.practice)}
        for each in found.entries
    ]
