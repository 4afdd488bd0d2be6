"""Permanent ids of a long past: tickers that were used again get two ids, companies that were renamed one.

Problem: lists of renames miss the older ones, and no list says that a ticker went to another company. Decision: the
renames that the folder lists, with the further public ones below, and for every ticker that was used again the last
day of its first company; the id of that one carries the month. Limits: hand-kept; the panel checks by prices that
two sources of one id move together, and keeps apart what does not (`joining`).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from di_data.history_folder.identities import Renames, notation

__all__ = ["LONG_AGO_NAMED", "RENAMED", "USED_AGAIN", "Names", "further_renames"]

RENAMED: tuple[tuple[str, str, str], ...] = (
    ("2013-09-30", "SAI", "LDOS"),
    ("2014-12-31", "WAG", "WBA"),
    ("2015-06-29", "GCI", "TGNA"),
    ("2016-01-15", "ACE", "CB"),
    ("2016-04-28", "MHFI", "SPGI"),
    ("2016-09-06", "TYC", "JCI"),
    ("2016-11-01", "AA", "ARNC"),
    ("2017-04-03", "CSC", "DXC"),
    ("2017-06-19", "YHOO", "AABA"),
    ("2017-07-05", "BHI", "BHGE"),
    ("2017-09-01", "DOW", "DWDP"),
    ("2017-10-31", "COH", "TPR"),
    ("2017-11-15", "Q", "IQV"),
    ("2018-02-28", "HCN", "WELL"),
    ("2018-03-20", "CBG", "CBRE"),
    ("2018-06-01", "WYN", "WYND"),
    ("2018-06-04", "WR", "EVRG"),
    ("2018-07-10", "DPS", "KDP"),
    ("2018-10-31", "PX", "LIN"),
    ("2019-06-03", "DWDP", "DD"),
    ("2019-11-05", "SYMC", "NLOK"),
    ("2020-04-01", "ARNC", "HWM"),
    ("2022-04-11", "DISCA", "WBD"),
    ("2022-11-08", "NLOK", "GEN"),
    ("2022-12-15", "FBHS", "FBIN"),
)
"""First day of the new ticker, old ticker, new ticker: what the folder's own lists lack."""

USED_AGAIN: tuple[tuple[str, str, str], ...] = (
    ("AA", "2016-10-31", ""),
    ("AAL", "2013-12-08", "US:AAL-201312"),
    ("AGN", "2015-03-17", "US:AGN-201503"),
    ("ARNC", "2020-03-31", ""),
    ("CB", "2016-01-14", "US:CB-201601"),
    ("DD", "2017-08-31", "US:DD-201708"),
    ("DELL", "2013-10-29", "US:DELL-201310"),
    ("DLPH", "2017-12-07", ""),
    ("DOW", "2017-08-31", ""),
    ("FOX", "2019-03-19", "US:FOX-201903"),
    ("FOXA", "2019-03-19", "US:FOXA-201903"),
    ("GCI", "2015-06-29", ""),
    ("IR", "2020-02-28", ""),
    ("JCI", "2016-09-02", "US:JCI-201609"),
    ("STI", "2019-12-06", "US:STI-201912"),
    ("WRK", "2024-07-04", "US:WRK"),
)
"""Ticker, last day of its first company, id of that company ("" where a rename leads on to its id)."""

LONG_AGO_NAMED = date(2018, 3, 27)
"""Tickers of the older raw file are those of this day, however old the row is."""

_FIRST_OF_ALL = date(1990, 1, 2)


class Names(Renames):
    """Which company a ticker meant on a day, with tickers that were used again told apart."""

    def security_id(self, ticker: str, on: date) -> str:
        """Id of the company that a ticker meant at the close of a day."""
        given = notation(ticker).replace("_", "-")
        head, _, month = given.rpartition("-")
        if head and month.isdigit():  # FOX-201903: a source that says itself which company it means
            first = (last for old, last, _ in USED_AGAIN if old == head and last.replace("-", "").startswith(month))
            on, given = next((date.fromisoformat(last) for last in first), on), head
        for old, last, id_then in USED_AGAIN:
            if id_then and given == old and on <= date.fromisoformat(last):
                return id_then
        return super().security_id(given, on)

    def ids_of_rows(self, ticker: str, days: NDArray[np.datetime64]) -> NDArray[np.object_]:
        """Ids of rows of one ticker that is named as on each row's own day; shape of ``days``."""
        breaks = sorted({*_breaks(notation(ticker).replace("_", "-")), _FIRST_OF_ALL})
        ids = np.array([self.security_id(ticker, b) for b in breaks], dtype=np.object_)
        at = np.searchsorted(np.array(breaks, dtype="datetime64[D]"), days.astype("datetime64[D]"), side="right") - 1
        return np.asarray(ids[np.maximum(at, 0)])


@cache
def _breaks(ticker: str) -> tuple[date, ...]:
    """Days after which a ticker means another company than before."""
    return tuple(date.fromisoformat(last) + timedelta(days=1) for old, last, _ in USED_AGAIN if old == ticker)


def further_renames() -> tuple[tuple[date, str, str], ...]:
    """The renames above, for `Renames.of_tables`."""
    return tuple((date.fromisoformat(day), old, new) for day, old, new in RENAMED)
