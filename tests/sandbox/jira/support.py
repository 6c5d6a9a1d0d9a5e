"""A small site and a client that asks as a reader would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import requests

from sandbox.jira import SandboxJira, Site
from sandbox.jira.fill.template import SERVICE_TYPES, add_project, base_site, status_of, type_of
from sandbox.jira.store import Comment, History, Issue, item

START = round(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60_000


def small_site(count: int = 250, *, step: int = MINUTE) -> Site:
    """Return a site with incidents in ITSM and tasks in DEV, one every `step` milliseconds."""
    site = base_site()
    projects = [
        add_project(site, "ITSM", "Service management", SERVICE_TYPES, kind="service_desk"),
        add_project(site, "DEV", "Development", ("Task", "Bug")),
    ]
    people = [site.user(f"agent{number}") for number in range(5)]
    incident, task = type_of(site, "Incident"), type_of(site, "Task")
    priorities = list(site.priorities.values())
    for number in range(count):
        project = projects[number % 5 == 4]
        type_ = incident if project.key == "ITSM" else task
        statuses = site.statuses_of(project, type_)
        status = statuses[number % len(statuses)]
        at = START + number * step
        moved = item("status", (statuses[0].id, statuses[0].name), (status.id, status.name))
        fields: dict[str, Any] = {
            "project": project,
            "issuetype": type_,
            "status": status,
            "summary": f"Printer {number} is on fire",
            "description": "first line\nsecond line",
            "priority": priorities[number % 5] if number % 7 else None,
            "assignee": people[number % 5] if number % 3 else None,
            "reporter": people[0],
            "creator": people[0],
            "labels": ["red"] if number % 2 else [],
        }
        site.take(
            [
                Issue(
                    10_000 + number,
                    site.next_key(project),
                    fields,
                    at,
                    at + MINUTE,
                    histories=(History(50_000 + number, at + MINUTE, people[1], (moved,)),),
                    comments=(Comment(70_000 + number, at + MINUTE, people[1], "looked at it"),),
                )
            ]
        )
    return site


def with_long_history(site: Site, key: str, entries: int, *, comments: int = 0) -> Issue:
    """Give an issue so many entries of history and comments, and return it."""
    issue = site.issue(key)
    assert issue is not None
    author = site.user("agent1")
    first, second = status_of(site, "Open"), status_of(site, "Pending")
    changed = item("status", (first.id, first.name), (second.id, second.name))
    issue.histories = tuple(
        History(60_000 + number, START + number * 1000, author, (changed,)) for number in range(entries)
    )
    issue.comments = tuple(
        Comment(80_000 + number, START + number * 1000, author, f"note {number}")
        for number in range(comments)
    )
    return issue


class Client:
    """A session with the reader's account."""

    def __init__(self, jira: SandboxJira, *, url: str = "", timeout: float = 10) -> None:
        self.url = url or jira.url
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (jira.user, jira.token)
        self.version = "3" if jira.cloud else "2"

    def get(self, path: str, **parameters: Any) -> requests.Response:
        """Ask below /rest/api."""
        return self.raw("GET", f"/rest/api/{self.version}/{path}", params=parameters)

    def post(self, path: str, content: Any) -> requests.Response:
        """Post below /rest/api."""
        return self.raw("POST", f"/rest/api/{self.version}/{path}", json=content)

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask for any path of the site."""
        return self.session.request(method, self.url + path, timeout=self.timeout, **options)

    def page(self, jql: str, **parameters: Any) -> dict[str, Any]:
        """Return a page of search/jql."""
        found: dict[str, Any] = self.get("search/jql", jql=jql, **parameters).json()
        return found

    def keys(self, jql: str) -> list[str]:
        """Return the keys of the issues of a query in order."""
        path = "search/jql" if self.version == "3" else "search"
        reply = self.get(path, jql=jql, fields="key", maxResults=1000)
        assert reply.status_code == 200, reply.text
        return [issue["key"] for issue in reply.json()["issues"]]

    def every(self, jql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the issues of all pages of search/jql."""
        found: list[dict[str, Any]] = []
        token = None
        while True:
            more: dict[str, Any] = {"nextPageToken": token} if token else {}
            page = self.page(jql, **parameters, **more)
            found += page["issues"]
            token = page.get("nextPageToken")
            if token is None:
                return found
