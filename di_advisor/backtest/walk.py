"""The steps of a replay: one session after the other, with what is kept from one to the next.

Limits: the risk model is kept between its dates; a name that it does not know and that is held or in the target makes
it be estimated anew, any other name is left out of the day's market.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from di_advisor.advisor import Advisor
from di_advisor.backtest.account_days import AccountDays, Opened
from di_advisor.backtest.aligned import aligned, locked_loss_usd
from di_advisor.backtest.dues import Dues
from di_advisor.backtest.holdings import holdings_digest, identical_of
from di_advisor.backtest.markets import Narrowing, tradable, with_unpriced
from di_advisor.backtest.past import Past
from di_advisor.backtest.reach import concerns_cap, within_reach
from di_advisor.backtest.realised import Realised
from di_advisor.backtest.record import DayRow, RebalanceRow, RefusedWithdrawal, Replayed
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.trading import Fills, fills_of, gains_of, row_of
from di_advisor.backtest.waiting import Waiting
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Event
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import SettlementError, SolveError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.policies import Decision, Policy, PolicyState, decide
from di_advisor.propose.proposal import Proposal
from di_advisor.signals.lot_arrays import lot_arrays
from di_advisor.workspace import Workspace

__all__ = ["Walk"]

_NOTHING = Fills((), Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a call: fills, whether the policy was heard, and the tracking error after trades."""

    fills: Fills
    heard: bool
    tracking_error: float | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """Value of priced lots, in all and by name of the market, and their unrealised gains by term."""

    value_usd: float
    held_usd: FloatArray
    short_usd: Fraction
    long_usd: Fraction


_QUIET = _Done(_NOTHING, heard=True)
_OPENED = "The account is opened."


class Walk:
    """A replay on its way.

    Parameters
    ----------
    past, sessions, policy, mandate, tax, settings, advisor
        As of `di_advisor.backtest.replay.replay`; the sessions in order.
    """

    def __init__(
        self,
        past: Past,
        sessions: Sequence[date],
        policy: Policy,
        mandate: Mandate,
        tax: Taxpayer,
        settings: ReplaySettings,
        advisor: Advisor,
    ) -> None:
        self._past, self._sessions, self._settings = past, sessions, settings
        self._policy, self._mandate, self._advisor = policy, mandate, advisor
        self._account = AccountDays(past, settings)
        self._realised = Realised(self._account.running.book)
        self._dues = Dues(self._account, self._realised, tax, settings, sessions)
        self._state = PolicyState()
        self._last_rebalance: date | None = None
        self._risk: FactorRisk | None = None
        self._risk_month = 0
        self._narrowing = Narrowing()
        self._days: list[DayRow] = []
        self._rebalances: list[RebalanceRow] = []
        self._start_tax = self._end_tax = 0.0
        self._waiting, self._asked, self._worth = Waiting(), Decimal(0), 0.0
        self._seen: list[Event] = []
        self._holdings = (-1, "")

    @property
    def days(self) -> tuple[DayRow, ...]:
        """Rows of the sessions walked through so far."""
        return tuple(self._days)

    def branched(self, policy: Policy) -> Walk:
        """A walk that goes on from here by another policy, with books of its own; what never changes is shared."""
        shared = (self._past, self._sessions, self._mandate, self._settings, self._advisor, self._policy, self._risk)
        other = deepcopy(self, {id(each): each for each in (*shared, self._narrowing)})
        other._policy, other._state = policy, PolicyState()  # noqa: SLF001  (of the same class)
        return other

    def step(self, day: date, cancel: Callable[[], bool]) -> None:
        """Walk through one session."""
        market = self._past.market(day)
        first = not self._days
        if first:
            opened = self._account.begin(day)
        else:
            opened = self._account.open(day, market, self._dues.deposit_of(day))
            self._dues.fall_due(day)
        self._seen += self._account.passed_by
        self._ask_for_dues(market)
        held = self._account.held()
        unpriced = self._account.unpriced(market, held)
        target = tradable(self._past.target(day), market)
        market = self._known_to_risk(market, held | set(target.weights_on(day)))
        workspace = self._workspace(with_unpriced(market, unpriced), target)
        facts = DayFacts.of(
            workspace, events=opened.events, last_rebalance=self._last_rebalance, harvesting=self._settings.harvest
        )
        decision, after = decide(self._policy, facts, self._state)
        reasons = self._reasons(decision)
        done = self._rebalance(workspace, decision, reasons, cancel) if reasons else _QUIET
        if done.heard or not decision.due:
            self._state = after
        self._account.trade(done.fills.events)
        paid_out = self._dues.pay(self._account.cash_usd)
        self._account.running.close()
        self._write(facts, opened, done, decision, paid_out)

    # --- facts ------------------------------------------------------------------------------------------------------

    def _known_to_risk(self, market: Market, needed: set[str]) -> Market:
        """The market's names that the risk model in force knows; estimated anew where it is time or a name lacks."""
        day = market.as_of
        month = 12 * day.year + day.month - 1
        ids = market.universe.security_ids
        priced = market.priced
        known = None if self._risk is None else self._risk.universe.positions
        due = known is None or month - self._risk_month >= self._settings.risk_every_months
        at = market.universe.positions
        lacking = not due and known is not None and any(n not in known for n in needed if n in at and priced[at[n]])
        if due or lacking:
            returns, exposures = self._past.returns(day), self._past.exposures(day)
            self._risk = self._advisor.estimate_risk(market, returns, exposures)
            self._risk_month = month if due else self._risk_month
            known = self._risk.universe.positions
        if known is None:
            return market
        keep = np.array([name in known for name in ids], dtype=np.bool_) | ~priced
        return self._narrowing.narrowed(market, keep)

    def _workspace(self, market: Market, target: Target) -> Workspace:
        wanted = self._asked
        return self._advisor.workspace(
            self._account.running.portfolio(),
            market=market,
            target=target,
            mandate=self._mandate.with_changes(withdrawal_usd=wanted) if wanted else self._mandate,
            tax=self._dues.taxpayer_on(market.as_of),
            risk=self._risk,
            costs=self._advisor.estimate_costs(market),
            account_id=self._settings.account_id,
            esg=self._past.esg(market.as_of) if self._settings.uses_esg else None,
            harvest=self._settings.harvest,
        )

    def _ask_for_dues(self, market: Market) -> None:
        """Set what a proposal of the day is to raise."""
        wanted, self._asked = self._dues.wanted_usd, Decimal(0)
        if wanted:
            at, lots = market.universe.positions, self._account.running.portfolio().lots
            priced = (
                Fraction(lot.shares) * Fraction(market.price_usd[at[i]] or 0)
                for lot in lots
                if (i := lot.security_id) in at
            )
            self._worth = float(sum(priced, self._account.cash_usd))
            self._asked = self._waiting.asked_usd(market.as_of, wanted, self._worth)

    # --- acting -----------------------------------------------------------------------------------------------------

    def _reasons(self, decision: Decision) -> tuple[str, ...]:
        """Why there is a proposal today; empty where there is none."""
        reasons = decision.reasons if decision.due else ()
        if self._settings.portfolio is None and self._last_rebalance is None:
            reasons = (_OPENED, *reasons)
        wanted = self._asked
        if as_fraction(wanted) > max(self._account.cash_usd, Fraction(0)):
            reasons = (*reasons, f"{wanted:,} USD are to be paid out, more than there is in cash.")
        return reasons

    def _rebalance(
        self, workspace: Workspace, decision: Decision, reasons: tuple[str, ...], cancel: Callable[[], bool]
    ) -> _Done:
        """Propose and fill."""
        signals = workspace.signals
        day = signals.market.as_of
        cap = workspace.mandate.tracking_error_max
        try:
            proposal, note = self._within_reach(workspace, cancel)
            proposal, note = self._with_carried_losses(workspace, proposal, note, cancel)
        except (SolveError, SettlementError) as error:
            if cancel():
                raise
            self._refuse(day, error)
            now = signals.market.risk.tracking_error(DayFacts.of(workspace).active())
            self._rebalances.append(RebalanceRow(day, reasons, 0, 0.0, 0.0, 0.0, 0.0, now, now, cap, str(error)))
            return _Done(_NOTHING, heard=False)
        fills = fills_of(proposal, signals.market.costs, self._settings.account_id, day)
        if decision.due or fills.events:
            self._last_rebalance = day
        self._rebalances.append(row_of(reasons, proposal, cap, note))
        return _Done(fills, heard=True, tracking_error=proposal.after.tracking_error if fills.events else None)

    def _refuse(self, day: date, error: SolveError | SettlementError) -> None:
        """Note that what is to be paid out could not be raised, where that was asked."""
        if self._asked:
            possible = error.facts.get("largest_withdrawal_usd")
            self._waiting.refuse(
                RefusedWithdrawal(
                    day, float(self._asked), self._worth, None if possible is None else float(possible), str(error)
                )
            )

    def _held_now(self) -> str:
        """Fingerprint of the shares held, reckoned anew where the books changed."""
        count = len(self._account.running.events)
        if count != self._holdings[0]:
            lots = self._account.running.portfolio().account(self._settings.account_id).lots
            self._holdings = count, holdings_digest((lot.security_id, lot.shares) for lot in lots)
        return self._holdings[1]

    def _within_reach(self, workspace: Workspace, cancel: Callable[[], bool]) -> tuple[Proposal, str]:
        """A proposal, and what is to be noted of it: that locks let it only near the cap."""
        try:
            return workspace.propose(cancel=cancel), ""
        except (SolveError, SettlementError) as error:
            if cancel() or not self._settings.nears_cap or not concerns_cap(error):
                raise
            now = workspace.signals.market.risk.tracking_error(DayFacts.of(workspace).active())
            return within_reach(workspace, error, now, cancel)

    def _with_carried_losses(
        self, workspace: Workspace, proposal: Proposal, note: str, cancel: Callable[[], bool]
    ) -> tuple[Proposal, str]:
        """The proposal, or one at other rates of the year that is better by the whole figure."""
        year = self._dues.carried_year(proposal.as_of)
        if year is None or not isinstance(workspace.tax, TaxProfile):
            return proposal, note

        def propose(rates: TaxProfile) -> tuple[Proposal, str] | None:
            try:
                return self._within_reach(replace(workspace, tax=rates), cancel)
            except (SolveError, SettlementError):
                if cancel():
                    raise
                return None  # what was found before stands

        def figures(found: tuple[Proposal, str]) -> tuple[float, Fraction, Fraction]:
            plan = found[0]
            return (float(plan.benefit_usd) + float(plan.terms_usd.get("tax", 0)), *gains_of(plan))

        return year.best(workspace.tax, (proposal, note), propose, figures)

    # --- what is written --------------------------------------------------------------------------------------------

    def _write(self, facts: DayFacts, opened: Opened, done: _Done, decision: Decision, paid_out: Decimal) -> None:
        day, account, fills = facts.as_of, self._account, done.fills
        standing = self._after_trades(facts) if fills.events else _as_seen(facts)
        stale = account.stale_usd(p.security_id for p in facts.signals.account.unpriced)
        cash = account.cash_usd + account.owed_usd
        realised = self._realised.close(day)
        tax = self._dues.take_tax()
        if not self._days:
            self._start_tax = self._dues.if_sold(day.year, standing.short_usd, standing.long_usd)
        if day == self._sessions[-1]:
            accrued, self._end_tax = self._dues.end(day.year, standing.short_usd, standing.long_usd)
            tax += accrued
        error = done.tracking_error
        found = aligned(facts.signals, standing.held_usd, max(standing.value_usd + float(cash), 0.01))
        self._days.append(
            DayRow(
                day=day,
                value_usd=standing.value_usd + float(stale + cash),
                cash_usd=float(cash),
                flow_usd=float(opened.deposit_usd - paid_out),
                dividend_usd=float(opened.dividend_usd),
                cost_usd=float(fills.cost_usd),
                tax_usd=tax,
                short_term_usd=realised.short_usd,
                long_term_usd=realised.long_usd,
                washed_usd=realised.washed_usd,
                bought_usd=float(fills.bought_usd),
                sold_usd=float(fills.sold_usd + opened.sold_usd),
                unrealised_usd=float(standing.short_usd + standing.long_usd),
                harvested_usd=realised.harvested_usd,
                tracking_error=facts.signals.market.risk.tracking_error(facts.active()) if error is None else error,
                index_return=self._past.index_return(day) if self._days else 0.0,
                index_yield=self._past.index_yield(day) if self._days else 0.0,
                fired=tuple(f.trigger for f in decision.firings if f.fired),
                traded=bool(fills.events),
                holdings=self._held_now(),
                correlation=found.correlation,
                factor_share=found.factor_share,
                sector_active=found.sector_active,
                locked_loss_usd=locked_loss_usd(facts.signals.account),
            )
        )

    def _after_trades(self, facts: DayFacts) -> _Standing:
        """Holdings of the account after the trades of the day, at its closes."""
        market = facts.signals.market
        at = market.universe.positions
        lots = [
            x for x in self._account.running.portfolio().account(self._settings.account_id).lots if x.security_id in at
        ]
        arrays = lot_arrays(lots, [market.price_usd[at[lot.security_id]] for lot in lots], market.as_of)
        names = np.array([at[lot.security_id] for lot in lots], dtype=np.int64)
        return _standing(arrays.value_usd, names, len(at), arrays.gain_usd, arrays.long_term)

    def replayed(self) -> Replayed:
        """The whole replay, when all sessions are walked through."""
        events: list[Event] = [*self._account.running.events, *self._account.owed]
        return Replayed(
            label=f"from {self._sessions[0]}; {self._settings.in_words}",
            past=self._past.label,
            policy=self._policy.name,
            days=tuple(self._days),
            rebalances=tuple(self._rebalances),
            events=tuple(events),
            liquidation_tax_start_usd=self._start_tax,
            liquidation_tax_end_usd=self._end_tax,
            seen=tuple(self._seen),
            refused=tuple(self._waiting.refused),
            wash_sales=self._settings.wash_sales,
            identical=identical_of(self._account.running.book.groups),
        )


def _as_seen(facts: DayFacts) -> _Standing:
    account = facts.signals.account
    size = len(account.target_weight)
    return _standing(account.lot_value_usd, account.lot_name, size, account.lot_gain_usd, account.lot_long_term)


def _standing(
    value_usd: FloatArray, names: NDArray[np.int64], size: int, gain_usd: FloatArray, long_term: NDArray[np.bool_]
) -> _Standing:
    return _Standing(
        float(value_usd.sum()),
        np.bincount(names, weights=value_usd, minlength=size).astype(np.float64),
        Fraction(float(gain_usd[~long_term].sum())),
        Fraction(float(gain_usd[long_term].sum())),
    )
