"""What a site consists of: itself, fields, statuses, types, projects and versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.paging import sliced
from sandbox.jira.api.permissions import PERMISSIONS, READER
from sandbox.jira.api.render import timestamp
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.store import Entity, Project
from sandbox.jira.store.entities import CATEGORIES, HERE
from sandbox.serving.exchange import Reply, answer

_COUNTED = {"undefined": "unmapped", "new": "toDo", "indeterminate": "inProgress", "done": "done"}
"""Names that the counts of a version have for the categories of statuses."""


class Metadata:
    """The description of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        site = instance.site
        self._counts: tuple[int, Counter[tuple[str, str]]] = -1, Counter()
        self._kinds: Mapping[str, Callable[[], Iterable[Entity]]] = {
            "issuetype": lambda: site.types.values(),
            "priority": lambda: site.priorities.values(),
            "resolution": lambda: site.resolutions.values(),
            "status": lambda: site.statuses.values(),
        }

    def server(self, request: Request) -> Reply:
        """Answer serverInfo."""
        instance = self._instance
        cloud = instance.cloud
        version = "1001.0.0-SNAPSHOT" if cloud else instance.settings.version
        numbers = [1001, 0, 0] if cloud else [int(part) for part in version.split(".")]
        now = timestamp(instance.now, instance.settings.zone)
        info: dict[str, Any] = {
            "baseUrl": instance.url,
            "version": version,
            "versionNumbers": numbers,
            "deploymentType": "Cloud" if cloud else "Server",
            "buildNumber": 100254 if cloud else 912004,
            "buildDate": "2025-01-01T00:00:00.000+0000",
            "serverTime": now,
            "scmInfo": "0" * 40,
            "serverTitle": "Jira",
        }
        if cloud:
            info["serverTimeZone"] = {"timeZoneId": str(instance.settings.zone.key)}
        return answer(200, info)

    def tenant(self, request: Request) -> Reply:
        """Answer which cloud id a site has."""
        return answer(200, {"cloudId": self._instance.settings.cloud_id})

    def resources(self, request: Request) -> Reply:
        """Answer which sites a token of OAuth reaches."""
        settings = self._instance.settings
        return answer(
            200,
            [
                {
                    "id": settings.cloud_id,
                    "url": self._instance.url,
                    "name": "sandbox",
                    "scopes": ["read:jira-work", "read:jira-user"],
                }
            ],
        )

    def myself(self, request: Request) -> Reply:
        """Answer who asks, in whose zone times are read."""
        cloud = self._instance.cloud
        me = request.caller.describe(cloud) | {
            "timeZone": self._instance.settings.zone.key,
            "locale": "en_US",
        }
        groups = [group for group in self._instance.site.groups.values() if request.caller in group.members]
        me["groups"] = {"size": len(groups), "items": groups}
        return self._instance.reply(request, me)

    def permissions(self, request: Request) -> Reply:
        """Answer what the reader may do; Cloud wants to know which permissions are meant."""
        wanted = request.names("permissions")
        if self._instance.cloud and not wanted:
            return refused(400, "The 'permissions' query parameter is required.")
        unknown = [name for name in wanted or () if name not in PERMISSIONS]
        if unknown:
            return refused(400, f"Unrecognized permission: {unknown[0]}")
        key = request.asked("projectKey") or request.asked("projectId")
        project = self._instance.site.project(str(key)) if key else None
        browse = project is None or self._instance.may_browse(project)
        content = {name: self._permission(name, browse) for name in wanted or PERMISSIONS}
        return answer(200, {"permissions": content})

    def _permission(self, name: str, browse: bool) -> dict[str, Any]:
        have = name in READER and browse
        if name == "SERVICEDESK_AGENT":
            have = self._instance.settings.agent
        return {
            "id": str(PERMISSIONS.index(name)),
            "key": name,
            "name": name.replace("_", " ").title(),
            "type": "PROJECT",
            "description": "",
            "havePermission": have,
        }

    def fields(self, request: Request) -> Reply:
        """Answer every field; those of team-managed projects only field/search has."""
        cloud = self._instance.cloud
        return answer(
            200, [each.describe(cloud) for each in self._instance.site.fields.values() if not each.project]
        )

    def field_search(self, request: Request) -> Reply:
        """Answer fields page by page, all of them."""
        if not self._instance.cloud:
            return refused(404, "null for uri: " + request.path)
        fields = [each.describe(True) for each in self._instance.site.fields.values()]
        text = str(request.asked("query") or "").lower()
        kept = [each for each in fields if text in each["name"].lower()]
        if request.asked("type") == "custom":
            kept = [each for each in kept if each["custom"]]
        return answer(200, sliced(request, kept))

    def entities(self, request: Request) -> Reply:
        """Answer all statuses, types, priorities or resolutions."""
        return self._instance.reply(request, list(self._kinds[request.address.name]()))

    def entity(self, request: Request) -> Reply:
        """Answer one of them by id, a status by name too."""
        kind, key = request.address.name.removesuffix("/one"), request.part("id")
        for each in self._kinds[kind]():
            if key == each.id or (kind == "status" and key == each.name):
                return self._instance.reply(request, each)
        return missing(kind)

    def categories(self, request: Request) -> Reply:
        """Answer the categories of statuses."""
        return self._instance.reply(request, list(CATEGORIES.values()))

    def category(self, request: Request) -> Reply:
        """Answer one category by id or key."""
        for key, content in CATEGORIES.items():
            if request.part("id") in (key, str(content["id"])):
                return self._instance.reply(request, content)
        return missing("Status category")

    def link_types(self, request: Request) -> Reply:
        """Answer the types of links."""
        return self._instance.reply(
            request, {"issueLinkTypes": list(self._instance.site.link_types.values())}
        )

    def projects(self, request: Request) -> Reply:
        """Answer every project that the reader may browse."""
        return self._instance.reply(request, [self.described(each) for each in self._browsed()])

    def project_search(self, request: Request) -> Reply:
        """Answer projects page by page."""
        if not self._instance.cloud:
            return refused(404, "null for uri: " + request.path)
        keys = {key.upper() for key in request.names("keys") or []}
        kept = [self.described(each) for each in self._browsed() if not keys or each.key in keys]
        return self._instance.reply(request, sliced(request, kept))

    def project(self, request: Request) -> Reply:
        """Answer one project."""
        project = self.found(request)
        if project is None:
            return self.no_project(request)
        site = self._instance.site
        lead = next(iter(site.users.values()), None)
        content = {
            **self.described(project),
            "lead": lead,
            "issueTypes": site.types_of(project),
            "components": site.components.get(project.id, []),
            "versions": site.versions.get(project.id, []),
            "roles": {"Administrators": f"{HERE}rest/api/2/project/{project.id}/role/10002"},
            "assigneeType": "UNASSIGNED",
        }
        return self._instance.reply(request, content)

    def described(self, project: Project) -> dict[str, Any]:
        """Return a project with its style."""
        return {"expand": "description,lead,issueTypes", **project.describe(self._instance.cloud)}

    def found(self, request: Request) -> Project | None:
        """Return the project of an address, None where the reader may not browse it."""
        project = self._instance.site.project(request.part("project"))
        return project if project is not None and self._instance.may_browse(project) else None

    def no_project(self, request: Request) -> Reply:
        """Return the reply for a project that is not there."""
        what = "id" if request.part("project").isdigit() else "key"
        return refused(404, f"No project could be found with {what} '{request.part('project')}'.")

    def statuses(self, request: Request) -> Reply:
        """Answer the statuses of a project by issue type."""
        project = self.found(request)
        if project is None:
            return self.no_project(request)
        site = self._instance.site
        shown = [
            {
                **type_.describe(self._instance.cloud),
                "subtask": bool(type_.content.get("subtask")),
                "statuses": site.statuses_of(project, type_),
            }
            for type_ in site.types_of(project)
        ]
        return self._instance.reply(request, shown)

    def versions(self, request: Request) -> Reply:
        """Answer every version of a project."""
        project = self.found(request)
        if project is None:
            return self.no_project(request)
        found = self._instance.site.versions.get(project.id, [])
        return self._instance.reply(request, [self._version(each, []) for each in found])

    def version_page(self, request: Request) -> Reply:
        """Answer the versions of a project page by page, by status where that is asked for."""
        project = self.found(request)
        if project is None:
            return self.no_project(request)
        wanted = request.names("status")
        versions = self._instance.site.versions.get(project.id, [])
        kept = [each for each in versions if not wanted or _status(each) in wanted]
        if str(request.asked("orderBy") or "").endswith("releaseDate"):
            kept.sort(key=lambda each: str(each.content.get("releaseDate") or ""))
        shown = [self._version(each, request.names("expand") or []) for each in kept]
        return self._instance.reply(request, sliced(request, shown))

    def _version(self, version: Entity, expand: list[str]) -> dict[str, Any]:
        shown = version.describe(self._instance.cloud)
        if "driver" not in expand:
            shown.pop("driver", None)
        if "issuesstatus" in expand:
            counts = self._fixed()
            shown["issuesStatusForFixVersion"] = {
                name: counts[version.id, category] for category, name in _COUNTED.items()
            }
            shown["issuesStatusForFixVersion"]["done"] += self._instance.site.work.get(version.id, 0)
        return shown

    def _fixed(self) -> Counter[tuple[str, str]]:
        """Return the number of issues by fix version and category, counted once a state of the site."""
        site = self._instance.site
        state, counts = self._counts
        if state != site.version:
            counts = Counter(
                (version.id, issue.status.category)
                for issue in site.issues.values()
                for version in issue.fields.get("fixVersions") or ()
            )
            self._counts = site.version, counts
        return counts

    def components(self, request: Request) -> Reply:
        """Answer the components of a project."""
        project = self.found(request)
        if project is None:
            return self.no_project(request)
        return self._instance.reply(request, self._instance.site.components.get(project.id, []))

    def _browsed(self) -> list[Project]:
        return [each for each in self._instance.site.projects.values() if self._instance.may_browse(each)]


def _status(version: Entity) -> str:
    if version.content.get("archived"):
        return "archived"
    return "released" if version.content.get("released") else "unreleased"
