"""What is proposed where wash-sale locks keep the cap on tracking error from being reached.

Problem: after a market falls, many names were sold at a loss and may not be bought back for a month; when risk rises
meanwhile, no allowed trade leaves the account under its cap. Decision: the cap is a limit and a wash sale a cost, so on
such a day wash sales are allowed at the price of a loss that comes back so late that it is as good as lost, which keeps
them to what the cap needs; where that does not reach it either, the account is traded to within a bp of what can be
reached. Limits: of a mandate that already prices wash sales, the second only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import InfeasibleError, SettlementError, SolveError
from di_advisor.propose.proposal import Proposal
from di_advisor.units import bps_from_fraction, fraction_from_bps
from di_advisor.workspace import Workspace

__all__ = ["within_reach"]

_LATE_YEARS: Final = 60.0
"""The longest deferral that a mandate can name."""


def within_reach(workspace: Workspace, error: InfeasibleError, cancel: Callable[[], bool]) -> tuple[Proposal, str]:
    """The nearest proposal, and what is to be noted of it: nothing where the cap is kept.

    Parameters
    ----------
    workspace : Workspace
        Under a cap.
    error : InfeasibleError
        Why its own proposal could not be; with the smallest tracking error that can be reached.
    cancel : callable
        Asked while solving.

    Raises
    ------
    InfeasibleError, SolveError, SettlementError
        If there is none either.
    """
    if workspace.mandate.wash_policy is WashPolicy.BAN:
        try:
            return workspace.what_if(cancel=cancel, wash_policy=WashPolicy.PRICE, wash_deferral_years=_LATE_YEARS), ""
        except (SolveError, SettlementError):
            if cancel():
                raise
    reachable = error.facts.get("smallest")
    if not isinstance(reachable, float):
        raise error
    note = f"Traded to {bps_from_fraction(reachable):.1f} bps and one more: {error.what}"
    return workspace.what_if(cancel=cancel, tracking_error_max=reachable + fraction_from_bps(1.0)), note
