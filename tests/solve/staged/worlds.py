"""Tiny accounts for plans over several dates: every figure is chosen, so that answers can be worked out by hand."""

from datetime import date
from decimal import Decimal

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import AccountSignals, MarketSignals, Signals
from di_advisor.domain.universe import Security, Universe
from di_advisor.ledger.holding_period import is_long_term

AS_OF = date(2026, 6, 30)


def market(names: int, linear: float = 0.0005, three_halves: float = 0.0) -> MarketSignals:
    universe = Universe(tuple(Security(f"T{i}", sector=f"S{i % 2}") for i in range(names)))
    g = np.random.default_rng(names)
    exposures = np.c_[np.ones(names), g.uniform(-1, 1, names)]
    risk = FactorRisk(
        universe, ("market", "style"), exposures, np.diag([0.03, 0.004]), g.uniform(0.03, 0.09, names), "tiny"
    )
    flat = np.full(names, 1.0)
    costs = CostCurves(universe, linear * flat, three_halves * flat, 0 * flat, "tiny")
    return MarketSignals(AS_OF, universe, (Decimal(10),) * names, risk, costs, 1e8 * flat)


def account(
    on: MarketSignals, target: list[float], lots: list[tuple[int, int, int, date]], cash: int = 0
) -> AccountSignals:
    """Lots as (name, shares, basis in dollars, bought); a share is ten dollars."""
    made = tuple(TaxLot(f"L{i}", "tiny", f"T{n}", Decimal(q), Decimal(b), day) for i, (n, q, b, day) in enumerate(lots))
    value = np.array([10.0 * q for _, q, _, _ in lots])
    yes = np.ones(len(lots), dtype=np.bool_)
    return AccountSignals(
        account_id="tiny",
        value_usd=float(value.sum()) + cash,
        cash_usd=Decimal(cash),
        target_weight=np.array(target),
        lots=made,
        lot_name=np.array([n for n, _, _, _ in lots], dtype=np.int64),
        lot_value_usd=value,
        lot_gain_usd=value - np.array([float(b) for _, _, b, _ in lots]),
        lot_long_term=np.array([is_long_term(day, AS_OF) for _, _, _, day in lots]),
        lot_known=yes,
        lot_sellable=yes,
        continuation_usd=np.zeros(len(lots)),
        can_buy=np.ones(len(target), dtype=np.bool_),
        can_sell=np.ones(len(target), dtype=np.bool_),
        accounts_seen=("tiny",),
    )


def signals(target: list[float], lots: list[tuple[int, int, int, date]], cash: int = 0, **costs: float) -> Signals:
    on = market(len(target), **costs)
    return Signals(on, account(on, target, lots, cash))
