"""Assertions about a reader's manners towards an instance."""

from __future__ import annotations

from collections import Counter

from sandbox.serving import journal


class Journal(journal.Journal):
    """Every request since the start, with what is good manners at the Table API."""

    def page_sizes(self, table: str | None = None) -> Counter[int]:
        """Return the page sizes asked for; a missing one is the platform's 10,000."""
        pages = self.calls(table, area="table")
        return Counter(int(call.parameters.get("sysparm_limit") or 10000) for call in pages)

    def assert_fields_always_given(self) -> None:
        """Raise AssertionError if rows were read without saying which fields."""
        self.none(
            lambda c: c.area == "table" and c.method == "GET" and not c.parameters.get("sysparm_fields"),
            "named no fields",
        )

    def assert_pages_between(self, least: int, most: int) -> None:
        """Raise AssertionError if a page of another size was asked for."""
        self.none(
            lambda c: (
                c.area == "table" and not least <= int(c.parameters.get("sysparm_limit") or 10000) <= most
            ),
            f"asked for a page outside {least} to {most}",
        )

    def assert_no_dot_walks(self) -> None:
        """Raise AssertionError if a field of another table was asked for over a reference."""
        self.none(lambda c: "." in c.parameters.get("sysparm_fields", ""), "walked over a reference")

    def assert_one_session_each(self) -> None:
        """Raise AssertionError if a request had no session after the first of its client."""
        opened = sum(not call.session for call in self.calls() if call.area == "table")
        if opened > self.max_concurrency:
            raise AssertionError(f"{opened} requests came without a session.")
