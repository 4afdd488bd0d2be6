"""Tables of market conditions from CSV or Parquet files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.domain.trading_conditions import TradingConditions
from di_advisor.errors import InputError, why_unreadable
from di_data.delimited import MAX_BYTES, read_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_conditions"]


def read_conditions(
    daily: Path | None = None, quotes: Path | None = None, minutes: Path | None = None, *, max_bytes: int = MAX_BYTES
) -> TradingConditions:
    """Tables as in `di_advisor.domain.columns`.

    Parameters
    ----------
    daily, quotes, minutes : Path, optional
        CSV, or Parquet by its suffix.
    max_bytes : int
        Size limit of a CSV.

    Raises
    ------
    InputError
        If a file cannot be read, or a table is not as documented.
    """
    return TradingConditions(*(None if p is None else _frame(p, max_bytes) for p in (daily, quotes, minutes)))


def _frame(path: Path, max_bytes: int) -> pd.DataFrame:
    import pandas as pd

    if path.suffix == ".parquet":
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as e:
            raise InputError(
                f"{path.name} cannot be read as Parquet: {why_unreadable(e)}.",
                hint="Check the path, or bring CSV.",
                source=path.name,
            ) from e
    try:
        return pd.read_csv(io.StringIO(read_text(path, max_bytes=max_bytes)), dtype={"security_id": "str"})
    except ValueError as e:  # also pandas' own parser errors
        raise InputError(
            f"{path.name} is not a table: {e}.", hint="The first line names the columns.", source=path.name
        ) from e
