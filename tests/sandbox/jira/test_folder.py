"""Real issues, served as they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import SandboxJira, Site, site_from_folder
from storage.errors import UsageError
from tests.sandbox.jira.support import Client

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.shared


def _loaded(name: str) -> tuple[Site, dict[str, Any]]:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    expected = json.loads((folder / "expected.json").read_text())
    return site_from_folder(folder), expected.get(name.removeprefix("jira-"), expected)


@pytest.fixture(scope="module")
def titanium() -> Iterator[tuple[SandboxJira, dict[str, Any]]]:
    site, expected = _loaded("jira-titanium")
    with SandboxJira(site) as jira:
        yield jira, expected


def test_the_figures_of_titanium_hold(titanium: tuple[SandboxJira, dict[str, Any]]) -> None:
    jira, expected = titanium
    issues = list(jira.site.issues.values())
    assert len(issues) == expected["issues"]
    assert Counter(issue.project.key for issue in issues) == expected["by_project"]
    assert Counter(issue.type.name for issue in issues) == expected["type"]
    assert Counter(issue.status.name for issue in issues) == expected["status"]
    assert Counter(issue.status.category for issue in issues) == expected["cat"]
    assert sum(issue.fields.get("resolutiondate") is not None for issue in issues) == expected["resolved_n"]


def test_queries_count_what_is_there(titanium: tuple[SandboxJira, dict[str, Any]]) -> None:
    jira, expected = titanium
    client = Client(jira)
    for project, count in expected["by_project"].items():
        asked = {"jql": f"project = {project}"}
        assert client.post("search/approximate-count", asked).json() == {"count": count}
    asked = {"jql": "project = AC and (priority is not EMPTY or fixVersion is not EMPTY)"}
    assert client.post("search/approximate-count", asked).json() == {"count": 0}


def test_releases_have_their_dates(titanium: tuple[SandboxJira, dict[str, Any]]) -> None:
    versions = Client(titanium[0]).get("project/TIMOB/versions").json()
    released = {each["name"]: each.get("releaseDate") for each in versions if each["released"]}
    assert released["Release 6.1.0"] == "2017-05-26"


def test_an_issue_comes_as_it_was(titanium: tuple[SandboxJira, dict[str, Any]]) -> None:
    fields = Client(titanium[0]).get("issue/AC-101").json()["fields"]
    assert fields["created"] == "2015-04-24T12:04:05.000+0000"
    assert fields["resolution"]["name"] == "Duplicate"
    assert fields["comment"]["total"] == 1


def test_categories_may_disagree_with_names() -> None:
    site, expected = _loaded("jira-devlake")
    with SandboxJira(site) as jira:
        issues = Client(jira).every("created > 0", fields="status", expand="changelog", maxResults=10)
    assert len(issues) == expected["issues"]
    assert sum(issue["changelog"]["total"] for issue in issues) == expected["histories"]
    statuses = [issue["fields"]["status"] for issue in issues]
    assert sum(status["name"] == "已完成" for status in statuses) == expected["done_by_name_已完成"]
    done = sum(status["statusCategory"]["key"] == "done" for status in statuses)
    assert done == expected["done_by_status_category"]


def test_a_folder_without_issues_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no issues"):
        site_from_folder(tmp_path)
