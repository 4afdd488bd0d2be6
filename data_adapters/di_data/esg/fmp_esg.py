"""Financial Modeling Prep: ESG scores with the day on which they were known, and letter ratings.

Problem: the service gives a period and the day a filing was accepted, and a rating without either; on most
plans it answers 402. Decision: scores are points of 0 to 100, higher is better, of the period ``date`` and known
from ``acceptedDate``; ratings are classes, known from the day they were fetched. Limits: as documented, never
verified live; needs the Ultimate plan; licence for personal use unless a display licence is bought.

Source: Financial Modeling Prep, stable API, "ESG Investment Search" and "ESG Ratings".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.esg.values import HUNDRED_POINTS, Value, refuse_fractions
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_columns, refuse_other_content
from di_data.frame.rows import as_content_error, checked_rows

__all__ = ["FmpEsg"]

_BASE: Final = "https://financialmodelingprep.com/stable"
_SERVICES: Final = {"scores": "esg-disclosures", "ratings": "esg-ratings"}
_SCORES: Final = {
    "ESGScore": "esg_score",
    "environmentalScore": "environment_score",
    "socialScore": "social_score",
    "governanceScore": "governance_score",
}
_LETTERS: Final = frozenset("A+ A A- B+ B B- C+ C C- D+ D D- F".split())

_Day = date
_Points = Annotated[float, Field(ge=HUNDRED_POINTS[0], le=HUNDRED_POINTS[1], allow_inf_nan=False)] | None


class _Scores(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    date: _Day
    acceptedDate: _Day  # noqa: N815  # the service's own fields
    symbol: str = Field(min_length=1)
    cik: str | None = None
    companyName: str | None = None  # noqa: N815
    formType: str | None = None  # noqa: N815
    url: str | None = None
    ESGScore: _Points
    environmentalScore: _Points  # noqa: N815
    socialScore: _Points  # noqa: N815
    governanceScore: _Points  # noqa: N815


class _Rating(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    symbol: str = Field(min_length=1)
    cik: str | None = None
    companyName: str | None = None  # noqa: N815
    industry: str | None = None
    fiscalYear: int | None = None  # noqa: N815
    year: int | None = None
    ESGRiskRating: str | None
    industryRank: str | None = None  # noqa: N815


class FmpEsg(Adapter[Observation]):
    """``esg_score`` and its three parts by period, ``esg_risk_rating`` as a class. Option ``what``: scores, ratings."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="fmp_esg",
        title="ESG scores by day of acceptance, and letter ratings",
        provider="Financial Modeling Prep",
        hosts=("financialmodelingprep.com",),
        licence="personal use; display and redistribution need a licence of FMP",
        documentation="https://site.financialmodelingprep.com/developer/docs/stable/esg-search",
        limits=(RateLimit(4, timedelta(seconds=1)), RateLimit(250, timedelta(days=1))),
        keeps_for=timedelta(days=7),
        key=KeyPlace("FMP_API_KEY", header="apikey"),
        options=("what",),
        example=SourceQuery((Identifier(IdentifierScheme.TICKER, "AAPL"),)),
        hints=((402, "ESG of Financial Modeling Prep needs the Ultimate plan: Free, Starter and Premium answer 402."),),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request a ticker and service."""
        what = query.options.get("what", "scores")
        if what not in _SERVICES:
            raise InputError(f"fmp_esg has no service {what!r}.", hint=f"what is one of {', '.join(_SERVICES)}.")
        return tuple(
            Request(
                f"{_BASE}/{_SERVICES[what]}",
                Content.JSON,
                parameters=(("symbol", each.value),),
                label=f"{what} of {each.value}",
                context={"what": what, "symbol": each.value},
            )
            for each in subjects_of(query, self.facts, IdentifierScheme.TICKER)
        )

    def parse(self, body: bytes, received: Received) -> Sequence[Observation]:
        """Observations of one answer; an empty list says that the company is not covered."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[Observation]:
        refuse_other_content(body, received)
        rows = json_document(body, received)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise content_error(received, "a list of objects is documented, and something else came.")
        asked = received.context.get("symbol", "")
        if not rows:
            if not asked:
                raise content_error(received, "the list is empty, and nobody says of whom.")
            return (_nothing(asked, received),)
        what = received.context.get("what") or ("ratings" if "ESGRiskRating" in rows[0] else "scores")
        model = _Rating if what == "ratings" else _Scores
        required = [name for name, field in model.model_fields.items() if field.is_required()]
        for row in rows:
            refuse_other_columns(list(row), required, received, known=model.model_fields, where=what)
        if what == "ratings":
            return [_rating(row, received) for row in _asked(checked_rows(rows, _Rating, received), asked, received)]
        scores = _asked(checked_rows(rows, _Scores, received), asked, received)
        refuse_fractions([getattr(row, key) for row in scores for key in _SCORES], received)
        return [_score(row, key, metric, received) for row in dict.fromkeys(scores) for key, metric in _SCORES.items()]


_Row = TypeVar("_Row", _Scores, _Rating)


def _asked(rows: list[_Row], asked: str, received: Received) -> list[_Row]:
    """Rows, all about the company that was asked for."""
    other = next((row.symbol for row in rows if asked and row.symbol.upper() != asked.upper()), None)
    if other is not None:
        raise content_error(received, f"the answer is about {other!r}, and {asked!r} was asked for.")
    return rows


def _aliases(row: _Scores | _Rating) -> tuple[Identifier, ...]:
    found = []
    if row.cik and row.cik.isdigit():
        found.append(Identifier(IdentifierScheme.CIK, row.cik))
    if row.companyName and row.companyName.strip():
        found.append(Identifier(IdentifierScheme.NAME, row.companyName))
    return tuple(found)


def _score(row: _Scores, key: str, metric: str, received: Received) -> Observation:
    if row.acceptedDate < row.date:
        raise content_error(
            received, f"{row.symbol}: accepted on {row.acceptedDate}, before its period {row.date} ends."
        )
    value: Value = getattr(row, key)
    return Observation(
        subject=Identifier(IdentifierScheme.TICKER, row.symbol),
        metric=metric,
        value=value,
        unit="points",
        reading=Reading.HIGHER_IS_BETTER,
        status=Status.NOT_DISCLOSED if value is None else Status.ESTIMATED,
        known_on=row.acceptedDate,
        provenance=received.provenance,
        scale=HUNDRED_POINTS,
        period_end=row.date,
        aliases=_aliases(row),
        note=", ".join(part for part in (row.formType, row.url) if part),
    )


def _rating(row: _Rating, received: Received) -> Observation:
    letter = (row.ESGRiskRating or "").strip() or None
    if letter is not None and letter not in _LETTERS:
        raise content_error(received, f"{row.symbol}: the rating {letter!r} is not one of A+ to F.")
    year = row.fiscalYear or row.year
    told = [f"fiscal year {year}" if year else "no year is given"]
    told += [f"{row.industryRank} in {row.industry}"] if row.industryRank and row.industry else []
    return Observation(
        subject=Identifier(IdentifierScheme.TICKER, row.symbol),
        metric="esg_risk_rating",
        value=letter,
        unit="",
        reading=Reading.NEUTRAL,
        status=Status.NOT_DISCLOSED if letter is None else Status.ESTIMATED,
        known_on=received.fetched_at.date(),
        provenance=received.provenance,
        aliases=_aliases(row),
        note="; ".join(told),
    )


def _nothing(symbol: str, received: Received) -> Observation:
    return Observation(
        subject=Identifier(IdentifierScheme.TICKER, symbol),
        metric="esg_risk_rating" if received.context.get("what") == "ratings" else "esg_score",
        value=None,
        unit="",
        reading=Reading.NEUTRAL,
        status=Status.NOT_COVERED,
        known_on=received.fetched_at.date(),
        provenance=received.provenance,
        note="the service has nothing about it",
    )
