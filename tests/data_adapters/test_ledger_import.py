"""Files of transactions become events: every kind of row, ids that last, and nothing booked twice."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.event_columns import ROW_KINDS, TRANSACTION_COLUMNS, needed_columns, usable_columns
from di_advisor.domain.event_frames import events_from_frame, events_to_frame
from di_advisor.domain.event_row_kinds import EVENT_OF_ROW
from di_advisor.domain.event_text import content_text
from di_advisor.domain.events import Buy, LotMethod, OpenAccount, Sell, Split, TransferIn
from di_advisor.domain.lot_events import opening_events
from di_advisor.domain.portfolio import AccountKind, Portfolio
from di_advisor.errors import InputError, InputWarning, RowsError
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.replay import replay
from di_data.ledger_files import LedgerFiles
from tests.data_adapters.files import LOTS, write

DAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 21, tzinfo=UTC)
BOOK = """\
kind,trade_date,settlement_date,account_id,account_kind,security_id,shares,amount_usd,price_usd,fees_usd,lot_method,lots
buy,2024-01-02,2024-01-04,main,taxable,X,100,"$5,000.00",50.00,1.00,,
buy,2024-02-01,2024-02-05,main,taxable,X,50,,40,,,
sell,2024-06-03,2024-06-04,main,taxable,X,60,,45.00,2,specific,buy:20; other
reinvestment,2024-06-10,,main,taxable,X,3/4,33.75,,,,
dividend,2024-06-10,,main,taxable,X,,33.75,,,,
deposit,2024-01-02,,main,taxable,,,"10,000",,,,
"""


def content(events) -> list[str]:
    return [content_text(event) for event in events]


def events_of(folder, text: str, **named):
    return LedgerFiles().events(write(folder, text, "trades.csv"), as_of=DAY, **named)


def plain(folder, *rows: str) -> str:
    return "\n".join(["kind,trade_date,security_id,shares,amount_usd", *rows]) + "\n"


def test_a_file_becomes_events_and_books(tmp_path):
    text = BOOK.replace("buy:20; other", "").replace("specific", "fifo")
    read = events_of(tmp_path, text)
    opened, first, second, sold, again, dividend, deposit = read.events
    assert isinstance(opened, OpenAccount)
    assert (opened.kind, opened.account_id) == (AccountKind.TAXABLE, "main")
    assert (first.amount_usd, first.fees_usd, first.settles_on) == (Decimal("5000.00"), 1, date(2024, 1, 4))
    assert second.amount_usd == 2000
    assert (sold.amount_usd, sold.choice.method) == (2700, LotMethod.FIFO)
    assert again.shares == Fraction(3, 4)
    assert first.source == "trades.csv, line 2"
    books = replay(read.events, as_of=DAY)
    # 60 shares of the first lot at a loss of 50.01 - 44.97 a share; 3/4 of one is washed.
    assert books.disallowed_usd == Fraction(3, 4) * (Fraction("50.01") - Fraction(2698, 60))
    assert books.cash_usd["main"] == 10000 - 5001 - 2000 + 2698 - Fraction("33.75") + Fraction("33.75")
    assert (dividend.amount_usd, deposit.amount_usd) == (Decimal("33.75"), 10000)


def test_importing_a_file_twice_or_in_parts_or_shuffled_changes_nothing(tmp_path):
    text = BOOK.replace("buy:20; other", "").replace("specific", "fifo")
    header, *lines = text.splitlines()
    whole = events_of(tmp_path, text).events
    journal, _ = Journal().append(whole, recorded_at=NOW)
    same, report = journal.append(whole, recorded_at=NOW)
    assert same is journal
    assert report.sentence == "0 events added, 7 duplicates skipped"
    shuffled = events_of(tmp_path, "\n".join([header, *lines[::-1]])).events
    assert {e.event_id for e in shuffled} == {e.event_id for e in whole}
    assert replay(shuffled, as_of=DAY).digest() == replay(whole, as_of=DAY).digest()
    parts = [events_of(tmp_path, "\n".join([header, *each])).events for each in (lines[:2], lines[1:])]
    grown = Journal()
    for part in parts:
        grown, _ = grown.append(part, recorded_at=NOW)
    assert grown.content_sha256 == journal.content_sha256


def test_two_equal_fills_are_two_and_have_the_same_ids_in_every_export(tmp_path):
    row = "buy,2024-01-02,X,100,5000"
    events = events_of(tmp_path, plain(tmp_path, row, row)).events
    assert len({e.event_id for e in events}) == 2
    assert [e.lot_id for e in events] == [e.event_id for e in events]
    assert {e.event_id for e in events} == {
        e.event_id for e in events_of(tmp_path, plain(tmp_path, row, "buy,2024-01-03,X,1,50", row)).events
    } - {e.event_id for e in events_of(tmp_path, plain(tmp_path, "buy,2024-01-03,X,1,50")).events}


def test_lots_are_named_in_a_cell_with_or_without_shares(tmp_path):
    events = events_of(tmp_path, BOOK).events
    (sold,) = (e for e in events if isinstance(e, Sell))
    assert sold.choice.method is LotMethod.SPECIFIC
    assert [(n.lot_id, n.shares) for n in sold.choice.lots] == [("buy", 20), ("other", None)]


def test_an_action_is_a_row_with_its_treatment(tmp_path):
    text = "kind,trade_date,security_id,new_per_old,tax_treatment\nsplit,2024-06-10,NVDA,10,split\n"
    (split,) = events_of(tmp_path, text).events
    assert isinstance(split, Split)
    assert split.new_per_old == 10
    with pytest.raises(RowsError, match="line 2, tax_treatment: it is empty"):
        events_of(tmp_path, text.replace(",split\n", ",\n"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("buy,,X,1,5", "line 2, trade_date: it is empty"),
        ("buy,2024-01-02,,1,5", "line 2, security_id: it is empty"),
        ("buy,2024-01-02,X,-1,5", "line 2, shares: -1; it must be more than zero"),
        ("buy,2024-01-02,X,1,-5", "line 2, amount_usd: -5; it must not be negative"),
        ("buy,2024-01-02,X,1,", "line 2, amount_usd: it is empty"),
        ("short,2024-01-02,X,1,5", "line 2, kind: 'short' is not a kind of row"),
        ("deposit,2024-01-02,X,,5", "line 2, security_id: a row of the kind deposit has none"),
        ("buy,2026-04-01,X,1,5", "line 2, trade_date: 2026-04-01 is after 2026-03-31"),
        ("buy,2024-02-30,X,1,5", "line 2, trade_date: '2024-02-30' is not a day of the calendar"),
        ("buy,2024-01-02,X,1e400,5", "line 2, shares: the value has more than 28 digits"),
    ],
)
def test_a_wrong_row_names_line_and_column_and_nothing_is_imported(tmp_path, row, words):
    with pytest.raises(RowsError) as caught:
        events_of(tmp_path, plain(tmp_path, row, "buy,2024-01-02,X,1,5"))
    assert words in str(caught.value)
    assert "nothing was imported" in str(caught.value)
    (fact,) = caught.value.errors
    assert fact.facts["row"] == "line 2"


def test_right_rows_of_a_wrong_file_come_only_when_asked_for(tmp_path):
    text = plain(tmp_path, "buy,2024-01-02,X,NaN,5", "buy,2024-01-03,X,1,5", "sell,2024-01-04,X,x,5")
    read = events_of(tmp_path, text, partial=True)
    assert [e.on for e in read.events] == [date(2024, 1, 3)]
    assert [e.facts["field"] for e in read.errors] == ["shares", "shares"]


def test_an_id_with_two_contents_is_refused_twice_and_shows_the_difference(tmp_path):
    text = "event_id,kind,trade_date,amount_usd\nE1,deposit,2024-01-02,100\nE1,deposit,2024-01-02,120\n"
    with pytest.raises(RowsError, match="amount_usd 100 against 120"):
        events_of(tmp_path, text)
    read = events_of(tmp_path, text + "E2,deposit,2024-01-02,7\n", partial=True)
    assert [e.event_id for e in read.events] == ["E2"]


def test_an_id_that_is_repeated_with_the_same_content_counts_once(tmp_path):
    row = "E1,deposit,2024-01-02,100.00\n"
    with pytest.warns(InputWarning, match="1 duplicate skipped: E1"):
        read = events_of(tmp_path, f"event_id,kind,trade_date,amount_usd\n{row}{row.replace('.00', '')}")
    assert (len(read.events), read.duplicates) == (1, ("E1",))


def test_a_total_beside_a_price_must_agree_as_closely_as_the_price_is_printed(tmp_path):
    head = "kind,trade_date,security_id,shares,amount_usd,price_usd\n"
    (bought,) = events_of(tmp_path, head + "buy,2024-01-02,X,3,100.00,33.33\n").events
    assert bought.amount_usd == 100
    with pytest.raises(RowsError, match=r"101, and 3 shares at 33\.33 are 99\.99"):
        events_of(tmp_path, head + "buy,2024-01-02,X,3,101,33.33\n")
    with pytest.warns(InputWarning, match="looks as if it were per share"):
        (odd,) = events_of(tmp_path, head + "buy,2024-01-02,X,100,50.00,50.00\n").events
    assert odd.amount_usd == 50


def test_settlement_dates_are_never_taken_for_trade_dates(tmp_path):
    only = "kind,settlement_date,security_id,shares,amount_usd\nbuy,2024-01-04,X,1,5\n"
    with pytest.raises(InputError, match="settlement dates only"):
        events_of(tmp_path, only)
    both = "kind,trade_date,settlement_date,security_id,shares,amount_usd\nbuy,2024-01-04,2024-01-04,X,1,5\n"
    with pytest.raises(RowsError, match="is the settlement date too"):
        events_of(tmp_path, both)


def test_an_instant_is_the_exchange_s_local_day_and_needs_its_zone(tmp_path):
    for instant in ("2024-12-31T23:30:00-05:00", "2025-01-01T04:30:00+00:00"):
        (event,) = events_of(tmp_path, plain(tmp_path, f"buy,{instant},X,1,5")).events
        assert event.on == date(2024, 12, 31)
    with pytest.raises(RowsError, match="no time zone"):
        events_of(tmp_path, plain(tmp_path, "buy,2024-12-31T23:30:00,X,1,5"))


def test_a_holiday_is_pointed_out_and_kept(tmp_path):
    with pytest.warns(InputWarning, match=r"the exchange was closed on 2024-12-25 \(line 2\)"):
        (event,) = events_of(tmp_path, plain(tmp_path, "buy,2024-12-25,X,1,5")).events
    assert event.on == date(2024, 12, 25)


def test_an_account_is_described_the_same_in_all_of_its_rows(tmp_path):
    text = (
        "kind,trade_date,account_id,account_kind,amount_usd\ndeposit,2024-01-02,a,ira,1\ndeposit,2024-01-03,a,roth,1\n"
    )
    with pytest.raises(RowsError, match=r"line 3, account_kind: account a is described otherwise than in line 2"):
        events_of(tmp_path, text)


def test_a_lot_without_basis_or_date_stays_flagged_in_the_books(tmp_path):
    text = (
        "kind,trade_date,security_id,shares,basis_total_usd,acquired,account_kind\n"
        "transfer_in,2024-01-02,X,1,,2020-01-02,taxable\ntransfer_in,2024-01-02,X,1,5,VARIOUS,taxable\n"
    )
    with pytest.warns(InputWarning) as caught:
        read = events_of(tmp_path, text)
    assert [str(w.message).split(" for ")[0] for w in caught] == [
        "trades.csv: no basis", "trades.csv: no acquisition date",
    ]  # fmt: skip
    states = sorted(b.lot.state.value for b in replay(read.events, as_of=DAY).lots)
    assert states == ["basis_pending", "term_unknown"]


def test_opening_lots_come_as_transfers_and_twice_is_once(tmp_path):
    opened, *lots = _opening(tmp_path)
    assert isinstance(opened, OpenAccount)
    assert [type(lot) for lot in lots] == [TransferIn] * 3
    journal, _ = Journal().append([opened, *lots], recorded_at=NOW)
    assert journal.append(_opening(tmp_path), recorded_at=NOW)[0] is journal
    books = replay(journal.effective(), as_of=DAY)
    assert {b.lot.lot_id: b.lot.shares for b in books.lots} == {"L1": 100, "L2": Fraction(5, 2), "L3": Fraction(1, 3)}


def _opening(folder):
    return LedgerFiles().opening_lots(write(folder, LOTS), as_of=DAY)


def test_files_in_another_notation_say_so_once(tmp_path):
    text = "kind;trade_date;security_id;shares;amount_usd\nbuy;03.01.2024;Ü;1,5;1.234,56\n"
    reader = LedgerFiles(delimiter=";", decimal_mark=",", date_format="%d.%m.%Y", encoding="latin-1")
    (bought,) = reader.events(write(tmp_path, text.encode("latin-1"), "t.csv"), as_of=DAY).events
    assert (bought.on, bought.shares, bought.amount_usd, bought.security_id) == (
        date(2024, 1, 3), Decimal("1.5"), Decimal("1234.56"), "Ü",
    )  # fmt: skip


@pytest.mark.parametrize("spoil", [("1,5", "1\0,5"), ("X,1,5", 'X,"1,5'), ("X,1,5", "X,1,5,6"), ("X,1,5", "X,1")])
def test_a_broken_file_names_its_line_and_nothing_is_imported(tmp_path, spoil):
    text = plain(tmp_path, "buy,2024-01-02,X,1,5", "buy,2024-01-03,X,1,5").replace(*spoil, 1)
    with pytest.raises(InputError, match="line 2"):
        events_of(tmp_path, text)


def test_sizes_are_limited(tmp_path):
    path = write(tmp_path, BOOK, "trades.csv")
    for limits in (LedgerFiles(max_bytes=50), LedgerFiles(max_rows=1)):
        with pytest.raises(InputError, match="on purpose"):
            limits.events(path, as_of=DAY)


def test_every_kind_of_row_has_an_event_and_known_columns():
    assert set(ROW_KINDS) == set(EVENT_OF_ROW)
    columns = {c.name for c in TRANSACTION_COLUMNS}
    used = set(itertools.chain.from_iterable(usable_columns(kind) for kind in ROW_KINDS))
    assert used == columns
    assert all(set(needed_columns(kind)) <= usable_columns(kind) for kind in ROW_KINDS)


def test_events_survive_a_data_frame_and_a_file(tmp_path):
    events = events_of(tmp_path, BOOK).events
    frame = events_to_frame(events)
    assert content(events_from_frame(frame).events) == content(events)
    path = tmp_path / "again.csv"
    frame.to_csv(path, index=False)
    assert content(LedgerFiles().events(path, as_of=DAY).events) == content(events)


amounts = st.decimals(min_value=0, max_value=10**6, places=2)
shares = st.fractions(min_value=Fraction(1, 500), max_value=1000, max_denominator=997)


@given(st.lists(st.tuples(st.sampled_from(["buy", "sell"]), shares, amounts, st.integers(0, 400)), max_size=8))
def test_any_trades_survive_a_data_frame(rows):
    frame = pd.DataFrame(
        [
            {
                "kind": kind,
                "trade_date": date.fromordinal(738000 + day),
                "security_id": "X",
                "shares": n,
                "amount_usd": amount,
            }
            for kind, n, amount, day in rows
        ],
        columns=["kind", "trade_date", "security_id", "shares", "amount_usd"],
    )
    events = events_from_frame(frame).events
    assert [(type(e), e.shares, e.amount_usd) for e in events] == [
        ({"buy": Buy, "sell": Sell}[kind], n, amount) for kind, n, amount, _ in rows
    ]
    assert len({e.event_id for e in events}) == len(rows)
    assert events_from_frame(events_to_frame(events)).events == events


def test_lots_of_a_data_frame_open_a_journal_too():
    frame = pd.DataFrame(
        {
            "security_id": ["X", "X"],
            "shares": ["1/3", "2"],
            "basis_total_usd": ["5", None],
            "acquired": [date(2020, 1, 2), None],
            "account_kind": "ira",
        }
    )
    with pytest.warns(InputWarning, match="basis_pending"):
        portfolio = Portfolio.from_frame(frame, as_of=DAY)
    events = opening_events(portfolio, on=DAY, source="frame")
    books = replay(events, as_of=DAY)
    assert dict(books.accounts) == {"account": AccountKind.IRA}
    assert {b.lot.shares: b.lot.basis_total_usd for b in books.lots} == {Fraction(1, 3): 5, 2: None}
