"""Every knowledge indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evaluators.policy import Policy
from evaluators.results import State
from tests.evaluators.linked import month, problems
from tests.evaluators.service_desk import ALL_KNOWN, DESK_KINDS, article, request, requests, taken, use
from tests.evaluators.world import World, moment

OPENED = moment("2026-05-04 09:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOPIC = {"service_id": "workplace", "category": "Hardware"}


def test_demand_is_covered_by_valid_published_articles_on_service_and_category(world: World) -> None:
    article(world)
    article(world, category="Access", valid_until="2026-06-15 00:00")
    article(world, category="Printing", valid_until=None)
    article(world, category="Expired", valid_until="2026-06-14 00:00")
    article(world, category="Draft", published=False)
    article(world, category="Retired", retired_at="2026-05-01 09:00")
    article(world, service_id="elsewhere", category="Network")
    requests(world, 40)
    world.incidents(20, service_id="workplace", category="Access")
    world.incidents(20, service_id="workplace", category="Printing")
    for category in ("Expired", "Draft", "Retired", "Network"):
        requests(world, 4, category=category)
    requests(world, 4, category=None)
    found = taken(world, "knw-demand-coverage")
    assert (found.value, found.numerator, found.denominator) == (80, 80, 100)


def test_a_ticket_uses_articles_that_are_linked_or_opened_on_it(world: World) -> None:
    requests(world, 5, knowledge_used=True)
    world.incidents(5, knowledge_used=True)
    for kind, type_ in (("linked", 4), ("viewed", 3), ("solved", 3)):
        for _ in range(type_):
            use(world, "KB1", type=kind, record_id=request(world), record_kind="request")
    for kind in ("suggested", "created", "voted"):
        use(world, "KB1", type=kind, record_id=request(world), record_kind="request")
    use(world, None, type="viewed", record_id=request(world))
    use(world, "KB1", record_id=world.incident(), record_kind="problem")
    requests(world, 75)
    found = taken(world, "knw-use-share")
    assert (found.value, found.numerator, found.denominator) == (20, 20, 100)


def articles(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike articles."""
    return [article(world, **columns) for _ in range(count)]


def test_articles_are_owned_classified_and_valid(world: World) -> None:
    world.record("group", id="g1", name="In use", active=True)
    world.record("group", id="g2", name="Left", active=False)
    articles(world, 10)
    articles(world, 3, owner_active=None, owner_group="In use")
    articles(world, 2, owner_active=False, owner_group="g1")
    articles(world, 1, valid_until=None)
    articles(world, 1, owner_active=False, owner_group="Left")
    articles(world, 1, owner_active=None, owner_group=None)
    articles(world, 1, category=None)
    articles(world, 1, valid_until="2026-06-14 12:00")
    articles(world, 5, published=False, category=None)
    articles(world, 5, retired_at="2026-05-01 09:00", category=None)
    found = taken(world, "knw-article-ownership")
    assert (found.value, found.numerator, found.denominator) == (80, 16, 20)


def uses(world: World, count: int, name: str | None, **columns: Any) -> None:
    """Add `count` alike uses of an article."""
    for _ in range(count):
        use(world, name, **columns)


def test_used_articles_were_revised_or_confirmed_within_a_year(world: World) -> None:
    old = {"created_at": "2024-01-01 09:00", "published_at": "2024-01-02 09:00"}
    uses(world, 20, article(world, **old, revised_at="2025-06-15 09:00"))
    uses(world, 15, article(world, **old, revised_at=None, confirmed_at="2026-01-01 09:00"), type="viewed")
    uses(world, 5, article(world, revised_at=None), type="solved")
    uses(world, 5, article(world, **old, revised_at="2025-06-14 09:00"))
    uses(world, 3, article(world, **old, revised_at=None))
    uses(world, 2, "unknown")
    uses(world, 5, article(world, **old, revised_at=None), type="voted")
    uses(world, 5, None, type="searched")
    found = taken(world, "knw-used-article-currency")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)


def test_open_known_errors_are_described_by_an_article_that_can_be_read(world: World) -> None:
    problems(world, 3, known_error=True, knowledge_id=article(world))
    article(world, problem_id=problems(world, 1, known_error=True)[0])
    article(world, origin_kind="problem", origin_id=problems(world, 1, known_error=True)[0])
    problems(world, 2, known_error=True, knowledge_id=article(world, published=False))
    article(world, origin_kind="incident", origin_id=problems(world, 1, known_error=True)[0])
    problems(world, 2, known_error=True)
    problems(world, 4, known_error=False)
    problems(world, 4, known_error=True, after=20)
    found = taken(world, "knw-known-error-published")
    assert (found.value, found.numerator, found.denominator) == (50, 5, 10)


def test_groups_contribute_by_writing_or_improving_an_article_that_is_used(world: World) -> None:
    for team, count in (("Author", 60), ("Improver", 30), ("Helper", 30), ("Silent", 50), ("Unused", 30)):
        requests(world, count, assignment_group=team)
    used = article(world, author_group="Author")
    use(world, used, type="revised", user_group="Improver", used_at="2025-01-01 09:00")
    use(world, used, type="created", record_id=request(world, assignment_group="Helper"))
    use(world, used, type="viewed", user_group="Silent")
    idle = article(world, author_group="Unused")
    use(world, idle, type="viewed", used_at="2025-11-01 09:00")
    use(world, idle, type="voted", user_group="Silent")
    found = taken(world, "knw-contribution-breadth")
    assert (found.numerator, found.denominator) == (60 + 30 + 31, 201)
    assert found.value == pytest.approx(100 * 121 / 201)
    assert found.groups[0][0] == "Silent"


def test_contribution_asks_for_three_groups(world: World) -> None:
    requests(world, 120, assignment_group="One")
    requests(world, 120, assignment_group="Two")
    assert taken(world, "knw-contribution-breadth").state is State.INSUFFICIENT_SAMPLE


def test_knowledge_is_linked_where_it_solved_or_was_written_from_the_ticket(world: World) -> None:
    world.incidents(20, knowledge_used=True)
    for kind in ("linked", "solved", "created"):
        for _ in range(6):
            use(world, "KB1", type=kind, record_id=request(world))
    for name in requests(world, 2):
        article(world, origin_id=name, origin_kind="request")
    use(world, "KB1", type="viewed", record_id=request(world))
    world.incidents(59)
    world.incidents(20, resolver="automation:svc")
    requests(world, 10, fulfiller="automation:svc", knowledge_used=True)
    found = taken(world, "knw-link-rate", policy=ALL_KNOWN)
    assert (found.value, found.numerator, found.denominator) == (40, 40, 100)


def test_votes_say_whether_articles_help(world: World) -> None:
    uses(world, 24, "KB1", type="voted", helpful=True)
    uses(world, 6, "KB2", type="voted", helpful=False)
    uses(world, 5, "KB2", type="voted")
    uses(world, 5, "KB2", type="viewed", helpful=False)
    found = taken(world, "knw-article-helpfulness")
    assert (found.value, found.numerator, found.denominator) == (80, 24, 30)
    assert found.groups[0][0] == "KB2"


def test_solving_with_an_article_is_compared_with_alike_tickets_without(world: World) -> None:
    known = article(world)
    for _ in range(50):
        use(world, known, record_id=request(world, after=2 * HOUR, priority=3))
    requests(world, 60, after=4 * HOUR, priority=3)
    # A cell that knows only one side, and tickets that an article was written from.
    requests(world, 60, after=HOUR, priority=1)
    for _ in range(20):
        written = request(world, after=90 * HOUR)
        use(world, article(world, origin_id=written), record_id=written)
        use(world, article(world, published_at="2026-06-01 09:00"), record_id=request(world, after=90 * HOUR))
        use(world, known, type="created", record_id=request(world, after=90 * HOUR, knowledge_used=True))
    found = taken(world, "knw-link-benefit")
    assert found.value == pytest.approx(0.5)
    assert dict(found.aggregates) == {"with": 50, "without": 60}


def test_the_tickets_own_word_counts_where_no_use_is_kept(world: World) -> None:
    requests(world, 50, after=2 * HOUR, knowledge_used=True)
    world.incidents(50, **TOPIC, lasting=4 * HOUR)
    assert taken(world, "knw-link-benefit").value == pytest.approx(0.5)


def test_teams_use_each_others_articles(world: World) -> None:
    name = article(world, author_group="Network")
    uses(world, 10, name, user_group="Mail")
    for _ in range(10):
        use(world, name, record_id=request(world, assignment_group="Mail"))
    uses(world, 20, name, user_group="Network")
    uses(world, 5, name, user_group=None)
    uses(world, 5, article(world, author_group=None), user_group="Mail")
    uses(world, 30, name, type="viewed", channel="portal")
    found = taken(world, "knw-cross-team-reuse")
    assert (found.value, found.numerator, found.denominator) == (40, 20, 50)


def session(world: World, name: str, **columns: Any) -> None:
    """A visit of the portal by its own user, who reads an article after a search."""
    who = {"channel": "portal", "session": name, "user": columns.pop("user", f"person:{name}")}
    use(world, None, **who, type="searched", used_at=OPENED)
    values = {"type": "viewed", "reading_seconds": 30, "used_at": OPENED + timedelta(minutes=10), **who}
    use(world, str(columns.pop("article_id", "KB1")), **{**values, **columns})


def test_sessions_succeed_that_read_an_article_and_do_not_ask(world: World) -> None:
    article(world, id="KB1")
    article(world, id="KB2", service_id=None, category=None)
    for number in range(56):
        session(world, f"s{number}")
    last = OPENED + timedelta(minutes=10)
    contact = {"channel": "phone", "acknowledged_at": None, "after": None}
    request(world, **contact, requester="person:s0", on=last + DAY + timedelta(seconds=1))
    request(world, **contact, requester="person:s1", on=last, service_id="pay", category="Access")
    request(world, **contact, requester="person:s2", on=OPENED - HOUR)
    for number in range(10):
        session(world, f"asked{number}")
        on = {"opened_at": last + DAY, "service_id": "workplace", "category": "Other"}
        world.incident(caller=f"person:asked{number}", **on)
    session(world, "any topic", article_id="KB2")
    request(world, **contact, requester="person:any topic", on=last, service_id="pay", category="Access")
    session(world, "no category")
    request(world, **contact, requester="person:no category", on=last, service_id="pay", category=None)
    for number in range(20):
        session(world, f"short{number}", reading_seconds=29)
    session(world, "unknown reader", user=None)
    for number in range(12):
        use(world, None, channel="portal", session=f"search{number}", user="person:x", type="searched")
    session(world, "voted", type="voted")
    uses(world, 9, "KB1", type="viewed", session="desk", channel="agent desk", reading_seconds=99)
    uses(world, 9, "KB1", type="viewed", channel="portal", reading_seconds=99)
    found = taken(world, "knw-self-service-success")
    assert (found.numerator, found.denominator) == (56, 56 + 10 + 1 + 1 + 20 + 1 + 12 + 1)


def crowd(world: World, category: str, *, days: int = 28, first: str = "2026-03-02 09:00") -> None:
    """Five tickets on a topic without an article, evenly over some days; the fourth is an incident."""
    for number in range(5):
        on = moment(first) + timedelta(days=days * number / 4)
        if number == 3:
            world.incident(service_id="workplace", category=category, opened_at=on)
        else:
            request(world, category=category, on=on)


def test_a_new_issue_gets_an_article_that_is_used_within_30_days(world: World) -> None:
    requests(world, 9, on=moment("2025-01-06 09:00"), category="Old", after=None)
    fifth = moment("2026-03-30 09:00")
    for category, after in (("a", HOUR), ("b", 30 * DAY), ("c", DAY), ("d", DAY)):
        crowd(world, category)
        name = article(world, category=category, published_at=fifth + after)
        use(world, name, type="solved")
    crowd(world, "counted by the platform")
    article(world, category="counted by the platform", published_at=fifth + DAY, use_count=3)
    crowd(world, "too late")
    use(world, article(world, category="too late", published_at=fifth + 31 * DAY))
    crowd(world, "never used")
    article(world, category="never used", published_at=fifth + DAY)
    for category in ("never written", "slowly", "again"):
        crowd(world, category, days=30)
    # No new issue: too slow, documented, known from the beginning, too young.
    crowd(world, "no crowd", days=31)
    crowd(world, "documented")
    article(world, category="documented")
    crowd(world, "Old")
    crowd(world, "young", first="2026-05-01 09:00")
    found = taken(world, "knw-gap-closure")
    assert (found.value, found.numerator, found.denominator) == (50, 5, 10)


def linked_by_month(world: World, counts: list[int], *, after: timedelta = HOUR) -> None:
    """Fifty tickets in each of twelve months, of which so many were solved with an article."""
    for number, count in enumerate(counts):
        requests(world, count, on=month(number), after=after, knowledge_used=True)
        requests(world, 50 - count, on=month(number), after=2 * HOUR)


def test_knowledge_is_linked_more_often_month_by_month(world: World) -> None:
    linked_by_month(world, [5 + number for number in range(12)])
    found = taken(world, "knw-link-rate-trend", policy=ALL_KNOWN)
    assert found.value == 100
    assert found.series[0] == ("2025-06", 10.0, 50)


def test_linking_that_makes_solving_slower_counts_half(world: World) -> None:
    linked_by_month(world, [5 + number for number in range(12)], after=9 * HOUR)
    found = taken(world, "knw-link-rate-trend", policy=ALL_KNOWN)
    assert found.value == 50
    assert "knw-link-benefit" in found.reason


def test_a_link_rate_of_60_percent_is_excellent(world: World) -> None:
    linked_by_month(world, [31, 30] * 6)
    found = taken(world, "knw-link-rate-trend", policy=ALL_KNOWN)
    assert found.value == 100
    assert "held at excellence" in found.reason


def test_documented_questions_come_back_less_often_per_user(world: World) -> None:
    article(world)
    for number in range(12):
        requests(world, 50 - 4 * number, on=month(number))
        requests(world, 5 * number, on=month(number), category="Access")
    found = taken(world, "knw-repeat-question-trend", policy=ALL_KNOWN)
    assert found.value == 100
    assert found.series[0] == ("2025-06", 25.0, 50)


def test_questions_that_come_back_more_often_score_nothing(world: World) -> None:
    article(world)
    for number in range(12):
        requests(world, 10 + 4 * number, on=month(number))
    assert taken(world, "knw-repeat-question-trend", policy=ALL_KNOWN).value == 0


def test_without_the_number_of_users_nothing_is_said_per_user(world: World) -> None:
    found = taken(world, "knw-repeat-question-trend", policy=replace(ALL_KNOWN, active_users=None))
    assert found.state is State.NOT_CONNECTED


def test_uses_by_an_import_do_not_count(world: World) -> None:
    name = article(world)
    uses(world, 50, name)
    uses(world, 50, "unknown", user="migration:import")
    found = taken(world, "knw-used-article-currency", policy=Policy())
    assert (found.value, found.denominator) == (100, 50)


# --- Evidence states ---

TICKETS = ("incident", "request")


@pytest.mark.parametrize("indicator", ["knw-use-share", "knw-link-rate", "knw-demand-coverage"])
def test_tickets_without_articles_are_absence(world: World, indicator: str) -> None:
    requests(world, 100)
    found = taken(world, indicator)
    assert (found.state, found.value) == (State.MEASURED, 0)


def test_articles_without_owner_or_category_are_absence(world: World) -> None:
    articles(world, 20, owner_active=None, owner_group=None, category=None)
    assert taken(world, "knw-article-ownership").value == 0


def test_self_service_success_is_marked_as_experimental(world: World) -> None:
    experimental = {
        indicator.id
        for indicator in world.catalogue.practice("knowledge").indicators
        if indicator.experimental
    }
    assert experimental == {"knw-self-service-success"}


def test_the_knowledge_practice_is_assessed_whole(world: World) -> None:
    requests(world, 60, knowledge_used=True)
    for kind in DESK_KINDS:
        world.delivers(kind)
    (result,) = world.assess(practices=("knowledge",)).practices
    assert len(result.indicators) == 14
