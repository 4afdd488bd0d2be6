"""Locks: what may not be traded today, and why, from the mandate, the lots and the wash windows.

Problem: the optimizer needs masks, people need reasons. Decision: a mask entry is false exactly
where a lock says so; a lock on a loss sale binds only lots that stand at a loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["further_locks", "mandate_locks", "min_holding_lock", "unknown_lot_lock"]

_ONE_DAY: Final = timedelta(days=1)

_WHAT_IS_MISSING: Final = {
    LotState.BASIS_PENDING: "its basis is not known",
    LotState.TERM_UNKNOWN: "its acquisition date is not known",
}


def further_locks(locks: Iterable[Lock], universe: Universe) -> Iterator[Lock]:
    """Locks that come from elsewhere, on names of the universe: all others cannot be traded anyway.

    Raises
    ------
    InputError
        If one is on a single lot or on loss sales only: it would be lost silently.
    """
    for lock in locks:
        if lock.lot_id or lock.kind is LockKind.NO_LOSS_SALE:
            raise InputError(
                f"A further lock on {lock.security_id} is of the kind {lock.kind.value}"
                f"{f' on lot {lock.lot_id}' if lock.lot_id else ''}.",
                hint="Further locks are on whole names: no_buy or no_sell.",
            )
        if lock.security_id in universe.positions:
            yield lock


def mandate_locks(mandate: Mandate, universe: Universe) -> Iterator[Lock]:
    """Locks on whole names that the mandate asks for.

    Names outside the universe cannot be traded anyway, so a long exclusion list may name them.

    Raises
    ------
    InputError
        If a list names a ticker where a security id is meant: the wish would be lost silently.
    """
    wishes = (
        (mandate.do_not_buy, LockKind.NO_BUY, "The mandate says not to buy"),
        (mandate.do_not_hold, LockKind.NO_BUY, "The mandate says not to hold"),
        (mandate.do_not_sell, LockKind.NO_SELL, "The mandate says not to sell"),
    )
    for ids, kind, says in wishes:
        for security_id in sorted(ids):
            at = universe.positions.get(security_id)
            if at is not None:
                ticker = universe.securities[at].ticker
                yield Lock(security_id, kind, f"{says} {ticker}.")
                continue
            meant = [s.security_id for s in universe.securities if s.ticker == security_id]
            if meant:
                raise InputError(
                    f"The mandate names {security_id!r}, the ticker of {meant[-1]}; security ids are meant.",
                    hint="Name securities by their permanent id; a ticker may change or be used again.",
                    security_id=security_id,
                )


def unknown_lot_lock(lot: TaxLot) -> Lock:
    """The lock on a lot whose gain cannot be computed."""
    missing = _WHAT_IS_MISSING[lot.state]
    if lot.basis_total_usd is None and lot.acquired is None:
        missing = "neither its basis nor its acquisition date is known"
    return Lock(
        lot.security_id,
        LockKind.NO_SELL,
        f"Lot {lot.lot_id} is not sold: {missing}, so the gain and its term cannot be computed. "
        "Supply it from the broker's records.",
        lot_id=lot.lot_id,
    )


def min_holding_lock(lot: TaxLot, acquired: date, mandate: Mandate, as_of: date) -> Lock | None:
    """The lock on a lot that was bought fewer days ago than the mandate asks for, or None."""
    if (as_of - acquired).days >= mandate.min_holding_days:
        return None
    until = acquired + timedelta(days=mandate.min_holding_days - 1)
    return Lock(
        lot.security_id,
        LockKind.NO_SELL,
        f"Lot {lot.lot_id} was bought on {acquired}; the mandate keeps lots for {mandate.min_holding_days} days. "
        f"First day to sell: {until + _ONE_DAY}.",
        until,
        lot.lot_id,
    )
