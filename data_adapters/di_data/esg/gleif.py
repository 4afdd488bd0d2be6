"""GLEIF: legal entities by LEI, by the ISIN of one of their securities, or by legal name.

Problem: targets and ratings name a legal entity, a portfolio names securities, and the link between the two is
elsewhere. Decision: one record a legal entity with its names; asked by ISIN, the ISIN is part of the record, for
the register says that it belongs to that entity. Entities whose registration lapsed stay in: they did exist.
Limits: as documented, never verified live; parents are not asked for; a name search answers with whatever the
register finds, so its records are candidates, and matching is the security master's.

Source: GLEIF API 1.0, "LEI records", JSON:API.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import FormerName, ListedIdentity
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_columns, refuse_other_content
from di_data.frame.rows import as_content_error, checked_rows, object_of

__all__ = ["Gleif"]

_RECORDS: Final = "https://api.gleif.org/api/v1/lei-records"
_FILTERS: Final = {IdentifierScheme.ISIN: "filter[isin]", IdentifierScheme.NAME: "filter[entity.legalName]"}
_BATCH: Final = 50
"""LEIs in one question."""
_PAGE: Final = 50
_FORMER: Final = "PREVIOUS_LEGAL_NAME"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Name(_Shape):
    name: str = Field(min_length=1)
    type: str = ""


class _Entity(_Shape):
    legalName: _Name  # noqa: N815  # the service's own fields
    otherNames: list[_Name] = Field(default_factory=list)  # noqa: N815


class _Attributes(_Shape):
    lei: str = Field(min_length=20, max_length=20)
    entity: _Entity


class _Record(_Shape):
    attributes: _Attributes


class Gleif(Adapter[ListedIdentity]):
    """Legal entities with names; subjects are LEIs, ISINs or names."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="gleif",
        title="legal entities by LEI, ISIN or name",
        provider="GLEIF",
        hosts=("api.gleif.org",),
        licence="CC0",
        documentation="https://documenter.getpostman.com/view/7679680/SVYrrxuU",
        limits=(RateLimit(50, timedelta(minutes=1)),),
        keeps_for=timedelta(days=7),
        example=SourceQuery((Identifier(IdentifierScheme.ISIN, "US0378331005"),)),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """LEIs in batches, ISINs and names one by one."""
        schemes = (IdentifierScheme.LEI, IdentifierScheme.ISIN, IdentifierScheme.NAME)
        subjects = subjects_of(query, self.facts, *schemes)
        leis = [each.value for each in subjects if each.scheme is IdentifierScheme.LEI]
        batches = [leis[i : i + _BATCH] for i in range(0, len(leis), _BATCH)]
        requests = [_request((("filter[lei]", ",".join(some)),), f"{len(some)} LEIs") for some in batches]
        for each in subjects:
            if each.scheme in _FILTERS:
                isin = {"isin": each.value} if each.scheme is IdentifierScheme.ISIN else {}
                requests.append(_request(((_FILTERS[each.scheme], each.value),), each.value, isin))
        return tuple(requests)

    def parse(self, body: bytes, received: Received) -> Sequence[ListedIdentity]:
        """Entities of one answer; none where the register knows none."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[ListedIdentity]:
        refuse_other_content(body, received)
        document = json_document(body, received)
        if not isinstance(document, dict):
            raise content_error(received, f"an object is documented, not {type(document).__name__}.")
        refuse_other_columns(list(document), ("data",), received)
        data = document["data"]
        rows = [data] if isinstance(data, dict) else data
        if not isinstance(rows, list):
            raise content_error(received, "the field 'data' is neither a record nor a list.")
        total = _total(document, received)
        if total is not None and total > len(rows):
            raise content_error(
                received,
                f"the register has {total} entities, and {len(rows)} came.",
                hint="Ask more precisely: by LEI or ISIN, or with the whole legal name.",
            )
        return [_identity(row, received) for row in checked_rows(rows, _Record, received)]


def _request(parameters: tuple[tuple[str, str], ...], label: str, context: dict[str, str] | None = None) -> Request:
    page = (("page[size]", str(_PAGE)),)
    return Request(_RECORDS, Content.JSON, (*parameters, *page), label=label, context=context or {})


def _total(document: dict[str, Any], received: Received) -> int | None:
    meta = object_of(document.get("meta"), "meta", received)
    pagination = object_of(meta.get("pagination"), "pagination", received)
    total = pagination.get("total")
    return total if isinstance(total, int) else None


def _identity(row: _Record, received: Received) -> ListedIdentity:
    identifiers = [Identifier(IdentifierScheme.LEI, row.attributes.lei)]
    if received.context.get("isin"):
        identifiers.append(Identifier(IdentifierScheme.ISIN, received.context["isin"]))
    entity = row.attributes.entity
    former = tuple(FormerName(other.name) for other in entity.otherNames if other.type == _FORMER)
    return ListedIdentity(tuple(identifiers), entity.legalName.name, received.provenance, former_names=former)
