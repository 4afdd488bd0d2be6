"""Tax lots: shares bought together, with their basis and their two dates.

The basis is the lot's **total** (a third of $1,000 has no exact value per share). Two dates:
``acquired`` counts for the wash-sale window, ``held_since`` for the holding period (it differs
after tacking, 26 USC 1223). A lot whose basis or date is not known says so in ``state``; the
missing value is ``None``, never 0, and asking for it raises. Where both are missing (noncovered
shares moved in), the basis is what is asked for first, so the state is BASIS_PENDING.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import repeat
from typing import Any

from di_advisor.domain.amounts import Exact, are_exact, as_fraction, exact, is_exact
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["LotState", "TaxLot", "lots_of_columns"]


class LotState(StrEnum):
    """What is known of a lot."""

    KNOWN = "known"
    BASIS_PENDING = "basis_pending"
    TERM_UNKNOWN = "term_unknown"

    @classmethod
    def of(cls, basis_total_usd: Exact | None, acquired: date | None) -> LotState:
        """The state that goes with a basis and a date, either of which may be missing."""
        if basis_total_usd is None:
            return cls.BASIS_PENDING
        return cls.TERM_UNKNOWN if acquired is None else cls.KNOWN


@dataclass(frozen=True, slots=True)
class TaxLot:
    """Shares of one security bought together in one account.

    Attributes
    ----------
    lot_id, account_id, security_id : str
        Keys; ``security_id`` is permanent, never a ticker.
    shares : Decimal or Fraction
        More than zero.
    basis_total_usd : Decimal, Fraction or None
        Adjusted basis of the whole lot in USD; None exactly when the state is BASIS_PENDING.
    acquired : date or None
        Trade date; counts for wash-sale windows. None when the state is TERM_UNKNOWN, and possibly
        when it is BASIS_PENDING.
    held_since : date or None
        Effective start of the holding period; equals ``acquired`` unless tacked.
    state : LotState
        What is known.

    Raises
    ------
    InputError
        If shares are not positive, the basis is negative, or state and values disagree.
    """

    lot_id: str
    account_id: str
    security_id: str
    shares: Exact
    basis_total_usd: Exact | None
    acquired: date | None
    held_since: date | None = None
    state: LotState = LotState.KNOWN

    def __post_init__(self) -> None:
        if not is_exact(self.shares):  # an account has a thousand lots, all of which are looked at
            object.__setattr__(self, "shares", exact(self.shares, f"shares of lot {self.lot_id}"))
        if self.shares <= 0:
            raise InputError(
                f"Lot {self.lot_id} of {self.security_id} has {self.shares} shares; a lot holds more than zero.",
                hint="Short positions and empty lots are not tax lots; remove or correct the row.",
                lot_id=self.lot_id,
            )
        if self.basis_total_usd is not None:
            if not is_exact(self.basis_total_usd):
                basis = exact(self.basis_total_usd, f"basis of lot {self.lot_id}")
                object.__setattr__(self, "basis_total_usd", basis)
            if self.basis_total_usd < 0:
                raise InputError(
                    f"Lot {self.lot_id} of {self.security_id} has a negative basis, {self.basis_total_usd} USD.",
                    hint="A basis is never below zero: what a return of capital leaves over is a gain.",
                    lot_id=self.lot_id,
                )
        if self.held_since is None and self.acquired is not None:
            object.__setattr__(self, "held_since", self.acquired)
        if self.state is not LotState.of(self.basis_total_usd, self.acquired):
            raise InputError(
                f"Lot {self.lot_id} is marked {self.state.value}, with basis {self.basis_total_usd} and acquisition "
                f"date {self.acquired}.",
                hint="An unknown basis goes with basis_pending, an unknown date with term_unknown, and only so.",
                lot_id=self.lot_id,
            )

    @property
    def known(self) -> bool:
        """Whether basis and dates are known, so that a gain can be computed."""
        return self.state is LotState.KNOWN

    def basis_of(self, shares: Exact) -> Fraction:
        """Basis of a part of the lot, exact, in USD.

        Raises
        ------
        IncompleteDataError
            If the basis is pending.
        """
        if self.basis_total_usd is None:
            raise IncompleteDataError(
                f"The basis of lot {self.lot_id} ({self.security_id}) is pending.",
                hint="Supply the basis (broker statement, Form 8937) before computing a gain on it.",
                lot_id=self.lot_id,
            )
        return as_fraction(self.basis_total_usd) * as_fraction(shares) / as_fraction(self.shares)

    def without(self, shares: Exact) -> TaxLot | None:
        """The lot after selling some of its shares, or None when nothing is left."""
        left = as_fraction(self.shares) - as_fraction(shares)
        if left < 0:
            raise InputError(
                f"Lot {self.lot_id} holds {self.shares} shares; {shares} cannot be sold from it.",
                hint="Name more lots, or sell fewer shares.",
                lot_id=self.lot_id,
            )
        if left == 0:
            return None
        basis = None if self.basis_total_usd is None else as_fraction(self.basis_total_usd) - self.basis_of(shares)
        return replace(self, shares=left, basis_total_usd=basis)


def lots_of_columns(
    account_id: str,
    lot_ids: Sequence[str],
    security_ids: Sequence[str],
    shares: Sequence[Exact],
    basis_total_usd: Sequence[Exact | None],
    acquired: Sequence[date | None],
    held_since: Sequence[date | None],
) -> tuple[TaxLot, ...]:
    """Lots of one account from columns of one length, each in the state that goes with its basis and date.

    What `TaxLot` looks at is looked at for whole columns: a fleet reads a thousand lots an account.

    Raises
    ------
    InputError
        As `TaxLot`.
    """
    plain = are_exact(shares) and are_exact(basis_total_usd) and None not in acquired
    if not plain or any(map(Decimal.is_signed, shares)) or any(map(Decimal.is_signed, basis_total_usd)):  # type: ignore[arg-type]
        columns = zip(lot_ids, security_ids, shares, basis_total_usd, acquired, held_since, strict=True)
        return tuple(
            TaxLot(i, account_id, s, q, basis, on, since, LotState.of(basis, on))
            for i, s, q, basis, on, since in columns
        )
    since = held_since
    if None in held_since:
        since = [on if held is None else held for on, held in zip(acquired, held_since, strict=True)]
    known: tuple[Iterable[Any], ...] = (
        lot_ids,
        repeat(account_id),
        security_ids,
        shares,
        basis_total_usd,
        acquired,
        since,
        repeat(LotState.KNOWN),
    )
    found = tuple(map(object.__new__, repeat(TaxLot, len(lot_ids))))
    for slot, values in zip(TaxLot.__slots__, known, strict=True):
        deque(map(TaxLot.__dict__[slot].__set__, found, values), maxlen=0)
    return found
