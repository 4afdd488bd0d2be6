"""Swaps: which purchases a sale pays for, in dollars and cents that add up.

Problem: a plan sells here and buys there, and a reader wants to see what replaces what. Money has no name, so a
pairing is a convention. Decision, in three steps, each to the cent. Within a sector, what is sold meets what is
bought: every sale is spread over the sector's purchases in proportion to their dollars, up to the smaller of the
two sides. What is left of sales meets what is left of purchases in the same way, across sectors. What is left
then is cash: sales that raise it, or purchases that are paid from it. A sale's parts add up to its value, and a
purchase's too; its dollars by term go along in proportion, so that swaps and cash add up to the plan's change.
Limits: the solver did not choose pairs, it chose the plan; costs of trading are paid from the cash that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade

__all__ = ["Leg", "Swap", "swap_of", "swaps"]

_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leg:
    """One counterpart of a swap: a trade, how many of its dollars belong here, and its part of the benefit."""

    trade: Trade
    amount_usd: Decimal
    benefit_usd: Decimal
    same_sector: bool


@dataclass(frozen=True)
class Swap:
    """A trade with what it is paid for or what it pays for.

    Attributes
    ----------
    trade : Trade
        The sale, or the purchase.
    legs : tuple of Leg
        Its counterparts, largest first.
    cash_usd : Decimal
        What of its value goes to cash (a sale) or comes from cash (a purchase); ``legs`` and this add up to its value.
    """

    trade: Trade
    legs: tuple[Leg, ...]
    cash_usd: Decimal

    @property
    def benefit_usd(self) -> Decimal:
        """The trade's own benefit and its counterparts' parts."""
        return self.trade.benefit_usd + sum((leg.benefit_usd for leg in self.legs), _ZERO)

    @property
    def same_sector_usd(self) -> Decimal:
        """Dollars that stay in the trade's sector."""
        return sum((leg.amount_usd for leg in self.legs if leg.same_sector), _ZERO)

    @property
    def sentence(self) -> str:
        """The swap read aloud."""
        sale = self.trade.side is Side.SELL
        shown = [f"{leg.trade.ticker} (${leg.amount_usd:,})" for leg in self.legs[:_NAMED]]
        if len(self.legs) > _NAMED:
            rest = sum((leg.amount_usd for leg in self.legs[_NAMED:]), _ZERO)
            shown.append(f"{len(self.legs) - _NAMED} more (${rest:,})")
        if self.cash_usd:
            shown.append(f"cash (${self.cash_usd:,})")
        said = "Its proceeds pay for" if sale else "It is paid for by sales of"
        stays = f"${self.same_sector_usd:,} of ${self.trade.value_usd:,} stay in the sector"
        return (
            f"{said} {', '.join(shown)}: {stays}. With their parts of the benefit that is worth ${self.benefit_usd:,}."
        )


def swaps(trades: Iterable[Trade]) -> tuple[tuple[Swap, ...], tuple[Swap, ...]]:
    """Sales with the purchases they pay for, and purchases with the sales that pay for them.

    Parameters
    ----------
    trades : iterable of Trade
        Of one proposal.

    Returns
    -------
    sales, purchases : tuple of Swap
        In the trades' order. Benefits of ``sales`` and of the parts of purchases paid from cash add up to the
        plan's benefit; so do those of ``purchases`` and the parts of sales that go to cash.
    """
    given = list(trades)
    sales = [t for t in given if t.side is Side.SELL]
    buys = [t for t in given if t.side is Side.BUY]
    paired = _paired(sales, buys)
    to_sale = [_parts(b, [paired[i][j] for i in range(len(sales))]) for j, b in enumerate(buys)]
    to_buy = [_parts(s, paired[i]) for i, s in enumerate(sales)]
    by_sale = tuple(_swap(s, buys, paired[i], [to_sale[j][i] for j in range(len(buys))]) for i, s in enumerate(sales))
    by_buy = tuple(
        _swap(b, sales, [paired[i][j] for i in range(len(sales))], [to_buy[i][j] for i in range(len(sales))])
        for j, b in enumerate(buys)
    )
    return by_sale, by_buy


def swap_of(trades: Iterable[Trade], trade: Trade) -> Swap | None:
    """The swap of one trade; None where no trade stands on the other side."""
    by_sale, by_buy = swaps(trades)
    key = (trade.side, trade.security_id, trade.lot_id)
    found = next(s for s in (*by_sale, *by_buy) if (s.trade.side, s.trade.security_id, s.trade.lot_id) == key)
    return found if found.legs else None


def _paired(sales: Sequence[Trade], buys: Sequence[Trade]) -> list[list[int]]:
    """Cents of each sale that meet each purchase."""
    left_sales, left_buys = [_cents(t) for t in sales], [_cents(t) for t in buys]
    met = [[0] * len(buys) for _ in sales]
    sectors = dict.fromkeys(t.sector for t in sales if t.sector)
    rounds = [
        ([i for i, t in enumerate(sales) if t.sector == s], [j for j, t in enumerate(buys) if t.sector == s])
        for s in sectors
    ]
    for rows, columns in [*rounds, (list(range(len(sales))), list(range(len(buys))))]:
        for i, j, cents in _spread([left_sales[i] for i in rows], [left_buys[j] for j in columns]):
            met[rows[i]][columns[j]] += cents
            left_sales[rows[i]] -= cents
            left_buys[columns[j]] -= cents
    return met


def _spread(rows: list[int], columns: list[int]) -> list[tuple[int, int, int]]:
    """Whole cents in proportion to both margins, whose larger side is first scaled down to the smaller."""
    total = min(sum(rows), sum(columns))
    if not total:
        return []
    rows, columns = _scaled(rows, total), _scaled(columns, total)
    cells = [(i, j, r * c // total) for i, r in enumerate(rows) for j, c in enumerate(columns)]
    for i, j, cents in cells:
        rows[i] -= cents
        columns[j] -= cents
    j = 0
    for i in range(len(rows)):  # the cents that flooring left, from the corner on
        while rows[i]:
            moved = min(rows[i], columns[j])
            cells.append((i, j, moved))
            rows[i] -= moved
            columns[j] -= moved
            if not columns[j]:
                j += 1
    return [cell for cell in cells if cell[2]]


def _scaled(cents: list[int], total: int) -> list[int]:
    if sum(cents) == total:
        return list(cents)
    dollars = cents_of_parts([Decimal(c) * _CENT * total / sum(cents) for c in cents], Decimal(total) * _CENT)
    found = [min(int(d / _CENT), c) for d, c in zip(dollars, cents, strict=True)]
    for at, room in enumerate(c - f for c, f in zip(cents, found, strict=True)):
        more = min(room, total - sum(found))
        found[at] += more
    return found


def _cents(trade: Trade) -> int:
    return int(trade.value_usd / _CENT)


def _parts(trade: Trade, cents: Sequence[int]) -> list[Decimal]:
    """The trade's benefit shared by the cents of its value; what belongs to cash is left out."""
    of = _cents(trade)
    shares = [*cents, of - sum(cents)]
    if not of:
        return [_ZERO for _ in cents]
    return cents_of_parts([trade.benefit_usd * c / of for c in shares], trade.benefit_usd)[:-1]


def _swap(trade: Trade, others: Sequence[Trade], cents: Sequence[int], benefits: Sequence[Decimal]) -> Swap:
    legs = [
        Leg(other, c * _CENT, benefit, bool(trade.sector) and other.sector == trade.sector)
        for other, c, benefit in zip(others, cents, benefits, strict=True)
        if c
    ]
    legs.sort(key=lambda leg: (-leg.amount_usd, leg.trade.ticker, leg.trade.lot_id))
    return Swap(trade, tuple(legs), trade.value_usd - sum(cents) * _CENT)
