"""Which security a ticker meant on a day: permanent ids for files that know tickers only.

Problem: tickers are given up and used again, and one company has several over time. Decision: a
list of spans (ticker, permanent id, first and last day); a ticker is resolved with the day of the
trade, and where two securities had it on that day, or no day is known and more than one ever had
it, that is an error: nothing is guessed. Limits: the list is data; a span that is missing looks
like a ticker that nobody had.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from di_advisor.domain.class_tickers import ClassTickers, ticker_key
from di_advisor.errors import InputError, UnknownSecurityError

__all__ = ["TickerSpan", "Tickers"]


@dataclass(frozen=True, slots=True)
class TickerSpan:
    """A security's ticker for a time.

    Attributes
    ----------
    ticker, security_id : str
        What people called it, and its permanent id.
    first, last : date or None
        First and last day; None where it is open.
    """

    ticker: str
    security_id: str
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if not self.ticker.strip() or not self.security_id.strip():
            raise InputError(f"A ticker or an id is empty: {self}.", hint="Give both.")
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InputError(f"{self.ticker} ends on {self.last}, before {self.first}.", hint="Correct the dates.")

    def covers(self, day: date) -> bool:
        """Whether it was the ticker on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    @property
    def told(self) -> str:
        """The span in words."""
        return f"{self.security_id} ({self.first or 'the beginning'} to {self.last or 'now'})"


class Tickers:
    """Tickers over time.

    Parameters
    ----------
    spans : iterable of TickerSpan
        In any order; case, blanks and the writing of share classes (BRK.B, BRK-B, BRK/B, BRKB) do not count.
    """

    def __init__(self, spans: Iterable[TickerSpan]) -> None:
        self._spans: dict[str, list[TickerSpan]] = {}
        for span in spans:
            self._spans.setdefault(ticker_key(span.ticker), []).append(span)
        self._classes = ClassTickers(self._spans)

    def spans_of(self, ticker: str) -> tuple[TickerSpan, ...]:
        """Every span of a ticker, in the order given; empty where nothing ever had it."""
        return tuple(self._spans.get(self._classes.key_of(ticker), ()))

    def security_id(self, ticker: str, on: date | None) -> str:
        """Permanent id of what a ticker meant on a day.

        Parameters
        ----------
        ticker : str
            As a file writes it.
        on : date or None
            The day; None where it is not known.

        Raises
        ------
        UnknownSecurityError
            If nothing had the ticker then.
        InputError
            If several securities had it, so that it is ambiguous.
        """
        ever = self.spans_of(ticker)
        spans = ever if on is None else [span for span in ever if span.covers(on)]
        ids = sorted({span.security_id for span in spans})
        when = f"on {on}" if on is not None else "on a day that is not known"
        had = "; ".join(span.told for span in ever)
        if not ids:
            raise UnknownSecurityError(
                f"Nothing had the ticker {ticker} {when}.",
                hint=f"It was the ticker of: {had}." if had else "Give the permanent id, or add the ticker's span.",
                ticker=ticker,
                on=on,
            )
        if len(ids) > 1:
            raise InputError(
                f"The ticker {ticker} {when} could be {' or '.join(ids)}.",
                hint=f"Give the permanent id; it was the ticker of: {had}.",
                ticker=ticker,
                on=on,
                candidates=tuple(ids),
            )
        return ids[0]
