"""What the order of a trade is predicted to cost, what that is made of, and what this trade bears of it.

Problem: a card shows dollars of trading cost, and the reader asks where they come from. Decision: whoever drew
the cost curves is asked again for the one order (all lots of a name go out as one), where it can say more
(`CostReasons`); a curve without such a model is taken apart by its own three powers. Limits: the plan charges
impact by straight pieces that never understate it, so its dollars may lie above the prediction's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from di_advisor.domain.cost_reasons import CostPart, CostPrediction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.formulate.terms import TradingCost
from di_advisor.ports import CostReasons
from di_advisor.propose.proposal import Proposal
from di_advisor.units import bps_from_fraction

__all__ = ["CostCard", "CostsBy", "cost_card"]


@dataclass(frozen=True, eq=False)
class CostsBy:
    """Who drew the cost curves, where it can say what a prediction is made of, and the market it drew them for."""

    model: CostReasons
    market: Market

    @classmethod
    def of(cls, model: object, market: Market) -> CostsBy | None:
        """None for a model that gives no reasons."""
        return cls(model, market) if isinstance(model, CostReasons) else None

    def order(self, trade: Trade, value_usd: float, costs: CostCurves) -> CostPrediction | None:
        """What the model says of an order; None where the curves are not this model's."""
        found = self.model.predict_order(self.market, trade.security_id, value_usd)
        return found if found.provenance and costs.provenance.startswith(found.provenance) else None


@dataclass(frozen=True)
class CostCard:
    """The predicted cost of a trade's order.

    Attributes
    ----------
    order_usd : Decimal
        Value of the order: every lot of the name on that side.
    charged_usd, order_charged_usd : Decimal
        What the plan charges for this trade, and for the whole order.
    prediction : CostPrediction
        Of the order, in bps of its value.
    """

    order_usd: Decimal
    charged_usd: Decimal
    order_charged_usd: Decimal
    prediction: CostPrediction

    @property
    def sentence(self) -> str:
        """The prediction read aloud, with what the plan charges and which model it is."""
        p = self.prediction
        said = f"Trading this order of ${self.order_usd:,.2f} is predicted to cost {p.cost_bps:.1f} bps of it; "
        if p.interval_bps is None:
            said += "how far a single order may lie from that is not known: nothing was calibrated."
        else:
            low, high = p.interval_bps
            said += f"{p.coverage:.0%} of such orders lie between {low:.1f} and {high:.1f} bps."
        said += f" The plan charges ${self.charged_usd:,} to this trade"
        said += f" of ${self.order_charged_usd:,} to the order." if self.order_charged_usd != self.charged_usd else "."
        return f"{said} Costs: {p.provenance}." if p.provenance else said


def cost_card(proposal: Proposal, trade: Trade, costs: CostCurves, costs_by: CostsBy | None) -> CostCard:
    """The cost of a trade's order.

    Parameters
    ----------
    proposal : Proposal
        With all trades.
    trade : Trade
        One of them.
    costs : CostCurves
        That the plan was made with.
    costs_by : CostsBy, optional
        Who drew them.
    """
    order = [t for t in proposal.trade_list if (t.security_id, t.side) == (trade.security_id, trade.side)]
    value = sum((t.shares * t.price_usd for t in order), Decimal(0))
    charged = [t.dollars.get(TradingCost.name, Decimal(0)) for t in (trade, *order)]
    said = None if costs_by is None else costs_by.order(trade, float(value), costs)
    found = _by_powers(costs, trade, float(value)) if said is None else said
    return CostCard(value.quantize(Decimal("0.01")), charged[0], sum(charged[1:], Decimal(0)), found)


def _by_powers(costs: CostCurves, trade: Trade, value_usd: float) -> CostPrediction:
    curve = costs.selling if trade.side is Side.SELL and costs.selling is not None else costs
    at = curve.universe.positions[trade.security_id]
    named = (
        ("in proportion to size", float(curve.linear[at])),
        ("impact: with the root of size", float(curve.three_halves[at]) * float(np.sqrt(value_usd))),
        ("impact: with size", float(curve.quadratic[at]) * value_usd),
    )
    parts = tuple(CostPart(name, float(bps_from_fraction(share))) for name, share in named if share)
    return CostPrediction(sum(p.cost_bps for p in parts), parts, provenance=curve.provenance)
