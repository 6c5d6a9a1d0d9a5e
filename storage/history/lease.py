"""Who leads among several daemons: a lease with a fencing number, kept by the database's own clock.

The number grows with every change of the leader, and every write of a run checks it in its own
transaction: who woke up late finds another number there and cannot commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session, col, select

from storage.errors import ItsmMaturityError
from storage.history.tables import LeaseTable

LEASE_SECONDS = 12
"""How long a lease holds without being renewed."""
FROZEN_SECONDS = 8
"""After how long a server ends a transaction of a leader that was frozen or cut off in the middle of it:
with the lease that stays below the 30 s in which another must have taken over."""

_NAME = "daemon"
_LATER = {
    "postgresql": "clock_timestamp() + make_interval(secs => :seconds)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '+' || :seconds || ' seconds')",
}
_NOW = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')"}


class LeadershipLostError(ItsmMaturityError):
    """Another daemon leads now; nothing of this one is committed any more."""


@dataclass(frozen=True)
class Lease:
    """A lease that was taken."""

    holder: str
    fence: int


def take(session: Session, holder: str, seconds: float = LEASE_SECONDS) -> Lease | None:
    """Take the lease if nobody holds it; None where somebody does."""
    later, now = _clock(session)
    _end_if_frozen(session)
    values = {"name": _NAME, "holder": holder, "seconds": seconds}
    session.connection().execute(
        text(f"INSERT INTO lease VALUES (:name, '', 0, {now}) ON CONFLICT (name) DO NOTHING"), values
    )
    query = (
        f"UPDATE lease SET holder = :holder, fence = fence + 1, expires_at = {later} "
        f"WHERE name = :name AND expires_at <= {now} RETURNING fence"
    )
    fence = session.connection().execute(text(query), values).scalar_one_or_none()
    return None if fence is None else Lease(holder, int(fence))


def renew(session: Session, lease: Lease, seconds: float = LEASE_SECONDS) -> None:
    """Keep a lease for longer; LeadershipLostError where another has taken it."""
    later, _ = _clock(session)
    _end_if_frozen(session)
    query = f"UPDATE lease SET expires_at = {later} WHERE name = :name AND fence = :fence"
    values = {"name": _NAME, "fence": lease.fence, "seconds": seconds}
    if session.connection().execute(text(query), values).rowcount != 1:
        raise _lost()


def release(session: Session, lease: Lease) -> None:
    """Let another daemon take over at once."""
    _, now = _clock(session)
    _end_if_frozen(session)
    query = f"UPDATE lease SET expires_at = {now} WHERE name = :name AND fence = :fence"
    session.connection().execute(text(query), {"name": _NAME, "fence": lease.fence})


def check(session: Session, lease: Lease) -> None:
    """Raise LeadershipLostError unless the lease stands; nobody takes it before this transaction ends."""
    _end_if_frozen(session)
    query = select(LeaseTable.fence).where(col(LeaseTable.name) == _NAME).with_for_update(read=True)
    if session.exec(query).first() != lease.fence:
        raise _lost()


def _end_if_frozen(session: Session) -> None:
    """Let the server end this transaction, and free the lease, when its process says nothing any more."""
    if session.get_bind().dialect.name == "postgresql":
        limit = f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN_SECONDS * 1000}"
        session.connection().exec_driver_sql(limit)


def _clock(session: Session) -> tuple[str, str]:
    dialect = session.get_bind().dialect.name
    return _LATER[dialect], _NOW[dialect]


def _lost() -> LeadershipLostError:
    return LeadershipLostError(
        "Another daemon has taken over, so this one commits nothing any more.",
        hint="It waits until the other one ends; what was not committed is run again there.",
    )
