"""Company facts of SEC EDGAR: yearly revenue, shares outstanding and debt, each known from the day it was filed.

Problem: "Revenues" alone misses most filers, a quarter stands beside the year that ends on the same day, and
a later filing restates an earlier year. Decision: per filing and period the first tag of a documented chain
counts, years are told by their length, every filing that says something of a period gives its own observation,
known on the day it was filed, and the note names tag and filing. Debt is reported where one tag says all of it;
put together from parts it is an estimate, and the note says of which parts. Limits: US dollars; facts by share
class are not in this service, so some companies with several classes have no share count here; where a filing
tags a part of its revenue with a tag that stands earlier in the chain, the note shows the others.

Sources: SEC EDGAR application programming interfaces, "companyfacts"; the chain of revenue tags is the one
that published users of the service found to be needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Reading, Status
from di_data.frame.exchange import Received
from di_data.frame.guards import refuse_other_columns
from di_data.frame.rows import checked_rows, list_of, object_of

__all__ = ["REVENUE_TAGS", "company_observations"]

REVENUE_TAGS: Final = (
    "RevenueFromContractWithCustomerExcludingAssessedTax",
    "Revenues",
    "RevenueFromContractWithCustomerIncludingAssessedTax",
    "RevenuesNetOfInterestExpense",
    "SalesRevenueNet",
)
"""In the order in which they are taken."""

_SHARES: Final = (("dei", "EntityCommonStockSharesOutstanding"), ("us-gaap", "CommonStockSharesOutstanding"))
_ALL_DEBT: Final = "DebtLongtermAndShorttermCombinedAmount"
_LONG: Final = "LongTermDebt"
_LONG_PARTS: Final = ("LongTermDebtNoncurrent", "LongTermDebtCurrent")
_SHORT: Final = "ShortTermBorrowings"
_YEAR_DAYS: Final = (340, 380)
"""A fiscal year: 52 or 53 weeks, or the calendar's."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    end: date
    val: float = Field(allow_inf_nan=False)
    accn: str = Field(min_length=1)
    filed: date
    form: str = ""
    start: date | None = None

    @property
    def is_year(self) -> bool:
        return self.start is not None and _YEAR_DAYS[0] <= (self.end - self.start).days <= _YEAR_DAYS[1]


_ByFiling = dict[tuple[str, date], dict[str, _Fact]]
"""Facts by filing and end of period, then by tag."""


def company_observations(document: Mapping[str, Any], received: Received) -> list[Observation]:
    """Observations of one company: ``revenue_usd`` (years), ``shares_outstanding``, ``debt_usd``.

    Raises
    ------
    SourceContentError
        If the document is not of the documented shape.
    """
    refuse_other_columns(list(document), ("cik", "entityName", "facts"), received, where="company facts")
    facts = object_of(document["facts"], "facts", received)
    reader = _Company(Identifier(IdentifierScheme.CIK, str(document["cik"])), facts, received)
    return [*reader.revenue(), *reader.shares(), *reader.debt()]


class _Company:
    def __init__(self, subject: Identifier, facts: Mapping[str, Any], received: Received) -> None:
        self._subject, self._facts, self._received = subject, facts, received

    def _of(self, tags: Sequence[tuple[str, str]], unit: str, *, years: bool = False) -> _ByFiling:
        found: _ByFiling = defaultdict(dict)
        for taxonomy, tag in tags:
            known = object_of(self._facts.get(taxonomy), taxonomy, self._received)
            concept = object_of(known.get(tag), tag, self._received)
            units = object_of(concept.get("units"), f"units of {tag}", self._received)
            rows = list_of(units.get(unit), f"{tag} in {unit}", self._received)
            for fact in checked_rows(rows, _Fact, self._received):
                if fact.is_year or not years:
                    found[(fact.accn, fact.end)][tag] = fact
        return found

    def revenue(self) -> list[Observation]:
        """One a filing and year; where there is none at all, that."""
        filings = self._of([("us-gaap", tag) for tag in REVENUE_TAGS], "USD", years=True)
        found = []
        for by_tag in filings.values():
            tag = next(tag for tag in REVENUE_TAGS if tag in by_tag)
            others = [f"{t} {f.val:.0f}" for t, f in by_tag.items() if t != tag and f.val != by_tag[tag].val]
            also = f"; the same filing also has {', '.join(others)}" if others else ""
            found.append(self._made("revenue_usd", "USD", by_tag[tag], f"{tag}{also}"))
        return found or [self._nothing("revenue_usd", "USD", "no revenue of a year in US dollars under any known tag")]

    def shares(self) -> list[Observation]:
        """Shares outstanding: the cover page's count before the balance sheet's."""
        chosen: dict[tuple[str, date], Observation] = {}
        for key, by_tag in self._of(_SHARES, "shares").items():
            tag = next(tag for _, tag in _SHARES if tag in by_tag)
            chosen[key] = self._made("shares_outstanding", "shares", by_tag[tag], tag)
        return list(chosen.values()) or [
            self._nothing("shares_outstanding", "shares", "no count of shares; classes are not in this service")
        ]

    def debt(self) -> list[Observation]:
        """All debt by one tag, or put together from parts as an estimate."""
        tags = [("us-gaap", tag) for tag in (_ALL_DEBT, _LONG, *_LONG_PARTS, _SHORT)]
        found = []
        for by_tag in self._of(tags, "USD").values():
            if _ALL_DEBT in by_tag:
                found.append(self._made("debt_usd", "USD", by_tag[_ALL_DEBT], _ALL_DEBT))
                continue
            parts = [by_tag[_LONG]] if _LONG in by_tag else [by_tag[tag] for tag in _LONG_PARTS if tag in by_tag]
            if not parts:
                continue
            names = [_LONG] if _LONG in by_tag else [tag for tag in _LONG_PARTS if tag in by_tag]
            if _SHORT in by_tag:
                parts, names = [*parts, by_tag[_SHORT]], [*names, _SHORT]
            note = f"sum of {' + '.join(names)}" + (
                "" if _SHORT in by_tag else "; short-term borrowings are not tagged"
            )
            total = parts[0].model_copy(update={"val": sum(part.val for part in parts)})
            found.append(self._made("debt_usd", "USD", total, note, Status.ESTIMATED))
        return found

    def _made(self, metric: str, unit: str, fact: _Fact, note: str, status: Status = Status.REPORTED) -> Observation:
        sound = fact.end <= fact.filed
        told = f"{note}, {fact.form}, accession {fact.accn}"
        return Observation(
            subject=self._subject,
            metric=metric,
            value=fact.val if sound else None,
            unit=unit,
            reading=Reading.NEUTRAL,
            status=status if sound else Status.ERROR,
            known_on=fact.filed,
            provenance=self._received.provenance,
            period_end=fact.end,
            note=told if sound else f"{told}: the period ends on {fact.end}, after the filing; {fact.val} is not used",
        )

    def _nothing(self, metric: str, unit: str, note: str) -> Observation:
        return Observation(
            subject=self._subject,
            metric=metric,
            value=None,
            unit=unit,
            reading=Reading.NEUTRAL,
            status=Status.NOT_DISCLOSED,
            known_on=self._received.fetched_at.date(),
            provenance=self._received.provenance,
            note=note,
        )
