"""What a closed year's return said, compared before and after a batch of events.

Problem: an event of an open year can reach back: shares that arrive by transfer with an old trade
date wash a loss of last year, and a late sale can move a loss into shares that were sold last year.
Dates alone do not show that. Decision: the results of the closed years, by sale and term, are
derived with and without the batch; any difference is refused unless the batch amends that year.
Limits: two replays for each record once a year is closed.
"""

from __future__ import annotations

from fractions import Fraction

from di_advisor.errors import ClosedYearError
from di_advisor.ledger.books import Books

__all__ = ["refuse_changed_results"]

_Key = tuple[int, str, str, str]
_Result = dict[str, Fraction | None]


def refuse_changed_results(before: Books, after: Books, through: int) -> None:
    """Refuse a batch that changes what closed years hold.

    Parameters
    ----------
    before, after : Books
        Without and with the batch, over the same days.
    through : int
        Last year that must not change.

    Raises
    ------
    ClosedYearError
        Naming the earliest year that would change, the sale, and both figures.
    """
    was, now = _results(before, through), _results(after, through)
    changed = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
    if not changed:
        return
    year, event_id, account_id, security_id = changed[0]
    more = f" (and {len(changed) - 1} more results)" if len(changed) > 1 else ""
    raise ClosedYearError(
        f"These events change {year}, which is closed: the result of {event_id} ({security_id}, account {account_id}) "
        f"from {_said(was.get(changed[0]))} to {_said(now.get(changed[0]))}{more}.",
        hint=f"If the return is amended, record a YearAmended for {year} in the same batch, with its reason.",
        event_id=event_id,
        tax_year=year,
        closed_through=through,
    )


def _results(books: Books, through: int) -> dict[_Key, _Result]:
    found: dict[_Key, _Result] = {}
    for r in books.realized:
        if r.taxed and r.sold.year <= through:
            result = found.setdefault((r.sold.year, r.event_id, r.account_id, r.security_id), {})
            sum_so_far = result.get(r.term.value, Fraction(0))
            known = sum_so_far is not None and r.known
            result[r.term.value] = sum_so_far + r.recognized_usd if known and sum_so_far is not None else None
    for i in books.income:
        if i.taxed and i.on.year <= through:
            found.setdefault((i.on.year, i.event_id, i.account_id, i.security_id), {})[i.kind.value] = i.amount_usd
    return found


def _said(result: _Result | None) -> str:
    if result is None:
        return "nothing"
    return " and ".join(
        f"{term} " + ("not known" if usd is None else f"{float(usd):,.2f} USD") for term, usd in sorted(result.items())
    )
