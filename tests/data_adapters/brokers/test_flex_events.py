"""What happened, out of a Flex statement: each trade once, splits once, and the rest listed with its reason."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.events import Buy, Deposit, Dividend, DividendKind, Reinvestment, ReverseSplit, Sell, Split
from di_advisor.domain.events import Withdrawal as CashOut
from di_advisor.errors import InputError, InputWarning, RowsError
from di_advisor.ledger.ledger import Ledger
from di_data.brokers import FlexFiles
from tests.data_adapters.brokers.flex_statements import LOTS, account, document, section, statement
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)
TRADE = (
    '<Trade accountId="U1" levelOfDetail="{level}" assetCategory="{kind}" currency="{currency}" symbol="{symbol}" '
    'conid="101" isin="" buySell="{side}" quantity="{shares}" tradePrice="{price}" tradeMoney="{money}" '
    'tradeDate="20260305" settleDateTarget="20260306" dateTime="20260305;100100" ibOrderID="{order}" '
    'ibExecID="{execution}" ibCommission="{commission}" ibCommissionCurrency="USD" taxes="{taxes}" notes="{notes}" />'
)
USUAL = {"level": "EXECUTION", "kind": "STK", "currency": "USD", "symbol": "ACME", "side": "BUY", "shares": "100"}
USUAL |= {"price": "50.03", "money": "5003", "order": "7", "execution": "E1", "commission": "-0.35", "taxes": "0"}
USUAL |= {"notes": ""}
PAYMENT = (
    '<CashTransaction accountId="U1" currency="{currency}" assetCategory="STK" symbol="{symbol}" '
    'description="{text}" dateTime="20260310;202000" settleDate="20260310" exDate="{ex}" amount="{amount}" '
    'type="{type}" transactionID="{id}" levelOfDetail="DETAIL" />'
)
PAID = {"currency": "USD", "symbol": "ACME", "text": "ACME CASH DIVIDEND USD 0.25 PER SHARE", "ex": "20260225"}
PAID |= {"amount": "25.10", "type": "Dividends", "id": "T1"}
ACTION = (
    '<CorporateAction accountId="{account}" assetCategory="STK" currency="USD" symbol="{symbol}" '
    'description="{text}" reportDate="20260316" dateTime="20260313;202500" quantity="300" proceeds="0" type="{type}" />'
)
SPLIT = {"account": "U1", "symbol": "ACME", "text": "ACME(US0000000000) SPLIT 4 FOR 1 (ACME, ACME CORP)", "type": "FS"}


def trade(**changed: str) -> str:
    return TRADE.format(**(USUAL | changed))


def payment(**changed: str) -> str:
    return PAYMENT.format(**(PAID | changed))


def action(**changed: str) -> str:
    return ACTION.format(**(SPLIT | changed))


def events(folder, *sections: str, reader: FlexFiles | None = None):
    path = write(folder, document(account(*sections)), "flex.xml")
    return (reader or FlexFiles()).events(path, as_of=DAY).events


def test_an_execution_is_a_purchase_and_its_costs_are_its_fees(tmp_path):
    (bought,) = events(tmp_path, section("Trades", trade(taxes="-0.02")))
    assert isinstance(bought, Buy)
    assert (bought.event_id, bought.account_id, bought.security_id) == ("E1", "U1", "ACME")
    assert (bought.shares, bought.amount_usd, bought.fees_usd) == (100, 5003, Decimal("0.37"))
    assert (bought.on, bought.settles_on, bought.purchase_id) == (date(2026, 3, 5), date(2026, 3, 6), "7")


def test_orders_and_closed_lots_beside_executions_are_not_added(tmp_path):
    beside = trade(level="ORDER", shares="300"), trade(level="CLOSED_LOT", shares="100"), trade(level="SYMBOL_SUMMARY")
    found = events(tmp_path, section("Trades", beside[0], trade(), *beside[1:], trade(execution="E2")))
    assert [e.event_id for e in found] == ["E1", "E2"]
    alone = events(tmp_path, section("Trades", beside[0]))
    assert [e.shares for e in alone] == [300]


def test_a_sale_has_a_positive_size_and_takes_lots_as_stated(tmp_path):
    sale = trade(side="SELL", shares="-100", money="-5003")
    (sold,) = events(tmp_path, section("Trades", sale))
    assert isinstance(sold, Sell)
    assert (sold.shares, sold.amount_usd, sold.choice.method) == (100, 5003, "fifo")
    (stated,) = events(tmp_path, section("Trades", sale), reader=FlexFiles(lot_method="hifo"))
    assert stated.choice.method == "hifo"


def test_a_rebate_changes_what_was_paid_or_received_and_is_no_negative_fee(tmp_path):
    bought, sold = events(
        tmp_path,
        section("Trades", trade(commission="0.10"), trade(side="SELL", commission="0.10", execution="E2")),
    )
    assert (bought.amount_usd, bought.fees_usd) == (Decimal("5002.90"), 0)
    assert (sold.amount_usd, sold.fees_usd) == (Decimal("5003.10"), 0)


def test_a_reinvested_dividend_is_a_purchase_that_can_wash(tmp_path):
    (found,) = events(tmp_path, section("Trades", trade(notes="P;R")))
    assert isinstance(found, Reinvestment)


def test_payments_are_dividends_deposits_and_withdrawals_and_nothing_else(tmp_path):
    rows = (
        payment(),
        payment(type="Payment In Lieu Of Dividends", id="T2", ex=""),
        payment(type="Deposits/Withdrawals", symbol="", amount="5000", id="T3"),
        payment(type="Deposits &amp; Withdrawals", symbol="", amount="-750.5", id="T4"),
    )
    paid, in_lieu, paid_in, paid_out = events(tmp_path, section("CashTransactions", *rows))
    assert isinstance(paid, Dividend)
    assert (paid.amount_usd, paid.ex_on, paid.kind) == (Decimal("25.10"), date(2026, 2, 25), DividendKind.COMMON)
    assert (in_lieu.kind, in_lieu.ex_on) == (DividendKind.IN_LIEU, None)
    assert isinstance(paid_in, Deposit)
    assert isinstance(paid_out, CashOut)
    assert paid_out.amount_usd == Decimal("750.5")


def test_splits_are_events_of_the_security_once_on_the_morning_after(tmp_path):
    old = action(symbol="BOLT.OLD", type="RS", text="BOLT(US1) SPLIT 1 FOR 10 (BOLT, BOLT CORP)")
    new = action(symbol="BOLT", type="RS", text="BOLT(US1) SPLIT 1 FOR 10 (BOLT, BOLT CORP)")
    forward, reverse = events(tmp_path, section("CorporateActions", action(), action(account="U2"), old, new))
    assert isinstance(forward, Split)
    assert isinstance(reverse, ReverseSplit)
    assert (forward.on, forward.new_per_old, forward.security_id) == (date(2026, 3, 16), 4, "ACME")
    assert (reverse.new_per_old, reverse.security_id) == (Fraction(1, 10), "BOLT")


@pytest.mark.parametrize(
    ("where", "row", "why"),
    [
        ("Trades", trade(kind="OPT"), "no stock in USD"),
        ("Trades", trade(currency="EUR"), "no stock in USD"),
        ("Trades", trade(side="BUY (Ca.)"), "cancelled or corrected"),
        ("CashTransactions", payment(type="Withholding Tax"), "no kind of event of its own"),
        ("CashTransactions", payment(currency="EUR"), "not in USD"),
        ("CashTransactions", payment(amount="-25.10"), "a reversal"),
        ("CashTransactions", payment(text="0.25 USD PER SHARE (Return of Capital)"), "Form 8937"),
        ("CorporateActions", action(type="SO", text="ACME SPINOFF 1 FOR 5"), "Form 8937"),
        ("CorporateActions", action(type="TC", text="ACME MERGED FOR USD 10.00 PER SHARE"), "Form 8937"),
        ("CorporateActions", action(text="ACME SPLIT"), "Form 8937"),
    ],
)
def test_what_has_no_terms_of_its_own_is_left_out_with_the_reason(tmp_path, where, row, why):
    with pytest.warns(InputWarning, match=r"flex\.xml: 1 row was left out: ") as caught:
        assert events(tmp_path, section(where, row)) == ()
    assert why in str(caught[0].message)


@pytest.mark.parametrize(
    ("where", "row", "words"),
    [
        ("Trades", trade(shares="many"), "trade 1, quantity: 'many' is not an amount"),
        ("Trades", trade(shares=""), "trade 1, quantity: quantity is missing"),
        ("Trades", trade().replace("tradeDate", "day").replace(" dateTime", " when"), "tradeDate and dateTime are"),
        ("Trades", trade().replace('"20260306"', '"20260305"'), "is the settlement date too"),
        ("Trades", trade().replace('Currency="USD"', 'Currency="EUR"'), "the commission is in EUR"),
        ("Trades", trade().replace("20260305", "20260405"), "2026-04-05 is after 2026-03-31"),
        ("CashTransactions", payment(amount=""), "payment 1, amount: amount is missing"),
        ("Trades", trade() + trade(shares="90"), "E1 stands already in trade 1, with other content"),
    ],
)
def test_a_row_that_cannot_be_right_is_named(tmp_path, where, row, words):
    with pytest.raises(RowsError) as caught:
        events(tmp_path, section(where, row))
    assert words in str(caught.value)


def test_a_document_that_is_no_statement_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a FlexQueryResponse"):
        FlexFiles().events(write(tmp_path, "<html></html>", "flex.xml"), as_of=DAY)


def test_lots_of_a_statement_and_trades_after_it_are_the_books(tmp_path):
    opening = FlexFiles().opening_lots(write(tmp_path, statement(*LOTS), "lots.xml"), as_of=DAY)
    later = trade(side="SELL", shares="-10", money="-600").replace("2026030", "2026033").replace("20260335", "20260331")
    later = later.replace("20260336", "20260401")
    sold = FlexFiles().events(write(tmp_path, document(account(section("Trades", later))), "trades.xml"), as_of=DAY)
    ledger = Ledger("somebody")
    ledger.record((*opening, *sold.events), recorded_at=datetime(2026, 3, 31, 22, tzinfo=UTC))
    held = {(each.lot.lot_id, each.lot.shares) for each in ledger.books(DAY).lots}
    assert held == {("9002", 5), ("9003", Decimal("0.5"))}
