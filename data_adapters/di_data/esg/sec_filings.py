"""Frames and submissions of SEC EDGAR: one figure of all filers in one call, and the days they were filed.

Problem: a frame gives the revenue of thousands of filers at once, without the day on which any of them was
filed, and the end of the period is not when the world knew. Decision: a frame's figures stay `FrameFact`
until they are joined with days of filing by their accession numbers; what cannot be joined is known on the
period's end plus a stated lag, and is marked as estimated. Limits: the lag is the longest regular deadline of
a yearly report; late filers are later, so a join is always better.

Source: SEC EDGAR application programming interfaces, "frames" and "submissions"; deadlines of Form 10-K
(60 days for large accelerated, 75 for accelerated, 90 for other filers), General Instruction A(2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Provenance, Reading, Status
from di_data.esg.sec_facts import REVENUE_TAGS
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, refuse_other_columns
from di_data.frame.rows import checked_rows, list_of

__all__ = ["FILING_LAG", "FilingDates", "FrameFact", "filing_dates", "frame_facts", "observations_of_frames"]

FILING_LAG: Final = timedelta(days=90)
"""Longest regular deadline of a yearly report after the end of its year."""


@dataclass(frozen=True, slots=True)
class FrameFact:
    """A filer's figure in a frame: what it is known since is not known here.

    Attributes
    ----------
    subject : Identifier
        CIK.
    name, tag, unit, accession : str
        As the service gives them.
    end : date
        Last day of the period.
    value : float
        In `unit`.
    provenance : Provenance
        Of the frame.
    """

    subject: Identifier
    name: str
    tag: str
    unit: str
    end: date
    value: float
    accession: str
    provenance: Provenance


@dataclass(frozen=True)
class FilingDates:
    """Days on which a company's filings were filed, by accession number."""

    subject: Identifier
    filed: Mapping[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "filed", FrozenMap(dict(self.filed)))


class _Point(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    accn: str = Field(min_length=1)
    cik: int
    entityName: str  # noqa: N815  # the service's own field
    end: date
    val: float = Field(allow_inf_nan=False)


def frame_facts(document: Mapping[str, Any], received: Received) -> list[FrameFact]:
    """Figures of a frame.

    Raises
    ------
    SourceContentError
        If the document is not of the documented shape, or announces another number of points.
    """
    refuse_other_columns(list(document), ("tag", "uom", "pts", "data"), received, where="frame")
    points = checked_rows(list_of(document["data"], "data", received), _Point, received)
    if len(points) != document["pts"]:
        raise content_error(received, f"{document['pts']} points are announced, and {len(points)} came.")
    return [
        FrameFact(
            Identifier(IdentifierScheme.CIK, str(point.cik)),
            point.entityName,
            str(document["tag"]),
            str(document["uom"]),
            point.end,
            point.val,
            point.accn,
            received.provenance,
        )
        for point in points
    ]


def filing_dates(subject: Identifier, recent: Mapping[str, Any], received: Received) -> FilingDates:
    """Days of filing from the columns of a company's submissions.

    Raises
    ------
    SourceContentError
        If a column is missing, their lengths differ, or a day is none.
    """
    refuse_other_columns(list(recent), ("accessionNumber", "filingDate"), received, where="filings")
    numbers = list_of(recent["accessionNumber"], "accessionNumber", received)
    days = list_of(recent["filingDate"], "filingDate", received)
    if len(numbers) != len(days):
        raise content_error(received, f"{len(numbers)} accession numbers stand beside {len(days)} days of filing.")
    try:
        return FilingDates(subject, {str(n): date.fromisoformat(d) for n, d in zip(numbers, days, strict=True)})
    except (ValueError, TypeError) as e:
        raise content_error(received, f"a day of filing is none: {e}.") from None


def observations_of_frames(facts: Iterable[FrameFact], filings: Iterable[FilingDates] = ()) -> list[Observation]:
    """Observations of frames: revenue by the chain of tags, known from the joined day of filing.

    Parameters
    ----------
    facts : iterable of FrameFact
        Of one or several tags; of a filer's tags of one period the first of the chain counts. Tags outside
        the chain keep their own name as metric.
    filings : iterable of FilingDates
        What is known of filings; without the accession number of a figure, it is known `FILING_LAG` after
        the end of its period, and estimated.
    """
    filed = {number: day for each in filings for number, day in each.filed.items()}
    chosen: dict[tuple[Identifier, str, date], FrameFact] = {}
    for fact in facts:
        revenue = fact.tag in REVENUE_TAGS and fact.unit == "USD"
        key = (fact.subject, "revenue_usd" if revenue else fact.tag, fact.end)
        standing = chosen.get(key)
        if standing is None or (revenue and REVENUE_TAGS.index(fact.tag) < REVENUE_TAGS.index(standing.tag)):
            chosen[key] = fact
    return [_observation(fact, metric, filed.get(fact.accession)) for (_, metric, _), fact in chosen.items()]


def _observation(fact: FrameFact, metric: str, filed: date | None) -> Observation:
    known = "" if filed else f"; known_on is estimated: the end of the period and {FILING_LAG.days} days"
    return Observation(
        subject=fact.subject,
        metric=metric,
        value=fact.value,
        unit=fact.unit,
        reading=Reading.NEUTRAL,
        status=Status.REPORTED if filed else Status.ESTIMATED,
        known_on=filed or fact.end + FILING_LAG,
        provenance=fact.provenance,
        period_end=fact.end,
        aliases=(Identifier(IdentifierScheme.NAME, fact.name),) if fact.name.strip() else (),
        note=f"{fact.tag}, accession {fact.accession}{known}",
    )
