"""Measuring: the five measures of the account today, beside those of its proposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.formulate.schedule_d import rates_of
from di_advisor.policy.measures import measures_now
from di_advisor.report.measures_view import measures_bundle
from di_advisor.ui.desk import Desk, Say

__all__ = ["measure"]


def measure(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Measures of the account.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``; ``proposed`` where the plan under the spec is to stand beside today.
    say : Say
        Told each phase.

    Returns
    -------
    dict
        ``tracking_error``, ``bundle``.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`, and as `Advisor.propose` where a plan is asked for.
    """
    spec = request["spec"]
    workspace = desk.workspace(spec, say)
    now = measures_now(workspace.signals, rates_of(workspace.tax, workspace.signals.market.as_of))
    proposal = desk.propose(spec, say) if request.get("proposed") else None
    return {"tracking_error": now.tracking_error, "bundle": measures_bundle(now, proposal)}
