"""Yahoo's prices through yfinance, for a first look at home; not an adapter, and why.

Problem: many people know this source first. yfinance does its own requests with cookies and a browser's
fingerprint, so there is no body to keep under a checksum, no budget that kernels share, no list of hosts,
and nothing to replay. Decision: it stays outside the frame of adapters, needs the extra ``yahoo``, warns of
its terms each time, and gives the same bars as the others: Yahoo divides closes by every later factor and
dividends with them, so both are multiplied back by the factors of the same answer. Limits: never tried
live here; Yahoo's factors hold spin-offs too, and the volume of a day before one of them is scaled like a
split; days after the last that is asked for are fetched as well, for their factors; the checksum is of the
figures, not of a body.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Provenance
from di_advisor.domain.price_bars import PriceBar
from di_advisor.errors import InputError, InputWarning, PluginError, SourceContentError
from di_data.market.service_symbols import service_symbol

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["YAHOO_TERMS", "bars_of_frame", "yahoo_prices"]

YAHOO_TERMS: Final = (
    "Yahoo's terms: personal use only, no redistribution; an unofficial interface that may stop any day"
)
_PROVIDER: Final = "Yahoo through yfinance"
_COLUMNS: Final = ("Open", "High", "Low", "Close", "Adj Close", "Volume", "Dividends", "Stock Splits")


def yahoo_prices(tickers: Sequence[str], *, start: date, end: date, now: datetime) -> tuple[PriceBar, ...]:
    """Bars of tickers as traded, by security and day.

    Parameters
    ----------
    tickers : sequence of str
        Of American listings.
    start, end : date
        First and last day.
    now : datetime
        When it is asked, UTC.

    Raises
    ------
    PluginError
        If yfinance is not installed.
    InputError
        If a ticker is of another market.
    SourceContentError
        If what comes is not a table of the documented columns.

    Warns
    -----
    InputWarning
        Of the terms.
    """
    symbols = [service_symbol(Identifier(IdentifierScheme.TICKER, t), "Yahoo") for t in tickers]
    try:
        import yfinance
    except ImportError as e:
        raise PluginError(
            "Prices from Yahoo need the package yfinance, which is not installed.",
            hint="pip install 'di-advisor[yahoo]', or use tiingo_prices, fmp_prices or files.",
        ) from e
    warnings.warn(f"{YAHOO_TERMS}.", InputWarning, stacklevel=2)
    bars: list[PriceBar] = []
    for symbol in symbols:
        # To the newest day, whatever the last day asked for: later factors undo what they divided.
        frame = yfinance.Ticker(symbol).history(start=start.isoformat(), auto_adjust=False, actions=True)
        bars += [bar for bar in bars_of_frame(frame, symbol, now=now) if bar.day <= end]
    return tuple(bars)


def bars_of_frame(frame: pd.DataFrame, symbol: str, *, now: datetime) -> tuple[PriceBar, ...]:
    """Bars as traded of a table as yfinance gives it without adjustment of its own.

    Parameters
    ----------
    frame : DataFrame
        One row a day up to the newest, columns Open, High, Low, Close, Adj Close, Volume, Dividends, Stock
        Splits (0 on days without one).
    symbol : str
        Whose it is.
    now : datetime
        When it came, UTC.

    Raises
    ------
    SourceContentError
        If it is empty, lacks a column, or holds a close that is no price.
    """
    missing = [c for c in _COLUMNS if c not in frame.columns]
    if missing or frame.empty:
        what = "no prices came" if frame.empty else f"the column {', '.join(missing)} is missing"
        raise SourceContentError(
            f"{_PROVIDER}, {symbol}: {what}.",
            hint="Yahoo may be limiting requests, or yfinance has changed: use another source, or wait.",
        )
    if not (frame["Close"] > 0).all():
        raise SourceContentError(f"{_PROVIDER}, {symbol}: a close is not more than zero.", hint="Ask for other days.")
    checksum = hashlib.sha256(frame[list(_COLUMNS)].to_csv().encode()).hexdigest()
    provenance = Provenance(_PROVIDER, f"yfinance {symbol}", YAHOO_TERMS, now, checksum)
    subject = Identifier(IdentifierScheme.TICKER, symbol)
    if frame.index.duplicated().any():
        raise InputError(f"{_PROVIDER}, {symbol}: a day stands there twice.", hint="Ask again.")
    bars, later = list[PriceBar](), 1.0
    ordered = frame.sort_index(ascending=False)
    for day, row in zip(ordered.index, ordered[list(_COLUMNS)].itertuples(index=False, name=None), strict=True):
        opened, high, low, close, adjusted, volume, dividend, split = map(float, row)
        bars.append(
            PriceBar(
                subject=subject,
                day=day.date(),
                close_usd=close * later,
                provenance=provenance,
                open_usd=opened * later or None,
                high_usd=high * later or None,
                low_usd=low * later or None,
                volume_shares=volume / later,
                adjusted_close_usd=adjusted,
                dividend_usd=dividend * later,
                split_ratio=split or 1.0,
            )
        )
        later *= split or 1.0
    return tuple(reversed(bars))
