"""What the broker told the IRS: the boxes of Form 8949, and Form 1099-B where it differs from the books.

Problem: the row of a sale depends on what the broker reported: the box at the top of the form, and
codes where its figures are not the right ones. Decision: how an account reports is an input, with
boxes A and D (basis reported) as the default; a sale whose 1099-B differs has a `Form1099B`. Events
for which brokers issue no 1099-B (return of capital, worthless shares) stand in boxes C and F.
Limits: a 1099-B with less proceeds than the books is refused: one of the two is wrong. The codes are
read from the instructions to Form 8949 as quoted by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.ledger.papers.sold_lines import SoldLine
from di_advisor.ledger.parts import RealizedKind
from di_advisor.ledger.realized import Term

__all__ = ["Box", "Broker", "Form1099B", "Reported", "box_of"]


class Box(StrEnum):
    """Box at the top of Form 8949: A to C in part I (short-term), D to F in part II (long-term)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"

    @property
    def part(self) -> str:
        """Part of the form: I or II."""
        return "I" if self in (Box.A, Box.B, Box.C) else "II"


class Reported(StrEnum):
    """What the IRS was told."""

    BASIS = "basis"
    NO_BASIS = "no_basis"
    NOTHING = "nothing"


_BOXES: Final = {
    (Term.SHORT, Reported.BASIS): Box.A,
    (Term.SHORT, Reported.NO_BASIS): Box.B,
    (Term.SHORT, Reported.NOTHING): Box.C,
    (Term.LONG, Reported.BASIS): Box.D,
    (Term.LONG, Reported.NO_BASIS): Box.E,
    (Term.LONG, Reported.NOTHING): Box.F,
}
_NO_1099B: Final = frozenset({RealizedKind.RETURN_OF_CAPITAL, RealizedKind.WORTHLESS})


def box_of(term: Term, reported: Reported) -> Box:
    """Box of a term and of what the IRS was told.

    Parameters
    ----------
    term : Term
        Short or long.
    reported : Reported
        What the broker reported.
    """
    return _BOXES[term, reported]


@dataclass(frozen=True, slots=True)
class Form1099B:
    """A broker's 1099-B for one sale, or for one lot of it.

    Attributes
    ----------
    event_id : str
        The sale.
    lot_id : str
        The lot; empty if the form covers the whole sale.
    basis_to_irs : bool
        Whether the basis was reported to the IRS (a covered security).
    proceeds_usd : Decimal, Fraction or None
        As printed; None if as in the books.
    basis_usd : Decimal, Fraction or None
        As printed; None if as in the books, or if none is printed.
    term : Term or None
        As printed; None if as in the books.
    """

    event_id: str
    lot_id: str = ""
    basis_to_irs: bool = True
    proceeds_usd: Exact | None = None
    basis_usd: Exact | None = None
    term: Term | None = None

    def __post_init__(self) -> None:
        for name in ("proceeds_usd", "basis_usd"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, exact(value, f"{name} of the 1099-B of sale {self.event_id}"))


@dataclass(frozen=True)
class Broker:
    """What brokers reported.

    Attributes
    ----------
    default : Reported
        For accounts not named.
    by_account : Mapping of str to Reported
        By account.
    forms : tuple of Form1099B
        Sales whose form says something else than the books.
    """

    default: Reported = Reported.BASIS
    by_account: Mapping[str, Reported] = field(default_factory=dict)
    forms: tuple[Form1099B, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_account", FrozenMap(self.by_account))

    def form(self, line: SoldLine) -> Form1099B | None:
        """The 1099-B of a line, if there is one.

        Raises
        ------
        InputError
            If several forms fit.
        """
        for lot_id in (line.root_id, ""):
            found = [f for f in self.forms if (f.event_id, f.lot_id) == (line.event_id, lot_id)]
            if len(found) > 1:
                found = [f for f in found if f.term is line.term]
            if len(found) > 1:
                raise InputError(
                    f"Several 1099-B of sale {line.event_id}, lot {line.root_id}, fit one row.",
                    hint="Give each its lot, or merge them.",
                    event_id=line.event_id,
                )
            if found:
                return found[0]
        return None

    def reported(self, line: SoldLine) -> Reported:
        """What the IRS was told of a line."""
        form = self.form(line)
        if form is not None:
            return Reported.BASIS if form.basis_to_irs else Reported.NO_BASIS
        if line.kind in _NO_1099B:
            return Reported.NOTHING
        return self.by_account.get(line.account_id, self.default)
