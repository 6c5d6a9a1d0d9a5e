"""The acceptance table of the model (section 8.2) as proofs, and what of it has no figure yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tests.validity import (
    acceptance_change,
    acceptance_explanation,
    acceptance_levels,
    acceptance_methods,
    acceptance_missing,
    acceptance_planted,
    acceptance_roadmap,
    acceptance_same,
    acceptance_single,
    gaming,
)
from tests.validity.figures import Figure

PROOFS: Final[Mapping[str, Callable[[], Iterator[Figure]]]] = {
    "acceptance-methods": acceptance_methods.figures,
    "acceptance-same": acceptance_same.figures,
    "acceptance-levels": acceptance_levels.figures,
    "acceptance-planted": acceptance_planted.figures,
    "acceptance-missing": acceptance_missing.figures,
    "acceptance-exact": acceptance_missing.exact,
    "acceptance-single": acceptance_single.figures,
    "acceptance-change": acceptance_change.figures,
    "acceptance-roadmap": acceptance_roadmap.figures,
    "acceptance-explanation": acceptance_explanation.figures,
    "acceptance-gaming": gaming.figures,
}
NOT_SHOWN: Final[Mapping[str, str]] = {
    "Two platforms": "equal numbers to 1e-9 from two platforms: another operating system or processor was "
    "never at hand; above are two stores, and a process with one core, hash seed and time zone of its own",
    "Run time": "measured by `make bench`, see docs/performance.md",
}
INTRODUCTION: Final = """\
*95 %* is the interval of a share (Clopper and Pearson); it takes cases for independent of each other. A share
of fewer than 100 cases is *undecided* where its one-sided 95 % bound lies beyond the bar; with 100 cases and
more it is judged as it stands. *Shown* is what no bar asks for, beside what one does.

The lines from *Trend method* to *Gaming* are the acceptance table of the model (section 8.2). Organisations
of a known level in all nine practices are generated as records and assessed as a whole: *10x* is the medium
volume (50,000 incidents in 24 months, all other kinds in proportion; samples are ten times the minimum and
more but for the indicators that the line *less than 10 times their minimum sample* names), *3x* is 15,000.
*Truth* is the level of what stands in the records, which for all but the random ones is the level that was
asked for. In the eight practices besides incident management every record is drawn by chance on its own, so
their figures carry binomial chance as real work does; in incident management shares are planted in blocks and
weekly medians are set, so that finding its level is easier, and its intervals cover more, than in the field.
Where the model leaves a choice, *how it is read* says which was made, and the other reading stands beside it.

Single better records are tried in 64 copies of an organisation of 1,000 incidents that stand in one store,
each in the place of a department, the first untouched for comparison. A copy takes several improvements at a
time, but of those no indicator reads two. Quarters in which nothing changed serve three lines: false level
changes, false alerts, and the time before a loss.

"""


def appendix() -> str:
    """Return what stands below the table: planted values by indicator, and what is not shown."""
    rows = [f"| {name} | {what} |" for name, what in NOT_SHOWN.items()]
    return "\n".join([acceptance_planted.appendix(), gaming.appendix(), HEAD, *rows, ""])


HEAD = """## Without a figure

Rows of the acceptance table that this page does not show. They have not passed here.

| row | |
|---|---|"""
