"""Problems: causes of incidents, with the columns the problem indicators need."""

from __future__ import annotations

from storage.records.build import boolean, identity_type, integer, note, person, seconds, text, timestamp
from storage.records.schema import RecordKind

PROBLEM = RecordKind(
    "problem",
    "A cause, or possible cause, of one or more incidents.",
    (
        timestamp("opened_at", "When it was opened"),
        timestamp("root_cause_at", "When a root cause was first entered"),
        timestamp("known_error_at", "When it was first marked as a known error"),
        timestamp("resolved_at", "When it was last resolved"),
        timestamp("closed_at", "When it was closed"),
        text("state", "State as the platform names it", current=True),
        text("disposition", "Why it does not count: cancelled, duplicate, test or spam; empty otherwise"),
        text("origin", "Where it came from: incident, trend, event, review, vendor …"),
        integer("priority", "Priority, 1 most urgent to 5"),
        integer("impact", "Impact, 1 highest"),
        integer("urgency", "Urgency, 1 highest"),
        boolean("major", "Handled as a major problem"),
        text("category", "Category"),
        text("subcategory", "Subcategory"),
        text("service_id", "Affected service"),
        text("ci_id", "Affected configuration item"),
        text("assignment_group", "Group it is or was last assigned to"),
        person("assignee", "Person it is or was last assigned to"),
        person("created_by", "Identity that created the record"),
        person("resolver", "Identity that resolved it"),
        boolean("known_error", "Marked as a known error", current=True),
        text("root_cause_code", "Root cause as a code"),
        *note("root_cause_note", "Root cause"),
        *note("workaround_note", "Workaround"),
        *note("fix_note", "Fix"),
        text("resolution_code", "How it was resolved: fix applied, risk accepted …"),
        boolean("risk_accepted", "Somebody decided to live with it", current=True),
        text("first_incident_id", "Incident it was first reported by"),
        integer("incident_count", "Incidents linked to it", current=True),
        text("fix_change_id", "Change that fixes it"),
        text("duplicate_of_id", "Problem it repeats"),
        text("knowledge_id", "Article that describes it"),
        text("review_outcome", "Outcome of its review"),
        integer("reassignment_count", "Changes of assignment group"),
        integer("reopen_count", "Times it was reopened"),
        seconds("root_cause_seconds", "First root cause minus opened", "opened_at", "root_cause_at"),
        seconds("resolution_seconds", "Resolved minus opened", "opened_at", "resolved_at"),
        identity_type("creator_type", "created_by"),
        identity_type("resolver_type", "resolver"),
    ),
    tracked=("state", "assignment_group", "assignee", "priority", "known_error", "root_cause_code"),
)
