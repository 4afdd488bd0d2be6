"""EPA greenhouse gas reporting: Scope 1 of large US facilities with their parents, from the service or bulk files.

Problem: the service moved (efservice became dmapservice, with another grammar of addresses and keys in the other
case), answers 200 with nothing when it is busy, and limits the length of an address. Decision: facilities of a
parent name (or of a whole year) come page by page, their emissions in batches of seven ids (or page by page),
kinds of sectors first; the bulk workbook and a table of parents are read by the same `parse`. Records are
facts of facilities; `di_data.esg.epa_parents.scope_1_by_parent` makes observations of parents of them. Limits:
as documented, never verified live; whether the end of a range is included is not documented, so the next page
starts after what came; figures as revised since carry the day of their first publication.

Source: Envirofacts Data Service API; bulk data summary spreadsheets. The agency proposed in September 2025 to
end the programme for most sources after reporting year 2024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.esg.epa_bulk import emissions_of_workbook, owners_of_table
from di_data.esg.epa_records import FacilityOwners, GhgrpRecord, records_of_rows
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_content

__all__ = ["EpaGhgrp"]

_SERVICE: Final = "https://data.epa.gov/dmapservice"
_TABLE_NAMES: Final = {
    "sectors": "ghg.pub_dim_sector",
    "facilities": "ghg.pub_dim_facility",
    "emissions": "ghg.pub_facts_sector_ghg_emission",
}
_PAGE: Final = 1000
_BATCH: Final = 7
"""Ids in one address: its length is the service's real limit."""


class EpaGhgrp(Adapter[GhgrpRecord]):
    """Facilities, their parents with ownership shares, and their direct emissions.

    Options: ``year``, the reporting year (needed). Subjects are names of parents, or parts of them; without
    subjects, all facilities of the year.
    """

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="epa_ghgrp",
        title="Scope 1 of large US facilities, by parent and ownership share",
        provider="EPA GHGRP",
        hosts=("data.epa.gov",),
        licence="US government work, public domain",
        documentation="https://www.epa.gov/enviro/envirofacts-data-service-api",
        limits=(RateLimit(1, timedelta(seconds=1)),),
        keeps_for=timedelta(days=30),
        options=("year",),
        example=SourceQuery((Identifier(IdentifierScheme.NAME, "NUCOR"),), options={"year": "2023"}),
        read_seconds=90.0,
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Kinds of sectors, then facilities; what they emitted follows."""
        year = query.options.get("year", "")
        if not (len(year) == 4 and year.isascii() and year.isdigit()):
            raise InputError(f"epa_ghgrp: the reporting year is {year!r}.", hint="Give the option year, such as 2023.")
        names = [each.value for each in subjects_of(query, self.facts, IdentifierScheme.NAME, needed=False)]
        sectors = _page("sectors", "", 0, {"year": year})
        if not names:
            whole = [_page(table, f"year/equals/{year}", 0, {"year": year}) for table in ("facilities", "emissions")]
            return (sectors, *whole)
        paths = [f"parent_company/contains/{quote(name, safe='')}/year/equals/{year}" for name in names]
        return (sectors, *(_page("facilities", path, 0, {"year": year, "named": "yes"}) for path in paths))

    def parse(self, body: bytes, received: Received) -> Sequence[GhgrpRecord]:
        """Records of an answer, of the bulk workbook, or of a table of parents."""
        if received.request.expects is Content.XLSX or body.startswith(b"PK"):
            return emissions_of_workbook(body, received)
        refuse_other_content(body, received)
        if received.request.expects is Content.CSV:
            return owners_of_table(body, received)
        rows = _rows(body, received)
        if not rows and not received.context.get("named") and received.context.get("first", "0") == "0":
            raise content_error(
                received,
                "the table is empty.",
                hint=f"Reporting year {received.context.get('year', '')} may not be published, or ask again later.",
            )
        return records_of_rows(rows, received)

    def following(self, body: bytes, received: Received) -> Sequence[Request]:
        """Next page of a full one, and the emissions of the facilities of a named parent."""
        context = received.context
        table, path, year = context.get("table", ""), context.get("path", ""), context.get("year", "")
        if received.request.expects is not Content.JSON or "first" not in context:
            return ()
        rows = _rows(body, received)
        further: list[Request] = []
        if len(rows) >= _PAGE:
            further.append(_page(table, path, int(context["first"]) + len(rows), context))
        if table == "facilities" and context.get("named"):
            facilities = [r for r in records_of_rows(rows, received) if isinstance(r, FacilityOwners)]
            ids = list(dict.fromkeys(each.facility_id for each in facilities))
            batches = [ids[i : i + _BATCH] for i in range(0, len(ids), _BATCH)]
            further += [
                _page("emissions", f"facility_id/in/{','.join(some)}/year/equals/{year}", 0, context)
                for some in batches
            ]
        return tuple(further)


def _rows(body: bytes, received: Received) -> list[Any]:
    rows = json_document(body, received)
    if not isinstance(rows, list):
        raise content_error(received, f"a list of rows is documented, not {type(rows).__name__}.")
    return rows


def _page(table: str, path: str, first: int, context: Mapping[str, str]) -> Request:
    """One page of a table; it may hold one row more than `_PAGE` where the end of a range is included."""
    steps = [_SERVICE, _TABLE_NAMES[table], *([path] if path else []), f"{first}:{first + _PAGE}", "JSON"]
    kept = {key: context[key] for key in ("year", "named") if key in context}
    return Request(
        "/".join(steps),
        Content.JSON,
        label=f"{table} {context.get('year', '')} from {first}",
        context={**kept, "table": table, "path": path, "first": str(first)},
    )
