"""Withdrawals, modes, the least benefit, cash drag and dividend tax: end to end, and against the reference."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding, TradingMode
from di_advisor.domain.portfolio import AccountKind, Side
from di_advisor.errors import InfeasibleError, InputError, SettlementError, UnsupportedWishError
from di_advisor.formulate import formulate
from di_advisor.formulate.account_rules import RESERVE, CashRange
from di_advisor.formulate.modes import TIE_SHARE
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.terms import LotTax, TradingCost
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.report.page import html_report
from di_advisor.report.sections import measures
from di_advisor.solve import solve
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.rule_check import FinalOrders, broken_wishes

PLAIN = Mandate(cash_min=0.001, cash_max=0.02, name_band=NameBand(active_max=0.05))


def planned(case: RandomCase, mandate: Mandate) -> Planned:
    return plan_for(case.signals, mandate, case.tax, Clock(silent), never)


def agrees(case: RandomCase, mandate: Mandate) -> None:
    """The fast path and cvxpy, on the same choices."""
    problem = formulate(case.signals, mandate, case.tax)
    solution = solve(problem)
    reference = solve_reference(problem, solution.choices)
    size = max(abs(reference.objective), abs(solution.nothing - reference.objective))
    assert solution.objective == pytest.approx(reference.objective, abs=1e-6 * size)


@pytest.mark.parametrize("rounding", list(Rounding)[:2])
@pytest.mark.parametrize("seed", range(4))
def test_a_withdrawal_is_there_to_the_cent_beside_the_cash_that_stays(seed: int, rounding: Rounding) -> None:
    case = random_case(seed, names=24, lots_a_name=2)
    mandate = PLAIN.with_changes(withdrawal_usd=Decimal("43210.98"), rounding=rounding)
    found = planned(case, mandate)
    cash = case.signals.account.cash_usd - found.orders.cost_usd
    for t in found.proposal.trade_list:
        cash += t.value_usd * (1 if t.side is Side.SELL else -1)
    remains = Decimal(repr(case.signals.account.value_usd)) - mandate.withdrawal_usd
    assert cash - mandate.withdrawal_usd == found.proposal.after.cash_usd
    assert cash >= mandate.withdrawal_usd + Decimal("0.001") * remains
    assert found.proposal.after.set_aside_usd == found.proposal.memo_usd["withdrawal"] == mandate.withdrawal_usd
    after, before = found.proposal.after, found.proposal.before
    assert after.value_usd == before.value_usd - found.orders.cost_usd - mandate.withdrawal_usd
    assert any("43,210.98 of cash are set aside" in n for n in found.proposal.notes)
    check = next(c for c in found.proposal.checks if c.rule == "cash")
    assert "once $43,210.98 are withdrawn" in check.sentence
    agrees(case, mandate)


def test_weights_refer_to_what_remains() -> None:
    case = random_case(1, names=24, lots_a_name=2)
    account = case.signals.account
    whole = formulate(case.signals, PLAIN, case.tax).block.holdings
    rest = formulate(case.signals, PLAIN.with_changes(withdrawal_usd="250000"), case.tax).block.holdings
    assert rest.value_usd == pytest.approx(account.value_usd - 250_000)
    assert rest.held * rest.value_usd == pytest.approx(whole.held * whole.value_usd)
    assert rest.cash * rest.value_usd == pytest.approx(float(account.cash_usd) - 250_000)
    assert (rest.target == whole.target).all()


def test_half_the_account_in_proportion_keeps_the_tracking_error() -> None:
    """With nothing but risk to mind, a withdrawal is a smaller account of the same weights."""
    case = random_case(2, names=20, lots_a_name=1)
    market = replace(case.signals.market, costs=replace(case.signals.market.costs, linear=np.full(20, 1e-9)))
    account = case.signals.account
    lots, names = np.ones(len(account.lots), dtype=np.bool_), np.ones(20, dtype=np.bool_)
    account = replace(account, lot_sellable=lots, can_sell=names, can_buy=names)
    signals = replace(case.signals, market=market, account=account)
    mandate = Mandate(risk_aversion=1e4, cash_max=0.001, rounding=Rounding.FRACTIONAL, mode="tax_unaware")
    full = plan_for(signals, mandate, case.tax, Clock(silent), never).proposal
    half = plan_for(signals, mandate.with_changes(withdrawal_usd="500000"), case.tax, Clock(silent), never).proposal
    assert half.after.tracking_error <= full.after.tracking_error * 1.05 + 1e-5


def test_a_withdrawal_that_leaves_nothing_is_refused() -> None:
    case = random_case(0, names=12)
    with pytest.raises(InfeasibleError, match=r"leaves nothing of an account worth \$1,000,000"):
        formulate(case.signals, PLAIN.with_changes(withdrawal_usd="1000001"), case.tax)


def least_paid(found: Planned) -> float:
    """Least tax and trading cost of sales alone, by a linear program over lots (HiGHS)."""
    block, holdings = found.problem.block, found.problem.block.holdings
    tax = next(t for t in found.problem.terms if isinstance(t, LotTax))
    cost = next(t for t in found.problem.terms if isinstance(t, TradingCost))
    cash = next(r for r in found.problem.rules if isinstance(r, CashRange))
    locked = next(r for r in found.problem.rules if isinstance(r, Locked))
    lots, n = len(holdings.lot_name), len(holdings.held)
    of = np.zeros((n, lots))
    of[holdings.lot_name, np.arange(lots)] = 1.0
    knots, slopes = cost.chords.knots, cost.chords.slopes
    rise = np.c_[np.zeros(n), np.cumsum(slopes * np.diff(knots, axis=1), axis=1)[:, :-1]]
    pieces = [np.c_[slopes[:, [j]] * of, -np.eye(n)] for j in range(slopes.shape[1])]
    limits = [slopes[:, j] * knots[:, j] - rise[:, j] for j in range(slopes.shape[1])]
    rows = [
        *pieces,
        np.r_[-np.ones(lots), np.ones(n)][None, :],
        np.r_[np.ones(lots), np.zeros(n)][None, :],
        np.c_[of, np.zeros((n, n))],
    ]
    limits += [[holdings.cash - cash.lower - RESERVE], [cash.upper - holdings.cash]]
    limits += [holdings.active - block.active_lower]
    bounds = [*((0, w) for w in locked.sell_max), *[(0, None)] * n]
    answer = linprog(np.r_[tax.tax_rate, np.ones(n)], np.vstack(rows), np.concatenate(limits), bounds=bounds)
    assert answer.status == 0
    return float(answer.fun)


@pytest.mark.parametrize("seed", range(6))
def test_cash_is_raised_at_the_least_tax_and_cost(seed: int) -> None:
    case = random_case(seed, names=24, lots_a_name=3)
    costs = replace(case.signals.market.costs, quadratic=np.zeros(24))  # what a linear program can say
    case = replace(case, signals=replace(case.signals, market=replace(case.signals.market, costs=costs)))
    mandate = PLAIN.with_changes(mode="raise_cash", withdrawal_usd="60000", rounding=Rounding.FRACTIONAL)
    found = planned(case, mandate)
    assert not found.orders.buys
    assert found.orders.cash_usd >= 0
    holdings = found.problem.block.holdings
    paid = [t for t in found.problem.terms if t.name in ("tax", "trading cost")]
    least = least_paid(found) * holdings.value_usd
    mine = sum(t.value_usd(found.solution.plan) for t in paid)
    assert mine <= least + TIE_SHARE * 60_000 + 0.02
    assert mine >= least - 0.05
    agrees(case, mandate)


def test_raising_no_cash_is_an_error() -> None:
    with pytest.raises(InputError, match="withdrawal_usd is 0"):
        formulate(random_case(0, names=8).signals, Mandate(mode="raise_cash"), random_case(0, names=8).tax)


@pytest.mark.parametrize("seed", range(4))
def test_one_sided_modes_trade_one_side(seed: int) -> None:
    case = random_case(seed, names=20, lots_a_name=2)
    buy = planned(case, PLAIN.with_changes(mode=TradingMode.BUY_ONLY))
    assert not buy.orders.sells
    sell = planned(case, PLAIN.with_changes(mode=TradingMode.SELL_ONLY, cash_max=0.3))
    assert not sell.orders.buys
    for mode in (TradingMode.BUY_ONLY, TradingMode.SELL_ONLY):
        agrees(case, PLAIN.with_changes(mode=mode, cash_max=0.3))


@pytest.mark.parametrize("seed", range(4))
def test_tax_that_is_not_weighed_is_told_beside_the_plan(seed: int) -> None:
    case = random_case(seed, names=20, lots_a_name=3, shared_groups=2)
    found = planned(case, PLAIN.with_changes(mode="tax_unaware"))
    proposal = found.proposal
    assert "tax" not in proposal.terms_usd
    assert "value of waiting" not in proposal.terms_usd
    gains = [(t.gain_usd or 0) * Decimal(repr(_rate(case, bool(t.long_term)))) for t in proposal.trade_list]
    assert float(proposal.memo_usd["tax not weighed"]) == pytest.approx(float(sum(gains)), abs=0.5)
    assert any("Tax was not weighed" in n for n in proposal.notes)
    sales = [t for t in proposal.trade_list if t.side is Side.SELL and t.gain_usd]
    assert all("whose tax was not weighed" in t.sentence for t in sales)
    groups = found.problem.identical_groups
    account = case.signals.account
    lost = {int(groups[account.lot_name[i]]) for i in found.orders.sells if account.lot_gain_usd[i] < 0}
    assert not lost & {int(groups[i]) for i in found.orders.buys}, "wash sales stay banned"
    agrees(case, PLAIN.with_changes(mode="tax_unaware"))


def _rate(case: RandomCase, long_term: bool) -> float:
    return case.tax.rates.long_term if long_term else case.tax.rates.short_term


def test_of_equal_lots_the_one_with_less_tax_is_sold_even_where_tax_is_not_weighed() -> None:
    case = random_case(3, names=16, lots_a_name=3)
    account = replace(case.signals.account, lot_sellable=np.ones(len(case.signals.account.lots), dtype=np.bool_))
    found = planned(
        replace(case, signals=replace(case.signals, account=account)), PLAIN.with_changes(mode="tax_unaware")
    )
    rate = np.where(account.lot_long_term, case.tax.rates.long_term, case.tax.rates.short_term)
    per_dollar = rate * account.lot_gain_usd / account.lot_value_usd
    for i, shares in found.orders.sells.items():
        mine = np.flatnonzero(account.lot_name == account.lot_name[i])
        cheaper = [j for j in mine if per_dollar[j] < per_dollar[i]]
        assert all(found.orders.sells.get(j, 0) == account.lots[j].shares for j in cheaper), shares


@pytest.mark.parametrize("seed", range(4))
def test_a_liquidation_sells_all_that_may_be_sold(seed: int) -> None:
    case = random_case(seed, names=20, lots_a_name=2)
    account = case.signals.account
    mandate = PLAIN.with_changes(
        mode="liquidate", tracking_error_max=0.01, sector_band=Band.within(0.01), name_band=NameBand(0.5, 2.0)
    )
    found = planned(case, mandate)
    open_ = account.lot_sellable & account.lot_known & account.can_sell[account.lot_name]
    assert found.orders.sells == {int(i): account.lots[i].shares for i in np.flatnonzero(open_)}
    assert set(found.proposal.terms_usd) == {"tax", "trading cost"}
    left = [n for n in found.proposal.notes if "cannot be sold now" in n or "Nothing is left" in n]
    assert len(left) == 1
    assert any("tracking error, name band, sector band are not applied" in n for n in found.proposal.notes)
    for t in found.proposal.trade_list:
        tax = _rate(case, bool(t.long_term)) * float(t.gain_usd or 0)
        assert float(t.dollars["tax"]) == pytest.approx(tax, abs=0.02)


def test_a_liquidation_keeps_the_limits_of_trading() -> None:
    case = random_case(4, names=20, lots_a_name=2)
    most = planned(case, PLAIN.with_changes(mode="liquidate", max_trade_usd="10000"))
    price, name = case.signals.market.price_usd, case.signals.account.lot_name
    sold: dict[int, Decimal] = {}
    for i, q in most.orders.sells.items():
        sold[int(name[i])] = sold.get(int(name[i]), Decimal(0)) + q * price[int(name[i])]
    assert max(sold.values()) <= Decimal("10000.01")
    with pytest.raises(InfeasibleError, match=r"All that may be sold is sold.*turnover"):
        planned(case, PLAIN.with_changes(mode="liquidate", turnover_max=0.1))


def test_a_transition_is_another_question() -> None:
    case = random_case(0, names=8)
    with pytest.raises(UnsupportedWishError, match=r"workspace\.transition"):
        formulate(case.signals, Mandate(mode="transition"), case.tax)


def test_a_plan_worth_less_than_asked_for_is_given_up_and_told() -> None:
    case = random_case(4, names=20, lots_a_name=2)
    worth = planned(case, PLAIN).proposal.benefit_usd
    assert worth > 10
    enough = planned(case, PLAIN.with_changes(benefit_min_usd=worth)).proposal
    assert enough.benefit_usd == worth
    more = planned(case, PLAIN.with_changes(benefit_min_usd=worth + Decimal("0.02"))).proposal
    assert not more.trade_list
    assert more.memo_usd["benefit given up"] == pytest.approx(worth, abs=Decimal("0.02"))
    told = next(n for n in more.notes if "was not proposed" in n)
    asked = worth + Decimal("0.02")
    given_up = f"${more.memo_usd['benefit given up']:,} was not proposed"
    assert f"{given_up} because you ask for at least ${asked:,}" in told


def test_where_doing_nothing_breaks_a_rule_the_least_benefit_does_not_apply() -> None:
    case = random_case(4, names=20, lots_a_name=2)
    found = planned(case, PLAIN.with_changes(benefit_min_usd="1e7", cash_min=0.03, cash_max=0.05)).proposal
    assert found.trade_list
    assert any("does not apply here: doing nothing would break cash" in n for n in found.notes)


@pytest.mark.parametrize("seed", range(3))
def test_cash_drag_is_charged_on_the_change_of_cash(seed: int) -> None:
    case = random_case(seed, names=20, lots_a_name=2)
    idle = replace(case.signals.account, cash_usd=Decimal(80_000))
    idle = replace(idle, value_usd=case.signals.account.value_usd + 80_000 - float(case.signals.account.cash_usd))
    case = replace(case, signals=replace(case.signals, account=idle))
    mandate = PLAIN.with_changes(cash_max=0.1, cash_drag_per_year=0.05)
    found = planned(case, mandate)
    invested = found.orders.net.sum() * found.problem.block.holdings.value_usd
    assert float(found.proposal.terms_usd["cash drag"]) == pytest.approx(-0.05 * invested, abs=0.01)
    without = planned(case, mandate.with_changes(cash_drag_per_year=0.0))
    assert found.proposal.after.cash_usd <= without.proposal.after.cash_usd + Decimal(500)
    agrees(case, mandate)


def with_dividends(case: RandomCase, **changes: object) -> RandomCase:
    g = np.random.default_rng(5)
    n = len(case.signals.market.universe)
    market = replace(case.signals.market, dividend_yield_per_year=g.uniform(0, 0.06, n), qualified_share=g.random(n))
    return replace(case, signals=replace(case.signals, market=replace(market, **changes)))  # type: ignore[arg-type]


def test_dividend_tax_is_yield_times_rate_times_change_of_weight() -> None:
    case = with_dividends(random_case(1, names=20, lots_a_name=2))
    market, rates = case.signals.market, case.tax.rates
    found = planned(case, PLAIN)
    q, y = market.qualified_share, market.dividend_yield_per_year
    assert q is not None
    assert y is not None
    rate = q * rates.long_term + (1 - q) * rates.short_term
    value = found.problem.block.holdings.value_usd
    assert float(found.proposal.terms_usd["dividend tax"]) == pytest.approx(
        value * (y * rate) @ found.orders.net, abs=0.01
    )
    agrees(case, PLAIN)


def test_unknown_dividends_count_as_the_targets_average_and_are_reported() -> None:
    case = with_dividends(random_case(1, names=20, lots_a_name=2))
    market = case.signals.market
    assert market.dividend_yield_per_year is not None
    some = market.dividend_yield_per_year.copy()
    some[[2, 5]] = np.nan
    found = planned(with_dividends(case, dividend_yield_per_year=some, qualified_share=None), PLAIN)
    assert any("yield of 2 names is not known; it counts as the target's average" in n for n in found.proposal.notes)
    assert any("qualified share is known; it counts as zero" in n for n in found.proposal.notes)
    tilt = next(t for t in found.problem.terms if t.name == "dividend tax")
    t = case.signals.account.target_weight
    known = np.isfinite(some)
    average = (t[known] @ some[known]) / t[known].sum()
    assert tilt.per_weight[2] == pytest.approx(average * case.tax.rates.short_term)  # type: ignore[attr-defined]


def test_a_retirement_account_pays_no_tax_on_dividends() -> None:
    case = with_dividends(random_case(1, names=12, lots_a_name=2))
    ira = replace(case.signals, account=replace(case.signals.account, kind=AccountKind.IRA))
    assert "dividend tax" not in {t.name for t in formulate(ira, PLAIN, case.tax).terms}
    assert "dividend tax" in {t.name for t in formulate(case.signals, PLAIN, case.tax).terms}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 500),
    mode=st.sampled_from(["buy_only", "sell_only", "raise_cash", "tax_unaware", "liquidate"]),
    share=st.floats(0.001, 0.3),
    cash_max=st.floats(0.01, 0.5),
    least=st.sampled_from([0, 300, 3000]),
)
def test_whatever_the_mode_the_orders_keep_every_wish(
    seed: int, mode: str, share: float, cash_max: float, least: int
) -> None:
    case = random_case(seed, names=16, lots_a_name=2, shared_groups=2)
    taken = Decimal(repr(round(share * case.signals.account.value_usd, 2))) if mode != "buy_only" else Decimal(0)
    mandate = PLAIN.with_changes(mode=mode, withdrawal_usd=taken, cash_max=cash_max, min_trade_usd=least)
    try:
        found = planned(case, mandate)
    except (InfeasibleError, SettlementError):
        return
    assert not broken_wishes(case.signals, mandate, FinalOrders(found.orders.sells, found.orders.buys))
    assert found.solution.bound <= found.solution.objective + 1e-9


def test_a_report_has_a_line_for_each_amount_beside_the_objective() -> None:
    case = random_case(1, names=16, lots_a_name=2)
    wishes = PLAIN.with_changes(withdrawal_usd="20000", mode="tax_unaware")
    proposal = planned(case, wishes).proposal
    lines = {str(row[0]): row for row in measures(proposal).rows}
    assert {"Withdrawal", "Tax not weighed"} <= set(lines)
    assert "20,000.00" in str(lines["Withdrawal"][3])
    assert proposal.weighed_usd == proposal.before.value_usd - Decimal(20_000)
    assert "20,000.00" in html_report(proposal)


@pytest.mark.parametrize("aversion", [0.0, 1e-7])
def test_a_bound_holds_where_risk_has_next_to_no_price(aversion: float) -> None:
    case = random_case(1, names=16, lots_a_name=2)
    for mode in ("rebalance", "liquidate"):
        solution = solve(formulate(case.signals, PLAIN.with_changes(mode=mode, risk_aversion=aversion), case.tax))
        assert solution.bound <= solution.objective + 1e-12
        assert solution.gap <= 1e-5
