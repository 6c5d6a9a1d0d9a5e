"""What hangs on issues besides their fields: watchers, votes, links to elsewhere, properties."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.jira.api.context import Instance
from sandbox.jira.request import Request, missing
from sandbox.jira.store import User
from sandbox.jira.store.entities import HERE
from sandbox.serving.exchange import Reply, answer


class Extras:
    """The watchers, votes, links and properties of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._watchers: dict[int, list[User]] = {}
        self._voters: dict[int, list[User]] = {}
        self._properties: dict[int, dict[str, Any]] = instance.store.setdefault("properties", {})

    def watchers(self, request: Request) -> Reply:
        """Read, add or remove watchers."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        found = self._watchers.setdefault(issue.id, [])
        if request.method == "GET":
            address = f"{HERE}rest/api/2/issue/{issue.key}/watchers"
            content = {"self": address, "isWatching": request.caller in found, "watchCount": len(found)}
            return self._instance.reply(request, content | {"watchers": found})
        body = orjson.loads(request.body) if request.body else ""
        name = body or request.parameters.get("username") or request.parameters.get("accountId") or ""
        user = self._instance.site.find_user(str(name)) or request.caller
        return _kept(request, found, user)

    def votes(self, request: Request) -> Reply:
        """Read votes, vote, or take the vote back."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        found = self._voters.setdefault(issue.id, [])
        if request.method == "GET":
            address = f"{HERE}rest/api/2/issue/{issue.key}/votes"
            content = {"self": address, "votes": len(found), "hasVoted": request.caller in found}
            return self._instance.reply(request, content | {"voters": found})
        return _kept(request, found, request.caller)

    def links(self, request: Request) -> Reply:
        """Read the links to elsewhere, add one, or delete one by its global id."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        found = self._instance.site.remote_links.setdefault(issue.id, [])
        if request.method == "GET":
            wanted = request.asked("globalId")
            kept = [each for each in found if wanted in (None, each.get("globalId"))]
            return self._instance.reply(request, kept)
        if request.method == "DELETE":
            found[:] = [each for each in found if each.get("globalId") != request.asked("globalId")]
            return Reply(204)
        number = self._instance.site.next_id()
        address = f"{HERE}rest/api/2/issue/{issue.key}/remotelink/{number}"
        found.append({**request.json(), "id": number, "self": address})
        return self._instance.reply(request, {"id": number, "self": address}, 201)

    def link(self, request: Request) -> Reply:
        """Read, change or delete one of them."""
        issue = self._instance.issue(request.part("issue"))
        found = self._instance.site.remote_links.get(issue.id, []) if issue else []
        known = next((each for each in found if str(each["id"]) == request.part("id")), None)
        if known is None:
            return missing("Remote link")
        if request.method == "DELETE":
            found.remove(known)
            return Reply(204)
        if request.method == "PUT":
            known.update(request.json())
            return Reply(204)
        return self._instance.reply(request, known)

    def properties(self, request: Request) -> Reply:
        """Answer the names of the properties of an issue."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        keys = [
            {"key": key, "self": f"{HERE}rest/api/2/issue/{issue.key}/properties/{key}"}
            for key in self._properties.get(issue.id, {})
        ]
        return self._instance.reply(request, {"keys": keys})

    def property(self, request: Request) -> Reply:
        """Read, write or delete one property."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        own, key = self._properties.setdefault(issue.id, {}), request.part("id")
        if request.method == "PUT":
            own[key] = orjson.loads(request.body)
            return answer(201, None)
        if key not in own:
            return missing("Property")
        if request.method == "DELETE":
            del own[key]
            return Reply(204)
        address = f"{HERE}rest/api/2/issue/{issue.key}/properties/{key}"
        return self._instance.reply(request, {"self": address, "key": key, "value": own[key]})


def _kept(request: Request, found: list[User], user: User) -> Reply:
    if request.method == "DELETE":
        if user in found:
            found.remove(user)
    elif user not in found:
        found.append(user)
    return Reply(204)
