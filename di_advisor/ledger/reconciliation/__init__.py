"""Reconciliation with the custodian: what differs, what explains it, and what is blocked until it agrees."""

from __future__ import annotations

from di_advisor.ledger.reconciliation.blocking import Override, blocked, open_breaks, refuse_blocked
from di_advisor.ledger.reconciliation.breaks import Break, BreakKind, Cause, Reconciliation
from di_advisor.ledger.reconciliation.compare import reconcile
from di_advisor.ledger.reconciliation.custodian import CustodianLot, CustodianPosition, CustodianStatement

__all__ = [
    "Break",
    "BreakKind",
    "Cause",
    "CustodianLot",
    "CustodianPosition",
    "CustodianStatement",
    "Override",
    "Reconciliation",
    "blocked",
    "open_breaks",
    "reconcile",
    "refuse_blocked",
]
