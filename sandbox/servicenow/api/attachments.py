"""The Attachment API: files beside rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.api.reading import DEFAULT_LIMIT, NOT_FOUND
from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.store import Row
from sandbox.serving.exchange import Reply, answer

TABLE = "sys_attachment"


class Attachments:
    """Files by the sys_id of their row in sys_attachment."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._files: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.method == "POST" and request.name == "file":
            return self._upload(request)
        if not request.name:
            return self._list(request)
        row = self._instance.tables.row(TABLE, request.name)
        if row is None:
            return failure(404, *NOT_FOUND)
        if request.method == "DELETE":
            self._instance.writer.delete(TABLE, request.name, audited=False)
            return Reply(204)
        if request.part == "file":
            return self._download(row)
        return answer(200, {"result": self._shown(row)})

    def _list(self, request: Request) -> Reply:
        text = request.parameters.get("sysparm_query", "")
        found = self._instance.selector.find(TABLE, text, self._instance.context())
        limit = request.integer("sysparm_limit", DEFAULT_LIMIT)
        rows = [self._shown(row) for row in found.page(request.integer("sysparm_offset", 0), limit)]
        reply = Reply(200, orjson.dumps({"result": rows}), rows=rows)
        reply.headers["X-Total-Count"] = str(len(found))
        return reply

    def _upload(self, request: Request) -> Reply:
        names = ("file_name", "table_name", "table_sys_id")
        values = {name: request.parameters.get(name, "") for name in names}
        if self._instance.tables.row(values["table_name"], values["table_sys_id"]) is None:
            return failure(404, *NOT_FOUND)
        kind = request.header("Content-Type") or "application/octet-stream"
        size = str(len(request.body))
        row = self._instance.writer.insert(TABLE, {**values, "content_type": kind, "size_bytes": size})
        self._files[row["sys_id"]] = request.body
        reply = answer(201, {"result": self._shown(row)})
        reply.headers["Location"] = self._shown(row)["download_link"]
        return reply

    def _download(self, row: Row) -> Reply:
        reply = Reply(200, self._files.get(row["sys_id"], b""), content_type=row["content_type"])
        reply.headers["Content-Disposition"] = f"attachment;filename={quote(row['file_name'])}"
        return reply

    def _shown(self, row: Row) -> dict[str, Any]:
        fields = self._instance.tables.columns(TABLE)
        link = f"{self._instance.url}/api/now/v1/attachment/{row['sys_id']}/file"
        return {name: row.get(name, "") for name in fields} | {"download_link": link}
