"""A workspace: one account, estimated once, and asked again and again.

Problem: a dial moved, a frontier and "why not this name" must not estimate risk, cost and lots anew.
Decision: the market's signals are kept; the account's are only made again where a wish locks names
or lots; proposals are kept by mandate, so that a dial moved back answers at once. Every answer is
the one that `Advisor.propose` would give for the same wishes. Limits: the facts are those of the
moment it was made; lots, prices or locks that changed need a new workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.signals import Lock, MarketSignals, Signals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError, InputError, SettlementError
from di_advisor.formulate.own import OwnWishes
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.propose.planned import Clock, Planned, Progress, never, plan_for, silent
from di_advisor.propose.proposal import Proposal, Stage
from di_advisor.propose.why_not import Reason, why_not
from di_advisor.signals import estimate_account

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Workspace"]

_LOCKING = ("do_not_buy", "do_not_sell", "do_not_hold", "exclusions", "min_holding_days", "mode", "wash_policy")
"""Wishes that the account's signals depend on."""

_KEPT = 32


@dataclass(frozen=True, eq=False)
class Workspace:
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
    """

    portfolio: Portfolio
    target: Target
    mandate: Mandate
    tax: TaxProfile
    signals: Signals
    locks: tuple[Lock, ...] = ()
    stages: tuple[Stage, ...] = ()
    own: OwnWishes = field(default_factory=OwnWishes)
    _planned: list[Planned] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.signals.account.kind in RETIREMENT_KINDS:
            untaxed = replace(self.tax, rates=ConstantRates(0.0, 0.0), loss_rates=self.tax.loss_rates or self.tax.rates)
            object.__setattr__(self, "tax", untaxed)

    def propose(self, *, progress: Progress = silent, cancel: Callable[[], bool] = never) -> Proposal:
        """Trades under the workspace's own wishes, as `Advisor.propose` gives them.

        Raises
        ------
        DiAdvisorError
            As `Advisor.propose`.
        """
        return self._plan(self.mandate, progress, cancel).proposal

    def what_if(
        self,
        *,
        progress: Progress = silent,
        cancel: Callable[[], bool] = never,
        **changes: Any,
    ) -> Proposal:
        """Trades with some wishes changed and everything else kept: the answer of a new `Advisor.propose`.

        Parameters
        ----------
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
        return self._plan(self._changed(changes), progress, cancel).proposal

    def why_not(self, security_id: str) -> tuple[Reason, ...]:
        """Why a name is not bought, and why each of its lots is not sold, under the workspace's own wishes.

        Raises
        ------
        UnknownSecurityError
            If the market does not know it.
        DiAdvisorError
            As `propose`, whose answer is asked about.
        """
        return why_not(self._plan(self.mandate, silent, never), security_id)

    def frontier(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] = never,
        **dial: Iterable[Any],
    ) -> pd.DataFrame:
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
        DataFrame
            Columns: the wish, ``tracking_error`` (a fraction per year), the change of each term in USD
            (``tax_usd``, ``trading_cost_usd``, ``active_risk_usd``, ...; positive hurts), ``benefit_usd``,
            ``gap_usd``, ``trades``, and ``refused``, which says why there is no plan (the figures are
            then NaN, the count of trades 0) and is empty otherwise.

        Raises
        ------
        InputError
            If not exactly one wish is named.
        """
        import pandas as pd

        if len(dial) != 1:
            raise InputError(
                f"A frontier turns one dial, not {len(dial)}.", hint="Such as tracking_error_max=[0.005, 0.01, 0.02]."
            )
        [(wish, given)] = dial.items()
        mandates = [self._changed({wish: value}) for value in given]
        rows: list[dict[str, Any]] = []
        for done, mandate in enumerate(mandates, start=1):
            row: dict[str, Any] = {wish: getattr(mandate, wish)}
            try:
                row |= _figures(self._plan(mandate, silent, cancel).proposal)
            except (InfeasibleError, SettlementError) as error:
                row |= {"trades": 0, "refused": str(error)}
            rows.append(row)
            if progress is not None:
                progress(done, len(mandates))
        terms = [c for c in dict.fromkeys(c for row in rows for c in row) if c.endswith("_usd")]
        ends = [c for c in ("benefit_usd", "gap_usd") if c in terms]
        terms = [c for c in terms if c not in ends]
        return pd.DataFrame(rows, columns=[wish, "tracking_error", *terms, *ends, "trades", "refused"])

    def _changed(self, changes: dict[str, Any]) -> Mandate:
        known = [f.name for f in fields(Mandate)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise InputError(
                f"A mandate has no wish {', '.join(unknown)}.", hint=f"It has: {', '.join(known)}.", unknown=unknown
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
        planned = plan_for(self._signals_for(mandate), mandate, self.tax, clock, cancel, self.own)
        notes = (*planned.proposal.notes, *self._later_cash())
        planned = replace(planned, proposal=replace(planned.proposal, notes=notes))
        own = [p for p in self._planned if p.mandate == self.mandate]
        others = [p for p in self._planned if p.mandate != self.mandate]
        self._planned[:] = [*own, *others[-_KEPT:], planned]
        return planned

    def _signals_for(self, mandate: Mandate) -> Signals:
        if all(getattr(mandate, wish) == getattr(self.mandate, wish) for wish in _LOCKING):
            return self.signals
        market: MarketSignals = self.signals.market
        account_id = self.signals.account.account_id
        account = estimate_account(self.portfolio, account_id, market, self.target, mandate, locks=self.locks)
        return Signals(market, account)

    def _later_cash(self) -> Sequence[str]:
        as_of = self.signals.market.as_of
        cash = self.portfolio.account(self.signals.account.account_id).cash
        dated = ", ".join(f"{c.amount_usd} USD on {c.available_on}" for c in cash if c.available_on > as_of)
        return [f"Cash that comes or goes later is not counted: {dated}."] if dated else []


def _figures(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a row of a frontier."""
    return {
        "tracking_error": proposal.after.tracking_error,
        **{f"{name.replace(' ', '_')}_usd": float(change) for name, change in proposal.terms_usd.items()},
        "benefit_usd": float(proposal.benefit_usd),
        "gap_usd": proposal.certificate.gap_usd,
        "trades": len(proposal.trade_list),
        "refused": "",
    }
