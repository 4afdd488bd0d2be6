"""One return, computed exactly, with the record of what it rests on. Not tax advice.

`compute_return` is the whole return of one filer: every line exact, cents only where it is shown
(`ReturnResult.in_cents`). The result keeps the policies and the sources of its figures.

Limits: see `ReturnInputs`; an answer is only as complete as what it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.lines import ReturnLines, return_lines
from di_advisor.ledger.tax_return.policies import AmtPolicy, ReturnPolicies, SmallIncomeTax
from di_advisor.ledger.tax_return.tables import tax_tables
from di_advisor.ledger.tax_return.tax_table import table_tax
from di_advisor.units import CENTS_PER_USD

__all__ = ["NOT_TAX_ADVICE", "ReturnResult", "cents", "compute_return"]

NOT_TAX_ADVICE: Final = "Not tax advice."
"""What stands wherever a person sees a figure of the return."""


def cents(amount_usd: Exact) -> Decimal:
    """An exact amount in whole cents, half a cent away from zero."""
    scaled = as_fraction(amount_usd) * CENTS_PER_USD
    whole = (abs(scaled) + Fraction(1, 2)).__floor__()
    return at_places(Fraction(whole if scaled >= 0 else -whole, CENTS_PER_USD), 2)


@dataclass(frozen=True, slots=True, repr=False)
class ReturnResult(ReturnLines[Fraction]):
    """A return: the lines of `ReturnLines`, exact, and what they rest on.

    Attributes
    ----------
    inputs : ReturnInputs
        What it was computed from.
    policies : ReturnPolicies
        Switches it was computed under.
    sources : mapping of str to str
        For each section of figures the law, and where the figures were read.
    warnings : tuple of str
        What the total leaves out, with amounts.
    """

    inputs: ReturnInputs
    policies: ReturnPolicies
    sources: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def amt_usd(self) -> Fraction:
        """Alternative minimum tax, computed under either policy."""
        return self.minimum_tax.amt_usd

    @property
    def capital_loss_deduction_usd(self) -> Fraction:
        """Net loss deducted this year (Schedule D line 21), positive."""
        return self.schedule_d.line_21_deduction_usd

    @property
    def short_carryover_usd(self) -> Fraction:
        """Short-term loss carried to next year, positive."""
        return self.carryover.line_8_short_carryover_usd

    @property
    def long_carryover_usd(self) -> Fraction:
        """Long-term loss carried to next year, positive."""
        return self.carryover.line_13_long_carryover_usd

    def in_cents(self) -> dict[str, Decimal]:
        """Every amount of the return, rounded to cents, by name; parts as ``part.name``."""
        shown: dict[str, Decimal] = {}
        for field in fields(ReturnLines):
            value = getattr(self, field.name)
            if isinstance(value, Fraction):
                shown[field.name] = cents(value)
            else:
                shown |= {f"{field.name}.{each.name}": cents(getattr(value, each.name)) for each in fields(value)}
        return shown

    def __repr__(self) -> str:
        return (
            f"ReturnResult({self.inputs.tax_year}, {self.inputs.filing_status.value}, "
            f"total {cents(self.total_usd):,} USD; {NOT_TAX_ADVICE})"
        )


def compute_return(inputs: ReturnInputs, policies: ReturnPolicies | None = None) -> ReturnResult:
    """Compute a federal return and, from rates given, the state's tax on top.

    Parameters
    ----------
    inputs : ReturnInputs
        The filer's figures.
    policies : ReturnPolicies, optional
        Switches; the documented defaults if left out.

    Returns
    -------
    ReturnResult
        Exact; not tax advice.

    Raises
    ------
    IncompleteDataError
        If there are no tables for the year.
    """
    policies = policies or ReturnPolicies()
    year = tax_tables(inputs.tax_year)
    tables = year.by_status[inputs.filing_status]
    by_table = policies.small_income_tax is SmallIncomeTax.TABLE
    ordinary_tax = partial(table_tax, tables.ordinary) if by_table else tables.ordinary.tax_on
    short, long = Fraction(inputs.net_short_usd), Fraction(inputs.net_long_usd)
    lines = return_lines(inputs, tables, policies.amt, ordinary_tax, short, long)
    sources = dict(year.sources)
    if inputs.state is not None:
        sources["state"] = f"{inputs.state.name}: {inputs.state.source}"
    warnings = []
    if policies.amt is AmtPolicy.WARNED and lines.minimum_tax.amt_usd:
        warnings.append(
            f"Alternative minimum tax of {cents(lines.minimum_tax.amt_usd):,} USD is due by these figures "
            f"(Form 6251) and is not in the total of {cents(lines.total_usd):,} USD. {NOT_TAX_ADVICE}"
        )
    return ReturnResult(
        **{field.name: getattr(lines, field.name) for field in fields(ReturnLines)},
        inputs=inputs,
        policies=policies,
        sources=MappingProxyType(sources),
        warnings=tuple(warnings),
    )
