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
    of_sales = _paired(sales, buys)
    of_buys = _turned(of_sales, len(buys))
    to_sale = _turned([_parts(b, cents) for b, cents in zip(buys, of_buys, strict=True)], len(sales))
    to_buy = _turned([_parts(s, cents) for s, cents in zip(sales, of_sales, strict=True)], len(buys))
    by_sale = tuple(_swap(s, buys, *parts) for s, *parts in zip(sales, of_sales, to_sale, strict=True))
    by_buy = tuple(_swap(b, sales, *parts) for b, *parts in zip(buys, of_buys, to_buy, strict=True))
    return by_sale, by_buy


def swap_of(trades: Iterable[Trade], trade: Trade) -> Swap | None:
    """The swap of one trade; None where no trade stands on the other side.

    Benefits are shared only among the trades that it meets.
    """
    given = list(trades)
    sales = [t for t in given if t.side is Side.SELL]
    buys = [t for t in given if t.side is Side.BUY]
    paired = _paired(sales, buys)
    mine, others = (sales, buys) if trade.side is Side.SELL else (buys, sales)
    turned = _turned(paired, len(buys))
    cents, back = (paired, turned) if trade.side is Side.SELL else (turned, paired)
    key = (trade.security_id, trade.lot_id)
    at = next(i for i, t in enumerate(mine) if (t.security_id, t.lot_id) == key)
    benefits = [_parts(o, back[j])[at] if cents[at][j] else 0 for j, o in enumerate(others)]
    found = _swap(mine[at], others, cents[at], benefits)
    return found if found.legs else None


def _turned(rows: Sequence[Sequence[int]], columns: int) -> list[tuple[int, ...]]:
    """Columns of a table as rows, of which there are as many as told where the table has no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * columns


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
        table = _spread([left_sales[i] for i in rows], [left_buys[j] for j in columns])
        for i, cents in zip(rows, table, strict=True):
            given, mine = sum(cents), met[i]
            left_sales[i] -= given
            for j, more in zip(columns if given else (), cents, strict=False):
                mine[j] += more
        for j, taken in zip(columns, map(sum, zip(*table, strict=True)), strict=False):
            left_buys[j] -= taken
    return met


def _spread(rows: list[int], columns: list[int]) -> list[list[int]]:
    """Whole cents in proportion to both margins, whose larger side is first scaled down to the smaller."""
    total = min(sum(rows), sum(columns))
    if not total:
        return [[0] * len(columns) for _ in rows]
    rows, columns = _scaled(rows, total), _scaled(columns, total)
    table = [[r * c // total for c in columns] if r else [0] * len(columns) for r in rows]
    rows = [r - sum(row) for r, row in zip(rows, table, strict=True)]
    columns = [c - sum(column) for c, column in zip(columns, zip(*table, strict=True), strict=True)]
    j = 0
    for i in range(len(rows)):  # the cents that flooring left, from the corner on
        while rows[i]:
            moved = min(rows[i], columns[j])
            table[i][j] += moved
            rows[i] -= moved
            columns[j] -= moved
            if not columns[j]:
                j += 1
    return table


def _scaled(cents: list[int], total: int) -> list[int]:
    of = sum(cents)
    if of == total:
        return list(cents)
    found = [min(f, c) for f, c in zip(_shared(total, cents, of), cents, strict=True)]
    for at, room in enumerate(c - f for c, f in zip(cents, found, strict=True)):
        more = min(room, total - sum(found))
        found[at] += more
    return found


def _cents(trade: Trade) -> int:
    return int(trade.value_usd / _CENT)


def _parts(trade: Trade, cents: Sequence[int]) -> list[int]:
    """Cents of the trade's benefit, shared by the cents of its value; what belongs to cash is left out."""
    of = _cents(trade)
    if not of:
        return [0] * len(cents)
    return _shared(_whole(trade.benefit_usd), [*cents, of - sum(cents)], of)[:-1]


def _whole(amount_usd: Decimal) -> int:
    """Cents of an amount in cents."""
    return int(amount_usd.scaleb(2).to_integral_value())


def _shared(total: int, parts: Sequence[int], of: int) -> list[int]:
    """Cents in proportion to parts of a whole, which add up to it; what flooring leaves to the largest remainders.

    In whole numbers throughout: a plan of eight hundred trades has a hundred thousand such shares.
    """
    found = [total * part // of for part in parts]
    left = total - sum(found)
    if left:
        remainders = [total * part % of for part in parts]
        for i in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:left]:
            found[i] += 1
    return found


def _swap(trade: Trade, others: Sequence[Trade], cents: Sequence[int], benefits: Sequence[int]) -> Swap:
    legs = [
        Leg(other, c * _CENT, benefit * _CENT, bool(trade.sector) and other.sector == trade.sector)
        for other, c, benefit in zip(others, cents, benefits, strict=True)
        if c
    ]
    legs.sort(key=lambda leg: (-leg.amount_usd, leg.trade.ticker, leg.trade.lot_id))
    return Swap(trade, tuple(legs), trade.value_usd - sum(cents) * _CENT)
