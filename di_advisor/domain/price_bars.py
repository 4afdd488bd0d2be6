"""A day's prices of one security, as traded and as a provider adjusts them, kept apart.

Problem: lots are booked at prices as traded, returns need adjusted ones, and a file that mixes the two
is wrong by every split since. Decision: `close_usd` is always as traded; what a provider calls adjusted
has a field of its own, and its date of adjustment is when it was fetched, because every later dividend
changes it. Limits: daily bars in US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.observations import Provenance

__all__ = ["PriceBar"]


@dataclass(frozen=True, slots=True)
class PriceBar:
    """One day of one security.

    Attributes
    ----------
    subject : Identifier
        The provider's own identifier.
    day : date
        Local date of the exchange.
    close_usd : float
        As traded, per share.
    open_usd, high_usd, low_usd : float or None
        As traded, where given.
    volume_shares : float or None
        As traded, where given.
    adjusted_close_usd : float or None
        As the provider adjusts it for splits and dividends up to the day of fetching.
    dividend_usd : float or None
        Cash dividend per share as declared, with ex-date this day: 0 where the provider states that there
        is none, None where it says nothing.
    split_ratio : float or None
        New shares for one old with ex-date this day: 1 where the provider states that there is none, None
        where it says nothing.
    provenance : Provenance
        Where it comes from.
    """

    subject: Identifier
    day: date
    close_usd: float
    provenance: Provenance
    open_usd: float | None = None
    high_usd: float | None = None
    low_usd: float | None = None
    volume_shares: float | None = None
    adjusted_close_usd: float | None = None
    dividend_usd: float | None = None
    split_ratio: float | None = None
