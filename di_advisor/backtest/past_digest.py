"""A digest of what a past holds, so that a result is never taken for one of another past of the same label.

Decision: a past that knows the digest of what it was made of says it (an attribute ``content_digest``); of any other,
what happened on every session is hashed (the index's return and yield, actions, dividends), and every closing price
and index weight of one session a month. Returns and weights are sums, whose last digits differ from processor to
processor: they are hashed as far as every processor agrees, so that what one machine replayed another one knows.
Limits: a close between two such sessions that is neither in the index nor followed by anything is not seen.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from di_advisor.backtest.past import Past
from di_advisor.domain.event_text import event_text

__all__ = ["past_digest"]

_RETURN: Final = "z.9f"
"""A hundred-thousandth of a basis point: far above what rounding leaves in a sum, below what a wrong price makes."""
_WEIGHT: Final = ".6g"


def past_digest(past: Past) -> str:
    """SHA-256 of a past's content, 64 hexadecimal digits.

    Parameters
    ----------
    past : Past
        Any.
    """
    stated = getattr(past, "content_digest", None)
    digest = hashlib.sha256(json.dumps([past.label, stated]).encode())
    if stated is not None:
        return digest.hexdigest()
    month = None
    for day in past.sessions:
        told: list[Any] = [
            day.isoformat(),
            f"{float(past.index_return(day)):{_RETURN}}",
            f"{float(past.index_yield(day)):{_RETURN}}",
            [event_text(action) for action in past.opening(day)],
            [
                [p.security_id, p.ex_date.isoformat(), p.paid_on.isoformat(), str(p.cash_per_share_usd), str(p.kind)]
                for p in past.payouts(day)
            ],
        ]
        if (day.year, day.month) != month or day == past.sessions[-1]:
            month = day.year, day.month
            market = past.market(day)
            told += [list(market.universe.security_ids), [str(p) for p in market.price_usd]]
            told.append([[name, f"{w:{_WEIGHT}}"] for name, w in sorted(past.target(day).weights_on(day).items())])
        digest.update(json.dumps(told).encode())
    return digest.hexdigest()
