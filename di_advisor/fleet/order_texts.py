"""Orders of a record as text: the same JSON as one list an order, written column by column.

Problem: a record's orders are thousands of short texts, and to make a value of each order before it becomes text takes
as long as the solve. Decision: where the orders are settled in whole numbers (`OrderColumns`), an order is the text of
its name and price, which all accounts share, around its own shares and gain; sums are those of whole columns. Limits:
where a figure does not fit, or would be written with an exponent, there are no such texts, and the record's values are
written one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Final

import numpy as np

from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.unit_columns import cents_of, decimal_of, difference_of, total_of
from di_advisor.domain.written_amounts import IntArray, Units, Written
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.order_columns import SoldColumn, TradedColumn
from di_advisor.propose.planned import Settled
from di_advisor.units import CENTS_PER_USD

__all__ = ["OrderTexts", "cents_of_part", "texts_of"]

_TERMS: Final = {True: "true", False: "false"}
_SIGNS: Final = {True: "-", False: ""}
_CENT_PLACES: Final = 2
_KEPT: Final = 4
_PLAIN: Final = 6
"""Places up to which a decimal is shown without an exponent, however small."""

_TABLED: Final = 4
"""Places of which every text behind the point is kept: ten thousand of them."""


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
    signals, columns = settled.signals, settled.orders.shares.columns
    if columns is None or max(columns.sells.shares.places, columns.buys.shares.places) > _PLAIN:
        return None
    sells, buys, names = columns.sells, columns.buys, _names_of(signals.market)
    lot_name = signals.account.lot_name[sells.at]
    taxed = signals.account.kind not in RETIREMENT_KINDS
    cents = _gains(sells, signals.market.price_units, lot_name) if taxed else np.zeros(0, dtype=np.int64)
    if cents is None:
        return None
    begun, price = names.selling, names.price
    ids = _inner_texts(sells.lots.lot_ids_at(sells.at.tolist()))
    begins = zip(lot_name.tolist(), *_halves(Written(sells.shares, sells.shown)), ids, strict=True)
    if taxed:
        lost, terms = (cents < 0).tolist(), signals.account.lot_long_term[sells.at].tolist()
        ends = zip(lost, *_halves(Written(Units(np.abs(cents), _CENT_PLACES))), terms, strict=True)
        orders = [
            f'{begun[i]}{shares}{part}{price[i]}"{lot_id}","{_SIGNS[minus]}{usd}{cent}",{_TERMS[term]}]'
            for (i, shares, part, lot_id), (minus, usd, cent, term) in zip(begins, ends, strict=True)
        ]
    else:
        orders = [f'{begun[i]}{shares}{part}{price[i]}"{lot_id}",null,null]' for i, shares, part, lot_id in begins]
    begun, ended = names.buying, names.bought
    takes = zip(buys.at.tolist(), *_halves(Written(buys.shares)), strict=True)
    orders += [f"{begun[i]}{shares}{part}{ended[i]}" for i, shares, part in takes]
    sums = [_sum_of_gains(-cents[cents < 0]), _sum_of_gains(cents[cents > 0])]
    sums += [
        _sum_usd(buys, names.places[buys.at] + buys.shares.places),
        _sum_usd(sells, names.places[lot_name] + sells.shown),
    ]
    return OrderTexts(",".join(orders), sums)


def _inner_texts(texts: list[str]) -> list[str]:
    """Texts as they stand in JSON between their quotes; most need no escape, which is told of all at once."""
    joined = "".join(texts)
    if encode_basestring_ascii(joined) == f'"{joined}"':
        return texts
    return [encode_basestring_ascii(text)[1:-1] for text in texts]


@lru_cache(maxsize=_TABLED)
def _behind_point(places: int) -> list[str]:
    return [f".{k:0{places}d}" for k in range(10**places)]


def _halves(amounts: Written) -> tuple[list[int], list[str]]:
    """What amounts, zero or more, show before their point, and from there on."""
    places = amounts.units.places
    whole, rest = np.divmod(amounts.units.count, 10**places)
    if not places:
        return whole.tolist(), [""] * len(whole)
    if places > _TABLED:
        behind = [f".{k:0{places}d}" for k in rest.tolist()]
    else:
        known = _behind_point(places)
        behind = [known[k] for k in rest.tolist()]
    if amounts.places is not None:
        ends = (amounts.places + (amounts.places > 0)).tolist()  # the point with it, unless nothing stands behind
        behind = [text[:end] for text, end in zip(behind, ends, strict=True)]
    return whole.tolist(), behind


def _gains(sells: SoldColumn, prices: Units | None, lot_name: IntArray) -> IntArray | None:
    """Gains of sales in whole cents, exact until then; None where they do not fit."""
    held, basis = sells.lots.shares, sells.lots.basis.take(sells.at)
    gains = difference_of(sells.usd, basis)
    if gains is None or prices is None:
        return None
    cents = cents_of(gains)
    units = [10**x.places for x in (basis, held, sells.shares, prices)]
    for k in np.flatnonzero(~sells.whole).tolist():
        at = int(sells.at[k])
        counts = (basis.count[k], held.count[at], sells.shares.count[k], prices.count[lot_name[k]])
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


def _sum_of_gains(cents: IntArray) -> str:
    """Sum of some amounts in whole cents; a plain zero where there are none."""
    return str(total_of(cents))


def _sum_usd(traded: TradedColumn, places: IntArray) -> str:
    """Exact value of some trades, with as many places as the longest product of shares and price; those of each."""
    if not len(places):
        return "0"
    total = decimal_of(int(traded.usd.count.sum()), traded.usd.places)
    return str(total.quantize(decimal_of(1, max(int(places.max()), 0))))
