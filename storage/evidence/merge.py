"""The SQL of a merge: which copy of a record wins, and what becomes of it.

Of the copies in one batch the newest (`updated_at`, then `revision`) wins, and between equally new
ones the content hash decides, so the order of arrival does not matter. Against the stored row a copy
that is equally new and differs wins, since a changed mapping delivers just that; a copy or a row
without `updated_at` counts as equally new. No copy brings a deleted row back that is older than the deletion.
"""

from __future__ import annotations

from typing import Final

from storage.evidence.tables import columns_of, quoted
from storage.records.schema import RecordKind

COUNT_OUTCOMES: Final = "SELECT outcome, count(*) FROM verdict GROUP BY outcome"
"""How many records were inserted, updated, unchanged or older."""


def create_staging(kind: RecordKind, staging: str) -> str:
    """A temporary table for a batch, in the order of arrival."""
    columns = {"ordinal": "BIGINT", **columns_of(kind)}
    listed = ", ".join(
        f"{quoted(name)} {type_}" for name, type_ in columns.items() if name not in ("source", "deleted_at")
    )
    return f"CREATE TEMP TABLE {staging} ({listed})"


def create_verdict(kind: RecordKind, staging: str) -> str:
    """A temporary table with the winning copy of every record and what is to be done.

    $1 is the source, $2 whether the records are known to exist now, so that no deletion outweighs them.
    """
    return f"""
CREATE OR REPLACE TEMP TABLE verdict AS
WITH ranked AS (
    SELECT ordinal, id, updated_at, revision, content_hash, row_number() OVER (
        PARTITION BY id ORDER BY updated_at DESC NULLS LAST, revision DESC, content_hash DESC, ordinal
    ) AS place
    FROM {staging}
), held AS (
    SELECT id, updated_at, revision, content_hash, deleted_at
    FROM stored.{quoted(kind.name)} WHERE source = $1
)
SELECT s.ordinal, CASE
    WHEN t.id IS NULL THEN 'inserted'
    WHEN (NOT $2 AND s.updated_at < t.deleted_at) OR s.updated_at < t.updated_at
        OR (COALESCE(s.updated_at = t.updated_at, TRUE) AND s.revision < t.revision) THEN 'older'
    WHEN s.content_hash = t.content_hash AND t.deleted_at IS NULL THEN 'unchanged'
    ELSE 'updated'
END AS outcome
FROM ranked AS s LEFT JOIN held AS t ON t.id = s.id
WHERE s.place = 1
"""


def merge(kind: RecordKind, staging: str) -> str:
    """Write the winning copies that are new or differ; $1 is the source."""
    names = [name for name in columns_of(kind) if name not in ("source", "id", "deleted_at")]
    assigned = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in names)
    columns = ", ".join(map(quoted, ("source", "id", *names)))
    values = ", ".join(f"s.{quoted(name)}" for name in ("source", "id", *names))
    return f"""
MERGE INTO stored.{quoted(kind.name)} AS t
USING (
    SELECT $1::VARCHAR AS source, staged.* FROM {staging} AS staged JOIN verdict USING (ordinal)
    WHERE verdict.outcome IN ('inserted', 'updated')
) AS s
ON t.source = s.source AND t.id = s.id
WHEN MATCHED THEN UPDATE SET {assigned}, deleted_at = NULL
WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})
"""
