"""Estimate: the first of the six verbs, from facts and models to `Signals`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Lock, Signals
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.signals.account import estimate_account
from di_advisor.signals.market import estimate_market
from di_advisor.signals.waiting import Harvesting, with_waiting

__all__ = ["estimate"]


def estimate(  # noqa: PLR0913 - everything there is, and two options
    portfolio: Portfolio,
    market: Market,
    target: Target,
    mandate: Mandate,
    risk: FactorRisk,
    costs: CostCurves,
    account_id: str | None = None,
    *,
    locks: Sequence[Lock] = (),
    esg: EsgTable | Mapping[str, FloatArray] | None = None,
    harvest: Harvesting | None = None,
) -> Signals:
    """Everything the optimizer knows of one account.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts of the taxpayer.
    market : Market
        Prices and trading conditions; its date is the tax date.
    target : Target
        What to track.
    mandate : Mandate
        The client's wishes.
    risk, costs : FactorRisk, CostCurves
        What the models say, covering at least the priced names, in any order.
    account_id : str, optional
        Which account to advise; may be left out where there is only one.
    locks : sequence of Lock
        Further locks on whole names of this account.
    esg : EsgTable, or Mapping of str to ndarray of shape (m,), optional
        Measures; arrays are in the market's order, NaN where not covered.
    harvest : Harvesting, optional
        A model of what waiting is worth; without one selling later is worth nothing.

    Raises
    ------
    InputError
        If the account is not named and there is not exactly one; and as in `estimate_market` and
        `estimate_account`.
    """
    if account_id is None:
        if len(portfolio.accounts) != 1:
            names = ", ".join(a.account_id for a in portfolio.accounts) or "none"
            raise InputError(
                f"The portfolio has {len(portfolio.accounts)} accounts, and none was named.",
                hint=f"Pass account_id; there are: {names}.",
            )
        account_id = portfolio.accounts[0].account_id
    market_signals = estimate_market(market, risk, costs, esg=esg)
    account = estimate_account(portfolio, account_id, market_signals, target, mandate, locks=locks)
    signals = Signals(market_signals, account)
    return signals if harvest is None else with_waiting(signals, harvest)[0]
