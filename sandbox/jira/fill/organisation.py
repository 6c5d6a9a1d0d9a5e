"""A site from an organisation of the sandbox: what it planted, in Jira's own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.jira.fill import tickets
from sandbox.jira.fill.builder import Builder, Draft
from sandbox.jira.fill.objects import add_assets, add_operations, object_numbers
from sandbox.jira.fill.promises import add_clocks, add_items, add_satisfaction, describe_clocks
from sandbox.jira.fill.records import Row, rows
from sandbox.jira.fill.template import (
    SERVICE_TYPES,
    Traps,
    add_project,
    add_request_type,
    base_site,
    field_id,
)
from sandbox.jira.store import Entity, Group, Issue, Moment, Project, Site
from sandbox.jira.store.values import RequestTypeValue


def site_of(
    organisation: object, *, key: str = "ITSM", traps: Traps | None = None, kinds: Sequence[str] = ()
) -> Site:
    """Return the organisation's records as a service project has them; the same one gives the same site.

    What the organisation does not have is not there. Columns that Jira has no field for become fields of
    a customer's own, named like the column (`Resolution note`). `kinds` keeps only these kinds of issues,
    so that an organisation can be split over two platforms; `traps` says what the site makes hard.
    """
    traps = traps or Traps()
    site = base_site(traps)
    project = add_project(site, key, "IT service management", SERVICE_TYPES, kind="service_desk")
    builder = Builder(site, traps)
    _add_groups(builder, organisation)
    drafts = [
        draft
        for kind, make in tickets.MAKERS.items()
        if not kinds or kind in kinds
        for draft in make(builder, organisation)
    ]
    tickets.live(builder, organisation, drafts, object_numbers(organisation))
    builder.add(project, drafts)
    _add_request_types(builder, project, drafts)
    _add_versions(builder, project, organisation)
    _link(builder)
    builder.write_links()
    add_clocks(builder, organisation)
    if site.desk is not None:
        for desk in site.desk.desks.values():
            describe_clocks(builder, desk)
    add_satisfaction(builder, organisation)
    objects = add_assets(builder, organisation)
    add_items(builder, objects)
    add_operations(builder, organisation, objects)
    _add_knowledge(builder, organisation)
    if traps.resolution:
        _resolve(builder)
    return site


def _add_groups(builder: Builder, organisation: object) -> None:
    for row in rows(organisation, "groups"):
        group: Group | None = builder.group(row["name"])
        manager = builder.user(row.get("manager"))
        if group is None:
            continue
        group.members += [manager] if manager is not None else []
        for number in range(len(group.members), int(row.get("member_count") or 0)):
            member = builder.site.user(f"{str(row['id']).lower()}.{number}")
            member.active = number < int(row.get("active_member_count") or 0)
            group.members.append(member)


def _add_request_types(builder: Builder, project: Project, drafts: list[Draft]) -> None:
    """Say as what each ticket was raised: requests by their item, incidents through the portal."""
    site = builder.site
    desk = site.desk.of_project(project) if site.desk else None
    if desk is None:
        return
    id_ = field_id(site, "Request Type")
    for draft in drafts:
        issue = builder.made[draft.kind, str(draft.row["id"])]
        name = _request_type(draft)
        if name:
            kind = add_request_type(site, desk, name, draft.type)
            issue.fields[id_] = RequestTypeValue(kind.id, kind.name, desk.id, issue.id, site)


def _request_type(draft: Draft) -> str:
    if draft.kind == "request":
        return str(draft.row.get("item") or "Other")
    if draft.kind == "incident" and draft.row.get("channel") in ("self-service", "portal", "email"):
        return "Report a system problem"
    if draft.kind != "change":
        return ""
    return str(draft.row.get("model") or ("Deployment" if draft.row.get("pipeline") else ""))


def _add_versions(builder: Builder, project: Project, organisation: object) -> None:
    """Make releases versions; a change of a release has it as fix version."""
    versions: dict[str, Entity] = {}
    # Deployments are told by the system that deploys.
    releases = [row for row in rows(organisation, "releases") if row.get("type", "release") == "release"]
    for row in releases:
        made = versions[str(row["id"])] = _version(builder, project, row, 30_000 + len(versions))
        builder.site.work[made.id] = int(row.get("issue_count") or 0)
    builder.site.versions[project.id] = list(versions.values())
    builder.site.planted["release"] = releases
    for (kind, _), issue in builder.made.items():
        version = versions.get(str(builder.rows[kind, issue.id].get("release_id")))
        if version is not None:
            issue.fields["fixVersions"] = [version]


def _version(builder: Builder, project: Project, row: Row, number: int) -> Entity:
    released = row.get("released_at")
    due = released or row.get("planned_at")
    begun = row.get("started_at") or row.get("opened_at")
    content: dict[str, Any] = {
        "description": f"{row.get('product')} ({row['id']})",
        "archived": False,
        "released": released is not None,
        "projectId": int(project.id),
    }
    if begun is not None:
        content["startDate"] = tickets.day(begun)
    if due is not None:
        content["releaseDate"] = tickets.day(due)
    owner = builder.user(row.get("owner"))
    if owner is not None:
        content["driver"] = owner.id
    if released is None and due is not None:
        content["overdue"] = due < (row.get("updated_at") or 0)
    return Entity("version", str(number), str(row["name"]), content)


_LINKS = (
    ("problem_id", "problem", "Problem/Incident", True),
    ("caused_by_change_id", "change", "Problem/Incident", True),
    ("fix_change_id", "change", "Relates", False),
    ("incident_id", "incident", "Relates", False),
    ("parent_id", "incident", "Relates", False),
)
"""Column, kind of the other, type of the link, whether the other causes this one."""


def _link(builder: Builder) -> None:
    for (kind, _), issue in list(builder.made.items()):
        row = builder.rows[kind, issue.id]
        for column, other_kind, name, causes in _LINKS:
            other = builder.made.get((other_kind, str(row.get(column))))
            if other is not None:
                first, second = (other, issue) if causes else (issue, other)
                builder.link(name, first, second)


def _add_knowledge(builder: Builder, organisation: object) -> None:
    """Make articles known, and link the issues that used one with it."""
    names = {}
    for row in rows(organisation, "knowledge"):
        names[row["id"]] = f"Article {row['id']}"
        source = {"type": "confluence", "pageId": str(row["id"]), "spaceKey": row.get("knowledge_base")}
        excerpt = str(row.get("body") or "")[:120]
        builder.site.articles.append(
            {"title": names[row["id"]], "excerpt": excerpt, "source": source, "content": {}}
        )
    for row in rows(organisation, "knowledge_uses"):
        issue = builder.made.get((str(row.get("record_kind")), str(row.get("record_id"))))
        if issue is not None and row["article_id"] in names and row["type"] in ("linked", "solved"):
            _refer(builder, issue, str(row["article_id"]), names[row["article_id"]])


def _refer(builder: Builder, issue: Issue, article: str, title: str) -> None:
    links = builder.site.remote_links.setdefault(issue.id, [])
    number = builder.site.next_id()
    links.append(
        {
            "id": number,
            "self": f"~/rest/api/2/issue/{issue.id}/remotelink/{number}",
            "globalId": f"appId=wiki&pageId={article}",
            "application": {"type": "com.atlassian.confluence", "name": "Confluence"},
            "relationship": "Wiki Page",
            "object": {"url": f"~/wiki/spaces/KB/pages/{article}", "title": title},
        }
    )


def _resolve(builder: Builder) -> None:
    """Set resolution and its date where the last status is done, as a repaired workflow does."""
    site = builder.site
    done = site.english("resolution", "Done")
    for issue in builder.made.values():
        moments = [
            entry.at
            for entry in issue.histories
            for change in entry.items
            if change["field"] == "status" and site.statuses[str(change["to"])].category == "done"
        ]
        if issue.status.category == "done" and moments:
            issue.fields |= {"resolution": done, "resolutiondate": Moment(moments[0])}
