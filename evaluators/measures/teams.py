"""What a measure says about each team, for the dispersion between teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.conforming import Team


@dataclass(frozen=True, eq=False)
class TeamEvidence:
    """One team's volume, value with 95 % interval and resampled values; name None: records without a team."""

    name: str | None
    n: int
    value: float
    low: float
    high: float
    draws: FloatArray

    def team(self) -> Team:
        """Return what method D judges."""
        return Team(self.name or "", self.n, self.value, self.low, self.high)

    def resampled(self, draw: int) -> Team:
        """Return the team of one resample; its interval moves with the value and keeps its reach."""
        shift = float(self.draws[draw]) - self.value
        return Team(self.name or "", self.n, self.value + shift, self.low + shift, self.high + shift)


def renamed_teams(rows: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Return rows with teams under the names they are tested under; untested ones lose their name."""
    encoded = rows.column("team").combine_chunks().dictionary_encode()
    renamed = pa.array([names.get(team) for team in encoded.dictionary.to_pylist()], pa.string())
    position = rows.column_names.index("team")
    return rows.set_column(position, "team", renamed.take(encoded.indices))
