"""The facts of a day as the row of figures that a model of rebalancing value reads.

Limits: as of `RebalanceState`; what a figure would need and the day does not know is 0 (a mandate without a cap,
a target without an announced change is 92 days from one).
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from di_advisor.domain.rebalance_state import RebalanceState
from di_advisor.domain.signals import LockKind
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.fixed import would_act

__all__ = ["rebalance_state"]

_FARTHEST_DAYS = 92
_LONGEST_REST_DAYS = 366
_TURNS_WITHIN = timedelta(days=30)
_ENDS_WITHIN = timedelta(days=10)
_DEEP = 0.05
"""As the trigger of losses counts them."""


def rebalance_state(facts: DayFacts) -> RebalanceState:
    """The row of a day.

    Parameters
    ----------
    facts : DayFacts
        The account before anything is done.
    """
    signals, value, today = facts.signals, facts.value_usd, facts.as_of
    account, market = signals.account, signals.market
    active = facts.active()
    risk, cap = market.risk, facts.mandate.tracking_error_max
    error = risk.tracking_error(active)
    gain = account.lot_gain_usd / value
    loss, won = np.maximum(-gain, 0.0), np.maximum(gain, 0.0)
    free, long = account.lot_known & account.lot_sellable, account.lot_long_term
    deep = loss >= _DEEP * (account.lot_value_usd / value + loss)
    turning = np.array([_turns(lot.held_since or lot.acquired, today) for lot in account.lots], dtype=np.bool_)
    cash = (float(account.cash_usd) - float(facts.mandate.withdrawal_usd)) / value
    outside = max(cash - facts.mandate.cash_max, facts.mandate.cash_min - cash, 0.0)
    target = account.target_weight
    at = market.universe.positions
    ending = {
        lock.security_id
        for lock in account.locks
        if lock.until is not None and lock.kind is not LockKind.NO_SELL and today <= lock.until <= today + _ENDS_WITHIN
    }
    days, turnover = _next_change(facts)
    quarter = _next_quarter(today)
    return RebalanceState(
        tracking_error=error,
        tracking_error_of_cap=error / cap if cap else 0.0,
        active_share=float(np.abs(active).sum()) / 2,
        largest_active=float(np.abs(active).max(initial=0.0)),
        short_loss=float(loss[free & ~long].sum()),
        long_loss=float(loss[free & long].sum()),
        deep_loss=float(loss[free & deep].sum()),
        locked_loss=float(loss[~free].sum()),
        short_gain=float(won[~long].sum()),
        long_gain=float(won[long].sum()),
        loss_turning_long=float(loss[turning & ~long].sum()),
        gain_turning_long=float(won[turning & ~long].sum()),
        cost_to_target=float(np.sum(market.costs.cost_usd(-active * value))) / value,
        cash_outside=outside,
        locked_weight=float(target[~account.can_buy].sum()),
        windows_ending=float(sum(target[at[name]] for name in sorted(ending) if name in at)),
        reconstitution_days=float(days),
        reconstitution_turnover=turnover,
        quarter_end_days=float((quarter - today).days - 1),
        year_end_days=float((date(today.year, 12, 31) - today).days),
        rebalance_days=float(_since(facts)),
        index_volatility=risk.tracking_error(target),
        specific_volatility=float(target @ np.sqrt(risk.specific_variance_per_year)),
        fixed_thresholds=float(bool(would_act(facts))),
    )


def _turns(since: date | None, today: date) -> bool:
    return since is not None and today < long_term_from(since) <= today + _TURNS_WITHIN


def _next_quarter(today: date) -> date:
    """First day of the next quarter."""
    years, quarter = divmod((today.month - 1) // 3 + 1, 4)
    return date(today.year + years, 3 * quarter + 1, 1)


def _since(facts: DayFacts) -> int:
    last = facts.last_rebalance
    return _LONGEST_REST_DAYS if last is None else min((facts.as_of - last).days, _LONGEST_REST_DAYS)


def _next_change(facts: DayFacts) -> tuple[int, float]:
    """Days to the next announced change of the target, and its one-way turnover."""
    today = facts.as_of
    ahead = [d for d in facts.target.effective_days if d > today]
    if not ahead or (ahead[0] - today).days > _FARTHEST_DAYS:
        return _FARTHEST_DAYS, 0.0
    old, new = facts.target.weights_on(today), facts.target.weights_on(ahead[0])
    return (ahead[0] - today).days, sum(abs(new.get(k, 0.0) - old.get(k, 0.0)) for k in sorted({*old, *new})) / 2
