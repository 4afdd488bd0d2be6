"""Books of a simulated account: lots that live through splits, spin-offs, mergers and a failure.

Shares are decimals with at most six places, the basis is a total in whole cents. A split changes
shares and nothing else; a spin-off shares the basis out by market value on the ex-date and hands on
both dates; a merger for shares carries basis and dates over; a merger for cash and a failure close
the lot. Dividends are credited on their ex-date. Limits: no commissions; trades happen at the close.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.sample.corporate_actions import Plan
from di_advisor.sample.path import Offer, Path

__all__ = ["Books", "Holding", "Trade"]

_CENT, _MICRO, _LOT_STEP = Decimal("0.01"), Decimal("0.000001"), Decimal("0.0001")


@dataclass(slots=True)
class Holding:
    """A lot that is still held; days are positions."""

    lot_id: str
    company: int
    shares: Decimal
    basis_usd: Decimal
    acquired: int
    held_since: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade that was done; ``gain_usd`` of a sale, None for a buy, which names the lot it opened."""

    day: int
    company: int
    shares: Decimal
    gain_usd: Decimal | None
    lot_id: str


def _exact(value: float) -> Decimal:
    """A figure that the path rounded already, as a decimal."""
    return Decimal(repr(float(value)))


def _rounded(shares: Decimal) -> Decimal:
    """Shares to six places, without zeros at the end and without an exponent."""
    return Decimal(f"{shares.quantize(_MICRO):f}".rstrip("0").rstrip("."))


@dataclass
class Books:
    """One account's books, advanced day by day with `open_day`."""

    path: Path
    plan: Plan
    account_id: str
    cash_usd: Decimal = Decimal(0)
    holdings: list[Holding] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    opened: int = 0

    def price(self, day: int, company: int) -> Decimal:
        """Close of a day as an exact amount."""
        return _exact(self.path.close_usd[day, company]).quantize(_CENT)

    def values_usd(self, day: int) -> FloatArray:
        """Value held of each company at the close of a day, shape (n,)."""
        shares = np.zeros(self.path.close_usd.shape[1])
        for h in self.holdings:
            shares[h.company] += float(h.shares)
        return np.asarray(np.where(shares > 0, np.nan_to_num(self.path.close_usd[day]) * shares, 0.0), dtype=np.float64)

    def buy(self, day: int, company: int, amount_usd: float, step: Decimal = _LOT_STEP) -> None:
        """Buy for an amount, in steps of shares, at the close; no lot when it is less than one step."""
        price = self.price(day, company)
        shares = (Decimal(repr(round(float(amount_usd), 2))) / price // step) * step
        if shares <= 0:
            return
        cost = (shares * price).quantize(_CENT)
        if cost <= 0:
            return
        self.opened += 1
        lot = Holding(f"{self.account_id}-{self.opened:05d}", company, shares, cost, day, day)
        self.holdings.append(lot)
        self.cash_usd -= cost
        self.trades.append(Trade(day, company, shares, None, lot.lot_id))

    def sell(self, day: int, lot: Holding) -> None:
        """Sell a whole lot at the close."""
        proceeds = (lot.shares * self.price(day, lot.company)).quantize(_CENT)
        self._close(day, lot, proceeds)

    def _close(self, day: int, lot: Holding, proceeds: Decimal) -> None:
        self.cash_usd += proceeds
        self.holdings.remove(lot)
        self.trades.append(Trade(day, lot.company, lot.shares, proceeds - lot.basis_usd, lot.lot_id))

    def shares_today(self, trade: Trade) -> Decimal:
        """Shares of a trade, restated for the splits since."""
        shares = trade.shares
        for ratio in self.path.split[trade.day + 1 :, trade.company]:
            if ratio != 1:
                shares = _rounded(shares * _exact(ratio))
        return shares

    def loss(self, day: int, lot: Holding) -> float:
        """Loss of a lot as a fraction of its basis, 0 for a gain."""
        value = float(lot.shares) * float(self.path.close_usd[day, lot.company])
        return max(0.0, 1 - value / max(float(lot.basis_usd), 0.01))

    def open_day(self, day: int) -> None:
        """Book what happens before trading starts: dividends, splits, spin-offs, mergers, the failure."""
        by_company: dict[int, list[Holding]] = defaultdict(list)
        for h in self.holdings:
            by_company[h.company].append(h)
        for h in self.holdings:
            paid, ratio = self.path.dividend_usd[day, h.company], self.path.split[day, h.company]
            if paid > 0:
                self.cash_usd += (h.shares * _exact(paid)).quantize(_CENT)
            if ratio != 1:
                h.shares = _rounded(h.shares * _exact(ratio))
        for s in self.plan.spin_offs:
            if s.ex == day:
                self._spin(day, by_company[s.parent], s.child, s.ratio)
        for offer in self.path.offers:
            if offer.merger.effective == day:
                self._merge(day, offer, by_company[offer.merger.target])
        for lot in by_company[self.plan.failure.company] if self.plan.failure.delisted == day else ():
            self._close(day, lot, Decimal(0))
        self.holdings = [h for h in self.holdings if h.shares > 0]

    def _merge(self, day: int, offer: Offer, lots: list[Holding]) -> None:
        for lot in lots:
            if offer.merger.acquirer < 0:
                self._close(day, lot, (lot.shares * _exact(offer.cash_usd)).quantize(_CENT))
            else:
                lot.company = offer.merger.acquirer
                lot.shares = _rounded(lot.shares * _exact(offer.ratio))

    def _spin(self, day: int, lots: list[Holding], child: int, ratio: float) -> None:
        for lot in lots:
            shares = _rounded(lot.shares * _exact(ratio))
            received = shares * self.price(day, child)
            whole = received + lot.shares * self.price(day, lot.company)
            moved = (lot.basis_usd * received / whole).quantize(_CENT)
            lot.basis_usd -= moved
            if shares > 0:
                self.holdings.append(
                    Holding(f"{lot.lot_id}.{child}", child, shares, moved, lot.acquired, lot.held_since)
                )
