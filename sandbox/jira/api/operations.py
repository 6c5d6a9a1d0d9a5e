"""Operations of Cloud: alerts with their wall, schedules, teams, and incidents."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.jira.api.context import Instance
from sandbox.jira.request import Request, missing
from sandbox.jira.store import User
from sandbox.jira.store import fields as kinds
from sandbox.jira.store.operations import Alert, Operations
from sandbox.serving.exchange import Reply, answer

WALL = "More than {most} alerts cannot be retrieved. Sum of offset and size should be lower than {shown}"
_TERM = re.compile(r"(createdAt|updatedAt|status|priority)\s*(>=|<=|>|<|=|:)\s*\"?([\w-]+)\"?")


class OperationsApi:
    """The alerts of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._last: tuple[tuple[object, ...], list[Alert]] = (), []
        """What was asked for last, and the alerts in that order."""

    def _operations(self, request: Request) -> Operations | None:
        operations = self._instance.site.operations
        return operations if request.part("cloud") == self._instance.settings.cloud_id else None

    def alerts(self, request: Request) -> Reply:
        """Answer alerts by position; only so many can be reached with one query."""
        operations = self._operations(request)
        if operations is None:
            return missing("Operations")
        offset, size = max(request.count("offset", 0), 0), min(max(request.count("size", 20), 1), 100)
        most = self._instance.settings.limits.alerts
        if offset + size > most:
            shown = f"{most // 1000}K" if most % 1000 == 0 else str(most)
            return answer(422, {"message": WALL.format(most=most, shown=shown), "code": 422})
        found = self._found(operations, request)
        part = found[offset : offset + size]
        content: dict[str, Any] = {"values": [self._alert(each) for each in part], "count": len(part)}
        if offset + len(part) < len(found):
            again = {**request.parameters, "offset": str(offset + size), "size": str(size)}
            content["links"] = {"next": f"{self._instance.root}{request.path}?{urlencode(again)}"}
        reply = answer(200, content)
        reply.rows, reply.matched = content["values"], len(found)
        return reply

    def _found(self, operations: Operations, request: Request) -> list[Alert]:
        asked = (len(operations.alerts), *(str(request.asked(name)) for name in ("query", "sort", "order")))
        if self._last[0] == asked:
            return self._last[1]
        terms = _TERM.findall(str(request.asked("query") or ""))
        found = [each for each in operations.alerts if all(_fits(each, *term) for term in terms)]
        updated = request.asked("sort") == "updatedAt"
        descending = str(request.asked("order") or "desc") == "desc"
        found.sort(key=lambda each: (each.updated if updated else each.created, each.id), reverse=descending)
        self._last = asked, found
        return found

    def _alert(self, alert: Alert) -> dict[str, Any]:
        return {
            "id": alert.id,
            "tinyId": alert.tiny,
            "alias": alert.alias,
            "message": alert.message,
            "status": alert.status,
            "acknowledged": alert.acknowledged,
            "priority": alert.priority,
            "createdAt": _iso(alert.created),
            "updatedAt": _iso(alert.updated),
            "closeTime": _iso(alert.closed_at),
            "ackTime": _iso(alert.acknowledged_at),
            "lastOccuredAt": _iso(alert.last_occurred),
            "count": alert.count,
            "source": alert.source,
            "entity": alert.entity,
            "integrationType": "API",
            "integrationName": alert.integration,
            "owner": alert.owner,
            "responders": [{"type": "team", "id": alert.team, "name": alert.team}] if alert.team else [],
            "tags": list(alert.tags),
            "snoozed": False,
            "seen": alert.acknowledged,
            "report": {"acknowledgedBy": alert.acknowledged_by, "closedBy": alert.closed_by},
            "extraProperties": alert.details,
            "jiraIssues": [str(number) for number in alert.issues],
        }

    def one(self, request: Request) -> Reply:
        """Answer one alert."""
        alert = self._named(request)
        return answer(200, self._alert(alert)) if alert else missing("Alert")

    def _named(self, request: Request) -> Alert | None:
        operations = self._operations(request)
        every = operations.alerts if operations else ()
        return next((each for each in every if request.part("id") in (each.id, each.tiny)), None)

    def logs(self, request: Request) -> Reply:
        """Answer what happened to an alert."""
        alert = self._named(request)
        if alert is None:
            return missing("Alert")
        steps = [
            ("Alert created", alert.created, alert.integration),
            ("Alert acknowledged", alert.acknowledged_at, alert.acknowledged_by),
            ("Alert closed", alert.closed_at, alert.closed_by),
        ]
        logs = [
            {"log": text, "createdAt": _iso(at), "owner": who, "type": "system"}
            for text, at, who in steps
            if at is not None
        ]
        return answer(200, {"values": logs})

    def notes(self, request: Request) -> Reply:
        """Answer the notes of an alert: none."""
        return answer(200, {"values": []}) if self._named(request) else missing("Alert")

    def schedules(self, request: Request) -> Reply:
        """Answer the schedules of those on call."""
        operations = self._operations(request)
        return answer(200, {"values": operations.schedules}) if operations else missing("Operations")

    def on_calls(self, request: Request) -> Reply:
        """Answer who is on call: nobody the sandbox knows of."""
        return answer(200, {"onCallParticipants": []}) if self._operations(request) else missing("Operations")

    def teams(self, request: Request) -> Reply:
        """Answer the teams."""
        operations = self._operations(request)
        return answer(200, {"platformTeams": operations.teams}) if operations else missing("Operations")

    def incident(self, request: Request) -> Reply:
        """Answer an incident: its fields' ids are told beside the values."""
        issue = self._instance.issue(request.part("id"))
        wrong = request.part("cloud") != self._instance.settings.cloud_id
        if issue is None or wrong:
            return missing("Incident")
        site = self._instance.site
        english = {each.untranslated or each.name: each for each in site.fields.values()}
        major, responders = english.get("Major incident"), english.get("Responders")
        services = site.field_of(kinds.SERVICES)
        assignee = issue.fields.get("assignee")
        people = [assignee.id] if isinstance(assignee, User) else []
        content: dict[str, Any] = {"issueId": str(issue.id), "participants": people}
        if major is not None:
            content["majorIncident"] = {"fieldId": major.id, "value": bool(issue.fields.get(major.id))}
        if responders is not None:
            content["responders"] = {"fieldId": responders.id, "values": []}
        if services is not None:
            values = issue.fields.get(services.id, [])
            content["affectedServices"] = {"fieldId": services.id, "values": values}
        return answer(200, content)


def _fits(alert: Alert, name: str, sign: str, text: str) -> bool:
    if name in ("status", "priority"):
        return str(getattr(alert, name)) == text
    at, bound = alert.created if name == "createdAt" else alert.updated, int(text)
    return {
        ">": at > bound,
        ">=": at >= bound,
        "<": at < bound,
        "<=": at <= bound,
    }.get(sign, at == bound)


def _iso(ms: int | None) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
