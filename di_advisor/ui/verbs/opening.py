"""Opening a source: which accounts it holds, as of when, and what must be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.runs.facts import Facts
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.verbs.lots import account_bundle

__all__ = ["give", "open_source"]

_SHOWN_AT_ONCE = 6
"""Accounts whose picture comes with the source, without another question."""


def give(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Take facts of the kernel; answers as `open_source`."""
    del say
    desk.give(request["source"], request["facts"])
    return _described(request["facts"])


def open_source(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Open a source.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``source``.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``accounts`` (labels), ``as_of``, ``names``, ``lots`` (by account label), ``label``, ``notes``,
        ``fingerprint``, ``esg`` (names of measures), ``sectors``, ``orders`` (how many), ``tax``, ``standing`` (by
        label, how the account stands, as a bundle; of the first accounts only).
    """
    return _described(desk.facts(request["source"], say))


def _described(facts: Facts) -> dict[str, Any]:
    labels = list(facts.accounts)
    return {
        "accounts": labels,
        "as_of": facts.market.as_of,
        "names": len(facts.market.universe),
        "lots": {
            label: len(portfolio.account(account_id).lots)
            for label in labels
            for portfolio, account_id in [facts.account(label)]
        },
        "label": facts.label,
        "notes": facts.notes,
        "fingerprint": dict(facts.fingerprint),
        "esg": facts.measures,
        "sectors": tuple(sorted({s.sector for s in facts.market.universe.securities if s.sector})),
        "orders": 0 if facts.orders is None else len(facts.orders),
        "tax": facts.tax,
        "standing": {label: account_bundle(facts, label) for label in labels[:_SHOWN_AT_ONCE]},
    }
