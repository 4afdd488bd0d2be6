"""Schedule D: the totals of Form 8949 by box, carryovers, and what goes into the return.

Lines 1b, 2, 3 and 8b, 9, 10 are the totals of boxes A to F; 6 and 14 the losses carried over, 7 and
15 the net gain by term, 16 both together, 21 the loss that is deducted. Lines in parentheses on the
form (6, 14, 21) are negative here. Limits: lines 1a, 4, 5, 8a, 11 and 12 are not filled; capital gain
distributions (13) are an input. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from di_advisor.domain.amounts import Exact, cents_of_parts, exact
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError
from di_advisor.ledger.papers.form_8949 import Form8949Row
from di_advisor.ledger.papers.paper import Paper
from di_advisor.ledger.tax_return import capital_loss_limit_usd

__all__ = ["ScheduleDLine", "schedule_d"]

_ZERO: Final = Decimal("0.00")
_SHORT: Final = (("1b", "A"), ("2", "B"), ("3", "C"))
_LONG: Final = (("8b", "D"), ("9", "E"), ("10", "F"))


@dataclass(frozen=True, slots=True)
class ScheduleDLine:
    """One line.

    Attributes
    ----------
    line : str
        Its number on the form.
    what : str
        What stands in it.
    proceeds_usd, basis_usd, adjustment_usd : Decimal or None
        Columns (d), (e) and (g); None where the line has none.
    gain_usd : Decimal
        Column (h).
    """

    line: str
    what: str
    proceeds_usd: Decimal | None
    basis_usd: Decimal | None
    adjustment_usd: Decimal | None
    gain_usd: Decimal


def schedule_d(
    form: Paper[Form8949Row],
    *,
    carryover_short_usd: Exact | int = 0,
    carryover_long_usd: Exact | int = 0,
    gain_distributions_usd: Exact | int = 0,
    filing_status: FilingStatus = FilingStatus.SINGLE,
) -> Paper[ScheduleDLine]:
    """Lines of Schedule D from the rows of Form 8949.

    Parameters
    ----------
    form : Paper of Form8949Row
        The form; what is missing there is missing here.
    carryover_short_usd, carryover_long_usd : Decimal, Fraction or int
        Losses carried over from last year, **positive**.
    gain_distributions_usd : Decimal, Fraction or int
        Capital gain distributions (line 13).
    filing_status : FilingStatus
        Decides the limit of line 21.

    Raises
    ------
    InputError
        If a carryover is negative.
    """
    short = [_box_line(form.rows, line, box) for line, box in _SHORT]
    long = [_box_line(form.rows, line, box) for line, box in _LONG]
    short_carried = _carried("6", "Short-term capital loss carryover", carryover_short_usd)
    long_carried = _carried("14", "Long-term capital loss carryover", carryover_long_usd)
    distributions = _plain("13", "Capital gain distributions", _cents(gain_distributions_usd))
    line_7 = _plain("7", "Net short-term capital gain or loss", _sum(*short, short_carried))
    line_15 = _plain("15", "Net long-term capital gain or loss", _sum(*long, distributions, long_carried))
    line_16 = _plain("16", "Lines 7 and 15 together", _sum(line_7, line_15))
    limit = _cents(capital_loss_limit_usd(filing_status))
    line_21 = _plain("21", "Loss deducted this year", max(min(line_16.gain_usd, _ZERO), -limit))
    rows = (*short, short_carried, line_7, *long, distributions, long_carried, line_15, line_16, line_21)
    title = form.about.title.replace("Form 8949", "Schedule D")
    note = f"Limit of a net loss for {filing_status.value}: {limit:,} USD (26 USC 1211(b))."
    noted = replace(form.about, title=title, notes=(note, *form.about.notes))
    return Paper(noted, ScheduleDLine, rows)


def _box_line(rows: Sequence[Form8949Row], line: str, box: str) -> ScheduleDLine:
    mine = [r for r in rows if r.box == box]
    d, e, g, h = (
        sum((getattr(r, name) for r in mine), _ZERO)
        for name in ("proceeds_usd", "basis_usd", "adjustment_usd", "gain_usd")
    )
    return ScheduleDLine(line, f"Form 8949, box {box}", d, e, g, h)


def _plain(line: str, what: str, gain_usd: Decimal) -> ScheduleDLine:
    return ScheduleDLine(line, what, None, None, None, gain_usd)


def _carried(line: str, what: str, loss_usd: Exact | int) -> ScheduleDLine:
    loss = _cents(loss_usd)
    if loss < 0:
        raise InputError(
            f"{what} is {loss_usd}; a loss carried over is entered as a positive amount.", hint="Drop the minus sign."
        )
    return _plain(line, what, -loss if loss else _ZERO)


def _cents(amount_usd: Exact | int) -> Decimal:
    return cents_of_parts([exact(amount_usd, "an amount of Schedule D")])[0]


def _sum(*lines: ScheduleDLine) -> Decimal:
    return sum((line.gain_usd for line in lines), _ZERO)
