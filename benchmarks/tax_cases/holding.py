"""HP and QD: holding periods, and the days that make a dividend qualified."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from benchmarks.tax_cases.answers import Answers, Day, Exactly, TermOf
from benchmarks.tax_cases.given import CaseError, Given
from benchmarks.tax_cases.stage import ACCOUNT, OLD, SOURCE, books_of, opened, realized_of, sale
from di_advisor.domain.events import DividendKind, Inheritance, TransferIn
from di_advisor.ledger.holding_period import LONG_TERM_MONTHS, is_long_term, long_term_from, tacked_since
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import count_holding_days
from di_advisor.ledger.tax_return.dividends import SharesHeld

__all__ = ["holding_period", "qualified_dividend"]

_LONG_PERIOD_DAYS = 366
_CLASSES = {"preferred_stock": "preferred", "preferred_over_366": "preferred_long", "pil": "payment_in_lieu"}


def holding_period(given: Given) -> Answers:
    """Term of a sale and the first long-term day.

    Twelve months are replayed as a lot and its sale; other thresholds, of older law, are counted by
    `is_long_term` alone. Days carried over from another lot (``tacked_days``) start the period
    earlier by as many days.
    """
    acquired, sold = given.day("acquired"), given.day("sold")
    months = given.whole("threshold_months", LONG_TERM_MONTHS)
    tacked = given.whole("tacked_days", 0)
    if tacked < 0 or months < 1:
        raise CaseError(f"threshold_months is {months} and tacked_days {tacked}")
    held_since = tacked_since(acquired, acquired, acquired - timedelta(days=tacked))
    inherited = given.flag(given.first("inherited", "deemed_long"), default=False)
    term = Term.LONG if is_long_term(held_since, sold, months=months) else Term.SHORT
    if months == LONG_TERM_MONTHS:
        entry = (
            Inheritance(
                event_id="lot",
                on=acquired,
                account_id=ACCOUNT,
                security_id=OLD,
                shares=Fraction(1),
                value_at_death_usd=Fraction(1),
                died_on=acquired,
                source=SOURCE,
            )
            if inherited
            else TransferIn(
                event_id="lot",
                on=acquired,
                account_id=ACCOUNT,
                security_id=OLD,
                shares=Fraction(1),
                basis_total_usd=Fraction(1),
                acquired=acquired,
                held_since=held_since,
                source=SOURCE,
            )
        )
        books = books_of([*opened(), entry, sale(sold, Fraction(1), Fraction(2))])
        (piece,) = realized_of(books, "sale")
        term = piece.term
    first = long_term_from(held_since, months=months)
    return Answers(
        {
            "term": TermOf(term.value, deemed=inherited),
            "first_long_term_date": Day(first),
            "calendar_days": Exactly((sold - acquired).days),
            "holding_period_start": Day(held_since),
        }
    )


def qualified_dividend(given: Given) -> Answers:
    """Whether one lot's dividend is qualified, with the count.

    A case that says "preferred" and no more is read as one of the rule that preferred stock has of its
    own, for dividends of more than 366 days; ``period_days`` says otherwise.
    """
    written = given.text("stock_class", "common").strip().casefold().replace(" ", "_").replace("-", "_")
    kind = _CLASSES.get(written, written)
    notes = []
    if kind == DividendKind.PREFERRED:
        days = given.whole("period_days", _LONG_PERIOD_DAYS + 1)
        kind = DividendKind.PREFERRED_LONG if days > _LONG_PERIOD_DAYS else DividendKind.PREFERRED
        notes = [f"the dividend of the preferred stock is taken to cover {days} days"]
    if kind not in set(DividendKind):
        raise CaseError(f"stock_class is {written!r}; known are: {', '.join([*DividendKind, *_CLASSES])}")
    reduced = [
        (part.day(part.first("from", "start")), part.day(part.first("to", "end")))
        for part in (given.parts("reduced_risk") if given.has("reduced_risk") else [])
    ]
    lot = SharesHeld(Fraction(1), given.day("acquired"), given.maybe_day("sold"), tuple(reduced))
    counted = count_holding_days(lot, given.day("ex_dividend_date"), DividendKind(kind), as_of=given.maybe_day("as_of"))
    return Answers(
        {
            "window_start": Day(counted.window_start),
            "window_end": Day(counted.window_end),
            "days_in_window": Exactly(counted.days_in_window),
            "days_held": Exactly(counted.days_held),
            "qualified": Exactly(counted.qualified),
        },
        notes=notes,
    )
