"""MG: mergers for cash, for stock, for both; as a reorganisation or fully taxable.

Amounts are per share of the holding, except where a case gives no ratio of shares: then they are
what came for the whole of it. A mixed deal whose case names no treatment is read as a
reorganisation with boot, a deal for cash alone as taxable; the ledger itself never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from benchmarks.tax_cases.answers import (
    Answer,
    Answers,
    ByName,
    Differs,
    Exactly,
    Meaning,
    Money,
    PerShare,
    Shares,
    TermOf,
)
from benchmarks.tax_cases.given import CaseError, Given
from benchmarks.tax_cases.spinoffs import HOLDING_PERIOD, holding_of_new
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
)
from di_advisor.domain.events import CashMerger, MixedMerger, SecurityEvent, StockMerger, TaxTreatment
from di_advisor.domain.index_actions import apply_to_target
from di_advisor.ledger.actions import BootExchange, exchange_with_boot
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import IncomeKind

__all__ = ["merger"]

_ZERO: Final = Fraction(0)
_RATIO: Final = re.compile(r"(?!stock)[a-z]+_per_[a-z]+")
_NO_RATIO: Final = ("cash_per_share", "basis_per_share")


@dataclass(frozen=True)
class _Deal:
    """Terms of a merger, per share of the holding, in USD."""

    on: date
    treatment: TaxTreatment
    ratio: Fraction
    value_per_new: Fraction | None
    cash: Fraction
    other: Fraction
    earnings: Fraction

    @property
    def has_stock(self) -> bool:
        """Whether shares come."""
        return bool(self.ratio)

    def event(self) -> SecurityEvent:
        """The event of the journal."""
        common: dict[str, Any] = {"event_id": "event", "on": self.on, "security_id": OLD, "source": SOURCE}
        if not self.has_stock:
            return CashMerger(tax_treatment=self.treatment, cash_per_share_usd=self.cash, **common)
        if not self.cash and not self.other:
            return StockMerger(
                tax_treatment=self.treatment,
                new_security_id=NEW,
                new_per_old=self.ratio,
                value_per_new_usd=self.value_per_new,
                **common,
            )
        if self.value_per_new is None:
            raise CaseError("stock and cash need the value of the stock (stock_fmv)")
        return MixedMerger(
            tax_treatment=self.treatment,
            new_security_id=NEW,
            new_per_old=self.ratio,
            cash_per_share_usd=self.cash,
            value_per_new_usd=self.value_per_new,
            other_per_share_usd=self.other,
            dividend_per_share_usd=self.earnings,
            **common,
        )

    def boot_of(self, lot: LotGiven) -> BootExchange:
        """The rule of section 356 on one lot, for what replays do not show: the gain realised."""
        n = lot.shares
        stock = n * self.ratio * (self.value_per_new or _ZERO)
        return exchange_with_boot(lot.basis_usd, stock, n * self.cash, n * self.other, n * self.earnings)


def merger(given: Given) -> Answers:
    """Gain, what part of it is recognised, and the basis and dates of what came."""
    on = given.day(given.first("date", "closing", "closing_date"), EVENT_DAY)
    shares = next((n for n in given.names() if n == "shares" or n.endswith("_shares")), "shares")
    lots = lots_given(given, on, shares=shares)
    deal = _deal(given, on, sum((lot.shares for lot in lots), _ZERO))
    events = [*opened(), *bought(lots), deal.event()]
    cash = given.maybe_amount("cash_in_lieu")
    books = books_of(events if cash is None else [*events, paid_fraction(on + timedelta(days=1), NEW, cash)])
    recognized = sum((p.recognized_usd for p in books.realized), _ZERO)
    dividend = sum((i.amount_usd for i in books.income if i.kind is IncomeKind.BOOT_DIVIDEND), _ZERO)
    is_reorganised = deal.treatment is not TaxTreatment.TAXABLE
    boots = [deal.boot_of(lot) for lot in lots]
    realized = sum((b.realized_usd for b in boots), _ZERO) if is_reorganised else recognized
    left, new = parts_of(books, OLD), parts_of(books, NEW)
    gain = Money(recognized + dividend)
    fields: dict[str, Answer] = {
        "gain": gain,
        "recognized_gain": gain,
        "recognized_gain_total": gain,
        "gain_recognized": gain,
        "recognized": gain,
        "realized": Money(realized),
        "realized_gain": Money(realized),
        "capital_gain_part": Money(recognized),
        "dividend_part": Money(dividend),
        "loss_recognized": Exactly(any(p.recognized_usd < 0 for p in books.realized)),
        "shares_left": Shares(left[0]),
        "new_stock_shares": Shares(new[0]),
        "new_shares": Shares(new[0]),
        "new_stock_basis": Money(new[1]),
        "other_property_basis": Money(sum((b.other_property_basis_usd for b in boots), _ZERO)),
        "wrong_pooled_answer": Differs({"recognized_gain": gain, "gain": gain, "recognized_gain_total": gain}, gain),
    }
    if not is_reorganised:
        fields["proceeds"] = Money(sum((p.proceeds_usd for p in books.realized), _ZERO))
    fields["index_target"] = Meaning(_target(deal.event()), _TARGETS)
    fields |= _of_new(books, lots, on) | of_fraction(books, NEW) if deal.has_stock else {}
    terms = {p.term.value for p in books.realized}
    if len(terms) == 1:
        fields["term"] = TermOf(terms.pop())
    patterns: list[tuple[str, Answer]] = [
        (r"\w+_basis_total", Money(new[1])),
        (r"new_\w+_basis", Money(new[1])),
        (r"\w+_shares", Shares(new[0])),
    ]
    if new[0]:
        patterns.insert(0, (r"\w+_basis_per_share", PerShare(per_share_of(books, NEW))))
    return Answers(fields, patterns)


def _deal(given: Given, on: date, shares: Fraction) -> _Deal:
    names = given.names()
    named = next((n for n in names if _RATIO.fullmatch(n) and n not in _NO_RATIO), "ratio")
    ratio = given.first("ratio", "stock_per_share", "new_per_old", named)
    fmv = given.first("stock_fmv", next((n for n in names if n.endswith("_fmv") and "other" not in n), "stock_fmv"))
    value = given.maybe_amount(fmv)
    cash = given.amount(given.first("cash", "cash_per_share"), 0)
    other, earnings = given.amount("other_property_fmv", 0), given.amount("ratable_earnings_and_profits", 0)
    has_stock = given.has(ratio) or value is not None
    if not given.has(ratio) and value is not None:
        # Without a ratio the amounts are for the whole holding: one new share for each old one, at its part.
        value, cash, other, earnings = (amount / shares for amount in (value, cash, other, earnings))
    per_old = given.amount(ratio, 1) if has_stock else _ZERO
    if has_stock and not per_old:
        raise CaseError(f"input.{ratio} is zero")
    kind = _treatment(given, has_stock=has_stock, has_boot=bool(cash or other))
    return _Deal(on, kind, per_old, value, cash, other, earnings)


def _treatment(given: Given, *, has_stock: bool, has_boot: bool) -> TaxTreatment:
    written = given.text("tax_treatment", "reorganisation" if has_stock else "taxable").casefold()
    if "taxable" in written and "non" not in written:
        return TaxTreatment.TAXABLE
    if not re.search(r"reorg|368|354|356|boot|tax[ _-]?free|non-?taxable", written):
        raise CaseError(f"input.tax_treatment is {written!r}, neither taxable nor a reorganisation")
    return TaxTreatment.REORGANISATION_WITH_BOOT if has_boot else TaxTreatment.TAX_FREE


def _of_new(books: Books, lots: Sequence[LotGiven], on: date) -> dict[str, Answer]:
    """Lots and dates of the stock received."""
    period = Meaning(holding_of_new(books, on), HOLDING_PERIOD)
    records = {}
    for lot in lots:
        shares, basis = parts_of(books, NEW, lot.name)
        records[lot.name] = Answers({"shares": Shares(shares), "basis": Money(basis)})
        if shares:
            records[lot.name].fields["per_share"] = PerShare(per_share_of(books, NEW, lot.name))
        gain = sum((p.recognized_usd for p in books.realized if p.root_id == lot.name), _ZERO)
        records[lot.name].fields |= {"gain": Money(gain), "recognized_gain": Money(gain)}
    return {"lots": ByName("lot", records), "holding_period": period, "new_holding_period": period}


_TARGETS: Final = {
    "moves to the acquirer": ("acquirer", "moves to"),
    "removed, cash reinvested": ("cash reinvested", "reinvest"),
    "unchanged": ("unchanged", "stays"),
}
"""What a text says of the index; the name that leaves is named by the case, not by the books."""


def _target(event: SecurityEvent) -> str:
    """What becomes of the weight of the name in an index with another member and, for stock, the acquirer."""
    after = apply_to_target({OLD: 0.5, "another member": 0.25, NEW: 0.25}, event)
    if OLD in after.weights:
        return "unchanged"
    if not after.cash_weight:
        return "moves to the acquirer"
    left = after.reinvested()
    return "removed, cash reinvested" if sum(left.values()) > sum(after.weights.values()) else "unchanged"
