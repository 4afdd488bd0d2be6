"""Portfolio: a taxpayer's accounts with their lots, cash and recent fills.

Wash sales and gains belong to the taxpayer, so the portfolio is the taxpayer's and one account
is the case of one. Cash is dated by when it can be spent. Fills of the last and of the next 30
days stand here because they lock names (26 USC 1091).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from di_advisor.domain.amounts import Exact, as_fraction, exact, is_exact
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lots import TaxLot
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Account", "AccountKind", "CashItem", "Fill", "Portfolio", "Side"]


class AccountKind(StrEnum):
    """How the law sees an account."""

    TAXABLE = "taxable"
    SPOUSE = "spouse"
    IRA = "ira"
    ROTH = "roth"
    RETIREMENT_PLAN = "retirement_plan"
    HSA = "hsa"


class Side(StrEnum):
    """Side of a trade."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class CashItem:
    """Cash that can be spent from a date on; negative for a dated withdrawal.

    Attributes
    ----------
    amount_usd : Decimal
        USD.
    available_on : date
        First day on which it can be spent.
    """

    amount_usd: Exact
    available_on: date

    def __post_init__(self) -> None:
        if not is_exact(self.amount_usd):
            object.__setattr__(self, "amount_usd", exact(self.amount_usd, "cash amount"))


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade done in the last 30 days, or already planned for the next 30.

    Attributes
    ----------
    security_id : str
        What was traded.
    side : Side
        Buy or sell.
    shares : Decimal or Fraction
        More than zero.
    on : date
        Trade date.
    gain_usd : Decimal or None
        Gain of a sale, negative for a loss; None for a buy, or where not known (then a sale is
        treated as a loss, the cautious reading).
    lot_id : str
        For a buy, the lot it opened, where that lot is in the portfolio: the same shares are then
        not counted twice.
    replaced : bool
        For a buy, whether its shares have replaced others sold at a loss already: they cannot again (26
        CFR 1.1091-1(e)). A lot whose holding period starts before its purchase says so by itself; one in
        a retirement account does not.
    purchase_id : str
        For a buy, what it was a part of, where that is known: parts of one purchase do not replace each
        other (Rev. Rul. 56-602).
    """

    security_id: str
    side: Side
    shares: Exact
    on: date
    gain_usd: Exact | None = None
    lot_id: str = ""
    replaced: bool = False
    purchase_id: str = ""

    def __post_init__(self) -> None:
        if type(self.side) is not Side:
            object.__setattr__(self, "side", Side(self.side))
        if not is_exact(self.shares):
            object.__setattr__(self, "shares", exact(self.shares, f"shares of a fill in {self.security_id}"))
        if self.shares <= 0:
            raise InputError(
                f"A fill in {self.security_id} on {self.on} has {self.shares} shares; it needs more than zero.",
                hint="Give the number of shares as a positive figure and the side as buy or sell.",
            )
        if self.gain_usd is not None and not is_exact(self.gain_usd):
            object.__setattr__(self, "gain_usd", exact(self.gain_usd, f"gain of a fill in {self.security_id}"))


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes
    ----------
    account_id : str
        Key.
    lots : sequence of TaxLot
        Holdings, a tuple or `LotColumns`; ids are distinct within the account.
    cash : tuple of CashItem
        Dated cash.
    fills : tuple of Fill
        Fills of the last and planned fills of the next 30 days.
    kind : AccountKind
        Taxable unless said otherwise.
    reinvests_dividends : bool
        Whether dividends buy shares by themselves (which can wash a loss).
    """

    account_id: str
    lots: Sequence[TaxLot] = ()
    cash: tuple[CashItem, ...] = ()
    fills: tuple[Fill, ...] = ()
    kind: AccountKind = AccountKind.TAXABLE
    reinvests_dividends: bool = False

    def __post_init__(self) -> None:
        lots = self.lots  # all at once: a fleet reads a thousand lots an account
        if isinstance(lots, LotColumns):
            owners, distinct = {lots.account_id}, len(set(lots.lot_ids))
        else:
            owners, distinct = {lot.account_id for lot in lots}, len({lot.lot_id for lot in lots})
        if owners <= {self.account_id} and distinct == len(lots):
            return
        seen: dict[str, TaxLot] = {}
        for lot in self.lots:
            if lot.account_id != self.account_id:
                raise InputError(
                    f"Lot {lot.lot_id} belongs to account {lot.account_id}, not to {self.account_id}.",
                    hint="Put each lot into its own account.",
                )
            if lot.lot_id in seen:
                raise InputError(
                    f"Lot id {lot.lot_id} stands twice in account {self.account_id}: {seen[lot.lot_id]} and {lot}.",
                    hint="Lot ids are distinct; remove the duplicate or give the second fill an id of its own.",
                    lot_id=lot.lot_id,
                )
            seen[lot.lot_id] = lot

    def cash_usd(self, on: date) -> Decimal:
        """Cash that can be spent on a date, in USD."""
        total = sum((as_fraction(c.amount_usd) for c in self.cash if c.available_on <= on), Fraction(0))
        return Decimal(total.numerator) / Decimal(total.denominator)


@dataclass(frozen=True, repr=False)
class Portfolio:
    """A taxpayer's accounts.

    Attributes
    ----------
    taxpayer : str
        Who files the return.
    accounts : tuple of Account
        One or more, with distinct ids.
    """

    taxpayer: str
    accounts: tuple[Account, ...] = field(default=())

    def __post_init__(self) -> None:
        ids = [a.account_id for a in self.accounts]
        if len(set(ids)) != len(ids):
            raise InputError(f"Account ids are not distinct: {ids}.", hint="Give each account its own id.")

    def __repr__(self) -> str:
        held = ", ".join(f"{a.account_id} ({a.kind.value}, {len(a.lots)} lots)" for a in self.accounts)
        return f"Portfolio(taxpayer {self.taxpayer}: {held or 'no accounts'})"

    @property
    def lots(self) -> tuple[TaxLot, ...]:
        """All lots, account by account."""
        return tuple(lot for a in self.accounts for lot in a.lots)

    def account(self, account_id: str) -> Account:
        """The account of an id.

        Raises
        ------
        InputError
            If there is none, naming those there are.
        """
        for a in self.accounts:
            if a.account_id == account_id:
                return a
        raise InputError(
            f"There is no account {account_id!r}.",
            hint=f"The portfolio has: {', '.join(a.account_id for a in self.accounts) or 'none'}.",
        )

    @classmethod
    def from_frame(
        cls,
        lots: pd.DataFrame,
        *,
        cash_usd: str | int | Decimal = 0,
        as_of: date | None = None,
        taxpayer: str = "taxpayer",
        account_id: str = "account",
        fills: tuple[Fill, ...] = (),
    ) -> Portfolio:
        """From a frame of lots; see `di_advisor.domain.frames.portfolio_from_frame` for the columns.

        Parameters
        ----------
        lots : DataFrame
            One row a lot.
        cash_usd : str, int or Decimal
            Cash that can be spent at once, for a portfolio of one account.
        as_of : date, optional
            The date from which the cash can be spent; the first of all dates when left out.
        taxpayer, account_id : str
            Names; ``account_id`` serves for rows without one.
        fills : tuple of Fill
            Recent and planned fills of the (single) account.

        Raises
        ------
        InputError
            Naming the row and the column that is wrong.
        """
        from di_advisor.domain.frames import portfolio_from_frame

        return portfolio_from_frame(
            lots, cash_usd=cash_usd, as_of=as_of, taxpayer=taxpayer, account_id=account_id, fills=fills
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a lot with what its account is; amounts as Decimal objects. Cash and fills are not in it."""
        from di_advisor.domain.frames import portfolio_to_frame

        return portfolio_to_frame(self)
