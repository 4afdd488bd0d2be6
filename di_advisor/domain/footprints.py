"""Carbon footprints of a portfolio: an average that cannot be read without scope, denominator, years and coverage.

Problem: "WACI 120" and "financed emissions 120" are different questions, and each means nothing without its label.
Decision: the average is over covered names only, unknown is never zero, and the figure travels with its label and with
the covered share of weight and names. Two kinds: weighted average carbon intensity (tonnes over revenue, weighted by
portfolio weight) and financed intensity (each company's tonnes shared out over its enterprise value including cash, so
that a million invested owns its part of them). Limits: long positions; one currency, which the label names.

Source: Task Force on Climate-related Financial Disclosures (2021), metrics annex; Partnership for Carbon Accounting
Financials, listed equity; Regulation (EU) 2020/1818 art. 1 divides by EVIC in EUR million.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from di_advisor.errors import InputError

__all__ = ["Footprint", "FootprintLabel", "financed_intensity", "weighted_footprint"]

_PER_MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class FootprintLabel:
    """What a footprint is of.

    Attributes
    ----------
    kind : str
        "WACI" or "Financed intensity".
    scope : str
        Which emissions: "Scope 1 and 2", "Scope 1, US facilities (GHGRP)".
    denominator : str
        Over what, with its currency: "revenue in USD", "EVIC in EUR".
    unit : str
        Unit of the figure.
    years : str
        Of the emissions.
    """

    kind: str
    scope: str
    denominator: str
    unit: str
    years: str

    def __post_init__(self) -> None:
        absent = [n for n in ("kind", "scope", "denominator", "unit", "years") if not getattr(self, n).strip()]
        if absent:
            raise InputError(
                f"The label of a footprint says nothing of {', '.join(absent)}.",
                hint="A footprint without its label cannot be compared with anything.",
            )

    def __str__(self) -> str:
        return f"{self.scope} / {self.denominator}, {self.unit}, emissions of {self.years}"


@dataclass(frozen=True, slots=True)
class Footprint:
    """A footprint of a portfolio.

    Attributes
    ----------
    value : float
        Average over the covered weight, in the label's unit.
    coverage : float
        Covered part of the weight, a fraction.
    names, held : int
        How many names are covered, of how many that are held.
    label : FootprintLabel
        What it is of.
    """

    value: float
    coverage: float
    names: int
    held: int
    label: FootprintLabel

    @property
    def sentence(self) -> str:
        """Figure, label and coverage in words."""
        return (
            f"{self.label.kind} {self.value:.1f} ({self.label}); "
            f"covered: {self.coverage:.3f} of the weight, {self.names} of {self.held} names."
        )


def weighted_footprint(values: Mapping[str, float], weights: Mapping[str, float], label: FootprintLabel) -> Footprint:
    """Average of intensities over a portfolio's covered names.

    Parameters
    ----------
    values : Mapping of str to float
        Intensities by security id, in the label's unit; a name that is left out, or NaN, is not covered.
    weights : Mapping of str to float
        By security id, none negative; they need not add up to one.
    label : FootprintLabel
        What the intensities are.

    Raises
    ------
    InputError
        If a weight is negative, or nothing of the weight is covered.
    """
    if any(weight < 0 for weight in weights.values()):
        raise InputError("A weight is negative.", hint="Carbon intensity averages long positions.")
    known = {name: value for name, value in values.items() if math.isfinite(value)}
    total = sum(weights.values())
    covered = sum(weight for name, weight in weights.items() if name in known)
    if not covered > 0:
        raise InputError("No weight is covered by the intensity.", hint="Unknown is not zero: there is no average.")
    value = sum(known[name] * weight for name, weight in weights.items() if name in known) / covered
    names = sum(name in known for name, weight in weights.items() if weight > 0)
    return Footprint(value, covered / total, names, sum(weight > 0 for weight in weights.values()), label)


def financed_intensity(
    emissions_t: Mapping[str, float],
    evic: Mapping[str, float],
    weights: Mapping[str, float],
    *,
    scope: str,
    years: str,
    currency: str = "USD",
) -> Footprint:
    """Tonnes that a million invested owns: the average of each company's tonnes over its enterprise value.

    Parameters
    ----------
    emissions_t : Mapping of str to float
        Tonnes of CO2e a year by security id, of the whole company.
    evic : Mapping of str to float
        Enterprise value including cash of the whole company, in the currency; zero or less counts as not known.
    weights : Mapping of str to float
        By security id, none negative.
    scope, years : str
        For the label.
    currency : str
        Of ``evic``.

    Raises
    ------
    InputError
        As in `weighted_footprint`.
    """
    label = FootprintLabel(
        "Financed intensity", scope, f"EVIC in {currency}", f"tCO2e per {currency} million invested", years
    )
    owned = {name: t / (evic[name] / _PER_MILLION) for name, t in emissions_t.items() if evic.get(name, 0.0) > 0}
    return weighted_footprint(owned, weights, label)
