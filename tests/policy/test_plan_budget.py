"""One budget of gains a tax year for all names of a plan: brute force over all schedules, and what it is worth."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.policy.plan_budget import SharedBudget, Task, within_budget
from di_advisor.policy.plan_model import PlannedLot, PlannedName, PlanTerms
from tests.policy.test_plan_search import TERMS, cost_by_hand, days, names

EVE = replace(TERMS, day=date(2026, 11, 20))


def all_ways(name: PlannedName, terms: PlanTerms, dates: list[date]) -> list[tuple[float, dict[int, float]]]:
    """Cost and gains by year of every schedule that is allowed, written apart from the program."""
    each, found = range(len(dates) + 1), []
    for sells in product(each, repeat=len(name.lots)):
        for buy in each:
            cost = cost_by_hand(name, terms, dates, sells, buy)
            gains: dict[int, float] = {}
            for lot, k in zip(name.lots, sells, strict=True):
                if k < len(dates):
                    gains[dates[k].year] = gains.get(dates[k].year, 0.0) + lot.gain_usd
            if cost < float("inf"):
                found.append((cost, gains))
    return found


def least_of(ways: list[tuple[float, dict[int, float]]]) -> list[tuple[float, dict[int, float]]]:
    """Of the ways that realise the same the cheapest, for speed alone."""
    cheapest: dict[tuple[float, ...], tuple[float, dict[int, float]]] = {}
    for cost, gains in ways:
        key = (gains.get(2026, 0.0), gains.get(2027, 0.0))
        cheapest[key] = min(cheapest.get(key, (float("inf"), gains)), (cost, gains), key=lambda w: w[0])
    return list(cheapest.values())


def brute_force(three: list[PlannedName], dates: list[date], budget: dict[int, float]) -> float:
    """The cheapest of all combinations that keep the budget; infinite where none does."""
    best = float("inf")
    for ways in product(*(least_of(all_ways(n, EVE, dates)) for n in three)):
        if all(sum(g.get(y, 0.0) for _, g in ways) <= b + 0.005 for y, b in budget.items()):
            best = min(best, sum(c for c, _ in ways))
    return best


def solved(three: list[PlannedName], dates: list[date], budget: dict[int, float], **options: int) -> SharedBudget:
    return within_budget([Task(n, tuple(dates)) for n in three], EVE, budget, **options)


DATES = [days(0), days(12), days(45)]
"""Two of this tax year, one of the next."""
threes = st.lists(names, min_size=3, max_size=3).map(lambda xs: [replace(n, lots=n.lots[:1]) for n in xs])
budgets = st.sampled_from([{2026: 0.0}, {2026: 1000.0}, {2026: 500.0, 2027: 800.0}, {2026: 0.0, 2027: 0.0}])


@given(threes, budgets)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_three_names_on_three_dates_share_a_budget_as_brute_force_has_it(
    three: list[PlannedName], budget: dict[int, float]
) -> None:
    plan = solved(three, DATES, budget)
    assert plan.total_usd == pytest.approx(brute_force(three, DATES, budget), abs=1e-4)
    assert plan.gap_usd == 0
    assert plan.bound_usd <= plan.total_usd + 1e-9
    for year, most in budget.items():
        assert plan.gain_usd[year] <= most + 0.01


@given(threes, st.sampled_from([-500.0, -4000.0]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_a_budget_that_asks_for_losses_is_kept_or_refused_as_brute_force_has_it(
    three: list[PlannedName], asked: float
) -> None:
    least = brute_force(three, DATES, {2026: asked})
    if least == float("inf"):
        with pytest.raises(InputError, match=r"cannot be kept|No plan was found"):
            solved(three, DATES, {2026: asked})
    else:
        assert solved(three, DATES, {2026: asked}).total_usd == pytest.approx(least, abs=1e-4)


def lot_of(gain: float, name: str, turns: int = -100) -> PlannedName:
    lot = PlannedLot(f"{name}1", 10_000.0, gain, days(turns))
    return PlannedName(name, f"T-{name}", (lot,), 0.0, variance_per_year=0.1)


def test_a_binding_budget_goes_to_the_names_that_make_most_of_it_and_its_price_says_what_more_is_worth() -> None:
    # Each sells today at 20 %; together they would realise 9,000. Risk of a year: 25 x 0.1 x 1,000 = 2,500 each.
    three = [lot_of(4000.0, "A"), lot_of(3000.0, "B"), lot_of(2000.0, "C")]
    plan = solved(three, DATES, {2026: 5000.0, 2027: 5000.0})
    assert plan.gain_usd == {2026: 5000.0, 2027: 4000.0}
    assert [b.schedule.sells for b in plan.best] == [(2,), (0,), (0,)]
    assert plan.binds
    assert plan.gap_usd == 0
    # A waits 45 days: 308 of risk against a year's delay of its tax of 800.
    assert plan.given_up_usd == pytest.approx(2500 * 45 / 365 - 800 / 1.05 ** (146 / 365) + 800 / 1.05 ** (512 / 365))
    assert "$5,000.00 of $5,000.00 in 2026" in plan.sentence
    assert "no plan that keeps it is better" in plan.sentence


def test_a_loss_that_does_not_pay_by_itself_makes_room_for_a_gain() -> None:
    kept = PlannedName("L", "T-L", (PlannedLot("L1", 1000.0, -3000.0, days(-100), option_usd=-700.0),), 1000.0)
    gain = lot_of(3000.0, "A")
    alone = solved([kept], DATES[:1], {2026: 0.0})
    assert alone.best[0].schedule.sells == (1,)
    both = solved([kept, gain], DATES[:1], {2026: 0.0})
    assert [b.schedule.sells for b in both.best] == [(0,), (0,)]
    assert both.gain_usd[2026] == 0


def test_a_budget_that_is_not_reached_changes_nothing_and_says_so() -> None:
    plan = solved([lot_of(1000.0, "A")], DATES, {2026: 5000.0})
    assert (plan.total_usd, plan.bound_usd, plan.given_up_usd) == (plan.apart_usd, plan.apart_usd, 0)
    assert "It keeps no name from its own best schedule." in plan.sentence
    assert solved([lot_of(1000.0, "A")], DATES, {}).sentence == ""


def test_too_few_options_leave_a_bound_below_the_plan_and_the_sentence_says_how_far() -> None:
    many = [lot_of(1000.0 + 170 * i, f"N{i}") for i in range(9)]
    sure, unsure = solved(many, DATES, {2026: 5000.0}), solved(many, DATES, {2026: 5000.0}, options_max=1)
    assert sure.gap_usd == 0
    assert unsure.bound_usd <= sure.total_usd + 1e-6 <= unsure.total_usd + 2e-6
    assert unsure.gap_usd > 0
    assert "can be better by more than $" in unsure.sentence


def test_a_budget_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="is no number"):
        solved([lot_of(1.0, "A")], DATES, {2026: float("nan")})
