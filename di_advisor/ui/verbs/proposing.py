"""Proposing: trades for the wishes of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from di_advisor.runs.run import versions
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.formatters import proposal_bundle

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
        As `Advisor.propose`.
    """
    spec = request["spec"]
    proposal = desk.propose(spec, say, first=True)
    say.phase("Showing")
    return {
        "proposal": replace(proposal, workspace=None),  # lots and risk stay here: the kernel shows, it does not solve
        "bundle": proposal_bundle(proposal),
        "fingerprint": dict(desk.facts(spec.source, say).fingerprint),
        "versions": versions(),
    }
