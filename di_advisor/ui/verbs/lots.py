"""The account as it stands: its picture for the notebook, and all of its lots for the grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.report.account_view import account_html, account_markdown, account_text, lots_table
from di_advisor.report.wording import sentence_case
from di_advisor.runs.facts import Facts
from di_advisor.signals.standing import account_standing
from di_advisor.ui.desk import Desk, Say

__all__ = ["account_bundle", "lots"]


def account_bundle(facts: Facts, label: str) -> dict[str, str]:
    """How an account stands, in every form a notebook may want, by media type.

    Raises
    ------
    InputError
        If there is no such account.
    """
    portfolio, account_id = facts.account(label)
    standing = account_standing(portfolio, account_id, facts.market)
    notes = tuple(map(sentence_case, (*((f"{facts.label}.",) if facts.label else ()), *facts.notes)))
    return {
        "text/html": account_html(standing, notes),
        "text/markdown": account_markdown(standing, notes),
        "text/plain": account_text(standing, notes),
    }


def lots(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """All lots of the account.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``table`` (`di_advisor.report.tables.Table`), ``ids`` (lot ids, one a row), ``bundle``.

    Raises
    ------
    InputError
        If there is no such account.
    """
    spec = request["spec"]
    facts = desk.facts(spec.source, say)
    portfolio, account_id = facts.account(spec.account)
    standing = account_standing(portfolio, account_id, facts.market)
    return {
        "table": lots_table(standing),
        "ids": tuple(f"{i} {x.lot.lot_id}" for i, x in enumerate(standing.lots)),
        "bundle": account_bundle(facts, spec.account),
    }
