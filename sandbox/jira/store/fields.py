"""The fields of a site: those of every Jira, and how custom ones are described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JIRA = "com.atlassian.jira.plugin.system.customfieldtypes"
SERVICE_DESK = "com.atlassian.servicedesk"
SLA = f"{SERVICE_DESK}:sd-sla-field"
REQUEST_TYPE = f"{SERVICE_DESK}:vp-origin"
APPROVALS = f"{SERVICE_DESK}.approvals-plugin:sd-approvals"
PARTICIPANTS = f"{SERVICE_DESK}:sd-request-participants"
ORGANISATIONS = f"{SERVICE_DESK}:sd-customer-organizations"
SATISFACTION = f"{SERVICE_DESK}:sd-request-feedback"
SATISFACTION_DATE = f"{SERVICE_DESK}:sd-request-feedback-date"
SERVICES = "com.atlassian.jira.plugins.service-entity:service-entity-field-cftype"
ASSETS_CLOUD = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"
ASSETS_SERVER = "com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object"
DEVELOPMENT = "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf"
TEXT_AREA = f"{JIRA}:textarea"
TEXT_FIELD = f"{JIRA}:textfield"
SELECT = f"{JIRA}:select"
MULTI_SELECT = f"{JIRA}:multiselect"
DATE_TIME = f"{JIRA}:datetime"
USER = f"{JIRA}:userpicker"
USERS = f"{JIRA}:multiuserpicker"
GROUP = f"{JIRA}:grouppicker"
NUMBER = f"{JIRA}:float"

_TYPES = {
    SLA: ("sd-servicelevelagreement", ""),
    REQUEST_TYPE: ("sd-customerrequesttype", ""),
    APPROVALS: ("sd-approvals", ""),
    PARTICIPANTS: ("array", "user"),
    ORGANISATIONS: ("array", "sd-customerorganization"),
    SATISFACTION: ("sd-feedback", ""),
    SATISFACTION_DATE: ("datetime", ""),
    SERVICES: ("array", "service-entity-field"),
    ASSETS_CLOUD: ("array", "cmdb-object-field"),
    ASSETS_SERVER: ("any", ""),
    TEXT_AREA: ("string", ""),
    TEXT_FIELD: ("string", ""),
    SELECT: ("option", ""),
    MULTI_SELECT: ("array", "option"),
    DATE_TIME: ("datetime", ""),
    USER: ("user", ""),
    USERS: ("array", "user"),
    GROUP: ("group", ""),
    NUMBER: ("number", ""),
}


@dataclass(frozen=True)
class Field:
    """One field of a site."""

    id: str
    name: str
    type: str = "string"
    custom: str = ""
    """`schema.custom`, empty for a field of every Jira."""
    items: str = ""
    clauses: tuple[str, ...] = ()
    untranslated: str = ""
    """English name where the site shows another one."""
    project: str = ""
    """Id of the only project that has it, where it is team-managed."""
    searchable: bool = True
    schema_id: int = 0

    @property
    def number(self) -> int:
        """The number of a custom field, 0 for others."""
        return int(self.id.removeprefix("customfield_")) if self.custom else 0

    @property
    def rich(self) -> bool:
        """Version 3 of the API shows its text as a document."""
        return self.custom == TEXT_AREA or self.id in ("description", "environment")

    @property
    def clause_names(self) -> list[str]:
        """The names that queries may use."""
        if not self.custom:
            return list(self.clauses)
        names = [f"cf[{self.number}]", self.name, *self.clauses]
        return [*names, self.untranslated] if self.untranslated else names

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the field as /field shows it."""
        older = not cloud and (self.type.startswith("sd-") or self.custom == ASSETS_CLOUD)
        schema: dict[str, Any] = {"type": "any" if older else self.type}
        if self.items and not older:
            schema["items"] = self.items
        if self.custom:
            kind = ASSETS_SERVER if older and self.custom == ASSETS_CLOUD else self.custom
            schema |= {"custom": kind, "customId": self.number}
        else:
            schema["system"] = self.id
        shown: dict[str, Any] = {"id": self.id}
        if cloud:
            shown |= {"key": self.id}
        shown |= {
            "name": self.name,
            "custom": bool(self.custom),
            "orderable": True,
            "navigable": True,
            "searchable": self.searchable,
            "clauseNames": self.clause_names,
            "schema": schema,
        }
        if cloud:
            shown["untranslatedName"] = self.untranslated or self.name
            if self.project:
                shown["scope"] = {"type": "PROJECT", "project": {"id": self.project}}
        return shown


def custom(number: int, name: str, kind: str, *, untranslated: str = "", project: str = "") -> Field:
    """Return a custom field of a kind."""
    type_, items = _TYPES.get(kind, ("any", ""))
    return Field(
        f"customfield_{number}", name, type_, kind, items, untranslated=untranslated, project=project
    )


def _system(id_: str, name: str, type_: str, *clauses: str, items: str = "") -> Field:
    return Field(id_, name, type_, items=items, clauses=clauses)


SYSTEM: tuple[Field, ...] = (
    _system("summary", "Summary", "string", "summary"),
    _system("issuetype", "Issue Type", "issuetype", "issuetype", "type"),
    _system("project", "Project", "project", "project"),
    _system("status", "Status", "status", "status"),
    _system("statusCategory", "Status Category", "statusCategory", "statusCategory"),
    _system("statuscategorychangedate", "Status Category Changed", "datetime", "statusCategoryChangedDate"),
    _system("priority", "Priority", "priority", "priority"),
    _system("resolution", "Resolution", "resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime", "resolutiondate", "resolved"),
    _system("created", "Created", "datetime", "created", "createdDate"),
    _system("updated", "Updated", "datetime", "updated", "updatedDate"),
    _system("duedate", "Due date", "date", "due", "duedate"),
    _system("assignee", "Assignee", "user", "assignee"),
    _system("reporter", "Reporter", "user", "reporter"),
    _system("creator", "Creator", "user", "creator"),
    _system("labels", "Labels", "array", "labels", items="string"),
    _system("components", "Components", "array", "component", items="component"),
    _system("fixVersions", "Fix versions", "array", "fixVersion", items="version"),
    _system("versions", "Affects versions", "array", "affectedVersion", items="version"),
    _system("issuelinks", "Linked Issues", "array", items="issuelinks"),
    _system("subtasks", "Sub-tasks", "array", "subtasks", items="issuelinks"),
    _system("parent", "Parent", "issuelink", "parent"),
    _system("description", "Description", "string", "description"),
    _system("environment", "Environment", "string", "environment"),
    _system("comment", "Comment", "comments-page", "comment"),
    _system("worklog", "Log Work", "array", items="worklog"),
    _system("attachment", "Attachment", "array", "attachments", items="attachment"),
    _system("watches", "Watchers", "watches", "watchers"),
    _system("votes", "Votes", "votes", "votes"),
    _system("security", "Security Level", "securitylevel", "level"),
    _system("timespent", "Time Spent", "number", "timespent"),
    _system("timetracking", "Time tracking", "timetracking"),
    _system("progress", "Progress", "progress", "progress"),
    _system("workratio", "Work Ratio", "number", "workratio"),
)
