"""The facade: estimate, formulate, solve, settle, explain, in one call.

`Advisor` holds the models; everything dated or random is an argument. Where whole shares push the
tracking error past its cap, the cap is tightened by the excess and the plan is solved again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Lock, Signals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError, InputError, SettlementError
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ports import CostModel, RiskModel
from di_advisor.propose.proposal import Proposal, Stage

__all__ = ["Advisor", "Progress"]

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

_TIGHTER = 1.5
_LEAST_TIGHTER = 1e-4
_TIGHTEST = 0.5
_ATTEMPTS = 5


def _silent(_: str) -> None:
    return None


def _never() -> bool:
    return False


class _Clock:
    """CPU seconds by stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self.stages: list[Stage] = []

    def start(self, name: str) -> None:
        now = time.process_time()
        if self._name:
            self.stages.append(Stage(self._name, now - self._since))
        self._name, self._since = name, now
        if name:
            self._progress(name)


class Advisor:
    """Proposes trades for one account.

    Parameters
    ----------
    risk_model : RiskModel, optional
        Estimates risk from returns; the registered model "factor" when left out.
    cost_model : CostModel, optional
        Predicts trading cost; the registered model "prior" when left out.
    """

    def __init__(self, risk_model: RiskModel | None = None, cost_model: CostModel | None = None) -> None:
        self._risk_model = risk_model
        self._cost_model = cost_model

    def estimate_risk(
        self, market: Market, returns: ReturnHistory | None, exposures: ExposureHistory | None = None
    ) -> FactorRisk:
        """Risk of the market's universe by this advisor's model.

        Raises
        ------
        InputError
            If there are no returns to estimate from.
        """
        if returns is None:
            raise InputError(
                "There is neither a risk model's result nor a history of returns.",
                hint="Pass returns=..., or a ready FactorRisk as risk=...",
            )
        if self._risk_model is None:
            from di_advisor.registry import risk_model

            self._risk_model = risk_model()
        return self._risk_model.estimate(market, returns, exposures)

    def estimate_costs(self, market: Market) -> CostCurves:
        """Cost curves of the market's universe by this advisor's model."""
        if self._cost_model is None:
            from di_advisor.registry import cost_model

            self._cost_model = cost_model()
        return self._cost_model.curves(market)

    def propose(  # noqa: PLR0913 - the facts of a proposal, all keyword-only
        self,
        portfolio: Portfolio,
        *,
        market: Market,
        target: Target,
        mandate: Mandate,
        tax: TaxProfile,
        returns: ReturnHistory | None = None,
        exposures: ExposureHistory | None = None,
        risk: FactorRisk | None = None,
        costs: CostCurves | None = None,
        account_id: str | None = None,
        locks: Sequence[Lock] = (),
        progress: Progress = _silent,
        cancel: Callable[[], bool] = _never,
    ) -> Proposal:
        """Trades for one account, each explained in dollars.

        Parameters
        ----------
        portfolio : Portfolio
            All accounts of the taxpayer; wash sales are searched in all of them.
        market, target, mandate, tax
            Prices and date, what to track, the wishes, and the rates.
        returns, exposures
            History for the risk model, where ``risk`` is not given.
        risk, costs
            Ready estimates.
        account_id : str, optional
            Which account; may be left out where there is only one.
        locks : sequence of Lock
            Further locks on names of this account, such as those of a reconciliation with the custodian.
        progress, cancel : callable
            Told each stage; asked whether to stop.

        Raises
        ------
        DiAdvisorError
            Typed: `InputError`, `InfeasibleError`, `UncertifiedError`, `UnfinishedError`,
            `SettlementError`. Nothing is proposed then.
        """
        from di_advisor.signals import estimate

        clock = _Clock(progress)
        clock.start("risk")
        risk = risk if risk is not None else self.estimate_risk(market, returns, exposures)
        clock.start("trading cost")
        costs = costs if costs is not None else self.estimate_costs(market)
        clock.start("signals")
        signals = estimate(portfolio, market, target, mandate, risk, costs, account_id, locks=locks)
        account = portfolio.account(signals.account.account_id)
        if account.kind in RETIREMENT_KINDS:
            tax = replace(tax, rates=ConstantRates(0.0, 0.0))
        proposal = _propose(signals, mandate, tax, clock, cancel)
        later = [c for c in account.cash if c.available_on > market.as_of]
        if not later:
            return proposal
        dated = ", ".join(f"{c.amount_usd} USD on {c.available_on}" for c in later)
        return replace(proposal, notes=(*proposal.notes, f"Cash that comes or goes later is not counted: {dated}."))


def _propose(
    signals: Signals, mandate: Mandate, tax: TaxProfile, clock: _Clock, cancel: Callable[[], bool]
) -> Proposal:
    """From signals to a proposal, tightening the cap where rounding to shares needs it."""
    from di_advisor.formulate import formulate
    from di_advisor.propose import explain, settle
    from di_advisor.solve import solve

    clock.start("formulate")
    problem = formulate(signals, mandate, tax)
    cap = mandate.tracking_error_max
    tight = cap
    failure: SettlementError | None = None
    bound: float | None = None
    for _ in range(_ATTEMPTS):
        tightened = problem if tight == cap else formulate(signals, mandate.with_changes(tracking_error_max=tight), tax)
        clock.start("solve")
        try:
            solution = solve(tightened, cancel=cancel)
        except InfeasibleError:
            if failure is None:
                raise
            break
        bound = solution.bound if bound is None else bound  # of the cap that was asked for
        solution = replace(solution, bound=min(bound, solution.bound))
        clock.start("settle")
        try:
            orders = settle(problem, solution, signals, mandate)
        except SettlementError as error:
            if error.facts.get("rule") != "tracking error cap" or tight is None or cap is None:
                raise
            failure = failure or error
            tight -= max(_TIGHTER * float(error.facts["excess"]), _LEAST_TIGHTER * cap)
            if tight <= _TIGHTEST * cap:
                break
            continue
        clock.start("explain")
        proposal = explain(problem, solution, orders, signals, mandate)
        clock.start("")
        notes = proposal.notes
        if failure is not None:
            notes = (
                *notes,
                "The tracking-error cap was tightened while solving, to leave room for rounding to shares.",
            )
        return replace(proposal, stages=tuple(clock.stages), notes=notes)
    raise failure or SettlementError("Nothing was settled.", hint="Allow fractional shares.")
