"""SEC EDGAR: who is listed under which number and ticker, and yearly revenue, shares and debt by day of filing.

Problem: intensities need a denominator that was known at the time, and identities need a number that does not
change. Decision: four services of EDGAR in one adapter, chosen by the option ``what``: ``tickers`` (all listed
filers), ``submissions`` (identity, former names and days of filing), ``facts`` (figures of one company) and
``frames`` (one figure of all filers). The service refuses callers that do not say who they are: the value of
SEC_USER_AGENT ("Company Name contact@example.com") goes into the User-Agent, like a key. Limits: as
documented, never verified live; at most 10 requests a second from all machines of a user together.

Source: SEC EDGAR application programming interfaces, and its fair access policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import FormerName, ListedIdentity
from di_advisor.domain.observations import Observation
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.esg.sec_facts import REVENUE_TAGS, company_observations
from di_data.esg.sec_filings import FilingDates, FrameFact, filing_dates, frame_facts
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, json_document, refuse_other_columns, refuse_other_content
from di_data.frame.rows import as_content_error, checked_rows, list_of, object_of

__all__ = ["SecEdgar", "SecRecord"]

SecRecord = Observation | ListedIdentity | FilingDates | FrameFact
"""What it gives: figures, identities, days of filing, and figures that wait for theirs."""

_DATA: Final = "https://data.sec.gov"
_KINDS: Final = ("tickers", "submissions", "facts", "frames")


class _Listed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    cik_str: int
    ticker: str = Field(min_length=1)
    title: str


class _Former(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    name: str
    first: str | None = Field(default=None, alias="from")
    last: str | None = Field(default=None, alias="to")


class _Page(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(pattern=r"^[\w\-]+\.json$")


class SecEdgar(Adapter[SecRecord]):
    """Identities and figures of the filers of the SEC.

    Options: ``what`` (tickers, submissions, facts, frames; without it tickers where nobody is asked for,
    facts otherwise), ``period`` (of frames: CY2023), ``tag`` (of frames: one tag in place of the chain of
    revenue tags), ``filings`` (``all``: older pages of submissions too).
    """

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="sec_edgar",
        title="identifiers, revenue, shares and debt of SEC filers, by day of filing",
        provider="SEC EDGAR",
        hosts=("www.sec.gov", "data.sec.gov"),
        licence="US government work, public domain",
        documentation="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
        limits=(RateLimit(8, timedelta(seconds=1)),),
        keeps_for=timedelta(days=1),
        key=KeyPlace("SEC_USER_AGENT", header="User-Agent"),
        options=("what", "period", "tag", "filings"),
        example=SourceQuery((Identifier(IdentifierScheme.CIK, "320193"),), options={"what": "submissions"}),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Requests of one of the four services; subjects are CIKs."""
        what = query.options.get("what", "facts" if query.subjects else "tickers")
        if what not in _KINDS:
            raise InputError(f"sec_edgar has no service {what!r}.", hint=f"what is one of {', '.join(_KINDS)}.")
        if what == "tickers":
            subjects_of(query, self.facts, needed=False)
            return (_request("https://www.sec.gov/files/company_tickers.json", what, "all tickers"),)
        if what == "frames":
            subjects_of(query, self.facts, needed=False)
            period = query.options.get("period", "")
            if not (period.startswith("CY") and period[2:6].isdigit()):
                raise InputError(f"sec_edgar has no frame {period!r}.", hint="Give the option period, such as CY2023.")
            tags = (query.options["tag"],) if "tag" in query.options else REVENUE_TAGS
            return tuple(
                _request(f"{_DATA}/api/xbrl/frames/us-gaap/{tag}/USD/{period}.json", what, f"{tag} {period}")
                for tag in tags
            )
        ciks = [each.value for each in subjects_of(query, self.facts, IdentifierScheme.CIK)]
        if what == "facts":
            return tuple(_request(f"{_DATA}/api/xbrl/companyfacts/CIK{c}.json", what, f"facts of {c}") for c in ciks)
        older = {"filings": query.options.get("filings", "")}
        return tuple(_request(f"{_DATA}/submissions/CIK{c}.json", what, f"submissions of {c}", older) for c in ciks)

    def parse(self, body: bytes, received: Received) -> Sequence[SecRecord]:
        """Records of one answer; of a saved file, the kind is seen from its fields."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[SecRecord]:
        refuse_other_content(body, received)
        document = json_document(body, received)
        if not isinstance(document, dict) or not document:
            raise content_error(received, f"an object with fields is documented, not {type(document).__name__}.")
        what = received.context.get("what") or _kind(document, received)
        if what == "facts":
            return company_observations(document, received)
        if what == "frames":
            return frame_facts(document, received)
        if what == "older":
            return (filing_dates(Identifier(IdentifierScheme.CIK, received.context["cik"]), document, received),)
        return _listed(document, received) if what == "tickers" else _submissions(document, received)

    def following(self, body: bytes, received: Received) -> Sequence[Request]:
        """Older pages of a company's filings, where all are asked for."""
        if received.context.get("what") != "submissions" or received.context.get("filings") != "all":
            return ()
        document = object_of(json_document(body, received), "submissions", received)
        cik = str(document.get("cik"))
        filings = object_of(document.get("filings"), "filings", received)
        files = checked_rows(list_of(filings.get("files"), "files", received), _Page, received)
        return tuple(
            _request(f"{_DATA}/submissions/{each.name}", "older", f"older filings of {cik}", {"cik": cik})
            for each in files
        )


def _request(url: str, what: str, label: str, context: Mapping[str, str] | None = None) -> Request:
    return Request(url, Content.JSON, label=label, context={"what": what, **(context or {})})


def _kind(document: Mapping[str, Any], received: Received) -> str:
    if "facts" in document:
        return "facts"
    if "data" in document and "tag" in document:
        return "frames"
    if "filings" in document:
        return "submissions"
    if all(key.isdigit() for key in document):
        return "tickers"
    raise content_error(
        received,
        f"it is none of the documented answers; its fields are {', '.join(map(repr, list(document)[:8]))}.",
        hint="Known are company_tickers, submissions, companyfacts and frames.",
    )


def _listed(document: Mapping[str, Any], received: Received) -> list[ListedIdentity]:
    """Identities of company_tickers, one a company: its classes are rows of their own."""
    tickers: dict[int, list[Identifier]] = {}
    titles: dict[int, str] = {}
    for row in checked_rows(document.values(), _Listed, received):
        tickers.setdefault(row.cik_str, []).append(Identifier(IdentifierScheme.TICKER, row.ticker))
        titles.setdefault(row.cik_str, row.title)
    return [
        ListedIdentity(
            (Identifier(IdentifierScheme.CIK, str(cik)), *dict.fromkeys(symbols)), titles[cik], received.provenance
        )
        for cik, symbols in tickers.items()
    ]


def _submissions(document: Mapping[str, Any], received: Received) -> list[SecRecord]:
    refuse_other_columns(list(document), ("cik", "name", "tickers", "filings"), received, where="submissions")
    subject = Identifier(IdentifierScheme.CIK, str(document["cik"]).lstrip("0") or "0")
    identifiers = [subject]
    if document.get("lei"):
        identifiers.append(Identifier(IdentifierScheme.LEI, document["lei"]))
    identifiers += [
        Identifier(IdentifierScheme.TICKER, each) for each in list_of(document["tickers"], "tickers", received)
    ]
    former = checked_rows(list_of(document.get("formerNames"), "formerNames", received), _Former, received)
    identity = ListedIdentity(
        tuple(identifiers),
        str(document["name"]),
        received.provenance,
        exchanges=tuple(str(each or "") for each in list_of(document.get("exchanges"), "exchanges", received)),
        industry_code=str(document.get("sic") or ""),
        industry=str(document.get("sicDescription") or ""),
        former_names=tuple(FormerName(f.name, _day(f.first, received), _day(f.last, received)) for f in former),
    )
    filings = object_of(document["filings"], "filings", received)
    refuse_other_columns(list(filings), ("recent",), received, where="filings")
    return [identity, filing_dates(subject, object_of(filings["recent"], "recent", received), received)]


def _day(text: str | None, received: Received) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise content_error(received, f"the day of a former name is {text!r}.") from None
