"""Explanations of a household's orders: each account's trades in dollars that add up over the household.

Decision: the tax of a return is shared among its accounts at the marginal rates averaged along the straight line
from no trade to all trades together, so that it adds up (Aumann and Shapley 1974); the trades of an account are
explained at these rates, everything else as for an account by itself. Who gave way in a group that clashed is
said with the dollars that the other side costs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import at_places, cents_that_add_up
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.household import AccountGains, account_problem
from di_advisor.formulate.localise import at_the_rates_of
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax, cells_of, law_of
from di_advisor.formulate.terms import LotTax, TradingCost
from di_advisor.propose.explain import explain
from di_advisor.propose.household.proposal import FilerFigures, WashDecision
from di_advisor.propose.household.settled import Settled, Settling
from di_advisor.propose.planned import Planned
from di_advisor.propose.proposal import Proposal
from di_advisor.signals.household_locks import WashSide
from di_advisor.solve.household.coordination import Sides

__all__ = ["decisions_of", "reasons_for", "told"]

_CENTS = 2
_CENT_USD = 0.005
_NOTE = (
    "Not tax advice. The tax is this account's share of what all accounts of the return change it by together; "
    "the certificate is of this account with the others as they are."
)
_BLIND = (
    " This account leaves tax out (mode tax_unaware): its trades were chosen, and are certified, without the tax that "
    "is shown here."
)


@dataclass(frozen=True)
class _TaxShare(LotTax):
    """An account's share of the tax of its return: its gains at the mean rates of all trades together."""

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return (
            "This account's share of what the household's trades change the return's tax by: its gains at the "
            "marginal rates averaged from no trade to all of them."
        )


def told(settling: Settling, settled: Settled) -> tuple[dict[str, Proposal], tuple[FilerFigures, ...]]:
    """The proposals of all accounts with the tax shared among them, and the figures of each return."""
    filers: list[FilerFigures] = []
    shares: dict[str, tuple[tuple[float, float], Decimal]] = {}
    for name in settling.coordination.filers:
        mine = settling.coordination.taxed(name)
        figures, rates = _filer(settling, settled, name)
        filers.append(figures)
        for account_id in mine:
            shares[account_id] = rates, figures.by_account_usd[account_id]
    proposals = {}
    for account_id in settling.coordination.accounts:
        proposals[account_id] = _proposal(settling, settled, account_id, shares.get(account_id))
    return proposals, tuple(filers)


def _filer(settling: Settling, settled: Settled, name: str) -> tuple[FilerFigures, tuple[float, float]]:
    """A return's figures, and the mean rates from no trade to all trades on it."""
    mine = settling.coordination.taxed(name)
    gains = AccountGains.total(settled.gains[i] for i in mine)
    tax = settling.tax_of(name)
    owed = tax(gains)
    rates = _mean_rates(settling, name, gains)
    parts = [rates[0] * float(settled.gains[i].short_usd) + rates[1] * float(settled.gains[i].long_usd) for i in mine]
    cents = cents_that_add_up(parts, owed) if mine else []
    counted = AccountGains.total(settled.law.gains[i] for i in mine)
    step = AccountGains(gains.short_usd + 1, gains.long_usd), AccountGains(gains.short_usd, gains.long_usd + 1)
    return (
        FilerFigures(
            filer=name,
            short_usd=at_places(counted.short_usd, _CENTS),
            long_usd=at_places(counted.long_usd, _CENTS),
            tax_usd=sum(cents, Decimal("0.00")),
            short_rate=tax(step[0]) - owed,
            long_rate=tax(step[1]) - owed,
            by_account_usd=dict(zip(mine, cents, strict=True)),
        ),
        rates,
    )


def _mean_rates(settling: Settling, name: str, gains: AccountGains) -> tuple[float, float]:
    """Marginal rates averaged along the straight line from no gain to given ones."""
    mine = settling.coordination.taxed(name)
    if not mine:
        return 0.0, 0.0
    value = sum(settling.coordination.problem(i, {})[2].block.holdings.value_usd for i in mine)
    as_of = settling.coordination.accounts[mine[0]].signals.market.as_of
    law = law_of(settling.coordination.filers[name].taxpayer, as_of)
    point = np.array([float(gains.short_usd), float(gains.long_usd)]) / value
    cells = cells_of(law, np.minimum(point, 0.0), np.maximum(point, 0.0), value)
    nothing = np.zeros(0)
    none = Holdings(value, 0.0, nothing, nothing, nothing.astype(np.int64), nothing)
    curve = ScheduleDTax(none, RealisedGains(nothing, nothing), law, cells, (0.0, 0.0))
    return curve.mean_rates(point)


def _proposal(
    settling: Settling, settled: Settled, account_id: str, share: tuple[tuple[float, float], Decimal] | None
) -> Proposal:
    planned = settled.planned[account_id]
    facts = settling.coordination.accounts[account_id]
    taxpayer = settling.coordination.filers[facts.filer].taxpayer
    bare = at_the_rates_of(account_problem(planned.signals, planned.mandate, taxpayer, own=facts.own), planned.problem)
    _, _, free = settling.coordination.problem(account_id, {})
    asked = _at_the_same_cost(settling.explained(bare, settled.planned), free)
    if share is None and asked is bare:
        return planned.proposal
    problem = asked if share is None else _sharing(asked, planned, *share)
    blind = facts.leaves_tax_out
    proposal = explain(problem, planned.solution, planned.orders, planned.signals, planned.mandate)
    note = _NOTE + (_BLIND if blind else "")
    others = [n for n in planned.proposal.notes if not n.startswith("Not tax advice.")]
    return replace(
        proposal,
        certificate=planned.proposal.certificate,
        checks=planned.proposal.checks,
        shadow_prices=planned.proposal.shadow_prices,
        mandate=facts.mandate,
        notes=(note, *others),
        stages=planned.proposal.stages,
    )


def _at_the_same_cost(asked: Problem, free: Problem) -> Problem:
    """A problem with the trading cost that the household's objective has.

    The pieces of its curve are as fine as the largest trades ask for, and locks change these.
    """
    cost = next(t for t in free.terms if isinstance(t, TradingCost))
    own = next(t for t in asked.terms if isinstance(t, TradingCost))
    if np.array_equal(own.chords.knots, cost.chords.knots):
        return asked
    return replace(asked, terms=tuple(cost if t is own else t for t in asked.terms))


def _sharing(asked: Problem, planned: Planned, rates: tuple[float, float], cents: Decimal) -> Problem:
    """The problem with the tax as the account's share of it, to the cent; also where the account leaves tax out."""
    tax = next((t for t in asked.terms if isinstance(t, LotTax | ScheduleDTax)), None)
    holdings = asked.block.holdings
    per_lot = RealisedGains.of(planned.signals.account).taxed(rates)
    value = float(per_lot @ planned.orders.plan.sells) * holdings.value_usd
    scale = float(cents) / value if value else 1.0
    share = _TaxShare(holdings, np.asarray(per_lot * scale, dtype=np.float64))
    if tax is None:
        return replace(asked, terms=(share, *asked.terms), memos=())
    return replace(asked, terms=tuple(share if t is tax else t for t in asked.terms))


def reasons_for(settling: Settling, sides: Sides) -> dict[int, str]:
    """What the locks of each side say."""
    universe = next(iter(settling.coordination.accounts.values())).signals.market.universe
    found = {}
    for group, side in sides.items():
        if not isinstance(side, WashSide):
            continue
        names = ", ".join(s.ticker for s, g in zip(universe.securities, universe.group_of, strict=True) if g == group)
        if side is WashSide.NO_BUY:
            found[group] = (
                f"No account of the household buys {names} today: another account sells it at a loss, which a "
                "purchase in any account of the couple would wash (26 USC 1091)."
            )
        else:
            found[group] = (
                f"No account of the household sells {names} at a loss today: another account buys it, which would "
                "wash the loss (26 USC 1091)."
            )
    return found


def decisions_of(
    settling: Settling, settled: Settled, dearer: Mapping[int, float], given: Sides
) -> tuple[WashDecision, ...]:
    """Who gave way in each group that clashed, and what the other side costs more."""
    universe = next(iter(settling.coordination.accounts.values())).signals.market.universe
    found = []
    for group, side in given.items():
        members = [s for s, g in zip(universe.securities, universe.group_of, strict=True) if g == group]
        names = ", ".join(s.ticker for s in members)
        sellers, buyers = _who(settled, group, universe.group_of)
        more = dearer.get(group)
        other = _other_way(more)
        if group not in settled.sides or not isinstance(side, WashSide):
            what, sentence = (
                "priced",
                f"{names} is sold at a loss and bought: the wash sale costs less than it is worth.",
            )
        elif side is WashSide.NO_BUY:
            sold = f": {_subject(sellers, 'sells', 'sell')} it at a loss" if sellers else ""
            what, sentence = "no_buy", f"No account buys {names}{sold}.{other}"
        else:
            bought = f": {_subject(buyers, 'buys', 'buy')} it" if buyers else ""
            what, sentence = "no_loss_sale", f"No account sells {names} at a loss{bought}.{other}"
        found.append(WashDecision(tuple(s.security_id for s in members), what, more, sentence))
    return tuple(found)


def _other_way(more_usd: float | None) -> str:
    """What the other side costs, in words; nothing where that is not known, or nothing."""
    if more_usd is None or more_usd < _CENT_USD:
        return ""
    if math.isinf(more_usd):
        return " The other way round leaves no plan that keeps all rules."
    return f" The other way round would cost about ${more_usd:,.2f} more."


def _subject(account_ids: list[str], one: str, several: str) -> str:
    *first, last = account_ids
    return f"{', '.join(first)} and {last} {several}" if first else f"{last} {one}"


def _who(settled: Settled, group: int, group_of: NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """Accounts that sell a group at a loss, and that buy it."""
    sellers, buyers = [], []
    for account_id, planned in settled.planned.items():
        account = planned.signals.account
        lost = [i for i in planned.orders.sells if account.lot_gain_usd[i] < 0]
        if any(int(group_of[account.lot_name[i]]) == group for i in lost):
            sellers.append(account_id)
        if any(int(group_of[i]) == group for i in planned.orders.buys):
            buyers.append(account_id)
    return sellers, buyers
