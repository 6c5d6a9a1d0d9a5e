from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from evaluators.results import IndicatorResult, State
from tests.evaluators.world import World, entry, share

HANDOFFS = "inc-handoff-trend"
SPEED = "inc-resolution-time-trend"
FALLING = [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9]
"""Records with a hand-off of 25 by month: 80 % down to 36 %."""


def month(number: int) -> date:
    """The month that lies `number` months before June 2026."""
    total = 2026 * 12 + 5 - number
    return date(total // 12, total % 12 + 1, 1)


def handoffs(world: World, counts: Sequence[int | None], records: int = 25, ending: int = 1) -> None:
    """Records with hand-off by month; the last one is `ending` months before June 2026, None is no data."""
    for position, count in enumerate(counts):
        if count is not None:
            opened = f"{month(len(counts) - 1 - position + ending)} 09:00"
            world.incidents(count, opened_at=opened, reassignment_count=1)
            world.incidents(records - count, opened_at=opened)


def durations(world: World, minutes: Sequence[float], records: int = 20) -> None:
    for position, length in enumerate(minutes):
        opened = f"{month(len(minutes) - position)} 09:00"
        world.incidents(records, opened_at=opened, lasting=timedelta(minutes=length))


def trend(world: World, name: str = HANDOFFS) -> IndicatorResult:
    result = world.measure(name)
    assert result.measurement.state is State.MEASURED
    return result


def test_falling_hand_offs_are_an_improvement(world: World) -> None:
    # S = 66 of 12 months: z = 65/sqrt(212.7) = 4.46, guarded by phi 0.2 3.64: full score.
    handoffs(world, FALLING)
    result = trend(world)
    assert (result.measurement.value, result.achievement, result.measurement.n) == (100.0, 1.0, 12)
    assert result.measurement.series[0] == ("2025-06", 80.0, 25)
    assert result.measurement.series[-1] == ("2026-05", 36.0, 25)


def test_rising_hand_offs_score_nothing(world: World) -> None:
    handoffs(world, FALLING[::-1])
    assert trend(world).measurement.value == 0.0


def test_standing_still_scores_nothing(world: World) -> None:
    handoffs(world, [15] * 12)
    assert trend(world).measurement.value == 0.0


def test_a_weak_trend_scores_in_part(world: World) -> None:
    # Falling with one exchange in three: S = 12 concordant pairs more than discordant.
    counts = [16, 14, 15, 13, 14, 12, 16, 12, 13, 15, 11, 14]
    handoffs(world, counts)
    value = trend(world).measurement.value
    assert value is not None
    assert 0 < value < 100


def test_faster_resolution_is_an_improvement(world: World) -> None:
    durations(world, [240 - 10 * number for number in range(12)])
    assert trend(world, SPEED).measurement.value == 100.0


def test_slower_resolution_is_none(world: World) -> None:
    durations(world, [120 + 10 * number for number in range(12)])
    assert trend(world, SPEED).measurement.value == 0.0


def test_a_gain_too_small_to_matter_scores_at_most_half(world: World) -> None:
    # A minute in two hours within a year is less than 3 %, however certain.
    durations(world, [120.0] * 12 + [119.0] * 12)
    result = trend(world, SPEED)
    assert result.measurement.value == 50.0
    assert "too small a gain" in result.measurement.reason


def test_a_gain_of_more_than_3_percent_a_year_is_not_capped(world: World) -> None:
    durations(world, [120 * 0.996**number for number in range(24)])
    # 0.4 % a month is 4.7 % a year.
    assert trend(world, SPEED).measurement.value == 100.0


@pytest.mark.parametrize(("months", "state"), [(8, State.INSUFFICIENT_SAMPLE), (9, State.MEASURED)])
def test_nine_of_the_last_twelve_months_are_needed(world: World, months: int, state: State) -> None:
    handoffs(world, FALLING[:months])
    assert world.measure(HANDOFFS).measurement.state is state


def test_months_long_ago_do_not_make_up_for_recent_ones(world: World) -> None:
    handoffs(world, [*FALLING, None, None, None, None, *FALLING[:8]])
    assert world.measure(HANDOFFS).measurement.state is State.INSUFFICIENT_SAMPLE


def test_an_entry_may_ask_for_more_months(world: World) -> None:
    handoffs(world, FALLING[:11])
    measure = {"family": "improvement", "of": share("reassignment_count >= 1"), "better": "down"}
    window = {"months": 24, "of": "resolved_on"}
    for needed, state in ((11, State.MEASURED), (12, State.INSUFFICIENT_SAMPLE)):
        asked = entry(measure, window=window, unit="score", minimum_sample=needed)
        assert world.measure(asked).measurement.state is state


def test_gaps_leave_the_calendar_as_it_is(world: World) -> None:
    handoffs(world, [20, 19, None, 17, 16, None, 14, 13, 12, None, 10, 9])
    found = trend(world).measurement
    assert (found.value, found.n) == (100.0, 9)
    assert [name for name, _, _ in found.series][:3] == ["2025-06", "2025-07", "2025-09"]


def test_months_with_fewer_than_20_records_are_gaps(world: World) -> None:
    handoffs(world, FALLING[:11])
    handoffs(world, [3], records=19)
    assert trend(world).measurement.n == 11


def test_the_month_that_is_not_over_is_left_out(world: World) -> None:
    handoffs(world, FALLING)
    handoffs(world, [25], ending=0)
    assert trend(world).measurement.n == 12


def test_months_before_the_last_24_are_left_out(world: World) -> None:
    handoffs(world, [12] * 30)
    assert trend(world).measurement.n == 24


# First assignment is Fully achieved from 40 + 0.85 x 40 = 74 % on: at most 6 hand-offs of 25.


def test_held_excellence_is_full_score(world: World) -> None:
    handoffs(world, [2] * 12)
    result = trend(world)
    assert result.measurement.value == 100.0
    assert result.measurement.reason.startswith("held at excellence")


@pytest.mark.parametrize("held", [10, 9])
def test_excellence_is_held_for_ten_of_twelve_months(world: World, held: int) -> None:
    handoffs(world, [6] * (held // 2) + [7] * (12 - held) + [6] * (held - held // 2))
    assert (trend(world).measurement.value == 100.0) is (held == 10)


def test_excellence_before_the_last_twelve_months_is_not_held(world: World) -> None:
    handoffs(world, [1] * 12 + [10] * 12)
    assert trend(world).measurement.value == 0.0


def test_excellence_that_is_being_lost_is_not_held(world: World) -> None:
    handoffs(world, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert trend(world).measurement.value == 0.0


def test_the_ceiling_of_speed_is_the_attainment_of_targets(world: World) -> None:
    # F point of 70 -> 95 is 91.25 %; all targets are met at a constant speed.
    for number in range(1, 13):
        world.incidents(20, opened_at=f"{month(number)} 09:00", made_sla=True)
    assert trend(world, SPEED).measurement.value == 100.0


def test_without_evidence_of_the_ceiling_only_improvement_counts(world: World) -> None:
    durations(world, [120] * 12)
    world.lacks("made_sla")
    assert trend(world, SPEED).measurement.value == 0.0
