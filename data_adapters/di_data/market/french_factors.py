"""Kenneth French's data library: daily and monthly factor returns, a CSV file in a zip archive.

Problem: lines of text of varying number stand before the table, returns are percent, -99.99 and -999 stand
for nothing, and a second table of years follows in the monthly files. Decision: rows are those that begin
with six or eight digits, the header is the last line before them, the table ends at the first line that is
none; columns must be those of a documented table; values become fractions, and codes for nothing become
NaN. Limits: five factors and momentum, daily and monthly; the library is revised as a whole every month,
so past returns change: what is known on a day is what was fetched on that day.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.factor_returns import FactorReturnTable, Frequency
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_advisor.units import PERCENT_PER_UNIT
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.rows import refuse

__all__ = ["FIVE_FACTORS", "MOMENTUM", "FrenchFactors"]

FIVE_FACTORS: Final = ("Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF")
MOMENTUM: Final = ("Mom",)

_BASE: Final = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/"
_FILES: Final = {
    ("five_factors", "daily"): "F-F_Research_Data_5_Factors_2x3_daily_CSV.zip",
    ("five_factors", "monthly"): "F-F_Research_Data_5_Factors_2x3_CSV.zip",
    ("momentum", "daily"): "F-F_Momentum_Factor_daily_CSV.zip",
    ("momentum", "monthly"): "F-F_Momentum_Factor_CSV.zip",
}
_TABLES: Final = {FIVE_FACTORS: "Fama-French five factors", MOMENTUM: "momentum factor"}
_ROW: Final = re.compile(r"\s*(\d{6}|\d{8})\s*,")
_BOM: Final = b"\xef\xbb\xbf"
_NOTHING: Final = (-99.99, -999.0)
_MOST_TEXT: Final = 64 * 2**20
# Beyond which the median size of a day's or a month's return cannot be percent, or cannot be a fraction.
_LEAST_MEDIAN_PERCENT: Final = {Frequency.DAILY: 0.02, Frequency.MONTHLY: 0.1}
_ENOUGH: Final = 60


class FrenchFactors(Adapter[FactorReturnTable]):
    """Tables of factors; options ``tables`` (five_factors, momentum) and ``frequency`` (daily, monthly)."""

    facts: ClassVar = SourceFacts(
        name="french_factors",
        title="Fama-French factors and momentum",
        provider="Kenneth R. French data library",
        hosts=("mba.tuck.dartmouth.edu",),
        licence="© Fama and French; free for research",
        documentation="https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/data_library.html",
        limits=(RateLimit(1, timedelta(seconds=2)),),
        keeps_for=timedelta(days=7),
        accepts=Content.ZIP,
        options=("tables", "frequency"),
        max_bytes=16 * 2**20,
        example=SourceQuery(options={"tables": "momentum", "frequency": "monthly"}),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request a table.

        Raises
        ------
        InputError
            If subjects or days are asked for (tables come whole), or a table that is not known.
        """
        if query.subjects or query.as_of or query.start or query.end or set(query.options) - set(self.facts.options):
            raise InputError(
                "french_factors gives whole tables.", hint="Leave out subjects and days; options: tables, frequency."
            )
        tables = [t.strip() for t in query.options.get("tables", "five_factors,momentum").split(",")]
        frequency = query.options.get("frequency", "daily")
        unknown = [t for t in tables if (t, frequency) not in _FILES]
        if unknown:
            raise InputError(
                f"french_factors has no table {', '.join(unknown)} of the frequency {frequency}.",
                hint="Tables: five_factors, momentum; frequencies: daily, monthly.",
            )
        return [
            Request(
                f"{_BASE}{_FILES[t, frequency]}",
                Content.ZIP,
                label=f"{t} {frequency}",
                context={"table": t, "frequency": frequency},
            )
            for t in tables
        ]

    def parse(self, body: bytes, received: Received) -> Sequence[FactorReturnTable]:
        """The table.

        Raises
        ------
        SourceContentError
            If the archive is damaged, no row or header is found, columns are not those documented, dates do
            not ascend, or the returns cannot be percent.
        """
        lines = _text(body, received).splitlines()
        first = next((n for n, line in enumerate(lines) if _ROW.match(line)), None)
        if not first:
            refuse(received, "no line begins with a date of six or eight digits after a header.")
        factors = tuple(c.strip() for c in lines[first - 1].split(",")[1:])
        while factors and not factors[-1]:
            factors = factors[:-1]
        if factors not in _TABLES:
            refuse(
                received,
                f"the columns {', '.join(factors) or 'of the header'} are none of a documented table.",
                f"Documented are: {'; '.join(', '.join(t) for t in _TABLES)}.",
            )
        asked = {"five_factors": FIVE_FACTORS, "momentum": MOMENTUM}.get(received.context.get("table", ""), factors)
        if factors != asked:
            refuse(received, f"{', '.join(asked)} was asked for, and {', '.join(factors)} came.")
        days, values = _table(lines[first:], len(factors), received)
        frequency = Frequency.DAILY if len(days[0]) == len("yyyymmdd") else Frequency.MONTHLY
        if received.context.get("frequency", frequency.value) != frequency.value:
            refuse(
                received, f"{received.context['frequency']} returns were asked for, and {frequency.value} ones came."
            )
        dates = np.array([_date(d, received) for d in days], dtype="datetime64[D]")
        if not (np.diff(dates) > np.timedelta64(0, "D")).all():
            refuse(received, "its dates do not ascend, or one stands there twice.")
        _require_percent(values, frequency, received)
        name = f"{_TABLES[factors]}, {frequency.value}"
        return (FactorReturnTable(name, frequency, dates, factors, values / PERCENT_PER_UNIT, received.provenance),)


def _text(body: bytes, received: Received) -> str:
    """Text of the archive's one CSV file, or of a file that was unpacked already."""
    if body[:4] != b"PK\x03\x04":
        return body.removeprefix(_BOM).decode("latin-1")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            tables = [i for i in archive.infolist() if i.filename.lower().endswith(".csv")]
            if len(tables) != 1:
                refuse(received, f"the archive holds {len(tables)} CSV files, and one is documented.")
            if tables[0].file_size > _MOST_TEXT:
                refuse(received, f"unpacked it would have {tables[0].file_size:,} bytes, more than {_MOST_TEXT:,}.")
            inner = archive.read(tables[0])
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error) as e:
        refuse(received, f"the archive is damaged or cut off ({e}).")
    return inner.removeprefix(_BOM).decode("latin-1")


def _table(lines: Sequence[str], width: int, received: Received) -> tuple[list[str], NDArray[np.float64]]:
    """Dates as written, and percent with NaN for nothing, shape (t, width)."""
    days, rows = list[str](), list[list[float]]()
    for number, line in enumerate(lines, start=1):
        if not _ROW.match(line) or (days and len(line.split(",")[0].strip()) != len(days[0])):
            break
        day, *cells = (c.strip() for c in line.split(","))
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) != width or not all(cells):
            refuse(received, f"row {number} ({day}) has {len(cells)} figures of {width}: the table is cut off.")
        try:
            figures = [float(c) for c in cells]
        except ValueError:
            refuse(received, f"row {number} ({day}): {', '.join(cells)} are not all numbers.")
        days.append(day)
        rows.append(figures)
    values = np.array(rows, dtype=np.float64)
    for code in _NOTHING:
        values[np.isclose(values, code, rtol=0.0, atol=1e-9)] = np.nan
    if not np.isfinite(values).any():
        refuse(received, "all its returns are missing.")
    if np.isinf(values).any() or (values <= -PERCENT_PER_UNIT).any():
        refuse(received, "a return is a loss of everything, or no number.")
    return days, values


def _date(written: str, received: Received) -> date:
    """The day, or the last day of the month."""
    try:
        if len(written) == len("yyyymmdd"):
            return date(int(written[:4]), int(written[4:6]), int(written[6:]))
        year, month = int(written[:4]), int(written[4:6])
        following = date(year + month // 12, month % 12 + 1, 1)
        date(year, month, 1)
    except ValueError:
        refuse(received, f"{written} is no date.")
    return following - timedelta(days=1)


def _require_percent(values: NDArray[np.float64], frequency: Frequency, received: Received) -> None:
    """Refuse figures that are too small to be percent of a market's or a factor's return."""
    known = np.abs(values[np.isfinite(values[:, 0]), 0])
    least = _LEAST_MEDIAN_PERCENT[frequency]
    if len(known) >= _ENOUGH and float(np.median(known)) < least:
        refuse(
            received,
            f"half of its returns are below {float(np.median(known)):.4f}: they look like fractions, and percent are "
            "documented.",
        )
