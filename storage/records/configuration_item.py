"""Configuration items, with the columns the configuration indicators need."""

from __future__ import annotations

from storage.records.build import boolean, identity_type, person, text, timestamp
from storage.records.schema import RecordKind

CONFIGURATION_ITEM = RecordKind(
    "configuration_item",
    "A component that is managed to deliver a service; services are configuration items too.",
    (
        text("name", "Name", current=True),
        text("class", "Class", current=True),
        text("status", "Status as the platform names it", current=True),
        boolean("operational", "In operation", current=True),
        boolean("service", "It is a service", current=True),
        text("environment", "Environment: production, test …", current=True),
        text("criticality", "Business criticality", current=True),
        text("location", "Location", current=True),
        text("model", "Model", current=True),
        text("support_group", "Group that supports it", current=True),
        text("owner_group", "Group that owns or manages it", current=True),
        person("owner", "Person who owns it", current=True),
        text("serial_number", "Serial number", current=True),
        text("host_name", "Fully qualified host name", current=True),
        text("ip_address", "Network address", current=True),
        text("cloud_id", "Identifier at the cloud provider", current=True),
        text("correlation_id", "Identifier in the system it comes from", current=True),
        text("duplicate_of_id", "Configuration item it duplicates", current=True),
        text("discovery_source", "What found or imported it", current=True),
        boolean("controlled", "Its attributes are under change control", current=True),
        timestamp("created_at", "When the record was created"),
        timestamp("first_discovered_at", "When it was first found"),
        timestamp("last_discovered_at", "When it was last found", current=True),
        timestamp("verified_at", "When it was last audited, certified or attested", current=True),
        timestamp("changed_by_person_at", "When a person last changed it", current=True),
        timestamp("retired_at", "When it went out of operation"),
        person("created_by", "Identity that created the record"),
        person("changed_by", "Identity that last changed it", current=True),
        identity_type("creator_type", "created_by"),
        identity_type("changer_type", "changed_by", current=True),
    ),
    tracked=("status", "environment", "criticality", "support_group", "owner_group", "owner", "model"),
)
