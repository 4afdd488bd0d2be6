"""From a broker's rows to lots: its own column names in every error, totals that add up.

Problem: brokers give a cost per share that was rounded, a total, or both, and a sum that may or may not be
theirs. Decision: the total of the lot is what is kept. Where both are given, the total counts and must agree
with the cost per share within that figure's rounding; where only the cost per share is given, the total is
shares times cost, rounded to the cent, half to even, plus any wash-sale adjustment. Where a file has a sum,
it is compared. Limits: a cost per share that was rounded makes a total that is a few cents off, and nobody
can say by how much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.domain.lot_identity import ReadLot
from di_advisor.domain.lot_rows import lots_from_rows, portfolio_of
from di_advisor.domain.portfolio import Account, CashItem, Portfolio
from di_advisor.domain.rows import Findings, Row
from di_advisor.errors import InputError
from di_data.documented_tables import warn_of_closed_days
from di_data.notation import FileNotation

__all__ = ["BrokerFindings", "amount_or_none", "basis_total", "portfolio_of_rows"]

_UNSAID = re.compile(r"|--+|n/?a|not available", re.IGNORECASE)
_CENT_PLACES = 2
_PLAIN = FileNotation()


@dataclass
class BrokerFindings(Findings):
    """Findings that name columns as the broker does.

    Attributes
    ----------
    own : Mapping of str to str
        The broker's name for each of our columns.
    """

    own: Mapping[str, str] = field(default_factory=dict)

    def wrong(self, row: str, column: str, what: str, hint: str) -> None:
        """Note an error of a row and column, under the broker's own name of it."""
        Findings.wrong(self, row, self.own.get(column, column), what, hint)


def amount_or_none(cell: object, notation: FileNotation = _PLAIN) -> Exact | None:
    """Amount of a cell; None where it is blank, ``--`` or ``n/a``.

    Raises
    ------
    InputError
        If it is anything else that is no amount.
    """
    text = str(cell or "").strip()
    return None if _UNSAID.fullmatch(text) else notation.amount(text)


def basis_total(
    shares: Exact, *, total_usd: Exact | None, per_share_usd: Exact | None, adjustment_usd: Exact = Decimal(0)
) -> Exact | None:
    """Basis of a lot in all, in USD; None where neither figure is known.

    Parameters
    ----------
    shares : Decimal or Fraction
        Of the lot.
    total_usd, per_share_usd : Decimal, Fraction or None
        As the broker states them.
    adjustment_usd : Decimal or Fraction
        Disallowed losses that add to the basis and are in neither figure.

    Raises
    ------
    InputError
        If the two figures disagree by more than the cost per share was rounded.
    """
    if total_usd is None and per_share_usd is None:
        return None
    total = None if total_usd is None else as_fraction(total_usd)
    if per_share_usd is not None:
        product = as_fraction(shares) * as_fraction(per_share_usd)
        exponent = per_share_usd.as_tuple().exponent if isinstance(per_share_usd, Decimal) else 0
        places = max(-exponent, 0) if isinstance(exponent, int) else 0
        allowed = (as_fraction(shares) * Fraction(1, 10**places) + Fraction(1, 10**_CENT_PLACES)) / 2
        if total is not None and abs(total - product) > allowed:
            raise InputError(
                f"the basis is {total_usd} USD, and {shares} shares at {per_share_usd} USD are "
                f"{at_places(product, _CENT_PLACES)} USD.",
                hint="One of the figures is of another row, or per share where the total should be.",
            )
        total = as_fraction(at_places(product, _CENT_PLACES)) if total is None else total
    if total_usd is not None and not adjustment_usd:
        return total_usd
    return at_places((total or Fraction(0)) + as_fraction(adjustment_usd), _CENT_PLACES)


def portfolio_of_rows(
    rows: Sequence[Row],
    findings: Findings,
    *,
    as_of: date,
    cash: Mapping[str, Sequence[CashItem]] | None = None,
) -> Portfolio:
    """Portfolio of rows in the columns of `di_advisor.domain.columns.LOT_COLUMNS`, sorted, with cash by account.

    Parameters
    ----------
    rows : sequence of Row
        Lots.
    findings : Findings
        May hold errors already; all are raised together.
    as_of : date
        The statement's day: a lot acquired later is an error.
    cash : Mapping of str to sequence of CashItem, optional
        By account; accounts with cash alone are added.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.

    Warns
    -----
    InputWarning
        If a basis or a date is not known, or a trade date is a day on which the exchange was closed.
    """
    read = lots_from_rows(rows, _PLAIN, findings, as_of=as_of)
    read.sort(key=_place)
    warn_of_closed_days(findings.source, {r.lot.acquired: r.row.label for r in read if r.lot.acquired is not None})
    held = portfolio_of(read, as_of=as_of) if read else Portfolio("taxpayer")
    items = {key: tuple(each) for key, each in (cash or {}).items()}
    known = {a.account_id for a in held.accounts}
    accounts = tuple(replace(a, cash=items.get(a.account_id, ())) for a in held.accounts)
    further = tuple(Account(key, (), each) for key, each in items.items() if key not in known)
    return Portfolio("taxpayer", (*accounts, *further) or (Account("account"),))


def _place(read: ReadLot) -> tuple[str, date, str, str]:
    lot = read.lot
    return lot.account_id, lot.acquired or date.min, lot.security_id, lot.lot_id
