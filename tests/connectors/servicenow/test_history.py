"""History: a field that was emptied changed to nothing, and each row of it is counted once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.servicenow import SandboxServiceNow, sys_id
from storage.evidence.store import Record
from tests.connectors.servicenow.support import (
    DAY,
    Store,
    connect,
    held,
    instance_tables,
    sandbox,
    text,
    truth,
)

LATER = timedelta(minutes=30)
FIRST = sys_id("incident", "INC1")


def metric(instance: SandboxServiceNow, field: str) -> dict[str, str]:
    """Return the last value of a field of the first incident."""
    rows = [row for row in instance.truth("metric_instance") if (row["id"], row["field"]) == (FIRST, field)]
    return max(rows, key=lambda row: row["start"])


def end(instance: SandboxServiceNow, field: str) -> str:
    """End the value that a field has now, and return when."""
    now = instance.clock.text()
    instance.writer.update("metric_instance", metric(instance, field)["sys_id"], {"end": now})
    return now


def begin(instance: SandboxServiceNow, like: dict[str, str], start: str) -> str:
    """Begin the same value again, and return the row's identifier."""
    named = {name: like[name] for name in ("id", "definition", "field", "field_value", "value")}
    return instance.writer.insert("metric_instance", named | {"start": start, "end": ""})["sys_id"]


def sync(instance: SandboxServiceNow, store: Store, **changes: Any) -> None:
    instance.clock.advance(LATER)
    store.readings.clear()
    store.sync(connect(instance, store.ids, **changes), "transition")


def story(store: Store, field: str) -> list[Record]:
    """Return what changed of a field of the first incident, in order."""
    own = [one for one in store.records["transition"].values() if one.values["record_id"] == FIRST]
    return sorted(
        (one for one in own if one.values["field"] == field), key=lambda one: str(one.values["sequence"])
    )


def test_a_field_that_was_emptied_changed_to_nothing() -> None:
    with sandbox() as instance:
        store = Store()
        sync(instance, store)
        at = end(instance, "assigned_to")
        sync(instance, store)
        given, emptied = story(store, "assignee")
        assert emptied.values["old_value"] == given.values["new_value"] is not None
        assert emptied.values["new_value"] is None
        assert text(emptied.values["at"]) == at  # type: ignore[arg-type]


def test_a_field_that_is_filled_again_was_empty_before() -> None:
    with sandbox() as instance:
        store, row = Store(), metric(instance, "assigned_to")
        end(instance, "assigned_to")
        sync(instance, store)
        begin(instance, row, instance.clock.text())
        sync(instance, store)
        values = [one.values["new_value"] for one in story(store, "assignee")]
        assert [one.values["old_value"] for one in story(store, "assignee")] == [None, values[0], None]
        assert values[1] is None
        assert values[0] == values[2]


def test_a_value_that_another_one_follows_was_not_emptied() -> None:
    with sandbox() as instance:
        store, row = Store(), metric(instance, "assigned_to")
        at = end(instance, "assigned_to")
        sync(instance, store)
        assert len(story(store, "assignee")) == 2
        late = begin(instance, row, at)
        sync(instance, store)
        assert [one.id for one in story(store, "assignee")] == [row["sys_id"], late]


def test_where_values_end_with_their_record_nothing_was_emptied() -> None:
    with sandbox() as instance:
        store = Store()
        for field in ("state", "assigned_to", "assignment_group"):
            end(instance, field)
        sync(instance, store)
        assert held(store, "transition") == truth(instance, "metric_instance")


def test_a_comparison_of_identifiers_keeps_what_was_emptied() -> None:
    with sandbox() as instance:
        store = Store()
        end(instance, "assigned_to")
        sync(instance, store)
        instance.clock.advance(8 * DAY)
        sync(instance, store)
        assert len(store.readings) == 1
        assert len(story(store, "assignee")) == 2


def test_whoever_emptied_a_field_is_known() -> None:
    with sandbox() as instance:
        store = Store()
        told = {"tablename": "incident", "documentkey": FIRST, "fieldname": "assigned_to"}
        at = end(instance, "assigned_to")
        instance.tables.add(
            "sys_audit",
            [told | {"sys_id": sys_id("sys_audit", "1"), "user": "svc_monitor", "sys_created_on": at}],
        )
        sync(instance, store, audit=True)
        assert str(story(store, "assignee")[-1].values["actor"]).startswith("automation:")


def test_rows_that_are_looked_at_again_for_what_went_before_are_not_counted_twice() -> None:
    day = date(2026, 1, 15)
    with sandbox(instance_tables(1500)) as instance:
        store = Store()
        store.sync(connect(instance, oldest=day), "transition")
        wanted = {name: at for name, at in truth(instance, "metric_instance").items() if at >= str(day)}
        ((_, reading),) = store.readings
        assert reading.counted == reading.received == len(wanted)
        assert held(store, "transition") == wanted


def test_all_windows_together_count_what_is_there() -> None:
    with sandbox(instance_tables(1500)) as instance:
        store = Store()
        store.sync(connect(instance, window_rows=1000), "transition")
        assert len(store.readings) > 3
        counted = sum(reading.counted or 0 for _, reading in store.readings)
        assert counted == len(truth(instance, "metric_instance"))
