"""ID: which lots a sale takes, and in which year it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from benchmarks.tax_cases.answers import Answers, Day, Exactly, Money, SharesByName, TermOf
from benchmarks.tax_cases.given import CaseError, Given, amount_of
from benchmarks.tax_cases.stage import (
    EVENT_DAY,
    OLD,
    LotGiven,
    books_of,
    bought,
    lots_given,
    opened,
    parts_of,
    realized_of,
    sale,
)
from di_advisor.domain.events import BY_LAW, LotChoice, LotMethod, LotShares
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_optimal import tax_optimal

__all__ = ["identification"]

_OPTIMAL: Final = {"tax", "tax_optimal", "optimal", "min_tax", "taxoptimal"}
_RATES: Final = (("short", "0.408"), ("long", "0.238"))
"""Top federal rates with the net investment income tax, where a case of least tax names none."""

_METHODS: Final = {"specific_id": "specific", "specid": "specific", "highest_cost": "hifo", "highest_in": "hifo"}


def identification(given: Given) -> Answers:
    """Gain, basis and what is left of a sale; or, where only dates are given, whether a choice counts and the year."""
    return _sale_of_lots(given) if given.has("lots") else _sale_of_dates(given)


def _sale_of_lots(given: Given) -> Answers:
    sold = given.part("sell")
    on = sold.day("date", given.raw("trade_date", EVENT_DAY))
    lots = lots_given(given, on)
    shares = sold.amount("shares")
    amount = sold.amount("proceeds") if sold.has("proceeds") else shares * sold.amount("price")
    before = [*opened(), *bought(lots)]
    written = given.text("method", "FIFO").strip().casefold().replace("-", "_").replace(" ", "_")
    notes: list[str] = []
    if written in _OPTIMAL:
        choice, notes = _tax_optimal(given, books_of(before), on, shares, amount)
    else:
        choice = _choice(given, LotMethod(_METHODS.get(written, written)))
    books = books_of([*before, sale(on, shares, amount, choice=choice)])
    pieces = realized_of(books, "sale")
    gain = sum((p.gain_usd for p in pieces), Fraction(0))
    by_term = {t: sum((p.gain_usd for p in pieces if p.term is t), Fraction(0)) for t in Term}
    terms = {p.term for p in pieces}
    left = {lot.name: parts_of(books, OLD, lot.name)[0] for lot in lots}
    taken: dict[str, Fraction] = {}
    for piece in pieces:
        taken[piece.root_id] = taken.get(piece.root_id, Fraction(0)) + piece.shares
    answers = Answers(
        {
            "gain": Money(gain),
            "gain_loss": Money(gain),
            "basis": Money(sum((p.basis_usd or Fraction(0) for p in pieces), Fraction(0))),
            "proceeds": Money(sum((p.proceeds_usd for p in pieces), Fraction(0))),
            "remaining": SharesByName({name: amount for name, amount in left.items() if amount}),
            "sold": SharesByName(taken),
            "lots_sold": SharesByName(taken),
            "short_term_gain": Money(by_term[Term.SHORT]),
            "long_term_gain": Money(by_term[Term.LONG]),
            "disallowed_loss": Money(books.disallowed_usd),
            "recognized_gain_loss": Money(gain + books.disallowed_usd),
        },
        notes=notes,
    )
    if len(terms) == 1:
        answers.fields["term"] = TermOf(terms.pop().value)
    for made in books.identifications:
        answers.fields |= {"accepted": Exactly(made.accepted), "method_used": Exactly(made.used.value)}
    return answers


def _tax_optimal(
    given: Given, books: Books, on: date, shares: Fraction, amount_usd: Fraction
) -> tuple[LotChoice, list[str]]:
    """The choice of least tax, at the rates of the case."""
    rates = given.part("rates") if given.has("rates") else given
    short, long = (rates.amount(rates.first(f"{t}_rate", t), default) for t, default in _RATES)
    optimal = tax_optimal(
        books.lots, shares, amount_usd / shares, tax=lambda s, n: s * short + n * long, on=on, chosen_by="the case"
    )
    notes = [f"taxed at {float(short):g} short-term and {float(long):g} long-term: {Money(optimal.tax_usd)} USD"]
    return optimal.choice, notes


def _choice(given: Given, method: LotMethod) -> LotChoice:
    chosen_on = given.maybe_day("identified_on")
    if method is not LotMethod.SPECIFIC:
        return LotChoice(method, chosen_on=chosen_on)
    named = given.raw(given.first("lots_named", "lots_identified"))
    return LotChoice(method, tuple(_named(named)), chosen_on=chosen_on)


def _named(named: object) -> list[LotShares]:
    """Lots by name; with shares where the case says how many of each."""
    if isinstance(named, Mapping):
        return [LotShares(str(name), amount_of(n, f"shares named of lot {name}")) for name, n in named.items()]
    if isinstance(named, str):
        return [LotShares(named)]
    if not isinstance(named, list):
        raise CaseError(f"lots_named is {named!r}, neither names nor shares by name")
    chosen = []
    for each in named:
        if isinstance(each, Mapping):
            part = Given(each, "input.lots_named")
            chosen.append(LotShares(part.text("lot"), part.maybe_amount("shares")))
        else:
            chosen.append(LotShares(str(each)))
    return chosen


def _sale_of_dates(given: Given) -> Answers:
    """A sale of the second of two lots, at a gain and at a loss: what counts, and when."""
    on, settles = given.day("trade_date"), given.maybe_day("settlement_date")
    chosen_on = given.maybe_day("identified_on")
    lots = [
        LotGiven(name, Fraction(1), Fraction(basis), on - timedelta(days=days))
        for name, basis, days in (("first", 10, 900), ("second", 20, 800))
    ]
    choice = BY_LAW
    if chosen_on is not None:
        choice = LotChoice(LotMethod.SPECIFIC, (LotShares("second"),), chosen_on=chosen_on, chosen_by="the holder")
    years: set[int] = set()
    deadline: date | None = None
    accepted, used = True, choice.method
    for proceeds in (Fraction(1), Fraction(100)):
        events = [*opened(), *bought(lots), sale(on, Fraction(1), proceeds, choice=choice, settles_on=settles)]
        books = books_of(events)
        years |= {year for year in range(on.year - 1, on.year + 2) if books.realized_in(year)}
        for made in books.identifications:
            accepted, used, deadline = made.accepted, made.used, made.deadline
    (year,) = years
    answers = Answers({"tax_year": Exactly(year)})
    if chosen_on is not None:
        answers.fields |= {"accepted": Exactly(accepted), "method_used": Exactly(used.value)}
    if deadline is not None:
        answers.fields["deadline"] = Day(deadline)
    return answers
