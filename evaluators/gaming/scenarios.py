"""The twelve scenarios as data: what each is called, which indicators it flatters, and its limits.

They are the nine of section 5.8, and of the adversarial family (section 8.1) and the counter-checks
(section 7) forced links, back-dated changes and cancelled late requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Limits = Mapping[str, float]


@dataclass(frozen=True)
class Limit:
    """One number that decides whether a pattern is named; all are the authors' judgement so far."""

    name: str
    value: float
    doc: str
    expert_default: bool = True


@dataclass(frozen=True)
class Scenario:
    """One way to look better than one is."""

    id: str
    title: str
    indicators: tuple[str, ...]
    """Indicators that it touches, by id."""
    limits: tuple[Limit, ...]
    beside: tuple[str, ...] = ()
    """Indicators that are measured again without the suspect records, where the counter-check says so."""

    def in_force(self, own: Limits = MappingProxyType({})) -> dict[str, float]:
        """Return the limits by name, with `own` in place of the shipped ones."""
        return {limit.name: own.get(limit.name, limit.value) for limit in self.limits}


def _rise(points: float, times: float, alone: float = 0.4, least: int = 20) -> tuple[Limit, ...]:
    """Limits of a share that rises above the organisation's own past."""
    return (
        Limit("least", least, "suspect records in the last 90 days, at least"),
        Limit("points", points, "rise of their share over the organisation's own past (1 = all)"),
        Limit("times", times, "share now over share before"),
        Limit("sigma", 4, "standard errors of the rise, with the past's own spread between weeks"),
        Limit("past", 100, "records before the 90 days without which there is no past to compare with"),
        Limit("alone", alone, "share that is named where there is no past"),
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "closure-burst",
        "Closure bursts",
        (
            "inc-resolved-within-30-days",
            "inc-resolution-in-control",
            "slm-attainment-in-control",
            "inc-resolution-time-trend",
        ),
        (
            Limit("a_day", 20, "closures by one person on one day, at least"),
            Limit("medians", 5, "closures over the median day, of that person before the 90 days and of all"),
            *_rise(points=0.01, times=2, alone=0.25),
        ),
        ("inc-resolved-within-30-days",),
    ),
    Scenario(
        "priority-downgrade",
        "Priorities lowered after opening",
        (
            "inc-sla-attainment",
            "inc-priority-model-conformance",
            "slm-attainment",
            "slm-urgent-target-coverage",
            "prb-major-incident-coverage",
            "inc-response-within-target",
        ),
        _rise(points=0.02, times=2, alone=0.2),
        ("inc-sla-attainment",),
    ),
    Scenario(
        "pause-abuse",
        "Clocks paused to keep a target",
        ("inc-sla-attainment", "slm-attainment", "slm-pause-share", "slm-attainment-trend"),
        (
            Limit("paused_points", 0.05, "rise of the share of open time that is paused"),
            Limit(
                "paused_deviations",
                1.5,
                "median absolute deviations (× 1.4826) of weeks above the usual week",
            ),
            Limit("met_sigma", 3, "standard errors by which attainment rises with it"),
            *_rise(points=0.03, times=2, alone=0.4),
        ),
        ("slm-attainment",),
    ),
    Scenario(
        "category-other",
        "Fields filled with 'Other'",
        (
            "inc-record-completeness",
            "inc-team-record-consistency",
            "slm-service-identified",
            "knw-demand-coverage",
            "prb-repeat-incident-coverage",
        ),
        _rise(points=0.1, times=2, alone=0.5),
    ),
    Scenario(
        "same-resolution-text",
        "The same resolution text on unlike incidents",
        ("inc-record-completeness", "inc-team-record-consistency"),
        (
            Limit("length", 20, "characters from which a text counts"),
            Limit("categories", 3, "different categories of the incidents with that text, at least"),
            Limit("one_category", 0.7, "share of its most usual category, at most"),
            Limit("least", 20, "incidents with that text in the last 90 days"),
            Limit("share", 0.05, "share of all texts"),
            Limit("times", 3, "share now over share before"),
            Limit("past", 100, "texts before the 90 days without which there is no past to compare with"),
            Limit("alone", 0.2, "share that is named where there is no past"),
        ),
    ),
    Scenario(
        "edits-after-stop",
        "Clocks changed after they stopped",
        ("slm-clock-validity", "inc-sla-attainment", "slm-attainment", "slm-department-consistency"),
        _rise(points=0.02, times=1.3, alone=0.3),
        ("slm-attainment",),
    ),
    Scenario(
        "group-splitting",
        "Teams split into ones too small to be tested",
        (
            "inc-team-record-consistency",
            "inc-team-resolution-consistency",
            "chg-team-authorisation-consistency",
            "mon-team-response-consistency",
            "req-team-fulfilment-consistency",
            "inc-single-person-dependence",
        ),
        (
            Limit("small", 30, "records in 90 days below which a team is not tested alone (method D)"),
            Limit("groups", 3, "new small groups, at least"),
            Limit("points", 0.1, "rise of the share of the volume in small groups"),
            Limit("new", 0.5, "share of the volume in small groups that new groups hold"),
            Limit("volume", 300, "resolved incidents in 90 days, at least"),
            Limit("history", 180, "days of records before the last 90, without which every group is new"),
        ),
    ),
    Scenario(
        "survey-drop",
        "Fewer or choosier surveys",
        ("req-satisfaction", "slm-satisfaction-trend", "slm-experience-gap", "req-lead-time-trend"),
        (
            Limit("fall", 0.5, "share of the usual surveys that is missing, at least"),
            Limit("least", 15, "surveys that are missing, at least"),
            Limit("sigma", 4, "standard errors of the fall, with the past's own spread between weeks"),
            Limit("past", 100, "tickets before the 90 days without which there is no past to compare with"),
        ),
    ),
    Scenario(
        "bulk-links",
        "Links added in bulk shortly before the assessment",
        (
            "prb-repeat-incident-coverage",
            "prb-major-incident-coverage",
            "knw-link-rate",
            "knw-use-share",
            "chg-incident-linkage-recall",
            "rel-deployment-change-linkage",
        ),
        (
            Limit("days", 30, "days before the assessment"),
            Limit("late", 1, "days after the end of a ticket from which a link is late"),
            Limit("least", 20, "late links, at least"),
            Limit("linked", 0.8, "share of the records changed in one hour that have a link, at least"),
            Limit("elsewhere", 0.5, "share of all other records with that link, at most of the above"),
            Limit("points", 0.1, "share of the links of these days that are late, above the share before"),
        ),
        ("prb-repeat-incident-coverage", "knw-link-rate"),
    ),
    Scenario(
        "forced-links",
        "One article on unrelated tickets",
        ("knw-link-rate", "knw-use-share", "knw-link-rate-trend", "knw-link-benefit"),
        (
            Limit("share", 0.15, "share of a group's tickets with the same article (knw-link-rate)"),
            Limit("least", 20, "tickets with that article, at least"),
            Limit("categories", 3, "different categories of these tickets, at least"),
            Limit("one_category", 0.6, "share of their most usual category, at most"),
        ),
        ("knw-link-rate",),
    ),
    Scenario(
        "back-dated-changes",
        "Changes dated before they were recorded",
        ("chg-authorised-before-start", "chg-team-authorisation-consistency", "chg-schedule-adherence"),
        _rise(points=0.03, times=2, alone=0.1, least=10),
        ("chg-authorised-before-start",),
    ),
    Scenario(
        "cancelled-late-requests",
        "Late requests cancelled instead of fulfilled",
        ("req-fulfilled-within-30-days", "req-on-time-fulfilment", "req-fulfilment-predictability"),
        _rise(points=0.02, times=3, alone=0.1),
    ),
)
BY_NAME: Mapping[str, Scenario] = MappingProxyType({scenario.id: scenario for scenario in SCENARIOS})
