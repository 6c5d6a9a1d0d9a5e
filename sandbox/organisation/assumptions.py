"""What is assumed of the practices beside incident management: one middle quality, all in one place.

Shares are 0-1, volumes are per incident, durations in seconds (medians of log-normal ones).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.organisation.clock import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class ProblemAssumptions:
    """Problems; those of incidents come from the incidents, the others are found before they hurt."""

    proactive: float = 0.005
    opened_after: int = 2 * DAY
    root_cause_found: float = 0.85
    root_cause_after: int = 12 * DAY
    known_error: float = 0.55
    workaround: float = 0.7
    fixed: float = 0.75
    risk_accepted: float = 0.15
    resolved_after: int = 35 * DAY
    fix_through_change: float = 0.7
    with_article: float = 0.45
    uncounted: float = 0.04
    service_known: float = 0.9


@dataclass(frozen=True)
class ChangeAssumptions:
    """Changes; risk is 1 (highest) to 4."""

    volume: float = 0.3
    standard: float = 0.42
    emergency: float = 0.08
    lead: tuple[int, int, int] = (9 * DAY, 3 * DAY, 5 * HOUR)
    """Normal, standard, emergency."""
    duration: int = 2 * HOUR
    approved_late: float = 0.05
    emergency_approved_late: float = 0.35
    never_approved: float = 0.03
    in_window: float = 0.78
    window_missing: float = 0.07
    failure_by_risk: tuple[float, float, float, float] = (0.2, 0.14, 0.08, 0.05)
    failing_causes_incident: float = 0.6
    incident_within: int = 48 * HOUR
    cancelled: float = 0.04
    automated: float = 0.15
    incident_fix: float = 0.15
    """Share of urgent incidents that an emergency change fixes."""
    item_known: float = 0.93


@dataclass(frozen=True)
class ReleaseAssumptions:
    """Releases of products, each with changes."""

    volume: float = 0.0075
    products: int = 25
    length: int = 40 * DAY
    most_changes: int = 7
    cancelled: float = 0.04
    hotfix: float = 0.1
    on_time: float = 0.7
    late_by: int = 5 * DAY
    tested: float = 0.75
    failed: float = 0.08
    rolled_back: float = 0.06
    model: float = 0.65


@dataclass(frozen=True)
class ItemAssumptions:
    """Configuration items and their relationships."""

    volume: float = 0.2
    relationships: float = 0.45
    services_mapped: float = 0.85
    critical_services: float = 0.3
    discovered: float = 0.8
    discovered_lately: float = 0.85
    verified: float = 0.55
    owned: float = 0.85
    supported: float = 0.9
    attribute_known: float = 0.93
    duplicate: float = 0.02
    duplicate_marked: float = 0.5
    retired: float = 0.06
    new: float = 0.2


@dataclass(frozen=True)
class MonitoringAssumptions:
    """Alerts, and events as a count by day and, of the last week, one by one."""

    volume: float = 0.5
    incidents_from_alerts: float = 0.95
    """Share of the incidents of channel monitoring that an alert led to."""
    urgent_detected: float = 0.3
    """Share of the other urgent incidents that an alert preceded."""
    grouped: float = 0.15
    bound: float = 0.88
    acknowledged: float = 0.8
    acknowledged_after: int = 9 * MINUTE
    remediated: float = 0.06
    maintenance: float = 0.04
    work_recorded: float = 0.12
    events_by_alert: float = 5.0
    ignored_by_alert: float = 2.5
    heartbeats_by_service: int = 288


@dataclass(frozen=True)
class RequestAssumptions:
    """Request items from the catalogue."""

    volume: float = 0.75
    cart: float = 0.2
    """Share of items ordered together with the one before."""
    duration_of_target: float = 0.55
    """Median of the time to fulfil, in targets of the item."""
    approval_wait: int = 7 * HOUR
    rejected: float = 0.03
    cancelled: float = 0.03
    reassigned: float = 0.12
    reopened: float = 0.02


@dataclass(frozen=True)
class KnowledgeAssumptions:
    """Articles and their uses."""

    articles: float = 0.02
    retired: float = 0.06
    flagged: float = 0.04
    owner_known: float = 0.85
    linked: float = 0.35
    """Share of the resolved incidents with a fitting article that it is linked to."""
    solved: float = 0.6
    """Share of these that the article solved."""
    views: float = 0.3
    voted: float = 0.12
    helpful: float = 0.75
    from_incident: float = 0.3


@dataclass(frozen=True)
class FeedbackAssumptions:
    """Surveys, and outages of the most urgent incidents."""

    surveyed: float = 0.2
    answered: float = 0.35
    degraded: float = 0.3
    outage_recorded: float = 0.95


@dataclass(frozen=True)
class Assumptions:
    """All of them; the incident records are the same whatever is assumed here, but for the links."""

    problems: ProblemAssumptions = field(default_factory=ProblemAssumptions)
    changes: ChangeAssumptions = field(default_factory=ChangeAssumptions)
    releases: ReleaseAssumptions = field(default_factory=ReleaseAssumptions)
    items: ItemAssumptions = field(default_factory=ItemAssumptions)
    monitoring: MonitoringAssumptions = field(default_factory=MonitoringAssumptions)
    requests: RequestAssumptions = field(default_factory=RequestAssumptions)
    knowledge: KnowledgeAssumptions = field(default_factory=KnowledgeAssumptions)
    feedback: FeedbackAssumptions = field(default_factory=FeedbackAssumptions)
