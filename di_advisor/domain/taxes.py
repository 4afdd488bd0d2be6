"""The taxpayer: rates, filing status, and what the year already holds.

`ConstantRates` are marginal rates that do not change with the amount: a labelled simplification,
used where no bracket table is asked for. Losses and carryovers are entered as positive amounts;
a negative one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from di_advisor.domain.amounts import Exact, exact
from di_advisor.errors import InputError

__all__ = ["ConstantRates", "FilingStatus", "TaxProfile"]


class FilingStatus(StrEnum):
    """Filing status of the federal return."""

    SINGLE = "single"
    MARRIED_JOINT = "married_joint"
    MARRIED_SEPARATE = "married_separate"
    HEAD_OF_HOUSEHOLD = "head_of_household"

    @classmethod
    def _missing_(cls, value: object) -> FilingStatus:
        raise InputError(
            f"Filing status {value!r} is not known.", hint=f"Use one of: {', '.join(s.value for s in cls)}."
        )


@dataclass(frozen=True, slots=True)
class ConstantRates:
    """Marginal rates, everything included (federal, net investment income, state), as fractions.

    Attributes
    ----------
    short_term : float
        On net short-term gain.
    long_term : float
        On net long-term gain.
    qualified_dividend, ordinary_dividend : float or None
        On dividends; None takes the long-term and the short-term rate.
    """

    short_term: float
    long_term: float
    qualified_dividend: float | None = None
    ordinary_dividend: float | None = None

    def __post_init__(self) -> None:
        for name in ("short_term", "long_term", "qualified_dividend", "ordinary_dividend"):
            rate = getattr(self, name)
            if rate is not None and not 0 <= rate < 1:
                raise InputError(
                    f"The tax rate {name} is {rate}.", hint="Rates are fractions in [0, 1): 0.238 for 23.8 percent."
                )
        if self.qualified_dividend is None:
            object.__setattr__(self, "qualified_dividend", self.long_term)
        if self.ordinary_dividend is None:
            object.__setattr__(self, "ordinary_dividend", self.short_term)


@dataclass(frozen=True)
class TaxProfile:
    """One filer in one tax year.

    Attributes
    ----------
    rates : ConstantRates
        Marginal rates.
    filing_status : FilingStatus
        Federal filing status.
    tax_year : int or None
        Calendar year; None when only the rates matter.
    ordinary_income_usd : Decimal
        Income taxed at ordinary rates, outside this portfolio.
    realized_short_usd, realized_long_usd : Decimal
        Net gain realised this year so far, inside and outside; signed.
    carryover_short_usd, carryover_long_usd : Decimal
        Losses carried over, **positive** amounts.
    state : str
        Two-letter code, or empty.
    loss_rates : ConstantRates or None
        What losses of the taxable accounts are worth, where ``rates`` are zero because this account is not
        taxed: a purchase here can still wash them. None takes ``rates``.
    """

    rates: ConstantRates
    filing_status: FilingStatus = FilingStatus.SINGLE
    tax_year: int | None = None
    ordinary_income_usd: Exact = Decimal(0)
    realized_short_usd: Exact = Decimal(0)
    realized_long_usd: Exact = Decimal(0)
    carryover_short_usd: Exact = Decimal(0)
    carryover_long_usd: Exact = Decimal(0)
    state: str = ""
    loss_rates: ConstantRates | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "filing_status", FilingStatus(self.filing_status))
        for name in (
            "ordinary_income_usd",
            "realized_short_usd",
            "realized_long_usd",
            "carryover_short_usd",
            "carryover_long_usd",
        ):
            object.__setattr__(self, name, exact(getattr(self, name), name))
        for name in ("carryover_short_usd", "carryover_long_usd"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} is {getattr(self, name)}; a loss carried over is entered as a positive amount.",
                    hint="Drop the minus sign.",
                )
