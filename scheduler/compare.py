"""What changed between two stored assessments and why (section 6.11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evaluators.catalogue import Catalogue, Indicator
from evaluators.decomposition import Change, Restated, decompose
from evaluators.results import Assessment, PracticeResult
from scheduler.errors import NothingYetError
from scheduler.recompute import recompute
from scheduler.review import require_known
from scheduler.stored import from_stored, to_stored
from scheduler.workspace import Workspace
from storage.errors import UsageError
from storage.history import ALL_DEPARTMENTS, StoredAssessment

MEASURED_BY = ("kind", "window", "measure", "unit", "minimum_sample")
"""Keys of a catalogue entry that say how a value is taken; the others say how it is rated."""


@dataclass(frozen=True)
class Unlike:
    """A practice that has a level in one of two assessments or in neither, so that nothing is compared."""

    practice: str
    before: PracticeResult | None
    """None where the first did not look at it."""
    after: PracticeResult | None


@dataclass(frozen=True)
class Comparison:
    """Two assessments and the change of every practice that has a level in both, in the scope asked for."""

    before: Assessment
    after: Assessment
    changes: tuple[Change, ...]
    unlike: tuple[Unlike, ...]
    notes: tuple[str, ...]
    """What differs besides the records: rules, policy, evidence."""


def compared(
    workspace: Workspace,
    before: str | None = None,
    after: str | None = None,
    practice: str | None = None,
    department: str | None = None,
) -> Comparison:
    """Compare two assessments by id, the last two (of the practice) where none is named.

    Raises NothingYetError while there are not two, UsageError for an unknown id, practice or department.
    """
    if practice is not None:
        require_known("practice", practice, workspace.known_practices())
    first, second = _both(workspace, before, after, practice)
    old, new = from_stored(first), from_stored(second)
    if department is not None:
        known = {each.department for each in (*old.practices, *new.practices) if each.department}
        require_known("department", department, known)
    one, other = (_of_scope(each, practice, department) for each in (old, new))
    names = dict.fromkeys((*one, *other))
    alike = [name for name in names if has_level(one.get(name)) and has_level(other.get(name))]
    rules = _Rules(workspace, first, second)
    return Comparison(
        old,
        new,
        tuple(decompose(one[name], other[name], rules.entries, rules.restated(one[name])) for name in alike),
        tuple(Unlike(name, one.get(name), other.get(name)) for name in names if name not in alike),
        tuple(_notes(old, new)),
    )


def has_level(result: PracticeResult | None) -> bool:
    """Say whether a practice was looked at and assessed."""
    return result is not None and result.level is not None


def _both(
    workspace: Workspace, before: str | None, after: str | None, practice: str | None
) -> tuple[StoredAssessment, StoredAssessment]:
    history = workspace.history
    if before is not None and after is not None:
        first, second = history.assessment(before), history.assessment(after)
        if first.id == second.id:
            raise UsageError(
                "Both names are of one assessment.", hint="itsm-maturity history lists all of them."
            )
        return first, second
    if before is not None:
        raise UsageError("Two assessments are compared.", hint="Name both, or none for the last two.")
    page = history.assessments(practice=practice, department=ALL_DEPARTMENTS, limit=2)
    if len(page.items) < 2:
        raise NothingYetError(
            f"Two assessments are compared, and {len(page.items) or 'none'} is stored.",
            hint="Run itsm-maturity assess, later again, or with --as-of for an earlier day.",
        )
    newer, older = page.items
    return history.assessment(older.id), history.assessment(newer.id)


def _of_scope(
    assessment: Assessment, practice: str | None, department: str | None
) -> dict[str, PracticeResult]:
    return {
        each.practice: each
        for each in assessment.practices
        if each.department == department and practice in (None, each.practice)
    }


class _Rules:
    """The rules of both assessments, and the first rated again by those of the second."""

    def __init__(self, workspace: Workspace, before: StoredAssessment, after: StoredAssessment) -> None:
        self.entries = _entries(workspace, after)
        self._old = _entries(workspace, before)
        self._same = before.catalogue == after.catalogue
        self._again: dict[tuple[str, str | None], PracticeResult] = {}
        if not self._same:
            catalogue = _catalogue(workspace, after)
            rated = recompute(to_stored(_under(from_stored(before), self.entries)), catalogue)
            self._again = {(each.practice, each.department): each for each in from_stored(rated).practices}

    def restated(self, before: PracticeResult) -> Restated | None:
        """Return a practice by the rules after; None where they are the same."""
        rules = {each.id: each.rule for each in before.indicators}
        now = {name: each.rule for name, each in self.entries.items() if each.practice == before.practice}
        if self._same or rules == now:
            return None
        return Restated(
            self._again[before.practice, before.department],
            frozenset(name for name in now if self._remeasured(name)),
        )

    def _remeasured(self, name: str) -> bool:
        old, new = self._old.get(name), self.entries[name]
        return old is None or any(getattr(old, key) != getattr(new, key) for key in MEASURED_BY)


def _catalogue(workspace: Workspace, stored: StoredAssessment) -> Catalogue:
    content = workspace.history.catalogue(stored.catalogue)
    return Catalogue.of_content(content) if content is not None else workspace.catalogue


def _entries(workspace: Workspace, stored: StoredAssessment) -> dict[str, Indicator]:
    return {entry.id: entry for entry in _catalogue(workspace, stored).entries}


def _under(assessment: Assessment, entries: dict[str, Indicator]) -> Assessment:
    """Put the indicators where other rules put them, with their weights; leave out what these do not know."""
    practices = tuple(
        replace(
            practice,
            indicators=tuple(
                replace(
                    each,
                    attribute=entries[each.id].attribute,
                    core=entries[each.id].core,
                    weight=entries[each.id].effective_weight,
                )
                for each in practice.indicators
                if each.id in entries
            ),
        )
        for practice in assessment.practices
    )
    return replace(assessment, practices=practices)


def _notes(before: Assessment, after: Assessment) -> Iterator[str]:
    if before.catalogue != after.catalogue:
        yield f"The catalogue is another: {before.catalogue} before, {after.catalogue} after."
    if before.policy != after.policy:
        yield "The configuration is another (policy): part of the change may come from it."
    if before.evidence_store != after.evidence_store:
        yield "The evidence is another store."
    if before.kind != after.kind:
        yield f"The first is {before.kind}, the second {after.kind}."
    if before.as_of > after.as_of:
        yield "The first is as of a later day than the second."
    yield from _sources(before, after)


def _sources(before: Assessment, after: Assessment) -> Sequence[str]:
    old, new = ({(each.source, each.kind): each.state for each in one.sources} for one in (before, after))
    came = [f"{source} {kind}" for source, kind in new if (source, kind) not in old]
    gone = [f"{source} {kind}" for source, kind in old if (source, kind) not in new]
    other = [
        f"{source} {kind} ({old[source, kind]}, then {state})"
        for (source, kind), state in new.items()
        if old.get((source, kind), state) != state
    ]
    named = (("New in evidence", came), ("Not in evidence any more", gone), ("Read otherwise", other))
    return [f"{what}: {', '.join(names)}." for what, names in named if names]
