"""Carbon intensity of companies: emissions over revenue, with scope, denominator, years and coverage on it.

Problem: "WACI 120" means nothing without scope, denominator, currency, year and coverage, and emissions of 2023
over revenue of 2020 mean something else. Decision: tonnes of a period are divided by the revenue in USD of the
year that ends closest to it, within half a year, both as known by the day; the label travels with the measure.
A company without either, or with revenue of zero or less, is not covered. Limits: the scope is that of the
emissions that were given; parents' emissions of several subjects of one company are added up beforehand.

Source: weighted average carbon intensity as recommended by the Task Force on Climate-related Financial
Disclosures, in tonnes of CO2e per million USD of revenue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from di_advisor.domain.esg_table import Direction, EsgMeasure
from di_advisor.domain.footprints import Footprint, FootprintLabel, weighted_footprint
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.observations import Observation, known_by
from di_advisor.errors import InputError
from di_data.esg.table import latest_by_security

__all__ = ["Intensity", "carbon_intensity", "with_emissions_added"]

_UNIT: Final = "tCO2e per USD million"
_USD_PER_MILLION: Final = 1e6
_HALF_A_YEAR: Final = timedelta(days=183)


@dataclass(frozen=True)
class Intensity:
    """A measure of intensity with its label.

    Attributes
    ----------
    measure : EsgMeasure
        In tonnes of CO2e per million USD.
    scope, denominator : str
        What is divided by what.
    years : Mapping of int to int
        Companies by the year of their emissions.
    left_out : Mapping of str to int
        Securities with emissions by the reason for which they have no intensity.
    """

    measure: EsgMeasure
    scope: str
    denominator: str
    years: Mapping[int, int]
    left_out: Mapping[str, int]

    @property
    def label(self) -> FootprintLabel:
        """Scope, denominator, unit and years."""
        years = ", ".join(f"{year} ({n})" for year, n in sorted(self.years.items())) or "no year"
        return FootprintLabel("WACI", self.scope, self.denominator, _UNIT, years)

    def waci(self, weights: Mapping[str, float]) -> Footprint:
        """Average over a portfolio's covered names; raises as `weighted_footprint`.

        Parameters
        ----------
        weights : Mapping of str to float
            By security id, none negative.
        """
        return weighted_footprint(self.measure.values, weights, self.label)


def carbon_intensity(
    emissions: Iterable[Observation], revenue: Iterable[Observation], *, day: date, scope: str, name: str = ""
) -> Intensity:
    """Intensity of each security with both figures, as known by a day.

    Parameters
    ----------
    emissions : iterable of Observation
        In tonnes of CO2e, of periods, resolved; one provider and metric.
    revenue : iterable of Observation
        In USD, of years, resolved.
    day : date
        Later knowledge does not count.
    scope : str
        What the emissions are, for the label: "Scope 1, US facilities (GHGRP)".
    name : str
        Of the measure; "carbon_intensity, provider" where empty.

    Raises
    ------
    InputError
        If emissions are not in tonnes of one provider and metric, or revenue is not in USD.
    """
    tonnes = latest_by_security(emissions, day=day)
    kinds = {(o.provenance.provider, o.metric, o.unit) for o in tonnes}
    if len(kinds) > 1 or any(unit != "tCO2e" for _, _, unit in kinds):
        raise InputError(f"Emissions of {sorted(kinds)} cannot make one intensity.", hint="Give one metric in tCO2e.")
    years: dict[str, list[Observation]] = defaultdict(list)
    for each in known_by((o for o in revenue if o.security_id), day):
        if each.unit != "USD":
            raise InputError(f"Revenue of {each.subject} is in {each.unit}.", hint="Convert it to USD at its source.")
        years[each.security_id].append(each)
    left_out: Counter[str] = Counter()
    values: dict[str, float] = {}
    known: list[date] = []
    counted: Counter[int] = Counter()
    for each in tonnes:
        year = _of_the_period(each, years.get(each.security_id, ()))
        reason = _why_not(each, year)
        if reason or year is None or each.period_end is None:
            left_out[reason or "emissions without period"] += 1
            continue
        values[each.security_id] = float(each.value or 0.0) / (float(year.value or 0.0) / _USD_PER_MILLION)
        known += [each.known_on, year.known_on]
        counted[each.period_end.year] += 1
    provider = next(iter(kinds))[0] if kinds else ""
    measure = EsgMeasure(
        name=name or f"carbon_intensity, {provider}",
        values=values,
        direction=Direction.LOWER_IS_BETTER,
        provider=provider,
        known_at=max(known, default=None),
        unit=_UNIT,
        topic="carbon_intensity",
    )
    return Intensity(measure, scope, "revenue in USD", FrozenMap(dict(counted)), FrozenMap(dict(left_out)))


def _of_the_period(emission: Observation, years: Iterable[Observation]) -> Observation | None:
    """Revenue of the year that ends closest to the emissions' period; of equally close ones the earlier."""
    end = emission.period_end
    if end is None:
        return None
    near = [o for o in years if o.period_end is not None and abs(o.period_end - end) <= _HALF_A_YEAR]
    return min(near, key=lambda o: (abs((o.period_end or end) - end), o.period_end or end), default=None)


def _why_not(emission: Observation, year: Observation | None) -> str:
    if emission.value is None:
        return f"emissions {emission.status.value}"
    if year is None:
        return "no revenue of the year"
    if year.value is None:
        return f"revenue {year.status.value}"
    return "" if float(year.value) > 0 else "revenue of zero or less"


def with_emissions_added(observations: Iterable[Observation]) -> list[Observation]:
    """Emissions of several subjects of one security and period as one: parents that became one company.

    The later of their days counts; the notes name all subjects.

    Raises
    ------
    InputError
        If units or metrics of one provider differ.
    """
    groups: dict[tuple[str, str, str, date | None], list[Observation]] = defaultdict(list)
    for each in observations:
        if each.security_id and each.value is not None:
            groups[(each.security_id, each.provenance.provider, each.metric, each.period_end)].append(each)
    return [_added(rows) for rows in groups.values()]


def _added(rows: list[Observation]) -> Observation:
    if len({o.subject for o in rows}) == 1:
        return rows[-1]
    if len({o.unit for o in rows}) > 1 or any(isinstance(o.value, str | bool) for o in rows):
        raise InputError(f"Figures of {rows[0].security_id} cannot be added.", hint="Only amounts of one unit can.")
    by_subject = {o.subject: o for o in rows}
    return replace(
        rows[0],
        value=sum(float(o.value or 0.0) for o in by_subject.values()),
        known_on=max(o.known_on for o in rows),
        note=f"sum of {', '.join(str(subject) for subject in by_subject)}",
    )
