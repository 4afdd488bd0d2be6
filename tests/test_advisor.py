"""The facade on the embedded sample: the whole path, for each account, with the laws it must keep."""

import itertools
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from di_advisor import Advisor, Band, Mandate, Portfolio, Rounding, sample
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Side
from di_advisor.domain.risk import FactorRisk
from di_advisor.errors import InfeasibleError, InputError, UnfinishedError
from di_advisor.propose.proposal import Proposal
from di_advisor.sample.world import SampleWorld


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return sample.load()


@pytest.fixture(scope="module")
def estimates(world: SampleWorld) -> tuple[FactorRisk, CostCurves]:
    advisor, market = Advisor(), world.market()
    return advisor.estimate_risk(market, world.returns, world.exposures), advisor.estimate_costs(market)


def propose(
    world: SampleWorld, estimates: tuple[FactorRisk, CostCurves], name: str, mandate: Mandate, **more: object
) -> Proposal:
    return Advisor().propose(
        world.portfolios[name],
        market=world.market(),
        target=world.target,
        mandate=mandate,
        tax=world.tax,
        risk=estimates[0],
        costs=estimates[1],
        **more,  # type: ignore[arg-type]
    )


def kept_laws(world: SampleWorld, portfolio: Portfolio, proposal: Proposal) -> None:
    """No wash sale, cash not negative, whole shares, lots not oversold, dollars that add up."""
    account = portfolio.account(proposal.account_id)
    lots = {lot.lot_id: lot for lot in account.lots}
    group = {s.security_id: s.identical_group or s.security_id for s in world.market().universe.securities}
    sales = [t for t in proposal.trade_list if t.side is Side.SELL]
    buys = [t for t in proposal.trade_list if t.side is Side.BUY]
    recent = world.as_of - timedelta(days=30)
    lost = {
        group[f.security_id] for f in account.fills if f.side is Side.SELL and (f.gain_usd or 0) < 0 and f.on >= recent
    }
    lost |= {group[t.security_id] for t in sales if t.gain_usd is not None and t.gain_usd < 0}
    assert not lost & {group[t.security_id] for t in buys}
    for t in sales:
        assert t.shares <= lots[t.lot_id].shares
        if t.gain_usd is not None and t.gain_usd < 0:
            others = [
                lot
                for lot in account.lots
                if group[lot.security_id] == group[t.security_id]
                and lot.acquired is not None
                and lot.acquired >= recent
                and lot.acquired != lots[t.lot_id].acquired
            ]
            assert not others, f"{t.ticker} is sold at a loss beside a purchase of the last 30 days"
    assert proposal.after.cash_usd >= 0
    assert proposal.benefit_usd == sum((t.benefit_usd for t in proposal.trade_list), Decimal(0))
    assert all(c.slack >= -1e-6 for c in proposal.checks)


@pytest.mark.parametrize("name", ["young", "seasoned", "concentrated"])
@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
def test_each_sample_account_is_rebalanced_and_keeps_the_laws(
    world: SampleWorld, estimates: tuple[FactorRisk, CostCurves], name: str, rounding: Rounding
) -> None:
    mandate = Mandate(
        tracking_error_max=0.012, sector_band=Band.within(0.03), min_trade_usd=Decimal(100), rounding=rounding
    )
    proposal = propose(world, estimates, name, mandate)
    kept_laws(world, world.portfolios[name], proposal)
    assert proposal.after.tracking_error <= 0.012
    assert proposal.benefit_usd > 0
    assert any(t.gain_usd is not None and t.gain_usd < 0 for t in proposal.trade_list), "losses are harvested"
    assert {s.name for s in proposal.stages} >= {"signals", "formulate", "solve", "settle", "explain"}
    assert proposal.certificate.gap_usd >= 0


def test_the_same_call_gives_the_same_proposal(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    first = propose(world, estimates, "young", Mandate())
    second = propose(world, estimates, "young", Mandate())
    assert first.trade_list == second.trade_list
    assert first.benefit_usd == second.benefit_usd


def test_a_tighter_cap_never_earns_more(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    mandates = [Mandate(tracking_error_max=cap, rounding=Rounding.FRACTIONAL) for cap in (0.003, 0.006, 0.02)]
    found = [propose(world, estimates, "seasoned", m) for m in mandates]
    for tight, loose in itertools.pairwise(found):
        assert loose.certificate.bound_usd <= tight.certificate.objective_usd + 1e-6


def test_an_ira_pays_no_tax(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    young = world.portfolios["young"].accounts[0]
    ira = Portfolio("someone", (Account("young", young.lots, young.cash, (), AccountKind.IRA),))
    proposal = Advisor().propose(
        ira,
        market=world.market(),
        target=world.target,
        mandate=Mandate(),
        tax=world.tax,
        risk=estimates[0],
        costs=estimates[1],
    )
    assert all(t.dollars.get("tax", Decimal(0)) == 0 for t in proposal.trade_list)


def test_an_impossible_cap_says_what_is_possible(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    with pytest.raises(InfeasibleError, match="the other rules allow"):
        propose(world, estimates, "seasoned", Mandate(tracking_error_max=1e-5))


def test_wishes_that_clash_are_named_with_what_each_would_have_to_become(
    world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]
) -> None:
    mandate = Mandate(cash_min=0.2, cash_max=0.25, turnover_max=0.01)
    with pytest.raises(InfeasibleError, match="These wishes contradict each other") as caught:
        propose(world, estimates, "seasoned", mandate)
    facts = caught.value.facts
    assert facts["conflict"][1] == "One-way turnover is at most 1.00 % of the account."
    assert [text.partition(" ")[0] for text in facts["relaxations"]] == ["cash", "turnover"]
    assert all(text in caught.value.hint for text in facts["relaxations"])


def test_progress_is_told_and_cancel_stops(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    told: list[str] = []
    propose(world, estimates, "concentrated", Mandate(), progress=told.append)
    assert told[-1] == "explain"
    with pytest.raises(UnfinishedError, match="cancelled"):
        propose(world, estimates, "concentrated", Mandate(), cancel=lambda: True)


def test_without_returns_or_risk_the_error_says_what_to_pass(world: SampleWorld) -> None:
    with pytest.raises(InputError, match="neither a risk model's result nor a history of returns") as caught:
        Advisor().propose(
            world.portfolios["young"], market=world.market(), target=world.target, mandate=Mandate(), tax=world.tax
        )
    assert "returns=" in caught.value.hint


def test_frames_go_in_and_come_out(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    frame = world.portfolios["concentrated"].to_frame()
    cash = world.portfolios["concentrated"].accounts[0].cash_usd(world.as_of)
    portfolio = Portfolio.from_frame(frame, cash_usd=cash, as_of=world.as_of)
    proposal = Advisor().propose(
        portfolio,
        market=world.market(),
        target=world.target,
        mandate=Mandate(),
        tax=world.tax,
        risk=estimates[0],
        costs=estimates[1],
    )
    trades = proposal.trades
    assert np.array_equal(trades["side"].unique(), ["sell", "buy"])
    assert {"ticker", "lot_id", "shares", "gain_usd", "tax_usd", "benefit_usd", "why"} <= set(trades.columns)


def test_cash_that_comes_later_is_not_spent_and_is_noted(
    world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]
) -> None:
    young = world.portfolios["young"].accounts[0]
    cash = (*young.cash, CashItem(Decimal(50_000), world.as_of + timedelta(days=3)))
    later = Portfolio("someone", (Account("young", young.lots, cash, young.fills),))
    given = {"market": world.market(), "target": world.target, "mandate": Mandate(), "tax": world.tax}
    proposal = Advisor().propose(later, **given, risk=estimates[0], costs=estimates[1])  # type: ignore[arg-type]
    plain = propose(world, estimates, "young", Mandate())
    assert proposal.trade_list == plain.trade_list
    assert "50000 USD on 2026-07-03" in proposal.notes[-1]


def test_an_account_at_its_target_is_left_alone(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    mandate = Mandate(min_trade_usd=Decimal(5000), cash_max=0.05)
    proposal = propose(world, estimates, "young", mandate)
    assert proposal.benefit_usd >= 0
    assert proposal.certificate.bound_usd <= float(sum(proposal.before.objective_usd.values()))


def test_no_name_is_sold_at_a_cost_that_rounding_alone_made(
    world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]
) -> None:
    mandate = Mandate(tracking_error_max=0.02, sector_band=Band.within(0.03), min_trade_usd=Decimal(250))
    proposal = propose(world, estimates, "seasoned", mandate)
    earned: dict[str, Decimal] = {}
    for t in proposal.trade_list:
        if t.side is Side.SELL:
            earned[t.security_id] = earned.get(t.security_id, Decimal(0)) + t.benefit_usd
    assert min(earned.values()) > -1
    assert proposal.certificate.rounding_usd < 0.1 * float(proposal.benefit_usd)


def test_figures_are_floats_and_say_the_same(world: SampleWorld, estimates: tuple[FactorRisk, CostCurves]) -> None:
    proposal = propose(world, estimates, "young", Mandate())
    figures = proposal.trade_figures
    assert figures["benefit_usd"].sum() == pytest.approx(float(proposal.benefit_usd))
    assert len(figures.nlargest(3, "benefit_usd")) == 3
    assert figures.loc[figures["side"] == "buy", "gain_usd"].isna().all()
    assert len(repr(proposal)) < 200
