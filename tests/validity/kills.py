"""kill -9 at random moments of a sync and of an assess, fifty each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from scheduler.workspace import open_workspace
from tests.interface import killing
from tests.interface.organisation import configuration_text, write_organisation
from tests.validity.figures import Figure, at_least

KILLS = 50
INCIDENTS = 4_000
AS_OF = date(2026, 6, 30)


def place(folder: Path) -> Path:
    """Write an export and its configuration into a new folder."""
    site = folder / "site"
    write_organisation(site / "export", incidents=INCIDENTS, until=AS_OF)
    (site / killing.CONFIGURATION).write_text(configuration_text(site / "export", AS_OF), encoding="utf-8")
    return site


def content(site: Path) -> str:
    """Return the digest of everything the evidence holds."""
    with open_workspace(site / killing.CONFIGURATION) as workspace, workspace.evidence() as evidence:
        return evidence.version().content


def figures() -> Iterator[Figure]:
    """Kill, restart, compare with the source and with a sync that nobody disturbed."""
    with TemporaryDirectory() as name:
        site = place(Path(name))
        undisturbed = Path(name) / "undisturbed"
        shutil.copytree(site, undisturbed)
        killing.complete(undisturbed, ("sync",))
        struck = [kill.struck for kill in killing.kill_sync(site, KILLS, seed=1)]
        same = content(site) == content(undisturbed)
        yield at_least(
            "Kills that struck a running sync; then evidence = source", sum(struck), KILLS, "kills"
        )
        yield at_least("After the kills evidence equals an undisturbed sync", float(same), 1, "digest")
        struck = [kill.struck for kill in killing.kill_assess(site, KILLS, seed=2)]
        yield at_least("Kills that struck a running assess; no half assessment", sum(struck), KILLS, "kills")
