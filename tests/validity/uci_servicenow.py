"""The public log behind a simulated ServiceNow, pulled by the connector over real HTTP.

The same policy assesses it as in `config/examples/uci-servicenow-log.yaml`, whose log goes through the files
connector; the figures must be those of the specification, and those of the files connector to the last digit.
What the two platforms cannot tell each other stands in `uci_tables`. Of the figures it touches one, group
ping-pong, by as many incidents at most as their minute leaves in doubt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluators.results import Assessment
from sandbox.servicenow import Access, Clock, SandboxServiceNow, Tables, tables_from_folder
from tests.validity.figures import Figure, at_least, at_most, within
from tests.validity.uci_log import EXPECTED, UNRATED, Expected, indicator, measured, shipped_only
from tests.validity.uci_tables import Row, stories, unordered, write_tables
from tests.validity.workplace import ROOT, UCI_CONFIGURATION, UCI_LOG, assessed, uci_configuration

AFTER_THE_LOG = datetime(2017, 3, 1, tzinfo=UTC)
"""What the instance's clock shows: two weeks after the last update."""
CONNECTOR = """\
evidence: duckdb:servicenow.duckdb
history: sqlite:servicenow.db
connectors:
  uci:
    type: servicenow
    url: {url}
    auth: {{type: basic, user: {user}, password: "${{UCI_PASSWORD}}"}}
    records: [incident]
    audit: true
    map:
      incident.acknowledged_at: u_acknowledged_at
      incident.resolved_at: u_resolved_at
      incident.knowledge_used: knowledge
people: {{key: the same both ways}}

"""
"""What an owner of that instance would write; the rest is the policy of the shipped example."""


@contextmanager
def served(incidents: Mapping[str, Sequence[Row]], folder: Path) -> Iterator[SandboxServiceNow]:
    """Write the tables of some incidents into a folder and serve it."""
    export = folder / "export"
    export.mkdir()
    write_tables(incidents, export)
    tables = tables_from_folder(export)
    with SandboxServiceNow(tables, access=as_exported(tables), clock=Clock(AFTER_THE_LOG)) as instance:
        yield instance


def as_exported(tables: Tables, table: str = "incident") -> Mapping[str, Access]:
    """Return rights that show of a table the fields that its export has: of the others nothing is known."""
    others = tables.schema.fields(table).keys() - tables.own_columns(table)
    return {table: Access(fields=dict.fromkeys(sorted(others), "absent"))}


def servicenow_configuration(folder: Path, instance: SandboxServiceNow) -> Path:
    """Put a configuration into a folder that reads the instance and assesses as the shipped example does."""
    os.environ["UCI_PASSWORD"] = instance.password
    connector = CONNECTOR.format(url=instance.url, user=instance.user)
    example = UCI_CONFIGURATION.read_text(encoding="utf-8")
    policy = example[example.index("\nassess:") + 1 :]
    own = ROOT / "tests" / "evaluators" / "uci_figures.yaml"
    file = folder / "servicenow.yaml"
    file.write_text(f"{connector}{policy}\nindicators: {own}\n", encoding="utf-8")
    return file


def files_configuration(folder: Path, log: Path) -> Path:
    """Put the shipped example into a folder, to read another log than the whole one."""
    file = uci_configuration(folder)
    text = re.sub(r"\$\{UCI_LOG:-[^}]*\}", str(log), file.read_text(encoding="utf-8"))
    file.write_text(f"{text}people: {{key: the same both ways}}\n", encoding="utf-8")
    return file


def pulled(incidents: Mapping[str, Sequence[Row]], folder: Path) -> Assessment:
    """Serve some incidents, sync and assess them."""
    with served(incidents, folder) as instance:
        assessment = assessed(servicenow_configuration(folder, instance))
        instance.journal.assert_no_writes()
    return assessment


def figures() -> Iterator[Figure]:
    """Pull the whole log, assess, compare with the specification and with the files connector."""
    incidents = stories(UCI_LOG)
    with TemporaryDirectory() as name:
        found = pulled(incidents, Path(name))
    for expected in EXPECTED:
        figure = measured(found, expected)
        yield Figure(_titled(figure.name), figure.figure, figure.unit, figure.bar, figure.holds)
    practice = shipped_only(found)
    yield within(_titled("level"), float(practice.level or 0), 2, 0, "level")
    yield within(_titled("index"), practice.index, 2.66, 0.05, "index")
    yield within(_titled("bottleneck"), float(practice.bottleneck or 0), 2.2, 0, "attribute")
    states = sum(indicator(found, name).measurement.state is state for name, state in UNRATED.items())
    yield within(
        _titled("indicators that it cannot answer, by their state"), states, len(UNRATED), 0, "states"
    )
    with TemporaryDirectory() as name:
        files = assessed(files_configuration(Path(name), UCI_LOG))
    yield from _beside(files, found, incidents)


def differences(one: Assessment, other: Assessment) -> dict[str, float]:
    """Return by name how far each figure of the specification lies from the same one of the other way."""
    return {each.name: abs(exact(one, each) - exact(other, each)) for each in EXPECTED}


def exact(assessment: Assessment, expected: Expected) -> float:
    """Return a figure with all its digits."""
    return float(getattr(indicator(assessment, expected.indicator).measurement, expected.bound))


def _beside(files: Assessment, found: Assessment, incidents: Mapping[str, Sequence[Row]]) -> Iterator[Figure]:
    distances = differences(files, found)
    ping_pong = distances.pop("group ping-pong")
    equal = sum(distance == 0 for distance in distances.values())
    doubtful = sum("assignment_group" in unordered(rows) for rows in incidents.values())
    most = 100 * doubtful / indicator(files, "inc-ping-pong-rate").measurement.n
    yield at_least(_titled("figures equal to the files connector's"), equal, len(distances), "figures")
    yield at_most(_titled("group ping-pong, distance to the files connector's"), ping_pong, most, "points")


def _titled(name: str) -> str:
    return f"UCI log by ServiceNow: {name.removeprefix('UCI log: ')}"
