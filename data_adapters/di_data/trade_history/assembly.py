"""From orders and fills to a trade history: securities named, conditions joined, doubtful prices dropped, all counted.

Decisions: an order whose price is far from the market is dropped, not corrected: within 5 % of a usual
split ratio it is suspected to mix split-adjusted prices with raw shares, else it is simply far away. A
fill further than 1 % from the middle of its moment drops its order, because an average without one of
its fills is not the order's price. Limits: fills are compared with quotes only where quotes are given,
and how many could not be is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from di_advisor.domain.history_quality import Flaw, QualityTally, ReadHistory
from di_advisor.domain.order_types import order_type_of
from di_advisor.domain.tickers import Tickers
from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory
from di_advisor.domain.trading_conditions import TradingConditions
from di_advisor.errors import InputError
from di_data.trade_history.arrival import ArrivalConditions, ExchangeTime, arrival_conditions
from di_data.trade_history.market_lookup import MarketLookup
from di_data.trade_history.parent_orders import ParentOrder, parent_orders
from di_data.trade_history.records import ReadOrders

__all__ = ["history_of"]

_FAR_FROM_MID: Final = 0.01
_FAR_FROM_MARKET: Final = 1.25
_SPLITS: Final = (1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0)
_NEAR_SPLIT: Final = 1.05
_NEEDED: Final = (
    ("price_usd", Flaw.NO_ARRIVAL_PRICE),
    ("half_spread_bps", Flaw.NO_HALF_SPREAD),
    ("volatility_daily_bps", Flaw.NO_VOLATILITY),
    ("adv_usd", Flaw.NO_VOLUME),
)


def history_of(
    read: ReadOrders,
    conditions: TradingConditions | None,
    *,
    tickers: Tickers | None = None,
    simulated: bool = False,
) -> ReadHistory:
    """The history, and what became of the rest.

    Parameters
    ----------
    read : ReadOrders
        As read; its tally is added to.
    conditions : TradingConditions or None
        What the market was like.
    tickers : Tickers, optional
        What symbols meant over time; without it a symbol is a permanent id.
    simulated : bool
        Whether the orders are invented.
    """
    market, tally = MarketLookup(conditions), read.tally
    rows = []
    for parent in parent_orders(read):
        row = _row(parent, market, tally, tickers, read.columns)
        if row is not None:
            rows.append(row)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in TradeHistory.columns()}
    for name in ("decision_utc", "arrival_utc", "end_utc"):
        columns[name] = np.array(columns[name], dtype="datetime64[ns]")
    kept = len(rows)
    total = kept + len(tally.dropped)
    provenance = f"{tally.source}: {kept:,} of {total:,} orders{', simulated' if simulated else ''}"
    history = TradeHistory.from_columns(columns, simulated=simulated, provenance=provenance)
    return ReadHistory(history, tally.report(kept=kept))


def _row(
    parent: ParentOrder,
    market: MarketLookup,
    tally: QualityTally,
    tickers: Tickers | None,
    columns: frozenset[str],
) -> dict[str, Any] | None:
    order = parent.order
    clock = ExchangeTime.of(order.time("arrival_time"))
    security_id = order.symbol
    if tickers is not None:
        try:
            security_id = tickers.security_id(order.symbol, date.fromisoformat(str(clock.day)))
        except InputError as e:
            tally.drop(order.order_id, Flaw.UNKNOWN_SECURITY, e.what)
            return None
    found = arrival_conditions(parent, security_id, clock, market, tally)
    flaw = _missing(found, security_id, market) or _doubt(parent, security_id, found, clock, market)
    if flaw is not None:
        tally.drop(order.order_id, *flaw)
        return None
    if found.source is not ArrivalPrice.MID_AT_ARRIVAL:
        tally.note(Flaw.WEAK_ARRIVAL_PRICE, f"{order.order_id}: {found.source}")
    if parent.fills and not any(market.quote(security_id, f.when) for f in parent.fills):
        tally.note(Flaw.FILLS_NOT_CHECKED, order.order_id)
    decision, close = order.number("decision_price_usd"), order.number("close_price_usd")
    if np.isnan(decision):
        at_decision = market.quote(security_id, order.time("decision_time"))
        decision = at_decision.mid_usd if at_decision is not None and at_decision.flaw is None else decision
    close = market.on(security_id, clock.trading_day, "close_usd") if np.isnan(close) else close
    own_time = "time_of_day" in columns
    told = order.texts.get("order_type", "")
    order_type = order_type_of(told) or ""
    if told and not order_type:
        tally.note(Flaw.UNKNOWN_ORDER_TYPE, f"{order.order_id}: {told!r}")
    return {
        "order_id": order.order_id,
        "account_id": order.texts.get("account_id", ""),
        "security_id": security_id,
        "side": order.side,
        "decision_utc": order.time("decision_time"),
        "arrival_utc": order.time("arrival_time"),
        "end_utc": parent.end,
        "ordered_shares": parent.ordered_shares,
        "filled_shares": parent.filled_shares,
        "decision_price_usd": decision,
        "arrival_price_usd": found.price_usd,
        "average_price_usd": parent.average_usd,
        "close_price_usd": close,
        "arrival_price_source": found.source.value,
        "half_spread_bps": found.half_spread_bps,
        "volatility_daily_bps": found.volatility_daily_bps,
        "adv_usd": found.adv_usd,
        "volume_span": order.number("volume_span"),
        "time_of_day": order.number("time_of_day") if own_time else clock.fraction,
        "venue": parent.venue,
        "algo": order.texts.get("algo", ""),
        "order_type": order_type,
        "broker": order.texts.get("broker", ""),
        "commission_usd": parent.commission_usd,
        "fees_usd": parent.fees_usd,
        "market_return": order.number("market_return"),
    }


def _missing(found: ArrivalConditions, security_id: str, market: MarketLookup) -> tuple[Flaw, str] | None:
    for name, flaw in _NEEDED:
        value = getattr(found, name)
        if not np.isfinite(value) or value < 0 or (value == 0 and name != "half_spread_bps"):
            unknown = market.given and not market.knows(security_id)
            return (Flaw.UNKNOWN_SECURITY, f"{security_id} is in no table") if unknown else (flaw, security_id)
    return None


def _doubt(
    parent: ParentOrder, security_id: str, found: ArrivalConditions, clock: ExchangeTime, market: MarketLookup
) -> tuple[Flaw, str] | None:
    """What is doubtful about the price of an order."""
    # The day's own open first: across a split the close before is rightly another price.
    opened = market.on(security_id, clock.trading_day, "open_usd")
    references = (
        ("the arrival price", found.price_usd),
        ("the open", opened)
        if opened > 0
        else ("the close before", market.before(security_id, clock.trading_day, "close_usd")),
    )
    for told, reference in references:
        if not reference > 0:
            continue
        ratio = parent.average_usd / reference
        if max(ratio, 1 / ratio) > _FAR_FROM_MARKET:
            flaw = Flaw.SPLIT_SUSPECTED if _like_a_split(ratio, _SPLITS) else Flaw.FAR_FROM_MARKET
            return flaw, f"average {parent.average_usd:g} USD against {reference:g}, {told}"
    for fill in parent.fills:
        quote = market.quote(security_id, fill.when)
        if quote is not None and quote.flaw is None:
            off = abs(fill.price_usd / quote.mid_usd - 1.0)
            if off > _FAR_FROM_MID:
                return Flaw.FAR_FROM_MID, f"fill at {fill.price_usd:g} USD, middle {quote.mid_usd:g} at {fill.when}"
    return None


def _like_a_split(ratio: float, splits: Sequence[float]) -> bool:
    large = max(ratio, 1 / ratio)
    return any(1 / _NEAR_SPLIT <= large / split <= _NEAR_SPLIT for split in splits)
