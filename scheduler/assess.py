"""Assess: evaluates the evidence as of a day and stores what it found, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from evaluators.assessment import Request, assess, kind_of
from evaluators.completeness import with_completeness
from evaluators.measures.base import Snapshot
from evaluators.publication import Previous
from evaluators.results import Assessment
from scheduler.completeness import with_standings
from scheduler.errors import NothingYetError
from scheduler.exemptions import exemptions_on, lapsed
from scheduler.last_sync import advice, last_syncs, with_unread
from scheduler.past import snapshots
from scheduler.progress import Progress, silent
from scheduler.review import require_known
from scheduler.stored import to_stored
from scheduler.workspace import Workspace
from storage.errors import ItsmMaturityError, UsageError

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)
"""Days that can be assessed: those that business time is reckoned for."""


def assess_now(
    workspace: Workspace,
    as_of: date | None = None,
    practices: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Assessment:
    """Evaluate, store and return an assessment as of a day (configured, else today).

    Raises NothingYetError while there is no evidence, UsageError for an unknown practice, a day to come and
    days outside 1970 to 2100, FatalError or RetriableError when a store cannot be used. History has the whole
    assessment or nothing of it.
    """
    wanted = _practices(workspace, practices)
    day = as_of or workspace.configuration.assess.as_of or workspace.today()
    _require_reckonable(workspace, day)
    history = workspace.history
    _require_evidence(workspace)
    run = history.start_run("assess", None, workspace.now())
    try:
        assessment = _evaluated(workspace, day, wanted, progress)
        # The catalogue first: an assessment must never stand there without the rules it was made by.
        history.save_catalogue(assessment.catalogue, workspace.catalogue.content())
        history.save_assessment(to_stored(assessment))
    except Exception as error:
        message = error.message if isinstance(error, ItsmMaturityError) else type(error).__name__
        history.finish_run(run, "failed", workspace.now(), message)
        raise
    history.finish_run(run, "stored", workspace.now(), f"assessment {assessment.id}")
    return assessment


def _practices(workspace: Workspace, practices: Sequence[str] | None) -> tuple[str, ...]:
    known = [practice.practice for practice in workspace.catalogue.practices]
    for name in practices or ():
        require_known("practice", name, known)
    return tuple(dict.fromkeys(practices or workspace.practices()))


def _require_reckonable(workspace: Workspace, day: date) -> None:
    if day > workspace.today():
        raise UsageError(f"{day} is still to come.", hint="Assess as of today or an earlier day.")
    cohort, go_live = workspace.policy.cohort, workspace.policy.exclusions.go_live
    for each in (day, *((cohort.since, cohort.until) if cohort else ()), go_live or day):
        if not FIRST_DAY <= each <= LAST_DAY:
            raise UsageError(f"{each} is too far away to assess by.", hint="Name days from 1970 to 2100.")


def _require_evidence(workspace: Workspace) -> None:
    with workspace.evidence() as evidence:
        supports = evidence.supports()
    if not supports:
        raise NothingYetError("There is no evidence to assess yet.", hint="Run itsm-maturity sync first.")


def _evaluated(workspace: Workspace, day: date, practices: tuple[str, ...], progress: Progress) -> Assessment:
    now = workspace.now()
    kind = kind_of(day, now, workspace.policy)
    request = Request(
        as_of=day,
        taken_at=now,
        practices=practices,
        sources=frozenset(workspace.configuration.connectors),
        exemptions=exemptions_on(workspace, day),
        previous=lambda practice, department: _previous(workspace, practice, department, day, kind),
        past=lambda indicator, department: _past(workspace, indicator, department, day),
        progress=progress,
    )
    syncs = last_syncs(workspace.history, workspace.configuration.connectors)
    with workspace.evidence() as evidence:
        found = assess(evidence, workspace.catalogue, workspace.policy, request)
        sources = with_unread(found.sources, syncs, evidence)
    return with_completeness(
        replace(
            found,
            sources=with_standings(sources, workspace.history.standings(found.evidence_store)),
            notes=(*advice(syncs), *lapsed(workspace, day, practices), *found.notes),
        ),
        workspace.catalogue,
    )


def _past(workspace: Workspace, indicator: str, department: str | None, day: date) -> list[Snapshot]:
    """Return what earlier assessments kept of an indicator's snapshot."""
    rule, policy = workspace.catalogue.indicator(indicator).rule, workspace.policy.measured
    return snapshots(workspace.history, indicator, department, rule, policy, day)


def _previous(
    workspace: Workspace, practice: str, department: str | None, day: date, kind: str
) -> Previous | None:
    """Return what the assessment as of an earlier day published, for hysteresis (section 6.5)."""
    found = workspace.history.previous(practice, department, day, kind)
    if found is None or found.level is None or found.confirmed is None:
        return None
    return Previous(found.level, found.confirmed, found.probability_at_least)
