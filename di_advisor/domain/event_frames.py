"""Events in and out of data frames, in the columns of the table of transactions, without loss."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from di_advisor.domain.amounts import Exact, show_exact
from di_advisor.domain.cells import FrameNotation
from di_advisor.domain.event_columns import TRANSACTION_COLUMNS
from di_advisor.domain.event_row_kinds import EVENT_OF_ROW
from di_advisor.domain.event_rows import ReadEvents, events_from_rows
from di_advisor.domain.events import BY_LAW, Event, LotChoice, OpenAccount
from di_advisor.domain.frames import rows_of_frame
from di_advisor.domain.rows import Findings
from di_advisor.domain.tickers import Tickers
from di_advisor.errors import InputError, InputWarning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["events_from_frame", "events_to_frame", "transaction_row"]

_KIND_OF_EVENT: Final = {cls: kind for kind, cls in EVENT_OF_ROW.items()}
_COLUMN_OF_FIELD: Final = {
    "on": "trade_date",
    "settles_on": "settlement_date",
    "ex_on": "ex_date",
    "kind": "dividend_kind",
}


def events_from_frame(
    frame: pd.DataFrame,
    *,
    account_id: str = "account",
    as_of: date | None = None,
    partial: bool = False,
    tickers: Tickers | None = None,
    source: str = "frame of transactions",
) -> ReadEvents:
    """Events of a frame, one row each.

    Parameters
    ----------
    frame : DataFrame
        Columns as in `di_advisor.domain.event_columns.TRANSACTION_COLUMNS`; ``kind`` and
        ``trade_date`` are needed.
    account_id, as_of, partial, tickers
        As in `di_advisor.domain.event_rows.events_from_rows`.
    source : str
        Name of the frame in sentences and in the events.

    Raises
    ------
    RowsError
        Naming every row (by its index label) and column that is wrong.
    InputError
        If a column is missing.

    Warns
    -----
    InputWarning
        As `events_from_rows`, and if floats look like the rest of a calculation.
    """
    notation = FrameNotation()
    rows = rows_of_frame(frame, TRANSACTION_COLUMNS, source)
    read = events_from_rows(
        rows, notation, Findings(source), account_id=account_id, as_of=as_of, partial=partial, tickers=tickers
    )
    if notation.floats_with_residue:
        warnings.warn(
            f"{source}: {notation.floats_with_residue} amounts are binary floats with more than 15 digits, "
            "as calculations leave them; they were read as they stand. Pass text or Decimal to be exact.",
            InputWarning,
            stacklevel=2,
        )
    return read


def transaction_row(event: Event) -> dict[str, object]:
    """Cells of one event by column; exact amounts as they are.

    Raises
    ------
    InputError
        If the table has no row for such an event (spin-offs, mergers, gifts), or the event has
        terms for which the table has no column.
    """
    kind = _KIND_OF_EVENT.get(type(event))
    if kind is None:
        raise InputError(
            f"{type(event).__name__} {event.event_id!r} does not fit into a table of transactions.",
            hint="Keep it in the journal; its text (event_text) holds all of its terms.",
            event_id=event.event_id,
        )
    cells: dict[str, object] = {"kind": kind}
    for name in _names(event):
        value = getattr(event, name)
        if name == "choice":
            cells |= _choice_cells(value)
        elif name in ("cash_in_lieu_usd", "value_per_share_usd"):
            if value is not None:
                raise InputError(
                    f"{type(event).__name__} {event.event_id!r} has {name}, and the table has no such column.",
                    hint="Keep it in the journal; its text (event_text) holds all of its terms.",
                    event_id=event.event_id,
                )
        else:
            cells[_COLUMN_OF_FIELD.get(name, name)] = value
    return cells


def _names(event: Event) -> tuple[str, ...]:
    from dataclasses import fields

    return tuple(f.name for f in fields(event))


def _choice_cells(choice: LotChoice) -> dict[str, object]:
    if choice == BY_LAW:
        return {}
    named = "; ".join(n.lot_id if n.shares is None else f"{n.lot_id}:{show_exact(n.shares)}" for n in choice.lots)
    wrong = [n.lot_id for n in choice.lots if ";" in n.lot_id or (":" in n.lot_id and n.shares is None)]
    if wrong:
        raise InputError(
            f"Lot {wrong[0]!r} cannot be named in a cell: ';' and ':' separate lots and shares there.",
            hint="Name the shares, or give the lot another id.",
        )
    return {
        "lot_method": choice.method.value,
        "lots": named,
        "lots_rest": choice.rest.value if choice.rest else "",
        "lots_chosen": choice.chosen_on,
        "lots_chosen_by": choice.chosen_by,
    }


def events_to_frame(events: Iterable[Event]) -> pd.DataFrame:
    """A frame of events, one row each, which `events_from_frame` reads back.

    Accounts that are opened among the events describe the rows of their account.

    Raises
    ------
    InputError
        If an event does not fit into the table.
    """
    import pandas as pd

    listed = list(events)
    opened = {e.account_id: e for e in listed if isinstance(e, OpenAccount)}
    rows: list[dict[str, Any]] = []
    for event in listed:
        if isinstance(event, OpenAccount):
            continue
        cells = transaction_row(event)
        opening = opened.get(str(cells.get("account_id")))
        if opening is not None:
            cells |= {"account_kind": opening.kind.value, "reinvests_dividends": opening.reinvests_dividends}
        rows.append(cells)
    used = [c.name for c in TRANSACTION_COLUMNS if any(row.get(c.name) not in (None, "") for row in rows)]
    needed = [c.name for c in TRANSACTION_COLUMNS if c.required]
    columns = [c.name for c in TRANSACTION_COLUMNS if c.name in {*used, *needed}]
    return pd.DataFrame([[_cell(row.get(name)) for name in columns] for row in rows], columns=columns, dtype=object)


def _cell(value: Exact | object) -> object:
    return str(value) if hasattr(value, "value") else value
