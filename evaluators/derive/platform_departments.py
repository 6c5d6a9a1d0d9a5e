"""Departments that platforms name, for the groups that no pattern of the policy fits (section 6.7)."""

from __future__ import annotations

from dataclasses import replace
from glob import escape

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DEPARTMENTS = """
SELECT id, name, department FROM "group" WHERE department IS NOT NULL ORDER BY source, id
"""


def with_platform_departments(store: EvidenceStore, policy: Policy) -> Policy:
    """Return the policy with a further pattern for each group whose department a platform names.

    Records name a group by its id or by its name; the policy's own patterns come first.
    """
    named: dict[str, str] = {}
    for row in store.query(DEPARTMENTS).to_pylist():
        for group in (row["id"], row["name"]):
            if group:
                named.setdefault(escape(group), row["department"])
    further = {group: name for group, name in named.items() if group not in policy.departments}
    return replace(policy, departments={**policy.departments, **further})
