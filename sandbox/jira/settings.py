"""How a site is set up: what differs between one customer's Jira and another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from sandbox.jira.store import Issue
from sandbox.serving.settings import Client

Mode = Literal["cloud", "data_center"]


@dataclass(frozen=True)
class Limits:
    """What a site gives at once; 0 where there is no limit."""

    page: int = 100
    """Issues of a page of search/jql with fields."""
    page_ids: int = 5000
    """The same where only ids or keys are asked for."""
    page_server: int = 1000
    """Issues of a page of Data Center (jira.search.views.default.max)."""
    shrinking: float = 0.0
    """Share of the pages of search/jql that come with fewer issues than asked for."""
    wide: int = 0
    """Fields above which a page of search/jql holds half as many issues."""
    changelog: int = 40
    """Entries of history that Cloud puts in an issue, the newest."""
    comments: int = 20
    """Comments and worklogs that Cloud's search puts in an issue, the newest; 0: all."""
    bulk: int = 100
    """Issues of a bulk fetch."""
    bulk_named: int = 1000
    """The same where up to 100 plain fields are named."""
    changes: int = 10_000
    """Most entries of a page of changelog/bulkfetch."""
    token_days: float = 7
    """Days after which the token of a page expires."""
    aql_total: int = 1000
    """Total that Assets of Cloud does not count beyond."""
    alerts: int = 20_000
    """Alerts that can be paged through with one query."""
    bucket: int = 0
    """Requests of Data Center's token bucket, each filled again by `bucket_rate` a second; 0: no limit."""
    bucket_rate: float = 10.0


@dataclass(frozen=True)
class Settings(Client):
    """One site."""

    user: str = ""
    """Account that reads: a mail address on Cloud, a name on Data Center; empty: one of each kind."""
    token: str = "sandbox-token"  # noqa: S105 - of a site that lives for minutes on the loopback
    """API token of Cloud, password of Data Center."""
    scoped_token: str = "sandbox-scoped-token"  # noqa: S105
    """API token that only the addresses below /ex/jira take."""
    personal_token: str = "sandbox-personal-token"  # noqa: S105
    refresh_token: str = "sandbox-refresh"  # noqa: S105
    """The first refresh token; each use gives another."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Further accounts with their secrets."""
    cloud_id: str = "1c0ffee0-0000-4000-8000-00000000c10d"
    context: str = "/jira"
    """Path that Data Center is served below."""
    version: str = "9.12.4"
    """Version of Data Center."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Etc/UTC"))
    """Zone in the profile of whoever reads: literal times of queries are read in it, times shown in it."""
    index_lag: float = 0.0
    """Seconds after which searches see what was written."""
    unstable_ties: bool = False
    """Issues equal in the order asked for come in another order each time."""
    coarse_times: bool = False
    """UNIX milliseconds in queries count to the minute only."""
    keys_with_ids: bool = False
    """search/jql shows key and self beside the id where no fields are asked for."""
    user_names: bool = False
    """People of Cloud show name and key too, as they did before 2019 and as some clients' tests expect."""
    agent: bool = True
    """The reader has a licence as agent; without it SLAs and queues are refused and left out of issues."""
    hidden_projects: frozenset[str] = frozenset()
    """Keys of projects that the reader may not browse."""
    hidden: Callable[[Issue], bool] | None = None
    """Issues that the reader may not see."""
    feedback: bool = True
    """The address of customers' satisfaction exists."""
    service_management: str = "5.12.4"
    limits: Limits = field(default_factory=Limits)
