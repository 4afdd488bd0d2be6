"""From an account's signals to the names of a plan: lots with their days, the price of the other positions as a slope.

What is sold of a name is spent on the whole target in proportion, and what is bought is paid by it: a position x moves
along d, the name less the target. Its risk is ``aversion (v x^2 + 2 x (c - v x0)) / V`` with v = d'Sd, c = d'Sa for
today's active positions a, and x0 its own of today: quadratic in itself, a slope for everything else. Limits: the cost
of trading the rest of the target is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, LockKind, Signals
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.policy.plan_model import PlannedLot, PlannedName, PlanTerms, SideCost

__all__ = ["planned_names"]

_ONE_DAY = timedelta(days=1)
_LEAST_USD = 1.0


def planned_names(
    signals: Signals, terms: PlanTerms, expected_return_per_year: Mapping[str, float]
) -> Iterator[PlannedName]:
    """Every name that is held or in the target.

    Parameters
    ----------
    signals : Signals
        Of the account, with wash sales banned.
    terms : PlanTerms
        The account's terms.
    expected_return_per_year : Mapping of str to float
        Above the target's return, by security id.
    """
    account, market = signals.account, signals.market
    lots, fixed = _lots(account)
    held, target = account.held_usd(), account.target_weight * account.value_usd
    variance, slope = _risk(signals, held - target)
    buy_from = _buy_from(signals)
    selling = market.costs.selling or market.costs
    for i in np.flatnonzero((held > _LEAST_USD) | (target > _LEAST_USD)).tolist():
        security = market.universe.securities[i]
        yield PlannedName(
            security_id=security.security_id,
            ticker=security.ticker,
            lots=tuple(lots.get(i, ())),
            target_usd=float(target[i]),
            fixed_usd=fixed.get(i, 0.0),
            buy_from=buy_from.get(security.security_id, date.min),
            variance_per_year=float(variance[i]),
            slope_per_year=terms.risk_aversion / terms.value_usd * float(slope[i])
            - expected_return_per_year.get(security.security_id, 0.0),
            buying=_side(market.costs, i),
            selling=_side(selling, i),
        )


def _risk(signals: Signals, active_usd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Variance of each name less the target, and ``2 (c - v x0)``, shape (n,)."""
    risk, target = signals.market.risk, signals.account.target_weight
    exposures, specific = risk.exposures, risk.specific_variance_per_year
    common = exposures @ risk.factor_covariance_per_year
    of_target, of_active = exposures.T @ target, exposures.T @ active_usd
    with_target = common @ of_target + specific * target
    with_active = common @ of_active + specific * active_usd
    variance = np.einsum("ik,ik->i", common, exposures) + specific - 2.0 * with_target + float(target @ with_target)
    covariance = with_active - float(target @ with_active)
    variance = np.maximum(variance, 0.0)
    return variance, 2.0 * (covariance - variance * active_usd)


def _lots(account: AccountSignals) -> tuple[dict[int, list[PlannedLot]], dict[int, float]]:
    """Lots that can be planned, and what is held in others, by name."""
    never = date.max
    sell_from: dict[str, date] = {}
    loss_from: dict[str, date] = {}
    for lock in account.locks:
        first = never if lock.until is None else lock.until + _ONE_DAY
        if lock.kind is LockKind.NO_LOSS_SALE:
            loss_from[lock.lot_id] = max(first, loss_from.get(lock.lot_id, date.min))
        elif lock.kind is LockKind.NO_SELL:
            key = lock.lot_id or lock.security_id
            sell_from[key] = max(first, sell_from.get(key, date.min))
    untaxed = account.kind in RETIREMENT_KINDS
    lots: dict[int, list[PlannedLot]] = {}
    fixed: dict[int, float] = {}
    for at, lot in enumerate(account.lots):
        name = int(account.lot_name[at])
        free = max(sell_from.get(lot.lot_id, date.min), sell_from.get(lot.security_id, date.min))
        if not account.lot_known[at] or free == never or account.lot_value_usd[at] <= 0:
            fixed[name] = fixed.get(name, 0.0) + float(account.lot_value_usd[at])
            continue
        long_from = date.min if untaxed or lot.held_since is None else long_term_from(lot.held_since)
        lots.setdefault(name, []).append(
            PlannedLot(
                lot.lot_id,
                float(account.lot_value_usd[at]),
                float(account.lot_gain_usd[at]),
                long_from,
                free,
                loss_from.get(lot.lot_id, date.min),
                float(account.continuation_usd[at]),
            )
        )
    return lots, fixed


def _buy_from(signals: Signals) -> dict[str, date]:
    found: dict[str, date] = {}
    for lock in signals.account.locks:
        if lock.kind is LockKind.NO_BUY:
            first = date.max if lock.until is None else lock.until + _ONE_DAY
            found[lock.security_id] = max(first, found.get(lock.security_id, date.min))
    return found


def _side(curves: CostCurves, at: int) -> SideCost:
    return SideCost(float(curves.linear[at]), float(curves.three_halves[at]), float(curves.quadratic[at]))
