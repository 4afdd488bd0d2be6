"""What a replay is told besides the policy, the wishes and the taxpayer.

Limits: one account of one taxpayer; gains outside the account are what `LossUse` says of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.wish_checks import choice_of
from di_advisor.errors import InputError
from di_advisor.signals.waiting import Harvesting

__all__ = ["Flow", "LossUse", "ReplaySettings", "TaxPaid"]


class LossUse(StrEnum):
    """What becomes of losses where the taxpayer is given by constant rates; a return knows by itself."""

    ELSEWHERE = "elsewhere"
    """There are always gains outside the account that they meet, at the rates of their term (Chaudhuri, Burnham and
    Lo, 2020)."""
    CARRIED = "carried"
    """They meet the account's own gains and 3,000 USD of ordinary income a year; the rest is carried over. Proposals
    are told what the next dollar is worth by that, later years discounted (`di_advisor.backtest.carried_rates`)."""


class TaxPaid(StrEnum):
    """Where the money for taxes comes from, and goes to where they are negative."""

    OUTSIDE = "outside"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Flow:
    """Money of the client on a day (the first session on or after it): in positive, out negative, USD.

    A deposit can be invested on its day where the policy acts; a withdrawal leaves at the close, and what must be
    sold for it is sold that day.
    """

    on: date
    amount_usd: Exact

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount_usd", exact(self.amount_usd, "amount of a flow"))
        if not self.amount_usd:
            raise InputError(f"The flow of {self.on} is 0 USD.", hint="Leave it out.")


@dataclass(frozen=True)
class ReplaySettings:
    """How an account starts and what happens to it besides trading.

    Attributes
    ----------
    cash_usd : Decimal
        Paid in on the first session.
    portfolio : Portfolio or None
        One account with known lots that comes in on the first session, in shares of that day; its cash counts,
        its fills do not.
    flows : tuple of Flow
        Deposits and withdrawals after the first session; earlier ones are left out.
    wash_sales : bool
        Whether the law of wash sales is applied by the ledger; where not, the mandate does not look at it either,
        so that what the law costs can be seen.
    loss_use : LossUse
        For taxpayers of constant rates.
    tax_paid : TaxPaid
        From outside, as the measures have it, or from the account.
    accrues_last_year : bool
        Whether tax of years that are not due by the last session falls due on it: else the last harvests count
        nowhere.
    risk_every_months : int
        How often the risk model is estimated anew; also where a name comes up that it does not know.
    nears_cap : bool
        Where wash-sale locks keep the cap from being reached: whether wash sales are priced that day instead of banned
        and, where that does not reach it either, the account is traded to within a bp of what can be reached, which the
        row's note says; otherwise nothing is done that day (`di_advisor.backtest.reach`).
    harvest : Harvesting or None
        A model of what waiting is worth, for signals and triggers.
    uses_esg : bool
        Whether the past's ESG measures go into the signals.
    account_id, taxpayer : str
        Names.

    Raises
    ------
    InputError
        If the account starts with nothing, or with more accounts than one, or lots that are not known; or a choice
        is none.
    """

    cash_usd: Exact = Decimal(1_000_000)
    portfolio: Portfolio | None = None
    flows: tuple[Flow, ...] = ()
    wash_sales: bool = True
    loss_use: LossUse = LossUse.ELSEWHERE
    tax_paid: TaxPaid = TaxPaid.OUTSIDE
    accrues_last_year: bool = True
    risk_every_months: int = 1
    nears_cap: bool = False
    harvest: Harvesting | None = None
    uses_esg: bool = False
    account_id: str = "account"
    taxpayer: str = "taxpayer"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cash_usd", exact(self.cash_usd, "cash at the start"))
        object.__setattr__(self, "loss_use", choice_of(LossUse, self.loss_use, "loss_use"))
        object.__setattr__(self, "tax_paid", choice_of(TaxPaid, self.tax_paid, "tax_paid"))
        if self.cash_usd < 0 or (self.portfolio is None and not self.cash_usd > 0):
            raise InputError(f"The account starts with {self.cash_usd} USD.", hint="Give cash, or lots.")
        if self.risk_every_months < 1:
            raise InputError(f"Risk every {self.risk_every_months} months.", hint="Give 1 or more.")
        if self.portfolio is not None:
            if len(self.portfolio.accounts) != 1:
                raise InputError(
                    f"The portfolio has {len(self.portfolio.accounts)} accounts.", hint="A replay is of one account."
                )
            strange = [lot.lot_id for lot in self.portfolio.lots if not lot.known]
            if strange:
                raise InputError(
                    f"Of {len(strange)} lots basis or date is not known: {', '.join(strange[:5])}.",
                    hint="Leave them out, or supply what is missing.",
                )

    @property
    def in_words(self) -> str:
        """What distinguishes results of one policy."""
        washes = "wash sales by the law" if self.wash_sales else "no law of wash sales"
        return f"{washes}; losses {self.loss_use.value}; taxes paid from {self.tax_paid.value}"
