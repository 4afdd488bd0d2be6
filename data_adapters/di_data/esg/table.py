"""From observations to a table of measures, as it was known by a day.

Problem: the inside wants one figure a security, with direction and day; observations come by provider, period
and revision, some flags, some classes, some of nobody. Decision: of what was known by the day, per provider,
measure and security the latest period counts, then the latest day it was known; two values that are equally
late and differ are an error, because averaging them would be a choice; flags become 1 and 0; what nobody was
found for, and what has no value, is left out and counted. Limits: classes and neutral figures are no measures
(`di_data.esg.intensity` uses them); an observation is taken for the securities it was resolved to only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgTable
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray
from di_advisor.domain.observations import Observation, Reading, known_by
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["GOOD_FLAGS", "ObservedEsg", "TableOfMeasures", "latest_by_security", "measure_name", "table_of_measures"]

GOOD_FLAGS: Final = frozenset({"sbti_target_set"})
"""Flags whose True is good; all others mean involvement."""

_DIRECTIONS: Final = {
    Reading.HIGHER_IS_BETTER: Direction.HIGHER_IS_BETTER,
    Reading.LOWER_IS_BETTER: Direction.LOWER_IS_BETTER,
}


@dataclass(frozen=True)
class TableOfMeasures:
    """A table, and what is not in it.

    Attributes
    ----------
    table : EsgTable
        Measures named ``"metric, provider"``; the topic is the metric.
    left_out : Mapping of str to int
        Observations by reason.
    """

    table: EsgTable
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class ObservedEsg:
    """Observations as a source of measures; port `EsgSource`.

    Attributes
    ----------
    observations : tuple of Observation
        Resolved to security ids.
    """

    observations: tuple[Observation, ...]

    def measures(self, universe: Universe, *, known_at: date) -> Mapping[str, FloatArray]:
        """Measures by name as they were known on a day, arrays of shape (n,), NaN where not covered."""
        table = table_of_measures(self.observations, day=known_at).table
        return {measure.name: measure.aligned(universe) for measure in table.measures}


def measure_name(metric: str, provider: str) -> str:
    """Name of a measure of one provider, as wishes call it."""
    return f"{metric}, {provider}"


def table_of_measures(
    observations: Iterable[Observation], *, day: date, good_flags: Collection[str] = GOOD_FLAGS
) -> TableOfMeasures:
    """Measures as they were known by a day.

    Parameters
    ----------
    observations : iterable of Observation
        Resolved to security ids; others are counted.
    day : date
        Later knowledge does not count.
    good_flags : collection of str
        Metrics of flags whose True is good.

    Raises
    ------
    InputError
        If a provider says two different things of a security that are equally late, or reads one measure in
        two directions, units or scales.
    """
    given = list(observations)
    left_out: Counter[str] = Counter()
    left_out["known later"] += sum(o.known_on > day for o in given)
    resolved = [o for o in given if o.security_id and o.known_on <= day]
    left_out["of nobody known"] += sum(not o.security_id and o.known_on <= day for o in given)
    measures: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for latest in latest_by_security(resolved, day=day):
        if latest.value is None:
            left_out[f"without value: {latest.status.value}"] += 1
        elif isinstance(latest.value, str) or latest.reading is Reading.NEUTRAL:
            left_out["classes and neutral figures"] += 1
        else:
            measures[(latest.metric, latest.provenance.provider)].append(latest)
    made = tuple(_measure(metric, provider, rows, good_flags) for (metric, provider), rows in sorted(measures.items()))
    return TableOfMeasures(EsgTable(made), FrozenMap({reason: n for reason, n in left_out.items() if n}))


def latest_by_security(observations: Iterable[Observation], *, day: date) -> list[Observation]:
    """Per provider, metric and security what counts on a day: the latest period, then the latest known.

    Raises
    ------
    InputError
        If two are equally late and differ.
    """
    latest: dict[tuple[str, str, str], Observation] = {}
    for each in known_by((o for o in observations if o.security_id), day):
        key = (each.provenance.provider, each.metric, each.security_id)
        standing = latest.get(key)
        if standing is None or _lateness(each) > _lateness(standing):
            latest[key] = each
        elif _lateness(each) == _lateness(standing) and each.value != standing.value:
            if standing.value is None or each.value is None:
                latest[key] = standing if each.value is None else each
                continue
            raise InputError(
                f"{key[0]} says of {key[2]}, {key[1]}, both {standing.value} ({standing.subject}) and {each.value} "
                f"({each.subject}), both of {each.period_end or each.known_on}.",
                hint="Two subjects were resolved to one security: add parents' figures up, or decide between them.",
                security_id=key[2],
                metric=key[1],
            )
    return list(latest.values())


def _lateness(each: Observation) -> tuple[date, date]:
    return (each.period_end or date.min, each.known_on)


def _measure(metric: str, provider: str, rows: list[Observation], good_flags: Collection[str]) -> EsgMeasure:
    first = rows[0]
    if len({o.scale for o in rows}) > 1:
        raise InputError(
            f"{provider} gives {metric} on several scales: {', '.join(sorted(map(str, {o.scale for o in rows})))}.",
            hint="One measure has one scale.",
            metric=metric,
        )
    other = next((o for o in rows if (o.reading, o.unit) != (first.reading, first.unit)), None)
    if other is not None:
        raise InputError(
            f"{provider} gives {metric} as {first.unit or first.reading.value} and as "
            f"{other.unit or other.reading.value}.",
            hint="One measure has one unit and one direction.",
            metric=metric,
        )
    good = Direction.HIGHER_IS_BETTER if metric in good_flags else Direction.LOWER_IS_BETTER
    return EsgMeasure(
        name=measure_name(metric, provider),
        values={o.security_id: float(o.value) for o in rows if o.value is not None},
        direction=_DIRECTIONS.get(first.reading, good),
        provider=provider,
        known_at=max(o.known_on for o in rows),
        unit="" if first.unit == "points" else first.unit,
        topic=metric,
        bounds=first.scale,
    )
