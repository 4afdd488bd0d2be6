"""Year end: where the tax year stands, what more to realise, gifts, and ways side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.policy.year_end import plan_year_end
from di_advisor.report.year_end_view import year_end_bundle
from di_advisor.ui.desk import Desk, Say

__all__ = ["year_end"]


def year_end(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """The year-end plan of an account under its wishes.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``; ``wishes``, a `di_advisor.policy.year_end.YearEndWishes`.
    say : Say
        Told each scenario.

    Returns
    -------
    dict
        ``worth_usd`` of the advice, ``best`` (name of the best way, empty without scenarios), ``bundle``.

    Raises
    ------
    DiAdvisorError
        As `di_advisor.policy.year_end.plan_year_end`.
    """
    spec, wishes = request["spec"], request["wishes"]
    workspace = desk.workspace(spec, say)
    asked = workspace.under(**desk.changes(spec, workspace))
    plan = plan_year_end(asked, wishes, progress=lambda way: say.phase(f"Solving: {way}"))
    return {
        "worth_usd": float(plan.advice.worth_usd),
        "best": "" if plan.scenarios is None else plan.scenarios.best.name,
        "bundle": year_end_bundle(plan),
    }
