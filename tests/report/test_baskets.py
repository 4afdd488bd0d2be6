"""Orders of a basket and the lots of each sale: nothing lost on the way out and back, nothing overwritten."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.report.baskets import (
    BASKET_FILE,
    INSTRUCTION_COLUMNS,
    INSTRUCTIONS_FILE,
    OrderKind,
    basket_orders,
    fractions_left_out,
    ibkr_basket_csv,
    lot_instructions_csv,
    read_ibkr_basket_csv,
    read_lot_instructions_csv,
    refuse_existing,
    write_basket,
)
from tests.report.fakes import proposal


def with_trades(*changes: dict):
    """A proposal of sales, one for each set of changes."""
    plain = proposal(1, 0, nasty=())
    return replace(plain, trade_list=tuple(replace(plain.trade_list[0], **each) for each in changes))


def test_a_basket_has_the_documented_columns_and_one_order_a_security_and_side():
    made = with_trades(
        {"security_id": "A", "ticker": "BRK.B", "lot_id": "L1", "shares": Decimal(10)},
        {"security_id": "A", "ticker": "BRK.B", "lot_id": "L2", "shares": Decimal(5)},
        {"security_id": "B", "ticker": "ACME", "side": Side.BUY, "lot_id": "", "shares": Decimal(7)},
    )
    assert ibkr_basket_csv(made).splitlines() == [
        "Action,Quantity,Symbol,SecType,Exchange,Currency,TimeInForce,OrderType,BasketTag",
        "SELL,15,BRK B,STK,SMART,USD,DAY,MKT,DI20260331",
        "BUY,7,ACME,STK,SMART,USD,DAY,MKT,DI20260331",
    ]
    limited = ibkr_basket_csv(made, OrderKind.LIMIT, account="U123").splitlines()
    price = made.trade_list[0].price_usd
    assert limited[0].endswith(",OrderType,LmtPrice,BasketTag,Account")
    assert limited[1] == f"SELL,15,BRK B,STK,SMART,USD,DAY,LMT,{price},DI20260331,U123"


@pytest.mark.parametrize("kind", OrderKind)
def test_orders_that_are_written_read_back_as_the_same(kind):
    made = proposal(20, 15, nasty=())
    orders = basket_orders(made, kind)
    assert read_ibkr_basket_csv(ibkr_basket_csv(made, kind)) == orders
    assert sum(o.shares for o in orders) == sum(t.shares for t in made.trade_list)
    assert [o.side for o in orders] == [Side.SELL] * 20 + [Side.BUY] * 15


def test_every_lot_that_is_sold_is_named_with_its_shares():
    made = proposal(12, 5, nasty=())
    rows = read_lot_instructions_csv(lot_instructions_csv(made))
    sold = [t for t in made.trade_list if t.side is Side.SELL]
    assert [(r["lot_id"], Decimal(r["shares"]), r["security_id"]) for r in rows] == [
        (t.lot_id, t.shares, t.security_id) for t in sold
    ]
    assert all("before it settles" in r["how"] and "names no lots" in r["how"] for r in rows)
    assert list(rows[0]) == list(INSTRUCTION_COLUMNS)


def test_lots_of_a_sale_sum_to_its_order_and_a_fraction_is_told():
    made = with_trades(
        {"ticker": "ACME", "lot_id": "L1", "shares": Decimal("10.25")},
        {"ticker": "ACME", "lot_id": "L2", "shares": Decimal("5.5")},
    )
    assert [o.shares for o in basket_orders(made)] == [15]
    rows = read_lot_instructions_csv(lot_instructions_csv(made))
    assert sum(Decimal(r["shares"]) for r in rows) == Decimal("15.75")
    assert {r["order_shares"] for r in rows} == {"15"}
    (said,) = fractions_left_out(made)
    assert said.startswith("ACME: 0.75 of a share is in no order")
    assert fractions_left_out(proposal(3, 2, nasty=())) == ()


@pytest.mark.parametrize(
    "ticker",
    ['=HYPERLINK("http://x")', "@SUM(1+1)*cmd", "+1", "-2+3", "\t=1", "A,B", "A\nB", "Ä", "'A", "", "A;B", "<b>"],
)
def test_a_ticker_that_is_no_symbol_is_refused_and_never_altered(ticker):  # BI-070
    made = with_trades({"ticker": ticker})
    for export in (ibkr_basket_csv, lot_instructions_csv):
        with pytest.raises(InputError, match="is no symbol that a broker knows"):
            export(made)


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("'=+-@\t\r\n\",")), max_size=10))
def test_texts_of_a_lot_are_no_formulas_and_come_back(text):  # BI-070
    made = replace(with_trades({"ticker": "ACME", "lot_id": text, "security_id": text or "x"}), account_id=text)
    written = lot_instructions_csv(made)
    _, row = csv.reader(io.StringIO(written, newline=""))
    assert not [c for c in row if c[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}]
    (back,) = read_lot_instructions_csv(written)
    assert (back["lot_id"], back["account_id"], back["security_id"]) == (text, text, text or "x")


def test_two_securities_under_one_symbol_and_an_account_that_is_none_are_refused():
    with pytest.raises(InputError, match="have the same symbol, ACME"):
        basket_orders(with_trades({"ticker": "ACME", "security_id": "A"}, {"ticker": "acme", "security_id": "B"}))
    with pytest.raises(InputError, match="is no number of an account"):
        ibkr_basket_csv(proposal(1, 0, nasty=()), account="=1+1")


def test_nothing_is_overwritten_unless_it_is_asked_for(tmp_path):
    made, later = proposal(3, 2, nasty=()), proposal(4, 1, nasty=())
    written = write_basket(made, tmp_path)
    assert [p.name for p in written] == [BASKET_FILE, INSTRUCTIONS_FILE]
    before = [p.read_bytes() for p in written]
    (tmp_path / INSTRUCTIONS_FILE).unlink()
    with pytest.raises(InputError, match=f"already holds {BASKET_FILE}: orders that may have been sent"):
        write_basket(later, tmp_path)
    assert written[0].read_bytes() == before[0]
    assert not written[1].exists()
    write_basket(later, tmp_path, replace=True)
    assert written[0].read_bytes() != before[0]


@pytest.mark.parametrize("name", ["../../etc/x.csv", "/etc/x.csv", "a\\b.csv", "..", "CON.csv", "a\x00b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):  # BI-069
    with pytest.raises(InputError, match="is not a plain file name"):
        refuse_existing(tmp_path, name)


@pytest.mark.parametrize("reader", [read_ibkr_basket_csv, read_lot_instructions_csv])
def test_a_file_of_another_kind_is_refused(reader):
    for other in ("", "a,b\n1,2\n", "<html></html>"):
        with pytest.raises(InputError, match="The file lacks the columns"):
            reader(other)
