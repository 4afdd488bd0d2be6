"""OpenFIGI: share-class FIGIs and tickers of securities by CUSIP, ISIN, SEDOL or ticker.

Problem: holdings come with one identifier and scores with another, and the free map between them takes ten
questions at a time and answers in their order without repeating them. Decision: each request keeps what it asked,
an answer of another length is refused, several listings of one share class become one identity, and what the
service does not find is left out. Limits: as documented, never verified live; US listings unless the option
``exchange`` says otherwise; without a key the service takes 25 requests a minute.

Source: OpenFIGI API v3, "mapping".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import ListedIdentity
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Method, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_content
from di_data.frame.rows import as_content_error, checked_rows, list_of

__all__ = ["OpenFigi"]

_KINDS: Final = {
    IdentifierScheme.CUSIP: "ID_CUSIP",
    IdentifierScheme.ISIN: "ID_ISIN",
    IdentifierScheme.SEDOL: "ID_SEDOL",
    IdentifierScheme.TICKER: "TICKER",
}
_JOBS: Final = 10
"""In one request, without a key; with one the service takes more, which an adapter cannot know."""
_NOT_FOUND: Final = "no identifier found"


class _Listing(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    figi: str = Field(min_length=12, max_length=12)
    name: str | None = None
    ticker: str | None = None
    exchCode: str | None = None  # noqa: N815  # the service's own fields
    shareClassFIGI: str | None  # noqa: N815


class OpenFigi(Adapter[ListedIdentity]):
    """Share classes of what was asked, each with the identifier that was asked for. Option ``exchange``: US."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="openfigi",
        title="FIGIs and tickers by CUSIP, ISIN or SEDOL",
        provider="OpenFIGI",
        hosts=("api.openfigi.com",),
        licence="OpenFIGI terms: FIGIs are free; CUSIPs stay licensed",
        documentation="https://www.openfigi.com/api/documentation",
        limits=(RateLimit(20, timedelta(minutes=1)),),
        keeps_for=timedelta(days=7),
        key=KeyPlace("OPENFIGI_API_KEY", header="X-OPENFIGI-APIKEY", needed=False),
        options=("exchange",),
        example=SourceQuery((Identifier(IdentifierScheme.ISIN, "US0378331005"),)),
        hints=(
            (413, "Too many questions in one request: the adapter sends ten at a time, and the limit has changed."),
        ),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Ten questions a request."""
        subjects = subjects_of(query, self.facts, *_KINDS)
        exchange = query.options.get("exchange", "US")
        batches = [subjects[i : i + _JOBS] for i in range(0, len(subjects), _JOBS)]
        return tuple(_request(some, exchange) for some in batches)

    def parse(self, body: bytes, received: Received) -> Sequence[ListedIdentity]:
        """Identities in the order of the questions."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[ListedIdentity]:
        refuse_other_content(body, received)
        answers = json_document(body, received)
        if not isinstance(answers, list) or not answers or not all(isinstance(each, dict) for each in answers):
            raise content_error(received, "a list of answers is documented, and something else came.")
        asked = _asked(received)
        if asked and len(asked) != len(answers):
            raise content_error(received, f"{len(asked)} were asked for, and {len(answers)} answers came.")
        found: list[ListedIdentity] = []
        for number, answer in enumerate(answers, start=1):
            if not {"data", "warning", "error"} & set(answer):
                raise content_error(
                    received, f"answer {number} has no 'data'; it has {', '.join(map(repr, list(answer)[:5]))}."
                )
            told = str(answer.get("warning") or answer.get("error") or "")
            if told and _NOT_FOUND not in told.casefold():
                raise content_error(received, f"answer {number} says: {told[:120]}.", hint="Check the identifier.")
            listings = checked_rows(list_of(answer.get("data"), "data", received), _Listing, received)
            found += _identities(listings, asked[number - 1 : number] if asked else (), received)
        return found


def _request(subjects: Sequence[Identifier], exchange: str) -> Request:
    jobs = [{"idType": _KINDS[each.scheme], "idValue": each.value, "exchCode": exchange} for each in subjects]
    return Request(
        "https://api.openfigi.com/v3/mapping",
        Content.JSON,
        method=Method.POST,
        body=json.dumps(jobs),
        label=f"{len(jobs)} identifiers from {subjects[0].value}",
        context={"asked": " ".join(str(each) for each in subjects)},
    )


def _asked(received: Received) -> tuple[Identifier, ...]:
    parts = [each.partition(":") for each in received.context.get("asked", "").split()]
    return tuple(Identifier(IdentifierScheme(scheme), value) for scheme, _, value in parts)


def _identities(listings: Sequence[_Listing], asked: Sequence[Identifier], received: Received) -> list[ListedIdentity]:
    """One a share class; listings without one stand for themselves."""
    classes: dict[str, list[_Listing]] = {}
    for each in listings:
        classes.setdefault(each.shareClassFIGI or each.figi, []).append(each)
    made = []
    for figi, of_class in classes.items():
        tickers = dict.fromkeys(each.ticker for each in of_class if each.ticker)
        identifiers = [*asked, Identifier(IdentifierScheme.FIGI, figi)]
        identifiers += [Identifier(IdentifierScheme.TICKER, ticker) for ticker in tickers]
        made.append(
            ListedIdentity(
                tuple(dict.fromkeys(identifiers)),
                next((each.name for each in of_class if each.name), ""),
                received.provenance,
                exchanges=tuple(dict.fromkeys(each.exchCode for each in of_class if each.exchCode)),
            )
        )
    return made
