"""What the frame of data adapters costs where nothing has to be asked: a universe out of the store.

Problem: an analyst opens a notebook ten times a day, and 500 names lie in the store; the cache must not be what he
waits for. Decision: 500 answers of a year of daily prices each are put into the store through the session, by a
transport that stands for the service; then a new client, as a new kernel has, pulls all of them, guards, checksums
and parser included. Limits: the disk cache is warm.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests
from urllib3 import HTTPResponse

from benchmarks import Bar, median_cpu_seconds
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.adapter import Adapter, SourceFacts
from di_data.frame.client import Mode, SourceClient, Wire
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import json_document, refuse_other_columns
from di_data.frame.pulling import pull
from di_data.frame.transport import CheckedTransport

__all__ = ["AREA", "bars"]

AREA = "adapters"

_NAMES = 500
_DAYS = 250


class _Prices(Adapter[PriceBar]):
    """A year of daily prices a name, in the shape that services give them."""

    facts = SourceFacts("bench", "Prices", "Bench", ("api.example.com",), "none", "none", ())

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        symbols = [each.value for each in query.subjects]
        return [
            Request(f"https://api.example.com/prices/{s}", Content.JSON, (("year", "2024"),), context={"symbol": s})
            for s in symbols
        ]

    def parse(self, body: bytes, received: Received) -> Sequence[PriceBar]:
        rows = json_document(body, received)
        refuse_other_columns(list(rows[0]), ("date", "close", "volume"), received)
        who, where = Identifier(IdentifierScheme.TICKER, received.context["symbol"]), received.provenance
        return [
            PriceBar(who, date.fromisoformat(r["date"]), float(r["close"]), where, volume_shares=float(r["volume"]))
            for r in rows
        ]


class _Canned(CheckedTransport):
    """Stands for the service: the same year for every name, without a socket."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        made = requests.Response()
        made.status_code, made.url, made.request = 200, str(request.url), request
        made.raw = HTTPResponse(body=io.BytesIO(_YEAR), status=200, preload_content=False)
        return made


def bars() -> list[Bar]:
    """Measure pulling 500 stored names: median of 5 new clients, in CPU seconds."""
    query = SourceQuery(tuple(Identifier(IdentifierScheme.TICKER, f"N{n:03d}") for n in range(_NAMES)))
    with tempfile.TemporaryDirectory() as folder:
        with _client(Path(folder)) as client:
            pull(client, _Prices(), query)

        def online() -> None:
            with _client(Path(folder)) as again:
                assert len(pull(again, _Prices(), query).records) == _NAMES * _DAYS

        def offline() -> None:
            with _client(Path(folder), Mode.CACHE_ONLY) as again:
                assert len(pull(again, _Prices(), query).records) == _NAMES * _DAYS

        what = f"target; {_NAMES} names of {_DAYS} days, guards, checksums and parser included"
        return [
            Bar.at_most(
                "adapters.cached_universe", median_cpu_seconds(online, repeats=5), 1.0, unit="CPU s", compared_to=what
            ),
            Bar.at_most(
                "adapters.offline_universe", median_cpu_seconds(offline, repeats=5), 1.0, unit="CPU s", compared_to=what
            ),
        ]


@contextmanager
def _client(folder: Path, mode: Mode = Mode.ONLINE) -> Iterator[SourceClient]:
    client = SourceClient(folder, mode=mode, wire=Wire(transport=lambda sleep: _Canned(sleep=sleep)))
    try:
        yield client
    finally:
        client.close()


def _year() -> bytes:
    start = date(2024, 1, 1)
    days = [start + timedelta(days=n) for n in range(_DAYS)]
    return json.dumps(
        [{"date": f"{day}", "close": 180.25 + n / 7, "volume": 5_000_000 + n} for n, day in enumerate(days)]
    ).encode()


_YEAR = _year()
