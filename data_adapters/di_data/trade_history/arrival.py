"""The arrival price of an order, from the best source there is, and the conditions that were known before it.

The ladder: middle of the quote at arrival, middle at the first fill, average of the minute before, open
of the day, previous close. Each order says which rung it stands on, because the noise of a measured cost
depends on it. Spread, volatility and volume come from the order's own row, or from days strictly before
its arrival; the spread also from the quote at arrival. After the close, the day itself counts as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

import numpy as np

from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.domain.history_quality import Flaw, QualityTally, Treatment
from di_advisor.domain.trade_history import ArrivalPrice
from di_advisor.units import BPS_PER_UNIT
from di_data.trade_history.market_lookup import Instant, MarketLookup, Quote, quote_of
from di_data.trade_history.parent_orders import ParentOrder

__all__ = ["ArrivalConditions", "ExchangeTime", "arrival_conditions"]

_OPEN: Final = time(9, 30)
_CLOSE: Final = time(16)
_SESSION_S: Final = 6.5 * 3600


@dataclass(frozen=True, slots=True)
class ExchangeTime:
    """An instant on the exchange's clock.

    Attributes
    ----------
    day : datetime64[D]
        Local date.
    trading_day : datetime64[D]
        The next date where the exchange had closed.
    fraction : float
        Of the trading day, between 0 and 1.
    """

    day: np.datetime64
    trading_day: np.datetime64
    fraction: float

    @classmethod
    def of(cls, when: Instant) -> ExchangeTime:
        """From UTC."""
        seconds = int(when.astype("datetime64[s]").astype(np.int64))
        local = datetime.fromtimestamp(seconds, UTC).astimezone(EXCHANGE_ZONE)
        day = np.datetime64(local.date(), "D")
        opening = datetime.combine(local.date(), _OPEN, EXCHANGE_ZONE)
        fraction = (local - opening).total_seconds() / _SESSION_S
        after = local.time() > _CLOSE
        return cls(day, day + np.timedelta64(int(after), "D"), float(np.clip(fraction, 0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class ArrivalConditions:
    """What is known of an order's arrival; NaN where nothing is.

    Attributes
    ----------
    price_usd : float
        Arrival price.
    source : ArrivalPrice
        Its rung.
    half_spread_bps, volatility_daily_bps, adv_usd : float
        Known before the trade.
    """

    price_usd: float
    source: ArrivalPrice
    half_spread_bps: float
    volatility_daily_bps: float
    adv_usd: float


def arrival_conditions(
    parent: ParentOrder, security_id: str, clock: ExchangeTime, market: MarketLookup, tally: QualityTally
) -> ArrivalConditions:
    """Look up what was known; quotes that cannot be used are noted in the tally."""
    order, arrival = parent.order, parent.order.time("arrival_time")
    quote = _usable(quote_of(order.number("arrival_bid_usd"), order.number("arrival_ask_usd")), order.order_id, tally)
    if quote is None:
        quote = _usable(market.quote(security_id, arrival), order.order_id, tally)
    price, source = order.number("arrival_price_usd"), order.texts.get("arrival_price_source", "")
    if price > 0:
        found = (price, ArrivalPrice(source) if source else ArrivalPrice.MID_AT_ARRIVAL)
    else:
        found = _ladder(parent, security_id, clock, market, quote)
    spread = order.number("half_spread_bps")
    if np.isnan(spread) and quote is not None:
        spread = (quote.ask_usd - quote.bid_usd) / 2.0 / quote.mid_usd * BPS_PER_UNIT
    known = {name: order.number(name) for name in ("volatility_daily_bps", "adv_usd")} | {"half_spread_bps": spread}
    for name, value in known.items():
        if np.isnan(value):
            known[name] = market.before(security_id, clock.trading_day, name)
    return ArrivalConditions(*found, known["half_spread_bps"], known["volatility_daily_bps"], known["adv_usd"])


def _ladder(
    parent: ParentOrder, security_id: str, clock: ExchangeTime, market: MarketLookup, quote: Quote | None
) -> tuple[float, ArrivalPrice]:
    if quote is not None:
        return quote.mid_usd, ArrivalPrice.MID_AT_ARRIVAL
    first = market.quote(security_id, parent.first_fill)
    if first is not None and first.flaw is None:
        return first.mid_usd, ArrivalPrice.MID_AT_FIRST_FILL
    rungs = (
        (market.minute(security_id, parent.order.time("arrival_time")), ArrivalPrice.MINUTE_VWAP),
        (market.on(security_id, clock.trading_day, "open_usd"), ArrivalPrice.OPEN),
        (market.before(security_id, clock.trading_day, "close_usd"), ArrivalPrice.PREVIOUS_CLOSE),
    )
    return next(((p, s) for p, s in rungs if p > 0), (float("nan"), ArrivalPrice.PREVIOUS_CLOSE))


def _usable(quote: Quote | None, order_id: str, tally: QualityTally) -> Quote | None:
    if quote is None or quote.flaw is None:
        return quote
    told = f"{order_id}: bid {quote.bid_usd:g}, ask {quote.ask_usd:g} at arrival"
    tally.note(quote.flaw or Flaw.CROSSED_QUOTE, told, Treatment.QUOTE_NOT_USED)
    return None
