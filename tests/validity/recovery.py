"""Organisations whose level is known: generated, exported, read, assessed (section 8.1, mid-band)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.organisation import Quality, configuration, generate, write_export
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.workplace import assessed

INCIDENTS = 12_000
"""In 24 months: ten times the minimum sample of every incident indicator, rare P1/P2 included."""
INCIDENT_MANAGEMENT = ("service_level", "group")
"""What it needs beside the incidents themselves."""
LEVELS = range(1, 6)
SEEDS = range(1, 11)


@dataclass(frozen=True)
class Recovered:
    """The planted level and the one that was found."""

    level: int
    seed: int
    found: int
    reason: str

    @property
    def exact(self) -> bool:
        """Say whether the level was found."""
        return self.found == self.level


def recover(level: int, seed: int, folder: Path) -> Recovered:
    """Plant a level in records, assess the export of them, return what was found."""
    today = datetime.now(UTC).date()
    export = folder / "export"
    export.mkdir()
    organisation = generate(Quality.of_level(level, seed), seed=seed, until=today, incidents=INCIDENTS)
    write_export(organisation, export)
    file = folder / "itsm-maturity.yaml"
    file.write_text(configuration(organisation, export.name, kinds=INCIDENT_MANAGEMENT), encoding="utf-8")
    practice = next(each for each in assessed(file).practices if each.practice == "incident")
    return Recovered(level, seed, practice.level or 0, practice.reason)


def recover_all(
    levels: Sequence[int] = LEVELS, seeds: Sequence[int] = SEEDS, said: Callable[[str], None] = lambda _: None
) -> Iterator[Recovered]:
    """Recover every level with every seed."""
    for level in levels:
        for seed in seeds:
            with TemporaryDirectory() as folder:
                result = recover(level, seed, Path(folder))
            said(f"level {level} seed {seed}: found {result.found}. {result.reason}")
            yield result


def figures() -> Iterator[Figure]:
    """Recover 5 levels with 10 seeds each."""
    found = list(recover_all(said=print))
    exact = sum(each.exact for each in found)
    near = sum(abs(each.found - each.level) <= 1 for each in found)
    above = sum(each.found > each.level for each in found)
    yield at_least(f"Recovery, {len(found)} generated organisations: level exact", exact, 45, "organisations")
    yield at_least("Recovery: within one level", near, len(found), "organisations")
    yield at_most("Recovery: level above the truth", above, 0, "organisations")
