"""Which lots a sale takes: first in first out, last in first out, highest basis first, or named ones.

Problem: the lots decide the tax, and the law lets the holder choose them only in time. Decision:
FIFO within the account is the default (26 CFR 1.1012-1(c)(1); Hall v. Commissioner, 92 T.C. 1027);
everything else is specific identification, which counts if it was made by the deadline and is
final then. A named lot that is missing, closed or too small is an error, never a silent FIFO.
Limits: average basis is refused, it is for fund shares only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction, show_exact
from di_advisor.domain.events import LotChoice, LotMethod, LotShares
from di_advisor.errors import InputError
from di_advisor.ledger.parts import Part

__all__ = ["chosen_parts", "in_order"]

_ZERO: Final = Fraction(0)
Taken = list[tuple[Part, Fraction]]


def in_order(parts: Sequence[Part], method: LotMethod) -> list[Part]:
    """Open parts in the order in which a method takes them.

    Parameters
    ----------
    parts : sequence of Part
        Open parts of one account and security, first in first.
    method : LotMethod
        FIFO, LIFO or HIFO.

    Raises
    ------
    InputError
        If the method names its lots itself.
    """
    if method is LotMethod.FIFO:
        return list(parts)
    if method is LotMethod.LIFO:
        return list(reversed(parts))
    if method is LotMethod.HIFO:
        # Lots whose basis is not known come last; ties stay first in, first out.
        return sorted(parts, key=_hifo)
    raise InputError(f"{method.value} names its lots; it is no order.", hint="Use fifo, lifo or hifo.")


def _hifo(part: Part) -> tuple[bool, Fraction]:
    return (part.basis_usd is None, _ZERO if part.basis_usd is None else -part.basis_usd / part.shares)


def chosen_parts(parts: Sequence[Part], shares: Fraction, choice: LotChoice, where: str, on: date) -> Taken:
    """Parts that a sale takes, with the shares of each.

    Parameters
    ----------
    parts : sequence of Part
        Open parts of one account and security, first in first; at least ``shares`` in all.
    shares : Fraction
        Shares to take.
    choice : LotChoice
        How.
    where : str
        The event, for errors.
    on : date
        Its day: a lot acquired later cannot be taken.

    Raises
    ------
    InputError
        If a named lot is missing, closed or too small, or named lots cover fewer shares than are
        sold and the rest is not asked for, or too few shares were there on that day.
    """
    late = next((p for p in parts if p.acquired is not None and p.acquired > on), None)
    if late is not None:
        parts = [p for p in parts if p.acquired is None or p.acquired <= on]
    taken: Taken = []
    left = shares
    used: dict[int, Fraction] = {}
    for named in choice.lots:
        left -= _take_named(parts, named, left, taken, used, where)
    if left and choice.lots and choice.rest is None:
        raise InputError(
            f"{where}: the named lots cover {show_exact(shares - left)} of {show_exact(shares)} shares.",
            hint="Name lots for the rest, or ask for it to be taken by fifo (rest=fifo).",
            missing=left,
        )
    if left:
        method = choice.rest or choice.method
        for part in in_order(parts, method):
            if not left:
                break
            free = part.shares - used.get(id(part), _ZERO)
            if free > 0:
                taken.append((part, min(free, left)))
                left -= min(free, left)
    if left:
        raise InputError(
            f"{where}: {show_exact(left)} of {show_exact(shares)} shares were acquired after {on}.",
            hint="Correct one of the dates; a lot is not sold before it is there.",
            missing=left,
        )
    return taken


def _take_named(
    parts: Sequence[Part], named: LotShares, left: Fraction, taken: Taken, used: dict[int, Fraction], where: str
) -> Fraction:
    """Take what one name asks for: the part of that id first, then other parts of the same lot."""
    mine = [p for p in parts if p.lot_id == named.lot_id]
    mine += [p for p in parts if p.root_id == named.lot_id and p.lot_id != named.lot_id]
    if not mine:
        held = ", ".join(f"{p.lot_id} ({show_exact(p.shares)})" for p in parts[:10]) or "none"
        raise InputError(
            f"{where}: lot {named.lot_id} is not open.",
            hint=f"Open lots: {held}. Nothing else is sold in its place.",
            lot_id=named.lot_id,
        )
    asked = min(left, sum((p.shares for p in mine), _ZERO)) if named.shares is None else as_fraction(named.shares)
    wanted = asked
    for part in mine:
        amount = min(wanted, part.shares - used.get(id(part), _ZERO))
        if amount > 0:
            taken.append((part, amount))
            used[id(part)] = used.get(id(part), _ZERO) + amount
            wanted -= amount
    if wanted > 0:
        raise InputError(
            f"{where}: {show_exact(asked)} shares of lot {named.lot_id} are named, and "
            f"{show_exact(asked - wanted)} are open.",
            hint="Name fewer shares, or more lots.",
            lot_id=named.lot_id,
            missing=wanted,
        )
    return asked
