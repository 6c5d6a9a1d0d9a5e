"""Which address changes what, and the addresses that only clients' own tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.jira.api.administration import Administration
from sandbox.jira.api.context import Instance
from sandbox.jira.api.extras import Extras
from sandbox.jira.api.metadata import Metadata
from sandbox.jira.api.people import People
from sandbox.jira.api.writing import Writing, changed_nothing
from sandbox.jira.request import Request
from sandbox.serving.exchange import Reply

Handler = Callable[[Request], Reply]
_ALL = ("GET", "POST", "PUT", "DELETE")


def written(instance: Instance, metadata: Metadata) -> Mapping[tuple[str, str], Handler]:
    """Return handlers by method and name of the route."""
    found: dict[tuple[str, str], Handler] = {}

    def put(name: str, handler: Handler, *methods: str) -> None:
        found.update({(method, name): handler for method in methods or _ALL})

    _issues(put, Writing(instance), Extras(instance))
    _site(put, Administration(instance, metadata), People(instance))
    return found


def _issues(put: Callable[..., None], writing: Writing, extras: Extras) -> None:
    put("issues", writing.create, "POST")
    put("issue/bulk", writing.create_many, "POST")
    put("issue", writing.update, "PUT")
    put("issue", writing.delete, "DELETE")
    put("issue/assignee", writing.assign, "PUT")
    put("issue/notify", changed_nothing, "POST")
    put("issue/transitions", writing.transition, "POST")
    put("issue/comment", writing.add_comment, "POST")
    put("issue/comment/one", writing.change_comment, "PUT", "DELETE")
    put("issue/worklog", writing.add_worklog, "POST")
    put("issue/worklog/one", writing.worklog, "GET", "PUT", "DELETE")
    put("issueLink", writing.add_link, "POST")
    put("issueLink/one", writing.link, "GET", "DELETE")
    put("issue/watchers", extras.watchers)
    put("issue/votes", extras.votes)
    put("issue/remotelink", extras.links)
    put("issue/remotelink/one", extras.link)
    put("issue/properties", extras.properties, "GET")
    put("issue/properties/one", extras.property)


def _site(put: Callable[..., None], administration: Administration, people: People) -> None:
    put("session", administration.session, "GET")
    put("project", administration.create_project, "POST")
    put("project/one", administration.project, "PUT", "DELETE")
    put("project/role", administration.roles, "GET")
    put("project/role/one", administration.role)
    put("project/scheme", administration.project_scheme, "GET")
    put("scheme/list", administration.scheme, "GET")
    put("scheme/one", administration.scheme, "GET")
    put("priorityschemes/one", administration.scheme, "GET")
    put("version", administration.create_version, "POST")
    put("version/one", administration.part)
    put("version/move", administration.move_version, "POST")
    put("version/related", administration.counts, "GET")
    put("version/unresolved", administration.counts, "GET")
    put("component", administration.create_component, "POST")
    put("component/one", administration.part)
    put("component/related", administration.counts, "GET")
    put("filter", administration.create_filter, "POST")
    put("filter/favourite", administration.favourites, "GET")
    put("filter/one", administration.filter)
    put("group", administration.group)
    put("group/member", administration.members, "GET")
    put("group/user", administration.group_user, "POST", "DELETE")
    put("groups/picker", administration.picker, "GET")
    put("user", administration.user, "POST", "DELETE")
    put("user/assignable", people.search, "GET")
    put("user/assignable/projects", people.search, "GET")
    put("user/viewissue", people.search, "GET")
    put("issueLinkType/one", administration.link_type, "GET")
    put("issue/editmeta", administration.edit_meta, "GET")
    put("createmeta", administration.create_meta, "GET")
    put("createmeta/issuetypes", administration.create_meta, "GET")
    put("createmeta/fields", administration.create_meta, "GET")
