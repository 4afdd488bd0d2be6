"""What readers of holdings share: dates as sheets write them, kinds, and weights that must add up.

Problem: a weight in percent looks like one in fractions, and a sheet that lost its last rows looks like a
sheet. Decision: the published weights must add up to between 99 and 101 percent, cash included, or the
sheet is refused; a security stands there once. Limits: a
sheet that lost less than a hundredth of its weight passes.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.rows import some_of
from di_data.frame.exchange import Received
from di_data.frame.guards import refuse_weights
from di_data.frame.rows import refuse

__all__ = ["checked_sheet", "identifiers_of", "require_whole", "written_day"]

_MONTHS: Final = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4})")
_MONTH_FIRST: Final = re.compile(r"([A-Za-z]{3})[a-z]* (\d{1,2}), (\d{4})")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGITS: Final = {IdentifierScheme.CUSIP: 9, IdentifierScheme.SEDOL: 7}


def written_day(text: str, received: Received) -> date:
    """The day in a line such as "As of 10-May-2024" or "Dec 06, 2024"; English months, whatever the locale.

    Raises
    ------
    SourceContentError
        If there is none.
    """
    iso = _ISO.search(text)
    found = _DAY_FIRST.search(text)
    day, month, year = (found[1], found[2], found[3]) if found else ("", "", "")
    if not found and (found := _MONTH_FIRST.search(text)):
        month, day, year = found[1], found[2], found[3]
    try:
        if iso:
            return date.fromisoformat(iso[0])
        return date(int(year), _MONTHS[month.lower()], int(day))
    except (KeyError, ValueError):
        refuse(received, f"{text!r} is no date that is documented.")


def identifiers_of(written: Sequence[tuple[IdentifierScheme, object]]) -> tuple[Identifier, ...]:
    """Identifiers of the cells that hold one; a spreadsheet's numbers get their leading zeros back."""
    found = []
    for scheme, cell in written:
        digits = _DIGITS.get(scheme, 0)
        text = (
            str(int(cell)).zfill(digits) if isinstance(cell, float) and cell.is_integer() else str(cell or "").strip()
        )
        if text.strip("-\xa0 "):
            found.append(Identifier(scheme, text))
    return tuple(found)


def require_whole(weights: Sequence[float], received: Received) -> None:
    """Refuse weights that do not add up to between 99 and 101 percent.

    Raises
    ------
    SourceContentError
        With what they add up to.
    """
    refuse_weights(math.fsum(weights), received)


def checked_sheet(fund: str, as_of: date, holdings: Sequence[IndexHolding], received: Received) -> HoldingsSheet:
    """A sheet, its figures checked; its weights are checked before, as they were published.

    Raises
    ------
    SourceContentError
        If there are no equities, an equity has a weight below zero, or an identifier stands there twice.
    """
    equities = [h for h in holdings if h.kind is HoldingKind.EQUITY]
    if not equities:
        refuse(received, "there are no equities in it.", "Check that it is the right sheet.")
    odd = [h.name for h in equities if not (math.isfinite(h.weight) and h.weight >= 0)]
    if odd:
        refuse(received, f"the weight of {some_of(odd)} is below zero.", "Only long positions are read.")
    nameless = [h.name for h in equities if not h.identifiers]
    if nameless:
        refuse(received, f"{some_of(nameless)} has no identifier.")
    counts = Counter(i for h in equities for i in h.identifiers)
    twice = sorted(str(i) for i, n in counts.items() if n > 1)
    if twice:
        refuse(received, f"{some_of(twice)} stands there twice.", "Keep one row for each security.")
    return HoldingsSheet(fund, as_of, tuple(holdings), received.provenance)
