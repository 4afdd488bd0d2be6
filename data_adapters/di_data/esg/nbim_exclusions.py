"""Norges Bank's list of companies under observation or excluded from the Government Pension Fund Global.

Problem: the list is a web page without codes: names, notes with former names and subsidiaries, and a decision
with its day. Decision: the table is read by a parser of HTML, by its headers; each company gives a flag with
criterion, day and notes as evidence, names in the notes become aliases, and matching to securities is left to
exact names and a person. Limits: as documented, never verified live; companies that were revoked are gone from
the page, so the past is not in it; under interim guidelines of 7 November 2025 companies can be revoked from
the list but none added, so absence of a newer case says nothing.

Source: www.nbim.no, "Observation and exclusion of companies".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, refuse_other_columns, refuse_other_content
from di_data.frame.workbooks import column_key, day_of_cell

__all__ = ["NO_ADDITIONS_SINCE", "ListState", "NbimExclusions", "aliases_of", "list_state"]

NO_ADDITIONS_SINCE: Final = date(2025, 11, 7)
"""Interim guidelines: the Bank may revoke, and may not add."""

_PAGE: Final = "https://www.nbim.no/en/responsible-investment/ethical-exclusions/exclusion-of-companies/"
_COLUMNS: Final = ("Company", "Category", "Criterion", "Decision", "Publishing date")
_BY_KEY: Final = {column_key(column): column for column in _COLUMNS}
_VALUE: Final = "nbim-responsive-table--value"
_METRICS: Final = {"exclusion": "nbim_excluded", "observation": "nbim_observed"}
_ALIAS: Final = re.compile(
    r"^(?:formerly|former|previously|incl(?:\.|uding)?(?: the)? subsidiar(?:y|ies)|incl\.)\s*:?\s+", re.IGNORECASE
)
_LEGAL: Final = re.compile(r"^(?:inc|ltd|llc|lp|l\.p|corp|co|plc|sa|s\.a|ag|nv|limited|asa)\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListState:
    """How fresh the list is.

    Attributes
    ----------
    as_of : date
        Day on which it was fetched.
    latest_decision : date
        Latest publishing date on it.
    excluded, observed : int
        Companies.
    """

    as_of: date
    latest_decision: date
    excluded: int
    observed: int

    @property
    def sentence(self) -> str:
        """State in words, with what cannot be on it."""
        return (
            f"List as of {self.as_of}, latest decision {self.latest_decision}: {self.excluded} excluded, "
            f"{self.observed} under observation; no additions possible since {NO_ADDITIONS_SINCE.day} "
            f"{NO_ADDITIONS_SINCE:%b %Y}."
        )


class NbimExclusions(Adapter[Observation]):
    """``nbim_excluded`` and ``nbim_observed``, true for the companies of the list; its absence is no verdict."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="nbim_exclusions",
        title="companies excluded or observed by Norges Bank, with reasons",
        provider="Norges Bank",
        hosts=("www.nbim.no",),
        licence="terms of nbim.no: attribution",
        documentation=_PAGE,
        limits=(RateLimit(6, timedelta(minutes=1)),),
        keeps_for=timedelta(days=1),
        accepts=Content.HTML,
        example=SourceQuery(),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One page, which comes whole."""
        subjects_of(query, self.facts, needed=False)
        return (Request(_PAGE, Content.HTML, label="list"),)

    def parse(self, body: bytes, received: Received) -> Sequence[Observation]:
        """One observation a company and decision."""
        refuse_other_content(body, received)
        found: dict[tuple[str, str], list[_Case]] = {}
        for case in _cases(body, received):
            found.setdefault((case.name, case.metric), []).append(case)
        return [_observation(cases, received) for cases in found.values()]


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    metric: str
    told: str
    published: date
    aliases: tuple[str, ...]


def _cases(body: bytes, received: Received) -> list[_Case]:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

    def text(cell: Tag) -> str:
        inner = cell.find(class_=_VALUE)
        return " ".join((inner or cell).get_text(" ", strip=True).split())

    page = BeautifulSoup(body, "html.parser")
    tables = [table for table in page.find_all("table") if table.find("th") is not None]
    if not tables:
        raise content_error(received, "the page has no table with headers.", hint="Open the address in a browser.")
    headers = [[_BY_KEY.get(column_key(text(th)), text(th)) for th in table.find_all("th")] for table in tables]
    at = max(range(len(tables)), key=lambda i: len(set(_COLUMNS) & set(headers[i])))
    header = headers[at]
    refuse_other_columns(header, _COLUMNS, received, known=("",), where="the table of companies")
    rows = [row.find_all("td") for row in tables[at].find_all("tr")]
    cells = [[text(cell) for cell in row] for row in rows if row]
    if not cells:
        raise content_error(received, "the table of companies is empty.")
    return [_case(row, header, number, received) for number, row in enumerate(cells, start=1)]


def _case(row: Sequence[str], header: Sequence[str], number: int, received: Received) -> _Case:
    if len(row) != len(header):
        raise content_error(received, f"row {number} has {len(row)} cells, and the header {len(header)}: cut off?")
    cells = dict(zip(header, row, strict=True))
    metric = _METRICS.get(cells["Decision"].casefold())
    if metric is None or not cells["Company"]:
        raise content_error(received, f"row {number}, {cells['Company']!r}: the decision is {cells['Decision']!r}.")
    try:
        published = day_of_cell(cells["Publishing date"], "%d.%m.%Y")
    except InputError as e:
        raise content_error(received, f"row {number}, publishing date: {e.what}") from None
    if published is None:
        raise content_error(received, f"row {number}, {cells['Company']!r}: there is no publishing date.")
    notes = "; ".join(cell for name, cell in zip(header, row, strict=True) if name not in _COLUMNS and cell)
    told = f"{cells['Category']}, {cells['Criterion']}, {cells['Decision']} {published}"
    return _Case(cells["Company"], metric, f"{told} ({notes})" if notes else told, published, aliases_of(notes))


def aliases_of(notes: str) -> tuple[str, ...]:
    """Names in a note: "Former GenCorp Inc", "Incl. subsidiaries A LLC, B Inc and C Corp"; other notes hold none."""
    names: list[str] = []
    for note in notes.split(";"):
        lead = _ALIAS.match(note.strip())
        if lead is None:
            continue
        rest = note.strip()[lead.end() :]
        if not lead[0].casefold().startswith("incl"):
            names.append(rest)  # one former name, which may hold an "and" of its own
            continue
        for part in re.split(r",\s*|\s+and\s+(?=[A-Z])", rest):
            if names and _LEGAL.match(part.strip()):
                names[-1] = f"{names[-1]}, {part.strip()}"
            elif part.strip():
                names.append(part.strip())
    return tuple(dict.fromkeys(names))


def _observation(cases: Sequence[_Case], received: Received) -> Observation:
    aliases = dict.fromkeys(alias for case in cases for alias in case.aliases)
    return Observation(
        subject=Identifier(IdentifierScheme.NAME, cases[0].name),
        metric=cases[0].metric,
        value=True,
        unit="",
        reading=Reading.FLAG,
        status=Status.REPORTED,
        known_on=min(case.published for case in cases),
        provenance=received.provenance,
        aliases=tuple(Identifier(IdentifierScheme.NAME, alias) for alias in aliases),
        note="; ".join(case.told for case in cases),
    )


def list_state(observations: Iterable[Observation]) -> ListState:
    """State of the list that gave some observations.

    Raises
    ------
    InputError
        If there are none.
    """
    listed = [each for each in observations if each.metric in _METRICS.values()]
    if not listed:
        raise InputError("There is no observation of the list.", hint="Pull nbim_exclusions first.")
    return ListState(
        max(each.provenance.fetched_at.date() for each in listed),
        max(each.known_on for each in listed),
        sum(each.metric == "nbim_excluded" for each in listed),
        sum(each.metric == "nbim_observed" for each in listed),
    )
