"""Figures of a tax year: brackets, thresholds, deductions, each with its source. Not tax advice.

Problem: brackets change every year, and last year's are wrong without looking wrong. Decision: the
figures are files of data (``figures/YEAR.toml``), one for each year, with the law and where each
figure was read. A year without a file is an error that names the years there are; nothing is
reused or extrapolated. `ConstantRates` are the labelled way out.

Limits: federal figures for individuals; no estates, trusts, credits, or additions to the standard
deduction for age.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.tax_return.schedules import Bracket, RateSchedule

__all__ = ["StatusTables", "TaxTables", "known_tax_years", "tax_tables"]

_SECTIONS = (
    "ordinary",
    "preferential",
    "standard_deduction",
    "net_investment_income_tax",
    "capital_loss",
    "alternative_minimum_tax",
)


@dataclass(frozen=True, slots=True)
class StatusTables:
    """Figures of one tax year for one filing status, exact.

    Attributes
    ----------
    tax_year : int
        Calendar year.
    filing_status : FilingStatus
        Whose figures these are.
    ordinary : RateSchedule
        Brackets of ordinary income.
    zero_up_to_usd, fifteen_up_to_usd : Fraction
        Taxable income up to which preferential income is taxed at 0 and at 15 percent.
    preferential_rates : tuple of three Fraction
        0, 15 and 20 percent.
    standard_deduction_usd : Fraction
        Without additions for age.
    niit_rate, niit_threshold_usd : Fraction
        Net investment income tax (26 USC 1411).
    capital_loss_limit_usd : Fraction
        Net loss that may be deducted in a year (26 USC 1211(b)).
    amt : RateSchedule
        26 and 28 percent.
    amt_exemption_usd, amt_phase_out_from_usd, amt_phase_out_rate : Fraction
        Exemption from the alternative minimum tax, and how it shrinks.
    """

    tax_year: int
    filing_status: FilingStatus
    ordinary: RateSchedule
    zero_up_to_usd: Fraction
    fifteen_up_to_usd: Fraction
    preferential_rates: tuple[Fraction, Fraction, Fraction]
    standard_deduction_usd: Fraction
    niit_rate: Fraction
    niit_threshold_usd: Fraction
    capital_loss_limit_usd: Fraction
    amt: RateSchedule
    amt_exemption_usd: Fraction
    amt_phase_out_from_usd: Fraction
    amt_phase_out_rate: Fraction

    @property
    def amt_exemption_gone_usd(self) -> Fraction:
        """Income from which no exemption is left, in USD."""
        return self.amt_phase_out_from_usd + self.amt_exemption_usd / self.amt_phase_out_rate


@dataclass(frozen=True, slots=True)
class TaxTables:
    """Figures of one tax year.

    Attributes
    ----------
    tax_year : int
        Calendar year.
    by_status : mapping of FilingStatus to StatusTables
        All four statuses.
    sources : mapping of str to str
        For each section of figures the law, and where the figures were read.
    """

    tax_year: int
    by_status: Mapping[FilingStatus, StatusTables]
    sources: Mapping[str, str]


@lru_cache(maxsize=1)
def known_tax_years() -> tuple[int, ...]:
    """Tax years with figures, in order."""
    folder = files(__package__).joinpath("figures")
    names = (PurePath(entry.name) for entry in folder.iterdir())
    return tuple(sorted(int(name.stem) for name in names if name.suffix == ".toml"))


@lru_cache(maxsize=8)
def tax_tables(tax_year: int) -> TaxTables:
    """Figures of a tax year.

    Parameters
    ----------
    tax_year : int
        Calendar year.

    Raises
    ------
    IncompleteDataError
        If there are none for that year; other years' are never reused.
    """
    years = known_tax_years()
    if tax_year not in years:
        raise IncompleteDataError(
            f"There are no tax tables for {tax_year}; there are some for {', '.join(map(str, years))}.",
            hint="Give ConstantRates explicitly for other years; brackets of another year are never reused silently.",
            tax_year=tax_year,
            known_tax_years=years,
        )
    text = files(__package__).joinpath("figures", f"{tax_year}.toml").read_text(encoding="utf-8")
    figures = tomllib.loads(text, parse_float=Decimal)
    by_status = {status: _status_tables(figures, status) for status in FilingStatus}
    sources = {name: f"{figures[name]['source']} ({figures[name]['seen']})" for name in _SECTIONS}
    return TaxTables(tax_year, MappingProxyType(by_status), MappingProxyType(sources))


def _status_tables(figures: dict[str, Any], status: FilingStatus) -> StatusTables:
    ordinary, preferential, minimum = (
        figures[each] for each in ("ordinary", "preferential", "alternative_minimum_tax")
    )
    zero, fifteen, twenty = map(Fraction, preferential["rates"])
    return StatusTables(
        tax_year=figures["tax_year"],
        filing_status=status,
        ordinary=_schedule([0, *ordinary["tops_usd"][status]], ordinary["rates"]),
        zero_up_to_usd=Fraction(preferential["zero_up_to_usd"][status]),
        fifteen_up_to_usd=Fraction(preferential["fifteen_up_to_usd"][status]),
        preferential_rates=(zero, fifteen, twenty),
        standard_deduction_usd=Fraction(figures["standard_deduction"]["usd"][status]),
        niit_rate=Fraction(figures["net_investment_income_tax"]["rate"]),
        niit_threshold_usd=Fraction(figures["net_investment_income_tax"]["threshold_usd"][status]),
        capital_loss_limit_usd=Fraction(figures["capital_loss"]["limit_usd"][status]),
        amt=_schedule([0, minimum["upper_rate_from_usd"][status]], minimum["rates"]),
        amt_exemption_usd=Fraction(minimum["exemption_usd"][status]),
        amt_phase_out_from_usd=Fraction(minimum["phase_out_from_usd"][status]),
        amt_phase_out_rate=Fraction(minimum["phase_out_rate"]),
    )


def _schedule(starts: list[int], rates: list[Decimal]) -> RateSchedule:
    pairs = zip(starts, rates, strict=True)
    return RateSchedule(tuple(Bracket(Fraction(start), Fraction(rate)) for start, rate in pairs))
