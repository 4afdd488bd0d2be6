"""Flex statements: executions once, orders never on top of them, and no XML that does anything but hold text."""

import numpy as np
import pytest

from di_advisor import registry
from di_advisor.domain.history_quality import Flaw
from di_advisor.errors import InputError, RowsError
from di_advisor.ports import TradeHistoryReader
from di_data.trade_history import FlexStatements
from tests.data_adapters.trade_history.order_files import conditions, write

EXECUTION = (
    '<Trade accountId="U1" levelOfDetail="EXECUTION" assetCategory="STK" currency="USD" symbol="{symbol}" '
    'buySell="{side}" quantity="{shares}" tradePrice="{price}" orderTime="20240305;{ordered}" '
    'dateTime="20240305;{done}" ibOrderID="{order}" ibExecID="{execution}" ibCommission="-0.35" taxes="-0.02" '
    'ibCommissionCurrency="USD" exchange="{venue}" orderType="LMT" closePrice="50.20" />'
)


def execution(**changed: str) -> str:
    usual = {"symbol": "ACME", "side": "BUY", "shares": "100", "price": "50.03", "ordered": "100000"}
    usual |= {"done": "100100", "order": "7", "execution": "E1", "venue": "NYSE"}
    return EXECUTION.format(**(usual | changed))


ORDER = execution(shares="300", price="50.05", execution="").replace("EXECUTION", "ORDER").replace("<Trade ", "<Order ")
LOT = execution(shares="300").replace("EXECUTION", "CLOSED_LOT").replace("<Trade ", "<Lot ")
USUAL = (execution(), execution(shares="200", price="50.06", done="100500", execution="E2", venue="IEX"))


def statement(*trades: str) -> str:
    inner = "\n".join(trades)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1">'
        f'<FlexStatement accountId="U1"><Trades>{inner}</Trades></FlexStatement></FlexStatements></FlexQueryResponse>'
    )


def read(tmp_path, text, zone="America/New_York"):
    return FlexStatements(zone).trade_history(write(tmp_path, text, "flex.xml"), conditions=conditions())


@pytest.mark.parametrize("around", [(), (ORDER,), (LOT,), (ORDER, LOT)])
def test_executions_are_counted_once_whatever_stands_beside_them(tmp_path, around):
    found = read(tmp_path, statement(*around, *USUAL))
    h = found.history
    assert h.filled_shares.tolist() == [300]
    assert h.average_price_usd == pytest.approx([(100 * 50.03 + 200 * 50.06) / 300])
    assert h.arrival_utc[0] == np.datetime64("2024-03-05T15:00:00")
    assert h.commission_usd == pytest.approx([0.70])
    assert h.fees_usd == pytest.approx([0.04])
    assert (h.account_id[0], h.venue[0], h.order_type[0]) == ("U1", "IEX", "limit")
    assert found.quality.count(Flaw.SIZE_ASSUMED) == 1


def test_a_statement_of_orders_only_is_read_from_its_orders(tmp_path):
    h = read(tmp_path, statement(ORDER)).history
    assert h.filled_shares.tolist() == [300]
    assert h.average_price_usd.tolist() == [50.05]


def test_sales_are_negative_quantities_of_a_positive_size(tmp_path):
    h = read(tmp_path, statement(execution(side="SELL", shares="-100"))).history
    assert (h.side[0], h.filled_shares[0]) == (-1, 100)


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        ('"STK"', '"OPT"', Flaw.NOT_A_STOCK),
        ('currency="USD"', 'currency="EUR"', Flaw.NOT_USD),
        ('CommissionCurrency="USD"', 'CommissionCurrency="EUR"', Flaw.NOT_USD),
        ('"BUY"', '"BUY (Ca.)"', Flaw.CANCELLED),
        ('ibOrderID="8"', 'ibOrderID=""', Flaw.NO_ORDER_ID),
        ('orderTime="20240305;100000"', "", Flaw.NO_ARRIVAL_TIME),
    ],
)
def test_what_is_no_stock_in_dollars_is_dropped_and_counted(tmp_path, old, new, flaw):
    other = execution(order="8", execution="E8")
    assert old in other
    found = read(tmp_path, statement(*USUAL, other.replace(old, new)))
    assert found.quality.count(flaw) == 1
    assert len(found.history) == 1
    assert found.quality.orders_read == 2


def test_the_zone_of_a_statement_is_stated_or_written_never_assumed(tmp_path):
    with pytest.raises(RowsError, match="trade 1, orderTime: '20240305;100000' has no time zone"):
        read(tmp_path, statement(*USUAL), zone="")
    written = statement(execution(ordered="100000 EST", done="100100 EST"))
    assert read(tmp_path, written, zone="").history.arrival_utc[0] == np.datetime64("2024-03-05T15:00:00")


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (statement(*USUAL).replace("?>", "?>" + BOMB), "brings a document type or entities"),
        (statement(*USUAL).replace("?>", "?>" + OUTSIDE), "brings a document type or entities"),
        (statement(*USUAL).replace("?>", "?><!DOCTYPE x>"), "brings a document type or entities"),
        (statement(*USUAL)[:-30], "flex.xml is not XML"),
        ("<html><body>Log in</body></html>", "the document is a html, not a FlexQueryResponse"),
        (
            (
                "<FlexStatementResponse><ErrorCode>1019</ErrorCode><ErrorMessage>in progress</ErrorMessage>"
                "</FlexStatementResponse>"
            ),
            "the broker answered with error 1019 (in progress)",
        ),
        (statement().replace("Trades", "Positions"), "there is no section Trades"),
        (statement(execution(price="?")), "trade 1, tradePrice: '?' is not a number"),
        (statement(execution().replace('quantity="100" ', "")), "trade 1, quantity: the field is missing"),
        (statement(execution(done="100100Z")), "times of mixed zones"),
    ],
)
def test_a_statement_that_cannot_be_used_says_why(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "Hint:" in str(caught.value)


def test_a_file_of_fills_beside_a_statement_is_refused(tmp_path):
    path = write(tmp_path, statement(*USUAL), "flex.xml")
    with pytest.raises(InputError, match=r"fills\.csv is given beside the statement"):
        FlexStatements().trade_history(path, fills=write(tmp_path, "", "fills.csv"))


def test_the_readers_are_found_by_name_and_keep_their_port():
    assert isinstance(registry.trade_history_reader(), TradeHistoryReader)
    assert registry.trade_history_reader("ibkr_flex", zone="UTC").zone == "UTC"
    assert {"csv", "ibkr_flex"} <= set(registry.available(registry.TRADE_HISTORY_READERS))
