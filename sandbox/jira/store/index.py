"""What searches see: the issues as they were some seconds ago, in orders that pages can be cut from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from sandbox.jira.store.issue import Issue
from sandbox.jira.store.site import Site


class Index:
    """Issues by id, `lag` milliseconds late; `reconciled` ones are seen at once."""

    def __init__(self, site: Site, lag: int = 0) -> None:
        self.site = site
        self.lag = lag
        self._seen = dict(site.issues)
        self._read = len(site.written)
        self._version = 0
        self._sorted: tuple[int, list[int], list[Issue]] = (-1, [], [])

    def refresh(self, now: int) -> int:
        """Take in what was written up to the lag; return a number that changes with the content."""
        log = self.site.written
        with self.site.lock:
            while self._read < len(log) and (log[self._read].at + self.lag <= now or not self.lag):
                written = log[self._read]
                if written.after is None:
                    self._seen.pop(written.issue, None)
                else:
                    self._seen[written.issue] = written.after
                self._read += 1
                self._version += 1
        return self._version

    def issues(self) -> Iterable[Issue]:
        """Return every issue that is seen."""
        return self._seen.values()

    def issue(self, id_: int) -> Issue | None:
        """Return an issue as it is seen."""
        return self._seen.get(id_)

    def updated_between(self, low: int | None, high: int | None) -> list[Issue]:
        """Return the issues updated from `low` to `high` inclusive, in order of update and id."""
        version, times, issues = self._sorted
        if version != self._version:
            issues = sorted(self._seen.values(), key=lambda issue: (issue.updated, issue.id))
            times = [issue.updated for issue in issues]
            self._sorted = self._version, times, issues
        start = 0 if low is None else bisect_left(times, low)
        end = len(times) if high is None else bisect_right(times, high)
        return issues[start:end]

    def with_reconciled(self, found: Iterable[Issue], ids: Iterable[int]) -> list[Issue]:
        """Return issues with those of `ids` as they stand now, for the search to look at again."""
        wanted = set(ids)
        kept = [issue for issue in found if issue.id not in wanted]
        return kept + [issue for id_ in sorted(wanted) if (issue := self.site.issues.get(id_)) is not None]
