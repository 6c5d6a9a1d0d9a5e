"""Projects, versions, components, filters, groups and schemes, as far as clients' own tests need them."""

from __future__ import annotations

from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.metadata import Metadata
from sandbox.jira.api.paging import sliced
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.store import Entity, Group, Project
from sandbox.jira.store.entities import HERE
from sandbox.serving.exchange import Reply, answer

_SCHEMES = {
    "permissionscheme": ("permissionSchemes", "Default Permission Scheme"),
    "issuesecurityschemes": ("issueSecuritySchemes", "Default"),
    "notificationscheme": ("values", "Default Notification Scheme"),
    "workflowschemes": ("values", "Default Workflow Scheme"),
    "issuetypescheme": ("schemes", "Default Issue Type Scheme"),
    "priorityschemes": ("schemes", "Default priority scheme"),
    "projectCategory": ("", "Default"),
    "workflow": ("", "jira"),
    "screens": ("values", "Default Screen"),
}


class Administration:
    """The administration of one site."""

    def __init__(self, instance: Instance, metadata: Metadata) -> None:
        self._instance = instance
        self._site = instance.site
        self._metadata = metadata
        self._filters: dict[str, dict[str, Any]] = {}
        self._actors: dict[str, list[dict[str, Any]]] = {}

    def session(self, request: Request) -> Reply:
        """Answer who is logged in."""
        return self._instance.reply(request, {**request.caller.describe(self._instance.cloud)})

    def create_project(self, request: Request) -> Reply:
        """Create a project."""
        key, name = str(request.asked("key") or "").upper(), str(request.asked("name") or "")
        if self._site.project(key) is not None:
            return refused(400, errors={"projectKey": f"Project '{name}' uses this project key."})
        if any(each.name == name for each in self._site.projects.values()):
            return refused(400, errors={"projectName": "A project with that name already exists."})
        project = Project(str(self._site.next_id()), key, name, {"description": ""})
        self._site.register(project)
        address = f"{HERE}rest/api/2/project/{project.id}"
        return self._instance.reply(request, {"id": int(project.id), "key": key, "self": address}, 201)

    def project(self, request: Request) -> Reply:
        """Change or delete a project; its issues go with it."""
        project = self._metadata.found(request)
        if project is None:
            return self._metadata.no_project(request)
        if request.method == "PUT":
            content = {name: value for name, value in request.json().items() if name not in ("name", "key")}
            project.change(name=request.asked("name") or project.name, **content)
            return self._metadata.project(request)
        for issue in list(self._site.of_project(project)):
            self._site.drop(issue.id, self._instance.now)
        del self._site.projects[project.id]
        return Reply(204)

    def role(self, request: Request) -> Reply:
        """Read a role, or add to it."""
        project = self._metadata.found(request)
        if project is None:
            return self._metadata.no_project(request)
        default = {"id": 1, "name": "jira-administrators", "type": "atlassian-group-role-actor"}
        actors = self._actors.setdefault(project.id, [default])
        if request.method in ("POST", "PUT"):
            given = request.asked("categorisedActors") or request.json()
            for kind in ("user", "group"):
                names = given.get(f"atlassian-{kind}-role-actor") or given.get(kind) or []
                for name in [names] if isinstance(names, str) else names:
                    shown = {"id": self._site.next_id(), "name": name, "type": f"atlassian-{kind}-role-actor"}
                    known = [each for each in actors if each["name"] == name]
                    actors += [] if known else [shown | {"displayName": name}]
        address = f"{HERE}rest/api/2/project/{project.id}/role/10002"
        content = {"self": address, "name": "Administrators", "id": 10002, "actors": actors}
        return self._instance.reply(request, content)

    def roles(self, request: Request) -> Reply:
        """Answer the roles of a project."""
        project = self._metadata.found(request)
        if project is None:
            return self._metadata.no_project(request)
        address = f"{HERE}rest/api/2/project/{project.id}/role/10002"
        return self._instance.reply(request, {"Administrators": address})

    def project_scheme(self, request: Request) -> Reply:
        """Answer a scheme of a project; it has none for the security of issues."""
        project, scheme = self._metadata.found(request), request.part("scheme")
        if project is None:
            return self._metadata.no_project(request)
        names = {
            "permissionscheme": "Default Permission Scheme",
            "priorityscheme": "Default priority scheme",
            "notificationscheme": "Default Notification Scheme",
            "workflowscheme": f"{project.key}: Software Simplified Workflow Scheme",
        }
        if scheme not in names:
            return refused(404, "null for uri: " + request.path)
        address = f"{HERE}rest/api/2/{scheme}/10000"
        return self._instance.reply(request, {"id": 10000, "self": address, "name": names[scheme]})

    def scheme(self, request: Request) -> Reply:
        """Answer the schemes of a kind, or one of them."""
        kind = request.part("scheme")
        if kind not in _SCHEMES:
            return refused(404, "null for uri: " + request.path)
        under, name = _SCHEMES[kind]
        one = {"id": 10000, "self": f"{HERE}rest/api/2/{kind}/10000", "name": name, "description": ""}
        if request.part("id"):
            return self._instance.reply(request, one)
        page = {"maxResults": 50, "startAt": 0, "total": 1, "isLast": True}
        content: Any = {under: [one], **(page if under == "values" else {})} if under else [one]
        return self._instance.reply(request, content)

    def create_version(self, request: Request) -> Reply:
        """Create a version."""
        key = request.asked("project") or request.asked("projectId")
        project = self._site.project(str(key or ""))
        if project is None:
            return refused(404, "No project could be found.")
        content = {"archived": False, "released": False, "projectId": int(project.id)}
        content |= {k: v for k, v in request.json().items() if k not in ("name", "project")}
        made = Entity("version", str(self._site.next_id()), str(request.asked("name")), content)
        self._site.versions.setdefault(project.id, []).append(made)
        return self._instance.reply(request, made, 201)

    def create_component(self, request: Request) -> Reply:
        """Create a component."""
        project = self._site.project(str(request.asked("project") or ""))
        if project is None:
            return refused(404, "No project could be found.")
        content = {k: v for k, v in request.json().items() if k != "name"}
        lead = self._site.find_user(str(content.pop("leadUserName", "") or ""))
        content |= {"lead": lead} if lead else {}
        made = Entity("component", str(self._site.next_id()), str(request.asked("name")), content)
        self._site.components.setdefault(project.id, []).append(made)
        return self._instance.reply(request, made, 201)

    def part(self, request: Request) -> Reply:
        """Read, change or delete a version or component."""
        rooms = self._site.versions if request.table.startswith("version") else self._site.components
        for room in rooms.values():
            for each in room:
                if each.id == request.part("id"):
                    return self._of_part(request, room, each)
        return missing("Version" if request.table.startswith("version") else "Component")

    def _of_part(self, request: Request, room: list[Entity], each: Entity) -> Reply:
        if request.method == "DELETE":
            room.remove(each)
            field = "components" if each.kind == "component" else "fixVersions"
            for issue in list(self._site.issues.values()):
                if each in (issue.fields.get(field) or ()):
                    kept = [other for other in issue.fields[field] if other is not each]
                    after = issue.changed(fields={**issue.fields, field: kept})
                    self._site.put(after, self._instance.now)
            return Reply(204)
        if request.method == "PUT":
            content = {k: v for k, v in request.json().items() if k not in ("name", "id", "self")}
            each.change(name=request.asked("name") or each.name, **content)
        return self._instance.reply(request, each)

    def counts(self, request: Request) -> Reply:
        """Answer how many issues a version or component has."""
        named = [
            issue
            for issue in self._site.issues.values()
            for name in ("fixVersions", "versions", "components")
            if any(each.id == request.part("id") for each in issue.fields.get(name) or ())
        ]
        left = sum(issue.status.category != "done" for issue in named)
        content = {"issuesFixedCount": len(named), "issuesAffectedCount": 0, "issueCount": len(named)}
        return answer(200, content | {"issuesUnresolvedCount": left})

    def move_version(self, request: Request) -> Reply:
        """Move a version within its project."""
        for room in self._site.versions.values():
            for each in room:
                if each.id == request.part("id"):
                    room.remove(each)
                    room.insert(0 if request.asked("position") == "First" else len(room), each)
                    return self._instance.reply(request, each)
        return missing("Version")

    def create_filter(self, request: Request) -> Reply:
        """Keep a query under a name."""
        number = str(self._site.next_id())
        made = {"id": number, "self": f"{HERE}rest/api/2/filter/{number}", "owner": request.caller}
        made |= {k: v for k, v in request.json().items() if v is not None}
        self._filters[number] = made
        return self._instance.reply(request, made)

    def filter(self, request: Request) -> Reply:
        """Read, change or delete a filter."""
        found = self._filters.get(request.part("id"))
        if found is None:
            return missing("Filter")
        if request.method == "DELETE":
            del self._filters[request.part("id")]
            return Reply(204)
        if request.method == "PUT":
            found |= {k: v for k, v in request.json().items() if v is not None}
        return self._instance.reply(request, found)

    def favourites(self, request: Request) -> Reply:
        """Answer the favourite filters."""
        return self._instance.reply(request, [f for f in self._filters.values() if f.get("favourite")])

    def group(self, request: Request) -> Reply:
        """Read, create or delete a group, with its members as the old address shows them."""
        name = str(request.asked("groupname") or request.asked("name") or "")
        found = next((each for each in self._site.groups.values() if each.name == name), None)
        if request.method == "POST":
            found = Group(name)
            self._site.register(found)
            return self._instance.reply(request, found, 201)
        if found is None:
            return missing("Group")
        if request.method == "DELETE":
            del self._site.groups[found.id]
            return Reply(200)
        page = {"size": len(found.members), "items": found.members, "max-results": 50}
        page |= {"start-index": 0, "end-index": len(found.members)}
        return self._instance.reply(request, {**found.describe(self._instance.cloud), "users": page})

    def members(self, request: Request) -> Reply:
        """Answer the members of a group."""
        name = str(request.asked("groupname") or "")
        found = next((each for each in self._site.groups.values() if each.name == name), None)
        if found is None:
            return missing("Group")
        everybody = request.flag("includeInactiveUsers")
        members = [each for each in found.members if each.active or everybody]
        return self._instance.reply(request, sliced(request, members))

    def group_user(self, request: Request) -> Reply:
        """Add a user to a group, or remove one."""
        name = str(request.parameters.get("groupname") or "")
        found = next((each for each in self._site.groups.values() if each.name == name), None)
        key = request.asked("name") or request.asked("username") or request.asked("accountId") or ""
        user = self._site.find_user(str(key))
        if found is None or user is None:
            return missing("Group")
        if request.method == "DELETE":
            found.members = [each for each in found.members if each is not user]
            return Reply(200)
        found.members.append(user)
        return self._instance.reply(request, found, 201)

    def picker(self, request: Request) -> Reply:
        """Answer the groups whose name has a text."""
        text = str(request.asked("query") or "").lower()
        found = [{"name": each.name} for each in self._site.groups.values() if text in each.name.lower()]
        return answer(200, {"header": "", "total": len(found), "groups": found})

    def user(self, request: Request) -> Reply:
        """Create or delete a user."""
        name = str(request.asked("name") or request.asked("username") or "")
        if request.method == "DELETE":
            found = self._site.find_user(name or str(request.asked("accountId") or ""))
            if found is None:
                return missing("User")
            self._site.forget_user(found)
            return Reply(204)
        if self._site.find_user(name) is not None:
            return refused(400, errors={"username": "A user with that username already exists."})
        made = self._site.user(name)
        made.mail = str(request.asked("emailAddress") or made.mail)
        made.change(displayName=str(request.asked("displayName") or name))
        return self._instance.reply(request, made, 201)

    def link_type(self, request: Request) -> Reply:
        """Answer one type of links."""
        found = self._site.link_types.get(request.part("id"))
        return self._instance.reply(request, found) if found else missing("Issue link type")

    def edit_meta(self, request: Request) -> Reply:
        """Answer which fields of an issue can be changed."""
        if self._instance.issue(request.part("issue")) is None:
            return missing()
        cloud = self._instance.cloud
        fields = {each.id: each.describe(cloud) for each in self._site.fields.values()}
        return answer(200, {"fields": fields})

    def create_meta(self, request: Request) -> Reply:
        """Answer what is needed to create an issue."""
        if request.part("project"):
            project = self._metadata.found(request)
            if project is None:
                return self._metadata.no_project(request)
            values: list[Any] = list(self._site.types_of(project))
            if request.part("type"):
                values = [
                    {"fieldId": name, "required": name == "summary"} for name in ("summary", "priority")
                ]
            page = sliced(request, values, most=200)
            return self._instance.reply(request, page)
        keys = {key.upper() for key in request.names("projectKeys") or []}
        ids = set(request.names("projectIds") or [])
        names = set(request.names("issuetypeNames") or [])
        type_ids = set(request.names("issuetypeIds") or [])
        fields = {"fields": {"summary": {"required": True}}} if request.asked("expand") else {}
        projects = [
            {
                **project.describe(self._instance.cloud),
                "issuetypes": [
                    {**type_.describe(self._instance.cloud), **fields}
                    for type_ in self._site.types_of(project)
                    if (not names or type_.name in names) and (not type_ids or type_.id in type_ids)
                ],
            }
            for project in self._site.projects.values()
            if (not keys or project.key in keys) and (not ids or project.id in ids)
        ]
        return self._instance.reply(request, {"expand": "projects", "projects": projects})
