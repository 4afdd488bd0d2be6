"""What a return starts from: one filer, one year, a few lines. Not tax advice.

Gains and losses are the year's own, by term, before anything carried over; losses carried over are
positive amounts (a negative one is refused). Income is sorted by what the return needs to know of
it: whether it is investment income (26 USC 1411) and whether it is taxed at preferential rates.

Limits: no credits, no other taxes (Additional Medicare, self-employment), no phase-outs of
deductions: whoever itemises gives the amount allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.taxes import FilingStatus, TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.state_tax import StateTax

__all__ = ["ReturnInputs"]

_SIGNED = ("ordinary_income_usd", "net_short_usd", "net_long_usd")
_POSITIVE = (
    "interest_usd",
    "nonqualified_dividends_usd",
    "qualified_dividends_usd",
    "itemized_taxes_usd",
)
_CARRIED = ("carryover_short_usd", "carryover_long_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnInputs:
    """One filer in one tax year.

    Attributes
    ----------
    tax_year : int
        Calendar year.
    filing_status : FilingStatus
        Federal filing status.
    ordinary_income_usd : Decimal or Fraction
        Income that is not from investments (wages, pensions), less adjustments; signed.
    interest_usd, nonqualified_dividends_usd : Decimal or Fraction
        Investment income at ordinary rates.
    qualified_dividends_usd : Decimal or Fraction
        Dividends at preferential rates, not counted in the ones above.
    net_short_usd, net_long_usd : Decimal or Fraction
        The year's own net gain by term, signed, before carryovers.
    carryover_short_usd, carryover_long_usd : Decimal or Fraction
        Losses carried over from last year, **positive**.
    itemized_usd : Decimal, Fraction or None
        Itemised deductions allowed; None takes the standard deduction.
    itemized_taxes_usd : Decimal or Fraction
        The state and local taxes among them, which the alternative minimum tax adds back.
    state : StateTax or None
        The state's rates, as inputs.

    Raises
    ------
    InputError
        If an amount is not exact, or has a sign it cannot have.
    """

    tax_year: int
    filing_status: FilingStatus = FilingStatus.SINGLE
    ordinary_income_usd: Exact = Decimal(0)
    interest_usd: Exact = Decimal(0)
    nonqualified_dividends_usd: Exact = Decimal(0)
    qualified_dividends_usd: Exact = Decimal(0)
    net_short_usd: Exact = Decimal(0)
    net_long_usd: Exact = Decimal(0)
    carryover_short_usd: Exact = Decimal(0)
    carryover_long_usd: Exact = Decimal(0)
    itemized_usd: Exact | None = None
    itemized_taxes_usd: Exact = Decimal(0)
    state: StateTax | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "filing_status", FilingStatus(self.filing_status))
        for name in (*_SIGNED, *_POSITIVE, *_CARRIED):
            object.__setattr__(self, name, exact(getattr(self, name), name))
        for name in _CARRIED:
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} is {getattr(self, name)}; a loss carried over is entered as a positive amount.",
                    hint="Drop the minus sign.",
                    field=name,
                )
        for name in _POSITIVE:
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} is {getattr(self, name)}; it cannot be negative.",
                    hint="Correct the figure, or move it to ordinary_income_usd.",
                    field=name,
                )
        if self.itemized_usd is not None:
            object.__setattr__(self, "itemized_usd", exact(self.itemized_usd, "itemized_usd"))
        if Fraction(self.itemized_taxes_usd) > Fraction(self.itemized_usd or 0):
            raise InputError(
                f"itemized_taxes_usd is {self.itemized_taxes_usd}, more than all itemised deductions "
                f"({self.itemized_usd}).",
                hint="The taxes are part of itemized_usd; leave both out for the standard deduction.",
                field="itemized_taxes_usd",
            )

    @classmethod
    def of_profile(cls, profile: TaxProfile, tax_year: int, *, state: StateTax | None = None) -> ReturnInputs:
        """The figures of a taxpayer's profile, for a return by tables instead of its constant rates.

        Parameters
        ----------
        profile : TaxProfile
            Its rates are not used.
        tax_year : int
            Must be the profile's, if it names one.
        state : StateTax, optional
            The state's rates.

        Raises
        ------
        InputError
            If the profile is for another year.
        """
        if profile.tax_year not in (None, tax_year):
            raise InputError(
                f"The taxpayer's figures are for {profile.tax_year}, and the return is for {tax_year}.",
                hint="Give the figures of the year in question.",
                tax_year=tax_year,
            )
        return cls(
            tax_year=tax_year,
            filing_status=profile.filing_status,
            ordinary_income_usd=profile.ordinary_income_usd,
            net_short_usd=profile.realized_short_usd,
            net_long_usd=profile.realized_long_usd,
            carryover_short_usd=profile.carryover_short_usd,
            carryover_long_usd=profile.carryover_long_usd,
            state=state,
        )
