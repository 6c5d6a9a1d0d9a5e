"""Which address means what; the names are those that faults and the journal go by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_API = "/rest/api/{version}"
_DESK = "/rest/servicedeskapi"
_READ_BY_POST = frozenset(
    {
        "search/jql",
        "search",
        "search/approximate-count",
        "issue/bulkfetch",
        "changelog/bulkfetch",
        "assets/aql",
        "assets/count",
        "jql/parse",
        "token",
    }
)
_ROUTES: tuple[tuple[str, str], ...] = (
    ("token", "/oauth/token"),
    ("token", "/rest/oauth2/latest/token"),
    ("resources", "/oauth/token/accessible-resources"),
    ("tenant", "/_edge/tenant_info"),
    ("session", "/rest/auth/{version}/session"),
    ("serverInfo", f"{_API}/serverInfo"),
    ("myself", f"{_API}/myself"),
    ("mypermissions", f"{_API}/mypermissions"),
    ("permissions", f"{_API}/permissions"),
    ("configuration", f"{_API}/configuration"),
    ("search/jql", f"{_API}/search/jql"),
    ("search/approximate-count", f"{_API}/search/approximate-count"),
    ("search", f"{_API}/search"),
    ("jql/parse", f"{_API}/jql/parse"),
    ("issue/bulkfetch", f"{_API}/issue/bulkfetch"),
    ("changelog/bulkfetch", f"{_API}/changelog/bulkfetch"),
    ("issue/bulk", f"{_API}/issue/bulk"),
    ("issue/picker", f"{_API}/issue/picker"),
    ("createmeta", f"{_API}/issue/createmeta"),
    ("createmeta/issuetypes", f"{_API}/issue/createmeta/{{project}}/issuetypes"),
    ("createmeta/fields", f"{_API}/issue/createmeta/{{project}}/issuetypes/{{type}}"),
    ("issue/changelog", f"{_API}/issue/{{issue}}/changelog"),
    ("issue/comment", f"{_API}/issue/{{issue}}/comment"),
    ("issue/comment/one", f"{_API}/issue/{{issue}}/comment/{{id}}"),
    ("issue/pinned", f"{_API}/issue/{{issue}}/pinned-comments"),
    ("issue/pin", f"{_API}/issue/{{issue}}/comment/{{id}}/pin"),
    ("issue/worklog", f"{_API}/issue/{{issue}}/worklog"),
    ("issue/worklog/one", f"{_API}/issue/{{issue}}/worklog/{{id}}"),
    ("issue/transitions", f"{_API}/issue/{{issue}}/transitions"),
    ("issue/watchers", f"{_API}/issue/{{issue}}/watchers"),
    ("issue/votes", f"{_API}/issue/{{issue}}/votes"),
    ("issue/remotelink", f"{_API}/issue/{{issue}}/remotelink"),
    ("issue/remotelink/one", f"{_API}/issue/{{issue}}/remotelink/{{id}}"),
    ("issue/properties", f"{_API}/issue/{{issue}}/properties"),
    ("issue/properties/one", f"{_API}/issue/{{issue}}/properties/{{id}}"),
    ("issue/editmeta", f"{_API}/issue/{{issue}}/editmeta"),
    ("issue/assignee", f"{_API}/issue/{{issue}}/assignee"),
    ("issue/notify", f"{_API}/issue/{{issue}}/notify"),
    ("issue", f"{_API}/issue/{{issue}}"),
    ("issues", f"{_API}/issue"),
    ("issueLink", f"{_API}/issueLink"),
    ("issueLink/one", f"{_API}/issueLink/{{id}}"),
    ("issueLinkType", f"{_API}/issueLinkType"),
    ("issueLinkType/one", f"{_API}/issueLinkType/{{id}}"),
    ("field/search", f"{_API}/field/search"),
    ("field", f"{_API}/field"),
    ("status", f"{_API}/status"),
    ("status/one", f"{_API}/status/{{id}}"),
    ("statuses/search", f"{_API}/statuses/search"),
    ("statuscategory", f"{_API}/statuscategory"),
    ("statuscategory/one", f"{_API}/statuscategory/{{id}}"),
    ("issuetype", f"{_API}/issuetype"),
    ("issuetype/one", f"{_API}/issuetype/{{id}}"),
    ("priority", f"{_API}/priority"),
    ("priority/one", f"{_API}/priority/{{id}}"),
    ("priorityschemes/one", f"{_API}/priorityschemes/{{id}}"),
    ("resolution", f"{_API}/resolution"),
    ("resolution/one", f"{_API}/resolution/{{id}}"),
    ("workflow/search", f"{_API}/workflow/search"),
    ("project/search", f"{_API}/project/search"),
    ("project", f"{_API}/project"),
    ("project/one", f"{_API}/project/{{project}}"),
    ("project/statuses", f"{_API}/project/{{project}}/statuses"),
    ("project/versions", f"{_API}/project/{{project}}/versions"),
    ("project/version", f"{_API}/project/{{project}}/version"),
    ("project/components", f"{_API}/project/{{project}}/components"),
    ("project/role", f"{_API}/project/{{project}}/role"),
    ("project/role/one", f"{_API}/project/{{project}}/role/{{id}}"),
    ("project/scheme", f"{_API}/project/{{project}}/{{scheme}}"),
    ("version", f"{_API}/version"),
    ("version/one", f"{_API}/version/{{id}}"),
    ("version/related", f"{_API}/version/{{id}}/relatedIssueCounts"),
    ("version/unresolved", f"{_API}/version/{{id}}/unresolvedIssueCount"),
    ("version/move", f"{_API}/version/{{id}}/move"),
    ("component", f"{_API}/component"),
    ("component/one", f"{_API}/component/{{id}}"),
    ("component/related", f"{_API}/component/{{id}}/relatedIssueCounts"),
    ("user", f"{_API}/user"),
    ("user/bulk", f"{_API}/user/bulk"),
    ("user/search", f"{_API}/user/search"),
    ("user/assignable", f"{_API}/user/assignable/search"),
    ("user/assignable/projects", f"{_API}/user/assignable/multiProjectSearch"),
    ("user/viewissue", f"{_API}/user/viewissue/search"),
    ("users/search", f"{_API}/users/search"),
    ("group", f"{_API}/group"),
    ("group/member", f"{_API}/group/member"),
    ("group/user", f"{_API}/group/user"),
    ("groups/picker", f"{_API}/groups/picker"),
    ("filter", f"{_API}/filter"),
    ("filter/favourite", f"{_API}/filter/favourite"),
    ("filter/one", f"{_API}/filter/{{id}}"),
    ("scheme/list", f"{_API}/{{scheme}}"),
    ("scheme/one", f"{_API}/{{scheme}}/{{id}}"),
    ("desk/info", f"{_DESK}/info"),
    ("desk", f"{_DESK}/servicedesk"),
    ("desk/one", f"{_DESK}/servicedesk/{{desk}}"),
    ("desk/requesttype", f"{_DESK}/servicedesk/{{desk}}/requesttype"),
    ("desk/requesttype/one", f"{_DESK}/servicedesk/{{desk}}/requesttype/{{id}}"),
    ("desk/queue", f"{_DESK}/servicedesk/{{desk}}/queue"),
    ("desk/queue/issue", f"{_DESK}/servicedesk/{{desk}}/queue/{{id}}/issue"),
    ("desk/organization", f"{_DESK}/servicedesk/{{desk}}/organization"),
    ("desk/customer", f"{_DESK}/servicedesk/{{desk}}/customer"),
    ("customer", f"{_DESK}/customer"),
    ("requesttype", f"{_DESK}/requesttype"),
    ("organization", f"{_DESK}/organization"),
    ("request", f"{_DESK}/request"),
    ("request/one", f"{_DESK}/request/{{issue}}"),
    ("request/sla", f"{_DESK}/request/{{issue}}/sla"),
    ("request/approval", f"{_DESK}/request/{{issue}}/approval"),
    ("request/status", f"{_DESK}/request/{{issue}}/status"),
    ("request/participant", f"{_DESK}/request/{{issue}}/participant"),
    ("request/comment", f"{_DESK}/request/{{issue}}/comment"),
    ("request/feedback", f"{_DESK}/request/{{issue}}/feedback"),
    ("knowledge", f"{_DESK}/knowledgebase/article"),
    ("knowledge/desk", f"{_DESK}/servicedesk/{{desk}}/knowledgebase/article"),
    ("assets/workspace", f"{_DESK}/assets/workspace"),
    ("sla/metrics", "/rest/servicedesk/1/servicedesk/agent/{project}/sla/metrics"),
    ("sla/calendars", "/rest/workinghours/1/api/calendar"),
    ("assets/schemas", "/jsm/assets/workspace/{workspace}/v1/objectschema/list"),
    ("assets/types", "/jsm/assets/workspace/{workspace}/v1/objectschema/{id}/objecttypes/flat"),
    ("assets/attributes", "/jsm/assets/workspace/{workspace}/v1/objecttype/{id}/attributes"),
    ("assets/aql", "/jsm/assets/workspace/{workspace}/v1/object/aql"),
    ("assets/count", "/jsm/assets/workspace/{workspace}/v1/object/aql/totalcount"),
    ("assets/history", "/jsm/assets/workspace/{workspace}/v1/object/{id}/history"),
    ("assets/tickets", "/jsm/assets/workspace/{workspace}/v1/objectconnectedtickets/{id}/tickets"),
    ("assets/object", "/jsm/assets/workspace/{workspace}/v1/object/{id}"),
    ("assets/schemas", "/rest/assets/1.0/objectschema/list"),
    ("assets/types", "/rest/assets/1.0/objectschema/{id}/objecttypes/flat"),
    ("assets/attributes", "/rest/assets/1.0/objecttype/{id}/attributes"),
    ("assets/aql/server", "/rest/assets/1.0/aql/objects"),
    ("assets/history", "/rest/assets/1.0/object/{id}/history"),
    ("assets/tickets", "/rest/assets/1.0/objectconnectedtickets/{id}/tickets"),
    ("assets/object", "/rest/assets/1.0/object/{id}"),
    ("ops/alerts", "/jsm/ops/api/{cloud}/v1/alerts"),
    ("ops/alert", "/jsm/ops/api/{cloud}/v1/alerts/{id}"),
    ("ops/alert/logs", "/jsm/ops/api/{cloud}/v1/alerts/{id}/logs"),
    ("ops/alert/notes", "/jsm/ops/api/{cloud}/v1/alerts/{id}/notes"),
    ("ops/schedules", "/jsm/ops/api/{cloud}/v1/schedules"),
    ("ops/oncalls", "/jsm/ops/api/{cloud}/v1/schedules/{id}/on-calls"),
    ("ops/teams", "/jsm/ops/api/{cloud}/v1/teams"),
    ("incidents", "/jsm/incidents/cloudId/{cloud}/v1/incident/{id}"),
)


@dataclass(frozen=True)
class Address:
    """Where a request goes: the name of the route, empty for none; what stands before it; its parts."""

    name: str = ""
    prefix: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> bool:
        """A POST there changes nothing."""
        return self.name in _READ_BY_POST


def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        f"(?P<{part[1:-1]}>{'2|3|latest|1' if part == '{version}' else '[^/]+'})"
        if part.startswith("{")
        else re.escape(part)
        for part in re.split(r"(\{\w+\})", template)
    )
    return re.compile("".join(parts) + "/?")


_PATTERNS = [(name, _pattern(template)) for name, template in _ROUTES]
_BEGIN = re.compile(r"(.*?)(/(?:rest|jsm|oauth|_edge)/.*)", re.DOTALL)


def address(path: str) -> Address:
    """Return where a path leads."""
    begin = _BEGIN.fullmatch(path)
    if begin:
        for name, pattern in _PATTERNS:
            match = pattern.fullmatch(begin.group(2))
            if match:
                return Address(name, begin.group(1), match.groupdict())
    return Address(prefix=begin.group(1) if begin else "")
