"""The workspace: a dial moved is a new proposal to the cent, and what is not traded says what it is short of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor import Advisor, Band, Mandate, Rounding, Workspace
from di_advisor.domain.mandate import NameBand
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.errors import DiAdvisorError, InfeasibleError, InputError, SolveError, UnknownSecurityError
from di_advisor.formulate import formulate
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.propose import forced
from di_advisor.propose.planned import Clock, Planned, plan_for
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.why_not import ReasonKind
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_cases import RandomCase, random_case

NAMES = 24
PLAIN = Mandate(tracking_error_max=0.03, min_trade_usd=Decimal(200))


def facts(case: RandomCase, kind: AccountKind = AccountKind.TAXABLE) -> tuple[Portfolio, dict[str, Any]]:
    """The case as the facade takes it."""
    market, account = case.signals.market, case.signals.account
    cash = (CashItem(account.cash_usd, market.as_of), CashItem(Decimal(700), date(2027, 1, 4)))
    n = len(market.universe)
    target = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    return Portfolio("someone", (Account("random", account.lots, cash, (), kind),)), {
        "market": Market(
            market.as_of,
            datetime(2026, 6, 30, 21, tzinfo=UTC),
            market.universe,
            market.price_usd,
            np.full(n, 2.0),
            market.adv_usd,
            np.full(n, 0.2),
        ),
        "target": Target.single("index", target, market.as_of),
        "tax": case.tax,
        "risk": market.risk,
        "costs": market.costs,
    }


def opened(seed: int, mandate: Mandate = PLAIN, kind: AccountKind = AccountKind.TAXABLE) -> Workspace:
    portfolio, more = facts(random_case(seed, names=NAMES, lots_a_name=2), kind)
    return Advisor().workspace(portfolio, mandate=mandate, **more)


def afresh(seed: int, mandate: Mandate, kind: AccountKind = AccountKind.TAXABLE) -> Proposal:
    portfolio, more = facts(random_case(seed, names=NAMES, lots_a_name=2), kind)
    return Advisor().propose(portfolio, mandate=mandate, **more)


def answered(ask: Callable[[], Proposal]) -> object:
    """A proposal without its clock, or the error as text."""
    try:
        return replace(ask(), stages=())
    except DiAdvisorError as error:
        return type(error), str(error)


ids = st.sets(st.integers(0, NAMES - 1).map("R{:05d}".format), max_size=4).map(frozenset)
dials = st.fixed_dictionaries(
    {},
    optional={
        "risk_aversion": st.floats(2, 80),
        "tracking_error_max": st.one_of(st.none(), st.floats(0.004, 0.04)),
        "cash_max": st.floats(0.005, 0.05),
        "sector_band": st.one_of(st.none(), st.floats(0.01, 0.2).map(Band.within)),
        "min_trade_usd": st.sampled_from([Decimal(0), Decimal(500), Decimal(2000)]),
        "rounding": st.sampled_from(list(Rounding)),
        "turnover_max": st.one_of(st.none(), st.floats(0.02, 0.5)),
        "mode": st.sampled_from(["rebalance", "buy_only", "sell_only"]),
        "min_holding_days": st.sampled_from([0, 400]),
        "do_not_buy": ids,
        "do_not_sell": ids,
        "do_not_hold": ids,
    },
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 40), changes=st.lists(dials, min_size=1, max_size=2), ira=st.booleans())
def test_a_dial_moved_answers_as_a_new_proposal_does(seed: int, changes: list[dict[str, Any]], ira: bool) -> None:
    kind = AccountKind.IRA if ira else AccountKind.TAXABLE
    workspace = opened(seed, kind=kind)
    assert answered(workspace.propose) == answered(lambda: afresh(seed, PLAIN, kind))
    for change in changes:  # what was asked before leaves no trace
        mandate = PLAIN.with_changes(**change)
        assert answered(lambda c=change: workspace.what_if(**c)) == answered(lambda m=mandate: afresh(seed, m, kind))


def test_nothing_is_estimated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(3)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("estimated again")

    monkeypatch.setattr("di_advisor.workspace.estimate_account", never)
    moved = workspace.what_if(risk_aversion=60.0)
    assert [s.name for s in moved.stages] == ["signals", "formulate", "solve", "settle", "explain"]
    monkeypatch.setattr("di_advisor.workspace.plan_or_largest", never)
    assert workspace.what_if(risk_aversion=60.0) is moved, "a dial moved back answers from memory"


def test_a_wish_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="no wish tracking_error") as caught:
        opened(1).what_if(tracking_error=0.01)
    assert "tracking_error_max" in caught.value.hint


def test_a_frontier_is_the_proposals_one_by_one_and_says_what_cannot_be() -> None:
    workspace = opened(3)
    told: list[tuple[int, int]] = []
    frame = workspace.frontier(tracking_error_max=[0.03, 0.01, 1e-6], progress=lambda i, n: told.append((i, n)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert frame["tracking_error_max"].tolist() == [0.03, 0.01, 1e-6]
    for i, cap in enumerate((0.03, 0.01)):
        proposal = afresh(3, PLAIN.with_changes(tracking_error_max=cap))
        row = frame.iloc[i]
        assert row["benefit_usd"] == float(proposal.benefit_usd)
        assert row["tax_usd"] == float(proposal.terms_usd["tax"])
        assert row["trading_cost_usd"] == float(proposal.terms_usd["trading cost"])
        assert row["tracking_error"] == proposal.after.tracking_error <= cap
        assert row["trades"] == len(proposal.trade_list)
        assert not row["refused"]
    assert "cannot be reached" in frame["refused"][2]
    assert np.isnan(frame["benefit_usd"][2])
    with pytest.raises(InputError, match="one dial"):
        workspace.frontier(tracking_error_max=[0.01], risk_aversion=[1.0])


def planned(seed: int, *, minimum: float) -> tuple[RandomCase, Planned]:
    case = random_case(seed, names=16, lots_a_name=2, shared_groups=seed % 2)
    case = replace(case, mandate=case.mandate.with_changes(min_trade_weight=minimum))
    return case, plan_for(case.signals, case.mandate, case.tax, Clock(lambda _: None), lambda: False)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7, 9])
@pytest.mark.parametrize("minimum", [0.0, 2e-3])
def test_a_forced_trade_costs_what_the_reference_says(seed: int, minimum: float) -> None:
    """Held against cvxpy and Clarabel with the trade as one more rule."""
    case, plan = planned(seed, minimum=minimum)
    problem, holdings, n = plan.problem, plan.problem.block.holdings, len(plan.problem.block.active_lower)
    value = holdings.value_usd
    compared = 0
    lots = np.flatnonzero(plan.solution.plan.sells <= 1e-9)[:5].tolist()
    for lot in [lot for lot in lots if case.signals.account.lot_sellable[lot] and holdings.lot_weight[lot] > 4e-3]:
        name = int(holdings.lot_name[lot])
        only = _SoldAtLeast(holdings, np.zeros(n), 0.0, np.inf, "forced", lot=lot, weight=2e-3)
        choices = forced._gives_way(problem.block, plan.solution.choices, name, buying=False)
        try:
            reference = solve_reference(replace(problem, rules=(*problem.rules, only)), choices)
        except InfeasibleError:
            with pytest.raises(SolveError):
                forced.with_sale(problem, plan.solution, plan.warm, lot, 2e-3)
            continue
        found = forced.with_sale(problem, plan.solution, plan.warm, lot, 2e-3)
        assert found.sells[lot] >= 2e-3 - 1e-9
        assert sum(t.value_usd(found) for t in problem.terms) == pytest.approx(
            reference.objective * value, abs=2e-7 * value
        )
        compared += 1
    for name in [i for i in np.flatnonzero(plan.solution.choices != Choice.BUY).tolist() if holdings.target[i] > 0][:4]:
        pin = ActiveGroup(holdings, np.eye(n)[name], float(holdings.active[name]) + 2e-3, np.inf, "forced")
        choices = forced._gives_way(problem.block, plan.solution.choices, name, buying=True)
        try:
            reference = solve_reference(replace(problem, rules=(*problem.rules, pin)), choices)
        except InfeasibleError:
            continue
        found = forced.with_buy(problem, plan.solution, plan.warm, name, 2e-3)
        assert found.net(holdings.lot_name)[name] >= 2e-3 - 1e-9
        assert sum(t.value_usd(found) for t in problem.terms) == pytest.approx(
            reference.objective * value, abs=2e-7 * value
        )
        compared += 1
    assert compared


class _SoldAtLeast(ActiveGroup):
    """A sale of one lot as a rule of the reference."""

    def __init__(self, *args: Any, lot: int, weight: float) -> None:
        super().__init__(*args)
        object.__setattr__(self, "lot", lot)
        object.__setattr__(self, "weight", weight)

    def constraints(self, symbols: Any) -> list[Any]:
        return [symbols.sells[self.lot] >= self.weight]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", [2, 3, 5, 8])
def test_every_name_and_lot_has_a_reason_whose_dollars_add_up(seed: int) -> None:
    workspace = opened(seed)
    proposal = workspace.propose()
    made = {(t.side, t.lot_id or t.security_id) for t in proposal.trade_list}
    gap = Decimal(repr(round(proposal.certificate.gap_usd, 2))) + Decimal("0.05")
    seen = 0
    for security_id in workspace.signals.market.universe.security_ids:
        reasons = workspace.why_not(security_id)
        assert reasons[0].side is Side.BUY
        mine = [x.lot_id for x in workspace.signals.account.lots if x.security_id == security_id]
        assert [r.lot_id for r in reasons[1:]] == mine
        for reason in reasons:
            traded = (reason.side, reason.lot_id or security_id) in made
            assert (reason.kind is ReasonKind.TRADED) == traded
            assert str(reason) == reason.sentence
            assert reason.sentence
            if reason.short_usd is not None:
                assert sum(reason.dollars.values()) == reason.short_usd >= -gap
                assert reason.order_usd is not None
                assert reason.order_usd > 0
                seen += 1
    assert seen


def test_what_forbids_a_trade_is_said_first() -> None:
    first = opened(2)
    sold = next(t for t in first.propose().trade_list if t.side is Side.SELL)
    bought = next(t for t in first.propose().trade_list if t.side is Side.BUY)
    assert "is bought" in first.why_not(bought.security_id)[0].sentence

    lists = PLAIN.with_changes(do_not_buy={bought.security_id}, do_not_sell={sold.security_id})
    locked = opened(2, lists.with_changes(tracking_error_max=None))
    buy = locked.why_not(bought.security_id)[0]
    assert (buy.kind, buy.short_usd) == (ReasonKind.LOCKED, None)
    assert "says not to buy" in buy.sentence
    sale = next(r for r in locked.why_not(sold.security_id) if r.lot_id == sold.lot_id)
    assert sale.kind is ReasonKind.LOCKED
    assert "says not to sell" in sale.sentence

    only_sells = opened(2, PLAIN.with_changes(mode="sell_only", tracking_error_max=None))
    assert only_sells.why_not(bought.security_id)[0].kind is ReasonKind.MODE


def test_the_minimum_forbids_a_part_of_a_position_and_not_all_of_a_smaller_one() -> None:
    large = PLAIN.with_changes(min_trade_usd=Decimal(60_000), tracking_error_max=None)
    free = opened(2, large)
    account, names = free.signals.account, free.signals.market.universe.security_ids
    held = np.bincount(account.lot_name, weights=account.lot_value_usd, minlength=len(names))
    small = np.flatnonzero((held > 0) & (held < 60_000)).tolist()
    told = [r for i in small for r in free.why_not(names[i])[1:]]
    assert ReasonKind.MINIMUM not in {r.kind for r in told}
    kept = [r for r in told if r.kind is ReasonKind.COST]
    assert kept
    assert all("and with it all $" in r.sentence for r in kept)
    worth = {float(round(held[i], 2)) for i in small}
    assert all(min(abs(float(r.order_usd or 0) - w) for w in worth) < 0.02 for r in kept)

    old = opened(2, large.with_changes(min_holding_days=400, name_band=NameBand(active_max=0.02)))
    reasons = {s: old.why_not(s) for s in names}
    part = [r for of in reasons.values() for r in of[1:] if r.kind is ReasonKind.MINIMUM]
    assert part
    assert all("the smallest order is $60,000.00" in r.sentence for r in part)
    assert ReasonKind.MINIMUM in {of[0].kind for of in reasons.values()}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownSecurityError, match="NOBODY"):
        opened(1).why_not("NOBODY")


def test_a_sale_put_first_leaves_the_rest_of_the_problem_as_it_was() -> None:
    case = random_case(5, names=16, lots_a_name=3)
    problem = formulate(case.signals, case.mandate, case.tax)
    old = problem.block.segments
    lot = int(old.lot[np.flatnonzero(old.sell)[3]])
    segments = forced._cut_first(problem, lot, 1e-3)
    lots = len(case.signals.account.lots)
    sold = [np.bincount(s.lot[s.sell], weights=s.width[s.sell], minlength=lots) for s in (old, segments)]
    assert sold[0] == pytest.approx(sold[1], abs=1e-12)
    bought = [s.width[~s.sell].sum() for s in (old, segments)]
    assert bought[0] == pytest.approx(bought[1])
    first = np.flatnonzero(segments.sell & (segments.name == case.signals.account.lot_name[lot]))[0]
    assert segments.lot[first] == lot


def test_a_proposal_answers_what_if_by_itself_and_so_does_its_answer() -> None:
    workspace = opened(3)
    proposal = workspace.propose()
    answer = proposal.what_if(risk_aversion=60.0)
    assert answer.trade_list == workspace.what_if(risk_aversion=60.0).trade_list
    again = answer.what_if(tracking_error_max=0.02)
    assert (again.mandate.risk_aversion, again.mandate.tracking_error_max) == (60.0, 0.02)
    assert again.trade_list == workspace.what_if(risk_aversion=60.0, tracking_error_max=0.02).trade_list
    assert answer.what_if(risk_aversion=PLAIN.risk_aversion).trade_list == proposal.trade_list


def test_a_proposal_that_came_from_another_process_says_where_to_ask() -> None:
    proposal = opened(3).propose()
    sent = proposal.__getstate__()
    assert sent["workspace"] is None
    assert sent["trade_list"] == proposal.trade_list
    with pytest.raises(InputError, match="apart from the workspace"):
        replace(proposal, workspace=None).what_if(risk_aversion=60.0)


def same(first: Proposal, second: Proposal) -> bool:
    """Whether two proposals differ in their clocks only."""
    return replace(first, stages=()) == replace(second, stages=())


def test_a_plan_may_be_branched_on_until_proved_by_facade_workspace_and_dial() -> None:
    least = PLAIN.with_changes(min_trade_usd=Decimal(15_000), tracking_error_max=None)
    closed = 0
    for seed in range(3):
        workspace = opened(seed, least)
        usual, proved = workspace.propose(), workspace.propose(exact=True)
        assert proved.certificate.gap_bps <= max(usual.certificate.gap_bps, 1e-6)
        assert proved.certificate.gap_bps < 0.01
        closed += proved.certificate.gap_bps < usual.certificate.gap_bps
        portfolio, more = facts(random_case(seed, names=NAMES, lots_a_name=2))
        assert same(proved, Advisor().propose(portfolio, mandate=least, exact=True, **more))
        dial = workspace.what_if(exact=True, risk_aversion=9.0)
        assert same(dial, proved.what_if(risk_aversion=9.0))
        assert same(usual, workspace.propose())  # what was proved changes no other answer
    assert closed
