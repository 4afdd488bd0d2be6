"""Fills merged into their parent orders, and orders that contradict themselves dropped with a reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.history_quality import Flaw, QualityTally, Treatment
from di_data.trade_history.records import NOT_A_TIME, ReadFill, ReadOrder, ReadOrders

__all__ = ["ParentOrder", "parent_orders"]

_SAME_SHARES = 1e-9
_SAME_PRICE = 1e-4
_HALF_A_CENT_USD = 0.005  # averages are often told in cents


@dataclass(frozen=True)
class ParentOrder:
    """An order with what was done of it.

    Attributes
    ----------
    order : ReadOrder
        As read.
    ordered_shares, filled_shares, average_usd : float
        Sizes and average price; the order's own or of its fills.
    end : datetime64
        When its last fill was done; NaT where not known.
    venue : str
        Where the most of it was done.
    commission_usd, fees_usd : float
        Explicit costs.
    fills : tuple of ReadFill
        By time; empty where only averages are known.
    """

    order: ReadOrder
    ordered_shares: float
    filled_shares: float
    average_usd: float
    end: np.datetime64
    venue: str
    commission_usd: float
    fees_usd: float
    fills: tuple[ReadFill, ...] = field(default=())

    @property
    def first_fill(self) -> np.datetime64:
        """When its first fill was done; NaT where not known."""
        return self.fills[0].when if self.fills else NOT_A_TIME


def parent_orders(read: ReadOrders) -> list[ParentOrder]:
    """Orders that are whole; the others are dropped in ``read.tally``."""
    tally = read.tally
    by_order = _fills_by_order(read)
    found = []
    for order in read.orders:
        if order.order_id in tally.dropped:
            continue
        fills = by_order.get(order.order_id, [])
        said = _flaw_of_fills(order, fills)
        if said is not None:
            tally.drop(order.order_id, *said)
            continue
        parent = _merged(order, fills, tally)
        if parent is not None:
            found.append(parent)
            tally.fills_used += len(fills)
    return found


def _fills_by_order(read: ReadOrders) -> dict[str, list[ReadFill]]:
    """Fills of each order by time, repeated executions once."""
    tally, known = read.tally, {o.order_id for o in read.orders}
    tally.fills_read = len(read.fills)
    seen: dict[tuple[str, str], ReadFill] = {}
    elsewhere: dict[str, ReadFill] = {}
    found: defaultdict[str, list[ReadFill]] = defaultdict(list)
    for fill in read.fills:
        if fill.order_id not in known:
            if fill.order_id not in tally.dropped:
                told = f"{fill.exec_id or fill.when} of {fill.order_id}"
                tally.note(Flaw.FILL_WITHOUT_ORDER, told, Treatment.FILL_DROPPED)
            continue
        first = seen.setdefault((fill.order_id, fill.exec_id), fill) if fill.exec_id else fill
        other = elsewhere.setdefault(fill.exec_id, fill) if fill.exec_id else fill
        if first is fill:
            found[fill.order_id].append(fill)
            if other.order_id != fill.order_id:  # some systems count executions anew in each order
                if _same_figures(other, fill):
                    for order_id in (other.order_id, fill.order_id):
                        tally.drop(order_id, Flaw.CONTRADICTORY_EXECUTION, f"{fill.exec_id} in two orders")
                else:
                    tally.note(Flaw.DUPLICATE_EXECUTION, f"{fill.exec_id} of {fill.order_id}, another one")
        elif _same_figures(first, fill):
            tally.note(Flaw.DUPLICATE_EXECUTION, f"{fill.exec_id} of {fill.order_id}", Treatment.FILL_DROPPED)
        else:
            tally.drop(fill.order_id, Flaw.CONTRADICTORY_EXECUTION, fill.exec_id)
    return {order_id: sorted(fills, key=_by_time) for order_id, fills in found.items()}


def _by_time(fill: ReadFill) -> tuple[bool, np.datetime64]:
    unknown = bool(np.isnat(fill.when))
    return unknown, np.datetime64(0, "ns") if unknown else fill.when


def _same_figures(a: ReadFill, b: ReadFill) -> bool:
    return (a.shares, a.price_usd) == (b.shares, b.price_usd) and (
        a.when == b.when or bool(np.isnat(a.when) and np.isnat(b.when))
    )


def _flaw_of_fills(order: ReadOrder, fills: list[ReadFill]) -> tuple[Flaw, str] | None:
    arrival, end = order.time("arrival_time"), order.time("end_time")
    if np.isnat(arrival):
        return Flaw.NO_ARRIVAL_TIME, order.symbol
    for fill in fills:
        if not (fill.shares > 0 and fill.price_usd > 0):
            return Flaw.BAD_FIGURE, f"fill of {fill.shares:g} shares at {fill.price_usd:g} USD"
        if fill.when < arrival or fill.when > end:  # NaT compares as false
            return Flaw.FILL_OUTSIDE, f"fill at {_second(fill.when)}, arrival {_second(arrival)}, end {_second(end)}"
    if end < arrival:
        return Flaw.FILL_OUTSIDE, f"end {_second(end)} before arrival {_second(arrival)}"
    return None


def _second(when: np.datetime64) -> str:
    return str(np.datetime_as_string(when, unit="s"))


def _merged(order: ReadOrder, fills: list[ReadFill], tally: QualityTally) -> ParentOrder | None:
    filled, average = order.number("filled_shares"), order.number("avg_fill_price_usd")
    commission = float(np.nan_to_num(order.number("commission_usd")))
    fees = float(np.nan_to_num(order.number("fees_usd")))
    venue, end = order.texts.get("venue", ""), order.time("end_time")
    if fills:
        done = sum(f.shares for f in fills)
        paid = sum(f.shares * f.price_usd for f in fills) / done
        said = ""
        if abs(filled - done) > _SAME_SHARES * done:
            said = f"{filled:g} shares filled, {done:g} in its fills"
        elif abs(average - paid) > max(_SAME_PRICE * paid, 1.01 * _HALF_A_CENT_USD):
            said = f"average {average:g} USD, {paid:g} in its fills"
        if said:
            tally.drop(order.order_id, Flaw.ROWS_DISAGREE, said)
            return None
        filled, average = done, paid
        venue = venue or _main_venue(fills)
        commission += sum(f.commission_usd for f in fills)
        fees += sum(f.fees_usd for f in fills)
        last = max((f.when for f in fills if not np.isnat(f.when)), default=NOT_A_TIME)
        end = last if np.isnat(end) else end
    ordered = order.number("order_shares")
    flaw = _flaw_of_sizes(ordered, filled, average)
    if flaw is not None:
        tally.drop(order.order_id, flaw, f"{ordered:g} shares asked for, {filled:g} filled at {average:g} USD")
        return None
    if np.isnan(ordered):
        tally.note(Flaw.SIZE_ASSUMED, order.order_id)
        ordered = filled
    return ParentOrder(order, max(ordered, filled), filled, average, end, venue, commission, fees, tuple(fills))


def _flaw_of_sizes(ordered: float, filled: float, average: float) -> Flaw | None:
    if np.isnan(filled) or filled == 0.0:
        return Flaw.NOTHING_FILLED
    if not (filled > 0 and average > 0) or ordered <= 0:
        return Flaw.BAD_FIGURE
    if filled > ordered * (1 + _SAME_SHARES):
        return Flaw.OVERFILLED
    return None


def _main_venue(fills: list[ReadFill]) -> str:
    shares: defaultdict[str, float] = defaultdict(float)
    for fill in fills:
        shares[fill.venue] += fill.shares
    return max(sorted(shares), key=lambda v: shares[v])
