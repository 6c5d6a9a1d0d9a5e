"""Everything one Jira holds; may be changed while it is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from sandbox.jira.store.entities import Entity, Group, Project, Status, User
from sandbox.jira.store.fields import SYSTEM, Field
from sandbox.jira.store.issue import Issue

if TYPE_CHECKING:
    from sandbox.jira.store.assets import Assets
    from sandbox.jira.store.desk import Desk
    from sandbox.jira.store.operations import Operations


@dataclass(frozen=True)
class Written:
    """One change of an issue, for indexes that see it later."""

    at: int
    issue: int
    before: Issue | None
    after: Issue | None


@dataclass
class Site:
    """One Jira; hold `lock` to make several changes at once."""

    projects: dict[str, Project] = field(default_factory=dict)
    types: dict[str, Entity] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    priorities: dict[str, Entity] = field(default_factory=dict)
    resolutions: dict[str, Entity] = field(default_factory=dict)
    link_types: dict[str, Entity] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=lambda: {each.id: each for each in SYSTEM})
    versions: dict[str, list[Entity]] = field(default_factory=dict)
    """By id of the project, in the project's order."""
    work: dict[str, int] = field(default_factory=dict)
    """By version, how many issues it has that are in none of these projects."""
    components: dict[str, list[Entity]] = field(default_factory=dict)
    workflows: dict[tuple[str, str], list[Status]] = field(default_factory=dict)
    """Statuses by id of project and of issue type; empty: all of the site."""
    desk: Desk | None = None
    """What Jira Service Management adds; without it there is none."""
    assets: Assets | None = None
    operations: Operations | None = None
    remote_links: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """By issue what it links to elsewhere: articles, pages."""
    articles: list[dict[str, Any]] = field(default_factory=list)
    """Articles of the knowledge base."""
    issues: dict[int, Issue] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)
    version: int = 0
    written: list[Written] = field(default_factory=list)
    planted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By record kind what was put in, for tests that ask for the truth."""

    def __post_init__(self) -> None:
        self._by_key: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._next = 10_000
        self._user_names: dict[str, User] = {}
        self._english: dict[tuple[str, str], Any] = {}

    def register(self, *entities: Entity) -> None:
        """Make entities known by their kind."""
        rooms: dict[str, dict[str, Any]] = {
            "project": self.projects,
            "issuetype": self.types,
            "status": self.statuses,
            "priority": self.priorities,
            "resolution": self.resolutions,
            "issueLinkType": self.link_types,
            "user": self.users,
            "group": self.groups,
        }
        for entity in entities:
            rooms[entity.kind][entity.id] = entity
            english = str(entity.content.get("untranslatedName", entity.name))
            self._english.setdefault((entity.kind, english), entity)
            if isinstance(entity, User):
                self._user_names[entity.name] = entity

    def user(self, name: str) -> User:
        """Return a user by name, made when there is none yet."""
        known = self._user_names.get(name)
        if known is None:
            app = "app" if name.startswith("svc_") else "atlassian"
            known = User(name, account=f"5b{len(self._user_names):022x}", account_type=app)
            self.register(known)
        return known

    def find_user(self, key: str) -> User | None:
        """Return a user by account id, name or mail address, None where there is none."""
        found = self.users.get(key) or self._user_names.get(key)
        return found or next((user for user in self.users.values() if user.mail == key), None)

    def forget_user(self, user: User) -> None:
        """Remove a user; issues keep naming it."""
        self.users.pop(user.id, None)
        self._user_names.pop(user.name, None)

    def add_fields(self, *fields: Field) -> None:
        """Give the site further fields."""
        self.fields.update({each.id: each for each in fields})
        for each in fields:
            self._english.setdefault(("field", each.untranslated or each.name), each)

    def english(self, kind: str, name: str) -> Any:
        """Return the first entity of a kind, or custom field, by its English name; raises KeyError."""
        return self._english[kind, name]

    def field_of(self, custom: str, name: str = "") -> Field | None:
        """Return the first field of a kind (`schema.custom`), of a name where one is given."""
        for each in self.fields.values():
            if each.custom == custom and name in ("", each.name, each.untranslated):
                return each
        return None

    def next_id(self) -> int:
        """Return an id that nothing on the site has."""
        with self.lock:
            self._next += 1
            return self._next

    def next_key(self, project: Project) -> str:
        """Return the key of the next issue of a project."""
        with self.lock:
            self._numbers[project.id] = self._numbers.get(project.id, 0) + 1
            return f"{project.key}-{self._numbers[project.id]}"

    def take(self, issues: Iterable[Issue]) -> None:
        """Put issues in before the site is served."""
        with self.lock:
            for issue in issues:
                self._keep(issue)
            self.version += 1

    def put(self, issue: Issue, at: int) -> None:
        """Store an issue in place of the one with its id; `at` is when it was written."""
        with self.lock:
            before = self.issues.get(issue.id)
            self._keep(issue)
            self.version += 1
            self.written.append(Written(at, issue.id, before, issue))

    def drop(self, id_: int, at: int) -> Issue | None:
        """Remove an issue and return it, None where there is none."""
        with self.lock:
            before = self.issues.pop(id_, None)
            if before is not None:
                self._by_key = {key: value for key, value in self._by_key.items() if value != id_}
                self.version += 1
                self.written.append(Written(at, id_, before, None))
            return before

    def issue(self, key: str) -> Issue | None:
        """Return an issue by id or by a key it has or had; keys in any case."""
        found = self._by_key.get(key.upper())
        if found is None and key.isdigit():
            found = int(key)
        return self.issues.get(found) if found is not None else None

    def project(self, key: str) -> Project | None:
        """Return a project by id or key."""
        found = self.projects.get(key)
        upper = key.upper()
        return found or next((each for each in self.projects.values() if each.key.upper() == upper), None)

    def of_project(self, project: Project) -> Iterator[Issue]:
        """Yield the issues of a project."""
        return (issue for issue in list(self.issues.values()) if issue.fields["project"] is project)

    def statuses_of(self, project: Project, type_: Entity) -> list[Status]:
        """Return the statuses that issues of a type have in a project."""
        return self.workflows.get((project.id, type_.id)) or list(self.statuses.values())

    def types_of(self, project: Project) -> list[Entity]:
        """Return the issue types of a project: those with a workflow, or all."""
        own = [self.types[type_] for id_, type_ in self.workflows if id_ == project.id]
        return own or list(self.types.values())

    def _keep(self, issue: Issue) -> None:
        self.issues[issue.id] = issue
        for key in (issue.key, *issue.earlier_keys):
            self._by_key[key.upper()] = issue.id
        project = issue.project.id
        self._numbers[project] = max(self._numbers.get(project, 0), issue.number)
        self._next = max(self._next, issue.id)
