"""Port of quotes within a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from di_advisor.domain.quotes import Quote
from di_advisor.domain.universe import Universe

__all__ = ["QuoteSource"]


@runtime_checkable
class QuoteSource(Protocol):
    """Asked again and again what names are quoted at."""

    def poll(self, universe: Universe) -> Sequence[Quote]:
        """The newest quote of each name it knows, good or bad; names it does not know are left out.

        Raises
        ------
        DiAdvisorError
            If nothing can be read at this moment; it is asked again at the next poll.
        """
        ...
