"""What a perfect reader has at the end, for tests to compare with."""

from __future__ import annotations

from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.store import Issue, User


def truth(instance: Instance, kind: str, *, visible: bool = True) -> list[dict[str, Any]]:
    """Return the rows of a kind in order of id; an unknown kind has none."""
    site = instance.site
    issues = [site.issues[id_] for id_ in sorted(site.issues)]
    kept = [issue for issue in issues if not visible or instance.shown(issue)]
    if kind == "issue":
        return [_issue(issue) for issue in kept]
    if kind == "history":
        return [
            {"issue": str(issue.id), "id": str(entry.id), "at": entry.at, "items": len(entry.items)}
            for issue in kept
            for entry in issue.histories
        ]
    if kind == "comment":
        return [
            {"issue": str(issue.id), "id": str(comment.id), "at": comment.at, "public": comment.public}
            for issue in kept
            for comment in issue.comments
        ]
    if kind == "version":
        return [
            {"project": project, "id": version.id, "name": version.name, **version.content}
            for project, versions in site.versions.items()
            for version in versions
        ]
    return list(site.planted.get(kind, ()))


def _issue(issue: Issue) -> dict[str, Any]:
    assignee = issue.fields.get("assignee")
    return {
        "id": str(issue.id),
        "key": issue.key,
        "project": issue.project.key,
        "type": issue.type.name,
        "status": issue.status.name,
        "category": issue.status.category,
        "created": issue.created,
        "updated": issue.updated,
        "assignee": assignee.id if isinstance(assignee, User) else None,
        "histories": len(issue.histories),
        "comments": len(issue.comments),
    }
