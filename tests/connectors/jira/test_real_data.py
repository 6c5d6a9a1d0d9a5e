"""Public issues pulled through the connector: the figures that were counted from their files hold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Reading
from connectors.jira import JiraConnector
from sandbox.jira import site_from_folder
from sandbox.jira.settings import Mode
from storage.evidence.store import Record
from tests.connectors.jira.support import MODES, connect, sandbox

DATA = Path(__file__).parents[3].parent / "shared" / "data"
TITANIUM = ("New Feature", "Improvement", "Story", "Epic", "Sub-task", "Technical task")
CHINESE = ("Epic", "Story", "任务", "子任务", "Test Execution")


def folder(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"there is no ../shared/data/{name}")
    return DATA / name


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder(name) / "expected.json").read_text("utf-8"))
    return found


def pulled(connector: JiraConnector, *kinds: str) -> list[Record]:
    """Return the records of some kinds; nothing may be hidden or unreadable."""
    found: list[Record] = []
    for kind in kinds:
        for window in connector.windows(kind, None):
            reading = Reading()
            for batch in connector.read(window, reading):
                found += batch.records.get(kind, ())
            assert (reading.hidden, reading.rejected, reading.counted) == (0, [], reading.received)
    return found


def ended(records: list[Record]) -> int:
    return sum(bool(one.values.get("resolved_at") or one.values.get("fulfilled_at")) for one in records)


@pytest.mark.shared
@pytest.mark.parametrize("mode", MODES)
def test_names_in_chinese_are_placed_by_the_category_of_the_issue(mode: Mode) -> None:
    figures = expected("jira-devlake")
    with sandbox(mode, site_from_folder(folder("jira-devlake"))) as jira:
        types = {"incident": ["缺陷"], "request": list(CHINESE)}
        connector = connect(jira, issue_types=types)
        told = {result.kind: result.detail for result in connector.probe()}
        records = pulled(connector, "incident", "request")
        connector.close()
    assert len(records) == figures["issues"]
    assert ended(records) == figures["done_by_status_category"]
    assert "disagree, issues are believed: 已完成 is done, not to do" in told["request"]


@pytest.mark.shared
@pytest.mark.validate
@pytest.mark.parametrize("mode", MODES)
def test_thirty_thousand_issues_arrive_as_they_were_counted(mode: Mode) -> None:
    figures = expected("jira-titanium")["titanium"]
    with sandbox(mode, site_from_folder(folder("jira-titanium"))) as jira:
        connector = connect(jira, issue_types={"incident": ["Bug"], "request": list(TITANIUM)})
        records = pulled(connector, "incident", "request")
        releases = pulled(connector, "release")
        connector.close()
    assert len(records) == figures["issues"]
    assert ended(records) == figures["resolved_n"]
    assert Counter(one.values["state"] for one in records) == figures["status"]
    ranks = Counter(one.values["priority"] for one in records)
    named = figures["prio"]
    assert [ranks[rank] for rank in (1, 2, 3, 4, 5)] == [
        named[name] for name in ("Critical", "High", "Medium", "Low", "Trivial")
    ]
    assert ranks[None] == named["nan"] + named["None"]
    dated = [one for one in releases if one.values["released_at"] or one.values["planned_at"]]
    assert (len(releases), len(dated)) == (figures["versions"]["distinct"], figures["versions"]["with_date"])
