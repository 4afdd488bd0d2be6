"""RC and SP: returns of capital, splits, stock dividends, and rights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from benchmarks.tax_cases.answers import Answer, Answers, ByName, Differs, Money, PerShare, Shares, TermOf
from benchmarks.tax_cases.given import CaseError, Given, amount_of
from benchmarks.tax_cases.stage import (
    EVENT_DAY,
    NEW,
    OLD,
    SOURCE,
    LotGiven,
    books_of,
    bought,
    lots_given,
    of_fraction,
    opened,
    paid_fraction,
    parts_of,
    per_share_of,
    realized_of,
)
from di_advisor.domain.events import (
    Event,
    ReturnOfCapital,
    ReverseSplit,
    Rights,
    SecurityEvent,
    Split,
    StockDividend,
    TaxTreatment,
)
from di_advisor.ledger.books import Books

__all__ = ["return_of_capital", "split_or_rights"]

_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_NUMBER: Final = r"(\d+(?:\.\d+)?(?:/\d+)?)"
_PERCENT: Final = re.compile(rf"{_NUMBER}\s*(%|percent)")
_FOR: Final = re.compile(rf"{_NUMBER}\s*(?:-\s*)?(?:for|:)\s*(?:-\s*)?{_NUMBER}")
_PERCENTS: Final = 100


def _common(name: str, on: date) -> dict[str, Any]:
    return {"event_id": name, "on": on, "security_id": OLD, "source": SOURCE}


def return_of_capital(given: Given) -> Answers:
    """Basis left and gain after distributions that are no dividends, lot by lot."""
    if given.has("distributions"):
        return _distributions_in_turn(given)
    on = given.day(given.first("date", "ex_date"), EVENT_DAY)
    lots = lots_given(given, on)
    event = ReturnOfCapital(
        tax_treatment=TaxTreatment.RETURN_OF_CAPITAL,
        amount_per_share_usd=given.amount("distribution_per_share"),
        **_common("event", on),
    )
    books = books_of([*opened(), *bought(lots), event])
    gains = {lot.name: _gain(books, lot.name) for lot in lots}
    records = {
        lot.name: Answers(
            {
                "basis": Money(parts_of(books, OLD, lot.name)[1]),
                "capital_gain": Money(gains[lot.name]),
                "shares": Shares(parts_of(books, OLD, lot.name)[0]),
            }
        )
        for lot in lots
    }
    total = {
        "capital_gain": Money(sum(gains.values(), Fraction(0))),
        "basis": Money(parts_of(books, OLD)[1]),
    }
    fields: dict[str, Answer] = {
        "lots": ByName("lot", records),
        **total,
        "wrong_pooled_answer": Differs(total, total["capital_gain"]),
    }
    return Answers(fields | _terms(books))


def _distributions_in_turn(given: Given) -> Answers:
    """Distributions on one holding, one after another: ``basis_after_first``, ``capital_gain_second``..."""
    amounts = given.amounts("distributions")
    if len(amounts) > len(_ORDINALS):
        raise CaseError(f"{len(amounts)} distributions are given, and at most {len(_ORDINALS)} have names")
    single = Given({"shares": given.raw("shares", "1"), "basis": given.raw("basis"), **_since(given)})
    years = {n: given.whole(f"{n}_in") for n in _ORDINALS if given.has(f"{n}_in")}
    (lot,) = lots_given(single, date.max)
    days = _days(lot.acquired, len(amounts), years)
    events: list[Event] = [
        ReturnOfCapital(
            tax_treatment=TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=amount / lot.shares, **_common(name, on)
        )
        for name, amount, on in zip(_ORDINALS, amounts, days, strict=False)
    ]
    fields: dict[str, Answer] = {}
    for name, on in zip(_ORDINALS, days, strict=False):
        books = books_of([*opened(), *bought([lot]), *events], until=on)
        fields[f"basis_after_{name}"] = Money(parts_of(books, OLD)[1])
        gain = sum((p.recognized_usd for p in realized_of(books, name)), Fraction(0))
        fields[f"capital_gain_{name}"] = Money(gain)
    books = books_of([*opened(), *bought([lot]), *events])
    return Answers(fields | _terms(books) | {"capital_gain": Money(_gain(books, "lot"))})


def _since(given: Given) -> dict[str, Any]:
    name = given.first("bought", "acquired")
    return {"acquired": given.text(name)} if given.has(name) else {"acquired": "2000"}


def _days(since: date, count: int, years: dict[str, int]) -> list[date]:
    """A day for each distribution: in its year where given, else a year after the one before."""
    days: list[date] = []
    for name in _ORDINALS[:count]:
        last = days[-1] if days else since
        after = last + timedelta(days=366)
        later = [date(year, 7, 2) for n, year in years.items() if _ORDINALS.index(n) > _ORDINALS.index(name)]
        if name in years:
            after = date(years[name], 7, 2)
        elif later and after >= min(later):
            after = last + timedelta(days=1)
        days.append(after)
    if days != sorted(set(days)) or (days and days[0] < since):
        raise CaseError(f"the distributions fall on {', '.join(map(str, days))}, not one after another")
    return days


def _gain(books: Books, root: str) -> Fraction:
    return sum((p.recognized_usd for p in books.realized if p.root_id == root), Fraction(0))


def _terms(books: Books) -> dict[str, Answer]:
    terms = {p.term.value for p in books.realized}
    return {"term": TermOf(terms.pop())} if len(terms) == 1 else {}


def split_or_rights(given: Given) -> Answers:
    """Splits and stock dividends, in steps or at once, with cash for a fraction; or rights."""
    return _rights(given) if given.has("rights") else _splits(given)


def _splits(given: Given) -> Answers:
    paid_on = given.maybe_day(given.first("sale_date", "cash_date"))
    on = given.day(given.first("date", "effective", "ex_date"), (paid_on or EVENT_DAY) - timedelta(days=1))
    lots = lots_given(given, on)
    steps = given.texts("steps") if given.has("steps") else []
    events: list[Event] = [_step(text, f"step {i + 1}", on + timedelta(days=i)) for i, text in enumerate(steps)]
    if not steps:
        name = given.first("new_per_old", "ratio")
        events = [_split(given.amount(name), "step 1", on)]
    before = [*opened(), *bought(lots), *events]
    cash = given.maybe_amount("cash_in_lieu")
    if cash is not None:
        last = max(paid_on or on, events[-1].on) + timedelta(days=0 if paid_on else 1)
        before.append(paid_fraction(last, OLD, cash))
    return _after_splits(books_of(before), lots)


def _after_splits(books: Books, lots: Sequence[LotGiven]) -> Answers:
    held, basis = parts_of(books, OLD)
    cashed = realized_of(books, "cash")
    records = {}
    for lot in lots:
        shares, total = parts_of(books, OLD, lot.name)
        records[lot.name] = Answers({"shares": Shares(shares), "basis": Money(total)})
        if shares:
            records[lot.name].fields["per_share"] = PerShare(per_share_of(books, OLD, lot.name))
    fields: dict[str, Answer] = {
        "lots": ByName("lot", records),
        "shares": Shares(held),
        "basis": Money(basis),
        "gain": Money(sum((p.recognized_usd for p in cashed), Fraction(0))),
        "proceeds": Money(sum((p.proceeds_usd for p in cashed), Fraction(0))),
        **of_fraction(books, OLD),
    }
    if held:
        fields["per_share"] = PerShare(per_share_of(books, OLD))
    return Answers(fields | _terms(books))


def _split(new_per_old: Fraction, name: str, on: date) -> SecurityEvent:
    kind = Split if new_per_old > 1 else ReverseSplit
    return kind(tax_treatment=TaxTreatment.SPLIT, new_per_old=new_per_old, **_common(name, on))


def _step(text: str, name: str, on: date) -> SecurityEvent:
    """A step in words: "stock dividend 20%", "split 3-for-1", "reverse split 1-for-8"."""
    words = text.casefold()
    percent, ratio = _PERCENT.search(words), _FOR.search(words)
    if "dividend" in words and percent:
        added = amount_of(percent[1], text) / _PERCENTS
        return StockDividend(tax_treatment=TaxTreatment.TAX_FREE, new_per_old=added, **_common(name, on))
    if "split" in words and ratio and "dividend" not in words:
        one, other = (amount_of(each, text) for each in ratio.groups())
        if not one or not other:
            raise CaseError(f"step {text!r}: a ratio of zero")
        factor = one / other
        reverse = "reverse" in words or "consolidation" in words
        # "Reverse split 8-for-1" is said of eight old shares for one new one too.
        if reverse and factor > 1:
            factor = 1 / factor
        if factor != 1:
            return _split(factor, name, on)
    raise CaseError(
        f"step {text!r} is not understood; write 'split 3-for-1', 'reverse split 1-for-8', 'stock dividend 20%'"
    )


def _rights(given: Given) -> Answers:
    on = given.day(given.first("date", "ex_date"), EVENT_DAY)
    (lot,) = lots_given(given, on, shares="old_shares", basis="old_basis")
    event = Rights(
        tax_treatment=TaxTreatment.TAX_FREE,
        rights_security_id=NEW,
        new_per_old=given.amount("rights") / lot.shares,
        value_per_old_usd=given.amount("fmv_old"),
        value_per_right_usd=given.amount("fmv_right"),
        elected=given.flag("election", default=False),
        **_common("event", on),
    )
    books = books_of([*opened(), *bought([lot]), event])
    old, rights = parts_of(books, OLD), parts_of(books, NEW)
    return Answers(
        {
            "basis_old": Money(old[1]),
            "basis_rights": Money(rights[1]),
            "rights": Shares(rights[0]),
            "basis_per_old": PerShare(per_share_of(books, OLD)),
            "basis_per_right": PerShare(per_share_of(books, NEW)),
        }
    )
