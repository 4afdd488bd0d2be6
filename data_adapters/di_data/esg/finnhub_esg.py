"""Finnhub ESG: scores of a company, and flags of business involvement in three states.

Problem: flags come as true, false, null, and as the text "True"; unknown keys stand beside known ones; and
null is not false. Decision: the four scores are points of 0 to 100, higher is better; flags are True, False or
not disclosed; unknown keys are kept as what they are, neutral. Limits: as documented, never verified live; the
answer carries no date, so all is known from the day it was fetched; premium service, refused with 403 on other
plans; an answer without any figure and flag means that the company is not covered.

Source: Finnhub API documentation, "Company ESG Scores", and its published client's model (an open map).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final, cast

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_data.esg.values import HUNDRED_POINTS, Value, refuse_fractions
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_columns, refuse_other_content
from di_data.frame.rows import as_content_error

__all__ = ["INVOLVEMENT", "FinnhubEsg"]

_SCORES: Final = {
    "totalESGScore": "esg_score",
    "environmentScore": "environment_score",
    "socialScore": "social_score",
    "governanceScore": "governance_score",
}

INVOLVEMENT: Final = {
    "adultContent": "involved_adult_content",
    "alcoholic": "involved_alcohol",
    "animalTesting": "involved_animal_testing",
    "firearms": "involved_firearms",
    "gambling": "involved_gambling",
    "nuclear": "involved_nuclear",
    "tobacco": "involved_tobacco",
}
"""Flags of business involvement: the service's key, and the metric."""

_TRUTH: Final = {"true": True, "false": False}


class FinnhubEsg(Adapter[Observation]):
    """``esg_score`` and its three parts, ``involved_...`` flags, and what else the service sends as ``finnhub_...``."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="finnhub_esg",
        title="ESG scores and business involvement",
        provider="Finnhub",
        hosts=("finnhub.io",),
        licence="Finnhub terms: as the plan allows; no redistribution",
        documentation="https://finnhub.io/docs/api/company-esg-score",
        limits=(RateLimit(50, timedelta(minutes=1)),),
        keeps_for=timedelta(days=7),
        key=KeyPlace("FINNHUB_API_KEY", header="X-Finnhub-Token"),
        example=SourceQuery((Identifier(IdentifierScheme.TICKER, "AAPL"),)),
        hints=(
            (401, "Finnhub does not know this key: check FINNHUB_API_KEY."),
            (
                403,
                "ESG scores are a premium service of Finnhub: the plan behind FINNHUB_API_KEY does not include them.",
            ),
        ),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request a ticker."""
        return tuple(
            Request(
                "https://finnhub.io/api/v1/stock/esg",
                Content.JSON,
                parameters=(("symbol", each.value),),
                label=each.value,
                context={"symbol": each.value},
            )
            for each in subjects_of(query, self.facts, IdentifierScheme.TICKER)
        )

    def parse(self, body: bytes, received: Received) -> Sequence[Observation]:
        """Scores and flags of one company."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[Observation]:
        refuse_other_content(body, received)
        document = json_document(body, received)
        if not isinstance(document, dict):
            raise content_error(received, f"an object is documented, not {type(document).__name__}.")
        asked = received.context.get("symbol", "")
        refuse_other_columns(list(document), ("symbol", *_SCORES, "data"), received)
        symbol = str(document["symbol"] or asked)
        if not symbol or (asked and symbol.upper() != asked.upper()):
            raise content_error(received, f"the answer is about {symbol!r}, and {asked!r} was asked for.")
        data = document["data"] or {}
        if not isinstance(data, Mapping):
            raise content_error(received, "the field 'data' is no object.")
        company = _Company(symbol, received)
        if not any(document[key] is not None for key in _SCORES) and not data:
            return (company.nothing(),)
        scores = [company.score(key, document[key]) for key in _SCORES]
        refuse_fractions([s.value for s in scores if isinstance(s.value, float)], received)
        flags = [company.flag(key, data.get(key)) for key in INVOLVEMENT]
        rest = [company.other(key, value) for key, value in data.items() if key not in INVOLVEMENT]
        return (*scores, *flags, *rest)


class _Company:
    def __init__(self, symbol: str, received: Received) -> None:
        self._symbol, self._received = symbol, received

    def score(self, key: str, value: object) -> Observation:
        """One of the four scores."""
        if value is None:
            return self._made(_SCORES[key], None, Reading.HIGHER_IS_BETTER, "points")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not HUNDRED_POINTS[0] <= float(cast(float, value)) <= HUNDRED_POINTS[1]:
            raise content_error(
                self._received, f"{key} of {self._symbol} is {value!r}, and a number of 0 to 100 is documented."
            )
        return self._made(_SCORES[key], float(cast(float, value)), Reading.HIGHER_IS_BETTER, "points")

    def flag(self, key: str, value: object) -> Observation:
        """A flag of involvement: true, false, or not known."""
        found = _truth(value)
        if not (found is None or isinstance(found, bool)):
            raise content_error(self._received, f"{key} of {self._symbol} is {value!r}, and a flag is documented.")
        return self._made(INVOLVEMENT[key], found, Reading.FLAG)

    def other(self, key: str, value: object) -> Observation:
        """Return a further field as what it looks like: a flag, a number, or text."""
        metric = "finnhub_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
        found = _truth(value)
        if isinstance(found, bool):
            return self._made(metric, found, Reading.FLAG)
        if isinstance(found, int | float):
            return self._made(metric, float(found), Reading.NEUTRAL, "as published")
        if found is None or isinstance(found, str):
            return self._made(metric, found, Reading.NEUTRAL)
        note = f"a {type(found).__name__} stands in place of a value"
        return self._made(metric, None, Reading.NEUTRAL, status=Status.ERROR, note=note)

    def nothing(self) -> Observation:
        """Nothing is known of it here."""
        return self._made("esg_score", None, Reading.HIGHER_IS_BETTER, "points", status=Status.NOT_COVERED)

    def _made(
        self,
        metric: str,
        value: Value,
        reading: Reading,
        unit: str = "",
        *,
        status: Status | None = None,
        note: str = "",
    ) -> Observation:
        return Observation(
            subject=Identifier(IdentifierScheme.TICKER, self._symbol),
            metric=metric,
            value=value,
            unit=unit,
            reading=reading,
            status=status or (Status.NOT_DISCLOSED if value is None else Status.ESTIMATED),
            known_on=self._received.fetched_at.date(),
            provenance=self._received.provenance,
            scale=HUNDRED_POINTS if reading is Reading.HIGHER_IS_BETTER else None,
            note=note,
        )


def _truth(value: object) -> object:
    """Value with the texts "True" and "False" as what they mean, and blank as nothing."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return _TRUTH.get(text.casefold(), text or None)
