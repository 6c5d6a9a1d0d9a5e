"""People of a site as readers get them."""

from __future__ import annotations

from urllib.parse import parse_qsl

from sandbox.jira.api.context import Instance
from sandbox.jira.api.paging import sliced
from sandbox.jira.request import Request, missing
from sandbox.jira.store import User
from sandbox.serving.exchange import Reply


class People:
    """The users of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def one(self, request: Request) -> Reply:
        """Answer one user by account id, name or key."""
        keys = (request.asked(name) for name in ("accountId", "username", "key"))
        found = self._instance.site.find_user(str(next((key for key in keys if key), "")))
        return self._instance.reply(request, found) if found is not None else missing("User")

    def bulk(self, request: Request) -> Reply:
        """Answer users by account id, several at once."""
        wanted = [text for name, text in parse_qsl(request.target.partition("?")[2]) if name == "accountId"]
        found = [user for id_ in wanted if (user := self._instance.site.users.get(id_)) is not None]
        return self._instance.reply(request, sliced(request, list(found), most=200))

    def search(self, request: Request) -> Reply:
        """Answer the users whose name, mail or display name has a text."""
        text = str(request.asked("query") or request.asked("username") or "")
        start, most = request.count("startAt", 0), request.count("maxResults", 50)
        found = [user for user in list(self._instance.site.users.values()) if _has(user, text)]
        return self._instance.reply(request, found[start : start + most])

    def everybody(self, request: Request) -> Reply:
        """Answer all users page by page."""
        start, most = request.count("startAt", 0), request.count("maxResults", 50)
        users = list(self._instance.site.users.values())
        return self._instance.reply(request, users[start : start + most])


def _has(user: User, text: str) -> bool:
    low = text.lower()
    return not low or low == "." or any(low in each.lower() for each in (user.name, user.mail, user.display))
