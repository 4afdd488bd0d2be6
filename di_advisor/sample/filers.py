"""Three invented returns for the sample's three accounts: room at 0 %, gains to offset, a large outside income.

Problem: year-end planning says little at constant rates. Decision: one made-up filer an account, of the sample's year,
so that every kind of kink shows: a filer under the 0 % limit of long-term gain, one with gains of both terms under the
net investment income tax, one with losses carried over, a high income and itemised deductions. Everything in them is
simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from di_advisor.domain.taxes import FilingStatus
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.sample.calendar import LAST_DAY

__all__ = ["FILERS"]

_YEAR: Final = LAST_DAY.year

FILERS: Final[Mapping[str, ReturnInputs]] = MappingProxyType(
    {
        "young": ReturnInputs(
            tax_year=_YEAR, ordinary_income_usd=Decimal(46_000), qualified_dividends_usd=Decimal(2_400)
        ),
        "seasoned": ReturnInputs(
            tax_year=_YEAR,
            filing_status=FilingStatus.MARRIED_JOINT,
            ordinary_income_usd=Decimal(238_000),
            interest_usd=Decimal(3_000),
            qualified_dividends_usd=Decimal(9_000),
            net_short_usd=Decimal(1_600),
            net_long_usd=Decimal(2_500),
        ),
        "concentrated": ReturnInputs(
            tax_year=_YEAR,
            ordinary_income_usd=Decimal(650_000),
            qualified_dividends_usd=Decimal(14_000),
            net_short_usd=Decimal(4_000),
            net_long_usd=Decimal(30_000),
            carryover_long_usd=Decimal(12_000),
            itemized_usd=Decimal(48_000),
            itemized_taxes_usd=Decimal(28_000),
        ),
    }
)
"""By account: the return of a made-up filer, with the gains of the year so far."""
