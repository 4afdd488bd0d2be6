"""The facade: models on one side, a workspace or a proposal for one account on the other.

`Advisor` holds the models; everything dated or random is an argument. `Advisor.propose` is one call;
`Advisor.workspace` keeps what was estimated, for more questions about the same account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.household import Household
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Lock
from di_advisor.domain.target import Target
from di_advisor.errors import UnfinishedError
from di_advisor.formulate.own import OwnRule, OwnTerm, OwnWishes
from di_advisor.formulate.schedule_d import Taxpayer, refuse_no_taxpayer
from di_advisor.propose.cost_card import CostsBy
from di_advisor.propose.models import Models
from di_advisor.propose.planned import Clock, Progress, never, silent
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.same_facts import taking_what
from di_advisor.signals import Harvesting, estimate, estimate_market
from di_advisor.workspace import Workspace

if TYPE_CHECKING:
    from di_advisor.propose.household.proposal import HouseholdProposal

__all__ = ["Advisor", "Progress"]


class Advisor(Models):
    """Proposes trades for one account; made with a ``risk_model`` and a ``cost_model``, or the registered ones."""

    def workspace(  # noqa: PLR0913 - the facts of a proposal, all keyword-only
        self,
        portfolio: Portfolio,
        *,
        market: Market,
        target: Target,
        mandate: Mandate,
        tax: Taxpayer,
        returns: ReturnHistory | None = None,
        exposures: ExposureHistory | None = None,
        risk: FactorRisk | None = None,
        costs: CostCurves | None = None,
        account_id: str | None = None,
        locks: Sequence[Lock] = (),
        esg: EsgTable | Mapping[str, FloatArray] | None = None,
        terms: Sequence[OwnTerm | str] = (),
        rules: Sequence[OwnRule | str] = (),
        harvest: Harvesting | None = None,
        exact: bool = False,
        progress: Progress = silent,
        cancel: Callable[[], bool] = never,
    ) -> Workspace:
        """One account, estimated once, for `propose`, `what_if`, `why_not`, `frontier`; arguments as of `propose`.

        Raises
        ------
        InputError, UnfinishedError
            If the facts do not fit together; if cancelled.
        """
        refuse_no_taxpayer(tax)
        own, clock = OwnWishes(tuple(terms), tuple(rules)), Clock(progress)
        clock.start("risk")
        risk = risk if risk is not None else self.estimate_risk(market, returns, exposures)
        clock.start("trading cost")
        costs = costs if costs is not None else self.estimate_costs(market)
        if cancel():
            raise UnfinishedError("The estimates were cancelled.", hint="Ask again to start over.")
        clock.start("signals")
        signals = estimate(
            portfolio, market, target, mandate, risk, costs, account_id, locks=locks, esg=esg, harvest=harvest
        )
        clock.start("")
        known = (signals, tuple(locks), tuple(clock.stages), own, exact, CostsBy.of(self._cost_model, market))
        return Workspace(portfolio, target, mandate, tax, *known)

    def propose_household(  # noqa: PLR0913 - the facts of a household, all keyword-only
        self,
        household: Household,
        *,
        market: Market,
        taxes: Mapping[str, Taxpayer],
        returns: ReturnHistory | None = None,
        exposures: ExposureHistory | None = None,
        risk: FactorRisk | None = None,
        costs: CostCurves | None = None,
        esg: EsgTable | Mapping[str, FloatArray] | None = None,
        own: Mapping[str, OwnWishes] | None = None,
        compare: bool = True,
        cancel: Callable[[], bool] = never,
    ) -> HouseholdProposal:
        """Trades for a household together; ``taxes`` by filer's name, ``own`` by account, the rest as of `propose`.

        Raises
        ------
        DiAdvisorError
            As `di_advisor.propose.household.propose`.
        """
        from di_advisor.propose.household import propose

        risk = risk if risk is not None else self.estimate_risk(market, returns, exposures)
        costs = costs if costs is not None else self.estimate_costs(market)
        signals = estimate_market(market, risk, costs, esg=esg)
        return propose(household, signals, taxes, compare=compare, cancel=cancel, own=own)

    @taking_what(workspace)
    def propose(self, *facts: Any, **named: Any) -> Proposal:
        """Trades for one account, each explained in dollars.

        Parameters
        ----------
        portfolio : Portfolio
            All accounts of the taxpayer; wash sales are searched in all of them.
        market, target, mandate, tax
            Prices and date, what to track, the wishes, and the taxpayer: constant rates (`TaxProfile`), or a
            return (`ReturnInputs`, `FilerTax`) whose whole Schedule D then counts.
        returns, exposures, risk, costs
            History for the risk model, or ready estimates.
        account_id : str, optional
            Which account; may be left out where there is only one.
        locks : sequence of Lock
            Further locks on names of this account, such as those of a reconciliation with the custodian.
        esg : EsgTable, or Mapping of str to ndarray of shape (m,), optional
            ESG measures that wishes and exclusions refer to; arrays are in the market's order.
        terms, rules : sequence
            Your own terms (in USD) and rules in cvxpy, as `di_advisor.formulate.own` shows.
        harvest : Harvesting, optional
            A model of what it is worth to sell a lot now against later, and the review interval.
        exact : bool
            Branch on the discrete choices until the plan is proved, within a budget of nodes.
        progress, cancel : callable
            Told each stage; asked whether to stop.

        Raises
        ------
        DiAdvisorError
            Typed, as `di_advisor.errors` draws them. Nothing is proposed then.
        """
        workspace = self.workspace(*facts, **named)
        return workspace.propose(progress=named.get("progress", silent), cancel=named.get("cancel", never))
