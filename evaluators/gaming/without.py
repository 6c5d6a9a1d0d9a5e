"""The value without the suspect records, beside the published one (errata B2 and C3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

from evaluators.catalogue import Indicator
from evaluators.examination import Examination
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding, SideBySide
from evaluators.measures.base import quoted
from evaluators.measures.population import Part, Population
from evaluators.results import State
from evaluators.support import Answerable


@dataclass
class Thinned(Examination):
    """An examination that leaves some records out."""

    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids by record kind."""

    def population(self, indicator: Indicator) -> Population | Answerable:
        """Return the records an indicator looks at, without those left out."""
        found = super().population(indicator)
        if isinstance(found, Answerable):
            return found
        return replace(found, parts=tuple(self._thinned(part) for part in found.parts))

    def _thinned(self, part: Part) -> Part:
        conditions = part.conditions
        if self.left_out.get(part.kind):
            conditions = (*conditions, f"id NOT IN ({_listed(self.left_out[part.kind])})")
        return replace(part, conditions=conditions)


def beside(scene: Scene, finding: Finding, names: Iterable[str]) -> tuple[SideBySide, ...]:
    """Measure the indicators named as published, and without the suspect records."""
    known = {entry.id: entry for entry in scene.examination.catalogue.entries}
    chosen = [known[name] for name in names if name in known]
    if not finding.suspects or not chosen:
        return ()
    thinned = _without(scene.examination, {finding.record_kind: finding.suspects})
    found = (_side_by_side(scene.examination, thinned, indicator) for indicator in chosen)
    return tuple(each for each in found if each is not None)


def _side_by_side(whole: Examination, thinned: Thinned, indicator: Indicator) -> SideBySide | None:
    published = whole.result(indicator).measurement
    if published.state is not State.MEASURED:
        return None
    left = thinned.result(indicator).measurement
    return SideBySide(indicator.id, indicator.unit, published.value, left.value, left.n)


def _without(examination: Examination, left_out: Mapping[str, tuple[str, ...]]) -> Thinned:
    same = {each.name: getattr(examination, each.name) for each in fields(Examination) if each.init}
    return Thinned(**same, left_out=left_out)


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(map(quoted, ids))
