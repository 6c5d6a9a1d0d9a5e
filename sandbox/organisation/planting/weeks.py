"""Weekly values of a year of which the second half is as much in control as asked for (section 5.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import FIRST_MONDAY, WEEK
from sandbox.organisation.numbers import Flags, Floats, Integers
from sandbox.organisation.world import World

JUDGED = 26
ATTEMPTS = 200
FAR = 9.0
"""How many sigma a bad week lies from the centre."""
LONGEST_RUN = 3


@dataclass(frozen=True)
class Weeks:
    """The last 52 complete weeks; deviations are in units of the usual noise, high is bad."""

    first: int
    deviations: Floats
    bad: Integers
    """Positions of the bad weeks."""

    @property
    def in_control(self) -> float:
        """Return the share of the judged weeks that are in control, in percent."""
        return 100 * (1 - len(self.bad) / JUDGED)

    def position(self, seconds: Integers) -> Integers:
        """Return the position of the week that moments lie in; -1 outside the year."""
        found = (seconds - FIRST_MONDAY) // WEEK - self.first
        return np.where((found >= 0) & (found < 2 * JUDGED), found, -1)

    def at(self, seconds: Integers) -> Floats:
        """Return the deviation of the week of each moment, 0 outside the year."""
        position = self.position(seconds)
        return np.where(position >= 0, self.deviations[position], 0.0)


def plan_weeks(world: World, share: float, generator: np.random.Generator) -> Weeks:
    """Draw the first half, and for the second as many bad weeks as `share` (0-1 in control) asks for.

    A bad week lies far above three sigma; no run of eight above the centre arises beside them.
    """
    count = min(max(round(JUDGED * (1 - share)), 0), JUDGED - 4)
    for _ in range(ATTEMPTS):
        past = np.clip(generator.standard_normal(JUDGED), -1.7, 1.7)
        centre, sigma = float(np.median(past)), float(np.median(np.abs(np.diff(past)))) / 0.954
        if 0.75 < sigma < 1.6:
            break
    chosen = np.sort(generator.choice(JUDGED, count, replace=False))
    bad = np.isin(np.arange(JUDGED), chosen)
    judged = centre + sigma * _judged(bad, generator)
    return Weeks(world.period.judged_from - JUDGED, np.concatenate([past, judged]), chosen + JUDGED)


def _judged(bad: Flags, generator: np.random.Generator) -> Floats:
    """Return the second half in sigma above the centre, with a week below it after three above."""
    values = np.clip(generator.standard_normal(len(bad)), -1.7, 1.3)
    run = 0
    for week in range(len(bad)):
        if bad[week]:
            values[week] = FAR
        elif run >= LONGEST_RUN:
            values[week] = -0.5 - abs(values[week]) / 2
        run = run + 1 if values[week] > -0.3 else 0
    return values
