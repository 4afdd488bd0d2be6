"""Explaining: one proposed trade, or why a name is not traded, from the plan that the child remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.propose.proposal import Proposal
from di_advisor.report.reasons_view import reasons_bundle
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.formatters import explanation_bundle
from di_advisor.workspace import Workspace

__all__ = ["asked_of", "explain", "trade_key", "why_not"]


def trade_key(trade: Trade) -> str:
    """Id of a trade among those of its proposal: side, name and lot."""
    return f"{trade.side.value} {trade.security_id} {trade.lot_id}".strip()


def asked_of(desk: Desk, spec: RunSpec, say: Say) -> tuple[Workspace, Proposal]:
    """The workspace under the wishes of a spec and its proposal, solved only where it is not remembered.

    Raises
    ------
    DiAdvisorError
        As `Advisor.propose`.
    """
    proposal = desk.propose(spec, say)
    workspace = desk.workspace(spec, say)
    return workspace.under(**desk.changes(spec, workspace)), proposal


def explain(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:
    """Everything about one trade: ``spec`` and ``trade`` (its key); answers a bundle.

    Raises
    ------
    InputError
        If the proposal has no such trade.
    """
    workspace, proposal = asked_of(desk, request["spec"], say)
    found = [t for t in proposal.trade_list if trade_key(t) == request["trade"]]
    if not found:
        raise InputError("The proposal has no such trade any more.", hint="Propose again.", trade=request["trade"])
    say.phase("Explaining")
    return explanation_bundle(workspace.explain_trade(found[0]))


def why_not(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:
    """Why a name is not bought and its lots are not sold: ``spec`` and ``name`` (ticker or id); answers a bundle.

    Raises
    ------
    InputError
        If the market does not know it.
    """
    workspace, _ = asked_of(desk, request["spec"], say)
    say.phase("Looking for what stands in the way")
    name = str(request["name"])
    try:
        found = workspace.why_not(name)
    except UnknownSecurityError as error:
        raise InputError(
            f"{name} is neither the ticker nor the id of a name in this market.",
            hint="Write it as it stands in the lots, the index or the prices; capital letters count.",
            name=name,
        ) from error
    return reasons_bundle(name, found)
