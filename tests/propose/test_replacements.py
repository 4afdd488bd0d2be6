"""Stand-ins outside the index: bought only as far as names are sold, and told with the way back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, CashItem, Portfolio, Side
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Signals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.formulate import formulate
from di_advisor.formulate.replacements import StandInLimit
from di_advisor.propose import Orders, Proposal, explain, settle
from di_advisor.propose.stand_in_words import swap_back_cost_usd
from di_advisor.signals import estimate
from di_advisor.signals.further_securities import (
    FurtherSecurity,
    extended_costs,
    extended_risk,
    extended_universe,
)
from di_advisor.solve import Solution, solve
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from tests.propose.wash_world import signals_of as plain_signals

T = date(2026, 6, 30)
TAX = TaxProfile(ConstantRates(0.4, 0.24))
ETF = FurtherSecurity(Security("FUND", "FND"), {"market": 1.0, "tech": 1.0}, 0.002, 1e-4, 2e-7)
NAMES = ("T1", "T2", "U1", "U2", "U3")


def world(mandate: Mandate, *, gain: str = "loss", further: tuple[FurtherSecurity, ...] = (ETF,)) -> Signals:
    """Two technology names at a loss, three others; the fund is all technology and outside the target."""
    universe = Universe(tuple(Security(s, s) for s in NAMES))
    exposures = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    risk = FactorRisk(universe, ("market", "tech"), exposures, np.diag([0.03, 0.05]), np.full(5, 0.01), "a model")
    costs = CostCurves(universe, np.full(5, 2e-4), np.full(5, 1e-7), np.zeros(5), "a model")
    wide = extended_universe(universe, further)
    m = len(wide)
    market = Market(
        as_of=T,
        known_at=datetime(2026, 6, 30, 21, tzinfo=UTC),
        universe=wide,
        price_usd=(Decimal("50.00"),) * 5 + (Decimal("73.10"),) * len(further),
        half_spread_bps=np.full(m, 2.0),
        adv_usd=np.full(m, 1e9),
        volatility_per_year=np.full(m, 0.3),
    )
    basis = {"loss": Decimal(34000), "gain": Decimal(19990)}[gain]
    lots = tuple(
        TaxLot(f"l{s}", "A", s, Decimal(400), basis if s.startswith("T") else Decimal(20000), T - timedelta(days=400))
        for s in NAMES
    )
    portfolio = Portfolio("t", (Account("A", lots, (CashItem(Decimal(500), T),)),))
    target = Target.single("five", dict.fromkeys(NAMES, 0.2), date(2020, 1, 1))
    return estimate(portfolio, market, target, mandate, extended_risk(risk, further), extended_costs(costs, further))


def proposed(mandate: Mandate, signals: Signals) -> tuple[Solution, Orders, Proposal]:
    problem = formulate(signals, mandate, TAX)
    solution = solve(problem)
    orders = settle(problem, solution, signals, mandate)
    return solution, orders, explain(problem, solution, orders, signals, mandate)


BASE = Mandate(risk_aversion=40.0, cash_max=0.01)
WITH = BASE.with_changes(replacements={"T1": ("FUND",), "T2": ("FUND",)})


def test_a_stand_in_is_bought_for_what_is_harvested_and_without_the_wish_it_is_not() -> None:
    _, orders, _ = proposed(BASE, world(BASE))
    assert 5 not in orders.buys
    signals = world(WITH)
    solution, orders, proposal = proposed(WITH, signals)
    assert solution.gap < 1e-5
    assert orders.buys[5] > 0
    sold = sum(float(n) * 50 for i, n in orders.sells.items() if i < 2)
    assert float(orders.buys[5]) * 73.10 <= sold + 0.01
    plain = solve(formulate(world(BASE), BASE, TAX))
    assert solution.objective < plain.objective - 1e-5
    buy = next(t for t in proposal.trade_list if t.security_id == "FUND")
    assert buy.facts["swap back from"] == "2026-07-31"
    assert buy.facts["stands in for"] in {"T1, T2", "T2, T1", "T1", "T2"}
    assert "swapping back is safe from 2026-07-31 on" in buy.sentence
    assert "short-term" in buy.sentence
    assert buy.facts["swap back cost usd"] in buy.sentence.replace(",", "")


@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
@pytest.mark.parametrize("width", [0.25, 1.0])
def test_no_more_is_bought_than_the_width_allows_after_rounding(rounding: Rounding, width: float) -> None:
    mandate = WITH.with_changes(replacement_width=width, rounding=rounding)
    signals = world(mandate)
    problem = formulate(signals, mandate, TAX)
    _, orders, proposal = proposed(mandate, signals)
    rule = next(r for r in problem.rules if isinstance(r, StandInLimit))
    assert rule.measure(orders.plan) <= rule.step + 1e-9
    assert any(c.rule == "stand-ins: FND" for c in proposal.checks)
    sold = sum(float(n) * 50 for i, n in orders.sells.items() if i < 2)
    bought = float(orders.buys.get(5, 0)) * 73.10
    assert 0 < bought <= width * sold + rule.step * problem.block.holdings.value_usd + 0.01


def test_nothing_is_bought_in_place_of_what_is_not_sold() -> None:
    mandate = WITH.with_changes(do_not_sell=frozenset({"T1", "T2"}))
    _, orders, _ = proposed(mandate, world(mandate))
    assert 5 not in orders.buys


def test_the_solution_with_its_row_equals_the_reference() -> None:
    signals = world(WITH)
    problem = formulate(signals, WITH, TAX)
    solution = solve(problem)
    answer = solve_reference(problem, solution.choices)
    assert solution.objective == pytest.approx(answer.objective, rel=1e-6, abs=1e-9)
    for first in (Choice.NOTHING, Choice.SELL):
        choices = solution.choices.copy()
        choices[0] = int(first)
        assert solution.bound <= solve_reference(problem, choices).objective + 1e-7


def test_a_stand_in_that_was_bought_before_may_be_sold_and_names_of_the_target_are_noted() -> None:
    mandate = BASE.with_changes(replacements={"T1": ("U1", "FUND")})
    signals = world(mandate)
    problem = formulate(signals, mandate, TAX)
    [rule] = [r for r in problem.rules if isinstance(r, StandInLimit)]
    assert rule.stand_ins.tolist() == [False] * 5 + [True]
    assert any("U1 is in the target" in n for n in problem.notes)


def test_substantially_identical_stand_ins_and_unknown_ones_are_refused() -> None:
    twin = FurtherSecurity(Security("GOOGL", "GOOGL"), {"market": 1.0}, 0.01, 1e-4)
    other = FurtherSecurity(Security("GOOG", "GOOG"), {"market": 1.0}, 0.01, 1e-4)
    mandate = BASE.with_changes(replacements={"GOOG": ("GOOGL",)})
    with pytest.raises(InputError, match=r"GOOGL cannot stand in for GOOG.*substantially identical"):
        formulate(world(mandate, further=(twin, other)), mandate, TAX)
    mandate = BASE.with_changes(replacements={"T1": ("NONE",)})
    with pytest.raises(UnknownSecurityError, match="NONE"):
        formulate(world(mandate), mandate, TAX)
    mandate = BASE.with_changes(replacements={"T1": ("FUND",), "FUND": ("T2",)})
    with pytest.raises(InputError, match="stood in for"):
        formulate(world(mandate), mandate, TAX)
    for wrong in ({"T1": "FUND"}, {"T1": ()}, {"T1": ("T1",)}, ["T1"]):
        with pytest.raises(InputError, match="replacements"):
            Mandate(replacements=wrong)  # type: ignore[arg-type]


def test_funds_on_overlapping_indices_are_noted() -> None:
    spy = FurtherSecurity(Security("S", "SPY"), {"market": 1.0}, 0.001, 1e-4)
    iwb = FurtherSecurity(Security("R", "IWB"), {"market": 1.0}, 0.001, 1e-4)
    mandate = BASE.with_changes(replacements={"S": ("R",)})
    problem = formulate(world(mandate, further=(spy, iwb)), mandate, TAX)
    assert any("overlap widely" in n for n in problem.notes)


def test_names_that_share_a_stand_in_form_one_set() -> None:
    further = (ETF, FurtherSecurity(Security("F2", "F2"), {"market": 1.0}, 0.01, 1e-4))
    mandate = BASE.with_changes(replacements={"T1": ("FUND",), "U1": ("F2",), "T2": ("FUND", "F2")})
    problem = formulate(world(mandate, further=further), mandate, TAX)
    [rule] = [r for r in problem.rules if isinstance(r, StandInLimit)]
    assert np.flatnonzero(rule.names).tolist() == [0, 1, 2]
    assert np.flatnonzero(rule.stand_ins).tolist() == [5, 6]


def test_swapping_back_costs_a_sale_and_a_purchase_by_the_curves() -> None:
    signals = world(WITH)
    expected = 1e-4 * 8000 + 2e-7 * 8000**1.5 + 2e-4 * 8000 + 1e-7 * (2000**1.5 + 6000**1.5)
    found = swap_back_cost_usd(signals, 5, {0: 0.25, 1: 0.75}, 8000.0)
    assert float(found) == pytest.approx(expected, abs=0.005)


def test_a_sale_at_a_gain_may_be_swapped_back_at_any_time() -> None:
    mandate = WITH.with_changes(do_not_hold=frozenset({"T1"}))
    _, _, proposal = proposed(mandate, world(mandate, gain="gain"))
    buys = [t for t in proposal.trade_list if t.side is Side.BUY and t.security_id == "FUND"]
    assert buys
    assert buys[0].facts["swap back from"] == T.isoformat()
    assert "at any time" in buys[0].sentence


def test_extended_models_keep_what_was_there_and_name_what_is_wrong() -> None:
    base = world(BASE, further=()).market
    wide = extended_risk(base.risk, [ETF])
    assert wide.exposures[:5].tolist() == base.risk.exposures.tolist()
    assert wide.exposures[5].tolist() == [1.0, 1.0]
    assert wide.specific_variance_per_year[5] == 0.002
    assert "FND as given by the user" in wide.provenance
    assert extended_risk(base.risk, []) is base.risk
    assert extended_costs(base.costs, []) is base.costs
    for exposures in ({"momentum": 1.0}, {}):
        wrong = FurtherSecurity(Security("F"), exposures, 0.01, 1e-4)
        with pytest.raises(InputError, match="has: market, tech"):
            extended_risk(base.risk, [wrong])
    with pytest.raises(InputError, match="more than once"):
        extended_universe(base.universe, [FurtherSecurity(Security("T1"), {"market": 1.0}, 0.01, 1e-4)])


def test_a_mandate_without_stand_ins_has_no_rule_of_them() -> None:
    account = Account("A", (), (CashItem(Decimal(1000), T),))
    problem = formulate(plain_signals(Portfolio("t", (account,)), T, {"X": "10"}, mandate=BASE), BASE, TAX)
    assert not [r for r in problem.rules if isinstance(r, StandInLimit)]
