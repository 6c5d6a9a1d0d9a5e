"""Finds the issues of a query and reads them whole, whatever moves, repeats, shrinks or breaks off.

Cloud is searched by token for identifiers alone, which are then fetched in batches; under a quota that counts
every issue, the search itself brings them. Data Center is paged by the time of the last update, so that a row
that moves away shifts nothing. A short page is never an end, and what is cut inside an issue is completed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.jira.answers import Json, RefusedError, milliseconds, moment_of
from connectors.jira.site import Site
from connectors.platform.ahead import SideBySide
from connectors.platform.answers import CancelledError, TransientError
from storage.errors import RetriableError

_IDS_A_PAGE = 5000
_ISSUES_A_PAGE = 100
_SERVER_PAGE = 500
_CHANGES_A_PAGE = 10_000
_SEARCHES = 4
"""Times the same is searched until two answers agree, where fewer issues came than are estimated."""
_MINUTE = 60_000


@dataclass(frozen=True)
class Query:
    """Issues that fulfil all clauses and were last updated in [since, until)."""

    clauses: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None

    def jql(self, since: int | None = None, *, order: str = "ASC") -> str:
        """Return it in JQL, by time of update; `since` in UNIX milliseconds takes the place of its own.

        Times are UNIX milliseconds: any literal would be read in the zone of the account's profile.
        """
        begin = milliseconds(self.since) if since is None and self.since else since
        parts = [*self.clauses]
        parts += [f"updated >= {begin}"] if begin is not None else []
        parts += [f"updated < {milliseconds(self.until)}"] if self.until else []
        return f"{' AND '.join(parts)} ORDER BY updated {order}, key {order}"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each issue."""

    fields: tuple[str, ...]
    comments: bool = False
    links: bool = False
    """Links to pages elsewhere, one request for each issue."""


class Search:
    """Searches one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def count(self, query: Query) -> int:
        """Return how many issues a query has; Cloud estimates it."""
        if self._site.cloud:
            return int(self._site.post("search/approximate-count", {"jql": query.jql()}).get("count") or 0)
        page = self._site.post("search", {"jql": query.jql(), "maxResults": 0, "fields": ["id"]})
        return int(page.get("total") or 0)

    def sample(self, query: Query, most: int = 50) -> list[Json]:
        """Return some issues of a query with their status, the oldest first."""
        path = "search/jql" if self._site.cloud else "search"
        body = {"jql": query.jql(), "maxResults": most, "fields": ["status"]}
        found: list[Json] = self._site.post(path, body).get("issues") or []
        return found

    def oldest(self, query: Query) -> datetime | None:
        """Return when the first issue of a query was updated; None where there is no issue."""
        body: Json = {"jql": query.jql(), "maxResults": 1, "fields": ["updated"]}
        pages = self._tokens("search/jql", body) if self._site.cloud else [self._site.post("search", body)]
        found = next((one for page in pages for one in page.get("issues") or ()), None)
        return moment_of(found["fields"]["updated"]) if found else None

    def ids(self, query: Query) -> list[str]:
        """Return the identifiers of a query's issues, each once."""
        if not self._site.cloud:
            return [str(one["id"]) for page in self._by_time(query, ("updated",)) for one in page]
        found = self._searched(query)
        for number in range(1, _SEARCHES):
            if len(found) >= self.count(query):
                break
            # The estimate may be wrong; two searches from both ends that agree are not.
            again = self._searched(query, order="DESC" if number % 2 else "ASC")
            if found.keys() == again.keys():
                break
            found |= again
        return list(found)

    def _searched(self, query: Query, order: str = "ASC") -> dict[str, None]:
        body = {"jql": query.jql(order=order), "fields": ["id"], "maxResults": _IDS_A_PAGE}
        return {str(one["id"]): None for page in self._tokens("search/jql", body) for one in page["issues"]}

    def issues(self, query: Query, wanted: Wanted) -> SideBySide[list[Json]]:
        """Return the pages of a query's issues as the search itself brings them, fetched ahead."""
        by_token = self._by_token(query, wanted)
        pages = by_token if self._site.cloud else self._by_time(query, wanted.fields, "changelog")
        return SideBySide([(self._completed(page, wanted) for page in pages)], "jira")

    def named(self, ids: Sequence[str], wanted: Wanted) -> SideBySide[list[Json]]:
        """Return the pages of some issues, fetched ahead; those that are gone do not come."""
        workers = self._site.settings.workers
        parts = [list(ids[at : at + _ISSUES_A_PAGE]) for at in range(0, len(ids), _ISSUES_A_PAGE)]

        def stream(own: list[list[str]]) -> Iterator[list[Json]]:
            for part in own:
                yield self._completed(self._fetched(part, wanted), wanted)

        return SideBySide([stream(parts[at::workers]) for at in range(min(workers, len(parts)))], "jira")

    def _by_token(self, query: Query, wanted: Wanted) -> Iterator[list[Json]]:
        seen: set[str] = set()
        body = {
            "jql": query.jql(),
            "fields": list(wanted.fields),
            "expand": "changelog",
            "maxResults": _ISSUES_A_PAGE,
        }
        for page in self._tokens("search/jql", body):
            yield _unseen(page["issues"], seen)

    def _tokens(self, path: str, body: Json) -> Iterator[Json]:
        """Yield pages until one has no token or says it is the last; begin anew where a token expired."""
        token, given, expired = None, set[str](), 0
        while True:
            try:
                page = self._site.post(path, body | ({"nextPageToken": token} if token else {}))
            except RefusedError as error:
                if token is None or "token" not in error.said.casefold():
                    raise
                token, given, expired = None, set(), expired + 1
                self._ask_again(expired, TransientError(f"{path}: a page expired while it was waited for."))
                continue
            _check_warnings(page)
            yield page
            token = page.get("nextPageToken")
            if not token or page.get("isLast") is True:
                return
            if token in given:
                raise RetriableError(
                    f"{path}: the site gives the same page again and again.", hint="Sync again later."
                )
            given.add(token)

    def _by_time(self, query: Query, fields: Sequence[str], expand: str = "") -> Iterator[list[Json]]:
        """Yield pages of Data Center, each from the minute on that the one before came to.

        Within a minute that holds more than a page, positions count; when rows left it, it is begun anew.
        """
        seen: set[str] = set()
        since, start, total, empty = None, 0, 0, 0
        while True:
            page = self._server_page(query.jql(since), start, fields, expand)
            issues, now_total = page.get("issues") or [], int(page.get("total") or 0)
            yield _unseen(issues, seen)
            if start and now_total < total:
                start, total = 0, now_total
                continue
            total = now_total
            if start + len(issues) >= total:
                return
            if not issues:
                empty += 1
                self._ask_again(empty, TransientError(f"The site counts {total:,} issues and shows none."))
                continue
            last = milliseconds(moment_of(issues[-1]["fields"]["updated"])) // _MINUTE * _MINUTE
            if since is None or last > since:
                since, start, total = last, 0, 0
            else:
                start += len(issues)

    def _ask_again(self, attempt: int, error: TransientError) -> None:
        """Wait before the same is asked again; raises the error when it was often enough."""
        if attempt >= self._site.settings.retries.attempts:
            raise error
        self._site.spend_retry(error)
        self._site.pause(attempt, error)

    def _server_page(self, jql: str, start: int, fields: Sequence[str], expand: str) -> Json:
        size, key = _SERVER_PAGE, "search"
        while True:
            body: Json = {"jql": jql, "startAt": start, "maxResults": size, "fields": ["updated", *fields]}
            if expand:
                body["expand"] = [expand]
            try:
                return self._site.post(key, body, shrinkable=size > 1)
            except CancelledError as error:
                self._site.spend_retry(error)
                self._site.pause(1, error)
                size = max(1, size // 2)

    def _fetched(self, ids: Sequence[str], wanted: Wanted) -> list[Json]:
        """Return issues by identifier; what did not come is asked for once more."""
        if not self._site.cloud:
            clause = f"id in ({','.join(ids)})"
            return [
                one for page in self._by_time(Query((clause,)), wanted.fields, "changelog") for one in page
            ]
        found, _ = self._bulk(ids, wanted)
        missing = [name for name in ids if name not in found]
        if missing:
            more, errors = self._bulk(missing, wanted)
            found |= more
            if errors:
                raise RetriableError(
                    f"{errors} issues cannot be read at present.", hint="Sync again later; it goes on there."
                )
        return list(found.values())

    def _bulk(self, ids: Sequence[str], wanted: Wanted) -> tuple[dict[str, Json], int]:
        body = {"issueIdsOrKeys": list(ids), "fields": list(wanted.fields), "expand": ["changelog"]}
        try:
            page = self._site.post("issue/bulkfetch", body, shrinkable=len(ids) > 1)
        except CancelledError as error:
            self._site.spend_retry(error)
            self._site.pause(1, error)
            half = len(ids) // 2
            (first, one), (second, other) = (self._bulk(part, wanted) for part in (ids[:half], ids[half:]))
            return first | second, one + other
        found = {str(one["id"]): one for one in page.get("issues") or ()}
        return found, len(page.get("issueErrors") or ())

    def _completed(self, issues: list[Json], wanted: Wanted) -> list[Json]:
        """Add what the site left out of long histories and lists of comments."""
        cut = {str(one["id"]): one for one in issues if _is_cut(one.get("changelog"), "histories")}
        if cut and self._site.cloud:
            self._complete_histories(cut)
        for name, one in cut.items():
            if _is_cut(one["changelog"], "histories"):
                one["changelog"] = self._history_of(name, int(one["changelog"]["total"]))
        if wanted.comments:
            for one in issues:
                comments = one["fields"].get("comment")
                if isinstance(comments, dict) and _is_cut(comments, "comments"):
                    comments["comments"] = self._first_comments(str(one["id"])) + comments["comments"]
        for one in issues if wanted.links else ():
            one["links"] = self._site.get(f"issue/{one['id']}/remotelink", shape=list)
        return issues

    def _complete_histories(self, cut: dict[str, Json]) -> None:
        body = {"issueIdsOrKeys": list(cut), "maxResults": _CHANGES_A_PAGE}
        found: dict[str, dict[str, Json]] = {name: {} for name in cut}
        for page in self._tokens("changelog/bulkfetch", body):
            for log in page.get("issueChangeLogs") or ():
                own = found.get(str(log["issueId"]))
                if own is not None:
                    own.update((str(one["id"]), one) for one in log["changeHistories"])
        for name, own in found.items():
            log = cut[name]["changelog"]
            own |= {str(one["id"]): one for one in log["histories"]}
            log["histories"] = list(own.values())

    def _history_of(self, name: str, total: int) -> Json:
        """Return the whole history of one issue; it may still be cut, and is then no evidence."""
        if self._site.cloud:
            values = self._site.pages(f"issue/{name}/changelog")
            return {"histories": values, "total": total}
        parameters = {"expand": "changelog", "fields": "updated"}
        found: Json = self._site.get(f"issue/{name}", parameters).get("changelog") or {}
        return found

    def _first_comments(self, name: str) -> list[Json]:
        parameters = {"startAt": "0", "maxResults": "100", "orderBy": "created"}
        found: list[Json] = self._site.get(f"issue/{name}/comment", parameters).get("comments") or []
        return found


def is_whole(issue: Json) -> bool:
    """Whether an issue's history came whole."""
    return not _is_cut(issue.get("changelog"), "histories")


def _is_cut(part: Json | None, name: str) -> bool:
    return bool(part) and int((part or {}).get("total") or 0) > len((part or {}).get(name) or ())


def _unseen(issues: Sequence[Json], seen: set[str]) -> list[Json]:
    found = [one for one in {str(one["id"]): one for one in issues}.values() if str(one["id"]) not in seen]
    seen.update(str(one["id"]) for one in found)
    return found


def _check_warnings(page: Json) -> None:
    for warning in page.get("warnings") or ():
        kind = str(warning.get("type") if isinstance(warning, dict) else warning)[:60]
        raise RetriableError(
            f"The site cut the result of a search ({kind}), so that nothing of it can be believed.",
            hint="Name fewer `projects`, or make `filter` simpler.",
        )


def narrowed(query: Query, since: datetime | None, until: datetime | None) -> Query:
    """Return a query for another stretch of time."""
    return replace(query, since=since, until=until)


def quoted(values: Sequence[str]) -> str:
    """Return values as a list in JQL."""
    shown = (
        value if value.isdigit() else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for value in values
    )
    return f"({','.join(shown)})"
