"""SO: spin-offs, several after one another, and exchange offers (split-offs)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Final

from benchmarks.tax_cases.answers import Answer, Answers, ByName, Meaning, Money, PerShare, Shares
from benchmarks.tax_cases.given import CaseError, Given, amount_of
from benchmarks.tax_cases.stage import (
    ACCOUNT,
    EVENT_DAY,
    NEW,
    OLD,
    SOURCE,
    books_of,
    bought,
    lots_given,
    of_fraction,
    opened,
    paid_fraction,
    parts_of,
    per_share_of,
)
from di_advisor.domain.events import Event, Exchange, LotChoice, LotMethod, LotShares, SpinOff, TaxTreatment
from di_advisor.ledger.books import Books

__all__ = ["HOLDING_PERIOD", "holding_of_new", "spin_off"]

HOLDING_PERIOD: Final = {
    "starts anew": ("not tack", "no tacking", "starts", "begins", "new holding period", "anew"),
    "tacks": ("tack", "carries over", "carry over", "carried over", "includes", "1223(1)"),
}
"""What a text says of the holding period of shares received."""

_PERCENTS: Final = 100


def holding_of_new(books: Books, on: date) -> str:
    """Whether lots received keep the dates of what they came for, or start on the day itself."""
    since = {b.lot.held_since for b in books.lots if b.lot.security_id == NEW}
    return "starts anew" if since == {on} else "tacks" if since and on not in since else "partly each"


def spin_off(given: Given) -> Answers:
    """A spin-off by percentage or by values; several spin-offs in turn; or an exchange offer."""
    if given.has("tendered"):
        return _exchange_offer(given)
    if given.has("ratios"):
        return _in_turn(given)
    return _single(given)


def _common(name: str, on: date, security_id: str = NEW) -> dict[str, Any]:
    return {"event_id": name, "on": on, "security_id": OLD, "source": SOURCE, "spun_security_id": security_id}


def _single(given: Given) -> Answers:
    on = given.day(given.first("date", "ex_date", "effective"), EVENT_DAY)
    lots = lots_given(given, on, shares="parent_shares", basis="parent_basis")
    treatment = TaxTreatment(given.text("tax_treatment", "tax_free").replace("-", "_").replace(" ", "_"))
    parent, spun = _fraction(given, "parent"), _fraction(given, "spinco")
    values = given.maybe_amount("fmv_parent"), given.maybe_amount("fmv_spinco")
    event = SpinOff(
        tax_treatment=treatment,
        new_per_old=given.amount(given.first("ratio_spinco_per_parent", "ratio", "new_per_old")),
        parent_fraction=parent,
        spun_fraction=spun,
        value_per_old_usd=values[0],
        value_per_new_usd=values[1],
        by_value=parent is None and spun is None and None not in values,
        **_common("event", on),
    )
    events = [*opened(), *bought(lots), event]
    received = parts_of(books_of(events), NEW)[0]
    cash = given.maybe_amount("cash_in_lieu")
    if cash is not None:
        events.append(paid_fraction(on + timedelta(days=1), NEW, cash))
    books = books_of(events)
    before = {"parent": parts_of(books, OLD), "spinco": parts_of(books, NEW)}
    records = {lot.name: _lot(books, lot.name) for lot in lots}
    gain = sum((p.recognized_usd for p in books.realized), Fraction(0))
    fields: dict[str, Answer] = {
        "parent_basis": Money(before["parent"][1]),
        "spinco_basis": Money(before["spinco"][1]),
        "parent_shares": Shares(before["parent"][0]),
        "spinco_shares": Shares(received),
        "spinco_shares_whole": Shares(Fraction(floor(before["spinco"][0]))),
        "spinco_fraction": Shares(received - floor(received)),
        "parent_per_share": PerShare(per_share_of(books, OLD)),
        "gain_recognized": Money(gain),
        "gain": Money(gain),
        "dividend_income": Money(sum((i.amount_usd for i in books.income), Fraction(0))),
        "holding_period": Meaning(holding_of_new(books, on), HOLDING_PERIOD),
        "lots": ByName("lot", records),
        **of_fraction(books, NEW),
    }
    if before["spinco"][0]:
        fields["spinco_per_share"] = PerShare(per_share_of(books, NEW))
    pending = [n.sentence for n in books.notices if n.about == "basis_pending"]
    return Answers(fields, notes=pending)


def _lot(books: Books, name: str) -> Answers:
    parent, spun = parts_of(books, OLD, name), parts_of(books, NEW, f"{name}+event")
    fields: dict[str, Answer] = {
        "parent_basis": Money(parent[1]),
        "spinco_basis": Money(spun[1]),
        "parent_shares": Shares(parent[0]),
        "spinco_shares": Shares(spun[0]),
    }
    return Answers(fields)


def _fraction(given: Given, side: str) -> Fraction | None:
    """The part of the basis on one side: in percent, or as the ratio of values."""
    if given.has(f"{side}_percent"):
        return amount_of(given.text(f"{side}_percent").strip().removesuffix("%"), f"{side}_percent") / _PERCENTS
    return given.maybe_amount(f"fmv_ratio_{side}")


def _in_turn(given: Given) -> Answers:
    """Spin-offs whose percentages are not given: shares and fractions of each, one after another."""
    ratios = given.part("ratios")
    field = next((name for name in given.names() if name.endswith("_shares")), "shares")
    shares = given.amount(field)
    basis = given.raw(field.replace("_shares", "_basis"), "0")
    lots = lots_given(Given({"shares": shares, "basis": basis}), EVENT_DAY)
    events: list[Event] = [
        SpinOff(
            tax_treatment=TaxTreatment.TAX_FREE,
            new_per_old=ratios.amount(name),
            **_common(name, EVENT_DAY + timedelta(days=30 * i), name),
        )
        for i, name in enumerate(ratios.names())
    ]
    books = books_of([*opened(), *bought(lots), *events])
    fields: dict[str, Answer] = {}
    for name in ratios.names():
        held = parts_of(books, name)[0]
        pending = books.pending_fractions.get((ACCOUNT, name), Fraction(0))
        fields[f"{name.casefold()}_shares"] = Shares(held - pending)
        fields[f"{name.casefold()}_fraction"] = Shares(pending)
    return Answers(fields)


def _exchange_offer(given: Given) -> Answers:
    """Shares tendered, accepted in part: their whole basis moves, and the rest keeps its own."""
    held = next((n for n in given.names() if n.endswith("_shares")), None)
    if held is None:
        raise CaseError("input names no holding: a field such as jnj_shares is needed")
    old = held.removesuffix("_shares")
    shares, tendered = given.amount(held), given.amount("tendered")
    accepted = tendered * given.amount("proration", 1)
    per_share, total = f"{old}_basis_per_share", f"{old}_basis"
    on = given.day(given.first("date", "accepted_on"), EVENT_DAY)
    if given.has("lots"):
        lots = lots_given(given, on)
    else:
        basis = given.amount(per_share) * shares if given.has(per_share) else given.amount(total)
        lots = lots_given(Given({"shares": shares, "basis": basis}), on)
    designated = given.texts("designated") if given.has("designated") else []
    choice = LotChoice(LotMethod.SPECIFIC, tuple(map(LotShares, designated))) if designated else LotChoice()
    event = Exchange(
        event_id="event",
        on=on,
        account_id=ACCOUNT,
        security_id=OLD,
        new_security_id=NEW,
        shares=accepted,
        new_per_old=given.amount(given.first("ratio", "new_per_old")),
        tax_treatment=TaxTreatment.TAX_FREE,
        choice=choice,
        source=SOURCE,
    )
    books = books_of([*opened(), *bought(lots), event])
    left, new = parts_of(books, OLD), parts_of(books, NEW)
    gone = shares - left[0]
    gain = Money(sum((p.recognized_usd for p in books.realized), Fraction(0)))
    name = re.escape(old)
    patterns: list[tuple[str, Answer]] = [
        (rf"{name}_exchanged(_before_rounding)?", Shares(gone)),
        (rf"retained_{name}_shares", Shares(left[0])),
        (rf"retained_{name}_basis", Money(left[1])),
        (rf"\w+_per_{name}", Shares(new[0] / gone)),
        (rf"(?!retained_){_NOT_OLD.format(name)}\w+_basis_per_share", PerShare(per_share_of(books, NEW))),
        (rf"(?!retained_){_NOT_OLD.format(name)}\w+_basis(_total)?", Money(new[1])),
        (rf"(?!retained_){_NOT_OLD.format(name)}\w+_shares", Shares(new[0])),
    ]
    if left[0]:
        patterns.insert(0, (rf"retained_{name}_basis_per_share", PerShare(per_share_of(books, OLD))))
    fields: dict[str, Answer] = {
        "gain": gain,
        "gain_recognized": gain,
        "holding_period": Meaning(holding_of_new(books, on), HOLDING_PERIOD),
    }
    return Answers(fields, patterns)


_NOT_OLD: Final = "(?!{}_)"
