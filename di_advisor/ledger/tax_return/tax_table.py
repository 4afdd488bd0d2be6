"""The printed Tax Table below $100,000 of taxable income. Not tax advice.

The instructions to Form 1040 send smaller incomes to a table. Its rows are 50 wide from 3,000 on,
25 wide below, and shorter at the start; each shows the tax at its middle, rounded to the dollar,
half a dollar up. Steps are where the tax is not continuous in income.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Final

from di_advisor.ledger.tax_return.schedules import RateSchedule

__all__ = ["TABLE_ENDS_USD", "table_row", "table_tax"]

TABLE_ENDS_USD: Final = 100_000
"""Taxable income from which the rate schedule applies."""

_FIRST_ROWS_USD: Final = (0, 5, 15, 25)
_NARROW_ROW_USD: Final = 25
_NARROW_END_USD: Final = 3_000
_ROW_USD: Final = 50


def table_row(income_usd: Fraction) -> tuple[int, int]:
    """The row of a taxable income: at least the first amount, less than the second, in USD."""
    for low, high in itertools.pairwise(_FIRST_ROWS_USD):
        if income_usd < high:
            return low, high
    width = _NARROW_ROW_USD if income_usd < _NARROW_END_USD else _ROW_USD
    low = int(income_usd // width) * width
    return low, low + width


def table_tax(schedule: RateSchedule, income_usd: Fraction) -> Fraction:
    """Tax at ordinary rates by the printed table, in USD; by the schedule from 100,000 on.

    Parameters
    ----------
    schedule : RateSchedule
        Ordinary brackets of the year and status.
    income_usd : Fraction
        Taxable income.
    """
    if income_usd <= 0:
        return Fraction(0)
    if income_usd >= TABLE_ENDS_USD:
        return schedule.tax_on(income_usd)
    middle = Fraction(sum(table_row(income_usd)), 2)
    return Fraction((schedule.tax_on(middle) + Fraction(1, 2)).__floor__())
