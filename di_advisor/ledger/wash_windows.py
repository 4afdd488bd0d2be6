"""Wash-sale windows: which purchases and which loss sales are not safe today (26 USC 1091).

Problem: a loss is disallowed when the same or a substantially identical security is bought from 30
days before to 30 days after the sale, in any account of the taxpayer, the spouse, or their
retirement accounts.

Decision: look at everything that is known of all accounts (recent lots, fills, planned fills,
reinvested dividends) and lock, with the reason and the first safe date:

* *no buy* of a name that was sold at a loss in the last 30 days, or is planned to be in the next
  30; a sale whose gain is not known counts as a loss;
* *no loss sale* of a lot whose name was bought in the last 30 days or is planned to be in the next
  30. The lot's own purchase does not count against it (Rev. Rul. 56-602); lots of one account,
  name, trade date and price count as parts of one purchase;
* *no loss sale* of a lot that is itself a wash-sale replacement, until its own 30 days are over;
* *no loss sale* of a name held where dividends buy shares by themselves, while they do.

A sale in an IRA realises no loss, so it locks nothing; a purchase there makes a loss elsewhere
vanish for good (Rev. Rul. 2008-5), so it locks as any other.

Limits: a lock is on whole names and lots even where only some shares would be washed. A lot whose
date is not known counts neither as a recent purchase nor as an old one. Only the accounts given
are seen, and every reason names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Portfolio, Side
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.errors import InputError
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.units import CENTS_PER_USD

__all__ = [
    "RETIREMENT_KINDS",
    "WASH_WINDOW_DAYS",
    "LossSale",
    "Purchase",
    "SoldReplacement",
    "WashWindows",
    "in_wash_window",
    "wash_windows",
]

WASH_WINDOW_DAYS: Final = 30
"""Days before and after a loss sale in which a purchase washes it: 61 days with the day itself."""

RETIREMENT_KINDS: Final = frozenset({AccountKind.IRA, AccountKind.ROTH})
"""Accounts whose gains are not taxed and whose losses are none."""

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)
_ONE_DAY: Final = timedelta(days=1)
_ONE_CENT: Final = Fraction(1, CENTS_PER_USD)


class SoldReplacement(StrEnum):
    """Whether shares bought in the window and sold again before the loss sale count as a purchase.

    Unsettled: the statute, read literally, does not ask that they are still owned.
    """

    COUNTS = "counts"
    DOES_NOT_COUNT = "does_not_count"


@dataclass(frozen=True, slots=True)
class Purchase:
    """Shares bought, or planned to be, within 30 days of today.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    on : date
        Trade date.
    shares : Decimal or Fraction
        How many.
    lot_id : str
        The lot it opened, where that is known.
    lot : TaxLot or None
        That lot, where it is still held.
    """

    account_id: str
    security_id: str
    on: date
    shares: Exact
    lot_id: str = ""
    lot: TaxLot | None = None


@dataclass(frozen=True, slots=True)
class LossSale:
    """Shares sold at a loss, or at a gain that is not known, within 30 days of today.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    on : date
        Trade date.
    shares : Decimal or Fraction
        How many.
    gain_usd : Decimal, Fraction or None
        Negative; None where not known.
    """

    account_id: str
    security_id: str
    on: date
    shares: Exact
    gain_usd: Exact | None


@dataclass(frozen=True)
class WashWindows:
    """What is open on one day, over all accounts that were seen.

    Attributes
    ----------
    as_of : date
        Tax date.
    groups : IdenticalGroups
        What counts as substantially identical.
    accounts_seen : tuple of str
        Accounts looked at.
    purchases : Mapping of str to tuple of Purchase
        By the group's key, the latest first.
    loss_sales : Mapping of str to tuple of LossSale
        By the group's key, the latest first.
    reinvesting : Mapping of str to tuple of str
        By the group's key, the accounts that hold it and reinvest its dividends.
    retirement_accounts : frozenset of str
        Accounts whose losses are none.
    sold_replacement : SoldReplacement
        The reading of the law that was used.
    """

    as_of: date
    groups: IdenticalGroups
    accounts_seen: tuple[str, ...]
    purchases: Mapping[str, tuple[Purchase, ...]]
    loss_sales: Mapping[str, tuple[LossSale, ...]]
    reinvesting: Mapping[str, tuple[str, ...]]
    retirement_accounts: frozenset[str] = frozenset()
    sold_replacement: SoldReplacement = SoldReplacement.COUNTS
    _seen: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        for name in ("purchases", "loss_sales", "reinvesting"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "_seen", f"Accounts seen: {', '.join(self.accounts_seen)}.")

    def no_buy_locks(self, security_ids: Iterable[str]) -> tuple[Lock, ...]:
        """Locks on names that must not be bought today, one a name, in the order given.

        Parameters
        ----------
        security_ids : iterable of str
            Names that could be bought.
        """
        if not self.loss_sales:
            return ()
        locks = []
        for security_id in security_ids:
            sales = self.loss_sales.get(self.groups.key(security_id))
            if sales:
                locks.append(self._no_buy(security_id, sales))
        return tuple(locks)

    def loss_sale_locks(self, lot: TaxLot) -> tuple[Lock, ...]:
        """Locks that forbid selling a lot at a loss today; empty when a loss is safe as far as is known.

        Parameters
        ----------
        lot : TaxLot
            A lot of one of the accounts seen.
        """
        if lot.account_id in self.retirement_accounts:
            return ()
        key = self.groups.key(lot.security_id)
        locks = []
        other = next((p for p in self.purchases.get(key, ()) if not _same_purchase(p, lot)), None)
        if other is not None:
            locks.append(self._bought(lot, other))
        if lot.acquired is not None and lot.held_since != lot.acquired and in_wash_window(lot.acquired, self.as_of):
            locks.append(self._replacement(lot, lot.acquired))
        reinvesting = self.reinvesting.get(key)
        if reinvesting:
            locks.append(self._reinvested(lot, reinvesting))
        return tuple(locks)

    def _no_buy(self, security_id: str, sales: tuple[LossSale, ...]) -> Lock:
        last = sales[0]
        planned = last.on > self.as_of
        result = "with a gain that is not known" if last.gain_usd is None else f"at a loss of {-last.gain_usd} USD"
        same = "" if last.security_id == security_id else f", which counts as substantially identical to {security_id},"
        more = f" (and {len(sales) - 1} more such sales)" if len(sales) > 1 else ""
        until = last.on + _WINDOW
        reason = (
            f"{last.shares} shares of {last.security_id}{same} {'are planned to be' if planned else 'were'} sold "
            f"{result} in account {last.account_id} on {last.on}{more}: a purchase until {until} would wash the loss. "
            f"First safe day: {until + _ONE_DAY}. {self._seen}"
        )
        return Lock(security_id, LockKind.NO_BUY, reason, until)

    def _bought(self, lot: TaxLot, purchase: Purchase) -> Lock:
        planned = purchase.on > self.as_of
        same = "" if purchase.security_id == lot.security_id else ", which counts as substantially identical,"
        lost = " for good, because that is a retirement account" * (purchase.account_id in self.retirement_accounts)
        what = f" (lot {purchase.lot_id})" if purchase.lot_id else ""
        until = purchase.on + _WINDOW
        reason = (
            f"{purchase.shares} shares of {purchase.security_id}{what}{same} "
            f"{'are planned to be' if planned else 'were'} bought in account {purchase.account_id} on {purchase.on}: "
            f"a loss on lot {lot.lot_id} taken until {until} would be washed{lost}. "
            f"First safe day: {until + _ONE_DAY}. {self._seen}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, until, lot.lot_id)

    def _replacement(self, lot: TaxLot, acquired: date) -> Lock:
        until = acquired + _WINDOW
        reason = (
            f"Lot {lot.lot_id} of {lot.security_id}, bought on {acquired}, carries a holding period from "
            f"{lot.held_since}: it replaced shares sold at a loss, and a loss on it within 30 days would start a chain. "
            f"First safe day: {until + _ONE_DAY}. {self._seen}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, until, lot.lot_id)

    def _reinvested(self, lot: TaxLot, accounts: tuple[str, ...]) -> Lock:
        reason = (
            f"Dividends of {lot.security_id} or a substantially identical security buy shares by themselves in account "
            f"{', '.join(accounts)}: within 30 days of a loss on lot {lot.lot_id} they would wash a part of it. "
            f"Turn reinvestment off there first. {self._seen}"
        )
        return Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, None, lot.lot_id)


def in_wash_window(purchase: date, sale: date) -> bool:
    """Whether a purchase and a loss sale are at most 30 calendar days apart, either first."""
    return abs((purchase - sale).days) <= WASH_WINDOW_DAYS


def wash_windows(
    portfolio: Portfolio,
    as_of: date,
    groups: IdenticalGroups | None = None,
    *,
    sold_replacement: SoldReplacement = SoldReplacement.COUNTS,
) -> WashWindows:
    """Look at all accounts of a taxpayer for what could wash a loss.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts: taxable, spouse's, and retirement accounts.
    as_of : date
        Tax date of the sales and purchases under consideration.
    groups : IdenticalGroups, optional
        Substantially identical securities; each alone when left out.
    sold_replacement : SoldReplacement
        How to read the law where a purchase's shares are sold already (a buy whose lot is gone).

    Raises
    ------
    InputError
        If a lot is dated after ``as_of``, or a date is a timestamp.
    """
    calendar_day(as_of, "The tax date")
    groups = groups or IdenticalGroups()
    purchases: dict[str, list[Purchase]] = {}
    loss_sales: dict[str, list[LossSale]] = {}
    reinvesting: dict[str, list[str]] = {}
    for account in portfolio.accounts:
        for purchase in _purchases(account, as_of, sold_replacement):
            purchases.setdefault(groups.key(purchase.security_id), []).append(purchase)
        if account.kind not in RETIREMENT_KINDS:
            for fill in account.fills:
                if _is_loss(fill) and in_wash_window(fill.on, as_of):
                    sale = LossSale(account.account_id, fill.security_id, fill.on, fill.shares, fill.gain_usd)
                    loss_sales.setdefault(groups.key(fill.security_id), []).append(sale)
        if account.reinvests_dividends:
            for key in sorted({groups.key(lot.security_id) for lot in account.lots}):
                reinvesting.setdefault(key, []).append(account.account_id)
    # Ties are broken by content, so that the order of rows in a file changes nothing.
    return WashWindows(
        as_of=as_of,
        groups=groups,
        accounts_seen=tuple(a.account_id for a in portfolio.accounts),
        purchases={k: tuple(sorted(v, key=_purchase_order)) for k, v in purchases.items()},
        loss_sales={k: tuple(sorted(v, key=_sale_order)) for k, v in loss_sales.items()},
        reinvesting={k: tuple(v) for k, v in reinvesting.items()},
        retirement_accounts=frozenset(a.account_id for a in portfolio.accounts if a.kind in RETIREMENT_KINDS),
        sold_replacement=sold_replacement,
    )


def _purchase_order(p: Purchase) -> tuple[int, str, str, str, Fraction]:
    return (-p.on.toordinal(), p.account_id, p.security_id, p.lot_id, -as_fraction(p.shares))


def _sale_order(s: LossSale) -> tuple[int, str, str, Fraction, Fraction]:
    gain = Fraction(0) if s.gain_usd is None else as_fraction(s.gain_usd)
    return (-s.on.toordinal(), s.account_id, s.security_id, gain, -as_fraction(s.shares))


def _is_loss(fill: Fill) -> bool:
    calendar_day(fill.on, f"The date of a fill in {fill.security_id}")
    return fill.side is Side.SELL and (fill.gain_usd is None or fill.gain_usd < 0)


def _purchases(account: Account, as_of: date, sold_replacement: SoldReplacement) -> list[Purchase]:
    """Purchases of one account within 30 days, each once: a lot, or a fill that no lot shows already."""
    earliest = as_of - _WINDOW
    found = []
    held: dict[str, TaxLot] = {}
    for lot in account.lots:
        held[lot.lot_id] = lot
        if lot.acquired is None:
            continue
        if calendar_day(lot.acquired, "The acquisition date of a lot") >= earliest:
            if lot.acquired > as_of:
                raise InputError(
                    f"Lot {lot.lot_id} of {lot.security_id} in account {account.account_id} was acquired on "
                    f"{lot.acquired}, after the tax date {as_of}.",
                    hint="Correct the date; a purchase that is only planned is a fill, not a lot.",
                    lot_id=lot.lot_id,
                )
            found.append(Purchase(account.account_id, lot.security_id, lot.acquired, lot.shares, lot.lot_id, lot))
    for fill in account.fills:
        if fill.side is not Side.BUY or not in_wash_window(calendar_day(fill.on, "The date of a fill"), as_of):
            continue
        opened = held.get(fill.lot_id) if fill.lot_id else None
        if opened is not None and opened.acquired == fill.on:
            continue
        if fill.lot_id and opened is None and fill.on <= as_of and sold_replacement is SoldReplacement.DOES_NOT_COUNT:
            continue
        found.append(Purchase(account.account_id, fill.security_id, fill.on, fill.shares, fill.lot_id, opened))
    return found


def _same_purchase(purchase: Purchase, lot: TaxLot) -> bool:
    """Whether a purchase is the one that brought the lot, or a part of it (Rev. Rul. 56-602)."""
    if purchase.account_id != lot.account_id or purchase.security_id != lot.security_id:
        return False
    if purchase.lot_id and purchase.lot_id == lot.lot_id:
        return True
    other = purchase.lot
    if other is None or other.acquired != lot.acquired or purchase.on != lot.acquired:
        return False
    if other.basis_total_usd is None or lot.basis_total_usd is None:
        return False
    # A tacked lot carries another loss in its basis, so its price cannot be compared.
    if other.held_since != other.acquired or lot.held_since != lot.acquired:
        return False
    large, small = (other, lot) if other.shares >= lot.shares else (lot, other)
    return abs(large.basis_of(small.shares) - as_fraction(small.basis_total_usd or Fraction(0))) <= _ONE_CENT
