"""Writes docs/indicators.md: `python -m evaluators.catalogue.documentation > docs/indicators.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO, value_at
from evaluators.catalogue import ATTRIBUTES, Catalogue, Indicator, Practice, shipped

INTRODUCTION = """\
# Indicators

Generated from the shipped catalogue, `evaluators/catalogue/*.yaml`; a test keeps it current.

Each indicator is one question to the records. Its value becomes an **achievement** from 0 to 100 % between two
anchors; above 50 % it is rated *Largely* (L), above 85 % *Fully* (F). A **core** indicator weighs double, and its
attribute is never Fully achieved without it. One bad indicator is not made good by others: with an indicator at 15 % or
less an attribute is at most 50 %, with one at 50 % or less at most 85 %. Thresholds marked **†** rest wholly or partly on the judgement of experts:
no standard prescribes them, so change them where you know better.

## Changing the model

Name your own file in the configuration (`indicators: ./our-indicators.yaml`). An entry with the id of a shipped
indicator overrides the keys it gives; any other id is a new indicator and gives all keys.

```yaml
indicators:
  - id: inc-first-assignment-resolution      # another threshold, no longer core
    core: false
    anchors: {zero: 30, full: 70, origin: decision of the service board, expert_default: true}
```

A predicate (`numerator`, `denominator`, `when`) is SQL of a closed subset: comparison, AND, OR, NOT, IS NULL, IN,
BETWEEN, LIKE, COALESCE and + - * on integers, over the columns of the record kind (see [records](records.md)).
`itsm-maturity check` names every mistake with line and column.

| key | meaning |
|---|---|
| `id`, `practice`, `attribute`, `core`, `weight` | where it counts and how much (core 2, other 1 unless `weight` is given) |
| `question`, `characteristic`, `formula` | what it asks, of which level that is evidence, the formula in words |
| `kind`, `window` | the records it looks at: `{days: 90, of: resolved_on}`, `weeks`, `months`, `ending_days_ago` |
| `measure` | a family and its parameters, see below |
| `unit`, `anchors` | values at 0 % and 100 %, `scale` linear or log, `origin`, `expert_default` |
| `minimum_sample` | fewer records, teams, weeks or months are `insufficient_sample` |
| `scope` | `both` organisation and department, or `organisation` only |
| `gaming`, `counter_check`, `remediation` | how it can be gamed, what counters that, what to do about a bad value |

| family | takes |
|---|---|
| `share` | records that fulfil `numerator` among those that fulfil `denominator`; Wilson interval |
| `mean_completeness` | the average share of `items` that are filled; block bootstrap |
| `stratified_share` | shares by `stratum`, averaged with `weights`; block bootstrap |
| `modal_share` | records whose `value` follows the rule of their `cells`; Wilson interval |
| `dominated_cells` | records in `cells` that hang on one `person`; block bootstrap |
| `total_ratio` | the sum of one column over the sum of another; block bootstrap |
| `conforming_volume` | volume of teams that do not fall behind in another measure (`of`) |
| `in_control` | weeks within the limits of the organisation's own past |
| `improvement` | whether a monthly series gets better, or excellence is held |
"""


def markdown(catalogue: Catalogue) -> str:
    """Return the page for a catalogue."""
    lines = [INTRODUCTION]
    for practice in catalogue.practices:
        lines.extend(_practice(practice))
    return "\n".join(lines).rstrip() + "\n"


def _practice(practice: Practice) -> Iterator[str]:
    yield f"## {practice.title} (`{practice.practice}`)\n"
    yield "| attribute | indicator | 0 % | L | F | 100 % | unit |"
    yield "|---|---|---|---|---|---|---|"
    for indicator in practice.indicators:
        core = " core" if indicator.core else ""
        points = " | ".join(f"{point:g}" for point in _points(indicator))
        mark = " †" if indicator.anchors.expert_default else ""
        yield f"| {indicator.attribute}{core} | `{indicator.id}` | {points} | {indicator.unit}{mark} |"
    yield "\nRecords that never count:\n"
    for exclusion in practice.exclusions:
        yield f"- {exclusion.name}: `{' '.join(exclusion.when.text.split())}`"
    yield ""
    for indicator in practice.indicators:
        yield from _indicator(indicator)


def _points(indicator: Indicator) -> list[float]:
    anchors = indicator.anchors
    wanted = (0.0, PARTLY_UP_TO, LARGELY_UP_TO, 1.0)
    return [round(value_at(point, anchors.zero, anchors.full, anchors.scale), 3) for point in wanted]


def _indicator(indicator: Indicator) -> Iterator[str]:
    status = "core, " if indicator.core else ""
    status += "experimental, " if indicator.experimental else ""
    title = f"{indicator.attribute} {ATTRIBUTES[indicator.attribute]}"
    anchors = indicator.anchors
    yield f"### `{indicator.id}`\n\n**{indicator.question}** ({status}{title})\n"
    yield f"- Evidence of: {indicator.characteristic}"
    yield f"- Formula: {indicator.formula}"
    yield f"- Anchors: {anchors.zero:g} → {anchors.full:g} {indicator.unit}, {anchors.scale}. Origin: {anchors.origin}"
    yield f"- Window: {_window(indicator)}; family `{indicator.measure.family}`; at least {indicator.minimum_sample}"
    scope = "organisation and department" if indicator.scope == "both" else "organisation"
    yield f"- Scope: {scope}"
    yield f"- Gaming: {indicator.gaming}. Counter-check: {indicator.counter_check}"
    yield f"- ServiceNow: {indicator.remediation.servicenow}"
    yield f"- Jira: {indicator.remediation.jira}\n"


def _window(indicator: Indicator) -> str:
    window = indicator.window
    length = next(
        f"{number} {unit}"
        for number, unit in ((window.days, "days"), (window.weeks, "weeks"), (window.months, "months"))
        if number is not None
    )
    ending = f", ending {window.ending_days_ago} days ago" if window.ending_days_ago else ""
    return f"{length} by `{window.of}`{ending}"


if __name__ == "__main__":
    sys.stdout.write(markdown(shipped()))
