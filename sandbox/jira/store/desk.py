"""What Jira Service Management adds to a site: desks, request types, queues, organisations, SLAs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.jira.store.entities import HERE, Project, User


@dataclass(frozen=True)
class RequestType:
    """What customers choose when they ask for something."""

    id: str
    name: str
    desk: str
    issue_type: str
    description: str = ""
    groups: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the request type as the API shows it."""
        address = f"{HERE}rest/servicedeskapi/servicedesk/{self.desk}/requesttype/{self.id}"
        return {
            "_expands": ["field"],
            "id": self.id,
            "_links": {"self": address},
            "name": self.name,
            "description": self.description,
            "helpText": "",
            "issueTypeId": self.issue_type,
            "serviceDeskId": self.desk,
            "groupIds": list(self.groups),
            "icon": {"id": "10527", "_links": {}},
        }


@dataclass(frozen=True)
class Queue:
    """A view of agents: a query with a name."""

    id: str
    name: str
    jql: str
    fields: tuple[str, ...] = ("issuetype", "issuekey", "summary", "created", "status")


@dataclass
class ServiceDesk:
    """The desk of one project."""

    id: str
    project: Project
    request_types: list[RequestType] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    calendars: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    """Definitions of SLAs, as the agents' pages show them."""


@dataclass(frozen=True)
class Organisation:
    """An organisation of customers."""

    id: str
    name: str
    members: tuple[User, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the organisation as the API shows it."""
        address = f"{HERE}rest/servicedeskapi/organization/{self.id}"
        return {"id": self.id, "name": self.name, "_links": {"self": address}}


@dataclass
class Desk:
    """All desks of a site."""

    desks: dict[str, ServiceDesk] = field(default_factory=dict)

    def of_project(self, project: Project) -> ServiceDesk | None:
        """Return the desk of a project, None where it has none."""
        return next((desk for desk in self.desks.values() if desk.project is project), None)

    def request_type(self, id_: str) -> RequestType | None:
        """Return a request type of any desk."""
        every = (each for desk in self.desks.values() for each in desk.request_types)
        return next((each for each in every if each.id == id_), None)
