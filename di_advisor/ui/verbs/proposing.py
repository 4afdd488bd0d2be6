"""Proposing: trades for the wishes of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from di_advisor.errors import InfeasibleError
from di_advisor.runs.run import versions
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.formatters import proposal_bundle
from di_advisor.ui.verbs.wash_relief import with_wash_relief

__all__ = ["propose"]


def propose(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Propose trades.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``.
    say : Say
        Told each phase.

    Returns
    -------
    dict
        ``proposal``, its ``bundle`` ready to show, ``fingerprint``, ``versions``.

    Raises
    ------
    DiAdvisorError
        As `Advisor.propose`; an infeasibility also says whether it is wash-sale windows that stand in the way.
    """
    spec = request["spec"]
    try:
        proposal = desk.propose(spec, say, first=True)
    except InfeasibleError as error:
        raise with_wash_relief(error, desk, spec, say) from error
    say.phase("Showing")
    return {
        "proposal": replace(proposal, workspace=None),  # lots and risk stay here: the kernel shows, it does not solve
        "bundle": proposal_bundle(proposal),
        "fingerprint": dict(desk.facts(spec.source, say).fingerprint),
        "versions": versions(),
    }
