"""The replayed account through its days: what arrives before trading, what trades leave behind, what is worth what.

Problem: actions, dividends, flows and trades must reach the ledger as the events that it would have got in life, in
the order of the day. Decision: before the open, dividends are reckoned on what was held at the last close, actions
are applied, and cash that is due comes in; trades are booked at the close, withdrawals after them. A security that is
delisted without a word on what its holders got, and that does not trade any more, is sold at its last close. Limits:
a dividend that is paid on a day without a session comes on the next one; what is held and has no price today counts
at its last close, and at nothing once it is said to be worthless.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from di_advisor.backtest.past import Past, Payout
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.domain.amounts import as_fraction, at_places
from di_advisor.domain.events import (
    Delisting,
    Deposit,
    Dividend,
    Event,
    LotChoice,
    LotMethod,
    OpenAccount,
    SecurityEvent,
    Sell,
    TransferIn,
    Withdrawal,
    Worthless,
)
from di_advisor.domain.market import Market
from di_advisor.domain.universe import Security
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies, WashLaw
from di_advisor.ledger.running import RunningBooks

__all__ = ["AccountDays", "Opened", "groups_of"]

_CENT: Final = Decimal("0.01")
_ALL: Final = LotChoice(LotMethod.FIFO)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a day brought before trading.

    Attributes
    ----------
    events : tuple of Event
        Corporate actions of the day, dividends paid, deposits: what triggers may look at.
    dividend_usd : Decimal
        Dividends whose ex-date it is.
    deposit_usd : Decimal
        Money of the client that came in.
    sold_usd : Decimal
        Sold because it was delisted.
    """

    events: tuple[Event, ...]
    dividend_usd: Decimal
    deposit_usd: Decimal
    sold_usd: Decimal


def groups_of(past: Past) -> IdenticalGroups:
    """Substantially identical securities of a past: of its attribute ``securities``, or of its last market."""
    securities: Iterable[Security] | None = getattr(past, "securities", None)
    if securities is None:
        securities = past.market(past.sessions[-1]).universe.securities
    return IdenticalGroups.from_securities(securities)


class AccountDays:
    """One account, from day to day.

    Parameters
    ----------
    past : Past
        Where actions and dividends come from.
    settings : ReplaySettings
        How it starts.

    Attributes
    ----------
    running : RunningBooks
        Its books.
    passed_by : list of SecurityEvent
        Actions of the day of names that the account never held.
    """

    def __init__(self, past: Past, settings: ReplaySettings) -> None:
        self._past = past
        self._settings = settings
        law = WashLaw.APPLIED if settings.wash_sales else WashLaw.NOT_APPLIED
        self.running = RunningBooks(settings.taxpayer, policies=LedgerPolicies(wash_law=law), groups=groups_of(past))
        self.passed_by: list[SecurityEvent] = []
        self._owed: list[tuple[date, Dividend]] = []
        self._ever: set[str] = set()
        self._worthless: set[str] = set()
        self._last: dict[str, Decimal] = {}
        self._market: Market | None = None
        self._securities: dict[str, Security] = {}

    # --- before trading -------------------------------------------------------------------------------------------

    def begin(self, day: date) -> Opened:
        """Open the account on its first session."""
        settings, running = self._settings, self.running
        running.to(day)
        account_id = settings.account_id
        events: list[Event] = [OpenAccount(event_id=f"open-{account_id}", on=day, account_id=account_id)]
        cash = as_fraction(settings.cash_usd)
        if settings.portfolio is not None:
            account = settings.portfolio.accounts[0]
            cash += sum((as_fraction(c.amount_usd) for c in account.cash), Fraction(0))
            for lot in account.lots:
                events.append(
                    TransferIn(
                        event_id=f"in-{lot.lot_id}",
                        on=day,
                        account_id=account_id,
                        security_id=lot.security_id,
                        shares=lot.shares,
                        basis_total_usd=lot.basis_total_usd,
                        acquired=lot.acquired,
                        held_since=lot.held_since,
                        lot_id=lot.lot_id,
                    )
                )
                self._ever.add(lot.security_id)
        deposit = _cents(cash)
        if deposit > 0:
            events.append(Deposit(event_id=f"deposit-{day}", on=day, account_id=account_id, amount_usd=deposit))
        running.apply(events)
        return Opened(tuple(events), Decimal(0), deposit, Decimal(0))

    def open(self, day: date, market: Market, deposit_usd: Decimal) -> Opened:
        """What comes before the trades of a session.

        Parameters
        ----------
        day : date
            The session, after the one before.
        market : Market
            Its prices, to know what trades.
        deposit_usd : Decimal
            Money of the client, at least 0.
        """
        running, account_id = self.running, self._settings.account_id
        dividend = sum((self._owe(payout) for payout in self._past.payouts(day)), Decimal(0))
        running.to(day)
        actions = self._past.opening(day)
        mine, self.passed_by = [], []
        for action in actions:  # what an action brings may be gone by the next one of the same morning
            if action.security_id in self._ever:
                mine.append(action)
                self._note([action])
            else:
                self.passed_by.append(action)
        running.apply(mine)
        sold = self._sell_delisted(mine, market)
        arrived: list[Event] = [_paid(paid, day) for on, paid in self._owed if on <= day]
        self._owed = [(on, later) for on, later in self._owed if on > day]
        if deposit_usd > 0:
            arrived.append(Deposit(event_id=f"deposit-{day}", on=day, account_id=account_id, amount_usd=deposit_usd))
        running.apply(arrived)
        return Opened((*actions, *arrived), dividend, deposit_usd, sold)

    def _owe(self, payout: Payout) -> Decimal:
        """Note a dividend on what was held at the last close; what it amounts to."""
        account_id, name = self._settings.account_id, payout.security_id
        shares = sum((part.shares for part in self.running.book.lots(account_id, name)), Fraction(0))
        amount = _cents(shares * as_fraction(payout.cash_per_share_usd))
        if not amount > 0:
            return Decimal(0)
        # A special dividend may come with a regular one.
        same = sum(1 for _, owed in self._owed if (owed.security_id, owed.ex_on) == (name, payout.ex_date))
        dividend = Dividend(
            event_id=f"dividend-{name}-{payout.ex_date}{f'-{same + 1}' if same else ''}",
            on=payout.paid_on,
            account_id=account_id,
            security_id=name,
            amount_usd=amount,
            ex_on=payout.ex_date,
            kind=payout.kind,
        )
        self._owed.append((payout.paid_on, dividend))
        return amount

    def _note(self, actions: Iterable[SecurityEvent]) -> None:
        """Names that came by an action, and those that are worthless."""
        for action in actions:
            if isinstance(action, Worthless):
                self._worthless.add(action.security_id)
            for received in ("spun_security_id", "new_security_id", "rights_security_id"):
                if hasattr(action, received):
                    self._ever.add(getattr(action, received))

    def _sell_delisted(self, actions: Iterable[SecurityEvent], market: Market) -> Decimal:
        """Sell at the last close what is delisted, does not trade, and is not said to be worthless."""
        account_id, sold = self._settings.account_id, Decimal(0)
        for action in actions:
            name = action.security_id
            if not isinstance(action, Delisting) or name in self._worthless or _price(market, name) is not None:
                continue
            shares = sum((part.shares for part in self.running.book.lots(account_id, name)), Fraction(0))
            last = self._last_close(name)
            if shares and last is not None:
                amount = _cents(shares * as_fraction(last))
                sale = Sell(
                    event_id=f"delisted-{name}-{action.on}",
                    on=action.on,
                    account_id=account_id,
                    security_id=name,
                    shares=shares,
                    amount_usd=amount,
                    choice=_ALL,
                )
                self.running.apply([sale])
                sold += amount
        return sold

    # --- trades and cash at the close -------------------------------------------------------------------------------

    def trade(self, events: Iterable[Event]) -> None:
        """Book trades of the day."""
        told = list(events)
        self._ever.update(getattr(each, "security_id", "") for each in told)
        self.running.apply(told)

    def withdraw(self, amount_usd: Decimal, what: str) -> None:
        """Pay cash out at the close; ``what`` begins the event's id."""
        day = self.running.day
        self.running.apply(
            [Withdrawal(event_id=f"{what}-{day}", on=day, account_id=self._settings.account_id, amount_usd=amount_usd)]
        )

    def pay_in(self, amount_usd: Decimal, what: str) -> None:
        """Pay cash in before the trades of the day; ``what`` begins the event's id."""
        day = self.running.day
        self.running.apply(
            [Deposit(event_id=f"{what}-{day}", on=day, account_id=self._settings.account_id, amount_usd=amount_usd)]
        )

    # --- what it is worth ---------------------------------------------------------------------------------------------

    @property
    def cash_usd(self) -> Fraction:
        """Cash that is there, dividends that are owed left out."""
        return self.running.cash_usd(self._settings.account_id)

    @property
    def owed_usd(self) -> Fraction:
        """Dividends whose ex-date has passed and that are not paid."""
        return sum((as_fraction(dividend.amount_usd) for _, dividend in self._owed), Fraction(0))

    @property
    def owed(self) -> tuple[Dividend, ...]:
        """Those dividends, as they will be paid."""
        return tuple(dividend for _, dividend in self._owed)

    def held(self) -> set[str]:
        """Securities that are held."""
        lots = self.running.portfolio().account(self._settings.account_id).lots
        return {lot.security_id for lot in lots}

    def unpriced(self, market: Market, held: Iterable[str]) -> tuple[Security, ...]:
        """Names that are held and that the market does not hold, as far as they are known from earlier markets."""
        before = self._market
        self._market = market
        found = []
        for name in sorted(held):
            if _price(market, name) is not None:
                self._last.pop(name, None)
                continue
            if before is not None and name not in self._last and (price := _price(before, name)) is not None:
                self._last[name] = price
                self._securities[name] = before.universe.securities[before.universe.positions[name]]
            if name not in market.universe.positions:
                found.append(self._securities.get(name) or Security(name))
        return tuple(found)

    def stale_usd(self, names: Iterable[str]) -> Fraction:
        """Value of names that are held and have no price today, at their last close; worthless ones at nothing."""
        total, account_id = Fraction(0), self._settings.account_id
        for name in names:
            if name not in self._worthless and name in self._last:
                shares = sum((part.shares for part in self.running.book.lots(account_id, name)), Fraction(0))
                total += shares * as_fraction(self._last[name])
        return total

    def _last_close(self, name: str) -> Decimal | None:
        if name in self._last:
            return self._last[name]
        return None if self._market is None else _price(self._market, name)


def _price(market: Market, name: str) -> Decimal | None:
    at = market.universe.positions.get(name)
    return None if at is None else market.price_usd[at]


def _paid(dividend: Dividend, day: date) -> Dividend:
    """The dividend as it came on a session."""
    return dividend if dividend.on == day else replace(dividend, on=day)


def _cents(amount_usd: Fraction) -> Decimal:
    return at_places(amount_usd, 4).quantize(_CENT, rounding=ROUND_HALF_UP)
