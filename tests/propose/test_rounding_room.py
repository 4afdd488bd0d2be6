"""Limits that whole shares pass are kept with room and solved again, budgets among them."""

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
from di_advisor.errors import SettlementError
from di_advisor.formulate import formulate
from di_advisor.formulate.margins import takes_room, with_room
from di_advisor.formulate.rules import slack_in_rows
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.rounding_room import RoundingRoom
from di_advisor.solve import solve
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.rule_check import FinalOrders, broken_wishes


def coarse_case(seed: int, **changes: object) -> RandomCase:
    """An account so small that a share is a large step."""
    case = random_case(seed, names=8, lots_a_name=2, styles=2, value_usd=20_000.0)
    loose: dict[str, object] = {
        "tracking_error_max": None,
        "name_band": NameBand(active_max=0.5),
        "sector_band": None,
        "factor_bands": {},
        "turnover_max": None,
        "participation_max": None,
        "rounding": Rounding.WHOLE_SHARES,
        "cash_min": 0.0,
        "cash_max": 0.3,
    }
    return RandomCase(case.signals, case.mandate.with_changes(**(loose | changes)), case.tax)


@pytest.mark.parametrize(
    ("seed", "wish", "most"), [(4, "gain_budget_usd", 100), (6, "tax_budget_usd", -50), (13, "tax_budget_usd", -50)]
)
def test_a_budget_that_rounding_passes_is_kept_with_room(seed: int, wish: str, most: int) -> None:
    case = coarse_case(seed, **{wish: Decimal(most)})
    planned = plan_for(case.signals, case.mandate, case.tax, Clock(silent), never)
    assert planned.proposal.trade_list
    orders = FinalOrders(planned.orders.sells, planned.orders.buys)
    assert not broken_wishes(case.signals, case.mandate, orders, case.tax.rates)
    assert any("was tightened while solving" in note for note in planned.proposal.notes)
    assert planned.proposal.certificate.gap_usd >= -1e-9


def wished(name: str) -> Mandate:
    wishes = {
        "turnover": {"turnover_max": 0.1},
        "cash": {"cash_max": 0.01},
        "gain budget": {"gain_budget_usd": Decimal(100)},
        "sector band: S1": {"sector_band": Band.within(0.05)},
        "factor band: style0": {"factor_bands": {"style0": Band.within(0.05)}},
    }
    return coarse_case(3, **wishes[name]).mandate


@pytest.mark.parametrize("name", ["turnover", "cash", "gain budget", "sector band: S1", "factor band: style0"])
def test_a_plan_keeps_the_room_that_is_asked_for(name: str) -> None:
    case = coarse_case(3)
    problem = formulate(case.signals, wished(name), case.tax)
    rule = next(r for r in problem.rules if r.name == name)
    assert takes_room(rule)
    solution = solve(with_room(problem, name, 0.004))
    assert slack_in_rows(rule, solution.plan) >= 0.004 - 1e-6
    assert np.isfinite(solution.objective)
    assert solution.objective >= solve(problem).bound - 1e-9


@pytest.mark.parametrize("name", ["turnover", "cash", "gain budget", "sector band: S1", "factor band: style0"])
def test_a_rule_that_only_rounding_passes_is_kept_with_more_room_than_the_plan_leaves_anyway(name: str) -> None:
    case = coarse_case(3)
    mandate = wished(name)
    problem = formulate(case.signals, mandate, case.tax)
    rule, plan = next(r for r in problem.rules if r.name == name), solve(problem).plan
    room = RoundingRoom(mandate)
    assert room.more(problem, SettlementError("Broken.", hint="", rule=name, excess=0.0004), plan)
    solution = solve(room.in_margins(problem))
    half = 0.5 * (getattr(rule, "upper", np.inf) - getattr(rule, "lower", -np.inf))  # a band keeps its middle
    # Less would bring the same plan back, and the same orders with it.
    assert rule.slack(solution.plan) >= min(rule.slack(plan) + 0.0004, half) - 1e-6
