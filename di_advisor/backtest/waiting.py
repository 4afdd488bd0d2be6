"""Withdrawals that the account cannot meet: refused once, and asked for again when there is enough.

Problem: a withdrawal larger than what can be raised would be proposed for, and refused, every day, and no other trade
would be made meanwhile. Decision: nothing is paid in part; a withdrawal that no plan raises is refused with one
record, the account is managed without it, and it is asked for again when the account has gained what lacked, when
what is wanted changes, or, where locks may have been why, a wash-sale window later. Cash that suffices pays at once.
Limits: taxes that are paid from the account wait together with the client's money.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from di_advisor.backtest.record import RefusedWithdrawal
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["Waiting"]

_WINDOW = timedelta(days=WASH_WINDOW_DAYS + 1)
_UNKNOWN_LACK = 0.01
"""Of what is wanted: how much more there must be where it is not known how much lacked."""


class Waiting:
    """What waits, and what was refused.

    Attributes
    ----------
    refused : list of RefusedWithdrawal
        One for each amount that could not be raised.
    """

    def __init__(self) -> None:
        self.refused: list[RefusedWithdrawal] = []
        self._last: RefusedWithdrawal | None = None

    def asked_usd(self, day: date, wanted_usd: Decimal, value_usd: float) -> Decimal:
        """What a proposal of a day is to raise: all that is wanted, or nothing.

        Parameters
        ----------
        day : date
            Today.
        wanted_usd : Decimal
            What is to be paid out.
        value_usd : float
            What the account is worth.
        """
        last = self._last
        if last is None or float(wanted_usd) != last.wanted_usd:
            self._last = None
            return wanted_usd
        known = last.possible_usd is not None
        lack = last.wanted_usd - (last.possible_usd or 0.0) if known else _UNKNOWN_LACK * last.wanted_usd
        enough = value_usd >= last.value_usd + lack
        unlocked = value_usd > last.wanted_usd and day >= last.day + _WINDOW
        return wanted_usd if enough or unlocked else Decimal(0)

    def refuse(self, found: RefusedWithdrawal) -> None:
        """No plan raises it."""
        if not any(each.wanted_usd == found.wanted_usd for each in self.refused[-1:]):
            self.refused.append(found)
        self._last = found
