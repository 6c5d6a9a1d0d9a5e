"""Values of fields that look different by the time, the kind of Jira or whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.jira.store.entities import HERE, Entity, User
from sandbox.jira.store.site import Site

if TYPE_CHECKING:
    from sandbox.jira.api.render import View


@dataclass(frozen=True)
class Link:
    """A link to another issue, as one of the two shows it."""

    number: int
    type: Entity
    other: int
    outward: bool
    site: Site

    def show(self, view: View) -> object:
        """Return the link with the other issue as it stands."""
        issue = self.site.issues[self.other]
        names = ("summary", "status", "priority", "issuetype")
        stub = {
            "id": str(issue.id),
            "key": issue.key,
            "self": f"{HERE}rest/api/2/issue/{issue.id}",
            "fields": {name: issue.fields.get(name) for name in names},
        }
        address = f"{HERE}rest/api/2/issueLink/{self.number}"
        side = "outwardIssue" if self.outward else "inwardIssue"
        return {"id": str(self.number), "self": address, "type": self.type, side: stub}


@dataclass(frozen=True)
class RequestTypeValue:
    """The request type of an issue with its status as customers see it."""

    id: str
    name: str
    desk: str
    issue: int
    site: Site

    def show(self, view: View) -> object:
        """Return the request type and the current status."""
        from sandbox.jira.api.render import dates  # the values of fields and their renderer need each other

        issue = self.site.issues[self.issue]
        kind = self.site.desk.request_type(self.id) if self.site.desk else None
        changed = issue.histories[-1].at if issue.histories else issue.created
        return {
            "_links": {"self": f"{HERE}rest/servicedeskapi/request/{issue.id}"},
            "requestType": kind.describe() if kind else {"id": self.id, "name": self.name},
            "currentStatus": {
                "status": issue.status.name,
                "statusCategory": {"new": "NEW", "done": "DONE"}.get(issue.status.category, "INDETERMINATE"),
                "statusDate": dates(changed, view),
            },
        }


@dataclass(frozen=True)
class ApprovalValue:
    """One approval: who was asked, what each said, what came of it."""

    number: int
    name: str
    created: int
    completed: int | None
    decision: str
    """approved, declined or pending."""
    approvers: tuple[tuple[User, str], ...]

    def show(self, view: View) -> object:
        """Return the approval as both the issue and the desk show it."""
        from sandbox.jira.api.render import dates

        shown: dict[str, Any] = {
            "id": str(self.number),
            "name": self.name,
            "finalDecision": self.decision,
            "canAnswerApproval": False,
            "approvers": [
                {"approver": user, "approverDecision": decision} for user, decision in self.approvers
            ],
            "createdDate": dates(self.created, view),
        }
        return shown | ({"completedDate": dates(self.completed, view)} if self.completed is not None else {})


@dataclass(frozen=True)
class AssetValue:
    """An object of Assets that an issue names."""

    number: int
    site: Site

    def show(self, view: View) -> object:
        """Return a reference without a label on Cloud, a label without a reference on Data Center."""
        assets = self.site.assets
        if assets is None:
            return None
        if view.cloud:
            number = str(self.number)
            return {
                "workspaceId": assets.workspace,
                "id": f"{assets.workspace}:{number}",
                "objectId": number,
            }
        found = assets.objects[self.number]
        return f"{found.label} ({found.key})"
