"""What is proposed where the cap on tracking error cannot be kept by the day's own plan.

Problem: after a market falls, many names were sold at a loss and may not be bought back for a month; when risk rises
meanwhile, no allowed trade leaves the account under its cap, or only one that rounding to whole shares takes over it
again. Decision: where rounding was in the way, more room is left to it. Where the account stands over its cap, the cap
is a limit and a wash sale a cost: wash sales are allowed at the price of a loss that comes back so late that it is as
good as lost, which keeps them to what the cap needs. Where that does not reach it either, the account is traded to
within a bp of what can be reached, and never further from the cap than it stands. Limits: of a mandate that already
prices wash sales, the first and the last only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import SettlementError, SolveError
from di_advisor.propose.proposal import Proposal
from di_advisor.units import bps_from_fraction, fraction_from_bps
from di_advisor.workspace import Workspace

__all__ = ["concerns_cap", "within_reach"]

_LATE_YEARS: Final = 60.0
"""The longest deferral that a mandate can name."""
_ROOM: Final = (0.01, 0.025, 0.05, 0.1)
"""Shares of the cap that are left to rounding, one after the other."""
_CAP: Final = "tracking error cap"


def concerns_cap(error: SolveError | SettlementError) -> bool:
    """Whether it is the cap that a plan could not keep: out of reach, or passed by rounding."""
    return isinstance(error.facts.get("smallest"), float) or error.facts.get("rule") == _CAP


def within_reach(
    workspace: Workspace, error: SolveError | SettlementError, now: float, cancel: Callable[[], bool]
) -> tuple[Proposal, str]:
    """The nearest proposal, and what is to be noted of it: nothing where the cap is kept.

    Parameters
    ----------
    workspace : Workspace
        Under a cap.
    error : SolveError or SettlementError
        Why its own proposal could not be; `concerns_cap`.
    now : float
        Tracking error before any trade, a year.
    cancel : callable
        Asked while solving.

    Raises
    ------
    InfeasibleError, SolveError, SettlementError
        If there is none either.
    """
    cap = workspace.mandate.tracking_error_max
    if cap is None:
        raise error
    rounded = isinstance(error, SettlementError)
    priced: dict[str, Any] = {"wash_policy": WashPolicy.PRICE, "wash_deferral_years": _LATE_YEARS}
    ways: list[Iterator[dict[str, Any]]] = [_with_room(cap)] if rounded else []
    if now > cap and workspace.mandate.wash_policy is WashPolicy.BAN:
        ways.append(priced | more for more in ({}, *_with_room(cap)))
    for way in ways:
        for changes in way:
            try:
                return workspace.what_if(cancel=cancel, **changes), ""
            except SettlementError:
                if cancel():
                    raise
            except SolveError:  # under a lower cap there is none either
                if cancel():
                    raise
                break
    reachable = error.facts.get("smallest")
    if not isinstance(reachable, float):
        raise error
    limit = max(reachable, min(reachable + fraction_from_bps(1.0), now))
    near = bps_from_fraction(reachable)
    note = f"Traded to {near:.1f} bps and {bps_from_fraction(limit) - near:.1f} more: {error.what}"
    return workspace.what_if(cancel=cancel, tracking_error_max=limit), note


def _with_room(cap: float) -> Iterator[dict[str, Any]]:
    return ({"tracking_error_max": cap * (1.0 - room)} for room in _ROOM)
