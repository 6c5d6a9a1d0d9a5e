"""Sends a request to what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.jira.api.assets import AssetsApi
from sandbox.jira.api.context import Instance
from sandbox.jira.api.issues import Issues
from sandbox.jira.api.metadata import Metadata
from sandbox.jira.api.operations import OperationsApi
from sandbox.jira.api.people import People
from sandbox.jira.api.search import Search
from sandbox.jira.api.service import Service
from sandbox.jira.api.writes import written
from sandbox.jira.request import Request, refused
from sandbox.serving.exchange import Reply

Handler = Callable[[Request], Reply]


class Router:
    """The web services of one site."""

    def __init__(self, instance: Instance) -> None:
        self.search = Search(instance)
        self.issues = Issues(instance)
        self.metadata = Metadata(instance)
        self.people = People(instance)
        self._service = Service(instance)
        self._assets = AssetsApi(instance)
        self._operations = OperationsApi(instance)
        self._reading: dict[str, Handler] = {
            **self._core(),
            **self._description(),
            **self._of_service(),
            **self._of_assets(),
            **self._of_operations(),
        }
        self._written: Mapping[tuple[str, str], Handler] = written(instance, self.metadata)
        self._posted: dict[str, Handler] = {
            "search/jql": self.search.enhanced,
            "search": self.search.classic,
            "search/approximate-count": self.search.counted,
            "jql/parse": self.search.parsed,
            "issue/bulkfetch": self.issues.bulk,
            "changelog/bulkfetch": self.issues.changelogs,
            "assets/aql": self._assets.search,
            "assets/count": self._assets.count,
        }

    def answer(self, request: Request) -> Reply:
        """Answer a request whose sender is known."""
        name = request.address.name
        handler = self._handler(request.method, name)
        if handler is not None:
            return handler(request)
        known = name in self._reading or name in self._posted
        return refused(405, "Method Not Allowed") if known else refused(404, "null for uri: " + request.path)

    def _handler(self, method: str, name: str) -> Handler | None:
        if method in ("GET", "HEAD") and name in self._reading:
            return self._reading[name]
        if method == "POST" and name in self._posted:
            return self._posted[name]
        return self._written.get(("GET" if method == "HEAD" else method, name))

    def _core(self) -> dict[str, Handler]:
        return {
            "search/jql": self.search.enhanced,
            "search": self.search.classic,
            "issue": self.issues.one,
            "issue/changelog": self.issues.changelog,
            "issue/comment": self.issues.comments,
            "issue/comment/one": self.issues.comment,
            "issue/worklog": self.issues.worklogs,
            "issue/transitions": self.issues.transitions,
            "user": self.people.one,
            "user/bulk": self.people.bulk,
            "user/search": self.people.search,
            "users/search": self.people.everybody,
        }

    def _description(self) -> dict[str, Handler]:
        metadata = self.metadata
        found: dict[str, Handler] = {
            "serverInfo": metadata.server,
            "tenant": metadata.tenant,
            "resources": metadata.resources,
            "myself": metadata.myself,
            "mypermissions": metadata.permissions,
            "field": metadata.fields,
            "field/search": metadata.field_search,
            "statuscategory": metadata.categories,
            "statuscategory/one": metadata.category,
            "issueLinkType": metadata.link_types,
            "project": metadata.projects,
            "project/search": metadata.project_search,
            "project/one": metadata.project,
            "project/statuses": metadata.statuses,
            "project/versions": metadata.versions,
            "project/version": metadata.version_page,
            "project/components": metadata.components,
        }
        for kind in ("status", "issuetype", "priority", "resolution"):
            found |= {kind: metadata.entities, f"{kind}/one": metadata.entity}
        return found

    def _of_service(self) -> dict[str, Handler]:
        service = self._service
        return {
            "desk/info": service.info,
            "desk": service.desks,
            "desk/one": service.one,
            "desk/requesttype": service.request_types,
            "desk/requesttype/one": service.request_type,
            "requesttype": service.request_types,
            "desk/queue": service.queues,
            "desk/queue/issue": service.queue_issues,
            "desk/organization": service.organisations,
            "organization": service.organisations,
            "request": service.requests,
            "request/one": service.request,
            "request/sla": service.slas,
            "request/approval": service.approvals,
            "request/status": service.statuses,
            "request/participant": service.participants,
            "request/comment": service.comments,
            "request/feedback": service.feedback,
            "knowledge": service.articles,
            "knowledge/desk": service.articles,
            "assets/workspace": service.workspaces,
            "sla/metrics": service.metrics,
            "sla/calendars": service.calendars,
        }

    def _of_assets(self) -> dict[str, Handler]:
        assets = self._assets
        return {
            "assets/schemas": assets.schemas,
            "assets/types": assets.types,
            "assets/attributes": assets.attributes,
            "assets/aql/server": assets.server_search,
            "assets/object": assets.one,
            "assets/history": assets.history,
            "assets/tickets": assets.tickets,
        }

    def _of_operations(self) -> dict[str, Handler]:
        operations = self._operations
        return {
            "ops/alerts": operations.alerts,
            "ops/alert": operations.one,
            "ops/alert/logs": operations.logs,
            "ops/alert/notes": operations.notes,
            "ops/schedules": operations.schedules,
            "ops/oncalls": operations.on_calls,
            "ops/teams": operations.teams,
            "incidents": operations.incident,
        }
