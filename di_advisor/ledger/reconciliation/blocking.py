"""Blocking: a name with a break is not traded in that account until it agrees or is overridden.

An override names one difference as it is (its id), and who waived it, when and why. It holds, on the
reports of later days too, as long as the figures of the two sides are the same; when one changes, it
is another difference and blocked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError, UnreconciledError
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.reconciliation.breaks import Break, Reconciliation

__all__ = ["Override", "blocked", "open_breaks", "refuse_blocked"]


@dataclass(frozen=True, slots=True)
class Override:
    """A break that somebody has looked at and waived.

    Attributes
    ----------
    break_id : str
        `Break.break_id`.
    reason : str
        Why; required, kept with the trades that follow.
    by : str
        Who.
    on : date
        When.
    """

    break_id: str
    reason: str
    by: str
    on: date

    def __post_init__(self) -> None:
        for name in ("break_id", "reason", "by"):
            if not str(getattr(self, name)).strip():
                raise InputError(
                    f"An override of a break has no {name}.",
                    hint="Say which break, why it may be traded all the same, and who says so.",
                    field=name,
                )
        calendar_day(self.on, "The day of an override")


def open_breaks(report: Reconciliation, overrides: Iterable[Override] = ()) -> tuple[Break, ...]:
    """Breaks that block, those that were overridden left out.

    Parameters
    ----------
    report : Reconciliation
        The differences.
    overrides : iterable of Override
        What was waived, on whatever day: the id of a break stands for its figures. One for a break
        that is not in the report changes nothing.
    """
    waived = {o.break_id for o in overrides}
    return tuple(b for b in report.breaks if b.blocks and b.break_id not in waived)


def blocked(report: Reconciliation, overrides: Iterable[Override] = ()) -> Mapping[str, tuple[Lock, ...]]:
    """Locks by account: no purchase and no sale of a name with an open break.

    Parameters
    ----------
    report : Reconciliation
        The differences.
    overrides : iterable of Override
        What was waived.

    Returns
    -------
    mapping of str to tuple of Lock
        For ``Advisor.propose(..., locks=...)`` of that account. An account that the books do not
        know has nothing to lock.
    """
    locks: dict[str, dict[tuple[str, LockKind], Lock]] = {}
    for each in open_breaks(report, overrides):
        if not each.security_id:
            continue
        for kind in (LockKind.NO_BUY, LockKind.NO_SELL):
            reason = f"The books and the custodian differ (break {each.break_id}): {each.sentence}"
            mine = locks.setdefault(each.account_id, {})
            mine.setdefault((each.security_id, kind), Lock(each.security_id, kind, reason))
    return {account_id: tuple(mine.values()) for account_id, mine in sorted(locks.items())}


def refuse_blocked(trades: Iterable[Trade], account_id: str, locks: Mapping[str, tuple[Lock, ...]]) -> None:
    """Check that trades of one account hold no blocked name.

    Parameters
    ----------
    trades : iterable of Trade
        What is proposed or about to be sent.
    account_id : str
        The account.
    locks : Mapping of str to tuple of Lock
        As `blocked` gives them.

    Raises
    ------
    UnreconciledError
        If one does, with the reasons.
    """
    reasons = {lock.security_id: lock.reason for lock in locks.get(account_id, ())}
    found = sorted({t.security_id for t in trades} & set(reasons))
    if found:
        raise UnreconciledError(
            f"Account {account_id}: trades in {', '.join(found)} are blocked. {reasons[found[0]]}",
            hint="Resolve the break, or override it with a reason.",
            account_id=account_id,
            securities=found,
        )
