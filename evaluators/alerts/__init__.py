"""What somebody has to be told after an assessment, and what not a second time (section 6.10)."""

from evaluators.alerts.book import Alert, Outcome, updated
from evaluators.alerts.finding import Finding, Rule, standing_now
from evaluators.alerts.rules import findings

__all__ = ["Alert", "Finding", "Outcome", "Rule", "findings", "standing_now", "updated"]
