"""Accounts that leave tax out in words: what they sell and buy, what that locks for others, and who gave way."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from di_advisor.errors import DiAdvisorError, InfeasibleError, SettlementError
from di_advisor.propose.household.proposal import WashDecision
from di_advisor.propose.household.settled import Settling
from di_advisor.propose.planned import Planned
from di_advisor.signals.household_locks import WashSide
from di_advisor.solve.household.coordination import Coordination

__all__ = ["Standing", "decision", "failure_beside", "giving_way", "left_out", "locks_beside", "roles"]

Standing = Mapping[str, Planned]
"""Orders of the accounts that leave tax out."""


def left_out(coordination: Coordination) -> tuple[str, ...]:
    """Taxable accounts whose mode does not look at tax."""
    return tuple(i for i, a in coordination.accounts.items() if a.leaves_tax_out)


def roles(standing: Standing) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Who sells a group at a loss, and who buys it."""
    sold: dict[int, list[str]] = {}
    bought: dict[int, list[str]] = {}
    for account_id, planned in standing.items():
        account, group_of = planned.signals.account, planned.signals.market.universe.group_of
        lost = [i for i in planned.orders.sells if account.lot_gain_usd[i] < 0]
        for group in np.unique(group_of[account.lot_name[lost]]).tolist():
            sold.setdefault(int(group), []).append(account_id)
        for group in np.unique(group_of[list(planned.orders.buys)]).tolist():
            bought.setdefault(int(group), []).append(account_id)
    return sold, bought


def giving_way(standing: Standing, group: int) -> WashSide:
    """What accounts that leave tax out do not do where they give way."""
    return WashSide.NO_BUY if group in roles(standing)[1] else WashSide.NO_LOSS_SALE


def locks_beside(whole: Settling, standing: Standing) -> tuple[dict[int, WashSide], dict[int, str]]:
    """What nobody else may do beside orders, and why."""
    sold, bought = roles(standing)
    sides, reasons = dict[int, WashSide](), dict[int, str]()
    for group, who in sold.items():
        sides[group] = WashSide.NO_BUY
        reasons[group] = (
            f"No other account of the household buys {_names(whole, group)} today: {', '.join(who)}, which leaves tax "
            "out, sells it at a loss, which a purchase in any account of the couple would wash (26 USC 1091)."
        )
    for group, who in bought.items():
        sides[group] = WashSide.NO_LOSS_SALE
        reasons[group] = (
            f"No other account of the household sells {_names(whole, group)} at a loss today: {', '.join(who)}, which "
            "leaves tax out, buys it, which would wash the loss (26 USC 1091)."
        )
    return sides, reasons


def decision(
    whole: Settling, sides: Mapping[int, WashSide], standing: Standing, group: int, other_usd: float | None
) -> WashDecision:
    """Who gave way in a group: the accounts that leave tax out where ``sides`` lock it, else the others.

    ``other_usd`` is what the other way round costs more, where it was tried.
    """
    universe = next(iter(whole.coordination.accounts.values())).signals.market.universe
    members = tuple(s.security_id for s, g in zip(universe.securities, universe.group_of, strict=True) if g == group)
    names, ids = _names(whole, group), ", ".join(left_out(whole.coordination))
    sold, bought = roles(standing)
    told = other_usd is not None and math.isfinite(other_usd)
    other = f" The other way round would cost about ${other_usd:,.2f} more." if told else ""
    side = sides.get(group)
    if side is WashSide.NO_BUY:
        sentence = f"{ids}, which leaves tax out, does not buy {names}: the household takes a loss in it.{other}"
    elif side is WashSide.NO_LOSS_SALE:
        sentence = f"{ids}, which leaves tax out, does not sell {names} at a loss: another account buys it.{other}"
    elif group in bought:
        side = WashSide.NO_LOSS_SALE
        who = ", ".join(bought[group])
        sentence = f"No account sells {names} at a loss: {who}, which leaves tax out, buys it.{other}"
    elif group in sold:
        side = WashSide.NO_BUY
        who = ", ".join(sold[group])
        sentence = f"No other account buys {names}: {who}, which leaves tax out, sells it at a loss.{other}"
    else:
        side, sentence = WashSide.NO_BUY, f"{ids}, which leaves tax out, no longer trades {names}."
    return WashDecision(members, str(side.value), other_usd if told else None, sentence)


def failure_beside(whole: Settling, failure: DiAdvisorError | None) -> DiAdvisorError | None:
    """A failure with what accounts that leave tax out have to do with it."""
    budgets = [
        f.gain_budget_usd is not None or f.tax_budget_usd is not None for f in whole.coordination.filers.values()
    ]
    if not any(budgets):
        return failure
    ids = ", ".join(left_out(whole.coordination))
    said = f"Budgets of a return are what the trades of {ids} leave of them, which leaves tax out."
    hint = f"Raise the budgets, or let {ids} look at tax."
    if failure is None:
        return SettlementError(f"No orders keep the budgets of the household. {said}", hint=hint)
    if not isinstance(failure, InfeasibleError):
        return failure
    return InfeasibleError(f"{failure.what} {said}", hint=hint, **failure.facts)


def _names(whole: Settling, group: int) -> str:
    universe = next(iter(whole.coordination.accounts.values())).signals.market.universe
    return ", ".join(s.ticker for s, g in zip(universe.securities, universe.group_of, strict=True) if g == group)
