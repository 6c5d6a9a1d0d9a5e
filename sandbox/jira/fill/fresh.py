"""The handful of things that clients' own tests rely on."""

from __future__ import annotations

from sandbox.jira.store import Entity, Group, Site, Status, User

_PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
_TYPES = ("Bug", "Task", "Story", "Epic", "Sub-task", "Improvement")


def fresh_site(*people: str) -> Site:
    """Return a site as it is after its installation, with administrators of these names; no projects."""
    site = Site()
    users = [User(name, account=f"fresh:{number:04d}") for number, name in enumerate(people)]
    site.register(*users)
    names = ("jira-administrators", "jira-software-users", "administrators", "jira-users")
    site.register(*(Group(name, members=tuple(users)) for name in names))
    for at, (name, category) in enumerate(
        (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"), ("Closed", "done")), 1
    ):
        site.register(Status(str(10_000 + at), name, category))
    for at, name in enumerate(_PRIORITIES, 1):
        site.register(Entity("priority", str(at), name, {"statusColor": "#d04437", "iconUrl": "~/"}))
    for at, name in enumerate(_TYPES, 1):
        site.register(
            Entity("issuetype", str(10_000 + at), name, {"subtask": name == "Sub-task", "iconUrl": "~/"})
        )
    for at, name in enumerate(("Done", "Won't Do", "Duplicate", "Cannot Reproduce")):
        site.register(Entity("resolution", str(10_000 + at), name, {"description": ""}))
    links = (("Duplicate", "is duplicated by", "duplicates"), ("Relates", "relates to", "relates to"))
    for at, (name, inward, outward) in enumerate(links, 1):
        site.register(Entity("issueLinkType", str(10_000 + at), name, {"inward": inward, "outward": outward}))
    return site
