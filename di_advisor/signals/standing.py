"""How an account stands before any wish: its lots with gain and term, and what wash sales forbid until when.

Problem: whoever opens an account looks at it before anything is estimated: what stands at a loss, when it
turns long-term, which names may not be touched. Decision: gains and terms are those the optimizer gets
(`lot_arrays`), dates those of its locks (`wash_windows`), name by name the last day of several. Limits: no
mandate and no model; what a mandate locks is not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import AccountKind, CashItem, Portfolio
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.universe import Security
from di_advisor.errors import UnknownSecurityError
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.wash_windows import WashWindows, wash_windows
from di_advisor.signals.lot_arrays import lot_arrays

__all__ = ["AccountStanding", "LotStanding", "WashDate", "account_standing"]


@dataclass(frozen=True, slots=True)
class LotStanding:
    """One lot at the market's price.

    Attributes
    ----------
    lot : TaxLot
        The lot.
    security : Security
        What it is of.
    value_usd, gain_usd : float or None
        Market value and unrealised gain; None where price, or basis or date, is not known.
    long_term : bool or None
        Whether a sale today is long-term; None where the date is not known.
    long_term_on : date or None
        First day on which a sale is long-term.
    """

    lot: TaxLot
    security: Security
    value_usd: float | None
    gain_usd: float | None
    long_term: bool | None
    long_term_on: date | None


@dataclass(frozen=True, slots=True)
class WashDate:
    """A name that should not be traded in one way until a day.

    Attributes
    ----------
    security : Security
        The name.
    kind : LockKind
        NO_BUY: a purchase would wash a loss that was taken. NO_LOSS_SALE: a loss taken now would be washed.
    until : date or None
        Last day; None where it has no end.
    lots : int
        Lots at a loss that wait for it; 0 for NO_BUY.
    loss_usd : float
        Their unrealised loss together, at most 0.
    reason : str
        Figures, accounts and dates; not escaped.
    """

    security: Security
    kind: LockKind
    until: date | None
    lots: int
    loss_usd: float
    reason: str

    @property
    def safe_on(self) -> date | None:
        """First safe day."""
        return None if self.until is None else self.until + timedelta(days=1)


@dataclass(frozen=True)
class AccountStanding:
    """An account on one day.

    Attributes
    ----------
    account_id : str
        Key.
    kind : AccountKind
        How the law sees it.
    as_of : date
        Tax date.
    cash_usd : Decimal
        Cash that can be spent today.
    later_cash : tuple of CashItem
        Cash that comes or goes later.
    lots : tuple of LotStanding
        Largest loss first, what is not known last.
    wash_dates : tuple of WashDate
        First to end first.
    accounts_seen : tuple of str
        Accounts searched for wash sales.
    """

    account_id: str
    kind: AccountKind
    as_of: date
    cash_usd: Decimal
    later_cash: tuple[CashItem, ...]
    lots: tuple[LotStanding, ...]
    wash_dates: tuple[WashDate, ...]
    accounts_seen: tuple[str, ...]

    @property
    def taxed(self) -> bool:
        """Whether its gains are taxed when they are realised."""
        return self.kind not in RETIREMENT_KINDS


def account_standing(portfolio: Portfolio, account_id: str, market: Market) -> AccountStanding:
    """How an account stands.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts of the taxpayer; the others count for wash sales only.
    account_id : str
        The account.
    market : Market
        Names and prices of the day.

    Raises
    ------
    UnknownSecurityError
        If the account holds a security that the market does not know.
    InputError
        If there is no such account, or a lot is dated after the market.
    """
    account = portfolio.account(account_id)
    securities = {s.security_id: s for s in market.universe.securities}
    missing = sorted({lot.security_id for lot in account.lots} - set(securities))
    if missing:
        raise UnknownSecurityError.from_missing(missing, f"Account {account_id}")
    lots = _standing(account.lots, market, securities)
    windows = wash_windows(
        portfolio,
        market.as_of,
        IdenticalGroups.from_securities(market.universe.securities),
        tickers={key: s.ticker for key, s in securities.items()},
    )
    return AccountStanding(
        account_id=account_id,
        kind=account.kind,
        as_of=market.as_of,
        cash_usd=account.cash_usd(market.as_of),
        later_cash=tuple(c for c in account.cash if c.available_on > market.as_of),
        lots=tuple(sorted(lots, key=_by_loss)),
        wash_dates=_wash_dates(windows, lots, securities),
        accounts_seen=windows.accounts_seen,
    )


def _by_loss(each: LotStanding) -> tuple[bool, float, str]:
    return (each.gain_usd is None, each.gain_usd or 0.0, each.lot.lot_id)


def _standing(lots: Iterable[TaxLot], market: Market, securities: dict[str, Security]) -> list[LotStanding]:
    given = list(lots)
    prices = [market.price_usd[market.universe.positions[lot.security_id]] for lot in given]
    arrays = lot_arrays(given, [Decimal(0) if p is None else p for p in prices], market.as_of)
    found = []
    for i, (lot, price) in enumerate(zip(given, prices, strict=True)):
        priced, dated = price is not None, lot.held_since is not None
        found.append(
            LotStanding(
                lot,
                securities[lot.security_id],
                value_usd=float(arrays.value_usd[i]) if priced else None,
                gain_usd=float(arrays.gain_usd[i]) if priced and arrays.known[i] else None,
                long_term=bool(arrays.long_term[i]) if dated else None,
                long_term_on=None if lot.held_since is None else long_term_from(lot.held_since),
            )
        )
    return found


def _wash_dates(windows: WashWindows, lots: list[LotStanding], securities: dict[str, Security]) -> tuple[WashDate, ...]:
    dates = [
        WashDate(securities[lock.security_id], lock.kind, lock.until, 0, 0.0, lock.reason)
        for lock in windows.no_buy_locks(securities)
    ]
    waiting: dict[str, list[tuple[float, Lock]]] = {}
    for each in lots:
        if each.gain_usd is not None and each.gain_usd < 0:
            locks = windows.loss_sale_locks(each.lot)
            if locks:
                last = max(locks, key=_end)
                waiting.setdefault(each.lot.security_id, []).append((each.gain_usd, last))
    for security_id, of in waiting.items():
        last = max((lock for _, lock in of), key=_end)
        loss_usd = sum(gain for gain, _ in of)
        dates.append(WashDate(securities[security_id], last.kind, last.until, len(of), loss_usd, last.reason))
    return tuple(sorted(dates, key=lambda d: (d.until or date.max, d.security.ticker, d.kind.value)))


def _end(lock: Lock) -> date:
    return lock.until or date.max
