"""What the web services of one site share."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.jira.api.render import Renderer, View, rendered
from sandbox.jira.jql import Asker, Searcher
from sandbox.jira.request import Request
from sandbox.jira.settings import Settings
from sandbox.jira.store import Issue, Project, Site
from sandbox.jira.store.index import Index
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply


@dataclass
class Instance:
    """A site, how it is set up, and what searches see of it."""

    site: Site
    settings: Settings
    clock: Clock
    cloud: bool
    seed: int = 1
    url: str = ""
    index: Index = field(init=False)
    searcher: Searcher = field(init=False)
    random: random.Random = field(init=False)
    store: dict[str, Any] = field(default_factory=dict)
    """What clients keep beside issues: filters, properties, links to elsewhere."""

    def __post_init__(self) -> None:
        if self.settings.user_names:
            for user in self.site.users.values():
                user.content |= {"name": user.name, "key": user.name}
        self.index = Index(self.site, round(self.settings.index_lag * 1000))
        self.searcher = Searcher(self.index, self.shown, cloud=self.cloud)
        self.random = random.Random(self.seed)  # noqa: S311

    @property
    def now(self) -> int:
        """The time in UNIX milliseconds."""
        return round(self.clock.now().timestamp() * 1000)

    def shown(self, issue: Issue) -> bool:
        """Return whether the reader may see an issue."""
        settings = self.settings
        if issue.archived or issue.project.key in settings.hidden_projects:
            return False
        return settings.hidden is None or not settings.hidden(issue)

    def may_browse(self, project: Project) -> bool:
        """Return whether the reader may see a project at all."""
        return project.key not in self.settings.hidden_projects

    def issue(self, key: str) -> Issue | None:
        """Return an issue that the reader may see."""
        found = self.site.issue(key)
        return found if found is not None and self.shown(found) else None

    def asker(self, request: Request) -> Asker:
        """Return who asks, and when."""
        now: datetime = self.clock.now()
        caller = request.caller
        user = caller.id if self.cloud else caller.name
        return Asker(user, now, self.settings.zone, self.settings.coarse_times)

    def view(self, request: Request) -> View:
        """Return how replies to a request look."""
        prefix = request.address.prefix
        return View(
            self.cloud,
            request.version == "3",
            self.settings.zone,
            self.now,
            self.root + prefix if self.cloud else self.url,
            self.settings.agent,
        )

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return self.url.removesuffix(self.settings.context) if not self.cloud else self.url

    def renderer(self, request: Request, *, capped: bool = True) -> Renderer:
        """Return what renders the issues of a reply; `capped` cuts nested lists as Cloud does."""
        limits = self.settings.limits
        comments = limits.comments if self.cloud and capped else 0
        changelog = limits.changelog if self.cloud and capped else 0
        return Renderer(self.site, self.view(request), comments=comments, changelog=changelog)

    def reply(self, request: Request, content: object, status: int = 200) -> Reply:
        """Return a reply with complete addresses."""
        return rendered(self.view(request), content, status)
