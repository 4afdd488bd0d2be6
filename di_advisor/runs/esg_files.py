"""A user's file of ESG measures: one row a security, a column a measure, or a row a provider and security.

Problem: who has figures has them in a table, and what is not in it must stay unknown. Decision: with a column
``provider`` the table says directions and units (`EsgTable.from_frame`); without one the columns are taken as
they are, and wishes say which way is good. Limits: CSV by permanent security id; other layouts go through
`di-advisor data`, whose adapters map columns and identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.domain.esg_table import EsgTable
    from di_advisor.domain.market import FloatArray, Market

__all__ = ["esg_of"]


def esg_of(path: Path, market: Market) -> EsgTable | Mapping[str, FloatArray]:
    """ESG measures of a CSV file: one row a security, a column a measure; with a column ``provider`` one row of each.

    Raises
    ------
    InputError
        If it cannot be read, has no securities, or a figure is none.
    """
    import numpy as np
    import pandas as pd

    from di_advisor.domain.esg_table import EsgTable

    try:
        frame = pd.read_csv(path, dtype={"security_id": str, "provider": str})
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Check the path; it is a CSV file.") from error
    if "security_id" not in frame:
        raise InputError(
            f"{path.name}: the column security_id is missing.", hint=f"It has: {', '.join(map(str, frame.columns))}."
        )
    if "provider" in frame:
        return EsgTable.from_frame(_dated(frame, path))
    twice = frame["security_id"][frame["security_id"].duplicated()].tolist()
    if twice:
        raise InputError(f"{path.name} gives {twice[0]} twice.", hint="One row a security, or a column provider.")
    measures = [c for c in frame if c != "security_id"]
    words = [c for c in measures if not pd.api.types.is_numeric_dtype(frame[c])]
    if words or not measures:
        raise InputError(
            f"{path.name}: the column {words[0] if words else 'of a measure'} holds no figures.",
            hint="Every column beside security_id is a measure; leave a cell empty where nothing is known.",
        )
    rows = frame.set_index("security_id").reindex(list(market.universe.security_ids))
    return {str(c): np.asarray(rows[c], dtype=np.float64) for c in measures}


def _dated(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The frame with its column ``known_at`` as days, where it has one."""
    import pandas as pd

    if "known_at" not in frame:
        return frame
    days = pd.to_datetime(frame["known_at"], format="ISO8601", errors="coerce")
    wrong = frame["known_at"][days.isna() & frame["known_at"].notna()]
    if len(wrong):
        raise InputError(
            f"{path.name}: known_at in line {int(wrong.index[0]) + 2} is {wrong.iloc[0]!r}, which is no day.",
            hint="Write days as 2026-06-30.",
        )
    return frame.assign(known_at=days)
