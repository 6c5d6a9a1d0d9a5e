"""Runs the use cases on a configuration in a folder, as the command line does."""

from __future__ import annotations

import os
from pathlib import Path

from evaluators.results import Assessment
from scheduler.assess import assess_now
from scheduler.sync import sync
from scheduler.workspace import open_workspace

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
UCI_LOG = SHARED / "data" / "uci-servicenow-log" / "incident_event_log.zip"
UCI_CONFIGURATION = ROOT / "config" / "examples" / "uci-servicenow-log.yaml"


def assessed(configuration: Path) -> Assessment:
    """Sync and assess with a configuration file; fails where the sync has something to report."""
    with open_workspace(configuration) as workspace:
        report = sync(workspace)
        assert report.exit_code == 0, report
        return assess_now(workspace)


def uci_configuration(folder: Path) -> Path:
    """Put the shipped example into a folder, with the figures of section 8.3 as own indicators."""
    text = UCI_CONFIGURATION.read_text(encoding="utf-8")
    own = ROOT / "tests" / "evaluators" / "uci_figures.yaml"
    file = folder / "uci.yaml"
    file.write_text(f"{text}\nindicators: {own}\n", encoding="utf-8")
    os.environ["UCI_LOG"] = str(UCI_LOG)
    return file
