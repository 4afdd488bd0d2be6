"""One proposal for an account and a day: everything that calls for trades goes into one workspace.

Problem: a reconstitution, a deposit, dividends, a withdrawal next week, losses and a changed allocation, each traded
for itself, sell today what the next one buys. Decision: the target is taken in transition, cash that came in is cash
like any other, withdrawals that are planned within the horizon are raised today, and the optimizer weighs all of it at
once; what came together is told in sentences. Limits: a planned withdrawal is raised whole on the first day it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from di_advisor.advisor import Advisor
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Deposit, Dividend, Event
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.signals import Lock
from di_advisor.domain.target import Target
from di_advisor.policy.ahead import Ahead, ahead_sentence, target_ahead
from di_advisor.policy.composite import TradeOrigin, origins_of_trades
from di_advisor.policy.sessions import sessions_after
from di_advisor.policy.triggers.words import bps, usd
from di_advisor.propose.proposal import Proposal
from di_advisor.workspace import Workspace

__all__ = ["CombinedDay", "combined_day", "planned_withdrawals_usd"]


@dataclass(frozen=True)
class CombinedDay:
    """Everything of a day, ready to be proposed.

    Attributes
    ----------
    workspace : Workspace
        With the target in transition, the locks, and the mandate that raises planned withdrawals.
    ahead : Ahead
        The target in transition.
    announced : Target
        The target as announced, for where trades come from.
    reasons : tuple of str
        What came together, a sentence each. Not escaped.
    """

    workspace: Workspace
    ahead: Ahead
    announced: Target
    reasons: tuple[str, ...]

    def propose(self) -> Proposal:
        """The one proposal, with the announced changes on its trades and the reasons in its notes.

        Raises
        ------
        DiAdvisorError
            As `Workspace.propose`.
        """
        plan = self.ahead.explained(self.workspace.propose())
        return replace(plan, notes=(*plan.notes, *self.reasons))

    def origins(self, proposal: Proposal, since: date) -> tuple[TradeOrigin, ...]:
        """Where its trades come from: the allocation, the indexes, or the account; since the last rebalance."""
        return origins_of_trades(proposal, self.ahead.target, since)


def planned_withdrawals_usd(account: Account, day: date, until: date) -> Decimal:
    """Cash that is planned to leave after a day, up to and with another, USD; positive."""
    planned = [c for c in account.cash if day < c.available_on <= until and c.amount_usd < 0]
    total = sum((-as_fraction(c.amount_usd) for c in planned), as_fraction(Decimal(0)))
    return Decimal(total.numerator) / Decimal(total.denominator)


def combined_day(  # noqa: PLR0913 - the facts of a day, all keyword-only
    advisor: Advisor,
    portfolio: Portfolio,
    *,
    market: Market,
    target: Target,
    mandate: Mandate,
    account_id: str | None = None,
    events: Iterable[Event] = (),
    horizon_sessions: int = 5,
    locks: Sequence[Lock] = (),
    **facts: Any,
) -> CombinedDay:
    """Put everything of a day into one workspace.

    Parameters
    ----------
    advisor : Advisor
        With its models.
    portfolio, market, target, mandate, account_id, locks
        As of `Advisor.workspace`; the target with what was announced by the market's day.
    events : iterable of Event
        Dividends and deposits since the last rebalance, to be named; their cash is in the account already.
    horizon_sessions : int
        How far announced changes and planned withdrawals are looked for.
    **facts
        Further arguments of `Advisor.workspace`: tax, returns, risk, costs, esg, harvest.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`.
    """
    account = portfolio.account(account_id) if account_id is not None else portfolio.accounts[0]
    day, universe = market.as_of, market.universe
    tickers = {s.security_id: s.ticker for s in universe.securities}
    priced = {s.security_id for s, p in zip(universe.securities, market.price_usd, strict=True) if p is not None}
    ahead = target_ahead(target, day, horizon_sessions, priced=priced, tickers=tickers)
    until = sessions_after(day, horizon_sessions)
    leaving = planned_withdrawals_usd(account, day, until)
    wished = mandate.with_changes(withdrawal_usd=as_fraction(mandate.withdrawal_usd) + as_fraction(leaving))
    workspace = advisor.workspace(
        portfolio,
        market=market,
        target=ahead.target,
        mandate=wished if leaving else mandate,
        account_id=account_id,
        locks=(*locks, *ahead.locks),
        **facts,
    )
    reasons = [ahead_sentence(ahead, tickers), *_flows(account, day, until, leaving, events, tickers)]
    reasons += _allocation(target, day, until)
    return CombinedDay(workspace, ahead, target, tuple(r for r in reasons if r))


def _flows(
    account: Account, day: date, until: date, leaving: Decimal, events: Iterable[Event], tickers: dict[str, str]
) -> list[str]:
    told = []
    mine = [e for e in events if getattr(e, "account_id", "") == account.account_id and e.on <= day]
    dividends = [e for e in mine if isinstance(e, Dividend)]
    if dividends:
        amount = float(sum(as_fraction(e.amount_usd) for e in dividends))
        names = ", ".join(sorted({tickers.get(e.security_id, e.security_id) for e in dividends}))
        told.append(f"Dividends of {usd(amount)} ({names}) are invested with everything else.")
    deposits = sum(as_fraction(e.amount_usd) for e in mine if isinstance(e, Deposit))
    if deposits:
        told.append(f"Deposits of {usd(float(deposits))} are invested with everything else.")
    if leaving:
        told.append(f"Withdrawals of {usd(float(leaving))} planned until {until} are raised and left aside.")
    return told


def _allocation(target: Target, day: date, until: date) -> list[str]:
    changes = [a for a in target.allocations if day < a.effective <= until]
    return [
        f"The allocation changes on {a.effective} to "
        f"{', '.join(f'{bps(f)} {k}' for k, f in a.fractions.items())}; today's is on its way there."
        for a in changes
    ]
