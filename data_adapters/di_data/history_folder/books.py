"""Books of one account through time: buys open lots, sales reduce the lot they name, actions keep basis.

Problem: to advise an account on a later day, somebody has to carry its lots there, through trades,
splits, spin-offs and mergers, exactly. Decision: shares, basis and cash are exact (a lot's total basis
is never touched by a split; a spin-off shares it out by the closes of the ex-date; a merger for shares
carries basis and dates over; a merger for cash is a sale of every lot). Fractions of a share stay.
Limits: an example of bookkeeping, not a ledger: no wash-sale adjustment (do not trade into one), no
dividends, no cash in lieu; a merger that pays cash and shares is refused.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError
from di_data.history_folder.actions import CorporateActions, Merger, SpinOff, Split

__all__ = ["Books"]

_KEPT = timedelta(days=30)


def _plain(value: Fraction) -> Exact:
    """A decimal where the fraction ends as one, the fraction itself where it does not."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return Decimal(value.numerator) / Decimal(value.denominator) if rest == 1 else value


@dataclass
class Books:
    """Lots, cash and every fill of one taxable account.

    Attributes
    ----------
    account_id : str
        The account.
    lots : dict of str to TaxLot
        What is held, by lot id.
    cash_usd : Fraction
        Exact.
    fills : list of Fill
        Everything that was ever bought or sold, in order; a sale names its lot too.
    """

    account_id: str
    lots: dict[str, TaxLot] = field(default_factory=dict)
    cash_usd: Fraction = Fraction(0)
    fills: list[Fill] = field(default_factory=list)

    @classmethod
    def of_account(cls, account: Account, on: date) -> Books:
        """Books that continue an account."""
        cash = as_fraction(account.cash_usd(on))
        return cls(account.account_id, {lot.lot_id: lot for lot in account.lots}, cash, list(account.fills))

    def buy(self, on: date, security_id: str, shares: Decimal, price_usd: Decimal) -> str:
        """Open a lot and return its id."""
        lot_id = f"{self.account_id}-{on}-{security_id}"
        lot = TaxLot(lot_id, self.account_id, security_id, shares, shares * price_usd, on)
        if lot_id in self.lots:
            raise InputError(f"Lot {lot_id} stands in the books already.", hint="Book one purchase a name and day.")
        self.lots[lot_id] = lot
        self.cash_usd -= as_fraction(shares * price_usd)
        self.fills.append(Fill(security_id, Side.BUY, shares, on, lot_id=lot_id))
        return lot_id

    def sell(self, on: date, lot_id: str, shares: Exact, price_usd: Decimal) -> Fraction:
        """Sell from a lot and return the gain in USD."""
        lot = self.lots.pop(lot_id)
        left = lot.without(shares)
        if left is not None:
            basis = _plain(left.basis_of(left.shares))
            self.lots[lot_id] = replace(left, shares=_plain(as_fraction(left.shares)), basis_total_usd=basis)
        proceeds = as_fraction(shares) * as_fraction(price_usd)
        gain = proceeds - lot.basis_of(shares)
        self.cash_usd += proceeds
        self.fills.append(Fill(lot.security_id, Side.SELL, shares, on, gain, lot_id))
        return gain

    def book(self, on: date, trades: Iterable[Trade], *, cost_usd: Exact = Decimal(0)) -> None:
        """Book proposed trades as if they were done at their prices, and pay their trading cost from cash."""
        for trade in trades:
            if trade.side is Side.SELL:
                self.sell(on, trade.lot_id, trade.shares, trade.price_usd)
            else:
                self.buy(on, trade.security_id, trade.shares, trade.price_usd)
        self.cash_usd -= as_fraction(cost_usd)

    def advance(self, actions: CorporateActions, after: date, until: date) -> list[Split | SpinOff | Merger]:
        """Apply the actions with a date in (after, until] to what is held; return those that did something."""
        due: list[tuple[date, int, Split | SpinOff | Merger]] = []
        due += [(a.ex_date, 0, a) for a in actions.splits]
        due += [(a.ex_date, 1, a) for a in actions.spin_offs]
        due += [(a.on, 2, a) for a in actions.mergers]
        done = []
        for _, _, action in sorted((d for d in due if after < d[0] <= until), key=lambda d: d[:2]):
            of = action.parent_id if isinstance(action, SpinOff) else action.security_id
            held = [lot for lot in self.lots.values() if lot.security_id == of]
            for lot in held:
                self._apply(action, lot)
            if held:
                done.append(action)
        return done

    def _apply(self, action: Split | SpinOff | Merger, lot: TaxLot) -> None:
        shares = as_fraction(lot.shares)
        if isinstance(action, Split):
            self.lots[lot.lot_id] = replace(lot, shares=_plain(shares * action.ratio))
        elif isinstance(action, SpinOff):
            received = shares * as_fraction(action.ratio)
            child = received * as_fraction(action.child_close_usd)
            part = child / (child + shares * as_fraction(action.parent_close_usd))
            moved = lot.basis_of(lot.shares) * part
            lot_id = f"{lot.lot_id}/{action.child_id}"
            self.lots[lot.lot_id] = replace(lot, basis_total_usd=_plain(lot.basis_of(lot.shares) - moved))
            self.lots[lot_id] = replace(
                lot,
                lot_id=lot_id,
                security_id=action.child_id,
                shares=_plain(received),
                basis_total_usd=_plain(moved),
            )
        elif action.cash_usd and action.ratio:
            raise InputError(
                f"The merger of {action.security_id} on {action.on} pays cash and shares; that is not booked here.",
                hint="Book it by hand: the gain is recognised up to the cash (26 USC 356).",
            )
        elif action.cash_usd:
            self.sell(action.on, lot.lot_id, lot.shares, action.cash_usd)
        else:
            self.lots[lot.lot_id] = replace(
                lot, security_id=action.acquirer_id, shares=_plain(shares * as_fraction(action.ratio))
            )

    def invest(
        self, on: date, weights: Mapping[str, float], price_usd: Mapping[str, Decimal], *, leave_alone: Container[str]
    ) -> None:
        """Spend the cash on whole shares of the names that are furthest under their target, in dollars.

        Parameters
        ----------
        on : date
            Trade date.
        weights : Mapping of str to float
            Target by id; ids without a price are not bought.
        price_usd : Mapping of str to Decimal
            Raw prices by id.
        leave_alone : container of str
            Ids not to buy: what was sold at a loss lately, and what counts as identical to it.
        """
        held: dict[str, Fraction] = {}
        for lot in self.lots.values():
            if lot.security_id in price_usd:
                value = as_fraction(lot.shares) * as_fraction(price_usd[lot.security_id])
                held[lot.security_id] = held.get(lot.security_id, Fraction(0)) + value
        total = float(sum(held.values()) + self.cash_usd)
        short = {k: w * total - float(held.get(k, 0)) for k, w in weights.items() if k in price_usd}
        short = {k: v for k, v in short.items() if v > 0 and k not in leave_alone}
        scale = min(1.0, float(self.cash_usd) / sum(short.values())) if short else 0.0
        shares = {k: int(v * scale / float(price_usd[k])) for k, v in short.items()}
        left = self.cash_usd - sum((n * as_fraction(price_usd[k]) for k, n in shares.items()), Fraction(0))
        # What rounding down left over, one share a name, where most is missing.
        for k in sorted(short, key=lambda k: shares[k] * float(price_usd[k]) - short[k] * scale):
            price = as_fraction(price_usd[k])
            if price <= left:
                shares[k], left = shares[k] + 1, left - price
        for k in sorted(shares):
            if shares[k]:
                self.buy(on, k, Decimal(shares[k]), price_usd[k])

    def sold_at_loss(self, on: date) -> frozenset[str]:
        """Ids sold at a loss in the 30 days up to a day."""
        return frozenset(
            f.security_id
            for f in self.fills
            if f.side is Side.SELL and f.gain_usd is not None and f.gain_usd < 0 and on - _KEPT <= f.on <= on
        )

    def account(self, on: date) -> Account:
        """The account as it stands on a day, with the fills of the last 30 days."""
        recent = tuple(f for f in self.fills if on - _KEPT <= f.on <= on)
        return Account(self.account_id, tuple(self.lots.values()), (CashItem(_plain(self.cash_usd), on),), recent)

    def portfolio(self, on: date) -> Portfolio:
        """The account as a taxpayer's only one."""
        return Portfolio(self.account_id, (self.account(on),))
