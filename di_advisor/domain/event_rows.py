"""Events from the rows of a table of transactions: the importers' common shape.

Problem: a broker's export is read again and again, in part or whole, with its rows in another
order, and must never double a share. Decision: a row's id is the broker's, or its content and
occurrence (`di_advisor.domain.content_ids`), so the same fact has the same id in every export and
the journal takes it once. Two equal fills are two fills. The same id with the same content counts
once, with a warning; with other content **both** rows are refused and the difference is shown.
Nothing is imported unless all is right, or the caller asks for the rest on purpose.

Limits: whether shares are held that a row sells is seen at the replay, not here; a row without id
and without time of day is numbered within its file, so files hold whole days of an account.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from di_advisor.domain.cells import Notation, flag_of, is_blank, require_usd
from di_advisor.domain.content_ids import named_by_content
from di_advisor.domain.event_cells import RowCells
from di_advisor.domain.event_columns import ROW_KINDS, TRANSACTION_COLUMNS, needed_columns, usable_columns
from di_advisor.domain.event_row_kinds import EVENT_OF_ROW, fields_of_row, word_of
from di_advisor.domain.event_text import content_differences
from di_advisor.domain.events import Event, OpenAccount, TransferIn
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.rows import Findings, Row, some_of
from di_advisor.domain.tickers import Tickers
from di_advisor.errors import InputError, InputWarning, RowsError

__all__ = ["OPENED_ON", "ReadEvents", "events_from_rows", "opening_of"]

_COLUMNS: Final = frozenset(c.name for c in TRANSACTION_COLUMNS)
OPENED_ON: Final = date(1900, 1, 1)
"""Day of events that open accounts a table describes: the same in every file, before everything."""


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """What a table told.

    Attributes
    ----------
    events : tuple of Event
        In the order of their rows; accounts that the table describes are opened first.
    duplicates : tuple of str
        Ids of rows that repeat another row, and were skipped.
    errors : tuple of InputError
        Rows left out, where a partial import was asked for; empty otherwise.
    """

    events: tuple[Event, ...]
    duplicates: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()


def events_from_rows(
    rows: Iterable[Row],
    notation: Notation,
    findings: Findings,
    *,
    account_id: str = "account",
    as_of: date | None = None,
    partial: bool = False,
    tickers: Tickers | None = None,
) -> ReadEvents:
    """Read events from rows of transactions.

    Parameters
    ----------
    rows : iterable of Row
        Cells by the names of `di_advisor.domain.event_columns.TRANSACTION_COLUMNS`.
    notation : Notation
        How cells are written.
    findings : Findings
        Knows the table's name, and may hold errors already; all are raised together.
    account_id : str
        Account of rows that name none.
    as_of : date, optional
        The day the table is of: a later trade date is an error.
    partial : bool
        Whether right rows are wanted although others are wrong; those come back in ``errors``.
    tickers : Tickers, optional
        What tickers meant over time, for rows that name no permanent id.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong; nothing was imported.

    Warns
    -----
    InputWarning
        If rows are repeated, a basis or a date is not known, or an amount looks as if it were per share.
    """
    read: list[tuple[Row, Event]] = []
    odd: list[str] = []
    kinds: dict[str, tuple[Row, OpenAccount]] = {}
    for row in rows:
        cells = RowCells(row, notation, findings, as_of, tickers)
        event = _event(cells, account_id, odd)
        opening = _opening(row, findings, account_id) if event is not None else None
        if event is not None:
            read.append((row, event))
        if opening is not None:
            told = kinds.setdefault(opening.account_id, (row, opening))
            if (told[1].kind, told[1].reinvests_dividends) != (opening.kind, opening.reinvests_dividends):
                findings.wrong(
                    row.label,
                    "account_kind",
                    f"account {opening.account_id} is described otherwise than in {told[0].label}.",
                    "What is said of an account is the same in all of its rows.",
                )
    named = named_by_content([event for _, event in read])
    events, duplicates = _distinct([(row, event) for (row, _), event in zip(read, named, strict=True)], findings)
    if findings.errors and not partial:
        raise RowsError.collected(findings.source, findings.errors)
    _warn(findings.source, events, duplicates, odd)
    return ReadEvents((*(o for _, o in kinds.values()), *events), tuple(duplicates), tuple(findings.errors))


def opening_of(account_id: str, kind: AccountKind, *, reinvests_dividends: bool = False, source: str) -> OpenAccount:
    """The event that opens an account, the same from every file that describes it so."""
    return OpenAccount(
        event_id=f"open {account_id}",
        on=OPENED_ON,
        account_id=account_id,
        kind=kind,
        reinvests_dividends=reinvests_dividends,
        source=source,
    )


def _event(cells: RowCells, account_id: str, odd: list[str]) -> Event | None:
    """The event of one row, or None with findings."""
    row, findings = cells.row, cells.findings
    before = len(findings.errors)
    kind = cells.text("kind").casefold().replace(" ", "_")
    if kind not in ROW_KINDS:
        findings.wrong(row.label, "kind", f"{kind!r} is not a kind of row.", f"Use one of: {', '.join(ROW_KINDS)}.")
        return None
    for column in ("trade_date", *needed_columns(kind)):
        cells.require(column, kind)
    usable = usable_columns(kind)
    for column, cell in row.cells.items():
        if column not in usable and column in _COLUMNS and not is_blank(cell):
            findings.wrong(
                row.label, column, f"a row of the kind {kind} has none.", "Leave it blank, or correct the kind."
            )
    with findings.at(row, "currency"):
        require_usd(row["currency"])
    fields = fields_of_row(cells, kind, findings.source, odd)
    if "account_id" in usable:
        fields["account_id"] = cells.text("account_id", account_id)
    _refuse_settlement_as_trade(cells, fields)
    if len(findings.errors) > before:
        return None
    built: list[Event] = []
    with findings.at(row, ""):
        built.append(EVENT_OF_ROW[kind](**fields))
    return built[0] if built else None


def _refuse_settlement_as_trade(cells: RowCells, fields: Mapping[str, Any]) -> None:
    if fields.get("settles_on") is not None and fields["settles_on"] == fields["on"]:
        cells.findings.wrong(
            cells.row.label,
            "trade_date",
            f"{fields['on']} is the settlement date too.",
            "Tax rules count the trade date (Rev. Rul. 66-97); give it, or leave settlement_date blank if the trade "
            "really settled on its own day.",
        )


def _opening(row: Row, findings: Findings, account_id: str) -> OpenAccount | None:
    if is_blank(row["account_kind"]):
        return None
    made: list[OpenAccount] = []
    with findings.at(row, "account_kind"):
        kind = word_of(row["account_kind"], AccountKind)
        name = str(row["account_id"] if not is_blank(row["account_id"]) else account_id).strip()
        reinvests = flag_of(row["reinvests_dividends"])
        made.append(opening_of(name, kind, reinvests_dividends=reinvests, source=f"{findings.source}, {row.label}"))
    return made[0] if made else None


def _distinct(read: Sequence[tuple[Row, Event]], findings: Findings) -> tuple[list[Event], list[str]]:
    """Each event once; of an id with two contents none."""
    first: dict[str, tuple[Row, Event]] = {}
    duplicates: list[str] = []
    refused: set[str] = set()
    for row, event in read:
        known = first.setdefault(event.event_id, (row, event))
        if known[0] is row:
            continue
        differences = content_differences(known[1], event)
        if not differences:
            duplicates.append(event.event_id)
            continue
        refused.add(event.event_id)
        findings.wrong(
            row.label,
            "event_id",
            f"{event.event_id} stands already in {known[0].label}, with other content: {'; '.join(differences)}.",
            "Keep the row that is right; neither of the two is taken.",
        )
    return [event for event_id, (_, event) in first.items() if event_id not in refused], duplicates


def _warn(source: str, events: Sequence[Event], duplicates: Sequence[str], odd: Sequence[str]) -> None:
    if duplicates:
        count = f"{len(duplicates)} duplicate{'s' if len(duplicates) > 1 else ''} skipped"
        warnings.warn(f"{source}: {count}: {some_of(list(duplicates))}.", InputWarning, stacklevel=3)
    moved = [event for event in events if isinstance(event, TransferIn)]
    for what, named in (
        ("basis", [e.lot_id for e in moved if e.basis_total_usd is None]),
        ("acquisition date", [e.lot_id for e in moved if e.acquired is None]),
    ):
        if named:
            warnings.warn(
                f"{source}: no {what} for {some_of(named)}; these lots are flagged, and not sold for a loss.",
                InputWarning,
                stacklevel=3,
            )
    if odd:
        warnings.warn(f"{source}: {some_of(list(odd))}. Check amount_usd.", InputWarning, stacklevel=3)
