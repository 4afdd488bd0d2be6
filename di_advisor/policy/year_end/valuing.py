"""One way to end the year, valued like every other: orders in, dollars out, to the cent.

Value, less trading cost, less this year's tax by the whole return, plus what losses carried over are worth, less the
later tax on what is still unrealised: exact figures that add up. Limits: gains are at the price used, selling costs
not taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from di_advisor.domain.amounts import as_fraction, to_decimal
from di_advisor.domain.portfolio import Side
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import compute_return
from di_advisor.ledger.tax_return.gain_tax import ByConstantRates
from di_advisor.policy.year_end.filer import LaterTax
from di_advisor.policy.year_end.standing import Standing
from di_advisor.policy.year_end.stretches import moved
from di_advisor.propose.proposal import Proposal

if TYPE_CHECKING:
    from di_advisor.workspace import Workspace

__all__ = ["WAYS", "Scenario", "ScenarioTrade", "Valuing"]

_ZERO: Final = Fraction(0)
_COST: Final = "trading cost"

WAYS: Final[Mapping[str, str]] = {
    "do nothing": "No trade.",
    "now": "What the advisor proposes today under the mandate, by the whole return.",
    "wait until long-term": "The same, but names with a gain that is soon long-term are not sold before it is.",
    "harvest only": "Only names with a loss that counts are sold, tracking error and cash are held where they are.",
    "gains at 0 %": "Long-term gains with room in the 0 % bracket are realised by year end, and bought back at once.",
}
"""The ways that are compared, with what each does."""


@dataclass(frozen=True, slots=True)
class ScenarioTrade:
    """One order of a way.

    Attributes
    ----------
    side : Side
        Buy or sell.
    security_id, ticker, lot_id : str
        What; the lot of a sale.
    shares, price_usd : Fraction
        At the price used.
    gain_usd : Fraction
        Of a sale, exact; 0 for a buy.
    term : Term or None
        Of a sale.
    on : date or None
        Trade date; today where None.
    """

    side: Side
    security_id: str
    ticker: str
    lot_id: str
    shares: Fraction
    price_usd: Fraction
    gain_usd: Fraction = _ZERO
    term: Term | None = None
    on: date | None = None


@dataclass(frozen=True)
class Scenario:
    """One way to end the year.

    Attributes
    ----------
    name, does : str
        Which, and what it does.
    trades : tuple of ScenarioTrade
        Orders.
    value_usd : Fraction
        Of the account before any trade.
    cost_usd : Fraction
        Predicted trading cost, in cents.
    short_usd, long_usd : Fraction
        Net gain that it realises, by term.
    tax_usd : Fraction
        This year's whole tax then.
    carried_short_usd, carried_long_usd, carried_worth_usd : Fraction
        Losses carried to next year, positive, and what they are worth today.
    unrealised_usd, later_tax_usd : Fraction
        What is still open, and the later tax on it in today's dollars (negative: losses save).
    tracking_error : float
        Ex ante, a year.
    refused : str
        Why there is no such plan; all figures are then those of doing nothing.
    notes : tuple of str
        What the reader must know.
    """

    name: str
    does: str
    trades: tuple[ScenarioTrade, ...]
    value_usd: Fraction
    cost_usd: Fraction
    short_usd: Fraction
    long_usd: Fraction
    tax_usd: Fraction
    carried_short_usd: Fraction
    carried_long_usd: Fraction
    carried_worth_usd: Fraction
    unrealised_usd: Fraction
    later_tax_usd: Fraction
    tracking_error: float
    refused: str = ""
    notes: tuple[str, ...] = ()

    @property
    def after_tax_usd(self) -> Fraction:
        """What is left after cost, this year's tax and the later one, losses carried over counted."""
        return self.value_usd - self.cost_usd - self.tax_usd + self.carried_worth_usd - self.later_tax_usd


@dataclass(frozen=True)
class Valuing:
    """What all ways are valued by."""

    workspace: Workspace
    stands: Standing
    later: LaterTax

    @property
    def tracking_error(self) -> float:
        """Of today's holdings."""
        market, account = self.workspace.signals.market, self.workspace.signals.account
        return market.risk.tracking_error(account.held_usd() / account.value_usd - account.target_weight)

    def proposed(self, name: str, proposal: Proposal, notes: tuple[str, ...]) -> Scenario:
        """The way of a proposal."""
        offers = {o.lot.lot_id: o for o in self.stands.offers}
        trades = []
        for t in proposal.trade_list:
            shares, price = Fraction(t.shares), Fraction(t.price_usd)
            if t.side is Side.BUY:
                trades.append(ScenarioTrade(t.side, t.security_id, t.ticker, "", shares, price))
                continue
            offer = offers[t.lot_id]
            gain = offer.gain_usd * shares / as_fraction(offer.lot.shares)
            trades.append(ScenarioTrade(t.side, t.security_id, t.ticker, t.lot_id, shares, price, gain, offer.term))
        cost = proposal.after.objective_usd.get(_COST, to_decimal(0.0, 2))
        return self.of(name, tuple(trades), Fraction(cost), proposal.after.tracking_error, notes=notes)

    def of(
        self,
        name: str,
        trades: tuple[ScenarioTrade, ...],
        cost: Fraction,
        tracking_error: float,
        *,
        refused: str = "",
        notes: tuple[str, ...] = (),
    ) -> Scenario:
        """Value some trades."""
        by_term = {t: sum((x.gain_usd for x in trades if x.term is t), _ZERO) for t in (Term.SHORT, Term.LONG)}
        short, long = by_term[Term.SHORT], by_term[Term.LONG]
        tax, carried_short, carried_long, worth = _taxed(self.stands, short, long)
        unrealised = self.stands.unrealised_usd - short - long
        held = sum((o.value_usd for o in self.stands.offers), _ZERO)
        return Scenario(
            name=name,
            does=WAYS[name],
            trades=trades,
            value_usd=held + as_fraction(self.workspace.signals.account.cash_usd),
            cost_usd=cost,
            short_usd=short,
            long_usd=long,
            tax_usd=tax,
            carried_short_usd=carried_short,
            carried_long_usd=carried_long,
            carried_worth_usd=worth,
            unrealised_usd=unrealised,
            later_tax_usd=self.later.per_usd * unrealised,
            tracking_error=tracking_error,
            refused=refused,
            notes=notes,
        )


def _taxed(stands: Standing, short: Fraction, long: Fraction) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Tax of the year, losses carried out by term, and what they are worth."""
    law = moved(stands.tax, short, long).law
    if isinstance(law, ByConstantRates):
        return law.amounts(_ZERO, _ZERO)[0], _ZERO, _ZERO, _ZERO
    whole = compute_return(law.inputs, law.policies)
    worth = -law.amounts(_ZERO, _ZERO)[-1]
    return law.amounts(_ZERO, _ZERO)[0] + worth, whole.short_carryover_usd, whole.long_carryover_usd, worth
