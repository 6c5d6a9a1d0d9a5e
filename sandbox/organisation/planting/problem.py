"""Plants problem management: coverage, lives, documentation, fixes and what they do to the incidents.

Lives: of all problems a share is resolved within 120 days, a further share later, so that as many are
resolved as are to be, and the rest never. What is open and old then follows; some of it is accepted as a
risk, or left over from years before the period, so that the share of the old backlog is as asked.
"""

from __future__ import annotations

from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.problem_book import open_book
from sandbox.organisation.planting.problem_fixes import choose_departments, tie_fixes
from sandbox.organisation.planting.problem_incidents import cover_urgent, link_recurring, recur, repeat
from sandbox.organisation.planting.problem_lives import live
from sandbox.organisation.planting.problem_records import write
from sandbox.organisation.world import World


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator of problem management; return the raw values planted."""
    cover_urgent(world, draft, asked)
    lives = live(world, draft, asked, open_book(world, draft, asked))
    repeat(world, draft, asked)
    recur(world, draft, asked, lives)
    link_recurring(world, draft, asked, lives)
    participation = choose_departments(world, draft, asked)
    write(world, draft, asked, lives)
    tie_fixes(world, draft, asked, lives)
    return asked.planted(prb_department_participation=participation)
