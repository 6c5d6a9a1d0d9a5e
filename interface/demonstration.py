"""The organisation a demo is shown on. Only the interface may import the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MONTHS = 24
"""How far back the records go."""


@dataclass(frozen=True)
class Organisation:
    """A generated organisation: how many incidents, which seed, which level it works at."""

    incidents: int
    seed: int
    level: int

    def write(self, folder: Path) -> str:
        """Write its exports into a folder and return the text of a configuration that reads them."""
        from sandbox.organisation import Quality, configuration, generate, write_export

        quality = Quality.of_level(self.level, self.seed)
        today = datetime.now(UTC).date()
        organisation = generate(quality, seed=self.seed, until=today, months=MONTHS, incidents=self.incidents)
        write_export(organisation, folder)
        return configuration(folder.name)
