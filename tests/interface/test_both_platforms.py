"""An organisation that keeps changes and its CMDB in ServiceNow, incidents and requests in Jira."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import SandboxJira, Site, site_of
from sandbox.organisation import Organisation, Quality, generate
from sandbox.servicenow import SandboxServiceNow, Tables, tables_of
from tests.interface.conftest import Command

UNTIL = date(2026, 6, 30)
IN_SERVICENOW = ("change", "configuration_item", "ci_relationship", "group")
IN_JIRA = ("incident", "request")
PRACTICES = {"corp": ("change",), "apps": ("incident", "request")}
"""Practices by the platform that has their records."""


def _tables(organisation: Organisation) -> Tables:
    """Return what ServiceNow has: no incidents, problems or requests."""
    tables = tables_of(organisation)
    for name in ("incident", "problem", "sc_req_item", "sc_request", "sc_task", "rm_release"):
        if name in tables:
            tables.remove(name)
    return tables


def _site(organisation: Organisation) -> Site:
    return site_of(organisation, kinds=("incident", "request"))


@pytest.fixture(scope="module")
def connectors() -> Iterator[Mapping[str, Mapping[str, Any]]]:
    """The two platforms, listening, and how to read each."""
    organisation = generate(Quality.of_level(3, seed=4), seed=4, until=UNTIL, incidents=1000)
    with ExitStack() as stack:
        corp = stack.enter_context(SandboxServiceNow(_tables(organisation)))
        apps = stack.enter_context(SandboxJira(_site(organisation)))
        yield {
            "corp": {
                "type": "servicenow",
                "url": corp.url,
                "auth": {"type": "basic", "user": corp.user, "password": corp.password},
                "records": list(IN_SERVICENOW),
            },
            "apps": {
                "type": "jira",
                "url": apps.url,
                "gateway": apps.root,
                "auth": {"type": "api_token", "user": apps.user, "token": apps.token},
                "records": list(IN_JIRA),
            },
        }


def _assessed(folder: Path, run: Command, connectors: Mapping[str, Any]) -> dict[str, Any]:
    """Read some platforms and return what is said of each practice of the organisation."""
    folder.mkdir()
    content = {"evidence": "duckdb:evidence.duckdb", "history": "sqlite:history.db"}
    whole = content | {"people": {"key": "a key for hashing persons"}, "connectors": connectors}
    (folder / "itsm-maturity.yaml").write_text(json.dumps(whole), encoding="utf-8")
    assert run(folder, "sync").code in (0, 1)
    found = run(folder, "assess", "--as-of", UNTIL.isoformat(), "--json").json
    return {each["practice"]: each for each in found["practices"] if each["department"] is None}


def test_each_practice_has_the_level_that_its_own_platform_gives(
    tmp_path: Path, run: Command, connectors: Mapping[str, Any]
) -> None:
    both = _assessed(tmp_path / "both", run, connectors)
    for name, practices in PRACTICES.items():
        alone = _assessed(tmp_path / name, run, {name: connectors[name]})
        for practice in practices:
            assert both[practice]["level"] == alone[practice]["level"] is not None, practice
            # What the other platform has beside, groups above all, may add evidence; it takes none away.
            assert both[practice]["index"] >= alone[practice]["index"], practice
