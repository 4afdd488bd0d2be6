"""Memos: amounts that stand beside the objective, and the sentences about them.

A withdrawal is cash that leaves the account; a tax that the mandate says not to weigh is still owed;
a plan worth less than the mandate asks for is not proposed, and what it was worth is said.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import as_fraction, to_decimal
from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.signals import Signals
from di_advisor.domain.wording import counted
from di_advisor.formulate.cash_wishes import set_aside_usd
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import slack_in_rows
from di_advisor.propose.settle import TOLERANCE, Orders

__all__ = ["memo_notes", "memos_usd"]

_CENTS = 2
_SHOWN = 5


def memos_usd(problem: Problem, orders: Orders, mandate: Mandate) -> dict[str, Decimal]:
    """Amounts beside the objective, in cents."""
    found: dict[str, Decimal] = {}
    aside = set_aside_usd(mandate)
    if aside:
        found["withdrawal"] = aside
    for memo in problem.memos:
        found[f"{memo.name} not weighed"] = to_decimal(memo.value_usd(orders.plan), _CENTS)
    if orders.given_up_usd is not None:
        found["benefit given up"] = orders.given_up_usd
    return found


def memo_notes(problem: Problem, orders: Orders, signals: Signals, mandate: Mandate) -> tuple[str, ...]:
    """What a reader must know of amounts beside the objective, and of wishes that did not apply."""
    notes = list(problem.notes)
    for name, amount in memos_usd(problem, orders, mandate).items():
        if name.endswith("not weighed"):
            owed = "is owed on these trades" if amount >= 0 else "is saved by these trades"
            notes.append(
                f"{name.removesuffix(' not weighed').capitalize()} was not weighed, as you ask; "
                f"${abs(amount):,} of it {owed} at the rates given."
            )
    if orders.given_up_usd is not None:
        least = mandate.benefit_min_usd
        notes.append(
            f"A plan worth ${orders.given_up_usd:,} was not proposed because you ask for at least "
            f"${to_decimal(float(as_fraction(least)), _CENTS):,}."
        )
    elif mandate.benefit_min_usd > 0 and (orders.sells or orders.buys):
        broken = [r.name for r in problem.rules if slack_in_rows(r, problem.block.holdings.nothing()) < -TOLERANCE]
        if broken:
            notes.append(
                "The least benefit you ask for does not apply here: doing nothing would break "
                f"{', '.join(dict.fromkeys(broken))}."
            )
    notes += _unknown(mandate, signals)
    if mandate.mode is TradingMode.LIQUIDATE:
        notes += _left(orders, signals)
    return tuple(notes)


def _unknown(mandate: Mandate, signals: Signals) -> list[str]:
    """Names on a client's lists that the market does not hold: a ticker taken for an id would pass unseen."""
    market = signals.market
    known = {*market.universe.security_ids, *(security.security_id for security in market.unpriced)}
    told = []
    for wish in ("do_not_buy", "do_not_sell", "do_not_hold"):
        missing = sorted(getattr(mandate, wish) - known)
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            told.append(f"The market does not hold these security ids of {wish}: {', '.join(missing[:_SHOWN])}{more}.")
    return told


def _left(orders: Orders, signals: Signals) -> list[str]:
    """What a liquidation leaves in the account."""
    account = signals.account
    left = np.array(
        [
            float(as_fraction(lot.shares) - as_fraction(orders.sells.get(i, Decimal(0))))
            / max(float(as_fraction(lot.shares)), 1e-300)
            for i, lot in enumerate(account.lots)
        ]
    )
    rest = float(left @ account.lot_value_usd) if len(left) else 0.0
    count = int((left > 0).sum())
    if not count:
        return ["Nothing is left but cash."]
    why = "it is locked, or larger" if count == 1 else "they are locked, or larger"
    return [f"${rest:,.2f} in {counted(count, 'lot')} cannot be sold now: {why} than one trade may be."]
