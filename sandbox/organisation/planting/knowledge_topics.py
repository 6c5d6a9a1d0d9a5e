"""Topics: which services and categories have articles, what people ask about, and which issues are new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Floats
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.knowledge_tickets import Tickets, numbers_of, read_tickets
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.world import World

QUARTER, MONTH = 90 * DAY, 30 * DAY
OFTEN = 5
MAIN = 0.9
"""Share of the requests on the first of a service's categories with an article, or without."""
ISSUES = 40
"""New issues that are planted beside those which there are by chance."""
FIRST, LAST = 390 * DAY, 100 * DAY
"""How long before the end they begin."""
SEARCHED = 5
"""They come up on one of so many services, those with most requests."""


@dataclass(frozen=True)
class Topics:
    """Categories by service, those with an article first."""

    covered: dict[str, list[str]]
    uncovered: dict[str, list[str]]
    share: float
    """Of the tickets resolved in the last quarter that lie on topics with an article."""

    def cells(self) -> list[tuple[str, str]]:
        """Return every service and category with an article."""
        return [(service, category) for service, names in self.covered.items() for category in names]


def settle_topics(world: World, draft: Draft, asked: Asked) -> Topics:
    """Choose topics with articles and what requests are about; incidents stay as they are.

    Articles are on topics with a part of the incidents; requests make up for what is missing. Up to the last
    quarter ever fewer of the requests are on topics with an article, or ever more.
    """
    tickets = read_tickets(world, draft)
    falling = asked.improves("knw-repeat-question-trend")
    wanted = asked.share("knw-demand-coverage")
    covered, uncovered, ours = _choose(world, tickets, wanted + (0.08 if falling else -0.08))
    recent = tickets.ended & (tickets.resolved >= world.period.end - QUARTER)
    ordered, placed = recent & tickets.request, tickets.service != None  # noqa: E711 - by element
    incidents, requests = float((recent & ~ordered).sum()), max(float((ordered & placed).sum()), 1.0)
    total = incidents + float(ordered.sum())
    now = float(np.clip((wanted * total - ours * incidents) / requests, 0.0, 1.0))
    span = world.period.end - QUARTER - world.period.start
    back = np.clip((world.period.end - QUARTER - tickets.opened) / span, 0.0, 1.0)
    share = now + ((1.0 if falling else 0.0) - now) * back
    topics = Topics(covered, uncovered, (ours * incidents + now * requests) / max(total, 1.0))
    _ask(world, draft, tickets, topics, share)
    _raise_issues(world, draft)
    return topics


def _choose(
    world: World, tickets: Tickets, wanted: float
) -> tuple[dict[str, list[str]], dict[str, list[str]], float]:
    """Divide the categories of each service, at least one on each side; return the incidents' share."""
    generator = world.stream("plant knowledge topics")
    ended = np.flatnonzero(tickets.ended & ~tickets.request)
    names, number = np.unique(tickets.cell[ended].astype(str), return_inverse=True)
    volume = dict(zip(names.tolist(), (np.bincount(number) / len(ended)).tolist(), strict=True))
    services = sorted({name for name in tickets.service.tolist() if name is not None})
    order = {service: [CATEGORIES[n] for n in generator.permutation(len(CATEGORIES))] for service in services}
    covered = {service: names[:1] for service, names in order.items()}
    total = sum(volume.get(f"{service}\n{names[0]}", 0.0) for service, names in covered.items())
    middle = [(service, name) for service, names in order.items() for name in names[1:-1]]
    for place in generator.permutation(len(middle)).tolist():
        service, name = middle[place]
        more = volume.get(f"{service}\n{name}", 0.0)
        if total + more <= wanted:
            total += more
            covered[service] = [*covered[service], name]
    uncovered = {
        service: [name for name in reversed(names) if name not in covered[service]]
        for service, names in order.items()
    }
    return covered, uncovered, total


def _ask(world: World, draft: Draft, tickets: Tickets, topics: Topics, share: Floats) -> None:
    """Give every request a category of its service; contacts that turned into an incident have none."""
    generator, which = world.stream("plant knowledge questions"), np.flatnonzero(tickets.request)
    documented = generator.random(len(which)) < share[which]
    main, other = generator.random((2, len(which)))
    category = draft.words("requests", "category")
    turned = draft.known("requests", "incident_id")
    for place, service in enumerate(tickets.service[which].tolist()):
        if turned[place]:
            category[place] = None
        elif service is not None:
            names = (topics.covered if documented[place] else topics.uncovered)[service]
            category[place] = names[0 if main[place] < MAIN else int(other[place] * len(names))]
    draft.put("requests", category=category)


def _raise_issues(world: World, draft: Draft) -> None:
    """Let some requests in a row on one service be about something nobody asked about before."""
    generator, end = world.stream("plant knowledge issues"), world.period.end
    opened, service = draft.seconds("requests", "opened_at"), draft.words("requests", "service_id")
    category, cancelled = draft.words("requests", "category"), draft.known("requests", "disposition")
    free = ~cancelled & ~draft.known("requests", "incident_id") & (service != None)  # noqa: E711 - by element
    names, sizes = np.unique(service[free].astype(str), return_counts=True)
    largest = names[np.argsort(-sizes, kind="stable")[:SEARCHED]]
    for number in range(ISSUES):
        begin = end - int(generator.integers(LAST, FIRST))
        able = np.flatnonzero(free & (service == largest[number % len(largest)]) & (opened >= begin))
        chosen = able[np.argsort(opened[able], kind="stable")][: OFTEN + 1]
        if len(chosen) > OFTEN and opened[chosen[-1]] - opened[chosen[0]] < MONTH:
            category[chosen] = f"New issue {number + 1}"
            free[chosen] = False
    draft.put("requests", category=category)


def new_issues(tickets: Tickets, topics: Topics) -> list[tuple[str, str, int]]:
    """Return service, category and moment of each first time that five tickets came within 30 days.

    Topics with an article have had it from the beginning, so nothing about them is new.
    """
    known = {f"{service}\n{category}" for service, category in topics.cells()}
    open_ones = np.array([name is not None and name not in known for name in tickets.cell.tolist()])
    which = np.flatnonzero(tickets.known & open_ones)
    cell, opened = numbers_of(tickets.cell[which]), tickets.opened[which]
    order = np.lexsort((opened, cell))
    cell, opened, which = cell[order], opened[order], which[order]
    crowded = np.zeros(len(cell), dtype=np.bool_)
    step = OFTEN - 1
    crowded[step:] = (cell[step:] == cell[:-step]) & (opened[step:] - opened[:-step] <= MONTH)
    places = np.flatnonzero(crowded)
    _, first = np.unique(cell[places], return_index=True)
    return [
        (str(tickets.service[ticket]), str(tickets.category[ticket]), int(tickets.opened[ticket]))
        for ticket in which[places[first]].tolist()
    ]
