"""The predicted cost on a card: parts that add up, an interval where there is one, one order for all lots of a name."""

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.cost_reasons import CostPart, CostPrediction
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.ports import CostReasons
from di_advisor.propose.cost_card import CostsBy, cost_card
from di_advisor.registry import cost_model
from di_advisor.runs import RunSpec, SampleSource, run
from di_advisor.runs.facts import facts_of
from di_advisor.runs.spec import Models
from di_advisor.units import BPS_PER_UNIT


@pytest.mark.parametrize("name", ["prior", "learned"])
def test_a_prediction_of_one_order_is_that_of_the_curves_model_and_its_parts_add_up(name: str) -> None:
    model = cost_model(name)
    assert isinstance(model, CostReasons)
    market = facts_of(SampleSource()).market
    curves = model.curves(market)
    for at in (0, 7, 100):
        security = market.universe.securities[at].security_id
        said = model.predict_order(market, security, 250_000.0)
        assert sum(p.cost_bps for p in said.parts) == pytest.approx(said.cost_bps, abs=1e-9)
        whole = np.zeros(len(market.universe))
        whole[at] = 250_000.0
        drawn = curves.cost_usd(whole)[at] / 250_000.0 * BPS_PER_UNIT
        assert said.cost_bps == pytest.approx(drawn, rel=1e-9 if name == "prior" else 0.25)
        assert curves.provenance.startswith(said.provenance)
        assert (said.interval_bps is None) is (name == "prior")
        if said.interval_bps is not None:
            assert said.interval_bps[0] < said.cost_bps < said.interval_bps[1]
    with pytest.raises(UnknownSecurityError, match="MOON"):
        model.predict_order(market, "MOON", 1.0)


def test_parts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InputError, match="add up to 2"):
        CostPrediction(3.0, (CostPart("half-spread", 2.0),))


@pytest.mark.parametrize("name", ["prior", "learned"])
def test_all_lots_of_a_name_are_one_order_and_what_is_charged_is_shared(name: str) -> None:
    proposal = run(RunSpec(SampleSource(), "concentrated", models=Models(cost=name))).proposal
    workspace = proposal.workspace
    costs_by = workspace.costs_by  # type: ignore[union-attr]
    assert costs_by is not None
    curves = workspace.signals.market.costs  # type: ignore[union-attr]
    names = [t.security_id for t in proposal.trade_list]
    several = next(t for t in proposal.trade_list if names.count(t.security_id) > 1)
    of_order = [t for t in proposal.trade_list if t.security_id == several.security_id]
    cards = [cost_card(proposal, t, curves, costs_by) for t in of_order]
    assert len({c.prediction.cost_bps for c in cards}) == 1
    assert sum((c.charged_usd for c in cards), Decimal(0)) == cards[0].order_charged_usd
    assert cards[0].order_usd == sum((t.value_usd for t in of_order), Decimal(0))
    assert f"{cards[0].prediction.cost_bps:.1f} bps" in cards[0].sentence
    by_curve = cost_card(proposal, several, curves, None)
    assert by_curve.prediction.interval_bps is None
    assert by_curve.prediction.cost_bps == pytest.approx(cards[0].prediction.cost_bps, rel=0.25)


def test_curves_from_elsewhere_are_not_explained_by_a_model_that_did_not_draw_them() -> None:
    proposal = run(RunSpec(SampleSource(), "concentrated")).proposal
    workspace, trade = proposal.workspace, proposal.trade_list[0]
    market, curves = facts_of(SampleSource()).market, workspace.signals.market.costs  # type: ignore[union-attr]
    other = CostsBy.of(cost_model("learned"), market)
    assert cost_card(proposal, trade, curves, other) == cost_card(proposal, trade, curves, None)
    own = CostsBy.of(cost_model("prior"), market)
    assert cost_card(proposal, trade, curves, own) != cost_card(proposal, trade, curves, None)
    assert CostsBy.of(object(), market) is None
