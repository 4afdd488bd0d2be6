"""The value of waiting in a whole proposal: it is a term of its own, and fewer losses are taken at once."""

from __future__ import annotations

from di_advisor import Advisor, Mandate, sample
from di_advisor.domain.harvest import ClientProfile
from di_advisor.propose.proposal import Proposal
from di_advisor.registry import harvest_model
from di_advisor.signals import Harvesting


def loss_taken_usd(proposal: Proposal) -> float:
    return -sum(float(t.gain_usd) for t in proposal.trade_list if t.gain_usd is not None and t.gain_usd < 0)


def test_with_a_harvest_model_waiting_has_a_price_and_fewer_losses_are_taken() -> None:
    world = sample.load()
    market = world.market()
    advisor = Advisor()
    risk = advisor.estimate_risk(market, world.returns, world.exposures)
    costs = advisor.estimate_costs(market)
    harvesting = Harvesting(harvest_model("program", review_days=28), ClientProfile(0.408, 0.238), 28)
    without, waiting = (
        advisor.propose(
            next(iter(world.portfolios.values())),
            market=market,
            target=world.target,
            mandate=Mandate(),
            tax=world.tax,
            risk=risk,
            costs=costs,
            harvest=h,
        )
        for h in (None, harvesting)
    )
    assert "value of waiting" not in without.terms_usd
    assert waiting.terms_usd["value of waiting"] != 0
    assert 0 < loss_taken_usd(waiting) < loss_taken_usd(without)
