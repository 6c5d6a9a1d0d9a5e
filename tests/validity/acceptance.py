"""The acceptance table of the model (section 8.2) as proofs, and what it asks for that is not built yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tests.validity import (
    acceptance_levels,
    acceptance_methods,
    acceptance_missing,
    acceptance_planted,
    acceptance_same,
)
from tests.validity.figures import Figure

PROOFS: Final[Mapping[str, Callable[[], Iterator[Figure]]]] = {
    "acceptance-planted": acceptance_planted.figures,
    "acceptance-levels": acceptance_levels.figures,
    "acceptance-missing": acceptance_missing.figures,
    "acceptance-same": acceptance_same.figures,
    "acceptance-methods": acceptance_methods.figures,
}
NOT_BUILT: Final[Mapping[str, str]] = {
    "Change detection": "a planted loss of 15 points raises an alert; alerts are not built yet",
    "Roadmap soundness": "the proposed raises reach the next level; the roadmap is not built yet",
    "Explanation soundness": "the terms of a change add up to it; the decomposition is not built yet",
    "Gaming suite": "twelve scenarios; `python -m tests.validity.gaming` runs it, no proof of this page yet",
    "Monotonicity of single records": "10 000 improvements of one record each; raises of indicators are "
    "proven above, those of records are not tried yet",
    "Two platforms": "equal numbers to 1e-9 from two platforms; two stores of the same records are compared "
    "above, a second platform is not",
    "Run time": "measured by `make bench` and not here",
}
INTRODUCTION: Final = """\
The lines from *Planted values* to *Monotone* are the acceptance table of the model (section 8.2).
Organisations of a known level in all nine practices are generated as records and assessed as a whole: 20 of
the large size (20,000 incidents in 24 months, all other kinds in proportion; samples are about ten times the
minimum, the table below says so of each indicator), 20 of a third of that, 12 of random quality. *Truth* is
the level of what stands in the records, which for all but the random ones is the level that was asked for. In
the eight practices besides incident management every record is drawn by chance on its own, so their figures
carry binomial chance as real work does; in incident management shares are planted in blocks, and its
intervals cover more than they would in the field. First assessments confirm what they find, so over-claims
are those of the raw level. *Test and retest* compares two resamples of the weeks, each as far from the whole
as a resample is, and so takes more chance than a second look at the same work would. A *stable* organisation
is assessed in five quarters that share no record. Trends are series of monthly shares and stable processes
series of weeks, put straight to the method; the power holds where a share starts at 80 %, nearer to 50 %
there is more chance and less power (less than a half from 60 %). *Missing records* are records of work;
registers (items, services, articles, groups) are whole, for every record lost there is a link that leads
nowhere, which counts against the organisation. Doubling asks nothing of methods that judge
teams, cells or periods from a least size on: with twice the records more of them are judged.

"""


def appendix() -> str:
    """Return what stands below the table: planted values by indicator, and what is not built."""
    rows = [f"| {name} | {what} |" for name, what in NOT_BUILT.items()]
    return "\n".join([acceptance_planted.appendix(), HEAD, *rows, ""])


HEAD = """## Not built yet

Rows of the acceptance table without a figure. They have not passed.

| row | |
|---|---|"""
