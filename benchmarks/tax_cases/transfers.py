"""GF, CH, WL and TC: gifts, inheritances, gifts to charity, worthless and renamed securities."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from benchmarks.tax_cases.answers import Answers, Day, Exactly, Meaning, Money, Shares, TermOf
from benchmarks.tax_cases.given import CaseError, Given
from benchmarks.tax_cases.stage import (
    ACCOUNT,
    EVENT_DAY,
    OLD,
    SOURCE,
    LotGiven,
    books_of,
    bought,
    lots_given,
    opened,
    parts_of,
    realized_of,
    sale,
)
from di_advisor.domain.events import (
    Buy,
    Delisting,
    Event,
    GiftGiven,
    GiftReceived,
    Inheritance,
    Recipient,
    TaxTreatment,
    TickerChange,
    Worthless,
)
from di_advisor.ledger.books import Books
from di_advisor.ledger.tax_return import charitable_gift

__all__ = ["gift_or_inheritance", "gift_to_charity", "ticker_change", "worthless"]

_SINGLE: Final = Fraction(1)
_ADVICE: Final = {"sell or abandon": ("sell or abandon", "abandon"), "nothing": ("nothing", "keep")}
_IDENTITY: Final = {
    "two securities": ("not one", "not the same", "not identical", "different", "two securities", "distinct"),
    "one security": ("one security", "same security", "identical", "continues", "one and the same"),
}
_LEFT_OPEN: Final = timedelta(days=40)


def gift_or_inheritance(given: Given) -> Answers:
    """What a lot received as a gift, or inherited, is worth to its new holder when sold."""
    if given.has(given.first("fmv_at_death", "value_at_death")):
        return _inheritance(given)
    shares = given.amount("shares", 1)
    on = given.day(given.first("gift_date", "gifted_on", "received"), EVENT_DAY)
    donor_since = given.day(given.first("donor_acquired", "donor_held_since"), on - timedelta(days=800))
    donor = given.amount("donor_basis")
    gift = GiftReceived(
        event_id="lot",
        on=on,
        account_id=ACCOUNT,
        security_id=OLD,
        shares=shares,
        donor_basis_usd=donor,
        # Between spouses the basis carries over whatever the value (26 USC 1041).
        value_usd=donor if given.text("from", "").casefold() == "spouse" else given.amount("fmv_at_gift", donor),
        donor_held_since=donor_since,
        source=SOURCE,
    )
    sold = given.day(given.first("sold", "sell_date"), on + timedelta(days=1))
    books = books_of([*opened(), gift, sale(sold, shares, given.amount("proceeds"))])
    (piece,) = realized_of(books, "sale")
    return Answers(
        {
            "gain_loss": Money(piece.recognized_usd),
            "gain": Money(piece.recognized_usd),
            "basis": Money(piece.basis_usd or Fraction(0)),
            "term": TermOf(piece.term.value),
            **({"holding_period_start": Day(piece.held_since)} if piece.held_since else {}),
        }
    )


def _inheritance(given: Given) -> Answers:
    shares = given.amount("shares", 1)
    died = given.day(given.first("died_on", "death"), EVENT_DAY)
    value = given.amount(given.first("fmv_at_death", "value_at_death"))
    given.raw("decedent_basis", 0)  # what the decedent paid does not matter: that is the rule
    lot = Inheritance(
        event_id="lot",
        on=died,
        account_id=ACCOUNT,
        security_id=OLD,
        shares=shares,
        value_at_death_usd=value,
        died_on=died,
        source=SOURCE,
    )
    (held,) = books_of([*opened(), lot]).lots
    sold = given.day(given.first("sold", "sell_date"), died + timedelta(days=1))
    proceeds = given.maybe_amount("proceeds")
    books = books_of([*opened(), lot, sale(sold, shares, value if proceeds is None else proceeds)])
    (piece,) = realized_of(books, "sale")
    answers = Answers(
        {
            "basis": Money(Fraction(held.lot.basis_total_usd or 0)),
            "term": TermOf(piece.term.value, deemed=held.deemed_long),
        }
    )
    if proceeds is not None:
        answers.fields |= {"gain_loss": Money(piece.recognized_usd), "gain": Money(piece.recognized_usd)}
    return answers


def gift_to_charity(given: Given) -> Answers:
    """The deduction for a lot given to charity, and that nothing is realized by it."""
    term = given.text("term", "long").strip().casefold()
    if term not in ("long", "short") and not given.has("acquired"):
        raise CaseError(f"input.term is {term!r}, neither long nor short")
    on = given.day("given_on", EVENT_DAY)
    acquired = given.day("acquired", on - timedelta(days=800 if term == "long" else 100))
    value = given.amount("fmv")
    (lot,) = lots_given(Given({"shares": 1, "basis": given.raw("basis"), "acquired": acquired.isoformat()}), on)
    gift = GiftGiven(
        event_id="gift",
        on=on,
        account_id=ACCOUNT,
        security_id=OLD,
        shares=lot.shares,
        recipient=Recipient.CHARITY,
        value_usd=value,
        source=SOURCE,
    )
    books = books_of([*opened(), *bought([lot]), gift])
    (gone,) = books.departed
    sold = books_of([*opened(), *bought([lot]), sale(on, lot.shares, value)])
    (piece,) = realized_of(sold, "sale")
    result = charitable_gift(
        basis_usd=Fraction(gone.lot.basis_total_usd or 0), value_usd=value, long_term=piece.term.value == "long"
    )
    realized = sum((p.recognized_usd for p in books.realized), Fraction(0))
    return Answers(
        {
            "deduction": Money(result.deduction_usd),
            "gain_recognized": Money(realized + result.gain_recognized_usd),
            "loss_forgone": Money(result.loss_forgone_usd),
            "term": TermOf(piece.term.value),
        }
    )


def worthless(given: Given) -> Answers:
    """A security that became worthless, or that is only no longer listed."""
    since = given.day(given.first("worthless_on", "delisted_on"), EVENT_DAY)
    # Without a day, what was bought late in the case is not worthless before it was bought.
    lots = lots_given(given, max(since, given.maybe_day("acquired") or date(1800, 1, 2)))
    on = max(since, *(lot.acquired + timedelta(days=1) for lot in lots)) if not given.has("worthless_on") else since
    common = {"event_id": "event", "on": on, "security_id": OLD, "source": SOURCE}
    price = given.maybe_amount("last_price")
    event: Event
    if given.has("worthless_on") and not price:
        event = Worthless(tax_treatment=TaxTreatment.WORTHLESS, **common)  # type: ignore[arg-type]
    else:
        event = Delisting(tax_treatment=TaxTreatment.NONE, **common)  # type: ignore[arg-type]
    books = books_of([*opened(), *bought(lots), event])
    pieces = realized_of(books, "event")
    recognized = sum((p.recognized_usd for p in pieces), Fraction(0))
    held, _ = parts_of(books, OLD)
    answers = Answers(
        {
            "loss": Money(recognized),
            "proceeds": Money(sum((p.proceeds_usd for p in pieces), Fraction(0))),
            "lot_status": Exactly("open" if held else "closed"),
            "advice": Meaning(_advice(books), _ADVICE),
        }
    )
    if pieces:
        answers.fields |= {"deemed_sale": Day(pieces[0].sold), "term": TermOf(pieces[0].term.value)}
    return answers


def _advice(books: Books) -> str:
    """What a notice on a delisted security tells its holder: to sell or abandon it, where it says both."""
    told = " ".join(n.sentence for n in books.notices if n.security_id in books.delisted).casefold()
    words = set(re.findall(r"[a-z]+", told))
    return "sell or abandon" if {"sell", "abandon"} <= words or {"sold", "abandoned"} <= words else "nothing"


def ticker_change(given: Given) -> Answers:
    """A new ticker: the lot before and after, and whether a purchase after it washes a loss before it."""
    held = given.part("lot")
    old, new = held.text("ticker", "OLD"), given.text("new_ticker")
    on = given.day(given.first("date", "effective"), EVENT_DAY)
    (lot,) = lots_given(held, on)
    change = TickerChange(
        event_id="event",
        on=on,
        security_id=OLD,
        tax_treatment=TaxTreatment.NONE,
        old_ticker=old,
        new_ticker=new,
        source=SOURCE,
    )
    books = books_of([*opened(), *bought([lot]), change])
    (after,) = books.lots
    probe = LotGiven("probe", _SINGLE, _SINGLE, on - timedelta(days=800))
    loss = sale(on - timedelta(days=1), _SINGLE, Fraction(0))
    again = Buy(
        event_id="again",
        on=on + timedelta(days=1),
        account_id=ACCOUNT,
        security_id=OLD,
        shares=_SINGLE,
        amount_usd=_SINGLE,
        source=SOURCE,
    )
    washed = books_of([*opened(), *bought([probe]), loss, change, again], until=on + _LEFT_OPEN).disallowed_usd
    gain = sum((p.recognized_usd for p in books.realized), Fraction(0))
    return Answers(
        {
            "ticker": Exactly(books.tickers.get(after.lot.security_id, old)),
            "shares": Shares(Fraction(after.lot.shares)),
            "basis": Money(Fraction(after.lot.basis_total_usd or 0)),
            "acquired": Day(after.lot.acquired or date.min),
            "gain": Money(gain),
            "wash_sale_identity": Meaning("one security" if washed else "two securities", _IDENTITY),
        }
    )
