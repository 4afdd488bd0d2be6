"""What goes out and what comes back: requests without secrets, and the circumstances of a body.

Problem: a parser must be testable on bytes alone, and no key may reach a log, a file or a traceback.
Decision: a request is a value without secrets (the frame puts a key in at the last moment), and what
came back is bytes plus a `Received` that says when, from where, and how old. Limits: GET, and POST with
a JSON body for services that map identifiers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.observations import Provenance

__all__ = ["Content", "Method", "Received", "Request"]

_NOW: timedelta = timedelta(0)


class Content(StrEnum):
    """What a body is expected to be; the frame looks at its first bytes before a parser sees it."""

    JSON = "json"
    JSON_LINES = "json_lines"
    CSV = "csv"
    HTML = "html"
    XML = "xml"
    XLSX = "xlsx"
    ZIP = "zip"
    PARQUET = "parquet"


class Method(StrEnum):
    """How it is asked."""

    GET = "GET"
    POST = "POST"


@dataclass(frozen=True)
class Request:
    """One question to a service, without secrets.

    Attributes
    ----------
    url : str
        Address without query.
    expects : Content
        What the body should be.
    parameters : tuple of (str, str)
        Query, in order; a key is never among them.
    headers : Mapping of str to str
        Beyond what the frame sets; a key is never among them.
    method : Method
        GET, or POST with `body`.
    body : str
        JSON text of a POST.
    label : str
        What is shown of it while it runs: a ticker, a page.
    context : Mapping of str to str
        What the parser needs to know of the question: the symbol asked for, the page.
    wait : timedelta
        How long to wait before it is sent: for services that prepare an answer.
    """

    url: str
    expects: Content
    parameters: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    method: Method = Method.GET
    body: str = ""
    label: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    wait: timedelta = _NOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", FrozenMap(dict(self.headers)))
        object.__setattr__(self, "context", FrozenMap(dict(self.context)))

    @property
    def address(self) -> str:
        """Address with its query: safe to show, for there are no secrets in it."""
        return f"{self.url}?{urlencode(self.parameters)}" if self.parameters else self.url


@dataclass(frozen=True)
class Received:
    """The circumstances of a body.

    Attributes
    ----------
    request : Request
        What was asked.
    source : str
        Address without secrets, or the name of a file.
    raw_sha256 : str
        Of the body.
    fetched_at : datetime
        When the bytes came from the source, UTC: for a body out of the cache, when it came first.
    provider, licence : str
        As the adapter declares them.
    stale : bool
        Whether the source failed, and an older body is given in its place.
    """

    request: Request
    source: str
    raw_sha256: str
    fetched_at: datetime
    provider: str
    licence: str
    stale: bool = False

    @property
    def context(self) -> Mapping[str, str]:
        """What the parser needs to know of the question."""
        return self.request.context

    @property
    def provenance(self) -> Provenance:
        """As every record carries it."""
        return Provenance(self.provider, self.source, self.licence, self.fetched_at, self.raw_sha256)

    def age(self, now: datetime) -> timedelta:
        """How old the bytes are."""
        return now - self.fetched_at

    @classmethod
    def of_file(
        cls,
        path: Path,
        body: bytes,
        expects: Content,
        *,
        provider: str,
        licence: str,
        context: Mapping[str, str] | None = None,
    ) -> Received:
        """Circumstances of a saved response or workbook: its time is the file's own."""
        changed = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        request = Request(path.name, expects, context=context or {}, label=path.name)
        return cls(request, path.name, hashlib.sha256(body).hexdigest(), changed, provider, licence)
