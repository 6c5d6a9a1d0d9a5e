"""What a site has before anybody works on it: stock types, statuses, workflows, priorities and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.jira.store import Entity, Project, Site, Status, custom
from sandbox.jira.store import fields as kinds
from sandbox.jira.store.desk import Desk, Queue, RequestType, ServiceDesk
from sandbox.jira.store.fields import Field

STATUSES: Mapping[str, str] = {
    "Open": "new",
    "Waiting for support": "new",
    "Waiting for approval": "new",
    "Peer review / change manager approval": "new",
    "Work in progress": "indeterminate",
    "In Progress": "indeterminate",
    "Pending": "indeterminate",
    "Waiting for customer": "indeterminate",
    "Escalated": "indeterminate",
    "Planning": "indeterminate",
    "Awaiting CAB approval": "indeterminate",
    "Awaiting implementation": "indeterminate",
    "Implementing": "indeterminate",
    "Under review": "indeterminate",
    "Under investigation": "indeterminate",
    "Completed": "done",
    "Resolved": "done",
    "Closed": "done",
    "Canceled": "done",
    "Declined": "done",
    "To Do": "new",
    "Done": "done",
}
"""Category by status of the stock workflows."""
WORKFLOWS: Mapping[str, Sequence[str]] = {
    "Incident": ("Open", "Work in progress", "Pending", "Completed", "Closed", "Canceled"),
    "Service Request": (
        "Waiting for support",
        "Waiting for customer",
        "In Progress",
        "Pending",
        "Escalated",
        "Resolved",
        "Closed",
        "Canceled",
    ),
    "Service Request with Approvals": (
        "Waiting for approval",
        "Waiting for support",
        "Waiting for customer",
        "In Progress",
        "Pending",
        "Resolved",
        "Closed",
        "Declined",
        "Canceled",
    ),
    "Change": (
        "Peer review / change manager approval",
        "Planning",
        "Awaiting CAB approval",
        "Awaiting implementation",
        "Implementing",
        "Pending",
        "Resolved",
        "Closed",
        "Declined",
        "Canceled",
    ),
    "Problem": (
        "Open",
        "Under review",
        "Under investigation",
        "Pending",
        "Completed",
        "Closed",
        "Canceled",
    ),
    "Post-incident review": ("Open", "Work in progress", "Completed", "Closed"),
    "Task": ("To Do", "In Progress", "Done"),
    "Bug": ("To Do", "In Progress", "Done"),
    "Story": ("To Do", "In Progress", "Done"),
}
SERVICE_TYPES = ("Incident", "Service Request", "Service Request with Approvals", "Change", "Problem")
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
RESOLUTIONS = (
    "Done",
    "Won't Do",
    "Duplicate",
    "Cannot Reproduce",
    "Declined",
    "Known Error",
    "Hardware failure",
    "Software failure",
)
_LINKS = (
    ("Blocks", "is blocked by", "blocks"),
    ("Cloners", "is cloned by", "clones"),
    ("Duplicate", "is duplicated by", "duplicates"),
    ("Relates", "relates to", "relates to"),
    ("Problem/Incident", "is caused by", "causes"),
    ("Post-Incident Reviews", "is reviewed by", "reviews"),
)
FIELDS: tuple[Field, ...] = (
    custom(10001, "Team", "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"),
    custom(10002, "Organizations", kinds.ORGANISATIONS),
    custom(10003, "Approvers", kinds.USERS),
    custom(10004, "Impact", kinds.SELECT),
    custom(10005, "Change type", kinds.SELECT),
    custom(10006, "Change risk", kinds.SELECT),
    custom(10007, "Change reason", kinds.SELECT),
    custom(10008, "Change start date", kinds.DATE_TIME),
    custom(10009, "Change completion date", kinds.DATE_TIME),
    custom(10010, "Request Type", kinds.REQUEST_TYPE),
    custom(10030, "Satisfaction", kinds.SATISFACTION),
    custom(10031, "Satisfaction date", kinds.SATISFACTION_DATE),
    custom(10032, "Request participants", kinds.PARTICIPANTS),
    custom(10035, "Approvals", kinds.APPROVALS),
    custom(10036, "Time to resolution", kinds.SLA),
    custom(10037, "Time to first response", kinds.SLA),
    custom(10040, "Urgency", kinds.SELECT),
    custom(10041, "Severity", kinds.SELECT),
    custom(10042, "Pending reason", kinds.SELECT),
    custom(10043, "Source", kinds.SELECT),
    custom(10044, "Investigation reason", kinds.SELECT),
    custom(10045, "Root cause", kinds.TEXT_AREA),
    custom(10046, "Workaround", kinds.TEXT_AREA),
    custom(10047, "Implementation plan", kinds.TEXT_AREA),
    custom(10048, "Backout plan", kinds.TEXT_AREA),
    custom(10049, "Test plan", kinds.TEXT_AREA),
    custom(10050, "Planned start", kinds.DATE_TIME),
    custom(10051, "Planned end", kinds.DATE_TIME),
    custom(10052, "Affected services", kinds.SERVICES),
    custom(10053, "Affected assets", kinds.ASSETS_CLOUD),
    custom(10054, "Major incident", "com.atlassian.jira.plugins.servicedesk.incident:major-incident"),
    custom(10055, "Responders", kinds.USERS),
    custom(10056, "CAB", kinds.USERS),
    custom(10057, "Approver groups", kinds.MULTI_SELECT),
    custom(10058, "Assignment group", kinds.GROUP),
    custom(10059, "Operational categorization", kinds.SELECT),
    custom(10060, "Development", kinds.DEVELOPMENT),
)


@dataclass
class Traps:
    """What sites do that readers stumble over; all as stock unless said otherwise."""

    resolution: bool = False
    """The workflow sets resolution and resolutiondate; the stock one does not."""
    twice: tuple[str, ...] = ()
    """Names of fields that the site has twice, the second one empty."""
    translated: Mapping[str, str] = field(default_factory=dict)
    """Shown names of fields, statuses and types, by English name."""
    empty_approvals: float = 0.0
    """Share of the approvals without any approver or decision."""
    change_clocks: bool = False
    """Changes and problems have clocks too; the stock template has none for them."""
    own_fields: bool = True
    """What Jira has no field for stands in fields of a customer's own, named like the column."""
    group_field: bool = True
    """A field holds the assignment group, with history; stock sites have only the assignee."""


def base_site(traps: Traps | None = None) -> Site:
    """Return a site with stock statuses, types, priorities, resolutions, links and fields, no projects."""
    traps = traps or Traps()
    site = Site(desk=Desk())
    for at, (name, category) in enumerate(STATUSES.items()):
        shown = traps.translated.get(name, name)
        site.register(Status(str(10_100 + at), shown, category, {"untranslatedName": name}))
    for at, name in enumerate(WORKFLOWS):
        shown = traps.translated.get(name, name)
        content = {"description": "", "iconUrl": "~/", "subtask": False, "untranslatedName": name}
        site.register(Entity("issuetype", str(10_200 + at), shown, content))
    for at, name in enumerate(PRIORITIES, 1):
        site.register(Entity("priority", str(at), name, {"iconUrl": "~/", "statusColor": "#ea7d24"}))
    for at, name in enumerate(RESOLUTIONS):
        site.register(Entity("resolution", str(10_000 + at), name, {"description": ""}))
    for at, (name, inward, outward) in enumerate(_LINKS):
        words = {"inward": inward, "outward": outward}
        site.register(Entity("issueLinkType", str(10_300 + at), name, words))
    site.add_fields(*_fields(traps))
    return site


def _fields(traps: Traps) -> list[Field]:
    found = []
    for each in FIELDS:
        if each.name == "Assignment group" and not traps.group_field:
            continue
        shown = traps.translated.get(each.name, each.name)
        untranslated = each.name if shown != each.name else ""
        found.append(custom(each.number, shown, each.custom, untranslated=untranslated))
    again = [each for each in FIELDS if each.name in traps.twice]
    return found + [custom(each.number + 900, each.name, each.custom) for each in again]


def add_project(site: Site, key: str, name: str, types: Sequence[str], *, kind: str = "software") -> Project:
    """Add a project with the stock workflows of some types; a service desk gets a desk."""
    number = str(10_000 + len(site.projects))
    style = {"projectTypeKey": kind, "style": "classic", "isPrivate": False}
    project = Project(number, key, name, style)
    site.register(project)
    for type_ in types:
        statuses = [status_of(site, status) for status in WORKFLOWS[type_]]
        site.workflows[project.id, type_of(site, type_).id] = statuses
    if kind == "service_desk" and site.desk is not None:
        desk = ServiceDesk(str(len(site.desk.desks) + 1), project)
        site.desk.desks[desk.id] = desk
        desk.queues = [
            Queue(f"{desk.id}1", "All open", f"project = {key} AND statusCategory != Done"),
            Queue(f"{desk.id}2", "Unassigned", f"project = {key} AND assignee IS EMPTY"),
        ]
    return project


def status_of(site: Site, name: str) -> Status:
    """Return a status by its English name."""
    status: Status = site.english("status", name)
    return status


def type_of(site: Site, name: str) -> Entity:
    """Return an issue type by its English name."""
    found: Entity = site.english("issuetype", name)
    return found


def add_request_type(site: Site, desk: ServiceDesk, name: str, type_: str) -> RequestType:
    """Return a request type of a desk, made when there is none of the name yet."""
    known = next((each for each in desk.request_types if each.name == name), None)
    if known is None:
        number = str(100 * int(desk.id) + len(desk.request_types))
        known = RequestType(number, name, desk.id, type_of(site, type_).id)
        desk.request_types.append(known)
    return known


def field_id(site: Site, name: str) -> str:
    """Return the id of the first custom field with an English name; raises KeyError where there is none."""
    found: Field = site.english("field", name)
    return found.id
