"""What the web services of one instance share."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.servicenow.access import Rights
from sandbox.servicenow.api.render import Labels, Renderer
from sandbox.servicenow.changes import Writer
from sandbox.servicenow.query import Context, Selector
from sandbox.servicenow.settings import Settings
from sandbox.servicenow.store import Tables
from sandbox.serving.clock import Clock


@dataclass
class Instance:
    """Tables, rights and rules of one instance."""

    tables: Tables
    settings: Settings
    clock: Clock
    rights: Rights
    selector: Selector
    writer: Writer
    url: str = ""
    labels: Labels = field(init=False)

    def __post_init__(self) -> None:
        self.labels = Labels(
            self.tables, self.settings.zone, self.settings.language, self.settings.date_format
        )

    @property
    def renderer(self) -> Renderer:
        """Renders rows with links to this instance."""
        return Renderer(self.tables, self.labels, self.url)

    def context(self) -> Context:
        """Return how queries are understood now."""
        settings = self.settings
        return Context(self.clock.now(), settings.zone, settings.zoned_literals, settings.unknown_clause)
