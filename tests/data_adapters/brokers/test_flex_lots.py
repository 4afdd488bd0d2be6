"""Lots of a Flex statement: lot by lot and never their sums, two dates apart, cash when it can be spent."""

import warnings
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor import registry
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.security_facts import Issuer, ListedSecurity
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.tickers import TickerSpan
from di_advisor.errors import InputError, InputWarning, RowsError
from di_advisor.ports import FillsReader, LedgerReader, PortfolioReader
from di_data.brokers import FlexFiles
from di_data.brokers.flex_days import FlexDays
from di_data.brokers.ibkr_flex import flex_statement
from tests.data_adapters.brokers.flex_statements import CASH, LOTS, account, document, position, section, statement
from tests.data_adapters.files import write

DAY = date(2026, 3, 31)


def read(folder, text: str = statement(*LOTS), reader: FlexFiles | None = None):
    return (reader or FlexFiles()).statement(write(folder, text, "flex.xml"), as_of=DAY)


def test_each_lot_is_one_lot_and_sums_beside_them_are_none(tmp_path):
    found = read(tmp_path)
    assert found.as_of == date(2026, 3, 30)
    by_id = {lot.lot_id: lot for lot in found.portfolio.lots}
    assert by_id.keys() == {"9001", "9002", "9003"}
    assert by_id["9001"] == TaxLot("9001", "U1", "ACME", Decimal(10), Decimal(125), date(2024, 3, 5))
    assert by_id["9003"].security_id == "BRK.B"
    assert sum(lot.shares for lot in by_id.values() if lot.security_id == "ACME") == 15


def test_the_holding_period_starts_on_its_own_day(tmp_path):
    lot = next(lot for lot in read(tmp_path).portfolio.lots if lot.lot_id == "9002")
    assert (lot.acquired, lot.held_since) == (date(2025, 6, 2), date(2025, 1, 2))


def test_cash_that_is_not_settled_can_be_spent_a_day_later(tmp_path):
    (found,) = read(tmp_path).portfolio.accounts
    assert found.cash_usd(date(2026, 3, 30)) == Decimal("1000.25")
    assert found.cash_usd(DAY) == Decimal("1200.55")


def test_symbols_and_identifiers_are_resolved_on_the_day_of_the_statement(tmp_path):
    master = SecurityMaster(
        [Issuer("old"), Issuer("new"), Issuer("brk")],
        [ListedSecurity("ID1", "old"), ListedSecurity("ID2", "new"), ListedSecurity("ID3", "brk")],
        [
            TickerSpan("ACME", "ID1", last=date(2025, 12, 31)),
            TickerSpan("ACME", "ID2", first=date(2026, 1, 1)),
            TickerSpan("BRK-B", "ID3"),
        ],
    )
    found = read(tmp_path, reader=FlexFiles().naming(master))
    assert {lot.security_id for lot in found.portfolio.lots} == {"ID2", "ID3"}
    with pytest.raises(RowsError, match="position 2, symbol: ticker:NEWCO is unresolved"):
        read(tmp_path, statement(position(), position(symbol="NEWCO", lot="2")), FlexFiles().naming(master))


def test_two_lots_of_one_purchase_stay_two(tmp_path):
    parts = (position(shares="4", basis="50"), position(shares="6", basis="75", held="20230101"))
    lots = read(tmp_path, statement(*parts)).portfolio.lots
    assert len({lot.lot_id for lot in lots}) == 2
    assert sum(lot.shares for lot in lots) == 10


def test_what_is_no_stock_in_dollars_is_left_out_and_named(tmp_path):
    other = position(kind="OPT", symbol="ACME C60", lot="8"), position(currency="EUR", symbol="SAP", lot="9")
    foreign = CASH + '<CashReportCurrency currency="EUR" endingCash="12" endingSettledCash="12" />'
    found = read(tmp_path, statement(*LOTS, *other, cash=foreign))
    assert [each.what for each in found.left_out] == ["ACME C60, OPT in USD", "SAP, STK in EUR", "12 EUR of cash"]
    assert "options can wash losses" in str(found.left_out[0])
    with pytest.warns(InputWarning, match=r"3 rows were left out: position 5 \(ACME C60"):
        FlexFiles().portfolio(tmp_path / "flex.xml", as_of=DAY, cash_usd="0")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (statement(*LOTS[:1], LOTS[2]), "position 2, position: the position in ACME is 15, and its lots sum to 10"),
        (statement(LOTS[2]), "have no rows of levelOfDetail LOT, only sums"),
        (statement(position(level="SYMBOL")), "position 1, levelOfDetail: 'SYMBOL' is neither LOT nor SUMMARY"),
        (statement(position(basis="130")), "position 1, costBasisMoney: the basis is 130 USD, and 10 shares at 12.5"),
        (statement(position(shares="-10")), "position 1, position: -10 shares"),
        (statement(position(shares="0")), "position 1, position: zero shares"),
        (statement(position(shares="ten")), "position 1, position: 'ten' is not an amount"),
        (statement(position(basis="NaN")), "position 1, costBasisMoney: 'NaN' is not an amount"),
        (statement(position(opened="03/05/2024;093000")), "position 1, openDateTime: '03/05/2024;093000' is not"),
        (statement(position(opened="20260331")), "position 1, openDateTime: 2026-03-31 is after 2026-03-30"),
        (
            statement(position(), position(day="20260329", lot="2")),
            "position 2, reportDate: it is 2026-03-29, and",
        ),
        (statement(position(), cash='<CashReportCurrency currency="USD" />'), "cash 1, endingCash: it is blank"),
        (statement(*LOTS).replace("OpenPositions", "Positions"), "there is no section OpenPositions"),
        (statement(*LOTS).replace(" openDateTime=", " opened="), "position 1: the fields openDateTime are missing"),
        (statement(position(day="20260331")), "position 1, reportDate: it is 2026-03-31, and the statement ends on"),
        (statement(position(account="U9")), "position 1, symbol: its account U9 has no statement"),
        (statement(*LOTS).replace("toDate", "until"), "a FlexStatement has no toDate"),
        (document(), "there is no FlexStatement in it"),
        (document(*[account(section("OpenPositions", *LOTS))] * 2), "the account U1 comes twice, and its lots would"),
        (statement(*LOTS)[:-30], "flex.xml is not XML"),
        ("<html><body>Log in</body></html>", "the document is a html"),
        (statement(*LOTS).replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>'), "brings a document type or entities"),
        (
            document(
                account(section("OpenPositions", position())),
                account(section("OpenPositions", position(account="U2", day="20260327")), account="U2", to="20260327"),
            ),
            "the accounts are of different days: U1 of 2026-03-30, U2 of 2026-03-27",
        ),
    ],
    ids=range(23),
)
def test_a_statement_that_cannot_be_right_says_where_and_what_to_do(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "Hint:" in str(caught.value)


def test_what_is_not_known_is_a_state_and_never_zero(tmp_path):
    text = statement(position(basis="", price=""), position(opened="", held="", lot="2"))
    with pytest.warns(InputWarning) as caught:
        lots = {lot.lot_id: lot for lot in read(tmp_path, text).portfolio.lots}
    assert "no basis for ACME" in str(caught[0].message)
    assert (lots["9001"].state, lots["9001"].basis_total_usd) == (LotState.BASIS_PENDING, None)
    assert (lots["2"].state, lots["2"].acquired) == (LotState.TERM_UNKNOWN, None)


def test_several_accounts_of_one_day_are_one_portfolio(tmp_path):
    second = account(
        section("OpenPositions"),
        section("CashReport", CASH.replace("U1", "U2")),
        account="U2",
    )
    found = read(tmp_path, document(account(section("OpenPositions", *LOTS)), second))
    assert [(a.account_id, len(a.lots), a.cash_usd(DAY)) for a in found.portfolio.accounts] == [
        ("U1", 3, 0),
        ("U2", 0, Decimal("1200.55")),
    ]


def test_times_of_another_zone_become_days_of_the_exchange(tmp_path):
    late = statement(position(opened="20240305;033000", held="20240305;033000"))
    assert read(tmp_path, late, FlexFiles(zone="UTC")).portfolio.lots[0].acquired == date(2024, 3, 4)
    written = statement(position(opened="20240305;033000 UTC"))
    assert read(tmp_path, written).portfolio.lots[0].acquired == date(2024, 3, 4)


def test_a_statement_is_not_used_before_its_day_and_an_old_one_is_pointed_out(tmp_path):
    path = write(tmp_path, statement(*LOTS), "flex.xml")
    reader = FlexFiles()
    with pytest.raises(InputError, match="the statement is of 2026-03-30, after 2026-03-29"):
        reader.portfolio(path, as_of=date(2026, 3, 29), cash_usd="0")
    with pytest.warns(InputWarning, match="3 weekdays before 2026-04-02; trades since then"):
        reader.portfolio(path, as_of=date(2026, 4, 2), cash_usd="0")
    stated = reader.portfolio(path, as_of=DAY, cash_usd="77")
    assert stated.accounts[0].cash_usd(DAY) == 77


def test_opening_lots_begin_the_books_on_the_day_of_the_statement(tmp_path):
    path = write(tmp_path, statement(*LOTS), "flex.xml")
    events = FlexFiles().opening_lots(path, as_of=DAY)
    assert {e.on for e in events if hasattr(e, "lot_id")} == {date(2026, 3, 30)}
    assert {e.lot_id for e in events if hasattr(e, "lot_id")} == {"9001", "9002", "9003"}


def test_the_reader_is_found_by_name_and_keeps_its_ports():
    found = registry.portfolio_reader("ibkr_flex", encoding="utf-8")
    assert isinstance(found, PortfolioReader)
    assert isinstance(found, FillsReader)
    assert isinstance(registry.ledger_reader("ibkr_flex"), LedgerReader)


SHARES = st.decimals("0.0001", 5000, places=4)
CENTS = st.decimals("0.01", 100000, places=2)
DAYS = st.dates(date(2000, 1, 3), date(2026, 3, 30))


@given(st.lists(st.tuples(SHARES, CENTS, DAYS, DAYS), min_size=1, max_size=6))
def test_lots_that_are_written_into_a_statement_are_read_back(drawn):
    rows = [
        position(shares=f"{s}", price="", basis=f"{b}", opened=f"{o:%Y%m%d}", held=f"{h:%Y%m%d}", lot=str(n))
        for n, (s, b, o, h) in enumerate(drawn)
    ]
    rows.append(position(lot="9999", opened="20260302", held=""))  # one calendar for all examples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)  # days on which the exchange was closed
        found: Portfolio = flex_statement(statement(*rows), "flex.xml", FlexDays("flex.xml")).portfolio
    lots = {int(lot.lot_id): lot for lot in found.lots}
    assert len(lots) == len(drawn) + 1
    for number, (shares, basis, opened, held) in enumerate(drawn):
        lot = lots[number]
        assert (lot.shares, lot.basis_total_usd, lot.acquired, lot.held_since) == (shares, basis, opened, held)
