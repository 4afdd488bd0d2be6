"""Everything about one trade in one answer: what it earns, what holds it, what would end it.

The parts are made where they are known (`counterfactual`, `forces`, `break_even`, `lot_choice`,
`shadow_prices`); this module asks them all. Dollars by term are those of the proposal's whole shares;
the other parts are those of the plan before rounding, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError
from di_advisor.propose.break_even import BreakEven, break_evens
from di_advisor.propose.cost_card import CostCard, CostsBy, cost_card
from di_advisor.propose.counterfactual import Counterfactual, counterfactual, place_of
from di_advisor.propose.esg_facts import NameEsg, name_esg
from di_advisor.propose.forces import ForceBalance, force_balance
from di_advisor.propose.lot_choice import LotChoice, lot_choice
from di_advisor.propose.planned import Planned
from di_advisor.propose.proposal import ShadowPrice
from di_advisor.propose.swaps import Swap, swap_of

__all__ = ["TradeExplanation", "explain_trade", "trade_named"]


@dataclass(frozen=True)
class TradeExplanation:
    """One trade, explained.

    Attributes
    ----------
    trade : Trade
        With its dollars by term and its sentence.
    counterfactual : Counterfactual
        The plan without it.
    balance : ForceBalance or None
        What pulls and what holds its last dollar; None where it came about when rounding to shares.
    break_evens : tuple of BreakEven
        What would make it disappear.
    lot_choice : LotChoice or None
        Why this lot and not the next one; None for a buy and for a name of one lot.
    shadow_prices : tuple of ShadowPrice
        Of the rules that push or pull this trade.
    cost : CostCard or None
        What its order is predicted to cost.
    esg : tuple of NameEsg
        What is known of the name, measure by measure.
    swap : Swap or None
        What a sale pays for, or what pays for a buy; None where nothing stands on the other side.
    """

    trade: Trade
    counterfactual: Counterfactual
    balance: ForceBalance | None
    break_evens: tuple[BreakEven, ...]
    lot_choice: LotChoice | None
    shadow_prices: tuple[ShadowPrice, ...]
    cost: CostCard | None = None
    esg: tuple[NameEsg, ...] = ()
    swap: Swap | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The explanation read aloud, one fact a sentence; not escaped."""
        parts = [self.trade.sentence, self.counterfactual.sentence]
        parts += [self.balance.sentence] if self.balance is not None else []
        parts += [self.lot_choice.sentence] if self.lot_choice is not None else []
        parts += [b.sentence for b in self.break_evens]
        parts += [part.sentence for part in (self.swap, self.cost) if part is not None]
        return tuple(p for p in (*parts, *(s.sentence for s in self.shadow_prices)) if p)

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def trade_named(planned: Planned, trade: Trade | str) -> Trade:
    """A trade of the plan, by itself, by its lot, by its security id, or by its ticker.

    Raises
    ------
    InputError
        If no trade of the plan, or more than one, is meant.
    """
    if isinstance(trade, Trade):
        return trade
    trades = planned.proposal.trade_list
    for found in (
        [t for t in trades if t.lot_id and t.lot_id == trade],
        [t for t in trades if trade in (t.security_id, t.ticker)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            lots = ", ".join(t.lot_id for t in found)
            raise InputError(f"{trade} is sold from {len(found)} lots.", hint=f"Name one of them: {lots}.")
    raise InputError(
        f"The proposal does not trade {trade!r}.", hint="Name a lot, a security id or a ticker; or ask why_not."
    )


def explain_trade(planned: Planned, trade: Trade | str, costs_by: CostsBy | None = None) -> TradeExplanation:
    """Everything about one trade of a plan; ``costs_by`` is asked what its cost is made of.

    Raises
    ------
    InputError, UnknownSecurityError
        If the plan has no such trade.
    SolveError
        If a question was not answered with a certificate.
    """
    named = trade_named(planned, trade)
    place = place_of(planned, named)
    without = counterfactual(planned, named)
    own = planned.problem.is_opaque
    balance = None if own else force_balance(planned.problem, planned.solution, place)
    pushing = {f.source for f in balance.forces} if balance is not None else set()
    prices = tuple(
        s
        for s in planned.proposal.shadow_prices
        if s.security_id == named.security_id or (not s.security_id and s.rule in pushing)
    )
    ends = () if own or without.worse_usd is None else break_evens(planned, place)
    return TradeExplanation(
        named,
        without,
        balance,
        ends,
        lot_choice(planned, place),
        prices,
        cost_card(planned.proposal, named, planned.signals.market.costs, costs_by),
        name_esg(planned.signals, planned.mandate, named.security_id),
        swap_of(planned.proposal.trade_list, named),
    )
