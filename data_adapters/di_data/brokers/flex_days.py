"""Days of a Flex statement: its forms of dates and times, as dates of the exchange.

Problem: the user chooses date format and zone in the settings of a query, and 03/04/2024 is two days. Decision:
``20240305`` and ``2024-03-05``, with or without a time; a time counts in its own zone, or the stated one, and
becomes the exchange's local date; every other form is refused with the setting to change. Limits: a time in a
zone that is neither written nor the stated one gives a wrong day near midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from di_advisor.domain.cells import EXCHANGE_ZONE, iso_day
from di_advisor.errors import InputError
from di_data.trade_history.instants import FileClock

__all__ = ["FlexDays"]

_DAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


@dataclass(frozen=True)
class FlexDays:
    """Days of a statement, as dates of the exchange.

    Attributes
    ----------
    source : str
        Name of the file or address.
    zone : str
        Zone of times that carry none: the one in the settings of the account, New York as it comes.
    """

    source: str
    zone: str = "America/New_York"

    def day(self, text: str) -> date:
        """Day of a cell: ``20240305``, ``2024-03-05``, with or without a time (``;093000``) and its zone.

        Raises
        ------
        InputError
            If it is another form, such as one that could be month/day or day/month.
        """
        written = text.strip()
        plain = _DAY.fullmatch(written)
        if plain:
            return iso_day("-".join(plain.groups()))
        try:
            instant = FileClock(self.source, self.zone).instant(written, self.source).astype("datetime64[s]").item()
        except InputError as e:
            raise InputError(
                f"{text!r} is not a date such as 20240305 or 2024-03-05;093000.",
                hint="Set the date format of the Flex query to yyyyMMdd or yyyy-MM-dd.",
            ) from e
        if not isinstance(instant, datetime):
            raise InputError(f"{text!r} is not a time.", hint="Export the statement again.")
        return instant.replace(tzinfo=UTC).astimezone(EXCHANGE_ZONE).date()
