"""The best schedule of a name is that of brute force, written apart from the program; waiting pays where it should."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates
from di_advisor.errors import InputError
from di_advisor.policy.plan_model import (
    PlannedLot,
    PlannedName,
    PlanTerms,
    Schedule,
    SideCost,
    parts_of,
    refuse_schedule,
)
from di_advisor.policy.plan_search import best_schedule

DAY = date(2026, 11, 20)
RATES = ConstantRates(short_term=0.4, long_term=0.2)
TERMS = PlanTerms(DAY, date(2027, 11, 20), 100_000.0, 25.0, RATES, discount_per_year=0.05)


def days(count: int) -> date:
    return DAY + timedelta(days=count)


def cost_by_hand(name: PlannedName, terms: PlanTerms, dates: list[date], sells: tuple[int, ...], buy: int) -> float:
    """The cost of a schedule, written anew; infinite where it is not allowed."""
    never, total = len(dates), 0.0
    start = name.fixed_usd + sum(x.value_usd for x in name.lots) - name.target_usd
    losses = [dates[k] for x, k in zip(name.lots, sells, strict=True) if k < never and x.gain_usd < 0]
    for lot, k in zip(name.lots, sells, strict=True):
        if k == never:
            continue
        if dates[k] < lot.sell_from or (lot.gain_usd < 0 and dates[k] < lot.loss_from):
            return float("inf")
        rates = terms.later_rates.get(dates[k].year, terms.rates)
        rate = rates.short_term if dates[k] < lot.long_from else rates.long_term
        due = (date(dates[k].year + 1, 4, 15) - terms.day).days
        total += rate * lot.gain_usd / (1 + terms.discount_per_year) ** (due / 365) - lot.option_usd
    if buy < never:
        short = start < 0 or any(x.gain_usd < 0 for x in name.lots)
        if dates[buy] < name.buy_from or not short or any(abs((dates[buy] - d).days) <= 30 for d in losses):
            return float("inf")
    bought = 0.0
    for k, on in enumerate(dates):
        gone = sum(x.value_usd for x, at in zip(name.lots, sells, strict=True) if at <= k)
        today = sum(x.value_usd for x, at in zip(name.lots, sells, strict=True) if at == k)
        more = max(0.0, gone - start) if buy == k else 0.0
        bought += more
        active = start - gone + bought
        trading = sum(
            side.linear * v + side.three_halves * v**1.5 + side.quadratic * v * v
            for side, v in ((name.selling, today), (name.buying, more))
        )
        total += trading / (1 + terms.discount_per_year) ** ((on - terms.day).days / 365)
        end = dates[k + 1] if k + 1 < never else terms.until
        years = (end - on).days / 365
        total += terms.risk_aversion * name.variance_per_year * active**2 / terms.value_usd * years
        total += name.slope_per_year * active * years
    return total


def brute_force(name: PlannedName, terms: PlanTerms, dates: list[date]) -> float:
    each = range(len(dates) + 1)
    schedules = product(product(each, repeat=len(name.lots)), each)
    return min(cost_by_hand(name, terms, dates, sells, buy) for sells, buy in schedules)


soon = st.integers(-400, 400).map(days)
lot = st.builds(
    PlannedLot,
    lot_id=st.sampled_from("abcdef"),
    value_usd=st.floats(100, 20_000),
    gain_usd=st.floats(-10_000, 10_000),
    long_from=soon,
    sell_from=st.sampled_from([date.min, days(20), date.max]),
    loss_from=st.sampled_from([date.min, days(25)]),
    option_usd=st.sampled_from([0.0, -150.0, 80.0]),
)
side = st.builds(SideCost, st.floats(0, 0.01), st.sampled_from([0.0, 1e-5]), st.sampled_from([0.0, 1e-8]))
names = st.builds(
    PlannedName,
    security_id=st.just("A"),
    ticker=st.just("T-A"),
    lots=st.lists(lot, max_size=3).map(tuple),
    target_usd=st.floats(0, 30_000),
    fixed_usd=st.sampled_from([0.0, 5000.0]),
    buy_from=st.sampled_from([date.min, days(15), date.max]),
    variance_per_year=st.floats(0, 0.2),
    slope_per_year=st.floats(-0.05, 0.05),
    buying=side,
    selling=side,
)
dated = st.lists(st.integers(1, 300), max_size=3, unique=True).map(lambda xs: [DAY, *map(days, sorted(xs))])
later = st.sampled_from([{}, {2027: ConstantRates(short_term=0.3, long_term=0.15)}])


@given(names, dated, later)
@settings(max_examples=150)
def test_the_program_finds_what_brute_force_finds(name, dates, rates) -> None:
    terms = replace(TERMS, later_rates=rates)
    best = best_schedule(name, terms, dates)
    assert best.exact
    assert refuse_schedule(name, dates, best.schedule) == ""
    assert best.parts.total_usd == pytest.approx(brute_force(name, terms, dates), abs=1e-6)
    assert best.parts.total_usd == pytest.approx(
        cost_by_hand(name, terms, dates, best.schedule.sells, best.schedule.buy), abs=1e-6
    )


@given(st.lists(names, min_size=2, max_size=2), dated)
@settings(max_examples=15)
def test_names_are_apart_so_the_sum_of_their_best_is_the_best_of_all(two, dates) -> None:
    dates, two = dates[:3], [replace(n, lots=n.lots[:2]) for n in two]
    each = range(len(dates) + 1)
    ways = [[cost_by_hand(n, TERMS, dates, s, b) for s in product(each, repeat=len(n.lots)) for b in each] for n in two]
    jointly = min(a + b for a, b in product(*ways))
    assert sum(best_schedule(n, TERMS, dates).parts.total_usd for n in two) == pytest.approx(jointly, abs=1e-6)


@given(names, dated)
@settings(max_examples=60)
def test_more_dates_never_cost_more_and_an_order_of_lots_never_less(name, dates) -> None:
    best = best_schedule(name, TERMS, dates)
    assert best.parts.total_usd <= best_schedule(name, TERMS, dates[:1]).parts.total_usd + 1e-6
    ordered = best_schedule(name, TERMS, dates, lots_max=0)
    assert ordered.parts.total_usd >= best.parts.total_usd - 1e-6
    assert refuse_schedule(name, dates, ordered.schedule) == ""


GAIN = PlannedLot("L", 10_000.0, 5000.0, days(12))
OVER = PlannedName("A", "T-A", (GAIN,), 0.0, variance_per_year=0.1)
WEEKS = [DAY, days(12), days(40)]


def test_a_gain_waits_for_the_long_term_rate_and_a_loss_does_not() -> None:
    assert best_schedule(OVER, TERMS, WEEKS).schedule.sells == (1,)
    loss = replace(OVER, lots=(replace(GAIN, gain_usd=-5000.0),))
    assert best_schedule(loss, TERMS, WEEKS).schedule.sells == (0,)


def test_a_gain_does_not_wait_where_the_risk_costs_more_than_the_tax() -> None:
    # Waiting saves a fifth of 5,000 and costs 25 x variance x 1,000 USD a year, for twelve days.
    risky = replace(OVER, variance_per_year=1000 * 365 / 12 / 25_000 * 1.1)
    assert best_schedule(risky, TERMS, WEEKS).schedule.sells == (0,)


def test_a_locked_loss_is_taken_when_its_window_is_over_and_bought_back_after_its_own() -> None:
    loss = PlannedLot("L", 10_000.0, -4000.0, days(200), loss_from=days(12))
    name = PlannedName("A", "T-A", (loss,), 10_000.0, variance_per_year=0.09)
    best = best_schedule(name, TERMS, [DAY, days(12), days(40), days(43)])
    assert best.schedule == Schedule((1,), 3)  # 40 - 12 = 28 days would wash it, 43 - 12 = 31 do not


def test_a_loss_in_december_is_worth_more_than_in_january_and_a_gain_less() -> None:
    # The tax of 1,000 is due a year later, worth about 48; five days of risk cost 25 x 0.05 x 1,000 x 5 / 365 = 17.
    eve, turn = replace(TERMS, day=date(2026, 12, 30)), [date(2026, 12, 30), date(2027, 1, 4)]
    gain = replace(OVER, lots=(replace(GAIN, long_from=date.min),), variance_per_year=0.05)
    assert best_schedule(gain, eve, turn).schedule.sells == (1,)
    turn = [DAY, date(2026, 12, 31), date(2027, 1, 4)]
    loss = replace(OVER, lots=(PlannedLot("L", 10_000.0, -5000.0, date.min, sell_from=days(20)),))
    assert best_schedule(loss, TERMS, turn).schedule.sells == (1,)


def test_a_schedule_that_washes_a_loss_or_breaks_a_lock_is_refused() -> None:
    name = PlannedName("A", "T-A", (PlannedLot("L", 100.0, -50.0, DAY, sell_from=days(5)),), 100.0)
    with pytest.raises(InputError, match="Lot L may not be sold then"):
        parts_of(name, TERMS, [DAY], Schedule((0,), 1))
    with pytest.raises(InputError, match="would wash the loss on lot L"):
        parts_of(name, TERMS, [DAY, days(6)], Schedule((1,), 0))
    with pytest.raises(InputError, match="ends after today"):
        replace(TERMS, until=DAY)
