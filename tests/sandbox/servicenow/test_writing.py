"""Writing, attachments and batches, as far as clients' own tests need them."""

from __future__ import annotations

import base64
import json

from sandbox.servicenow import SandboxServiceNow, fresh_instance
from tests.sandbox.servicenow.support import Client, served


def test_a_new_row_has_defaults_and_its_address() -> None:
    with SandboxServiceNow(served(1)) as instance:
        client = Client(instance)
        answer = client.session.post(
            f"{client.url}/api/now/table/problem", json={"short_description": "x", "bunk": "y"}, timeout=5
        )
        row = answer.json()["result"]
        assert (answer.status_code, row["short_description"], row["state"]) == (201, "x", "1")
        assert "bunk" not in row
        assert client.session.get(answer.headers["Location"], timeout=5).status_code == 200


def test_a_row_is_changed_and_deleted() -> None:
    with SandboxServiceNow(served(1)) as instance:
        client = Client(instance)
        url = f"{client.url}/api/now/table/incident/{instance.truth('incident')[0]['sys_id']}"
        changed = client.session.patch(url, json={"state": "2"}, timeout=5)
        assert changed.json()["result"]["state"] == "2"
        assert client.session.delete(url, timeout=5).status_code == 204
        assert client.session.get(url, timeout=5).status_code == 404
        assert len(instance.truth("sys_audit_delete")) == 1


def test_a_business_rule_can_refuse_a_value() -> None:
    rule = {"name": "no", "collection": "problem", "abort_action": "true", "filter_condition": "stateIN5,6"}
    with SandboxServiceNow(served(1)) as instance:
        instance.writer.insert("sys_script", rule)
        client = Client(instance)
        url = f"{client.url}/api/now/table/problem"
        assert client.session.post(url, json={"state": "5"}, timeout=5).status_code == 403
        assert client.session.post(url, json={"state": "4"}, timeout=5).status_code == 201


def test_a_file_is_attached_read_and_goes_with_its_row() -> None:
    with SandboxServiceNow(served(1)) as instance:
        client, key = Client(instance), instance.truth("incident")[0]["sys_id"]
        base = f"{client.url}/api/now/v1/attachment"
        where = {"file_name": "a.txt", "table_name": "incident", "table_sys_id": key}
        answer = client.session.post(f"{base}/file", params=where, data=b"words", timeout=5)
        assert client.session.get(answer.headers["Location"], timeout=5).content == b"words"
        listed = client.get("v1/attachment", query=f"table_sys_id={key}").json()["result"]
        assert [entry["file_name"] for entry in listed] == ["a.txt"]
        client.session.delete(f"{client.url}/api/now/table/incident/{key}", timeout=5)
        assert client.get("v1/attachment").json()["result"] == []


def test_a_batch_answers_every_part_in_order() -> None:
    with SandboxServiceNow(served(3)) as instance:
        client = Client(instance)
        urls = ["/api/now/table/incident?sysparm_fields=number", "/api/now/table/nothing"]
        parts = [{"id": f"r{at}", "method": "GET", "url": url, "headers": []} for at, url in enumerate(urls)]
        answer = client.session.post(
            f"{client.url}/api/now/v1/batch", json={"batch_request_id": 7, "rest_requests": parts}, timeout=5
        ).json()
        assert answer["batch_request_id"] == "7"
        done = answer["serviced_requests"]
        assert [(part["id"], part["status_code"]) for part in done] == [("r0", 200), ("r1", 400)]
        assert len(json.loads(base64.b64decode(done[0]["body"]))["result"]) == 3


def test_a_fresh_instance_answers_joins_and_related_lists() -> None:
    with SandboxServiceNow(fresh_instance()) as instance:
        client = Client(instance)
        managers = client.rows("sys_user", query="JOINsys_user.sys_id=sys_user_group.manager!active=true")
        assert len(managers) == 4
        related = "RLQUERYsys_group_has_role.group,>0,m2m^role.nameLIKEadmin^ENDRLQUERY"
        assert len(client.rows("sys_user_group", query=related)) == 4
