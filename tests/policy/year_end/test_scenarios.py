"""Ways side by side: their frame adds up, and equals the ledger after their trades are booked."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from di_advisor import Advisor, Mandate, Workspace
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.ledger.replay import replay
from di_advisor.ledger.tax_return import ReturnInputs, compute_return
from di_advisor.policy.year_end import (
    WAYS,
    LaterTax,
    Scenario,
    YearEndPlan,
    YearEndWishes,
    plan_year_end,
    with_realised,
)
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_filers import random_return
from tests.policy.year_end.year import AS_OF, SINGLE, journal, sold_a, workspace

LATER = LaterTax(Decimal("0.15"), years=0.0)
ROOMY = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(61_000))
"""Room of 4,550 at 0 percent."""


def booked_alike(space: Workspace, plan: YearEndPlan, way: Scenario, inputs: ReturnInputs) -> None:
    """Book a way's trades on the account's lots, and compare the books with what the frame says."""
    on = plan.standing.dates.as_of
    prices = dict(zip(space.signals.market.universe.security_ids, space.signals.market.price_usd, strict=True))
    known = [lot for lot in space.signals.account.lots if lot.known]
    books = replay(journal(known, way.trades, on), as_of=max((t.on or on for t in way.trades), default=on))
    assert books.disallowed_usd == 0
    whole = compute_return(with_realised(inputs, books))
    assert way.tax_usd == whole.total_usd
    assert (way.carried_short_usd, way.carried_long_usd) == (whole.short_carryover_usd, whole.long_carryover_usd)
    worth = plan.advice.later.per_usd * (whole.short_carryover_usd + whole.long_carryover_usd)
    assert way.carried_worth_usd == worth
    held = [booked.lot for booked in books.lots]
    value = sum((as_fraction(x.shares) * Fraction(prices[x.security_id]) for x in held), Fraction(0))
    unrealised = value - sum((as_fraction(x.basis_total_usd or 0) for x in held), Fraction(0))
    assert way.unrealised_usd == unrealised
    assert way.later_tax_usd == plan.advice.later.per_usd * unrealised
    sold = sum((t.shares * t.price_usd for t in way.trades if t.side is Side.SELL), Fraction(0))
    bought = sum((t.shares * t.price_usd for t in way.trades if t.side is Side.BUY), Fraction(0))
    cash = as_fraction(space.signals.account.cash_usd)
    assert way.value_usd == value + cash + sold - bought


def test_every_way_of_the_small_account_equals_its_books() -> None:
    space = workspace(tax=ROOMY, fills=(sold_a(),), tracking_error_max=0.05)
    plan = plan_year_end(space, YearEndWishes(LATER))
    assert plan.scenarios is not None
    assert [w.name for w in plan.scenarios.ways] == list(WAYS)
    for way in plan.scenarios.ways:
        assert not way.refused
        booked_alike(space, plan, way, ROOMY)


def opened(seed: int, inputs: ReturnInputs) -> Workspace:
    """A random account of 24 names on a workspace."""
    case = random_case(seed, names=24, lots_a_name=2)
    market, account = case.signals.market, case.signals.account
    n = len(market.universe)
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    cash = (CashItem(account.cash_usd, market.as_of),)
    return Advisor().workspace(
        Portfolio("someone", (Account("random", account.lots, cash, (), AccountKind.TAXABLE),)),
        market=Market(
            market.as_of,
            datetime(2026, 6, 30, 21, tzinfo=UTC),
            market.universe,
            market.price_usd,
            np.full(n, 2.0),
            market.adv_usd,
            np.full(n, 0.2),
        ),
        target=Target.single("index", weights, market.as_of),
        mandate=Mandate(tracking_error_max=0.03),
        tax=inputs,
        risk=market.risk,
        costs=market.costs,
    )


@pytest.mark.parametrize("seed", [1, 6])
def test_every_way_of_a_random_account_equals_its_books(seed: int) -> None:
    inputs = random_return(np.random.default_rng(seed))
    space = opened(seed, inputs)
    inputs = replace(inputs, tax_year=space.signals.market.as_of.year)
    plan = plan_year_end(space, YearEndWishes(LATER, ways=("now", "gains at 0 %")))
    assert plan.scenarios is not None
    traded = [w for w in plan.scenarios.ways if w.trades]
    assert traded
    for way in plan.scenarios.ways:
        booked_alike(space, plan, way, inputs)


def test_the_frame_adds_up_and_counts_from_doing_nothing() -> None:
    plan = plan_year_end(workspace(tax=ROOMY), YearEndWishes(LATER))
    assert plan.scenarios is not None
    for way in plan.scenarios.ways:
        parts = way.value_usd - way.cost_usd - way.tax_usd + way.carried_worth_usd - way.later_tax_usd
        assert way.after_tax_usd == parts
    frame = plan.scenarios.frame
    assert frame.loc["do nothing", "gain_usd"] == 0
    shown = frame["value_usd"] - frame["cost_usd"] - frame["tax_usd"] + frame["carried_worth_usd"]
    assert ((shown - frame["later_tax_usd"] - frame["after_tax_usd"]).abs() <= Decimal("0.03")).all()
    assert plan.scenarios.best.after_tax_usd == max(w.after_tax_usd for w in plan.scenarios.ways)


def test_gains_at_0_percent_are_sold_and_bought_back_without_tax_and_risk() -> None:
    plan = plan_year_end(workspace(tax=ROOMY), YearEndWishes(LATER, ways=("gains at 0 %",)))
    assert plan.scenarios is not None
    nothing, way = plan.scenarios.ways
    # Lot A1 gains 40 a share: 113 shares are 4,520 of the 4,550 that have room, at 10 bps each way on 11,300.
    assert [(t.side, t.ticker, t.shares) for t in way.trades] == [(Side.SELL, "T-A", 113), (Side.BUY, "T-A", 113)]
    assert (way.long_usd, way.tax_usd, way.cost_usd) == (4_520, nothing.tax_usd, Fraction(2260, 100))
    assert way.after_tax_usd - nothing.after_tax_usd == Fraction(15, 100) * 4_520 - Fraction(2260, 100)
    assert way.tracking_error == nothing.tracking_error


def test_a_gain_that_turns_long_term_by_year_end_is_realised_on_that_day_and_equals_its_books() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(40_000))
    space = workspace(tax=inputs)
    plan = plan_year_end(space, YearEndWishes(LATER, ways=("gains at 0 %",)))
    assert plan.scenarios is not None
    way = plan.scenarios.ways[1]
    assert {(t.lot_id, t.on) for t in way.trades if t.lot_id} == {("A1", AS_OF), ("B2", date(2026, 12, 23))}
    assert way.long_usd == 9_000
    assert "1,000 only from the day on which it is long-term" in way.notes[0]
    booked_alike(space, plan, way, inputs)


def test_a_name_sold_at_a_loss_last_week_is_not_sold_and_bought_back() -> None:
    plan = plan_year_end(workspace(tax=ROOMY, fills=(sold_a(),)), YearEndWishes(LATER, ways=("gains at 0 %",)))
    assert plan.scenarios is not None
    assert {t.security_id for t in plan.scenarios.ways[1].trades} == {"B"}
    assert "1,000 of it can be realised" in plan.scenarios.ways[1].notes[0]


def test_no_room_at_0_percent_is_said() -> None:
    plan = plan_year_end(workspace(), YearEndWishes(LATER, ways=("gains at 0 %",)))
    assert plan.scenarios is not None
    assert "there is no room" in plan.scenarios.ways[1].notes[0]


def test_waiting_sells_no_name_that_is_soon_long_term_and_harvesting_only_what_loses() -> None:
    space = workspace(tracking_error_max=0.05)
    plan = plan_year_end(space, YearEndWishes(LATER, near_days=20))
    assert plan.scenarios is not None
    wait, harvest = plan.scenarios.named("wait until long-term"), plan.scenarios.named("harvest only")
    assert "1 lots in 1 names turn long-term by 2026-12-30" in wait.notes[0]
    assert "B" not in {t.security_id for t in wait.trades if t.side is Side.SELL}
    assert harvest.short_usd + harvest.long_usd < 0
    assert harvest.tracking_error <= plan.scenarios.nothing.tracking_error + 1e-9


def test_a_way_that_the_rules_do_not_allow_is_told_with_its_reason() -> None:
    plan = plan_year_end(workspace(cash_min=0.5, cash_max=0.6, do_not_sell=frozenset("ABC")), YearEndWishes(LATER))
    assert plan.scenarios is not None
    way = plan.scenarios.named("now")
    assert "contradict" in way.refused or "cannot" in way.refused
    assert (way.trades, way.after_tax_usd) == ((), plan.scenarios.nothing.after_tax_usd)


def test_a_plan_holds_the_gift_that_is_wished_for_and_no_scenarios_where_none_are() -> None:
    plan = plan_year_end(workspace(), YearEndWishes(LATER, give_usd=Decimal(5_000), ways=()), taxpayer=FilerTax(SINGLE))
    assert plan.scenarios is None
    assert plan.gift is not None
    assert plan.gift.value_usd == 5_000
    assert plan.standing.dates.as_of == AS_OF


def test_wishes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="0 or more"):
        YearEndWishes(give_usd=Decimal(-1))
    with pytest.raises(InputError, match="There is no scenario 'later'"):
        YearEndWishes(ways=("later",))
    with pytest.raises(InputError, match="charity is 'church'"):
        YearEndWishes(charity="church")  # type: ignore[arg-type]
