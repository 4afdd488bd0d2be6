"""The line of totals under a table: checked against the rows above it, said aloud, and left out.

Problem: brokers and spreadsheets end a table with "Total"; read as a lot it is nonsense, and taken out unread it
takes with it the only proof that the file is whole. Decision: a last row that begins with such a word and lacks
what every row needs is a total; what it sums must be the sum of the rows, or the file is refused. One that lacks
nothing may be a security of that name, and is a total only if it sums the rows. Limits: only columns that can be
summed are checked; totals in the middle of a table are errors of their rows.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NoReturn

from di_advisor.domain.cells import is_blank
from di_advisor.domain.rows import Column, Row
from di_advisor.errors import InputError, InputWarning
from di_data.notation import FileNotation

__all__ = ["is_total_label", "without_total"]

_LABEL = re.compile(r"(?:(?:grand|account|portfolio|overall)\s+)?totals?\s*:?", re.IGNORECASE)
_SUMMED = ("shares", "quantity", "basis_total_usd", "weight", "gain_usd")


def is_total_label(cells: Sequence[object]) -> bool:
    """Whether the first cell of a row that is not blank says that it is a total."""
    first = next((str(c).strip() for c in cells if not is_blank(c)), "")
    return _LABEL.fullmatch(first) is not None


def without_total(rows: list[Row], columns: Sequence[Column], notation: FileNotation, source: str) -> list[Row]:
    """Rows without a last one that is their total.

    Parameters
    ----------
    rows : list of Row
        Rows of a file, by documented column.
    columns : sequence of Column
        What is documented; a total lacks something that is required.
    notation : FileNotation
        How amounts are written.
    source : str
        Name of the file.

    Raises
    ------
    InputError
        If a total is not the sum of the rows above it.

    Warns
    -----
    InputWarning
        Naming the row that is left out, and what of it agrees.
    """
    if not rows or not is_total_label(tuple(rows[-1].cells.values())):
        return rows
    *above, last = rows
    complete = not any(c.required and is_blank(last[c.name]) for c in columns)
    gaps = {name: gap for name in _SUMMED if (gap := _gap(name, above, last, notation)) is not None}
    agree = [name for name, (gap, room) in gaps.items() if gap <= room]
    if complete and (not agree or len(agree) < len(gaps)):
        return rows
    for name in gaps:
        if name not in agree:
            _refuse(name, above, last, notation, source)
    checked = f" ({', '.join(agree)}: the sum of the rows above)" if agree else ""
    warnings.warn(f"{source}: {last.label} is a total{checked} and is left out.", InputWarning, stacklevel=4)
    return above


def _gap(name: str, above: Sequence[Row], last: Row, notation: FileNotation) -> tuple[Fraction, Fraction] | None:
    """How far a column's total is from the sum of the rows, and how far it may be; None where it sums no figures."""
    try:
        total = notation.amount(last[name])
        summed = _sum(name, above, notation)
    except InputError:
        return None
    # A total may sum figures that were longer before they were written: half a last place a row.
    place = Fraction(Decimal(10) ** int(total.as_tuple().exponent)) if isinstance(total, Decimal) else Fraction(0)
    return abs(Fraction(total) - summed), place * len(above) / 2


def _sum(name: str, above: Sequence[Row], notation: FileNotation) -> Fraction:
    return sum((Fraction(notation.amount(row[name])) for row in above if not is_blank(row[name])), Fraction(0))


def _refuse(name: str, above: Sequence[Row], last: Row, notation: FileNotation, source: str) -> NoReturn:
    raise InputError(
        f"{source}, {last.label}: the total of {name} is {last[name]}, and the rows above add up to "
        f"{float(_sum(name, above, notation)):,.12g}.",
        hint="A row may be missing or written twice: export the file again, or remove the line of totals.",
        source=source,
        row=last.label,
        field=name,
    )
