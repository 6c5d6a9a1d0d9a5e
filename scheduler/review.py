"""Looking back: stored assessments, what explains them, and past runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from config import Exemption
from evaluators.catalogue import Catalogue, Indicator
from evaluators.funnel import Comparison, comparisons
from evaluators.handoffs import HandOff, hand_offs
from evaluators.results import Assessment, IndicatorResult, PracticeResult
from scheduler.errors import NothingYetError
from scheduler.stored import from_stored
from scheduler.workspace import Workspace
from storage.errors import UsageError
from storage.history import JobRun, LedgerRow, Page, Run, StoredAssessment

LOOKED_THROUGH = 100
"""Assessments among which the latest that looked at everything is searched."""


@dataclass(frozen=True)
class Wanted:
    """Which stored assessments to look at; `department` None is the organisation, `*` every scope."""

    practice: str | None = None
    department: str | None = None
    since: date | None = None
    indicator: str | None = None
    detail: bool = False
    limit: int = 50
    offset: int = 0

    @property
    def detailed(self) -> bool:
        """Whether attributes and indicators are wanted."""
        return self.detail or self.indicator is not None


@dataclass(frozen=True)
class Explained:
    """One stored assessment with the catalogue it was made with."""

    assessment: Assessment
    catalogue: Catalogue

    def of_department(self, department: str) -> Explained:
        """Return the same for one department alone; UsageError with the nearest name for an unknown one."""
        practices = self.assessment.practices
        require_known("department", department, {each.department for each in practices if each.department})
        own = tuple(each for each in practices if each.department == department)
        return replace(self, assessment=replace(self.assessment, practices=own))

    def in_department(self, subject: str, department: str) -> Explained:
        """Return what is said of a practice or indicator there; NothingYetError where that is nothing."""
        found = self.of_department(department)
        if subject not in found.names():
            raise NothingYetError(
                f"{subject} was not assessed for {department}: it has no records of its own to rate there"
            )
        return found

    def names(self) -> set[str]:
        """Return the practices and indicators of the assessment."""
        practices = self.assessment.practices
        return {each.practice for each in practices} | {
            indicator.id for practice in practices for indicator in practice.indicators
        }

    def entry(self, indicator: str) -> Indicator | None:
        """Return the catalogue entry of an indicator; None when its catalogue is not known any more."""
        return next((each for each in self.catalogue.entries if each.id == indicator), None)

    def indicators_of(self, subject: str) -> list[str]:
        """Return the indicators of a practice, or the one indicator itself."""
        own = [each.id for practice in self.practices(subject)[:1] for each in practice.indicators]
        return own or [subject]

    def practices(self, name: str) -> list[PracticeResult]:
        """Return the results of a practice, the organisation's first."""
        return [each for each in self.assessment.practices if each.practice == name]

    def indicators(self, name: str) -> list[tuple[PracticeResult, IndicatorResult]]:
        """Return the answers of an indicator, the organisation's first."""
        return [
            (practice, each)
            for practice in self.assessment.practices
            for each in practice.indicators
            if each.id == name
        ]

    def query(self, indicator: str) -> str:
        """Return the query an indicator's number was taken from; empty where nothing was asked."""
        answers = self.indicators(indicator)
        return answers[0][1].query if answers else ""


def past_assessments(workspace: Workspace, wanted: Wanted) -> Page[Assessment]:
    """Return a page of stored assessments, newest first.

    It holds one more than the limit where there is one, so that a change can be told for every item.
    Raises UsageError for a practice or indicator nobody knows.
    """
    practice = wanted.practice
    if practice is not None:
        require_known("practice", practice, workspace.known_practices())
    if wanted.indicator is not None:
        entries = {entry.id: entry.practice for entry in workspace.catalogue.entries}
        require_known("indicator", wanted.indicator, entries)
        practice = entries[wanted.indicator]
    page = workspace.history.assessments(
        practice=practice,
        department=wanted.department,
        since=wanted.since,
        limit=wanted.limit + 1,
        offset=wanted.offset,
        detail=wanted.detailed,
    )
    items = tuple(_only(from_stored(each), wanted.indicator) for each in page.items)
    return Page(items, page.total, wanted.limit, wanted.offset)


def _only(assessment: Assessment, indicator: str | None) -> Assessment:
    """Leave out every other indicator."""
    if indicator is None:
        return assessment
    practices = (
        replace(
            practice,
            indicators=tuple(each for each in practice.indicators if each.id == indicator),
        )
        for practice in assessment.practices
    )
    return replace(assessment, practices=tuple(practices))


def past_runs(workspace: Workspace, limit: int) -> list[tuple[Run, list[LedgerRow]]]:
    """Return the last runs, newest first, each with its ledger."""
    history = workspace.history
    return [(run, history.ledger(run.id)) for run in history.runs(limit)]


def past_job_runs(workspace: Workspace, limit: int) -> list[JobRun]:
    """Return what became of the last due times of the daemon's jobs, the one noted last first."""
    return workspace.history.job_runs(limit)


def explained(workspace: Workspace, assessment: str | None = None, subject: str | None = None) -> Explained:
    """Return a stored assessment with the catalogue it was made with.

    Without an id that is the latest that looked at `subject`, a practice or indicator, and without that the
    latest that looked at every practice. Raises NothingYetError while there is none, UsageError for an
    unknown id.
    """
    history = workspace.history
    stored = history.assessment(assessment) if assessment is not None else _latest(workspace, subject)
    if stored is None:
        raise NothingYetError(
            "No assessment is stored yet.", hint="Run itsm-maturity sync and then itsm-maturity assess."
        )
    content = history.catalogue(stored.catalogue)
    catalogue = Catalogue.of_content(content) if content is not None else workspace.catalogue
    return Explained(from_stored(stored), catalogue)


def _latest(workspace: Workspace, subject: str | None) -> StoredAssessment | None:
    history = workspace.history
    home = {entry.id: entry.practice for entry in workspace.catalogue.entries}
    practice = home.get(subject or "", subject)
    page = history.assessments(practice=practice, limit=1)
    if practice is None or not page.items:
        page = history.assessments(limit=LOOKED_THROUGH)
    wanted = {practice} if practice is not None else {*workspace.practices()}
    whole = (each for each in page.items if wanted <= {one.practice for one in each.practices})
    found = next(whole, None)
    return history.assessment(found.id) if found else history.latest()


@dataclass(frozen=True)
class Earlier:
    """The last result of a practice that an assessment did not look at."""

    assessment: str
    as_of: date
    result: PracticeResult


def earlier(workspace: Workspace, assessment: Assessment) -> tuple[Earlier, ...]:
    """Return the last results of the practices that an assessment left out."""
    now = {each.practice for each in assessment.practices}
    found = []
    for name in workspace.practices():
        if name not in now:
            page = workspace.history.assessments(practice=name, limit=1)
            past = map(from_stored, page.items)
            found += [Earlier(each.id, each.as_of, each.practices[0]) for each in past]
    return tuple(found)


def handed_over(workspace: Workspace) -> tuple[HandOff, ...]:
    """Return the hand-offs between departments in the evidence as it is now, the busiest pairs first."""
    day = workspace.configuration.assess.as_of or workspace.today()
    with workspace.evidence() as evidence:
        return hand_offs(evidence, workspace.policy, day)


def funnel(found: Explained) -> tuple[Comparison, ...]:
    """Return each department's core indicators against the organisation's, with the limits of chance."""
    entries = {entry.id: entry for entry in found.catalogue.entries}
    return comparisons(found.assessment.practices, entries)


def require_known(what: str, name: str, known: Iterable[str]) -> None:
    """Raise UsageError with the nearest name when `name` is not known."""
    names = sorted(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    choice = f"Choose from {', '.join(names)}." if names else "None is assessed."
    hint = f"Did you mean '{near[0]}'?" if near else choice
    raise UsageError(f"There is no {what} '{name}'.", hint=hint)


@dataclass(frozen=True)
class InForce:
    """The indicators in force and the exemptions from them."""

    version: str
    entries: tuple[Indicator, ...]
    exemptions: tuple[Exemption, ...]
    today: date


def indicators_in_force(workspace: Workspace, practice: str | None = None) -> InForce:
    """Return the catalogue in force, of one practice if named. Raises UsageError for an unknown one."""
    catalogue = workspace.catalogue
    if practice is not None:
        require_known("practice with indicators", practice, [each.practice for each in catalogue.practices])
    entries = tuple(each for each in catalogue.entries if practice in (None, each.practice))
    named = {each.id for each in entries} | {each.practice for each in entries}
    exemptions = tuple(
        each
        for each in workspace.configuration.exemptions
        if each.indicator in named or each.practice in named
    )
    return InForce(catalogue.version, entries, exemptions, workspace.today())
