"""How changes are conducted: type, model, lead time, and who or what lets them pass."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.numbers import Flags, Floats, between, log_normal, subset
from sandbox.organisation.planting.change_gaps import STANDARD
from sandbox.organisation.planting.change_plan import Types, Work
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

MODELS = ("Patch of a server", "Restart of a service", "Extension of a database", "New firewall rule")
PLAIN = {"normal": "Normal change", "standard": "Standard change", "emergency": "Emergency change"}
NEARBY = 8 * DAY
"""So soon after a change no emergency follows on its item: it would make a failure of the first."""
RECENT, HALF_YEAR = 90 * DAY, 180 * DAY
CARELESS = 0.02
"""Share that the careless groups authorised in the quarter before the last."""


def sort_out(world: World, draft: Draft, asked: Asked, work: Work, pinned: Flags) -> Types:
    """Draw types and models; what has no emergency before it on its item alone may be an emergency."""
    generator, count = world.stream("plant change types"), len(pinned)
    draw = generator.random((6, count))
    share = asked.share("chg-emergency-share")
    able = work.going & ~pinned & ~_close_after_another(draft, work)
    emergency = able & (draw[0] < share * work.done.sum() / max((able & work.done).sum(), 1))
    authorised = draw[1] < _authorised_share(world, asked, work, _careless(world, draft, asked, work)[0])
    usual = asked.share("chg-authorised-before-start") * (1 - share)
    flowing = authorised & ~emergency & (draw[2] < asked.share("chg-preauthorised-automated-share") / usual)
    standard = authorised & ~emergency & (draw[3] < STANDARD / usual)
    named = ~emergency & (draw[4] < asked.share("chg-standard-model-share"))
    types = np.where(emergency, "emergency", np.where(standard, "standard", "normal"))
    recipe = words(list(MODELS))[generator.integers(0, len(MODELS), count)]
    plain = words(words([PLAIN[name] for name in types.tolist()]), draw[5] < 0.7)
    kept = {name: draft.words("changes", name) for name in ("type", "model")}
    draft.put(
        "changes",
        type=words(np.where(work.going, types, kept["type"])),
        model=words(np.where(work.going, np.where(named, recipe, plain), kept["model"])),
    )
    return Types(emergency, standard, flowing, authorised)


def _close_after_another(draft: Draft, work: Work) -> Flags:
    """Say which changes follow another one on the same item within days: emergencies would repair it."""
    item = draft.words("changes", "ci_id")
    opened = draft.seconds("changes", "opened_at")
    start = np.where(work.started < NEVER, work.started, opened)
    ends = np.where(work.ended < NEVER, work.ended, NEVER)
    on_item: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(item.tolist()):
        on_item[name].append(position)
    found = np.zeros(len(item), dtype=np.bool_)
    for members in on_item.values():
        if len(members) < 2:
            continue
        which = np.array(members)
        gap = start[which][:, None] - ends[which][None, :]
        near = (gap > -DAY) & (gap < NEARBY) & ~np.eye(len(which), dtype=np.bool_)
        found[which[near.any(axis=1)]] = True
    return found


def hasten(world: World, draft: Draft, asked: Asked, work: Work, types: Types) -> None:
    """Request changes so long before the work that the wait grows shorter, or longer, over the period."""
    generator, period = world.stream("plant change lead times"), world.period
    way = np.clip((work.started - period.start) / (period.end - period.start), 0.0, 1.0)
    usual = 14 * DAY * 0.4**way if asked.improves("chg-lead-time-trend") else 6 * DAY * 1.8**way
    usual = np.where(types.emergency, 4 * HOUR, np.where(types.standard, 3 * DAY, usual))
    lead = log_normal(usual.astype(np.float64), 0.5, len(way), generator)
    lead = np.where(types.emergency, np.minimum(lead, 12 * HOUR), lead)
    held = draft.seconds("changes", "opened_at")
    draft.put_seconds("changes", opened_at=np.where(work.done, work.started - lead, held))


def _careless(world: World, draft: Draft, asked: Asked, work: Work) -> tuple[Flags, float]:
    """Choose groups with the volume that shall not conform; return their changes and the conforming share."""
    generator = world.stream("plant change groups")
    recent = work.done & (work.ended >= world.period.end - HALF_YEAR)
    group = draft.words("changes", "assignment_group").astype(str)
    names, volumes = np.unique(group[recent], return_counts=True)
    shares = (volumes / volumes.sum()).astype(np.float64)
    target = 1 - asked.share("chg-team-authorisation-consistency")
    chosen = subset(shares, target, generator, most=0.49)
    return np.isin(group, names[chosen]), float(1 - shares[chosen].sum())


def _authorised_share(world: World, asked: Asked, work: Work, careless: Flags) -> Floats:
    """Authorise the share asked for in every quarter but the one before the last.

    Consistency looks at two quarters: careless groups authorise hardly anything in the first of them, and as
    much less than the others in the second as leaves the share of all of them, which looks at that one alone.
    """
    share = asked.share("chg-authorised-before-start")
    recent = work.ended >= world.period.end - RECENT
    before = (work.ended >= world.period.end - HALF_YEAR) & ~recent
    volume = float((careless & recent & work.done).sum() / max((recent & work.done).sum(), 1))
    better = min(0.99, share / (1 - volume) - 0.01) if volume > 0 else share
    worse = (share - (1 - volume) * better) / volume if volume > 0 else share
    last = np.where(careless, worse, max(better, share))
    return np.where(before & careless, CARELESS, np.where(recent, last, share))


def authorise(world: World, draft: Draft, asked: Asked, work: Work, types: Types) -> float:
    """Write approvals and pipelines; return the share of volume in groups that conform, in percent."""
    generator, count = world.stream("plant change approvals"), len(work.going)
    draw = generator.random((6, count))
    opened = draft.seconds("changes", "opened_at")
    flowing, standard = types.flowing, types.standard
    gated = flowing & (~standard | (draw[0] < 0.5))
    by_hand = types.authorised & ~flowing & ~standard
    early = between(opened, np.minimum(work.started, NEVER), 0.2 + 0.6 * draw[1])
    late = between(work.started, work.ended, 0.2 + 0.6 * draw[2])
    forbidden = ~types.authorised & (draw[3] < 0.3)
    never = ~types.authorised & ~forbidden & (draw[4] < 0.4)
    approved = np.where(types.authorised | forbidden, early, np.where(never, NEVER, late))
    approved = np.where(flowing & ~standard, NEVER, np.where(standard, opened, approved))
    person = world.members(world.some_group(count, generator), generator)
    asked_people = (by_hand | ~types.authorised) & ~never
    number = np.where(asked_people, 1 + (draw[5] < 0.3), 0)
    assignee = draft.words("changes", "assignee")
    robot = flowing | (types.authorised & standard & (draw[5] < 0.1))
    done, going = work.done, work.going
    draft.put_seconds(
        "changes", approved_at=np.where(done, approved, draft.seconds("changes", "approved_at"))
    )
    draft.put(
        "changes",
        approval=words(np.where(done & (approved < NEVER), "approved", draft.words("changes", "approval"))),
        approver=words(person, going & asked_people),
        approval_count=number * going,
        manual_approval_count=number * going,
        gate_passed=gated & done,
        automated_verification=flowing & done,
        pipeline=words(np.full(count, "pipeline-main"), robot & done),
        implementer=words(np.where(robot, "svc_deploy", np.where(assignee == None, person, assignee)), done),  # noqa: E711
        unauthorised=forbidden & done,
    )
    return 100 * _careless(world, draft, asked, work)[1]
