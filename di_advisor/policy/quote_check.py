"""Which polled quotes may be used, and why the others are set aside.

Problem: a feed that hangs, a decimal point in the wrong place or a crossed book would look like a loss to take or a
name that drifted. Decision: every quote passes the same checks before it becomes a price; one that does not is set
aside with a reason and nothing is concluded from it. A jump is measured against the last price that was accepted on
the same day, and before the first against the facts' own close. Limits: a true jump beyond ``jump_max`` is set aside
all day, and a person decides; a price that is wrong by less than that is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import Market
from di_advisor.domain.quotes import Quote
from di_advisor.errors import InputError
from di_advisor.policy.triggers.words import bps

__all__ = ["CheckedQuotes", "QuoteRules", "SetAside", "checked"]


@dataclass(frozen=True, slots=True)
class QuoteRules:
    """What a quote must keep.

    Attributes
    ----------
    age_max : timedelta
        Older ones are stale.
    ahead_max : timedelta
        How far a source's clock may be ahead of ours.
    jump_max : float
        Largest change against the last accepted price, a fraction, up or down by the same factor.
    spread_max : float
        Widest distance of bid and ask, a fraction of their middle.
    covered_min : float
        Share of what an account holds that must have a usable quote; below it the account is not judged.

    Raises
    ------
    InputError
        If a figure is not more than zero, or the share is above one.
    """

    age_max: timedelta = timedelta(minutes=15)
    ahead_max: timedelta = timedelta(minutes=1)
    jump_max: float = 0.2
    spread_max: float = 0.05
    covered_min: float = 0.9

    def __post_init__(self) -> None:
        zero = timedelta(0)
        if not (self.age_max > zero and self.ahead_max >= zero and self.jump_max > 0 and self.spread_max > 0):
            raise InputError("A rule of quotes is not more than zero.", hint="Such as QuoteRules(jump_max=0.2).")
        if not 0 <= self.covered_min <= 1:
            raise InputError(f"The share that must be quoted is {self.covered_min}.", hint="Give 0 to 1.")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A quote that is not used, or a name without one: whose, and why."""

    security_id: str
    ticker: str
    reason: str


@dataclass(frozen=True)
class CheckedQuotes:
    """What came of the quotes of one poll.

    Attributes
    ----------
    price_usd : Mapping of str to float
        Accepted ones by security id, USD a share.
    aside : tuple of SetAside
        All other names of the market, in its order.
    strangers : tuple of str
        Symbols that the market does not know.
    at : Mapping of str to datetime
        Times of the accepted quotes, by security id.
    """

    price_usd: Mapping[str, float]
    aside: tuple[SetAside, ...] = ()
    strangers: tuple[str, ...] = ()
    at: Mapping[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "price_usd", FrozenMap(dict(self.price_usd)))
        object.__setattr__(self, "at", FrozenMap(dict(self.at)))


def checked(
    quotes: Iterable[Quote],
    market: Market,
    accepted: Mapping[str, float],
    *,
    now: datetime,
    opened: datetime,
    rules: QuoteRules = QuoteRules(),
) -> CheckedQuotes:
    """Judge the quotes of one poll.

    Parameters
    ----------
    quotes : iterable of Quote
        Of one name the newest counts.
    market : Market
        Names, and the prices before the first quote.
    accepted : Mapping of str to float
        Prices accepted earlier this day, by security id, USD a share.
    now, opened : datetime
        The moment of the poll, and when the session opened, UTC.
    rules : QuoteRules
        What a quote must keep.
    """
    securities = market.universe.securities
    ids = {s.ticker: s.security_id for s in securities} | {s.security_id: s.security_id for s in securities}
    of: dict[str, Quote] = {}
    strangers = []
    for quote in quotes:
        name = ids.get(quote.symbol)
        if name is None:
            strangers.append(quote.symbol)
        elif name not in of or _newer(quote, of[name]):
            of[name] = quote
    prices: dict[str, float] = {}
    aside = []
    for security, close in zip(securities, market.price_usd, strict=True):
        name = security.security_id
        known = accepted.get(name, None if close is None else float(close))
        quoted = of.get(name)
        reason = "there is no quote" if quoted is None else _wrong(quoted, known, now, opened, rules)
        if reason or quoted is None:
            aside.append(SetAside(name, security.ticker, reason))
        else:
            prices[name] = quoted.price_usd
    times = {name: at for name in prices if (at := of[name].at) is not None}
    return CheckedQuotes(prices, tuple(aside), tuple(dict.fromkeys(strangers)), times)


def _newer(one: Quote, other: Quote) -> bool:
    """Whether a quote is the newer of two; one without a time is older than any with one."""
    if one.at is None or other.at is None:
        return other.at is None
    if one.at.tzinfo is None or other.at.tzinfo is None:
        return other.at.tzinfo is None
    return one.at >= other.at


def _wrong(quote: Quote, known: float | None, now: datetime, opened: datetime, rules: QuoteRules) -> str:
    """Why a quote is not used; empty where it is."""
    return _wrong_time(quote.at, now, opened, rules) or _wrong_price(quote, known, rules)


def _wrong_time(at: datetime | None, now: datetime, opened: datetime, rules: QuoteRules) -> str:
    if at is None:
        return "its time is not known"
    if at.tzinfo is None:
        return "its time cannot be read, or has no zone"
    if at > now + rules.ahead_max:
        return f"it is of {at:%Y-%m-%d %H:%M:%S} UTC, which is still to come"
    if now - at > rules.age_max:
        return f"it is stale: of {at:%Y-%m-%d %H:%M:%S} UTC"
    if at < opened:
        return f"it is of {at:%H:%M:%S} UTC, before the session opened"
    return ""


def _wrong_price(quote: Quote, known: float | None, rules: QuoteRules) -> str:
    for what, figure in (("price", quote.last_usd), ("bid", quote.bid_usd), ("ask", quote.ask_usd)):
        if not math.isnan(figure) and not (math.isfinite(figure) and figure > 0):
            return f"its {what} is {figure:g}" if math.isfinite(figure) else f"its {what} cannot be read as a number"
    price = quote.price_usd
    if math.isnan(price):
        return "its price is not a number"
    if quote.two_sided and (apart := _apart(quote, rules)):
        return apart
    if known is None:
        return "there is no earlier price to compare it with"
    if max(price / known, known / price) > 1 + rules.jump_max:
        return f"it jumped from {known:g} to {price:g}, more than {bps(rules.jump_max)}"
    return ""


def _apart(quote: Quote, rules: QuoteRules) -> str:
    if quote.bid_usd > quote.ask_usd:
        return f"it is crossed: bid {quote.bid_usd:g} above ask {quote.ask_usd:g}"
    spread = (quote.ask_usd - quote.bid_usd) / quote.price_usd
    if spread > rules.spread_max:
        return f"bid and ask are {bps(spread)} apart, against {bps(rules.spread_max)}"
    return ""
