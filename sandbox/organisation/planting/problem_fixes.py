"""Which departments work on problems, and which fixes went through a change."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import subset
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.problem_lives import Lives
from sandbox.organisation.problems import FIXED
from sandbox.organisation.table import words
from sandbox.organisation.world import World

YEAR = 365 * DAY


def choose_departments(world: World, draft: Draft, asked: Asked) -> float:
    """Give all problems to departments that hold a share of the incidents; return it in percent.

    Whole departments take part or do not, so the share comes as near as their volumes allow.
    """
    generator, structure = world.stream("plant problem departments"), world.structure
    of_group = dict(zip(structure.groups, structure.departments, strict=True))
    recent = world.cases.clean & (world.cases.opened >= world.period.end - YEAR)
    department = words([of_group[name] for name in draft.words("incidents", "assignment_group")[recent]])
    names, volumes = np.unique(department.astype(str), return_counts=True)
    shares = volumes / volumes.sum()
    chosen = subset(shares.astype(np.float64), asked.share("prb-department-participation"), generator)
    # somebody has to work on them, in an organisation of one department too
    chosen = chosen if len(chosen) else np.array([int(np.argmax(shares))])
    taking_part = set(names[chosen].tolist())
    able = np.array([of_group[name] in taking_part for name in structure.groups])
    weights = np.where(able, structure.weights, 0.0)
    count = draft.size("problems")
    group = generator.choice(len(weights), count, p=weights / weights.sum())
    held = draft.words("problems", "assignment_group")
    stays = np.array([of_group.get(name, "") in taking_part for name in held.tolist()])
    group = np.where(stays, [structure.groups.index(name) if name in of_group else 0 for name in held], group)
    person = world.members(group, generator)
    draft.put(
        "problems",
        assignment_group=world.groups[group],
        assignee=words(np.where(stays, draft.words("problems", "assignee"), person)),
    )
    return float(100 * shares[chosen].sum())


def tie_fixes(world: World, draft: Draft, asked: Asked, lives: Lives) -> None:
    """Tie a share of the permanent fixes to a change that was carried out before, and the others to none."""
    generator = world.stream("plant problem changes")
    fixed = draft.equal("problems", "resolution_code", FIXED) & lives.book.counts
    through = fixed & (generator.random(len(fixed)) < asked.share("prb-fix-through-change"))
    ended = draft.seconds("changes", "actual_end_at")
    free = ~draft.known("changes", "disposition") & (ended < world.period.end)
    free &= ~draft.equal("changes", "type", "emergency") & ~draft.known("changes", "release_id")
    of_change, of_problem = draft.words("changes", "service_id"), draft.words("problems", "service_id")
    owner, fix = np.full(len(free), None, dtype=np.object_), np.full(len(fixed), None, dtype=np.object_)
    ids, problems = draft.words("changes", "id"), draft.words("problems", "id")
    for position in np.flatnonzero(through).tolist():
        before = free & (ended < lives.resolved[position])
        same = before & (of_change == of_problem[position])
        able = np.flatnonzero(same & (ended > lives.book.opened[position]))
        able = able if len(able) else np.flatnonzero(before)
        if not len(able):
            continue
        chosen = able[np.argmax(ended[able])]
        free[chosen] = False
        owner[chosen], fix[position] = problems[position], ids[chosen]
    draft.put("changes", problem_id=owner)
    draft.put("problems", fix_change_id=fix)
