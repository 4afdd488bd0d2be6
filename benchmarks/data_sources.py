"""What the frame of data adapters costs where nothing has to be asked: a universe out of the store.

Problem: an analyst opens a notebook ten times a day, and 500 names lie in the store; the cache must not be what he
waits for. Decision: 500 answers of Tiingo's shape, a year of daily prices each, are put into the store through the
session, by a transport that stands for the service; then a new client, as a new kernel has, pulls all of them,
guards, checksums and parser included. Limits: the disk cache is warm.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests
from urllib3 import HTTPResponse

from benchmarks import Bar, median_cpu_seconds
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.client import Mode, SourceClient, Wire
from di_data.frame.keys import Keys
from di_data.frame.pulling import pull
from di_data.frame.transport import CheckedTransport
from di_data.market.tiingo_prices import TiingoPrices

__all__ = ["AREA", "bars"]

AREA = "adapters"

_NAMES = 500
_DAYS = 253
_START = date(2024, 1, 1)


class _Canned(CheckedTransport):
    """Stands for the service: the same year for every name, without a socket."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        made = requests.Response()
        made.status_code, made.url, made.request = 200, str(request.url), request
        made.raw = HTTPResponse(body=io.BytesIO(_YEAR), status=200, preload_content=False)
        return made


def bars() -> list[Bar]:
    """Measure pulling 500 stored names: median of 5 new clients, in CPU seconds."""
    query = SourceQuery(tuple(Identifier(IdentifierScheme.TICKER, f"N{n:03d}") for n in range(_NAMES)), start=_START)
    with tempfile.TemporaryDirectory() as folder:
        with _client(Path(folder)) as client:
            pull(client, TiingoPrices(), query)

        def online() -> None:
            with _client(Path(folder)) as again:
                assert len(pull(again, TiingoPrices(), query).records) == _NAMES * _DAYS

        def offline() -> None:
            with _client(Path(folder), Mode.CACHE_ONLY) as again:
                assert len(pull(again, TiingoPrices(), query).records) == _NAMES * _DAYS

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
    wire = Wire(transport=lambda sleep: _Canned(sleep=sleep), limited=False)
    client = SourceClient(folder, mode=mode, keys=Keys({"TIINGO_API_KEY": "not-a-real-key"}), wire=wire)
    try:
        yield client
    finally:
        client.close()


def _year() -> bytes:
    rows = []
    for n in range(_DAYS):
        low, high = 179.0 + n / 7, 182.0 + n / 7
        prices = {"open": low + 1, "high": high, "low": low, "close": high - 1, "volume": 5_000_000 + n}
        adjusted = {f"adj{name.capitalize()}": value for name, value in prices.items()}
        day = _START + timedelta(days=n)
        rows.append({"date": f"{day}T00:00:00.000Z", **prices, **adjusted, "divCash": 0.0, "splitFactor": 1.0})
    return json.dumps(rows).encode()


_YEAR = _year()
