"""Writes docs/indicators.md: `python -m evaluators.catalogue.documentation > docs/indicators.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO, value_at
from evaluators.catalogue import ATTRIBUTES, Catalogue, Indicator, Practice, shipped
from evaluators.references import references_of
from evaluators.windows import LENGTHS

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
| `kind` | the record kind it looks at, or a list of kinds that are read as one, told apart by `record_kind` |
| `window` | their days: `{days: 90, of: resolved_on}`, `weeks`, `months`, `quarters`, `ending_days_ago` |
| | or today's state: `{snapshot: true}`, and of open records `{snapshot: true, opened: opened_on, ended: resolved_on}` |
| `better` | `up` or `down`, where you want the anchors checked against it |
| `measure` | a family and its parameters, see below |
| `unit`, `anchors` | values at 0 % and 100 %, `scale` linear or log, `origin`, `expert_default` |
| `minimum_sample` | fewer records, teams, weeks or months are `insufficient_sample` |
| `scope` | `both` organisation and department, or `organisation` only |
| `whole` | `true` where a source says nothing some of whose records cannot answer |
| `gaming`, `counter_check`, `remediation` | how it can be gamed, what counters that, what to do about a bad value |

| family | takes |
|---|---|
| `share` | records that fulfil `numerator` among those that fulfil `denominator`; Wilson interval |
| `mean_completeness` | the average share of `items` that are filled; block bootstrap |
| `stratified_share` | shares by `stratum`, averaged with `weights`; block bootstrap |
| `modal_share` | records whose `value` follows the rule of their `cells`; Wilson interval |
| `dominated_cells` | records in `cells` that hang on one `person`; block bootstrap |
| `total_ratio` | the sum of one column over the sum of another; block bootstrap |
| `count_ratio` | a `numerator` counted over a `denominator`, perhaps of another kind; block bootstrap |
| `covered_volume` | records whose `cells` other records name (`covered_by`); block bootstrap |
| `median` | the middle value of a column; order statistics |
| `mean` | the average of a column; block bootstrap |
| `macro_share` | the mean over `cells` of a share, so that each cell counts alike; block bootstrap |
| `cell_spread` | how much longer the slowest tenth takes than the middle, cell by cell; block bootstrap |
| `cell_frequency` | how often something happens in the middle one of the `cells`; block bootstrap |
| `auc` | whether a `score` tells beforehand which records have an `event`; block bootstrap |
| `matched_ratio` | how much faster records `with` something are than alike ones `without`; block bootstrap |
| `named_share` | the different things that records name, and the share of them that fulfil a condition; Wilson interval |
| `linkage_recall` | effects that are recorded, of those that an excess over ordinary weeks suggests; block bootstrap |
| `rate_drop` | causes after whose removal the rate of incidents fell for sure (exact test of two Poisson counts) |
| `early_warning` | serious incidents announced by a warning somebody acted on, if warnings are no accident (lift) |
| `count_per_user` | inside a trend: records by month per 100 active users |
| `conforming_volume` | volume of teams that do not fall behind in another measure (`of`) |
| `in_control` | weeks or months within the limits of the organisation's own past |
| `improvement` | whether a series by month or quarter gets better, or excellence is held |
| `past` | inside these two: a snapshot as earlier assessments saw it |
"""


def markdown(catalogue: Catalogue) -> str:
    """Return the page for a catalogue."""
    lines = [INTRODUCTION]
    lines.extend(_exclusions(catalogue))
    for practice in catalogue.practices:
        lines.extend(_practice(practice))
    return "\n".join(lines).rstrip() + "\n"


def _exclusions(catalogue: Catalogue) -> Iterator[str]:
    yield "## Records that never count\n"
    for kind, rules in catalogue.exclusions.items():
        for rule in rules:
            yield f"- {kind}: {rule.name}: `{' '.join(rule.when.text.split())}`"
    yield ""


def _practice(practice: Practice) -> Iterator[str]:
    yield f"## {practice.title} (`{practice.practice}`)\n"
    yield "| attribute | indicator | 0 % | L | F | 100 % | unit |"
    yield "|---|---|---|---|---|---|---|"
    for indicator in practice.indicators:
        core = " core" if indicator.core else ""
        points = " | ".join(f"{point:g}" for point in _points(indicator))
        mark = " †" if indicator.anchors.expert_default else ""
        yield f"| {indicator.attribute}{core} | `{indicator.id}` | {points} | {indicator.unit}{mark} |"
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
    for reference in references_of(indicator.id):
        yield f"- Elsewhere (for comparison only): {reference.sentence()}"
    yield f"- Window: {_window(indicator)}; family `{indicator.measure.family}`; at least {indicator.minimum_sample}"
    scope = "organisation and department" if indicator.scope == "both" else "organisation"
    yield f"- Scope: {scope}"
    yield f"- Gaming: {indicator.gaming}. Counter-check: {indicator.counter_check}"
    yield f"- ServiceNow: {indicator.remediation.servicenow}"
    yield f"- Jira: {indicator.remediation.jira}\n"


def _window(indicator: Indicator) -> str:
    window = indicator.window
    length = next((f"{n} {unit}" for unit in LENGTHS if (n := getattr(window, unit)) is not None), "")
    if window.snapshot:
        records = (
            f"records open by `{window.opened}` and `{window.ended}`" if window.opened else "all records"
        )
        return f"{records} on the assessment's day" + (
            f", with {length} of earlier assessments" if length else ""
        )
    ending = f", ending {window.ending_days_ago} days ago" if window.ending_days_ago else ""
    return f"{length} by `{window.of}`{ending}"


if __name__ == "__main__":
    sys.stdout.write(markdown(shipped()))
