"""A mandate's limits on each date of a plan: locks that have ended, glide paths, and bands that may not get worse."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from di_advisor.domain.exclusions import GlidePath
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, LockKind, Signals
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.departures import departures
from di_advisor.formulate.esg import esg_rules
from di_advisor.formulate.esg_average import AverageLimit, Side
from di_advisor.formulate.limits import largest_trade, name_limits
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.formulate.staged import Flags
from di_advisor.ledger.days import day_array
from di_advisor.ledger.holding_period import long_term_mask

__all__ = [
    "bands_on",
    "gliding",
    "limits_on",
    "long_term_on",
    "not_worse",
    "on_the_day",
    "opened",
    "refuse_near_washes",
]

_WASH_DAYS = 30


def long_term_on(account: AccountSignals, on: date) -> Flags:
    """Term of a sale of each lot on a day; lots without a date are never long-term here."""
    since = [lot.held_since for lot in account.lots]
    dated = np.array([day is not None for day in since], dtype=np.bool_)
    term = np.zeros(len(since), dtype=np.bool_)
    term[dated] = long_term_mask(day_array([day for day in since if day is not None]), on)
    return term


def opened(signals: Signals, on: date) -> Signals:
    """The signals with every lock lifted that has ended by a day."""
    account, positions = signals.account, signals.market.universe.positions
    rows = {lot.lot_id: i for i, lot in enumerate(account.lots)}
    can_buy, can_sell = account.can_buy.copy(), account.can_sell.copy()
    sellable = account.lot_sellable | ~account.can_sell[account.lot_name]
    for flags, found in (
        (can_buy, [(positions.get(k.security_id), k) for k in account.locks if k.kind is LockKind.NO_BUY]),
        (
            can_sell,
            [(positions.get(k.security_id), k) for k in account.locks if k.kind is LockKind.NO_SELL and not k.lot_id],
        ),
        (sellable, [(rows.get(k.lot_id), k) for k in account.locks if k.lot_id]),
    ):
        known = {at for at, _ in found if at is not None}
        held = {at for at, k in found if at is not None and (k.until is None or k.until >= on)}
        flags[sorted(known - held)] = True
        flags[sorted(held)] = False
    return Signals(
        signals.market,
        replace(account, can_buy=can_buy, can_sell=can_sell, lot_sellable=sellable & can_sell[account.lot_name]),
    )


def not_worse(group: ActiveGroup, holdings: Holdings) -> ActiveGroup:
    """A band that may stay as far outside its limits as it is today."""
    if isinstance(group, AverageLimit):
        now = group.average(holdings.active)
        least = group.side is Side.AT_LEAST
        return group.moved_to(min(group.limit, now) if least else max(group.limit, now))
    here = float(group.coefficients @ holdings.active)
    return replace(group, lower=min(group.lower, here), upper=max(group.upper, here))


def bands_on(problem: Problem, signals: Signals, mandate: Mandate, on: date) -> tuple[ActiveGroup, ...]:
    """The bands of a problem as they are on a day: a dated pathway has that day's ceiling."""
    dated = on_the_day(signals, on) if mandate.esg else signals
    averages = iter(esg_rules(dated, mandate, problem.block.holdings))
    bands = (r for r in problem.rules if isinstance(r, ActiveGroup))
    return tuple(next(averages) if isinstance(band, AverageLimit) else band for band in bands)


def refuse_near_washes(signals: Signals, dates: tuple[date, ...], wish: TransitionWish) -> None:
    """Refuse what priced wash sales cannot do over stages yet.

    Raises
    ------
    UnsupportedWishError
        If a later stage is within 30 days of a purchase or loss that is known, or budgets count losses.
    """
    washes = signals.account.washes
    if washes is None or not washes.matters:
        return
    known = [*(p.on for p in washes.purchases), *(w.on for w in washes.losses)]
    near = [on for on in dates[1:] if any(abs((on - day).days) <= _WASH_DAYS for day in known)]
    if near:
        raise UnsupportedWishError(
            f"Wash sales are priced, and the stage of {near[0]} is within 30 days of a known purchase or loss.",
            hint="Move that stage to a later day, or use wash_policy='ban'.",
            fields=["wash_policy"],
        )
    budgets = [
        f for f in ("gain_budget_usd", "stage_gain_budget_usd", "tax_budget_usd") if getattr(wish, f) is not None
    ]
    if budgets:
        raise UnsupportedWishError(
            f"Wash sales are priced, and {', '.join(budgets)} would count losses that today's trades wash.",
            hint="Use wash_policy='ban' with budgets over stages.",
            fields=["wash_policy", *budgets],
        )


def on_the_day(signals: Signals, on: date) -> Signals:
    """The signals as of a later day: what is dated (pathways, glide paths) has that day's figure."""
    return Signals(replace(signals.market, as_of=on), signals.account)


def _glides_only(mandate: Mandate, *, untouched: bool) -> Mandate:
    """The mandate with only the screens that glide; with ``untouched`` their paths leave all of a position."""
    screens = [e for e in mandate.exclusions if e.glide is not None]
    if untouched:
        whole = ((date.min, 1.0),)
        screens = [replace(e, glide=GlidePath(whole, e.glide.gain_min)) for e in screens if e.glide is not None]
    return mandate.with_changes(exclusions=tuple(screens), do_not_hold=frozenset())


def gliding(signals: Signals, mandate: Mandate, holdings: Holdings) -> Flags:
    """Names that leave along a glide path, shape (n,): a screen takes them out, and their gain lets them glide."""
    away = departures(signals, _glides_only(mandate, untouched=True), holdings)
    return np.asarray(away.out & (away.most > 0), dtype=np.bool_)


def limits_on(
    signals: Signals, mandate: Mandate, holdings: Holdings, on: date, *, stage: int, last: bool
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper active weights after a stage, shapes (n,).

    Before the last stage a name may stay where it is today, unless it glides: then it is at most what its path
    leaves on that day, or what the largest trades up to then cannot sell.
    """
    dated = on_the_day(signals, on)
    lower, upper, _ = name_limits(dated, mandate.with_changes(max_trade_usd=None, participation_max=None), holdings)
    if last:
        return lower, upper
    free = np.maximum(upper, holdings.active)
    glides = gliding(signals, mandate, holdings)
    if not glides.any():
        return lower, free
    path = departures(dated, _glides_only(mandate, untouched=False), holdings).most
    stuck = np.bincount(
        holdings.lot_name, weights=np.where(signals.account.lot_sellable, 0.0, holdings.lot_weight), minlength=len(path)
    )
    unsold = holdings.held - (stage + 1) * largest_trade(signals, mandate, holdings)
    left = np.minimum(np.maximum.reduce([path, stuck, unsold]), holdings.held)
    return lower, np.where(glides, np.minimum(free, left - holdings.target), free)
