"""Instants of trade files: every one with its zone, and one zone a file.

Problem: 14:30 without a zone is three different minutes of the market, and a file that writes some
times in New York and others in UTC moves fills before their orders. Decision: a time carries its
zone (Z, UTC, +00:00, -05:00), or the zone of all times of the file is stated once, or the form is
FIX's own (20240304-14:30:00.123, which is UTC by that standard). A file whose times carry two
offsets is refused, unless they are one hour apart and never on the same day: summer time. Limits:
abbreviations other than EST and EDT are not read, because they name several zones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from di_advisor.errors import InputError

__all__ = ["FileClock", "zone_named"]

_TIME = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d{2})(?P=dash)(?P<day>\d{2})"
    r"(?P<sep>[T ;,-])\s*(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|EST|EDT|[+-]\d{2}:?\d{2}|[+-]\d{2})?",
    re.ASCII,
)
_DAY_ONLY = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
_NAMED = {"Z": 0, "UTC": 0, "GMT": 0, "EST": -300, "EDT": -240}
_HOUR = 60
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # nanoseconds in 64 bits reach from 1677 to 2262


def zone_named(name: str) -> ZoneInfo:
    """A zone of the tz database.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"{name!r} is not a time zone.", hint="Use a name such as America/New_York or UTC.", zone=name
        ) from None


def _offset(written: str) -> int:
    """Minutes east of Greenwich."""
    if written in _NAMED:
        return _NAMED[written]
    digits = written[1:].replace(":", "")
    minutes = int(digits[:2]) * _HOUR + int(digits[2:] or 0)
    return -minutes if written[0] == "-" else minutes


def _told(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // _HOUR:02d}:{abs(minutes) % _HOUR:02d}"


def _not_a_time(text: str) -> InputError:
    if _DAY_ONLY.fullmatch(text.strip()):
        return InputError(
            f"{text!r} has no time of day.", hint="Write the time and its zone: 2024-03-04T09:30:00-05:00."
        )
    return InputError(
        f"{text!r} is not a time in the form 2024-03-04T09:30:00-05:00.",
        hint="03/04/2024 could be March or April: export ISO times with their zone.",
    )


@dataclass
class FileClock:
    """Reads the instants of one file, and remembers the zones that were written.

    Attributes
    ----------
    source : str
        Name of the file.
    zone : str
        Zone of times that carry none; empty where none is stated.
    """

    source: str
    zone: str = ""
    _days: dict[int, dict[date, str]] = field(default_factory=dict)
    _bare: str = ""

    def instant(self, text: str, where: str) -> np.datetime64:
        """UTC instant of a cell, to the nanosecond.

        Parameters
        ----------
        text : str
            The cell.
        where : str
            Its place in the file, for the error about mixed zones.

        Raises
        ------
        InputError
            If it is no time, has no time of day, or has no zone and none is stated.
        """
        found = _TIME.fullmatch(text.strip())
        if not found:
            raise _not_a_time(text)
        try:
            local = datetime(  # noqa: DTZ001  # its zone is looked at next
                int(found["year"]), int(found["month"]), int(found["day"]), int(found["hour"]), int(found["minute"])
            ) + timedelta(seconds=int(found["second"] or 0))
        except ValueError:
            raise InputError(f"{text!r} is not a time of the calendar.", hint="Check day, month and hour.") from None
        if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
            raise InputError(f"{text!r} is not a time of an order.", hint="Check the year.")
        if int(found["second"] or 0) > 60:  # 60 is a leap second
            raise InputError(f"{text!r} is not a time of the calendar.", hint="Check the seconds.")
        zone = found["zone"] or ("Z" if found["sep"] == "-" and not found["dash"] and not self.zone else "")
        if zone:
            minutes = _offset(zone)
            self._days.setdefault(minutes, {}).setdefault(local.date(), where)
        else:
            if not self.zone:
                raise InputError(
                    f"{text!r} has no time zone.",
                    hint="Write 2024-03-04T09:30:00-05:00, or state the zone of the file (zone = America/New_York).",
                )
            self._bare = self._bare or where
            offset = local.replace(tzinfo=zone_named(self.zone)).utcoffset()
            minutes = 0 if offset is None else round(offset.total_seconds() / 60)
        utc = np.datetime64(local, "ns") - np.timedelta64(minutes, "m")
        part = int(str(found["part"] or "0").ljust(9, "0"))
        exact: np.datetime64 = utc + np.timedelta64(part, "ns")
        return exact

    def refuse_mixed(self) -> None:
        """Refuse a file that writes its times in several zones.

        Raises
        ------
        InputError
            Naming two places that do not agree.
        """
        hint = "Export all times of the file in one zone, or split it."
        offsets = sorted(self._days)
        if self._bare and offsets:
            carried = next(iter(self._days[offsets[0]].values()))
            raise InputError(
                f"{self.source}: times of mixed zones: {self._bare} has none, {carried} has {_told(offsets[0])}.",
                hint=hint,
                source=self.source,
            )
        if len(offsets) < 2:
            return
        low, high = offsets[0], offsets[-1]
        same = sorted(self._days[low].keys() & self._days[high].keys())
        if len(offsets) == 2 and high - low == _HOUR and not same:
            return  # summer time
        day = same[0] if same else min(self._days[high])
        other = same[0] if same else min(self._days[low])
        raise InputError(
            f"{self.source}: times of mixed zones: {self._days[low][other]} has {_told(low)}, "
            f"{self._days[high][day]} has {_told(high)}.",
            hint=hint,
            source=self.source,
        )
