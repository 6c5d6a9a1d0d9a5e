"""What goes on in a site while it is read: scripted, seeded, done before a request is answered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from sandbox.jira.changes import Writer
from sandbox.jira.request import Request
from sandbox.jira.store import Issue, Project, Site
from sandbox.serving import mutation
from sandbox.serving.clock import Clock


@dataclass(frozen=True)
class Scene:
    """What a mutation works on."""

    site: Site
    writer: Writer
    clock: Clock
    random: random.Random

    def chosen(self, count: int) -> list[Issue]:
        """Return some issues by chance."""
        ids = sorted(self.site.issues)
        return [self.site.issues[id_] for id_ in self.random.sample(ids, min(count, len(ids)))]

    def elsewhere(self, issue: Issue) -> Project:
        """Return another project than the one of an issue, where there is one."""
        others = [each for each in self.site.projects.values() if each is not issue.project]
        return self.random.choice(others) if others else issue.project


Mutation: TypeAlias = mutation.Mutation[Scene]


def inserts(count: int = 1, *, age: timedelta = timedelta(0)) -> Mutation:
    """Create issues like those that are there, `age` before now."""

    def effect(scene: Scene) -> None:
        for like in scene.chosen(count):
            at = scene.writer.now - round(age.total_seconds() * 1000)
            fields = {
                "summary": f"{like.fields.get('summary')} again",
                "priority": like.fields.get("priority"),
            }
            scene.writer.create(like.project, like.type, fields, author=like.fields.get("reporter"), at=at)

    return Mutation("insert", effect)


def updates(count: int = 1) -> Mutation:
    """Change the summary of issues, which moves their stamp to now."""

    def effect(scene: Scene) -> None:
        for issue in scene.chosen(count):
            scene.writer.update(issue, {"summary": f"{issue.fields.get('summary')}."})

    return Mutation("update", effect)


def silent(count: int = 1) -> Mutation:
    """Change issues without moving their stamps, as assets and clocks do."""

    def effect(scene: Scene) -> None:
        for issue in scene.chosen(count):
            scene.writer.update(issue, {"environment": "changed"}, silent=True)

    return Mutation("silent", effect)


def deletes(count: int = 1) -> Mutation:
    """Delete issues; nothing shows it."""

    def effect(scene: Scene) -> None:
        for issue in scene.chosen(count):
            scene.writer.delete(issue)

    return Mutation("delete", effect)


def moves(count: int = 1) -> Mutation:
    """Move issues to another project: they get another key."""

    def effect(scene: Scene) -> None:
        for issue in scene.chosen(count):
            scene.writer.move(issue, scene.elsewhere(issue))

    return Mutation("move", effect)


class Life(mutation.Life[Scene, Request]):
    """The script of one site."""

    def __init__(
        self, mutations: Sequence[Mutation], site: Site, writer: Writer, clock: Clock, seed: int = 1
    ) -> None:
        super().__init__(mutations, site.lock, seed)
        self._site = site
        self._writer = writer
        self._clock = clock

    def _scene(self, request: Request, chance: random.Random) -> Scene:
        return Scene(self._site, self._writer, self._clock, chance)
