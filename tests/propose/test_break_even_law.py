"""Under the whole Schedule D: what ends a trade, and what forces one, hold against solving again by the law."""

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import FilerTax, ScheduleDTax
from di_advisor.propose.at_law import ForcedSale, Levy, shut, solve_at_law
from di_advisor.propose.break_even import BreakEven, break_evens
from di_advisor.propose.break_even_law import average_rate, charge_at_law
from di_advisor.propose.counterfactual import Place, place_of, plan_without
from di_advisor.propose.forced import with_buy, with_sale
from di_advisor.propose.forces import force_balance
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.why_not import ReasonKind, why_not
from di_advisor.solve.choices import Choice
from di_advisor.testing.random_cases import RandomCase, random_case
from tests.propose.test_break_even import with_gain_of_price, with_spread
from tests.solve.filers import best_by_cells, random_filer

WISHES = Mandate(risk_aversion=8.0, rounding=Rounding.FRACTIONAL, cash_min=0.001, cash_max=0.1)


def planned(seed: int, *, names: int = 8, **changes: object) -> tuple[RandomCase, FilerTax, Planned]:
    case = random_case(seed, names=names, lots_a_name=2)
    filer = random_filer(np.random.default_rng(seed))
    return case, filer, plan_for(case.signals, WISHES.with_changes(**changes), filer, Clock(silent), never)


def curve(plan: Planned) -> ScheduleDTax:
    found = schedule_d_of(plan.problem)
    assert found is not None
    return found


def some(plan: Planned) -> list[Place]:
    places = [place_of(plan, t) for t in plan.proposal.trade_list]
    sales = [p for p in places if p.lot >= 0 and plan.solution.plan.sells[p.lot] > 1e-5]
    buys = [p for p in places if p.lot < 0 and plan.solution.plan.buys[p.name] > 1e-5]
    return [*sales[:2], *buys[:1]]


def amount(plan: Any, place: Place) -> float:
    return float(plan.sells[place.lot] if place.lot >= 0 else plan.buys[place.name])


@dataclass(frozen=True, eq=False)
class CvxpyLevy(Levy):
    """A levy that a cone solver understands too."""

    def expression(self, symbols: SymbolicPlan) -> Any:
        return self.sells @ symbols.sells + self.buys @ symbols.buys


def levy(plan: Planned, place: Place, charge: float) -> CvxpyLevy:
    holdings = plan.problem.block.holdings
    sells, buys = np.zeros(len(holdings.lot_name)), np.zeros(len(holdings.held))
    (sells if place.lot >= 0 else buys)[place.lot if place.lot >= 0 else place.name] = charge
    return CvxpyLevy(sells, buys, holdings.value_usd)


def levied(plan: Planned, place: Place, charge: float) -> Problem:
    terms = (*plan.problem.terms, levy(plan, place, charge))
    return replace(plan.problem, terms=terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_a_charge_below_the_break_even_keeps_the_trade_and_one_above_ends_it_by_brute_force(seed: int) -> None:
    """Over all cells of the tax, each solved by cvxpy."""
    _, _, plan = planned(seed)
    seen = 0
    for place in some(plan)[:2]:
        charge = charge_at_law(plan, place)
        if charge is None or charge < 1e-4:
            continue
        bare = shut(plan.problem, name=place.name, lot=place.lot)
        idle = plan.solution.choices.copy()
        idle[place.name] = Choice.NOTHING
        tax = curve(plan)
        without = min(best_by_cells(bare, tax, plan.solution.choices), best_by_cells(plan.problem, tax, idle))
        assert plan_without(plan, place).objective == pytest.approx(without, abs=2e-6)
        below, beyond = (
            best_by_cells(levied(plan, place, share * charge), tax, plan.solution.choices) for share in (0.9, 1.1)
        )
        assert below < without - 1e-8
        assert beyond >= without - 1e-6
        seen += 1
    assert seen


@pytest.mark.parametrize("seed", [5, pytest.param(0, marks=pytest.mark.slow)])
def test_every_dial_keeps_the_trade_on_one_side_of_its_break_even_and_ends_it_on_the_other(seed: int) -> None:
    """By a problem formulated anew, so that nothing of the search for the break-even is believed."""
    case, filer, plan = planned(seed)

    def made(place: Place, signals: Signals, wishes: Mandate) -> float:
        problem = formulate(signals, wishes, filer)
        found = solve_at_law(problem, plan.solution.choices)
        bare = solve_at_law(shut(problem, name=place.name, lot=place.lot), plan.solution.choices)
        return amount(found.plan, place) if found.objective < bare.objective + 1e-7 else 0.0

    def at(place: Place, dial: BreakEven, value: float) -> float:
        if dial.dial == "half-spread":
            return made(place, with_spread(case.signals, place.name, value), WISHES)
        if dial.dial == "price":
            return made(place, with_gain_of_price(case.signals, place.lot, value / dial.now), WISHES)
        return made(place, case.signals, WISHES.with_changes(risk_aversion=value))

    seen = 0
    for place in some(plan):
        for dial in break_evens(plan, place):
            if dial.dial not in ("half-spread", "price", "risk aversion"):
                continue
            inside, outside = (at(place, dial, dial.now * (dial.limit / dial.now) ** s) for s in (0.95, 1.05))
            assert inside > 1e-8, dial
            assert outside <= 2e-6, dial
            seen += 1
    assert seen >= 2


def test_where_a_minimum_stands_between_the_trade_ends_at_once_and_the_charge_says_where() -> None:
    _, _, plan = planned(5, min_trade_weight=5e-3)
    seen = 0
    for place in some(plan):
        charge = charge_at_law(plan, place)
        if charge is None or charge < 1e-5:
            continue
        without = plan_without(plan, place).objective
        kept, ended = (
            solve_at_law(plan.problem, plan.solution.choices, levy=levy(plan, place, s * charge)) for s in (0.9, 1.1)
        )
        assert kept.objective < without
        assert ended.objective >= without - 1e-7
        seen += 1
    assert seen


@dataclass(frozen=True)
class AtLeast:
    """A rule of the test: at least so much of a lot is sold, or of a name bought."""

    place: Place
    weight: float
    name: str = "at least"

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        traded = symbols.sells[self.place.lot] if self.place.lot >= 0 else symbols.buys[self.place.name]
        return [traded >= self.weight]


@pytest.mark.parametrize("seed", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("weight", [1e-3, 2e-2])
def test_a_trade_of_any_size_is_forced_as_brute_force_over_the_cells_has_it(seed: int, weight: float) -> None:
    _, _, plan = planned(seed)
    problem, tax = plan.problem, curve(plan)
    sell_max = next(r for r in problem.rules if isinstance(r, Locked)).sell_max
    lots = [i for i in np.argsort(-sell_max).tolist() if sell_max[i] >= weight and plan.solution.plan.sells[i] < 1e-9]
    seen = 0
    for lot in lots[:2]:
        place = Place(int(problem.block.holdings.lot_name[lot]), lot)
        choices = plan.solution.choices.copy()
        choices[place.name] = Choice.SELL
        found = with_sale(problem, plan.solution, None, lot, weight)
        assert found.sells[lot] >= weight - 1e-9
        here = sum(t.value_usd(found) for t in problem.terms) / problem.block.holdings.value_usd
        forced = replace(problem, rules=(*problem.rules, AtLeast(place, weight)))  # type: ignore[arg-type]
        assert here == pytest.approx(best_by_cells(forced, tax, choices), abs=2e-6)
        seen += 1
    assert seen


def test_why_not_of_a_size_is_the_resolved_difference_to_the_cent_and_grows_with_the_size() -> None:
    _, _, plan = planned(3, names=12)
    value = plan.problem.block.holdings.value_usd
    seen = 0
    for security in plan.signals.market.universe.securities[:6]:
        short: list[Decimal] = []
        for size in (2_000, 10_000, 30_000):
            reason = why_not(plan, security.security_id, Decimal(size))[0]
            if reason.short_usd is None:
                continue
            name = plan.signals.market.universe.positions[security.security_id]
            assert reason.order_usd == Decimal(size)
            assert sum(reason.dollars.values()) == reason.short_usd
            forced = with_buy(plan.problem, plan.solution, None, name, size / value)
            change = sum(t.value_usd(forced) - t.value_usd(plan.solution.plan) for t in plan.problem.terms)
            assert float(reason.short_usd) == pytest.approx(change, abs=0.006)
            short.append(reason.short_usd)
            seen += 1
        assert all(b >= a - Decimal("0.05") for a, b in pairwise(short))
    assert seen >= 4
    with pytest.raises(InputError, match="size asked about"):
        why_not(plan, security.security_id, Decimal(0))


def test_what_is_asked_beyond_the_room_is_said_to_be_beyond_it_and_what_is_traded_already_is_told() -> None:
    _, _, plan = planned(1)
    sold = next(t for t in plan.proposal.trade_list if t.side is Side.SELL)
    reasons = {r.lot_id: r for r in why_not(plan, sold.security_id, sold.value_usd / 2)}
    assert reasons[sold.lot_id].kind is ReasonKind.TRADED
    bought = why_not(plan, plan.signals.market.universe.securities[0].security_id, Decimal(10**9))[0]
    assert bought.kind is ReasonKind.LIMIT
    assert "you ask about $1,000,000,000.00" in bought.sentence


@pytest.mark.parametrize("seed", [1, 4, pytest.param(5, marks=pytest.mark.slow)])
def test_the_average_rate_of_a_sale_times_its_gain_is_what_the_return_changes_by_to_the_cent(seed: int) -> None:
    _, _, plan = planned(seed)
    tax, made = curve(plan), plan.solution.plan
    value = plan.problem.block.holdings.value_usd
    for place in (p for p in some(plan) if p.lot >= 0):
        rate = average_rate(tax, made, place.lot)
        if rate is None:
            continue
        sells = made.sells.copy()
        sells[place.lot] = 0.0
        change = tax.value_usd(made) - tax.value_usd(replace(made, sells=sells))
        gain_usd = float(tax.gains.total[place.lot] * made.sells[place.lot]) * value
        assert rate * gain_usd == pytest.approx(change, abs=0.005)


def test_a_forced_sale_is_drawn_first_and_costs_what_it_costs() -> None:
    _, _, plan = planned(1)
    lot = int(np.argmax(next(r for r in plan.problem.rules if isinstance(r, Locked)).sell_max))
    name = int(plan.problem.block.holdings.lot_name[lot])
    choices = plan.solution.choices.copy()
    choices[name] = Choice.SELL
    block = plan.problem.block
    upper = block.active_upper.copy()
    upper[name] = min(upper[name], block.holdings.active[name] - 2e-3)
    forced = replace(plan.problem, blocks=(replace(block, active_upper=upper),))
    found = solve_at_law(forced, choices, forced=ForcedSale(lot, 2e-3))
    assert found.plan.sells[lot] >= 2e-3 - 1e-9
    own = sum(t.value_usd(found.plan) for t in plan.problem.terms) / block.holdings.value_usd
    assert found.objective == pytest.approx(own, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 4, *(pytest.param(s, marks=pytest.mark.slow) for s in (2, 5))])
def test_a_sale_s_tax_over_all_of_it_is_the_law_s_and_its_force_lies_between_the_rates_of_its_ends(seed: int) -> None:
    _, _, plan = planned(seed)
    tax, made = curve(plan), plan.solution.plan
    value = plan.problem.block.holdings.value_usd
    for place in (p for p in some(plan) if p.lot >= 0):
        balance = force_balance(plan.problem, plan.solution, place)
        assert balance is not None
        assert balance.tax is not None
        bare = replace(made, sells=np.where(np.arange(len(made.sells)) == place.lot, 0.0, made.sells))
        change = tax.value_usd(made) - tax.value_usd(bare)
        assert balance.tax.whole_usd_per_usd * made.sells[place.lot] * value == pytest.approx(change, abs=0.005)
        charged = sum(f.usd_per_usd for f in balance.forces if f.source == "tax")
        ends = sorted((balance.tax.last_usd_per_usd, balance.tax.next_usd_per_usd))
        assert ends[0] - 1e-5 <= charged <= ends[1] + 1e-5
        assert balance.tax.sentence in balance.sentence
        assert balance.total_usd_per_usd == pytest.approx(0.0, abs=1e-9)
