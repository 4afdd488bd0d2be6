"""Orders of a record as text: the same JSON as one list an order, written column by column.

Problem: a record's orders are thousands of short texts, and to make a value of each order before it becomes text takes
as long as the solve. Decision: where the orders are settled in whole numbers (`OrderColumns`), an order is the text of
its name and price, which all accounts share, around its own shares and gain; sums are those of whole columns. Limits:
where a figure does not fit, or would be written with an exponent, there are no such texts, and the record's values are
written one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Final

import numpy as np

from di_advisor.domain.lot_columns import IntArray, LotColumns, Units, lot_ids_at
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.unit_columns import cents_of, decimal_of, difference_of
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.order_columns import OrderColumns, TradedColumn
from di_advisor.propose.planned import Settled
from di_advisor.units import CENTS_PER_USD

__all__ = ["OrderTexts", "cents_of_part", "texts_of"]

_TERMS: Final = {True: "true", False: "false"}
_CENTS: Final = [f".{k:02d}" for k in range(CENTS_PER_USD)]
_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class OrderTexts:
    """Orders of one account as text.

    Attributes
    ----------
    orders : str
        JSON lists, one an order, with commas between them.
    sums_usd : list of str
        Losses and gains harvested, bought and sold.
    """

    orders: str
    sums_usd: list[str]


@dataclass(frozen=True, slots=True)
class _Names:
    """What all orders of a market share, name by name: how they begin, how a buy ends, the price, and its places."""

    selling: list[str]
    buying: list[str]
    bought: list[str]
    price: list[str]
    places: IntArray


_NAMES: list[tuple[MarketSignals, _Names]] = []


def _names_of(market: MarketSignals) -> _Names:
    """The texts of a market; of the last few they are kept, because the accounts of a fleet share them."""
    for known, names in _NAMES:
        if known is market:
            return names
    ids = [encode_basestring_ascii(i) for i in market.universe.security_ids]
    price = [str(p) for p in market.price_usd]
    names = _Names(
        [f'[{i},"{Side.SELL.value}","' for i in ids],
        [f'[{i},"{Side.BUY.value}","' for i in ids],
        [f'","{p}","",null,null]' for p in price],
        [f'","{p}",' for p in price],
        np.array([-int(p.as_tuple().exponent) for p in market.price_usd], dtype=np.int64),
    )
    _NAMES.insert(0, (market, names))
    del _NAMES[_KEPT:]
    return names


def texts_of(settled: Settled) -> OrderTexts | None:
    """The orders as text; None where they are not columns of plain numbers."""
    signals, orders = settled.signals, settled.orders
    columns, lots = orders.columns, signals.account.lots
    if columns is None or not isinstance(lots, LotColumns):
        return None
    names, lot_name = _names_of(signals.market), signals.account.lot_name[columns.sells.at]
    sold, bought = list(map(str, orders.sells.values())), list(map(str, orders.buys.values()))
    if "E" in "".join((*sold, *bought)):
        return None
    taxed = signals.account.kind not in RETIREMENT_KINDS
    cents = _gains(columns, lots, signals.market.price_units, lot_name) if taxed else np.zeros(0, dtype=np.int64)
    if cents is None:
        return None
    ends = ["null,null]"] * len(sold)
    if taxed:
        terms = signals.account.lot_long_term[columns.sells.at].tolist()
        whole, rest = np.divmod(np.abs(cents), CENTS_PER_USD)
        signs = ["-" if lost else "" for lost in (cents < 0).tolist()]
        parts = zip(signs, whole.tolist(), rest.tolist(), terms, strict=True)
        ends = [f'"{sign}{usd}{_CENTS[rest]}",{_TERMS[term]}]' for sign, usd, rest, term in parts]
    ids = map(encode_basestring_ascii, lot_ids_at(lots, columns.sells.at.tolist()))
    begun, price, of_sale = names.selling, names.price, lot_name.tolist()
    sales = [
        f"{begun[i]}{shares}{price[i]}{lot_id},{end}"
        for i, shares, lot_id, end in zip(of_sale, sold, ids, ends, strict=True)
    ]
    begun, ended = names.buying, names.bought
    buys = [f"{begun[i]}{shares}{ended[i]}" for i, shares in zip(columns.buys.at.tolist(), bought, strict=True)]
    sums = [_sum_of_gains(-cents[cents < 0]), _sum_of_gains(cents[cents > 0])]
    sums += [
        _sum_usd(columns.buys, bought[:1], names.places[columns.buys.at]),  # all in the places of one step of shares
        _sum_usd(columns.sells, sold, names.places[lot_name]),
    ]
    return OrderTexts(",".join([*sales, *buys]), sums)


def _gains(columns: OrderColumns, lots: LotColumns, prices: Units | None, lot_name: IntArray) -> IntArray | None:
    """Gains of sales in whole cents, exact until then; None where they do not fit."""
    sells, basis = columns.sells, lots.basis.take(columns.sells.at)
    gains = difference_of(sells.usd, basis)
    if gains is None or prices is None:
        return None
    cents = cents_of(gains)
    units = [10**x.places for x in (basis, lots.shares, sells.shares, prices)]
    for k in np.flatnonzero(~columns.whole).tolist():
        at = int(sells.at[k])
        counts = (basis.count[k], lots.shares.count[at], sells.shares.count[k], prices.count[lot_name[k]])
        cents[k] = cents_of_part(*((int(count), unit) for count, unit in zip(counts, units, strict=True)))
    return cents


def cents_of_part(
    basis_usd: tuple[int, int], held: tuple[int, int], sold: tuple[int, int], price_usd: tuple[int, int]
) -> int:
    """Gain of a part of a lot, which takes its share of the basis, in whole cents, halves to even.

    All amounts are ratios of whole numbers, which need not be reduced.
    """
    (basis, basis_unit), (all_held, held_unit), (some, some_unit), (price, price_unit) = (
        basis_usd,
        held,
        sold,
        price_usd,
    )
    # some / some_unit * (price / price_unit - basis / basis_unit * held_unit / all_held), in cents
    each = price * basis_unit * all_held - basis * held_unit * price_unit
    cents, rest = divmod(CENTS_PER_USD * some * each, unit := some_unit * price_unit * basis_unit * all_held)
    return cents + int(2 * rest > unit or (2 * rest == unit and cents % 2 == 1))


def _dollars(cents: int) -> str:
    """Whole cents as dollars, with two places."""
    whole, rest = divmod(abs(cents), CENTS_PER_USD)
    return f"{'-' * (cents < 0)}{whole}{_CENTS[rest]}"


def _sum_of_gains(cents: IntArray) -> str:
    """Sum of some amounts in whole cents; a plain zero where there are none."""
    return _dollars(int(cents.sum())) if len(cents) else "0"


def _sum_usd(traded: TradedColumn, shares: list[str], price_places: IntArray) -> str:
    """Exact value of some trades, with as many places as the longest product of shares and price has.

    Of ``shares`` there are as many as of prices, or one that shows the places of all.
    """
    if not shares:
        return "0"
    shown = ((text.find(".") + 1 or len(text)) - len(text) for text in shares)
    places = max(int((price_places - np.fromiter(shown, np.int64, len(shares))).max()), 0)
    total = Decimal(int(traded.usd.count.sum())).scaleb(-traded.usd.places)
    return str(total.quantize(decimal_of(1, places)))
