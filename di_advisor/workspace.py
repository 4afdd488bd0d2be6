"""A workspace: one account, estimated once, and asked again and again.

Problem: a dial moved, a frontier and "why not this name" must not estimate risk, cost and lots anew.
Decision: the market's signals are kept; the account's are only made again where a wish locks names
or lots; proposals are kept by mandate, so that a dial moved back answers at once. Every answer is
the one that `Advisor.propose` would give for the same wishes. Limits: the facts are those of the
moment it was made; lots, prices or locks that changed need a new workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.exclusions import Exclusion
from di_advisor.domain.kept_trades import KeptTrade, kept_of
from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.signals import Lock, MarketSignals, Signals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates
from di_advisor.domain.trades import Trade
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import Taxpayer, rates_of
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.cost_card import CostsBy
from di_advisor.propose.planned import Clock, Planned, Progress, never, silent
from di_advisor.propose.proposal import Proposal, Stage
from di_advisor.propose.questions import Questions
from di_advisor.propose.screen_costs import screen_costs
from di_advisor.propose.transition import TransitionPlan
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.propose.uplift_ladder import Ladder, climb
from di_advisor.propose.withdrawal import LargestWithdrawal, largest_withdrawal, losses_only, plan_or_largest
from di_advisor.signals import estimate_account

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.propose.frontiers import Dial, Frontier

__all__ = ["Workspace"]

_LOCKING = ("do_not_buy", "do_not_sell", "do_not_hold", "exclusions", "min_holding_days", "mode", "wash_policy")
"""Wishes that the account's signals depend on."""

_KEPT = 32


@dataclass(frozen=True, eq=False)
class Workspace(Questions):
    """One account with its signals, made by `Advisor.workspace`.

    Attributes
    ----------
    portfolio, target, tax
        As given; `tax` with rates of zero where the account is not taxed.
    mandate : Mandate
        The wishes that questions start from.
    signals : Signals
        Of the account under these wishes.
    locks : tuple of Lock
        Further locks that were given.
    stages : tuple of Stage
        CPU seconds of the estimation.
    own : OwnWishes
        The user's own terms and rules, kept in every question; ``own.specs()`` is what a file may keep of them.
    exact : bool
        Whether every plan is branched on until its discrete choices are proved, within a budget of nodes.
    costs_by : CostsBy or None
        Who drew the cost curves, asked what a prediction is made of; None where that is not known.
    """

    portfolio: Portfolio
    target: Target
    mandate: Mandate
    tax: Taxpayer
    signals: Signals
    locks: tuple[Lock, ...] = ()
    stages: tuple[Stage, ...] = ()
    own: OwnWishes = field(default_factory=OwnWishes)
    exact: bool = False
    costs_by: CostsBy | None = None
    _planned: list[Planned] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.signals.account.kind in RETIREMENT_KINDS:
            known = rates_of(self.tax, self.signals.market.as_of)
            untaxed = replace(known, rates=ConstantRates(0.0, 0.0), loss_rates=known.loss_rates or known.rates)
            object.__setattr__(self, "tax", untaxed)

    def exactly(self) -> Workspace:
        """The same account and wishes, with every plan branched on until proved: slower, and the gap next to nothing.

        Where the budget of nodes runs out first, the plan comes with the bound that was reached.
        """
        return self if self.exact else replace(self, exact=True)

    def propose(
        self, *, exact: bool = False, progress: Progress = silent, cancel: Callable[[], bool] = never
    ) -> Proposal:
        """Trades under the workspace's own wishes, as `Advisor.propose` gives them; of `exactly` where asked for.

        Raises
        ------
        DiAdvisorError
            As `Advisor.propose`.
        """
        if exact and not self.exact:
            return self.exactly().propose(progress=progress, cancel=cancel)
        return self._plan(self.mandate, progress, cancel).proposal

    def what_if(
        self,
        *,
        exact: bool = False,
        progress: Progress = silent,
        cancel: Callable[[], bool] = never,
        **changes: Any,
    ) -> Proposal:
        """Trades with some wishes changed and everything else kept: the answer of a new `Advisor.propose`.

        Parameters
        ----------
        exact : bool
            Whether the answer is that of `exactly`.
        progress, cancel : callable
            Told each stage; asked whether to stop.
        **changes
            Fields of `Mandate`, such as ``tracking_error_max=0.008``.

        Raises
        ------
        InputError
            If there is no such wish, or its value is not one.
        DiAdvisorError
            As `Advisor.propose`.
        """
        if exact and not self.exact:
            return self.exactly().what_if(progress=progress, cancel=cancel, **changes)
        return self._plan(self._changed(changes), progress, cancel).proposal

    def under(self, **changes: Any) -> Workspace:
        """The same facts under other wishes, with the same memory of what was planned.

        Parameters
        ----------
        **changes
            Fields of `Mandate`.

        Raises
        ------
        InputError
            If there is no such wish, or its value is not one.
        """
        return self._under(self._changed(changes))

    def keeping(self, trades: Iterable[Trade] | Mapping[str, KeptTrade]) -> Workspace:
        """The same account and wishes, with some trades made exactly as they are and the rest solved around them.

        Parameters
        ----------
        trades : iterable of Trade, or Mapping of str to KeptTrade
            Of an earlier proposal, such as ``proposal.trade_list[:3]``; all lots of a name together. None of
            them takes earlier ones back.

        Raises
        ------
        InputError
            If a name is on both sides. That one cannot be made any more is said by the proposal.
        """
        kept = dict(trades) if isinstance(trades, Mapping) else kept_of(trades)
        signals = replace(self.signals, account=replace(self.signals.account, kept=kept))
        return replace(self, signals=signals, stages=())

    def transition(
        self, wish: TransitionWish, *, progress: Progress = silent, cancel: Callable[[], bool] = never
    ) -> TransitionPlan:
        """A plan over several dates under budgets of gains and tax; what is traded now is its proposal of today.

        Parameters
        ----------
        wish : TransitionWish
            Dates, budgets, tracking-error path; `TransitionWish.quarterly` makes the usual one.
        progress, cancel : callable
            Told each stage; asked whether to stop.

        Raises
        ------
        UnsupportedWishError
            If the mandate asks for what a transition does not keep, or trades are kept.
        DiAdvisorError
            As `propose`. Nothing is proposed then.
        """
        if self.signals.account.kept:
            raise UnsupportedWishError(
                "A transition does not take kept trades.",
                hint="Send the trades that are kept first, and plan from what they leave.",
                fields=["kept"],
            )
        mandate = self.mandate.with_changes(mode=TradingMode.REBALANCE)
        return plan_transition(
            self._signals_for(mandate), mandate, self.tax, wish, Clock(progress), cancel, own=self.own
        )

    def relaxed_uplift(self, measure: str, uplift_min: float = 0.10, **changes: Any) -> Ladder:
        """An ESG uplift, and where it cannot be had, the published ladder of turnover and tracking error.

        Parameters
        ----------
        measure : str
            Whose average must rise.
        uplift_min : float
            By how much against the index, relative.
        **changes
            Further fields of `Mandate`, such as the ``turnover_max`` and ``tracking_error_max`` to start from.

        Raises
        ------
        InputError
            If there is no cap on tracking error to relax.
        """
        mandate = self._changed(changes)
        mandate = mandate.with_changes(esg=(*mandate.esg, EsgWish(measure, uplift_min=uplift_min)))
        return climb(self._signals_for(mandate), mandate, self.tax, lambda m: self._plan(m, silent, never).proposal)

    def screen_costs(self, *exclusions: Exclusion) -> pd.DataFrame:
        """What each screen costs in tracking error, alone and all together; those of the mandate where none is given.

        The columns are those of `di_advisor.propose.screen_costs.screen_costs`.
        """
        chosen = exclusions or self.mandate.exclusions
        return screen_costs(lambda some: self.what_if(exclusions=some), tuple(chosen))

    def max_withdrawal(
        self, *, only_cash: bool = False, without_gains: bool = False, cancel: Callable[[], bool] = never
    ) -> LargestWithdrawal:
        """The largest withdrawal under the workspace's wishes, in cents, with the trades that raise it.

        Parameters
        ----------
        only_cash : bool
            Trade nothing.
        without_gains : bool
            Sell no lot that stands at a gain.
        cancel : callable
            Asked between solves.

        Raises
        ------
        InfeasibleError
            If the rules cannot be kept even without a withdrawal.
        """
        signals = losses_only(self.signals) if without_gains else self.signals
        return largest_withdrawal(signals, self.mandate, self.tax, only_cash=only_cash, cancel=cancel, own=self.own)

    def frontier(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] = never,
        **dial: Iterable[Any] | Dial,
    ) -> Frontier:
        """What each value of one wish would do: one row a value, in the given order.

        Parameters
        ----------
        progress : callable, optional
            Told how many values are done, of how many.
        cancel : callable
            Asked whether to stop.
        **dial
            One field of `Mandate` with its values, such as ``tracking_error_max=[0.005, 0.01]``.

        Returns
        -------
        Frontier
            A DataFrame that notebooks draw. Columns: the wish, ``tracking_error`` (a fraction per year), the
            change of each term in USD (``tax_usd``, ``trading_cost_usd``, ``active_risk_usd``, ...; positive
            hurts), each ESG measure after trading, ``benefit_usd``,
            ``gap_usd``, ``trades``, and ``refused``, which says why there is no plan (the figures are
            then NaN, the count of trades 0) and is empty otherwise.

        Raises
        ------
        InputError
            If not exactly one wish is named.
        """
        if len(dial) != 1:
            raise InputError(
                f"A frontier turns one dial, not {len(dial)}.",
                hint="Such as tracking_error_max=[0.005, 0.01, 0.02]; surface turns two.",
            )
        return self._swept(dial, progress, cancel)

    def surface(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] = never,
        **dials: Iterable[Any] | Dial,
    ) -> Frontier:
        """What every pair of values of two dials would do, such as tracking error against ESG: drawn in a notebook.

        Parameters
        ----------
        progress, cancel : callable, optional
            As of `frontier`.
        **dials
            Two fields of `Mandate` with their values, or a `Dial`, such as ``tracking_error_max=[0.005, 0.01],
            uplift=esg_uplift("score", [0, 0.1, 0.2])``.

        Returns
        -------
        Frontier
            A DataFrame with the columns of `frontier`, one row a pair.

        Raises
        ------
        InputError
            If not exactly two dials are named.
        """
        if len(dials) != 2:
            raise InputError(
                f"A surface turns two dials, not {len(dials)}.",
                hint="Such as tracking_error_max=[0.005, 0.01], turnover_max=[0.05, 0.1].",
            )
        return self._swept(dials, progress, cancel)

    def _swept(
        self, dials: dict[str, Any], progress: Callable[[int, int], None] | None, cancel: Callable[[], bool]
    ) -> Frontier:
        from di_advisor.propose.frontiers import swept

        def change(fields_of: Mapping[str, Any]) -> Mandate:
            return self._changed(dict(fields_of))

        return swept(change, lambda mandate: self._plan(mandate, silent, cancel).proposal, dials, progress)

    def _changed(self, changes: dict[str, Any]) -> Mandate:
        known = [f.name for f in fields(Mandate)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            meant = list(dict.fromkeys(n for u in unknown for n in get_close_matches(u, known)))
            hint = f"Did you mean {' or '.join(meant)}? " if meant else ""
            raise InputError(
                f"A mandate has no wish {', '.join(unknown)}.",
                hint=f"{hint}It has: {', '.join(known)}.",
                unknown=unknown,
            )
        return self.mandate.with_changes(**changes)

    def _plan(self, mandate: Mandate, progress: Progress, cancel: Callable[[], bool]) -> Planned:
        """The plan for a mandate, kept from before where it was asked already."""
        for known in self._planned:
            if known.mandate == mandate:
                return known
        first = mandate == self.mandate
        clock = Clock(progress, self.stages if first else ())
        if not first:
            clock.start("signals")
        signals = self._signals_for(mandate)
        planned = plan_or_largest(signals, mandate, self.tax, clock, cancel, self.own, exact=self.exact)
        notes = (*planned.proposal.notes, *self._later_cash())
        asked = self if first else self._under(mandate)
        planned = replace(planned, proposal=replace(planned.proposal, notes=notes, workspace=asked))
        own = [p for p in self._planned if p.mandate == self.mandate]
        others = [p for p in self._planned if p.mandate != self.mandate]
        self._planned[:] = [*own, *others[-_KEPT:], planned]
        return planned

    def _under(self, mandate: Mandate) -> Workspace:
        """The same facts under other wishes, with the same memory of what was planned."""
        other = replace(self, mandate=mandate, signals=self._signals_for(mandate))
        object.__setattr__(other, "_planned", self._planned)
        return other

    def _signals_for(self, mandate: Mandate) -> Signals:
        if all(getattr(mandate, wish) == getattr(self.mandate, wish) for wish in _LOCKING):
            return self.signals
        market: MarketSignals = self.signals.market
        account_id = self.signals.account.account_id
        account = estimate_account(self.portfolio, account_id, market, self.target, mandate, locks=self.locks)
        known = self.signals.account  # what was told of the same lots: no wish changes it
        return Signals(market, replace(account, kept=known.kept, continuation_usd=known.continuation_usd))

    def _later_cash(self) -> Sequence[str]:
        as_of = self.signals.market.as_of
        cash = self.portfolio.account(self.signals.account.account_id).cash
        dated = ", ".join(f"{c.amount_usd} USD on {c.available_on}" for c in cash if c.available_on > as_of)
        return [f"Cash that comes or goes later is not counted: {dated}."] if dated else []
