"""Writes to issues, as far as clients' own tests need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.input import Input, InputError, seconds
from sandbox.jira.changes import Writer
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.store import Comment, Issue, Moment, Worklog
from sandbox.jira.store.entities import HERE
from sandbox.jira.store.values import Link
from sandbox.serving.exchange import Reply, answer


class Writing:
    """Changes the issues of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._site = instance.site
        self._writer = Writer(instance.site, instance.clock)
        self._input = Input(instance.site)

    def create(self, request: Request) -> Reply:
        """Create an issue."""
        try:
            issue = self._create(request, request.asked("fields") or {})
        except InputError as error:
            return refused(400, errors=error.errors)
        return self._instance.reply(request, _named(issue), 201)

    def create_many(self, request: Request) -> Reply:
        """Create several issues; those that cannot be are errors with their number."""
        made, errors = [], []
        for number, entry in enumerate(request.asked("issueUpdates") or []):
            try:
                made.append(_named(self._create(request, entry.get("fields") or {})))
            except InputError as error:
                told = {"errorMessages": [], "errors": error.errors}
                errors.append({"status": 400, "elementErrors": told, "failedElementNumber": number})
        return self._instance.reply(request, {"issues": made, "errors": errors}, 201 if made else 400)

    def _create(self, request: Request, given: Mapping[str, Any]) -> Issue:
        fields = self._input.fields(given)
        wrong = {name: f"{name} is required" for name in ("project", "issuetype") if name not in fields}
        if wrong:
            raise InputError(wrong)
        project, type_ = fields.pop("project"), fields.pop("issuetype")
        priority = next((each for each in self._site.priorities.values() if each.name == "Medium"), None)
        fields = {"priority": priority, "labels": [], **fields}
        return self._writer.create(project, type_, fields, author=request.caller)

    def update(self, request: Request) -> Reply:
        """Change an issue: fields set, or lists added to and removed from."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        try:
            fields = self._input.fields(request.asked("fields") or {}, issue.project)
            for name, steps in (request.asked("update") or {}).items():
                fields |= self._stepped(request, issue, name, steps)
        except InputError as error:
            return refused(400, errors=error.errors)
        self._writer.update(issue, fields, author=request.caller)
        return Reply(204)

    def _stepped(self, request: Request, issue: Issue, name: str, steps: list[dict[str, Any]]) -> Any:
        value: Any = list(issue.fields.get(name) or [])
        for step in steps:
            for verb, operand in step.items():
                if name == "comment":
                    self._writer.comment(issue, operand["body"], author=request.caller)
                    return {}
                if verb == "set":
                    return self._input.fields({name: operand}, issue.project)
                part = self._input.fields({name: [operand]}, issue.project)[name]
                value = [*value, *part] if verb == "add" else [each for each in value if each not in part]
        return {name: value}

    def delete(self, request: Request) -> Reply:
        """Delete an issue."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        self._writer.delete(issue)
        return Reply(204)

    def assign(self, request: Request) -> Reply:
        """Give an issue to somebody."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        try:
            name = request.asked("accountId") or request.asked("name")
            assignee = self._input.user(name)
        except InputError as error:
            return refused(400, errors=error.errors)
        self._writer.update(issue, {"assignee": assignee}, author=request.caller)
        return Reply(204)

    def transition(self, request: Request) -> Reply:
        """Move an issue to the status of a transition; its fields are changed with it."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        status = self._site.statuses.get(str((request.asked("transition") or {}).get("id")))
        if status is None:
            return refused(
                400, "It seems that you have tried to perform a workflow operation that is not valid."
            )
        try:
            fields = self._input.fields(request.asked("fields") or {}, issue.project)
        except InputError as error:
            return refused(400, errors=error.errors)
        if fields.get("resolution"):
            fields["resolutiondate"] = Moment(self._writer.now)
        self._writer.update(issue, {"status": status, **fields}, author=request.caller)
        for step in (request.asked("update") or {}).get("comment", []):
            self._writer.comment(issue, step["add"]["body"], author=request.caller)
        return Reply(204)

    def add_comment(self, request: Request) -> Reply:
        """Add a comment."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        made = self._writer.comment(issue, request.asked("body") or "", author=request.caller)
        extra = {name: request.asked(name) for name in ("visibility", "properties") if request.asked(name)}
        made.extra.update(extra)
        return self._commented(request, made, 201)

    def _commented(self, request: Request, comment: Comment, status: int = 200) -> Reply:
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        shown = self._instance.renderer(request).comment(issue, comment)
        return self._instance.reply(request, shown, status)

    def change_comment(self, request: Request) -> Reply:
        """Change or delete a comment."""
        issue = self._instance.issue(request.part("issue"))
        known = [each for each in issue.comments if str(each.id) == request.part("id")] if issue else []
        if issue is None or not known:
            return missing("Comment")
        kept = [each for each in issue.comments if each is not known[0]]
        if request.method == "DELETE":
            self._site.put(issue.changed(comments=tuple(kept)), self._writer.now)
            return Reply(204)
        made = replace(known[0], body=request.asked("body") or known[0].body, updated=self._writer.now)
        if request.asked("visibility"):
            made.extra = {**made.extra, "visibility": request.asked("visibility")}
        comments = tuple(made if each is known[0] else each for each in issue.comments)
        self._site.put(issue.changed(comments=comments), self._writer.now)
        return self._commented(request, made)

    def add_worklog(self, request: Request) -> Reply:
        """Note time that was spent."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        text = str(request.asked("timeSpent") or "")
        spent = int(request.asked("timeSpentSeconds") or 0) or seconds(text)
        number = self._site.next_id()
        made = Worklog(number, self._writer.now, request.caller, spent, request.asked("comment") or "")
        self._site.put(issue.changed(worklogs=(*issue.worklogs, made)), self._writer.now)
        return self._logged(request, issue, made, 201)

    def _logged(self, request: Request, issue: Issue, worklog: Worklog, status: int = 200) -> Reply:
        shown = self._instance.renderer(request).worklog(issue, worklog)
        return self._instance.reply(request, shown, status)

    def worklog(self, request: Request) -> Reply:
        """Read, change or delete a worklog."""
        issue = self._instance.issue(request.part("issue"))
        known = [each for each in issue.worklogs if str(each.id) == request.part("id")] if issue else []
        if issue is None or not known:
            return missing("Worklog")
        if request.method == "GET":
            return self._logged(request, issue, known[0])
        kept = [each for each in issue.worklogs if each is not known[0]]
        if request.method == "DELETE":
            self._site.put(issue.changed(worklogs=tuple(kept)), self._writer.now)
            return Reply(204)
        spent = seconds(str(request.asked("timeSpent") or "")) or known[0].seconds
        made = replace(known[0], comment=request.asked("comment") or known[0].comment, seconds=spent)
        self._site.put(issue.changed(worklogs=(*kept, made)), self._writer.now)
        return self._logged(request, issue, made)

    def add_link(self, request: Request) -> Reply:
        """Link two issues."""
        type_name = (request.asked("type") or {}).get("name", "")
        sides = [
            self._instance.issue(str((request.asked(name) or {}).get("key", "")))
            for name in ("inwardIssue", "outwardIssue")
        ]
        kinds = self._site.link_types.values()
        words = ("inward", "outward")
        type_ = next(
            (k for k in kinds if type_name in (k.name, *(k.content.get(word) for word in words))), None
        )
        inward, outward = sides
        if type_ is None or inward is None or outward is None:
            return refused(404, f"No issue link type with name '{type_name}' found.")
        number = self._site.next_id()
        for issue, other, out in ((inward, outward, True), (outward, inward, False)):
            current = self._site.issues[issue.id]
            links = [*current.fields.get("issuelinks", ()), Link(number, type_, other.id, out, self._site)]
            self._writer.update(current, {"issuelinks": links}, silent=True)
        return Reply(201)

    def link(self, request: Request) -> Reply:
        """Read or delete a link."""
        number = request.part("id")
        for issue in list(self._site.issues.values()):
            links = issue.fields.get("issuelinks", ())
            for each in links:
                if isinstance(each, Link) and str(each.number) == number:
                    if request.method == "GET":
                        return self._instance.reply(request, each)
                    kept = [link for link in links if link is not each]
                    self._writer.update(issue, {"issuelinks": kept}, silent=True)
        return Reply(204) if request.method == "DELETE" else missing("Issue link")


def _named(issue: Issue) -> dict[str, Any]:
    return {"id": str(issue.id), "key": issue.key, "self": f"{HERE}rest/api/2/issue/{issue.id}"}


def changed_nothing(request: Request) -> Reply:
    """Answer a write that has no effect here."""
    return answer(204, None)
