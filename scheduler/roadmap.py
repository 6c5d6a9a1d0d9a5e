"""The smallest set of improvements that reaches the next level, from the latest assessment (section 6.9)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluators.explanation import is_exempt
from evaluators.ladder import HIGHEST_LEVEL, LOWEST_LEVEL
from evaluators.results import Assessment, PracticeResult
from evaluators.roadmap import Effort, Roadmap, roadmap, shipped_effort
from scheduler.review import Explained, explained, require_known
from scheduler.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """Roadmaps of the practices that hold a scope down."""

    assessment: Assessment
    department: str | None
    overall_goal: int | None
    """Overall level that all roadmaps together reach; None where each goes for its own next one."""
    roadmaps: tuple[Roadmap, ...]
    missing: tuple[str, ...]
    """Practices that the overall level asks for and the assessment does not have."""
    effort: Effort
    platforms: tuple[str, ...]
    """Types of the connectors, so that advice speaks of the platforms in use."""


def planned(workspace: Workspace, practice: str | None = None, department: str | None = None) -> Plan:
    """Return the way to the next level: of one practice, or of everything the overall level waits for.

    In a department each practice goes for its own next level. Raises NothingYetError without an assessment,
    UsageError for a practice or department that it does not have.
    """
    found = explained(workspace, subject=practice)
    scope = found.of_department(department) if department is not None else found
    own = [each for each in scope.assessment.practices if each.department == department]
    if practice is not None:
        require_known("practice", practice, {each.practice for each in own})
        own = [each for each in own if each.practice == practice]
    together = practice is None and department is None and len(own) > 1
    goal = _overall_goal(found) if together else None
    wanted = _waited_for(found, own, goal) if goal is not None else own
    entries = {entry.id: entry for entry in found.catalogue.entries}
    return Plan(
        found.assessment,
        department,
        goal,
        tuple(
            roadmap(each, entries, found.practices(each.practice), goal)
            for each in sorted(wanted, key=lambda each: each.index)
            if not is_exempt(each.indicators)
        ),
        _missing(found, own, goal) if goal is not None else (),
        shipped_effort(),
        workspace.platforms(),
    )


def _overall_goal(found: Explained) -> int | None:
    """Return the next overall level; None where the highest is reached."""
    level = found.assessment.overall.level or LOWEST_LEVEL
    return None if level >= HIGHEST_LEVEL else level + 1


def _waited_for(found: Explained, own: list[PracticeResult], goal: int) -> list[PracticeResult]:
    """Return the practices that are asked for at a level and have not reached it."""
    starts = found.catalogue.composition.sets
    return [
        each
        for each in own
        if starts.get(each.practice, HIGHEST_LEVEL + 1) <= goal and (each.level or LOWEST_LEVEL) < goal
    ]


def _missing(found: Explained, own: list[PracticeResult], goal: int) -> tuple[str, ...]:
    there = {each.practice for each in own}
    starts = found.catalogue.composition.sets
    return tuple(name for name, start in starts.items() if start <= goal and name not in there)
