"""Own terms and rules from the facade to the proposal: explained to the cent, kept in shares, asked about."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import cvxpy as cp
import own_wishes_under_test as wishes
import pytest
from own_wishes_world import PLAIN, opened

from di_advisor import Proposal, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.errors import SettlementError
from di_advisor.propose.counterfactual import counterfactual
from di_advisor.propose.own_dollars import REMAINDER, shared_cents
from di_advisor.propose.planned import never, silent
from di_advisor.propose.why_not import ReasonKind


def adds_up(proposal: Proposal) -> None:
    """Trades and remainders add up to the benefit, and each term's trades to its change, to the cent."""
    left_over = sum((v for k, v in proposal.terms_usd.items() if k.endswith("not shared out")), Decimal(0))
    assert sum((t.benefit_usd for t in proposal.trade_list), Decimal(0)) - left_over == proposal.benefit_usd
    for name, change in proposal.terms_usd.items():
        if not name.endswith("not shared out"):
            assert sum((t.dollars[name] for t in proposal.trade_list), Decimal(0)) == change


@pytest.mark.parametrize("own", [wishes.Crowding, wishes.Kinked])
def test_an_opaque_term_is_explained_trade_by_trade_to_the_cent(own: Callable[[], Any]) -> None:
    plain, asked = opened(1).propose(), opened(1, terms=[own()])
    proposal = asked.propose()
    adds_up(proposal)
    name = own.name  # type: ignore[attr-defined]
    assert proposal.terms_usd[name] < 0
    assert any(name in note and "unshared" in note for note in proposal.notes)
    assert "cvxpy and Clarabel" in proposal.certificate.solver
    assert proposal.certificate.gap_usd >= 0
    assert f"{name}_usd" in proposal.trades.columns
    assert proposal.trade_list != plain.trade_list
    assert proposal.shadow_prices == ()


def test_an_affine_term_and_rule_stay_on_the_hot_path() -> None:
    proposal = opened(2, terms=[wishes.Taste()], rules=[wishes.FewBuys()]).propose()
    adds_up(proposal)
    assert "Clarabel" not in proposal.certificate.solver
    check = next(c for c in proposal.checks if c.rule == "few buys")
    assert check.slack >= -1e-6
    assert proposal.terms_usd["taste"] != 0


def test_the_shadow_price_of_an_affine_rule_predicts_the_solve_beside_it() -> None:
    def held_back(more: float) -> Proposal:
        own = wishes.rule(lambda s: [cp.sum(s.weights[:8]) <= limit + more], "first eight")
        return opened(
            3, PLAIN.with_changes(min_trade_usd=Decimal(0), rounding=Rounding.FRACTIONAL), rules=[own]
        ).propose()

    quiet = PLAIN.with_changes(min_trade_usd=Decimal(0), rounding=Rounding.FRACTIONAL)
    free, account = opened(3, quiet).propose(), opened(3).signals.account
    net = sum(
        (t.value_usd if t.side is Side.BUY else -t.value_usd) for t in free.trade_list if t.security_id < "R00008"
    )
    limit = (float(account.held_usd()[:8].sum()) + float(net)) / account.value_usd - 0.01
    at = held_back(0.0)
    assert next(c for c in at.checks if c.rule == "first eight").binding
    price = next(p for p in at.shadow_prices if p.rule == "first eight")
    freed = float(held_back(2e-4).benefit_usd - at.benefit_usd)
    assert freed == pytest.approx(price.price_usd * 2e-4 * account.value_usd, rel=0.05, abs=0.02)  # a unit is a dollar
    assert price.sentence.startswith("$1,000 more room in 'first eight' would free up to about $")


def test_an_own_rule_holds_after_rounding_to_whole_shares() -> None:
    for seed in (1, 4):
        proposal = opened(seed, rules=[wishes.Disk(0.9)]).propose()
        check = next(c for c in proposal.checks if c.rule == "active share")
        assert check.slack >= -1e-6
        adds_up(proposal)
    sided = wishes.rule(lambda s: [cp.sum(s.buys) <= 0.02, cp.norm(s.sold, 2) <= 0.05], "gently")
    proposal = opened(1, rules=[sided]).propose()
    assert next(c for c in proposal.checks if c.rule == "gently").slack >= -1e-6


def test_an_equality_that_whole_shares_cannot_keep_is_named() -> None:
    exact = wishes.rule(lambda s: [cp.sum(s.buys) == 0.0301234567], "exactly")
    with pytest.raises(SettlementError, match="'exactly' holds a figure exactly"):
        opened(2, rules=[exact]).propose()


def test_questions_keep_the_own_wishes() -> None:
    asked = opened(1, terms=[wishes.Crowding()])
    base = asked.propose()
    tighter = asked.what_if(turnover_max=0.05)
    assert "crowding" in tighter.terms_usd
    assert tighter.benefit_usd <= base.benefit_usd + Decimal(5)
    universe = asked.signals.market.universe
    reasons = [r for s in universe.securities[:4] for r in asked.why_not(s.security_id)]
    forced = [r for r in reasons if r.kind is ReasonKind.COST]
    assert forced
    assert all("crowding" in r.dollars for r in forced)
    for reason in forced:
        assert sum(reason.dollars.values(), Decimal(0)) == reason.short_usd
    plan = asked._plan(asked.mandate, silent, never)
    for trade in base.trade_list[:2]:
        found = counterfactual(plan, trade)
        assert found.worse_usd is not None
        assert found.worse_usd > -1
        assert "crowding" in found.dollars
    frame = asked.frontier(turnover_max=[0.02, 0.1])
    assert "crowding_usd" in frame.columns


def test_what_quadrature_leaves_over_is_a_line_of_its_own() -> None:
    cents, rest = shared_cents([10.004, 5.001], 15.20)
    assert sum(cents) + rest == Decimal("15.20")
    assert rest == Decimal("0.20")
    cents, rest = shared_cents([10.004, 5.001], 15.006)
    assert rest == 0
    assert sum(cents) == Decimal("15.01")
    assert "not shared out" in REMAINDER
