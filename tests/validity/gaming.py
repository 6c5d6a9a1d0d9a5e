"""Organisations that cheat: what is named, what honest ones are accused of, and whether levels rise.

`python -m tests.validity.gaming --levels 3 --seeds 1 closure-burst` prints a line for each (section 8.2).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

from scipy.stats import beta

from sandbox.organisation.gaming import SCENARIOS, VARIANTS
from tests.validity import gaming_strength
from tests.validity.figures import Figure, at_least, at_most, shown
from tests.validity.gaming_trials import INCIDENTS, Trial, Tried, cheating, innocent
from tests.validity.kept import in_parallel

LEVELS, SEEDS = (2, 3), (1, 2)
"""Of each level one in the middle of it, and one that lacks a single attribute of the next."""
CHEATING: Final = tuple(
    Trial(level, seed, tempted=seed == SEEDS[-1], how=(*SCENARIOS, *(VARIANTS if seed == SEEDS[0] else ())))
    for level, seed in product(LEVELS, SEEDS)
)
CLEAN, CLEAN_SIZES = 96, (1_500, 4_000, 8_000)
"""Honest organisations that only the monitor looks at: with one accused of 100 the bound is 4.7 %."""
INNOCENT: Final = tuple(
    Trial(number % 5 + 1, 100 + number, CLEAN_SIZES[number % len(CLEAN_SIZES)]) for number in range(CLEAN)
)


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Try every manipulation on organisations of two levels, and look at honest ones of all five."""
    rows = [each for found in in_parallel(cheating, CHEATING) for each in found]
    rows += in_parallel(innocent, INNOCENT)
    for row in rows:
        said(row)
    yield from judged(rows)
    yield gaming_strength.figure()


def judged(rows: Sequence[Tried]) -> Iterator[Figure]:
    """Hold what was named and what rose against the bars."""
    planned = [each for each in rows if each.how in SCENARIOS]
    yield from _named(planned, [each for each in rows if each.how is None])
    yield at_most(
        f"Gaming: confirmed level rises by a manipulated assessment ({len(planned)} tried)",
        sum(bool(each.confirmed) for each in planned),
        0,
        "organisations",
    )
    yield at_most(
        "Gaming: confirmed level rises by two manipulated assessments in a row",
        sum(bool(each.persistent) for each in planned),
        0,
        "organisations",
    )
    yield from _unforeseen([each for each in rows if each.how in VARIANTS])


def _named(planned: Sequence[Tried], honest: Sequence[Tried]) -> Iterator[Figure]:
    missed = sorted({str(each.how) for each in planned if not each.right})
    times = len(planned) // len(SCENARIOS)
    yield at_least(
        f"Gaming: of {len(SCENARIOS)} scenarios, named in {times} of {times} organisations",
        len(SCENARIOS) - len(missed),
        10,
        "scenarios",
        reading=f"goes unnoticed at least once: {', '.join(missed)}" if missed else "",
    )
    yield shown(
        "Gaming: manipulated organisations in which another scenario is named as well",
        100 * sum(bool(each.others) for each in planned) / len(planned),
        "%",
        cases=len(planned),
    )
    accused = [each for each in honest if each.named]
    names = sorted({name for each in accused for name in each.named})
    yield at_most(
        "Gaming: honest organisations in which a scenario is named, upper 95 % bound",
        upper_bound(len(accused), len(honest)),
        5,
        "%",
        reading=f"{len(accused)} of {len(honest)} are accused{f' of {names}' if names else ''}; all have "
        "go-lives, holidays, leads who close for their shift, and a migration that closes what was forgotten",
    )


def _unforeseen(rows: Sequence[Tried]) -> Iterator[Figure]:
    """Show what becomes of the same intentions in a manner that no detector was written for."""
    if not rows:
        return
    names = list(dict.fromkeys(str(each.how) for each in rows))
    seen = [name for name in names if all(each.right for each in rows if each.how == name)]
    persistent = sorted({str(each.how) for each in rows if each.persistent})
    yield shown(
        "Gaming: variants that no detector was written for, named in every organisation",
        len(seen),
        "variants",
        cases=len(names),
        reading=f"named: {', '.join(seen) or 'none'}; unnoticed: "
        f"{', '.join(name for name in names if name not in seen) or 'none'}",
    )
    yield shown(
        "Gaming: confirmed level rises by a variant, in the first assessment",
        sum(bool(each.confirmed) for each in rows),
        "organisations",
        cases=len(rows),
        reading=f"in the second in a row: {', '.join(persistent) or 'none'}",
    )


def appendix() -> str:
    """Return at which strength each scenario is first named, as a table."""
    return gaming_strength.appendix()


def upper_bound(named: int, looked: int) -> float:
    """Return the one-sided upper 95 % bound of a share in percent (Clopper-Pearson)."""
    return 100.0 if named >= looked else 100 * float(beta.ppf(0.95, named + 1, looked - named))


def main(arguments: list[str]) -> int:
    """Print a line for every organisation; returns how many are not as they should be."""
    parser = argparse.ArgumentParser(description="Manipulates organisations and looks what is noticed.")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--levels", type=int, nargs="*", default=[3])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--honest", action="store_true", help="look at honest organisations only")
    parser.add_argument("--tempted", action="store_true", help="organisations short of one attribute")
    options = parser.parse_args(arguments)
    wrong = 0
    for level, seed in product(options.levels, options.seeds):
        trial = Trial(level, seed, options.incidents, options.tempted, tuple(options.scenarios))
        for row in [innocent(trial)] if options.honest else cheating(trial):
            wrong += bool(row.confirmed or row.persistent) or (not row.right if row.how else bool(row.named))
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
