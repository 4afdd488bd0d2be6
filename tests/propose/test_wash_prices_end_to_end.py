"""Priced wash sales from books to a proposal: certified, never worse than the ban, equal to the reference."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor import Advisor, Workspace
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, Rounding, TradingMode, WashPolicy
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import Signals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError, InputError, UndecidedError
from di_advisor.formulate import formulate
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.wash_term import WashDeferral, cost_of_waiting
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose import Proposal, explain, settle
from di_advisor.propose.settle import Orders
from di_advisor.solve import Solution, solve, solve_localised
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from tests.propose.wash_world import signals_of

T = date(2026, 6, 30)
TAX = TaxProfile(ConstantRates(0.4, 0.24))


def lot(name: str, security: str, shares: object, basis: object, days: int, account: str = "A") -> TaxLot:
    return TaxLot(name, account, security, Decimal(str(shares)), Decimal(str(basis)), T - timedelta(days=days))


PRICED = tuple(f"N{i:02d}" for i in range(12))


def random_prices(seed: int) -> dict[str, str]:
    drawn = np.random.default_rng([seed, 1]).uniform(20, 200, len(PRICED))
    return {n: str(round(float(p), 2)) for n, p in zip(PRICED, drawn, strict=True)}


def random_portfolio(seed: int) -> Portfolio:
    """Twelve names of account A with recent purchases and losses, in it and in an account of some kind beside it."""
    g = np.random.default_rng(seed)
    prices = random_prices(seed)
    lots, fills, others = [], [], []
    for i, name in enumerate(PRICED):
        price = float(prices[name])
        for j in range(int(g.integers(1, 4))):
            shares = int(g.integers(20, 200))
            days = int(g.choice([5, 15, 29, 31, 100, 500]))
            lots.append(lot(f"{name}.{j}", name, shares, round(shares * price * float(g.uniform(0.7, 1.4)), 2), days))
        if g.random() < 0.3:
            others.append(lot(f"{name}.b", name, int(g.integers(5, 80)), 1000, int(g.integers(1, 40)), "B"))
        if g.random() < 0.4:
            loss = Decimal(str(round(-float(g.uniform(50, 3000)), 2)))
            fills.append(Fill(name, Side.SELL, Decimal(int(g.integers(5, 80))), T - timedelta(days=int(i + 1)), loss))
    kind = [AccountKind.TAXABLE, AccountKind.SPOUSE, AccountKind.IRA][int(g.integers(3))]
    accounts = (
        Account("A", tuple(lots), (CashItem(Decimal(3000), T),), tuple(fills)),
        Account("B", tuple(others), (), (), kind),
    )
    return Portfolio("t", accounts)


def random_world(seed: int, mandate: Mandate) -> Signals:
    return signals_of(random_portfolio(seed), T, random_prices(seed), mandate=mandate)


def proposed(signals: Signals, mandate: Mandate, tax: TaxProfile = TAX) -> tuple[Solution, Proposal]:
    problem = formulate(signals, mandate, tax)
    solution = solve(problem)
    orders = settle(problem, solution, signals, mandate)
    return solution, explain(problem, solution, orders, signals, mandate)


def wishes(policy: WashPolicy, seed: int = 0, **changes: object) -> Mandate:
    least = (0.0, 0.002)[seed % 2]
    base = Mandate(wash_policy=policy, risk_aversion=8.0, cash_max=0.03, min_trade_weight=least)
    return base.with_changes(**({"rounding": Rounding.FRACTIONAL} | changes))


@pytest.mark.parametrize("seed", range(12))
def test_pricing_wash_sales_is_never_worse_than_banning_them(seed: int) -> None:
    values = {}
    for policy in WashPolicy:
        mandate = wishes(policy, seed)
        signals = random_world(seed, mandate)
        problem = formulate(signals, mandate, TAX)
        values[policy] = solve(problem)
        if policy is WashPolicy.PRICE:
            assert problem.block.wash is not None
            terms = sum(t.value_usd(values[policy].plan) for t in problem.terms) / problem.block.holdings.value_usd
            assert terms == pytest.approx(values[policy].objective, abs=1e-9)
    assert values[WashPolicy.PRICE].bound <= values[WashPolicy.BAN].objective + 1e-9
    gap = values[WashPolicy.PRICE].gap
    assert values[WashPolicy.PRICE].objective <= values[WashPolicy.BAN].objective + gap + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_the_plan_under_its_choices_equals_the_reference(seed: int) -> None:
    mandate = wishes(WashPolicy.PRICE, seed)
    problem = formulate(random_world(seed, mandate), mandate, TAX)
    solution = solve(problem)
    answer = solve_reference(problem, solution.choices)
    assert solution.objective == pytest.approx(answer.objective, rel=1e-6, abs=1e-9)


def test_the_bound_lies_below_every_combination_of_choices_of_two_names() -> None:
    mandate = wishes(WashPolicy.PRICE)
    for seed in range(3):
        problem = formulate(random_world(seed, mandate), mandate, TAX)
        solution = solve(problem)
        wash = problem.block.wash
        assert wash is not None
        at = np.flatnonzero((wash.sell_width > 0) | (wash.buy_width > 0))[:2].tolist()
        for first in (Choice.SELL, Choice.SELL_BEYOND, Choice.BUY, Choice.BUY_BEYOND, Choice.NOTHING):
            for second in (Choice.SELL, Choice.SELL_BEYOND, Choice.BUY, Choice.BUY_BEYOND, Choice.NOTHING):
                choices = solution.choices.copy()
                choices[at] = [int(first), int(second)][: len(at)]
                try:
                    plan = solve_reference(problem, choices).plan
                except InfeasibleError:
                    continue
                value = sum(t.value_usd(plan) for t in problem.terms) / problem.block.holdings.value_usd
                assert solution.bound <= value + 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_every_trade_says_what_it_washes_and_the_dollars_add_up(seed: int) -> None:
    mandate = replace(wishes(WashPolicy.PRICE, seed), rounding=Rounding.WHOLE_SHARES)
    signals = random_world(seed, mandate)
    problem = formulate(signals, mandate, TAX)
    solution = solve(problem)
    orders = settle(problem, solution, signals, mandate)
    proposal = explain(problem, solution, orders, signals, mandate)
    term = next(t for t in problem.terms if isinstance(t, WashDeferral))
    shown = sum((t.dollars[term.name] for t in proposal.trade_list), Decimal(0))
    assert abs(float(shown) - term.value_usd(orders.plan)) < 0.0051
    washed = sum(float(w.loss_usd) for w in orders.washed)
    told = sum(float(t.facts.get("washed loss usd", 0)) for t in proposal.trade_list)
    assert told == pytest.approx(washed, abs=0.01 * (len(proposal.trade_list) + 1))
    for t in proposal.trade_list:
        if float(t.facts.get("washed shares", "0").split("/")[0]) > 0:
            assert "washed" in t.sentence
    assert any("Wash sales are priced" in note for note in proposal.notes)


def test_a_small_washed_part_is_told_with_where_its_loss_goes_and_what_it_costs() -> None:
    mandate = Mandate(wash_policy=WashPolicy.PRICE, risk_aversion=4.0, cash_max=0.05)
    lots = (lot("old", "X", 1000, 60000, 500), lot("new", "X", 100, 4900, 10), lot("y", "Y", 400, 30000, 600))
    account = Account("A", (*lots, lot("z", "Z", 500, 15000, 700)), (CashItem(Decimal(2000), T),))
    prices = {"X": "50", "Y": "80", "Z": "60", "W": "40"}
    _, proposal = proposed(signals_of(Portfolio("t", (account,)), T, prices, mandate=mandate), mandate)
    sale = next(t for t in proposal.trade_list if t.lot_id == "old")
    assert sale.shares > 100
    assert sale.facts["washed shares"] == "100"
    assert sale.facts["washed loss usd"] == "1000.00"
    assert sale.facts["lost for good usd"] == "0.00"
    # a loss of 1,000 at 24 percent, waited for 5 years at 5 percent
    assert float(sale.dollars["wash sales"]) == pytest.approx(240 * (1 - 1.05**-5), abs=0.01)
    where = "$1,000.00 of loss does not count now: into the basis of lot new bought on 2026-06-20 in account A."
    assert f"Of these, 100 shares are washed, and {where}" in sale.sentence
    assert sale.facts["no repurchase before"] == "2026-07-31"


def test_an_ira_that_buys_back_what_was_sold_at_a_loss_pays_all_of_its_worth() -> None:
    mandate = Mandate(wash_policy=WashPolicy.PRICE, risk_aversion=4.0, cash_max=0.9)
    sold = Fill("X", Side.SELL, Decimal(50), T - timedelta(days=8), Decimal(-700))
    accounts = (
        Account("T", (), (), (sold,)),
        Account("A", (lot("y", "Y", 400, 30000, 600),), (CashItem(Decimal(30000), T),), (), AccountKind.IRA),
    )
    signals = signals_of(Portfolio("t", accounts), T, {"X": "50", "Y": "80"}, mandate=mandate)
    untaxed = TaxProfile(ConstantRates(0.0, 0.0), loss_rates=TAX.rates)
    with pytest.raises(InputError, match="loss_rates"):
        formulate(signals, mandate, TaxProfile(ConstantRates(0.0, 0.0)))
    problem = formulate(signals, mandate, untaxed)
    value = problem.block.holdings.value_usd
    term = next(t for t in problem.terms if isinstance(t, WashDeferral))
    half, all_, more = (
        term.value_usd(Plan(np.zeros(1), np.array([dollars / value, 0.0]))) for dollars in (1250, 2500, 9000)
    )
    assert (half, all_, more) == pytest.approx((140, 280, 280))
    solution, proposal = proposed(signals, mandate, untaxed)
    assert solution.gap < 1e-6
    buy = next(t for t in proposal.trade_list if t.security_id == "X")
    assert buy.facts["lost for good usd"] == "700.00"
    assert "lost for good" in buy.sentence


def test_signals_for_prices_are_refused_where_wash_sales_are_banned() -> None:
    mandate = wishes(WashPolicy.PRICE)
    signals = random_world(0, mandate)
    for other in (wishes(WashPolicy.BAN), wishes(WashPolicy.PRICE, mode=TradingMode.TAX_UNAWARE)):
        with pytest.raises(InputError, match="bans them"):
            formulate(signals, other, TAX)
    assert random_world(0, wishes(WashPolicy.PRICE, mode=TradingMode.TAX_UNAWARE)).account.washes is None


def opened(mandate: Mandate, account_id: str = "A") -> Workspace:
    """A workspace of an account at a loss beside recent purchases, and of an IRA."""
    signals = random_world(3, mandate)
    market, n = signals.market, len(signals.market.universe)
    rows = random_portfolio(3)
    facts = Market(
        T,
        datetime(2026, 6, 30, 21, tzinfo=UTC),
        market.universe,
        market.price_usd,
        np.full(n, 2.0),
        market.adv_usd,
        np.full(n, 0.3),
    )
    ids = market.universe.security_ids
    target = Target.single("equal", dict.fromkeys(ids, 1.0 / n), date(2020, 1, 1))
    return Advisor().workspace(
        rows,
        market=facts,
        target=target,
        mandate=mandate,
        tax=TAX,
        risk=market.risk,
        costs=market.costs,
        account_id=account_id,
    )


def test_a_workspace_moves_between_ban_and_price_and_answers_questions() -> None:
    ban, price = wishes(WashPolicy.BAN), wishes(WashPolicy.PRICE)
    workspace = opened(ban)
    moved = workspace.what_if(wash_policy=WashPolicy.PRICE)
    other = opened(price)
    assert [t.sentence for t in moved.trade_list] == [t.sentence for t in other.propose().trade_list]
    assert moved.benefit_usd > workspace.propose().benefit_usd
    for security_id in other.signals.market.universe.security_ids:
        assert all(r.sentence for r in other.why_not(security_id))


def test_an_ira_beside_a_taxable_account_keeps_the_rates_of_losses() -> None:
    portfolio = random_portfolio(3)
    kinds = {"A": AccountKind.TAXABLE, "B": AccountKind.IRA}
    accounts = tuple(replace(a, kind=kinds[a.account_id]) for a in portfolio.accounts)
    workspace = opened(wishes(WashPolicy.PRICE, cash_max=0.9))
    ira = replace(workspace, portfolio=Portfolio("t", accounts))
    assert ira.tax.loss_rates is None
    signals = signals_of(
        ira.portfolio,
        T,
        {s: str(p) for s, p in zip(PRICED, workspace.signals.market.price_usd, strict=True)},
        mandate=ira.mandate,
        account_id="B",
    )
    moved = replace(workspace, portfolio=ira.portfolio, signals=signals)
    assert moved.tax.rates == ConstantRates(0.0, 0.0)
    assert moved.tax.loss_rates == TAX.rates


def chained(signals: Signals, orders: Orders) -> bool:
    """Whether a share that takes a loss is sold the same day: the loss then stands in two matches."""
    sold = {signals.account.lots[i].lot_id for i in orders.sells}
    return any(w.lot_id in sold for w in orders.washed)


def budgeted(seed: int, share: float, field: str) -> tuple[Mandate, Signals, Problem, float]:
    """A world whose budget lies by a share of what is washed below what the best plan without one would count."""
    plain = wishes(WashPolicy.PRICE, seed)
    signals = random_world(seed, plain)
    free = formulate(signals, plain.with_changes(**{field: Decimal(10**7)}), TAX)
    plan = solve(free).plan
    value = free.block.holdings.value_usd
    rule = next(r for r in free.rules if isinstance(r, (GainBudget, TaxBudget)))
    washed = rule.measure(plan) - replace(rule, washes=None).measure(plan)
    mandate = plain.with_changes(**{field: Decimal(round((rule.measure(plan) - share * washed) * value))})
    return mandate, signals, formulate(signals, mandate, TAX), value


@pytest.mark.parametrize("field", ["gain_budget_usd", "tax_budget_usd"])
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_losses_that_are_washed_do_not_count_towards_budgets(seed: int, field: str) -> None:
    mandate, signals, problem, value = budgeted(seed, 0.15, field)
    rule = next(r for r in problem.rules if isinstance(r, (GainBudget, TaxBudget)))
    assert "losses that are washed are not taken off" in rule.sentence
    problem, solution = solve_localised(problem)
    assert rule.slack(solution.plan) >= -1e-6
    assert solution.objective == pytest.approx(sum(t.value_usd(solution.plan) for t in problem.terms) / value, abs=1e-9)
    assert solution.bound <= solution.objective
    orders = settle(problem, solution, signals, mandate)
    assert explain(problem, solution, orders, signals, mandate).certificate.gap_usd >= 0
    if chained(signals, orders):
        return
    account = signals.account
    per_share = [float(g / float(lot.shares)) for g, lot in zip(account.lot_gain_usd, account.lots, strict=True)]
    rates = [TAX.rates.long_term if x else TAX.rates.short_term for x in account.lot_long_term]
    by_lot = dict.fromkeys(range(-1, len(per_share)), 0.0)
    for i, shares in orders.sells.items():
        by_lot[i] += per_share[i] * float(shares)
    for w in orders.washed:  # by the ledger's own matches
        by_lot[w.lot_at] += float(w.loss_usd)
    tax = field == "tax_budget_usd"
    rates.append(TAX.rates.short_term)  # of losses sold before, at -1
    counted = sum(usd * (rates[i] if tax else 1.0) for i, usd in by_lot.items())
    assert counted <= float(getattr(mandate, field)) + 1e-6 * value


def test_what_is_washed_is_never_less_than_the_ledger_says() -> None:
    seen = 0
    for seed in (7, 12, 13):
        plain = wishes(WashPolicy.PRICE, seed, gain_budget_usd=Decimal(10**7))
        signals = random_world(seed, plain)
        problem = formulate(signals, plain, TAX)
        rule = next(r for r in problem.rules if isinstance(r, GainBudget))
        solution = solve(problem)
        orders = settle(problem, solution, signals, plain)
        assert rule.washes is not None
        if chained(signals, orders):
            continue
        seen += bool(orders.washed)
        stated = float(sum(w.loss_usd for w in orders.washed))
        counted = sum(rule.washes.disallowed(orders.plan)) * problem.block.holdings.value_usd
        assert counted >= stated - 0.01
    assert seen == 3


def test_a_budget_of_washed_gains_that_no_plan_keeps_is_told() -> None:
    _, _, problem, _ = budgeted(1, 0.9, "gain_budget_usd")
    with pytest.raises((UndecidedError, InfeasibleError), match="washed"):
        solve(problem)


@given(data=st.data())
@settings(max_examples=30)
def test_dollars_of_the_term_add_up_and_stop_at_the_width(data: st.DataObject) -> None:
    mandate = wishes(WashPolicy.PRICE)
    problem = formulate(random_world(1, mandate), mandate, TAX)
    term = next(t for t in problem.terms if isinstance(t, WashDeferral))
    g = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    holdings = problem.block.holdings
    share = data.draw(st.sampled_from([0.01, 0.2, 1.0]))
    plan = Plan(holdings.lot_weight * g.random(len(holdings.lot_weight)) * share, g.random(len(holdings.held)) * 0.02)
    parts = term.attribute_usd(plan)
    assert float(parts.sells.sum() + parts.buys.sum()) == pytest.approx(term.value_usd(plan), abs=1e-9)
    most = term.prices.sell_price @ term.prices.sell_width + term.prices.buy_price @ term.prices.buy_width
    assert -1e-9 <= term.value_usd(plan) <= most * holdings.value_usd + 1e-9
    assert term.value_usd(holdings.nothing()) == 0
    assert (parts.sells[~term.losing] == 0).all()


def test_waiting_costs_nothing_at_no_rate_and_everything_never() -> None:
    assert cost_of_waiting(Mandate(wash_deferral_years=0)) == 0
    assert cost_of_waiting(Mandate(discount_rate_per_year=0)) == 0
    assert cost_of_waiting(Mandate()) == pytest.approx(0.2165, abs=1e-4)
    for wrong in ({"wash_deferral_years": -1.0}, {"discount_rate_per_year": 7.0}):
        with pytest.raises(InputError):
            Mandate(**wrong)


@pytest.mark.parametrize("seed", [0, 1, 4, 7])
def test_under_a_whole_return_prices_are_no_worse_than_the_ban_but_for_the_gap(seed: int) -> None:
    filer = ReturnInputs(
        tax_year=2026, ordinary_income_usd=Decimal(250000), net_short_usd=Decimal(4000), net_long_usd=Decimal(9000)
    )
    found = {}
    for policy in WashPolicy:
        mandate = wishes(policy, seed, rounding=Rounding.WHOLE_SHARES)
        signals = random_world(seed, mandate)
        problem = formulate(signals, mandate, filer)
        found[policy] = solve(problem)
        settle(problem, found[policy], signals, mandate)
    price, ban = found[WashPolicy.PRICE], found[WashPolicy.BAN]
    assert price.bound <= price.objective <= ban.objective + price.gap + 1e-9
