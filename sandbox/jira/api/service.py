"""What Jira Service Management answers: desks, request types, queues, and requests one by one."""

from __future__ import annotations

from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.paging import desk_page
from sandbox.jira.api.render import dates
from sandbox.jira.jql import QueryError
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.sla import SlaValue
from sandbox.jira.store import Field, Issue
from sandbox.jira.store import fields as kinds
from sandbox.jira.store.desk import ServiceDesk
from sandbox.serving.exchange import Reply, answer

NO_LICENCE = "You need to be an agent of this service project to see this."


class Service:
    """The service desks of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def info(self, request: Request) -> Reply:
        """Answer which version is installed; without the product there is no such address."""
        if self._instance.site.desk is None:
            return refused(404, "null for uri: " + request.path)
        content = {
            "version": self._instance.settings.service_management,
            "platformVersion": "1001.0.0",
            "buildDate": {"iso8601": "2025-01-01T00:00:00+0000"},
            "buildChangeSet": "0",
            "isLicensedForUse": True,
        }
        return answer(200, content)

    def desks(self, request: Request) -> Reply:
        """Answer every desk whose project the reader may browse."""
        every = self._instance.site.desk.desks.values() if self._instance.site.desk else ()
        kept = [self._desk(each) for each in every if self._instance.may_browse(each.project)]
        return self._instance.reply(request, desk_page(request, kept))

    def one(self, request: Request) -> Reply:
        """Answer one desk."""
        desk = self._found(request)
        return self._instance.reply(request, self._desk(desk)) if desk else missing("Service Desk")

    def _desk(self, desk: ServiceDesk) -> dict[str, Any]:
        return {
            "id": desk.id,
            "projectId": desk.project.id,
            "projectName": desk.project.name,
            "projectKey": desk.project.key,
            "_links": {"self": f"~/rest/servicedeskapi/servicedesk/{desk.id}"},
        }

    def _found(self, request: Request) -> ServiceDesk | None:
        desks = self._instance.site.desk.desks if self._instance.site.desk else {}
        key = request.part("desk")
        found = desks.get(key) or next((each for each in desks.values() if each.project.key == key), None)
        return found if found and self._instance.may_browse(found.project) else None

    def request_types(self, request: Request) -> Reply:
        """Answer the request types of a desk, or of all."""
        if request.part("desk"):
            desk = self._found(request)
            if desk is None:
                return missing("Service Desk")
            desks = [desk]
        else:
            desks = list(self._instance.site.desk.desks.values()) if self._instance.site.desk else []
        kept = [each.describe() for desk in desks for each in desk.request_types]
        return self._instance.reply(request, desk_page(request, kept))

    def request_type(self, request: Request) -> Reply:
        """Answer one request type."""
        desk = self._instance.site.desk
        found = desk.request_type(request.part("id")) if desk else None
        return self._instance.reply(request, found.describe()) if found else missing("Request type")

    def queues(self, request: Request) -> Reply:
        """Answer the queues of a desk; they are for agents."""
        desk = self._found(request)
        if desk is None:
            return missing("Service Desk")
        if not self._instance.settings.agent:
            return refused(403, NO_LICENCE)
        shown = []
        for queue in desk.queues:
            content: dict[str, Any] = {"id": queue.id, "name": queue.name, "jql": queue.jql}
            content["fields"] = list(queue.fields)
            if str(request.asked("includeCount")).lower() == "true":
                content["issueCount"] = len(self._issues(request, queue.jql))
            shown.append(content)
        return self._instance.reply(request, desk_page(request, shown))

    def queue_issues(self, request: Request) -> Reply:
        """Answer the issues of a queue."""
        desk = self._found(request)
        queue = next((each for each in desk.queues if each.id == request.part("id")), None) if desk else None
        if queue is None:
            return missing("Queue")
        if not self._instance.settings.agent:
            return refused(403, NO_LICENCE)
        renderer = self._instance.renderer(request)
        page = desk_page(request, self._issues(request, queue.jql))
        page["values"] = [renderer.issue(each, queue.fields) for each in page["values"]]
        return self._instance.reply(request, page)

    def _issues(self, request: Request, jql: str) -> list[Issue]:
        try:
            return list(self._instance.searcher.find(jql, self._instance.asker(request)).issues)
        except QueryError:
            return []

    def organisations(self, request: Request) -> Reply:
        """Answer the organisations of a desk, or of all."""
        desk = self._found(request) if request.part("desk") else None
        every = self._instance.site.desk.desks.values() if self._instance.site.desk else ()
        desks = [desk] if desk else list(every)
        kept = [each.describe() for desk in desks for each in desk.organisations]
        return self._instance.reply(request, desk_page(request, kept))

    def requests(self, request: Request) -> Reply:
        """Answer the requests that the reader raised: not those of others, so nothing to extract from."""
        type_field = self._instance.site.field_of(kinds.REQUEST_TYPE)
        own = [
            self._request(request, issue)
            for issue in list(self._instance.site.issues.values())
            if issue.fields.get("reporter") is request.caller
            and type_field is not None
            and issue.fields.get(type_field.id)
            and self._instance.shown(issue)
        ]
        return self._instance.reply(request, desk_page(request, own))

    def request(self, request: Request) -> Reply:
        """Answer one request."""
        issue = self._raised(request)
        if issue is None:
            return missing("Request")
        return self._instance.reply(request, self._request(request, issue))

    def _raised(self, request: Request) -> Issue | None:
        """Return an issue that was raised as a request, None for others."""
        issue = self._instance.issue(request.part("issue"))
        field = self._instance.site.field_of(kinds.REQUEST_TYPE)
        return issue if issue is not None and field is not None and issue.fields.get(field.id) else None

    def _request(self, request: Request, issue: Issue) -> dict[str, Any]:
        field = self._instance.site.field_of(kinds.REQUEST_TYPE)
        value = issue.fields[field.id].show(self._instance.view(request)) if field else {}
        return {
            "issueId": str(issue.id),
            "issueKey": issue.key,
            "summary": issue.fields.get("summary"),
            "requestTypeId": value["requestType"]["id"],
            "serviceDeskId": value["requestType"].get("serviceDeskId"),
            "createdDate": dates(issue.created, self._instance.view(request)),
            "reporter": issue.fields.get("reporter"),
            "currentStatus": value["currentStatus"],
            "_links": value["_links"],
        }

    def slas(self, request: Request) -> Reply:
        """Answer the clocks of a request; they are for agents."""
        if not self._instance.settings.agent:
            return refused(403, NO_LICENCE)
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing("Request")
        values = [value for value in issue.fields.values() if isinstance(value, SlaValue)]
        return self._instance.reply(request, desk_page(request, list(values)))

    def approvals(self, request: Request) -> Reply:
        """Answer the approvals of a request."""
        return self._of_field(request, self._instance.site.field_of(kinds.APPROVALS))

    def participants(self, request: Request) -> Reply:
        """Answer who takes part in a request."""
        return self._of_field(request, self._instance.site.field_of(kinds.PARTICIPANTS))

    def _of_field(self, request: Request, field: Field | None) -> Reply:
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing("Request")
        values = issue.fields.get(field.id) if field is not None else None
        return self._instance.reply(request, desk_page(request, list(values or ())))

    def statuses(self, request: Request) -> Reply:
        """Answer the statuses a request had, newest first."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing("Request")
        view = self._instance.view(request)
        found = [
            {"status": change["toString"], "statusDate": dates(entry.at, view)}
            for entry in issue.histories
            for change in entry.items
            if change["field"] == "status"
        ]
        return self._instance.reply(request, desk_page(request, found[::-1]))

    def comments(self, request: Request) -> Reply:
        """Answer the comments of a request, saying which ones customers see."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing("Request")
        view = self._instance.view(request)
        shown = [
            {
                "id": str(each.id),
                "body": each.body,
                "public": each.public,
                "author": each.author,
                "created": dates(each.at, view),
            }
            for each in issue.comments
        ]
        return self._instance.reply(request, desk_page(request, shown))

    def feedback(self, request: Request) -> Reply:
        """Answer how satisfied the customer was; not every site has the address."""
        issue = self._instance.issue(request.part("issue"))
        field = self._instance.site.field_of(kinds.SATISFACTION)
        if issue is None or field is None or not self._instance.settings.feedback:
            return missing("Feedback")
        value = issue.fields.get(field.id)
        return answer(200, {"type": "csat", **value}) if value else missing("Feedback")

    def articles(self, request: Request) -> Reply:
        """Answer the articles of the knowledge base that have a text in their title."""
        if not request.asked("query"):
            return refused(400, "A query is required.")
        text = str(request.asked("query")).lower()
        kept = [each for each in self._instance.site.articles if text in each["title"].lower()]
        return self._instance.reply(request, desk_page(request, kept, most=100))

    def workspaces(self, request: Request) -> Reply:
        """Answer which workspace of Assets the site has."""
        assets = self._instance.site.assets
        if assets is None:
            return missing("Assets")
        values: list[Any] = [{"workspaceId": assets.workspace}]
        return answer(200, {"size": 1, "start": 0, "limit": 50, "isLastPage": True, "values": values})

    def calendars(self, request: Request) -> Reply:
        """Answer the working hours that clocks count."""
        every = self._instance.site.desk.desks.values() if self._instance.site.desk else ()
        return answer(200, [calendar for desk in every for calendar in desk.calendars])

    def metrics(self, request: Request) -> Reply:
        """Answer how clocks are defined, as the agents' pages know it."""
        project = self._instance.site.project(request.part("project"))
        desk = self._instance.site.desk.of_project(project) if self._instance.site.desk and project else None
        if desk is None or not desk.metrics:
            return missing("Metrics")
        return answer(200, {"timeMetrics": desk.metrics})
