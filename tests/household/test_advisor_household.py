"""The facade: models on one side, a household on the other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

import di_advisor as di
from di_advisor.domain.costs import CostCurves
from tests.household.world import AS_OF, LOOSE, account, target


def test_an_advisor_proposes_for_a_household() -> None:
    universe = di.Universe((di.Security("X"), di.Security("Y")))
    market = di.Market(
        as_of=AS_OF,
        known_at=datetime(2026, 6, 30, 21, tzinfo=UTC),
        universe=universe,
        price_usd=(Decimal(100), Decimal(100)),
        half_spread_bps=np.full(2, 2.0),
        adv_usd=np.full(2, 1e9),
        volatility_per_year=np.full(2, 0.3),
    )
    risk = di.FactorRisk(universe, ("market",), np.ones((2, 1)), np.array([[0.03]]), np.full(2, 0.05))
    costs = CostCurves(universe, np.full(2, 1e-4), np.zeros(2), np.zeros(2))
    mandate = LOOSE.with_changes(risk_aversion=10.0, cash_max=0.05)
    accounts = (
        account("A", "ann", "L 60 X @ 120 on 2026-03-02\nM 40 Y @ 80 on 2020-03-02", cash_usd="100", mandate=mandate),
        account("B", "ann", "N 50 X @ 90 on 2025-03-02\nO 50 Y @ 90 on 2025-03-02", cash_usd="100", mandate=mandate),
    )
    household = di.Household("ann", (di.Filer("ann", ("ann",)),), accounts, target("X", "Y"))
    rates = di.TaxProfile(di.ConstantRates(0.35, 0.15))
    found = di.Advisor().propose_household(household, market=market, taxes={"ann": rates}, risk=risk, costs=costs)
    assert found.benefit_usd > 0
    assert list(found.by_account["account_id"]) == ["A", "B"]
    assert set(found.trades["account_id"]) <= {"A", "B"}
    assert "HouseholdProposal(ann" in repr(found)
