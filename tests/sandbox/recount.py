"""Counts the sixteen indicators from the records alone: plain loops, nothing of the product's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import log, sqrt
from statistics import median

from sandbox.organisation import Organisation

Row = Mapping[str, str | int | None]
RESPONSE = {1: 0.5, 2: 2.0, 3: 8.0, 4: 8.0, 5: 8.0}
CELLS = {(1, 1): 1, (1, 2): 2, (2, 1): 2, (1, 3): 3, (2, 2): 3, (3, 1): 3, (2, 3): 4, (3, 2): 4, (3, 3): 5}
DAY = timedelta(days=1)


def moment(cell: object) -> datetime | None:
    return datetime.fromisoformat(cell) if isinstance(cell, str) else None


def known(cell: object) -> datetime:
    found = moment(cell)
    assert found is not None
    return found


def number(cell: object) -> int:
    assert isinstance(cell, int)
    return cell


def is_person(name: object) -> bool:
    return isinstance(name, str) and not name.startswith("svc_") and name != "import.user"


def business_hours(start: datetime, end: datetime) -> float:
    total, day = 0.0, start.date()
    while day <= end.date():
        if day.weekday() < 5:
            opens = datetime.combine(day, time(8), UTC)
            closes = datetime.combine(day, time(18), UTC)
            total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
        day += DAY
    return total / 3600


class Recount:
    """The organisation's records, those that count (X0), and the figures."""

    def __init__(self, organisation: Organisation, until: date) -> None:
        self.until = datetime.combine(until, time(0), UTC)
        self.every: list[Row] = list(organisation.incidents.rows())
        self.changes: dict[object, list[Row]] = defaultdict(list)
        for change in organisation.transitions.rows():
            self.changes[change["record_id"]].append(change)
        self.clocks: list[Row] = list(organisation.service_levels.rows())
        self.incidents = [row for row in self.every if self._counts(row)]
        self.resolved = [row for row in self.incidents if row["resolved_at"] is not None]

    def _counts(self, row: Row) -> bool:
        if row["disposition"] or row["parent_id"] or row["created_by"] == "import.user":
            return False
        if row["caller"] is not None or row["resolved_at"] is None:
            return True
        return known(row["resolved_at"]) - known(row["opened_at"]) >= timedelta(minutes=5)

    def within(self, rows: Iterable[Row], column: str, days: float, until_days: float = 0) -> list[Row]:
        since, until = self.until - days * DAY, self.until - until_days * DAY
        return [row for row in rows if since <= known(row[column]) < until]

    def values(self) -> dict[str, float]:
        return {name: figure(self) for name, figure in FIGURES.items()}


def share(rows: list[Row], test: Callable[[Row], bool]) -> float:
    return 100 * sum(map(test, rows)) / len(rows)


def response(count: Recount) -> float:
    rows = count.within(count.incidents, "opened_at", 90)
    ages = {1: 1, 2: 1}
    due = [
        row
        for row in rows
        if count.until - known(row["opened_at"]) > ages.get(number(row["priority"]), 5) * DAY
    ]

    def in_time(row: Row) -> bool:
        at = moment(row["acknowledged_at"])
        return (
            at is not None
            and business_hours(known(row["opened_at"]), at) <= RESPONSE[number(row["priority"])]
        )

    return share(due, in_time)


def finished(count: Recount) -> float:
    rows = count.within(count.incidents, "opened_at", 120, 30)

    def done(row: Row) -> bool:
        end = moment(row["resolved_at"])
        return end is not None and end - known(row["opened_at"]) <= 30 * DAY

    return share(rows, done)


def filled(row: Row) -> float:
    note = row["resolution_note"]
    items = (
        row["service_id"] or row["ci_id"],
        row["category"],
        row["priority"],
        row["assignment_group"],
        row["resolver"],
        row["close_code"] or (isinstance(note, str) and len(note) >= 20),
    )
    return sum(map(bool, items)) / len(items)


def completeness(count: Recount) -> float:
    rows = count.within(count.resolved, "resolved_at", 90)
    return 100 * sum(map(filled, rows)) / len(rows)


def dependence(count: Recount) -> float:
    cells: dict[object, Counter[object]] = defaultdict(Counter)
    for row in count.within(count.resolved, "resolved_at", 180):
        if is_person(row["resolver"]):
            cells[row["assignment_group"], row["category"]][row["resolver"]] += 1
    large = [people for people in cells.values() if people.total() >= 10]
    owned = [people for people in large if max(people.values()) > 0.8 * people.total()]
    return 100 * sum(p.total() for p in owned) / sum(p.total() for p in large)


def covered(count: Recount) -> float:
    attached: dict[object, datetime] = {
        clock["record_id"]: known(clock["started_at"])
        for clock in count.clocks
        if clock["target"] == "resolution" and not clock["cancelled"]
    }
    rows = count.within(count.incidents, "opened_at", 90)

    def soon(row: Row) -> bool:
        at = attached.get(row["id"])
        return at is not None and at - known(row["opened_at"]) <= timedelta(hours=1)

    return share(rows, soon)


def by_matrix(count: Recount) -> float:
    rows = count.within(count.incidents, "opened_at", 90)
    return share(rows, lambda row: CELLS[number(row["impact"]), number(row["urgency"])] == row["priority"])


def by_mode(count: Recount) -> float:
    rows = count.within(count.incidents, "opened_at", 90)
    cells: dict[object, Counter[object]] = defaultdict(Counter)
    for row in rows:
        cells[row["impact"], row["urgency"]][row["priority"]] += 1
    return 100 * sum(max(cell.values()) for cell in cells.values()) / len(rows)


def teams_of(rows: list[Row]) -> dict[object, list[Row]]:
    teams: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        teams[row["assignment_group"]].append(row)
    return {team: own for team, own in teams.items() if len(own) >= 30}


def consistent_records(count: Recount) -> float:
    rows = count.within(count.resolved, "resolved_at", 90)
    teams = {team: [filled(row) for row in own] for team, own in teams_of(rows).items()}
    means = {team: sum(own) / len(own) for team, own in teams.items()}
    volume, half = 0, sum(map(len, teams.values())) / 2
    middle = 0.0
    for team in sorted(teams, key=lambda name: means[name]):
        volume += len(teams[team])
        if volume >= half:
            middle = means[team]
            break
    reference = max(sum(map(filled, rows)) / len(rows), middle)

    def upper(own: list[float], mean: float) -> float:
        spread = sum((value - mean) ** 2 for value in own) / len(own)
        return mean + 1.96 * sqrt(spread / len(own))

    good = sum(len(own) for team, own in teams.items() if upper(own, means[team]) >= reference - 0.1)
    return 100 * good / sum(map(len, teams.values()))


def ratios(rows: list[Row]) -> dict[object, float]:
    """ln(observed/expected) by incident, expected by priority × category, else by priority."""
    logs = {
        row["id"]: log(max(60.0, (known(row["resolved_at"]) - known(row["opened_at"])).total_seconds()))
        for row in rows
    }
    strata: dict[object, list[float]] = defaultdict(list)
    for row in rows:
        strata[row["priority"]].append(logs[row["id"]])
        strata[row["priority"], row["category"]].append(logs[row["id"]])
    usual = {stratum: median(values) for stratum, values in strata.items()}

    def stratum(row: Row) -> object:
        fine = (row["priority"], row["category"])
        return fine if len(strata[fine]) >= 20 else row["priority"]

    return {row["id"]: logs[row["id"]] - usual[stratum(row)] for row in rows}


def consistent_speed(count: Recount) -> float:
    rows = count.within(count.resolved, "resolved_at", 90)
    ratio = ratios(rows)
    good = tested = 0
    for own in teams_of(rows).values():
        values = sorted(ratio[row["id"]] for row in own)
        rank = max(1, -int(-(len(values) / 2 - 0.98 * sqrt(len(values))) // 1))
        tested += len(own)
        good += len(own) * (values[rank - 1] <= log(1.5))
    return 100 * good / tested


def attainment(count: Recount) -> float:
    broken: dict[object, bool] = {}
    for clock in count.clocks:
        if clock["target"] == "resolution" and not clock["cancelled"]:
            broken[clock["record_id"]] = bool(clock["breached"])
    strata: dict[int, list[bool]] = defaultdict(list)
    for row in count.within(count.resolved, "resolved_at", 90):
        if row["id"] in broken:
            strata[min(4, number(row["priority"]))].append(not broken[row["id"]])
    weights = {part: {1: 4, 2: 3, 3: 2, 4: 1}[part] for part, met in strata.items() if len(met) >= 10}
    kept = sum(weight * sum(strata[part]) / len(strata[part]) for part, weight in weights.items())
    return 100 * kept / sum(weights.values())


def weekly_medians(count: Recount) -> list[float]:
    """The last 52 complete ISO weeks."""
    monday = count.until - count.until.weekday() * DAY
    rows = [row for row in count.resolved if monday - 364 * DAY <= known(row["resolved_at"]) < monday]
    ratio = ratios(rows)
    weeks: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        weeks[(monday - known(row["resolved_at"]) - timedelta(seconds=1)).days // 7].append(ratio[row["id"]])
    return [median(weeks[week]) for week in sorted(weeks, reverse=True)]


def in_control(count: Recount) -> float:
    series = weekly_medians(count)
    base, judged = series[: len(series) // 2], series[len(series) // 2 :]
    centre = median(base)
    sigma = median(abs(b - a) for a, b in pairwise(base)) / 0.954
    bad = {place for place, value in enumerate(judged) if value > centre + 3 * sigma}
    run: list[int] = []
    for place, value in enumerate([*judged, centre]):
        if value > centre:
            run.append(place)
        else:
            bad |= set(run) if len(run) >= 8 else set()
            run = []
    return 100 * (1 - len(bad) / len(judged))


def first_time(count: Recount) -> float:
    rows = [row for row in count.within(count.resolved, "resolved_at", 90) if row["channel"] != "monitoring"]
    return share(rows, lambda row: row["reassignment_count"] == 0 and row["reopen_count"] == 0)


def bounced(count: Recount) -> float:
    def returned(row: Row) -> bool:
        path = [c["new_value"] for c in count.changes[row["id"]] if c["field"] == "assignment_group"]
        return len(set(path)) < len(path)

    return share(count.within(count.resolved, "resolved_at", 90), returned)


def automated(count: Recount) -> float:
    on_item: dict[object, list[tuple[datetime, object]]] = defaultdict(list)
    for row in count.every:
        if row["ci_id"]:
            on_item[row["ci_id"]].append((known(row["opened_at"]), row["id"]))

    def alone(row: Row) -> bool:
        opened, end = known(row["opened_at"]), known(row["resolved_at"])
        touched = any(
            is_person(change["actor"]) and opened <= known(change["at"]) <= end
            for change in count.changes[row["id"]]
        )
        again = any(end < at <= end + 7 * DAY for at, other in on_item[row["ci_id"]] if other != row["id"])
        robot = str(row["resolver"]).startswith("svc_")
        return robot and not touched and not again and row["reopen_count"] == 0

    return share(count.within(count.resolved, "resolved_at", 90), alone)


def stays_fixed(count: Recount) -> float:
    def urgent(row: Row) -> bool:
        return bool(row["major"]) or number(row["priority"]) <= 2

    later: dict[object, list[Row]] = defaultdict(list)
    for row in (row for row in count.incidents if urgent(row)):
        later[row["service_id"]].append(row)

    def fixed(row: Row) -> bool:
        end = known(row["resolved_at"])
        return not any(
            end < known(other["opened_at"]) <= end + 90 * DAY
            and (
                (row["close_code"] is not None and other["close_code"] == row["close_code"])
                or (row["problem_id"] is not None and other["problem_id"] == row["problem_id"])
            )
            for other in later[row["service_id"]]
        )

    return share([row for row in count.within(count.resolved, "resolved_at", 365, 90) if urgent(row)], fixed)


def improvement(series: list[float], least: float) -> float:
    """Score of a monthly series of which lower is better (section 5.6)."""
    n = len(series)
    s = sum((b < a) - (b > a) for i, a in enumerate(series) for b in series[i + 1 :])
    z = (s - (s > 0) + (s < 0)) / sqrt(n * (n - 1) * (2 * n + 5) / 18)
    slope = median((b - a) / (j - i) for i, a in enumerate(series) for j, b in enumerate(series) if j > i)
    rest = [value - slope * i for i, value in enumerate(series)]
    mean = sum(rest) / n
    phi = sum((a - mean) * (b - mean) for a, b in pairwise(rest)) / sum((a - mean) ** 2 for a in rest)
    phi = min(0.7, max(0.2, phi + (1 + 4 * phi) / n))
    score = min(100.0, max(0.0, 100 * z / sqrt((1 + phi) / (1 - phi)) / 1.645))
    return score if -12 * slope >= least else min(50.0, score)


def monthly(count: Recount, figure: Callable[[list[Row]], float]) -> list[float]:
    months: dict[str, list[Row]] = defaultdict(list)
    for row in count.resolved:
        months[str(row["resolved_at"])[:7]].append(row)
    months.pop(count.until.isoformat()[:7], None)
    return [figure(months[month]) for month in sorted(months)[-24:]]


def faster(count: Recount) -> float:
    ratio = ratios(count.resolved)
    series = monthly(count, lambda rows: median(ratio[row["id"]] for row in rows))
    return improvement(series, log(1.03))


def handed_on_less(count: Recount) -> float:
    series = monthly(count, lambda rows: share(rows, lambda row: number(row["reassignment_count"]) > 0))
    return improvement(series, 1.5)


FIGURES: dict[str, Callable[[Recount], float]] = {
    "inc-response-within-target": response,
    "inc-resolved-within-30-days": finished,
    "inc-record-completeness": completeness,
    "inc-single-person-dependence": dependence,
    "inc-sla-coverage": covered,
    "inc-priority-model-conformance": by_mode,
    "inc-team-record-consistency": consistent_records,
    "inc-team-resolution-consistency": consistent_speed,
    "inc-sla-attainment": attainment,
    "inc-resolution-in-control": in_control,
    "inc-first-assignment-resolution": first_time,
    "inc-ping-pong-rate": bounced,
    "inc-automated-resolution": automated,
    "inc-major-incident-non-recurrence": stays_fixed,
    "inc-resolution-time-trend": faster,
    "inc-handoff-trend": handed_on_less,
}
