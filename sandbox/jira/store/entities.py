"""What issues refer to: people, statuses, types, versions; each exists once and is shared by all issues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

HERE = "~/"
"""Begin of every `self`: replies put the address of the server in its place."""


class Moment:
    """A moment in UNIX milliseconds; replies show it in the zone of whoever asks."""

    __slots__ = ("ms",)

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def __repr__(self) -> str:
        return f"Moment({self.ms})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and other.ms == self.ms

    def __hash__(self) -> int:
        return hash(self.ms)


class Entity:
    """Something with an id and a name; `content` is what the API shows besides."""

    __slots__ = ("_shown", "content", "id", "kind", "name")

    def __init__(self, kind: str, id_: str, name: str, content: Mapping[str, Any] | None = None) -> None:
        self.kind = kind
        self.id = id_
        self.name = name
        self.content = dict(content or {})
        self._shown: dict[bool, orjson.Fragment] = {}

    def __repr__(self) -> str:
        return f"{self.kind}({self.id}, {self.name})"

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the entity as the API shows it where it is referred to."""
        address = f"{HERE}rest/api/2/{self.kind}/{self.id}"
        return {"self": address, "id": self.id, "name": self.name, **self.content}

    def shown(self, cloud: bool) -> orjson.Fragment:
        """Return the JSON of `describe`, made once."""
        known = self._shown.get(cloud)
        if known is None:
            known = orjson.Fragment(orjson.dumps(self.describe(cloud), default=lambda e: e.shown(cloud)))
            self._shown[cloud] = known
        return known

    def change(self, *, name: str | None = None, **content: Any) -> None:
        """Give it another name or content; whatever shows it shows the new one."""
        self.name = self.name if name is None else name
        self.content |= content
        self._shown.clear()


class Status(Entity):
    """A status with the category that says what it means in every language."""

    __slots__ = ()

    def __init__(self, id_: str, name: str, category: str, content: Mapping[str, Any] | None = None) -> None:
        own = {"description": "", "iconUrl": HERE, "statusCategory": CATEGORIES[category]}
        super().__init__("status", id_, name, own | dict(content or {}))

    @property
    def category(self) -> str:
        """Key of the category: new, indeterminate, done or undefined."""
        key: str = self.content["statusCategory"]["key"]
        return key


class User(Entity):
    """A person or an app; Cloud knows it by account id, Data Center by name."""

    __slots__ = ("account_type", "active", "mail", "zone")

    def __init__(
        self,
        name: str,
        *,
        display: str = "",
        account: str = "",
        zone: str = "Etc/UTC",
        account_type: str = "atlassian",
        active: bool = True,
        mail: str = "",
    ) -> None:
        super().__init__("user", account or f"acc:{name}", name, {"displayName": display or name})
        self.zone = zone
        self.account_type = account_type
        self.active = active
        self.mail = mail or (name if "@" in name else f"{name}@example.org")

    @property
    def display(self) -> str:
        """Name that people see."""
        return str(self.content["displayName"])

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the user as the API shows it."""
        common = {
            "emailAddress": self.mail,
            "avatarUrls": _avatars(self.id),
            **self.content,
            "active": self.active,
            "timeZone": self.zone,
        }
        if cloud:
            address = f"{HERE}rest/api/2/user?accountId={self.id}"
            return {"self": address, "accountId": self.id, **common, "accountType": self.account_type}
        address = f"{HERE}rest/api/2/user?username={self.name}"
        return {"self": address, "name": self.name, "key": self.name, **common}


class Project(Entity):
    """A project; its key can change."""

    __slots__ = ("key",)

    def __init__(self, id_: str, key: str, name: str, content: Mapping[str, Any] | None = None) -> None:
        own = {"projectTypeKey": "software", "simplified": False, "avatarUrls": _avatars(key)}
        super().__init__("project", id_, name, own | dict(content or {}))
        self.key = key

    @property
    def type(self) -> str:
        """service_desk, software or business."""
        return str(self.content["projectTypeKey"])

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the project as issues show it."""
        return {**super().describe(cloud), "key": self.key}


class Option(Entity):
    """A choice of a select field."""

    __slots__ = ()

    def __init__(self, id_: str, value: str) -> None:
        super().__init__("customFieldOption", id_, value)

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the option as the API shows it."""
        return {"self": f"{HERE}rest/api/2/customFieldOption/{self.id}", "value": self.name, "id": self.id}


class Group(Entity):
    """A group of users."""

    __slots__ = ("members",)

    def __init__(self, name: str, id_: str = "", members: tuple[User, ...] = ()) -> None:
        super().__init__("group", id_ or f"group:{name}", name)
        self.members = list(members)

    def describe(self, cloud: bool) -> dict[str, Any]:
        """Return the group as the API shows it."""
        shown = {"name": self.name, "self": f"{HERE}rest/api/2/group?groupname={self.name}"}
        return shown | ({"groupId": self.id} if cloud else {})


def _category(id_: int, key: str, colour: str, name: str) -> dict[str, Any]:
    address = f"{HERE}rest/api/2/statuscategory/{id_}"
    return {"self": address, "id": id_, "key": key, "colorName": colour, "name": name}


CATEGORIES: Mapping[str, dict[str, Any]] = {
    "undefined": _category(1, "undefined", "medium-gray", "No Category"),
    "new": _category(2, "new", "blue-gray", "To Do"),
    "indeterminate": _category(4, "indeterminate", "yellow", "In Progress"),
    "done": _category(3, "done", "green", "Done"),
}


def _avatars(owner: str) -> dict[str, str]:
    return {
        f"{size}x{size}": f"{HERE}secure/useravatar?size={size}&ownerId={owner}" for size in (16, 24, 32, 48)
    }
