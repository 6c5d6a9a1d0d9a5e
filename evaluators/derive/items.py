"""Derived columns of configuration items: owners, confirmation, essential facts, discovery."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaluators.derive.names import department_of, matches
from evaluators.measures.base import quoted
from evaluators.policy import Policy
from storage.evidence import relation
from storage.evidence.store import EvidenceStore

MANUAL_SOURCES = ("*manual*", "*spreadsheet*", "*excel*", "*csv*", "*unknown*")
"""Sources of items that do not work by themselves."""
DISCOVERABLE = (
    *(
        "*server*",
        "*computer*",
        "*laptop*",
        "*desktop*",
        "*hardware*",
        "*printer*",
        "*ip_phone*",
        "*appliance*",
    ),
    *("*network*", "*netgear*", "*switch*", "*router*", "*firewall*", "*load?balancer*", "*access?point*"),
    *("*storage*", "*cluster*", "*database*", "*db_instance*", "*vm*", "*virtual*", "*hypervisor*", "*esx*"),
    *("*cloud*", "*container*", "*kubernetes*", "*docker*"),
)
"""Classes that discovery can see, whatever the platform calls them."""


def critical(criticality: str) -> str:
    """Condition that a criticality is the highest of its scale, in the words of common platforms."""
    highest = (
        "^(1([^0-9]|$)|most critical|critical|very high|(mission|business)[ -]?critical|tier ?1([^0-9]|$))"
    )
    return f"COALESCE(regexp_matches(lower(trim({criticality})), '{highest}'), FALSE)"


ITEMS = """
WITH staffed AS (
  SELECT source, id AS name FROM {groups} WHERE active AND active_member_count >= 2
  UNION SELECT source, name FROM {groups} WHERE active AND active_member_count >= 2
), found AS (
  SELECT DISTINCT source, class FROM configuration_item WHERE last_discovered_at IS NOT NULL
)
SELECT i.source, i.id, i.class, i.discovery_source, COALESCE(i.owner_group, i.support_group) AS team,
  COALESCE(i.owner_group, i.support_group, i.class) AS owner_team,
  GREATEST(i.last_discovered_at, i.verified_at, i.changed_by_person_at, i.created_at,
    CASE WHEN {persons_known} AND i.changer_type = 'person' THEN i.updated_at END) AS confirmed_at,
  GREATEST(i.last_discovered_at, i.verified_at) AS checked_at,
  {name} AND {class_} AND {status} AND ({environment} OR {criticality}) AND ({owner_group} OR {support_group})
    AS required_filled,
  o.name IS NOT NULL OR s.name IS NOT NULL AS owner_active,
  {critical} AS critical,
  f.class IS NOT NULL AS found_before
FROM configuration_item AS i
LEFT JOIN staffed AS o ON o.source = i.source AND o.name = i.owner_group
LEFT JOIN staffed AS s ON s.source = i.source AND s.name = i.support_group
LEFT JOIN found AS f ON f.source = i.source AND f.class = i.class
ORDER BY i.source, i.id
"""
"""The last change counts as a person's only where the identity lists tell persons from machines."""


def derive_items(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what an item's own fields and its groups say."""
    names = ("name", "status", "environment", "criticality", "owner_group", "support_group")
    query = ITEMS.format(
        groups=relation("group"),
        persons_known="FALSE" if policy.automation is None else "TRUE",
        class_=filled("class", policy),
        critical=critical("i.criticality"),
        **{name: filled(name, policy) for name in names},
    )
    rows = store.query(query)
    source, class_ = rows.column("discovery_source"), rows.column("class")
    automatic = source.is_valid().to_numpy() & ~matches(source, MANUAL_SOURCES)
    discoverable = matches(class_, DISCOVERABLE) | np.asarray(rows.column("found_before"), dtype=np.bool_)
    rows = rows.append_column("department", department_of(rows.column("team"), policy.departments))
    rows = rows.append_column("found_automatically", pa.array(automatic))
    rows = rows.append_column("discoverable", pa.array(discoverable))
    return rows.drop_columns(["class", "discovery_source", "team", "found_before"])


def filled(column: str, policy: Policy) -> str:
    """Condition that a column holds more than a form default of the policy."""
    defaults = policy.field_defaults.get(f"configuration_item.{column}", ())
    usual = f" AND i.{column} NOT IN ({', '.join(map(quoted, defaults))})" if defaults else ""
    return f"(i.{column} IS NOT NULL{usual})"
