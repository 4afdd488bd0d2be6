"""A Parquet file as header and rows, the way the readers of text and workbooks give them."""

from __future__ import annotations

import io
from typing import Any

from di_data.frame.exchange import Received
from di_data.frame.guards import content_error

__all__ = ["parquet_rows"]


def parquet_rows(body: bytes, received: Received) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    """Header, and rows with how a person finds them again; blanks are None.

    Raises
    ------
    SourceContentError
        If it is no Parquet file, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(body))
    except (OSError, pa.ArrowException) as e:
        raise content_error(received, f"it cannot be read as Parquet: {e}.", hint="Write the file again.") from None
    columns = [column.to_pylist() for column in table.columns]
    rows = [(f"row {number}", list(cells)) for number, cells in enumerate(zip(*columns, strict=True), start=1)]
    return [str(name) for name in table.column_names], [r for r in rows if any(c is not None for c in r[1])]
